"""What the desk wants to see of an edge's lanes now, and the picture that came last; nothing of it is ever stored.

A lane is asked for while somebody looks and a little longer, so a box whose lanes nobody looks at sends no picture. The
surprising thing: a box is asked only after it has said that it knows the word, so an older one never has to refuse it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from sealgate.domain.ids import EdgeId, GateId, TenantId

LOOKED, FRESH = 3.0, 5.0
"""Seconds after the last look for which a lane is still asked for, and for which a picture of it is now."""

MOST_LOOKS, MOST_PICTURE = 4, 200_000
"""Lanes that one edge is asked for at once, and the bytes of each picture."""

JPEG = b"\xff\xd8\xff"


@dataclass(slots=True)
class _Lane:
    """`looked` and `came` are monotonic seconds."""

    edge: EdgeId
    looked: float
    came: float = float("-inf")
    picture: bytes | None = None


class Looks:
    """Of every edge of this centre, in memory. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._edge_of: dict[tuple[TenantId, GateId], EdgeId] = {}
        self._lanes: dict[tuple[TenantId, GateId], _Lane] = {}

    def heard(self, tenant: TenantId, edge: EdgeId, gates: set[GateId], pictures: Mapping[GateId, bytes] | None) -> None:
        """An edge spoke. `pictures` None: it does not know the word, and none of its lanes can be looked at."""
        with self._lock:
            self._forget(edge)
            if pictures is None:
                return
            self._edge_of |= dict.fromkeys(((tenant, gate) for gate in gates), edge)
            for gate, picture in pictures.items():
                lane = self._lanes.get((tenant, gate))
                if lane is not None and lane.edge == edge and picture.startswith(JPEG) and len(picture) <= MOST_PICTURE:
                    lane.picture, lane.came = picture, monotonic()

    def wanted(self, edge: EdgeId) -> tuple[GateId, ...]:
        """The lanes at which somebody looks now, the longest waiting first; the pictures of all others are dropped."""
        with self._lock:
            now = monotonic()
            self._lanes = {where: lane for where, lane in self._lanes.items() if now - lane.looked <= LOOKED}
            mine = sorted((lane.came, where[1]) for where, lane in self._lanes.items() if lane.edge == edge)
        return tuple(gate for _, gate in mine[:MOST_LOOKS])

    def can(self, tenant: TenantId, gate: GateId) -> bool:
        """Whether an edge runs this lane that can be asked for its picture."""
        with self._lock:
            return (tenant, gate) in self._edge_of

    def newest(self, tenant: TenantId, gate: GateId) -> bytes | None:
        """The JPEG, which came a moment ago; None until it has. Somebody looks: the edge is asked for the next."""
        with self._lock:
            edge, now = self._edge_of.get((tenant, gate)), monotonic()
            if edge is None:
                return None
            lane = self._lanes.setdefault((tenant, gate), _Lane(edge, now))
            lane.edge, lane.looked = edge, now
            return lane.picture if now - lane.came <= FRESH else None

    def forget(self, edge: EdgeId) -> None:
        """It was ended."""
        with self._lock:
            self._forget(edge)
            self._lanes = {where: lane for where, lane in self._lanes.items() if lane.edge != edge}

    def _forget(self, edge: EdgeId) -> None:
        self._edge_of = {where: of for where, of in self._edge_of.items() if of != edge}
