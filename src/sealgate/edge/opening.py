"""Joins a gate of the house with its camera: the one place where a source, the readers and `admit_at` meet.

What the gate takes decides what is looked for, at the moment it is opened: a gate that has learnt to take plates since
then looks for them after its loop was opened anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sealgate.devices.cameras import open_camera
from sealgate.domain.cameras import CameraLook, look_of
from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import GateId, TenantId
from sealgate.domain.platepatterns import countries_of
from sealgate.domain.sightings import Means, Sighting
from sealgate.domain.stays_calls import CallReason
from sealgate.edge.aiming import Aim
from sealgate.edge.eyes import FaceEye, FollowingEye, PlateEye
from sealgate.edge.gate import GateLoop
from sealgate.edge.presence import Presence
from sealgate.edge.timings import Stage, Timings
from sealgate.edge.views import LaneViews
from sealgate.flows import assist
from sealgate.flows.at_gate import Answer, admit_at, is_lane
from sealgate.flows.faces import turned
from sealgate.flows.kit import House
from sealgate.ports import Vector
from sealgate.store import passages, places

log = logging.getLogger(__name__)


class NothingToLookFor(Refused):
    """The gate takes neither faces nor plates, or their readers are not there: a camera is of no use to it."""

    code = "gate.nothing-to-look-for"


def untold(_answer: Answer) -> None:
    """Nobody listens: the passage is in the store."""


def open_gate(
    house: House,
    tenant: TenantId,
    gate: GateId,
    source: str,
    *,
    fps: float | None = 5.0,
    timings: Timings | None = None,
    told: Callable[[Answer], None] = untold,
    views: LaneViews | None = None,
    view: int = 0,
    cut_off: Callable[[], bool] = lambda: False,
) -> GateLoop:
    """The loop of this gate, not yet running. `told` hears of each answer, on the loop's thread.

    `cut_off` tells, at an edge, whether the centre is away. A lane may have two cameras, each with a loop of its own: they
    share `views`, and `view` is which one this is.

    Raises `NotFound` for a gate of another tenant, `NothingToLookFor`, and what `open_camera` raises.
    """
    timings = timings or Timings()
    eyes = open_eyes(house, tenant, gate, timings)

    def look() -> CameraLook:
        with house.store.read(tenant) as db:
            return look_of(places.gate(db, gate).looks, view + 1)

    def turned_to(now: CameraLook) -> None:
        for eye in eyes:
            eye.aim(now)

    camera = open_camera(source, house.clock, decode=house.decode, fps=fps, timed=partial(timings.add, Stage.DECODE))

    def decide(sighting: Sighting) -> Answer:
        second = None if views is None else views.beside(view, sighting)
        answer = admit_at(house, tenant, sighting, second=second, cut_off=cut_off())
        told(answer)
        return answer

    def unread(since: datetime) -> bool:
        told = views is not None and views.told_since(since)
        return not told and call_for_unread(house, tenant, gate, since)

    # The lane's first camera alone calls: both see the same car.
    presence = Presence(unread) if view == 0 and is_lane(house, tenant, gate) else None
    return GateLoop(gate, camera, eyes, decide, timings=timings, aim=Aim(look, turned_to), presence=presence)


def call_for_unread(house: House, tenant: TenantId, gate: GateId, since: datetime) -> bool:
    """Ask the desk about a car at this lane that nobody could read, unless something was shown here since it came.

    Whether it was asked: a store that cannot be written to must not end the gate's loop.
    """
    try:
        with house.store.read(tenant) as db:
            site = places.gate(db, gate).site
            if passages.page(db, site=site, gate=gate, since=since, limit=1):
                return False
        assist.call(house, tenant, gate, CallReason.NO_PLATE)
    except (Refused, Fault) as trouble:
        log.warning("gate %s: the desk could not be called (%s)", gate, trouble.code)
        return False
    return True


def open_eyes(house: House, tenant: TenantId, gate: GateId, timings: Timings) -> Sequence[FollowingEye]:
    """An eye for faces and one for plates, as far as the gate takes them and there are readers."""
    with house.store.read(tenant) as db:
        policy = places.policy_of(db, gate)

    def turn(vector: Vector) -> Vector:
        return turned(house, tenant, policy.site, vector)

    eyes: list[FollowingEye] = []
    if Means.FACE in policy.means and house.faces is not None:
        eyes.append(FaceEye(gate, house.faces, turn, house.encode, timings))
    if Means.PLATE in policy.means and house.plates is not None:
        eyes.append(PlateEye(gate, house.plates, house.encode, timings, countries_of(policy.tz.key)))
    if not eyes:
        raise NothingToLookFor("this gate has nothing that a camera could see", hint="Let the gate take faces or plates")
    return eyes
