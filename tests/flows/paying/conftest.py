"""Acme's garage with two simulated providers and a driver's hand: Bob parks and pays, Dora attends.

Five yuan for each started hour, the first quarter of an hour is free, a quarter of an hour to leave after paying.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from sealgate.domain.billing import HELD, Payment, PaymentState
from sealgate.domain.errors import Refused
from sealgate.domain.ids import GateId, LotId, PaymentId, StayId, TenantId
from sealgate.domain.lots import GateRole, Lot
from sealgate.domain.money import Money
from sealgate.domain.operators import Role
from sealgate.domain.places import GateKind
from sealgate.domain.plates import normalise
from sealgate.domain.sightings import Means, PlateSighting
from sealgate.domain.stays_calls import CallReason
from sealgate.flows import parking as lanes
from sealgate.flows import paying, payment_rows, rules
from sealgate.flows.kit import House, Signed
from sealgate.flows.parking import Arrival
from sealgate.payments.simulated import Act, Simulated
from sealgate.ports import Unreachable
from sealgate.privacy import journal
from sealgate.store import outbox, parking
from sealgate.store.engine import Actor

TARIFF = """
name = "hourly"
currency = "CNY"
time_zone = "Asia/Shanghai"
free_time = "15m"
steps = [{ each = "1h", price = 5 }]
[after_payment]
leave_within = "15m"
"""
BOB = "沪A12345"


class Fickle(Simulated):
    """The simulated provider behind a line that breaks while `away`."""

    away = False

    def _line_up(self) -> None:
        if self.away:
            raise Unreachable("the line is down")

    def start(self, order: Any) -> Any:
        self._line_up()
        return super().start(order)

    def ask(self, payment: Payment) -> Any:
        self._line_up()
        return super().ask(payment)

    def close(self, payment: Payment) -> Any:
        self._line_up()
        return super().close(payment)

    def refund(self, payment: Payment, reference: str, money: Money) -> Any:
        self._line_up()
        return super().refund(payment, reference, money)


class Second(Fickle):
    name = "second"


@dataclass
class Till:
    """A lot, its providers, and short words for what happens there. Notices wait until `post` is called."""

    house: House
    campus: Any
    lot: Lot
    entry: GateId
    exit: GateId
    first: Fickle
    second: Fickle

    @property
    def tenant(self) -> TenantId:
        return TenantId(self.campus.tenant)

    def passes(self, gate: GateId, plate: str = BOB) -> Arrival:
        seen = PlateSighting(gate, self.house.clock.now(), normalise(plate), 0.99, "cn-blue")
        return lanes.arrive(self.house, self.tenant, seen, paying.prices(self.house, self.tenant))

    def comes(self, plate: str = BOB) -> StayId:
        stay = self.passes(self.entry, plate).stay
        assert stay is not None
        return stay

    def goes(self, plate: str = BOB) -> Arrival:
        return self.passes(self.exit, plate)

    def starts(self, stay: StayId, provider: str = "simulated") -> paying.StartedPayment:
        back = "https://gate.acme.example/pay/x"
        return paying.start(self.house, self.tenant, stay, provider, return_to=back)

    def starts_beside(self, stay: StayId) -> paying.StartedPayment:
        """At the second provider, while the first one cannot be told to close its order."""
        self.first.away = True
        try:
            return self.starts(stay, "second")
        finally:
            self.first.away = False

    def does(self, payment: PaymentId, act: Act = Act.PAY, money: Money | None = None) -> None:
        """The driver's hand on the provider's page."""
        known = self.known(payment)
        desk = self.first if known.payment.provider == "simulated" else self.second
        desk.act(known.payment.handle, act, money)

    def post(self) -> list[int]:
        """Every notice that is due comes; the statuses they are answered with."""
        statuses: list[int] = []

        def deliver(address: str, headers: Mapping[str, str], body: bytes) -> int:
            provider, tenant = address.split("/")[-2:]
            try:
                status = paying.hear(self.house, TenantId(UUID(tenant)), provider, headers, body).status
            except Refused as refusal:
                status = refusal.status
            statuses.append(status)
            return status

        self.first.deliver(deliver)
        self.second.deliver(deliver)
        return statuses

    def asks(self) -> int:
        return paying.ask_pending(self.house, self.tenant)

    def known(self, payment: PaymentId) -> payment_rows.Known:
        with self.house.store.read(self.tenant) as db:
            row = parking.payment(db, payment)
            assert row is not None
            return payment_rows.known(self.house, db, row)

    def state(self, payment: PaymentId) -> PaymentState:
        return self.known(payment).payment.state

    def stay(self, stay: StayId) -> parking.StayRow:
        with self.house.store.read(self.tenant) as db:
            row = parking.stay(db, stay)
        assert row is not None
        return row

    def payments(self, stay: StayId) -> list[payment_rows.Known]:
        with self.house.store.read(self.tenant) as db:
            return [payment_rows.known(self.house, db, row) for row in parking.payments_of(db, stay)]

    def kept(self, stay: StayId) -> int:
        """What the garage holds of this stay's money, in fen."""
        mine = [known.payment for known in self.payments(stay) if known.payment.state in HELD]
        return sum(payment.asked.minor - payment.refunded.minor for payment in mine)

    def taken(self) -> int:
        """What the providers hold for us, in fen: what drivers really paid, less what went back."""
        sales = [sale for desk in (self.first, self.second) for sale in desk._sales.values()]
        back = sum(refund.money.minor for sale in sales for refund in sale.refunds.values())
        return sum(sale.paid.minor for sale in sales if sale.paid is not None) - back

    def calls(self) -> list[CallReason]:
        with self.house.store.read(self.tenant) as db:
            return [row.reason for row in parking.open_calls(db)]

    def actions(self) -> list[str]:
        """What the journal says, oldest first."""
        with self.house.store.read(self.tenant) as db:
            return [entry.action for entry in reversed(journal.entries(db, self.house.keyring, limit=200))]

    def topics(self) -> list[str]:
        with self.house.store.read(self.tenant) as db:
            return [fact.topic for fact in outbox.waiting(db, 1000)]

    def only(self, *roles: Role) -> Signed:
        signed: Signed = self.campus.only(*roles)
        return signed


def open_till(house: House, campus: Any) -> Till:
    desks = (Fickle(b"first" * 8, house.clock), Second(b"second" * 8, house.clock))
    house = replace(house, providers={desk.name: desk for desk in desks}, address="https://gate.acme.example")
    driving = frozenset({Means.PLATE, Means.QR})
    gates = [
        rules.add_gate(house, campus.signed, campus.site, rules.NewGate(name, GateKind.BARRIER, *zones, driving))
        for name, zones in (
            ("Deck entry", (campus.street, campus.garage)),
            ("Deck exit", (campus.garage, campus.street)),
        )
    ]
    lot = Lot(LotId(house.new_id()), campus.site, "Deck", tariff="hourly", zone=campus.garage)
    with house.store.begin(campus.tenant, Actor("operator", "dora")) as tx:
        now = house.clock.now()
        parking.add_lot(tx, lot)
        for gate, role in zip(gates, (GateRole.ENTRY, GateRole.EXIT), strict=True):
            parking.add_lane(tx, gate, lot.lot, role)
        parking.add_tariff(tx, parking.TariffRow("hourly", date(2026, 1, 1), TARIFF, now))
        journal.write(tx, house.keyring, now, "test.built")
    return Till(house, campus, lot, gates[0], gates[1], *desks)


@pytest.fixture
def till(house: House, acme_campus: Any) -> Till:
    return open_till(house, acme_campus)


@pytest.fixture
def parked(till: Till) -> StayId:
    """Bob came an hour and a half ago: two started hours, ten yuan."""
    stay = till.comes()
    till.house.clock.move(timedelta(minutes=90))  # type: ignore[attr-defined] # the clock in the hand
    return stay
