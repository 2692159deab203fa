"""Acme's garage on Harbour Street with a real server: cars come and go, and drivers have phones without JavaScript.

5.00 for each begun hour, ten minutes are free, and whoever has paid has fifteen to leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from sealgate.app import initialise, running
from sealgate.domain.ids import GateId, LotId, SiteId, StayId
from sealgate.domain.lots import GateRole
from sealgate.domain.places import GateKind
from sealgate.domain.plates import normalise
from sealgate.domain.sightings import Means, PlateSighting
from sealgate.flows import driving, lots, parking, paying, rules, tariffs
from sealgate.flows.driving_view import Spot
from sealgate.flows.kit import House, Signed
from sealgate.flows.parking import Arrival
from sealgate.settings import Settings

TARIFF = """
name = "Harbour"
currency = "CNY"
time_zone = "Asia/Shanghai"
free_time = "10m"
after_payment = { leave_within = "15m" }
steps = [{ each = "1h", price = 5 }]
"""


@pytest.fixture
def house(tmp_path: Path, clock: object) -> Iterator[House]:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys", simulated_payments=True)
    initialise(settings, "Acme")
    with running(settings, faces=None, plates=None, clock=clock) as program:  # type: ignore[arg-type]
        yield program.house


@dataclass(frozen=True)
class Garage:
    """A lot with an entry and an exit. `page` is the address that hangs on its walls."""

    house: House
    signed: Signed
    lot: LotId
    entry: GateId
    exit: GateId
    page: str

    @property
    def spot(self) -> Spot:
        return driving.spot(self.house, self.page.removeprefix("/pay/"))

    def comes(self, plate: str) -> StayId:
        arrival = self._passes(self.entry, plate)
        assert arrival.opens, arrival
        assert arrival.stay is not None
        return arrival.stay

    def goes(self, plate: str) -> Arrival:
        return self._passes(self.exit, plate)

    def _passes(self, gate: GateId, plate: str) -> Arrival:
        seen = PlateSighting(gate, self.house.clock.now(), normalise(plate), 0.98, "cn-blue")
        return parking.arrive(self.house, self.signed.tenant, seen, paying.prices(self.house, self.signed.tenant))

    def sign(self, stay: StayId) -> driving.ExitSign:
        return driving.exit_sign(self.house, self.signed.tenant, stay)


@pytest.fixture
def build(house: House, alice: Signed, campus: SiteId) -> Callable[[str], Garage]:
    """Another lot of Acme's, by name."""
    tariffs.save(house, alice, TARIFF, date(2026, 1, 1))
    outside = next(zone.zone for zone in rules.zones(house, alice, campus) if zone.outside)

    def built(name: str) -> Garage:
        inside = rules.add_zone(house, alice, campus, name)
        means = frozenset({Means.PLATE, Means.QR})
        entry, leaving = (
            rules.add_gate(house, alice, campus, rules.NewGate(f"{name} {word}", GateKind.BARRIER, *way, means))
            for word, way in (("in", (outside, inside)), ("out", (inside, outside)))
        )
        lot = lots.add_lot(house, alice, campus, lots.LotTerms(name, tariff="Harbour"))
        lots.add_lane(house, alice, campus, lot, entry, GateRole.ENTRY)
        lots.add_lane(house, alice, campus, lot, leaving, GateRole.EXIT)
        return Garage(house, alice, lot, entry, leaving, driving.lot_path(house, alice.tenant, lot))

    return built


@pytest.fixture
def garage(build: Callable[[str], Garage]) -> Garage:
    return build("Harbour Street B1")
