"""Acme's garage, and short words for what happens there: Alice has a permit, Bob visits, Charlie's plate is next to Bob's.

The tariff of these tests: 5.00 for each started hour, the first quarter of an hour is free.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sealgate.domain.billing import PaymentState
from sealgate.domain.ids import GateId, LotId, PaymentId, PermitId, StayId
from sealgate.domain.lots import GateRole, Lot, Permit, SpaceClass
from sealgate.domain.money import Money
from sealgate.domain.places import GateKind
from sealgate.domain.plates import normalise
from sealgate.domain.sightings import Means, PlateSighting
from sealgate.domain.stays import RightKind, Stay, paid
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.tariffs import Bill, BillReason, Line
from sealgate.flows import parking as flow
from sealgate.flows import parking_scene, rules
from sealgate.flows.kit import House
from sealgate.flows.parking import Arrival
from sealgate.ports import Sealed
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Actor

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
JPEG = b"\xff\xd8\xff fake"
DORA = Actor("operator", "dora")


@dataclass
class Garage:
    """A lot with an entry and an exit, and short words for what happens there."""

    house: House
    campus: Any
    lot: Lot
    entry: GateId
    exit: GateId

    @staticmethod
    def price(stay: Stay, left: datetime) -> Bill:
        time = sum((part.until - part.since for part in stay.stretches(left)), timedelta(0))
        hours = 0 if stay.right.kind is RightKind.PERMIT or time <= 15 * MINUTE else -(-time // HOUR)
        total = Money(500 * hours, "CNY")
        return Bill((Line(BillReason.STARTED_UNITS, total, units=hours),), total)

    def sighting(self, gate: GateId, plate: str, score: float = 0.97, at: datetime | None = None) -> PlateSighting:
        return PlateSighting(gate, at or self.house.clock.now(), normalise(plate), score, "cn-blue", picture=JPEG)

    def comes(self, plate: str, *, score: float = 0.97, at: datetime | None = None, **more: Any) -> Arrival:
        return flow.arrive(self.house, self.campus.tenant, self.sighting(self.entry, plate, score, at), self.price, **more)

    def goes(self, plate: str, *, score: float = 0.97, at: datetime | None = None, **more: Any) -> Arrival:
        return flow.arrive(self.house, self.campus.tenant, self.sighting(self.exit, plate, score, at), self.price, **more)

    def pays(self, stay: StayId, minor: int) -> None:
        """As a provider's notice does it."""
        now = self.house.clock.now()
        payment = PaymentId(self.house.new_id())
        row = parking.PaymentRow(
            payment,
            stay,
            "simulated",
            "acme",
            PaymentState.PAID,
            Money(minor, "CNY"),
            payment.hex,
            now,
            now + HOUR,
            paid_at=now,
        )
        with self.house.store.begin(self.campus.tenant, DORA) as tx:
            parking.add_payment(tx, row)
            before = self.stay(stay).stay
            assert parking.change_stay(tx, before, paid(before, now + 15 * MINUTE), now)
            journal.write(tx, self.house.keyring, now, "test.paid")

    def change(self, **values: Any) -> None:
        self.lot = replace(self.lot, **values)
        with self.house.store.begin(self.campus.tenant, DORA) as tx:
            assert parking.update_lot(tx, self.lot)
            journal.write(tx, self.house.keyring, self.house.clock.now(), "test.changed")

    def stay(self, stay: StayId | None) -> parking.StayRow:
        assert stay is not None
        with self.house.store.read(self.campus.tenant) as db:
            row = parking.stay(db, stay)
        assert row is not None
        return row

    def inside(self) -> int:
        with self.house.store.read(self.campus.tenant) as db:
            return sum(parking.taken(db, self.lot.lot).values())

    def calls(self) -> list[CallReason]:
        with self.house.store.read(self.campus.tenant) as db:
            return [row.reason for row in parking.open_calls(db)]

    def another(self, name: str = "Deck", campus: Any = None, **values: Any) -> Garage:
        return build(self.house, campus or self.campus, name, **values)

    def permit(self, *plates: str, **values: Any) -> Permit:
        house, tenant = self.house, self.campus.tenant
        made = Permit(PermitId(house.new_id()), lots=frozenset({self.lot.lot}), **values)
        now = house.clock.now()
        with house.store.begin(tenant, DORA) as tx:
            parking.add_permit(tx, parking.PermitRow(made, now))
            for plate in plates:
                token = parking_scene.permit_token(house, tenant, plate)
                assert parking.add_plate(tx, parking.PlateRow(made.permit, token, Sealed(b"sealed plate"), now))
            journal.write(tx, house.keyring, now, "test.permit")
        return made


def build(house: House, campus: Any, name: str = "Deck", **values: Any) -> Garage:
    driving = frozenset({Means.PLATE, Means.QR})
    entry = rules.NewGate(f"{name} entry", GateKind.BARRIER, campus.street, campus.garage, driving)
    leaving = rules.NewGate(f"{name} exit", GateKind.BARRIER, campus.garage, campus.street, driving)
    gates = [rules.add_gate(house, campus.signed, campus.site, gate) for gate in (entry, leaving)]
    capacity = {SpaceClass.VISITORS: 3, SpaceClass.PERMITS: 1}
    lot = Lot(LotId(house.new_id()), campus.site, name, capacity, tariff="hourly", zone=campus.garage)
    lot = replace(lot, **values)
    roles = (GateRole.NESTED_IN, GateRole.NESTED_OUT) if lot.parent else (GateRole.ENTRY, GateRole.EXIT)
    with house.store.begin(campus.tenant, DORA) as tx:
        parking.add_lot(tx, lot)
        for gate, role in zip(gates, roles, strict=True):
            parking.add_lane(tx, gate, lot.lot, role)
        journal.write(tx, house.keyring, house.clock.now(), "test.built")
    return Garage(house, campus, lot, *gates)


@pytest.fixture
def garage(house: House, acme_campus: Any) -> Garage:
    return build(house, acme_campus)
