"""A stay as its driver sees it: what is due, what came, until when to leave; and its details, where the address shows them.

The surprising thing: the sum is made anew each time it is looked at, because it grows while one reads it. Only what was
ordered at a provider stands still.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from sealgate.domain.billing import PaymentState
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import GateId, PaymentId, StayId, TenantId
from sealgate.domain.lots import Lot
from sealgate.domain.money import Money
from sealgate.domain.stays import StayState
from sealgate.domain.tariff_bill import Line
from sealgate.flows.driving_passes import Shows, lot_of, receipt_pass
from sealgate.flows.kit import House
from sealgate.flows.parking_writing import Account, account, seen_of
from sealgate.flows.pricing import bill_at
from sealgate.store import parking, places
from sealgate.store.engine import Reader
from sealgate.store.parking import StayRow


@dataclass(frozen=True, slots=True)
class Spot:
    """The lot whose address was opened. `secret` is that address."""

    tenant: TenantId
    organisation: str
    lot: Lot
    time_zone: str
    secret: str


class Standing(StrEnum):
    """Where a stay stands with its money, as the driver needs to know."""

    DUE = "due"
    PENDING = "pending"
    PAID = "paid"
    NOTHING = "nothing"
    DESK = "desk"


TO_PAY = frozenset({Standing.DUE, Standing.PENDING})


@dataclass(frozen=True, slots=True)
class Details:
    """What is told after proof only. `until` is now, or when the car left; `lines` are the bill's."""

    plate: str
    kind: str
    entered: datetime
    until: datetime
    lines: tuple[Line, ...]
    received: Money
    gone: bool


@dataclass(frozen=True, slots=True)
class Given:
    """Money that came: `receipt` is the address of its receipt."""

    money: Money
    at: datetime
    receipt: str


@dataclass(frozen=True, slots=True)
class View:
    """A stay as its driver sees it. `leave_by` ends the grace after a payment; `failed`: the newest try was refused.

    `pending` is a payment that nobody has heard of yet; `gate` the exit at which the car waits;
    `gone`: no time can be paid for any more.
    """

    standing: Standing
    shows: Shows
    due: Money | None
    leave_by: datetime | None
    given: tuple[Given, ...]
    failed: bool
    pending: PaymentId | None
    gate: GateId | None
    gone: bool
    details: Details | None


def spot(house: House, secret: str) -> Spot:
    """Raises `NotFound` for an address that we did not give."""
    tenant, lot = lot_of(house, secret)
    name = next(row.name for row in house.store.tenants() if row.tenant == tenant)
    with house.store.read(tenant) as db:
        row = parking.lot(db, lot)
        return Spot(tenant, name, row, places.site(db, row.site).time_zone, secret)


def look(house: House, here: Spot, stay: StayId, shows: Shows) -> View:
    """Where it stands now. Raises `NotFound` for a stay of another lot, and a kind of `CannotPrice`."""
    now = house.clock.now()
    with house.store.read(here.tenant) as db:
        row = row_of(db, here, stay)
        payments = parking.payments_of(db, stay)
        sums = account(db, row.stay, partial(bill_at, db), now) if row.stay.bills else None
    pending = next((one for one in payments if one.state is PaymentState.PENDING and one.expires_at > now), None)
    came = any(one.paid_at is not None for one in payments)
    return View(
        standing=_standing(row, sums, now, came=came, pending=pending is not None),
        shows=shows,
        due=None if sums is None else sums.due,
        leave_by=_leave_by(row, now),
        given=tuple(_given(house, here, paid, shows) for paid in payments if paid.paid_at is not None),
        failed=pending is None and bool(payments) and payments[-1].state in {PaymentState.REFUSED, PaymentState.EXPIRED},
        pending=None if pending is None else pending.payment,
        gate=row.exit_gate if row.stay.state is StayState.WAITING and row.stay.inside else None,
        gone=not row.stay.inside or not row.stay.bills,
        details=_details(house, here, row, sums, now) if shows is Shows.DETAILS and sums is not None else None,
    )


def row_of(db: Reader, here: Spot, stay: StayId) -> StayRow:
    """Raises `NotFound` for a stay of another lot."""
    row = parking.stay(db, stay)
    if row is None or row.stay.lot != here.lot.lot:
        raise NotFound("stay")
    return row


def _leave_by(row: StayRow, now: datetime) -> datetime | None:
    until = row.stay.paid_until
    return until if row.stay.state is StayState.PAID and until is not None and until >= now else None


def _standing(row: StayRow, sums: Account | None, now: datetime, *, came: bool, pending: bool) -> Standing:
    if row.stay.state is StayState.DISPUTED:
        return Standing.DESK
    if _leave_by(row, now) is not None:
        return Standing.PAID
    if sums is None or not sums.due or row.stay.state is StayState.CLOSED:
        return Standing.PAID if came else Standing.NOTHING
    return Standing.PENDING if pending else Standing.DUE


def _given(house: House, here: Spot, paid: parking.PaymentRow, shows: Shows) -> Given:
    assert paid.paid_at is not None
    held = receipt_pass(house, here.tenant, PaymentId(paid.payment), shows)
    return Given(paid.asked, paid.paid_at, f"/pay/{here.secret}/receipt/{held}")


def _details(house: House, here: Spot, row: StayRow, sums: Account, now: datetime) -> Details:
    seen = seen_of(house, here.tenant, row)
    return Details(
        plate=str(seen.get("plate", "")),
        kind=str(seen.get("kind", "plain")),
        entered=row.stay.entered,
        until=row.stay.left or now,
        lines=sums.bill.lines,
        received=sums.received,
        gone=row.stay.left is not None,
    )
