"""What lies beside the drill's site: another site and another organisation that know the same people and cars, those who are
not let in, and a box at the garage on whose disk facts wait for the centre."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sealgate.domain.errors import Refused

if TYPE_CHECKING:
    from sealgate.domain.ids import GateId, SiteId
    from sealgate.flows.campus import Campus
    from sealgate.flows.kit import House, Signed

OTHERS = 40
"""People and cars that the other organisation knows too."""

SHANGHAI = "Asia/Shanghai"
COUNTIES = ("310104", "320505", "110101")
BLOCKED = 12


@dataclass(frozen=True, slots=True)
class SecondSite:
    """Where the same cars pass on the same days."""

    site: SiteId
    lane: GateId


def second_site(house: House, signed: Signed) -> SecondSite:
    from sealgate.domain.places import GateKind
    from sealgate.domain.sightings import Means
    from sealgate.flows import rules
    from sealgate.flows.campus import assess_faces

    south = rules.add_site(house, signed, "South Campus", SHANGHAI)
    outside = next(zone.zone for zone in rules.zones(house, signed, south) if zone.outside)
    assess_faces(house, signed, south)
    yard = rules.add_zone(house, signed, south, "Yard")
    way = rules.NewGate("Yard gate", GateKind.BARRIER, outside, yard, frozenset({Means.PLATE, Means.QR}))
    return SecondSite(south, rules.add_gate(house, signed, south, way))


def another(house: House, people: bytes, drivers: Sequence[str], plates: Sequence[str]) -> None:
    """An organisation of its own in the same database, with the same file of people, the same `drivers`, permits and bans."""
    from sealgate.domain.lots import PermitKind
    from sealgate.flows import campus as campuses
    from sealgate.flows import garage_demo, people_import, permits, rules
    from sealgate.flows.permits import PermitTerms

    tenant = rules.found(house, "Umbra Logistics")
    campus = campuses.build(house, tenant, SHANGHAI, drivers)
    signed = campuses.system(house, tenant)
    people_import.enrol_all(house, signed, people_import.check(house, signed, people), ZoneInfo(SHANGHAI))
    garage = garage_demo.build(house, campus, drivers)
    terms = PermitTerms(PermitKind.SEASON, "Umbra, fleet office", frozenset({garage.lot}), spaces=2, plates=tuple(plates))
    permits.add_permit(house, signed, terms)
    for plate in plates[:5]:
        permits.ban(house, signed, plate, "left without paying", garage.lot)
    _seen(house, campus, plates)


def _seen(house: House, campus: Campus, plates: Sequence[str]) -> None:
    from sealgate.domain.plates import normalise
    from sealgate.domain.sightings import PlateSighting
    from sealgate.flows.at_gate import admit_at

    for plate in plates[5:15]:
        admit_at(house, campus.tenant, PlateSighting(campus.lane, house.clock.now(), normalise(plate), 0.98, "cn-blue"))


def blocked(house: House, signed: Signed, dice: random.Random) -> dict[str, str]:
    """Visitors who are not let in, by ID number, telephone and e-mail: only tokens of these are kept. The words, by kind."""
    from sealgate.domain.residentid import check_character
    from sealgate.domain.visits_blocks import BlockKind
    from sealgate.flows import visit_blocks

    now, known = house.clock.now(), {}
    for number in range(BLOCKED):
        born = date(1960, 1, 1) + dice.randrange(15_000) * timedelta(days=1)
        digits = f"{dice.choice(COUNTIES)}{born:%Y%m%d}{dice.randrange(1_000):03}"
        words = (
            (BlockKind.ID_NUMBER, digits + check_character(digits), "ID number"),
            (BlockKind.PHONE, f"139{dice.randrange(10**8):08}", "telephone"),
            (BlockKind.EMAIL, f"blocked{number}.{dice.randrange(10**4)}@post.example", "e-mail"),
        )
        for kind, value, called in words:
            reason = f"case {number}: took keys from the desk"
            visit_blocks.block(house, signed, kind, value, reason, now + timedelta(days=90), now.date())
            known[value] = called
    return known


def spooled(program: object, home: Path, campus: Campus, plates: Sequence[str]) -> None:
    """A box that joined and then saw cars while its centre was away: its disk lies beside the centre's, in the copy."""
    from sealgate.app import Program, join_centre, running
    from sealgate.cli.listening import listening
    from sealgate.domain.plates import normalise
    from sealgate.domain.sightings import PlateSighting
    from sealgate.flows import edges
    from sealgate.flows.at_gate import admit_at
    from sealgate.flows.campus import system
    from sealgate.settings import load

    assert isinstance(program, Program)
    code = edges.add_edge(program.house, system(program.house, campus.tenant), campus.site, "Garage box")
    box = load(data=program.settings.data / "edge-box", keys=home / "edge-keys")
    with listening(program) as server, suppress(Refused):
        join_centre(box, server.address, code)
    with running(box, faces=None, plates=None, publishes=False) as here:
        for plate in plates:
            seen = PlateSighting(campus.lane, here.house.clock.now(), normalise(plate), 0.98, "cn-blue")
            admit_at(here.house, campus.tenant, seen)
