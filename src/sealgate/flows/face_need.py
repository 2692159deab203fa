"""Whether faces may be used at a site, asked by whoever adds a gate or enrols somebody; and the facts an assessment weighs.

The surprising thing: a site whose gates took faces before anybody was asked has no row of its own. It is read as switched on
with its assessment due, so that nobody stands before a gate that stopped over a paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sealgate.domain.face_use import GRACE, Assessment, AssessmentDue, NotSwitchedOn, PrivateRoom, Standing, digest_of
from sealgate.domain.ids import SiteId, ZoneId
from sealgate.domain.operators import GRANTED, Permission
from sealgate.domain.retention import checked_times
from sealgate.domain.sightings import Means
from sealgate.flows.kit import House
from sealgate.store import edges, places
from sealgate.store import face_use as rows
from sealgate.store import retention as keeping
from sealgate.store.engine import Reader, Tx
from sealgate.store.face_use import UseRow

MEASURES = (
    "sealed",
    "template-only",
    "strangers-forgotten",
    "site-secret",
    "own-site",
    "consent",
    "other-way",
    "journal",
    "roles",
    "retention",
)
"""What the program does by itself at every site; said in words by web/papers.py."""

LOOKING = (Permission.ENROL, Permission.SEE_PEOPLE, Permission.SEE_PICTURES, Permission.SEARCH_PASSAGES, Permission.ERASE)


@dataclass(frozen=True, slots=True)
class FaceUse:
    """How a site stands. `facts` are those of now; `newest` the assessment that holds, `older` those that are kept."""

    site: SiteId
    standing: Standing
    purpose: str
    necessity: str
    facts: dict[str, Any]
    newest: Assessment | None
    older: tuple[Assessment, ...]
    due_since: datetime | None
    people: int

    @property
    def enrols_until(self) -> datetime | None:
        """From when on no more faces are enrolled, where the assessment is due."""
        return self.due_since + GRACE if self.standing is Standing.DUE and self.due_since else None


def need_on(house: House, db: Reader, site: SiteId, *, enrols: bool = False) -> None:
    """Raises `NotSwitchedOn`; for who `enrols`, `AssessmentDue` too. At an edge its centre has asked already."""
    if house.is_edge:
        return
    row, takes = rows.use(db, site), any(Means.FACE in gate.means for gate in places.gates(db, site))
    if not _is_on(row, takes):
        raise NotSwitchedOn("faces are off at this site", hint="Write their purpose and necessity first")
    overdue = row is not None and row.due_since is not None and house.clock.now() > row.due_since + GRACE
    if enrols and overdue and use_of(db, site).standing is Standing.DUE:
        raise AssessmentDue("the assessment is due")


def note_facts(house: House, tx: Tx, site: SiteId) -> None:
    """After a change of what was assessed: from now on it is due, and no longer where it is as it was."""
    row = rows.use(tx, site)
    if row is None or row.stopped_at is not None or house.is_edge:
        return
    due = use_of(tx, site).standing is Standing.DUE
    if due != (row.due_since is not None):
        rows.set_due(tx, site, house.clock.now() if due else None)


def need_no_private_room(db: Reader, site: SiteId, zones: set[ZoneId]) -> None:
    """Raises `PrivateRoom` where one of them is."""
    if any(row.room.private for row in places.zones(db, site) if row.zone in zones):
        raise PrivateRoom("nobody is watched there")


def need_no_eyes(db: Reader, site: SiteId, room: ZoneId) -> None:
    """Raises `PrivateRoom` where a gate at that zone has a camera or takes faces: they go before it becomes a private room."""
    for gate in places.gates(db, site):
        if room in {gate.from_zone, gate.to_zone} and (gate.source is not None or Means.FACE in gate.means):
            raise PrivateRoom("a gate there has a camera or takes faces")


def facts_of(db: Reader, site: SiteId) -> dict[str, Any]:
    """What the site really does with faces and cameras, as far as an assessment has to weigh it; nobody is named."""
    row, use = places.site(db, site), rows.use(db, site)
    names = {zone_row.zone: zone_row.name for zone_row in places.zones(db, site)}
    gates = [
        {
            "gate": gate.name,
            "kind": gate.kind.value,
            "from": names.get(gate.from_zone, ""),
            "to": names.get(gate.to_zone, ""),
            "camera": gate.source is not None,
            "ways": sorted(means.value for means in gate.means),
        }
        for gate in places.gates(db, site)
        if gate.source is not None or Means.FACE in gate.means
    ]
    return {
        "site": row.name,
        "time_zone": row.time_zone,
        "purpose": use.purpose if use else "",
        "necessity": use.necessity if use else "",
        "gates": sorted(gates, key=lambda one: str(one["gate"])),
        "keeps_days": checked_times(keeping.times(db) or {}).passages,
        "edges": sum(edge.ended_at is None for edge in edges.edges(db, site)),
        "roles": {permission.value: sorted(r.value for r in GRANTED if permission in GRANTED[r]) for permission in LOOKING},
        "measures": list(MEASURES),
    }


def use_of(db: Reader, site: SiteId) -> FaceUse:
    row, facts = rows.use(db, site), facts_of(db, site)
    made = rows.assessments(db, site)
    newest = next((one for one in made if one.replaced_at is None), None)
    takes = any(Means.FACE.value in gate["ways"] for gate in facts["gates"])
    standing = Standing.OFF
    if _is_on(row, takes):
        standing = Standing.ON if newest is not None and newest.digest == digest_of(facts) else Standing.DUE
    older = tuple(one for one in made if one is not newest)
    due = row.due_since if row else None
    said = (row.purpose, row.necessity) if row else ("", "")
    return FaceUse(site, standing, *said, facts, newest, older, due, rows.count_people(db, site))


def _is_on(row: UseRow | None, takes_faces: bool) -> bool:  # noqa: FBT001 - a fact, not a switch
    if row is None or (not row.purpose and row.stopped_at is None):
        return takes_faces  # it did so before anybody was asked
    return row.stopped_at is None
