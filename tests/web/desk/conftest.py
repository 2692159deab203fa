"""Acme's garage with a real server: Dora and Dan attend it from an office, and a screen stands at its exit.

5.00 for each begun hour, 50.00 for a lost ticket. The sightings bring pictures: the car in blue as it comes, in red as it goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import cv2
import numpy as np
import pytest

from sealgate.domain.ids import CallId, GateId, LotId, SiteId, StayId
from sealgate.domain.lots import GateRole
from sealgate.domain.operators import Role
from sealgate.domain.places import GateKind
from sealgate.domain.plates import normalise
from sealgate.domain.sightings import Means, PlateSighting
from sealgate.flows import assist, lots, parking, rules, signin, tariffs
from sealgate.flows.kit import House, Signed
from sealgate.flows.parking import Arrival
from sealgate.flows.pricing import prices

TARIFF = """
name = "Harbour"
currency = "CNY"
time_zone = "Asia/Shanghai"
after_payment = { leave_within = "15m" }
steps = [{ each = "1h", price = 5 }]
lost_ticket = { price = 50 }
"""
BLUE, RED = (200, 60, 20), (20, 40, 200)
PASSWORD = "rusty anchors sing at dusk"


def jpeg(colour: tuple[int, int, int]) -> bytes:
    picture = np.full((360, 640, 3), 60, np.uint8)
    picture[120:300, 160:480] = colour
    return bytes(cv2.imencode(".jpg", picture)[1].tobytes())


@dataclass(frozen=True)
class Garage:
    """A lot with a lane in and a lane out."""

    house: House
    alice: Signed
    site: SiteId
    lot: LotId
    entry: GateId
    exit: GateId

    def comes(self, plate: str) -> StayId:
        stay = self._passes(self.entry, plate, BLUE).stay
        assert stay is not None
        return stay

    def goes(self, plate: str) -> Arrival:
        return self._passes(self.exit, plate, RED)

    def draws_ticket(self) -> None:
        """Nobody read a plate at the entry."""
        assert parking.draw_ticket(self.house, self.alice.tenant, self.entry).code is not None

    def asks(self, clock: Any) -> CallId:
        """Bob came in two hours ago; at the exit one character is read as another."""
        self.comes("沪A8X2F6")
        clock.move(timedelta(minutes=119))
        call = self.goes("沪A8K2F6").call
        assert call is not None
        return call

    def lane(self, gate: GateId | None = None) -> str:
        """The link of the lane's screen."""
        return f"/lane/{rules.kiosk_link(self.house, self.alice, gate or self.exit)}"

    def take(self, who: Signed, call: CallId) -> None:
        assist.take(self.house, who, call)

    def _passes(self, gate: GateId, plate: str, colour: tuple[int, int, int]) -> Arrival:
        now = self.house.clock.now()
        seen = PlateSighting(gate, now, normalise(plate), 0.999, "cn-blue", picture=jpeg(colour))
        return parking.arrive(self.house, self.alice.tenant, seen, prices(self.house, self.alice.tenant))


@pytest.fixture
def garage(house: House, alice: Signed, campus: SiteId) -> Garage:
    tariffs.save(house, alice, TARIFF, date(2026, 1, 1))
    outside = next(zone.zone for zone in rules.zones(house, alice, campus) if zone.outside)
    inside = rules.add_zone(house, alice, campus, "Deck")
    means = frozenset({Means.PLATE, Means.QR})
    entry, leaving = (
        rules.add_gate(house, alice, campus, rules.NewGate(f"Deck {word}", GateKind.BARRIER, *way, means))
        for word, way in (("entry", (outside, inside)), ("exit", (inside, outside)))
    )
    lot = lots.add_lot(house, alice, campus, lots.LotTerms("Deck", tariff="Harbour"))
    lots.add_lane(house, alice, campus, lot, entry, GateRole.ENTRY)
    lots.add_lane(house, alice, campus, lot, leaving, GateRole.EXIT)
    return Garage(house, alice, campus, lot, entry, leaving)


@pytest.fixture
def attendant(house: House, alice: Signed) -> Callable[[str], Signed]:
    def hired(name: str) -> Signed:
        link = signin.invite_operator(house, alice, frozenset({Role.ATTENDANT}))
        login = f"{name.partition(' ')[0].lower()}@example.org"
        signed = signin.who_is(house, signin.set_up(house, link, name=name, login=login, password=PASSWORD))
        assert signed is not None
        return signed

    return hired


@pytest.fixture
def dora(attendant: Callable[[str], Signed]) -> Signed:
    return attendant("Dora Marsh")


@pytest.fixture
def dan(attendant: Callable[[str], Signed]) -> Signed:
    return attendant("Dan Reed")
