"""The cameras of a site, for whoever sets them up: how each is, what it looks at, and what it would read in one picture.

Somebody who aims a camera looks through it, so that is journaled each time, holds for five minutes and for this session
alone. A picture that is tried is kept nowhere: not the bytes, not what was read, only that somebody tried.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sealgate.domain.cameras import CameraLook, checked_countries, checked_region, look_of
from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import GateId, SiteId
from sealgate.domain.operators import Permission
from sealgate.domain.sightings import Means
from sealgate.flows import showing
from sealgate.flows.camera_trial import Trial, try_pixels
from sealgate.flows.kit import House, Signed
from sealgate.flows.rules import INSTALLS, change_rule, opened_sources
from sealgate.ports import CameraReport
from sealgate.privacy import journal
from sealgate.store import edges, parking, places
from sealgate.store.engine import Reader, Tx

SEES = (Permission.SEE_RULES, *INSTALLS)
LOOK = timedelta(minutes=5)


class NoPictureNow(Refused):
    """The camera does not run here, or has stood still."""

    code = "camera.no-picture"
    status = 409


@dataclass(frozen=True, slots=True)
class CameraLine:
    """One camera: `number` 1, or 2 of a lane that has two. `report` is None where it does not run in this program, and then
    `at_edge` says whether it runs in the site's box."""

    gate: GateId
    site: SiteId
    gate_name: str
    number: int
    means: frozenset[Means]
    look: CameraLook
    report: CameraReport | None
    at_edge: bool


def cameras(house: House, signed: Signed, site: SiteId) -> list[CameraLine]:
    """By the names of their gates."""
    signed.need(*SEES)
    with house.store.read(signed.tenant) as db:
        away, gates = _at_edge(db, site), places.gates(db, site)
        lanes = parking.roles(db, [row.gate for row in gates])
        rows = [(row, number) for row in gates for number in _numbers(house, db, row, lane=row.gate in lanes)]
    return [_line(house, signed, row, number, at_edge=away) for row, number in rows]


def camera(house: House, signed: Signed, gate: GateId, number: int) -> CameraLine:
    """Raises `NotFound` for a gate without that camera, and for one of another site than that at which somebody asks."""
    signed.need(*SEES)
    with house.store.read(signed.tenant) as db:
        row = places.gate(db, gate)
        signed.keep_to(row.site, "gate")
        if number not in _numbers(house, db, row, lane=parking.lane_of(db, gate) is not None):
            raise NotFound("camera")
        away = _at_edge(db, row.site)
    return _line(house, signed, row, number, at_edge=away)


def aim(house: House, signed: Signed, line: CameraLine, look: CameraLook) -> None:
    """Look at that from now on; a running camera turns to it within seconds. Raises `BadRegion`, `Invalid`."""
    look = replace(look, region=checked_region(look.region), countries=checked_countries(look.countries))

    def write(tx: Tx) -> None:
        looks = places.gate(tx, line.gate).looks
        wanted = [look_of(looks, number) for number in range(1, max(len(looks), line.number) + 1)]
        wanted[line.number - 1] = look
        places.update_gate(tx, line.gate, looks=tuple(wanted))

    change_rule(house, signed, "camera.aimed", _thing(line), write, permission=INSTALLS)


def ask_to_look(house: House, signed: Signed, line: CameraLine) -> str:
    """A ticket for what the camera sees: this session, this camera, five minutes. That somebody looks is in the journal."""
    signed.need(*INSTALLS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        journal.write(tx, house.keyring, house.clock.now(), "camera.watched", object=_thing(line))
    return showing.ticket(house, signed, "camera", (str(line.gate), line.number), LOOK)


def seen_now(house: House, signed: Signed, ticket: str) -> bytes:
    """A JPEG. Raises `TicketOver`, `NoPictureNow`."""
    signed.need(*INSTALLS)
    gate, number = showing.meant(house, signed, "camera", ticket)
    pixels = house.cameras.now(signed.tenant, GateId(UUID(gate)), number)
    if pixels is None:
        raise NoPictureNow
    return house.encode(pixels)


def try_picture(house: House, signed: Signed, line: CameraLine, picture: bytes | None) -> Trial:
    """What this camera would read in a picture, or in what it sees now. Nothing is kept.

    Raises `NoPictureNow`, and what `decode` raises.
    """
    signed.need(*INSTALLS)
    pixels = house.cameras.now(signed.tenant, line.gate, line.number) if picture is None else house.decode(picture)
    if pixels is None:
        raise NoPictureNow
    with house.store.begin(signed.tenant, signed.actor) as tx:
        policy = places.policy_of(tx, line.gate)
        action = "camera.watched" if picture is None else "camera.tried"
        journal.write(tx, house.keyring, house.clock.now(), action, object=_thing(line))
    return try_pixels(house, policy, line.look, pixels)


def _numbers(house: House, db: Reader, row: places.GateRow, *, lane: bool) -> range:
    """Only a lane has a second camera. One that runs here counts also where its address was not kept with the gate."""
    kept = len(opened_sources(house, db.tenant, row.gate, row.source))
    running = next((n for n in (2, 1) if house.cameras.report(db.tenant, row.gate, n)), 0)
    return range(1, 1 + min(max(kept, running), 2 if lane else 1))


def _at_edge(db: Reader, site: SiteId) -> bool:
    return bool(edges.edges(db, site))


def _line(house: House, signed: Signed, row: places.GateRow, number: int, *, at_edge: bool) -> CameraLine:
    return CameraLine(
        gate=row.gate,
        site=row.site,
        gate_name=row.name,
        number=number,
        means=row.means,
        look=look_of(row.looks, number),
        report=house.cameras.report(signed.tenant, row.gate, number),
        at_edge=at_edge,
    )


def age(report: CameraReport, now: datetime) -> timedelta | None:
    """Of the newest frame; never below nothing, for a clock may have been set back."""
    return None if report.last_frame_at is None else max(timedelta(0), now - report.last_frame_at)


def _thing(line: CameraLine) -> str:
    return f"gate:{line.gate} camera:{line.number}"
