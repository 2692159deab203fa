"""The console's pages of the garages: Alice makes the rules, Dora looks, Umbra finds nothing."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sealgate.domain.ids import GateId, LotId, SiteId
from sealgate.domain.lots import GateRole, SpaceClass
from sealgate.domain.operators import Role
from sealgate.domain.sightings import Means, PlateSighting
from sealgate.flows import lots, parking, pricing, rules, tariffs
from sealgate.flows.kit import House, Signed
from sealgate.store.words import GateKind

TARIFF = """\
name = "Visitors"
currency = "CNY"
time_zone = "Asia/Shanghai"

[[band]]
name = "day"
hours = "08:00-22:00"
steps = [
  { each = "1h", price = 5 },
]

[[band]]
name = "night"
hours = "22:00-08:00"
free = true
"""
PLATE = "沪A8X2F6"
PAGES = (
    "", "/new", "/search", "/permits", "/permits/new", "/reservations", "/coupons", "/bans", "/{lot}", "/{lot}/settings", "/{lot}/code",
)  # fmt: skip


@pytest.fixture
def lane(house: House, alice: Signed, campus: SiteId) -> dict[str, GateId]:
    outside = rules.zones(house, alice, campus)[0].zone
    inside = rules.add_zone(house, alice, campus, "Garage")
    means = frozenset({Means.PLATE, Means.QR})

    def gate(name: str, way: tuple[Any, Any]) -> GateId:
        return rules.add_gate(house, alice, campus, rules.NewGate(name, GateKind.BARRIER, *way, means))

    return {"in": gate("North entry", (outside, inside)), "out": gate("North exit", (inside, outside))}


@pytest.fixture
def lot(house: House, alice: Signed, campus: SiteId, lane: dict[str, GateId]) -> LotId:
    """Garage B1: 20 spaces for visitors and 5 for permits, by the tariff "Visitors", with an entry and an exit."""
    today = house.clock.now().date()
    tariffs.save(house, alice, TARIFF, today)
    terms = lots.LotTerms("Garage B1", {SpaceClass.VISITORS: 20, SpaceClass.PERMITS: 5}, tariff="Visitors")
    made = lots.add_lot(house, alice, campus, terms)
    lots.add_lane(house, alice, campus, made, lane["in"], GateRole.ENTRY)
    lots.add_lane(house, alice, campus, made, lane["out"], GateRole.EXIT)
    return made


@pytest.fixture
def comes(house: House, alice: Signed, lane: dict[str, GateId]) -> Callable[[str], None]:
    """A car of that plate drives in."""

    def in_(plate: str) -> None:
        now = house.clock.now()
        sighting = PlateSighting(gate=lane["in"], at=now, text=plate, score=0.99, kind="cn-blue")  # type: ignore[arg-type]
        parking.arrive(house, alice.tenant, sighting, pricing.prices(house, alice.tenant))

    return in_


@pytest.fixture
def attendant(house: House, operator: Callable[..., Signed]) -> Signed:
    return operator("Dora Marsh", Role.ATTENDANT)


def test_smoke(house, alice, campus, lot, comes, enter) -> None:
    comes(PLATE)
    browser = enter(alice)
    for path in PAGES:
        answer = browser.get(f"/s/{campus}/garages" + path.format(lot=lot))
        assert answer.status_code == 200, (path, answer.text)
    for path in ("tariffs", "tariffs/new", "tariffs/at/Visitors", "reports", "reports/all.xlsx", "reports/apds.json", *(f"reports/{n}{e}" for n in ("revenue","occupancy","lengths","means","forced","misreads","reconciliation") for e in ("", ".csv", ".xlsx"))):
        answer = browser.get(f"/s/{campus}/" + path)
        assert answer.status_code == 200, (path, answer.text)
