"""Bills, payments, refunds, and what a provider's statement says otherwise.

A bill is never changed: a later one stands beside it, and one of them at most is final. So is "billed twice" a thing that
the database itself refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sealgate.domain.billing import HELD, PaymentState, RefundState
from sealgate.domain.ids import BillId, OperatorId, PaymentId, RefundId, StayId
from sealgate.domain.money import Money
from sealgate.domain.reconciliation import Difference, Movement
from sealgate.ports import Sealed, Token
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx, of_tenant


@dataclass(frozen=True, slots=True)
class BillRow:
    """`lines` are `{"reason", "minor"}` and whatever else the tariff says of a line; nothing personal."""

    bill: BillId
    stay: StayId
    at: datetime
    lines: Sequence[dict[str, Any]]
    total: Money
    final: bool = False


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """`domain.billing.Payment` as it lies here. `refs` are sealed: the provider's handle and number; `ref_token` finds them.

    `covers_until` is the later time for which it pays ahead; None: for the time until it was begun. `automatic`: it
    is charged by an agreement; by which one is sealed in `refs`, so that a copy does not show whose cars come again.
    """

    payment: PaymentId
    stay: StayId
    provider: str
    merchant: str
    state: PaymentState
    asked: Money
    idempotency: str
    started_at: datetime
    expires_at: datetime
    bill: BillId | None = None
    paid_at: datetime | None = None
    refunded_told: int = 0
    disputed_at: datetime | None = None
    ref_token: Token | None = None
    refs: Sealed | None = None
    covers_until: datetime | None = None
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class RefundRow:
    """`reference` and `reason` are sealed."""

    refund: RefundId
    payment: PaymentId
    state: RefundState
    money: Money
    reference: Sealed
    asked_at: datetime
    done_at: datetime | None = None
    reason: Sealed | None = None


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """`ours` and `theirs` are minor units of `currency`; None where one side knows nothing of it. `refs` and
    `settled_why`, the words of whoever settled it, are sealed."""

    difference: UUID
    provider: str
    day: date
    kind: Difference
    movement: Movement
    currency: str
    found_at: datetime
    payment: PaymentId | None = None
    ours: int | None = None
    theirs: int | None = None
    refs: Sealed | None = None
    settled_at: datetime | None = None
    settled_by: OperatorId | None = None
    settled_why: Sealed | None = None


b, p, r, d = s.bills.c, s.payments.c, s.refunds.c, s.differences.c
_BILL = (b.bill_id, b.stay_id, b.at, b.lines, b.total_minor, b.currency, b.final)
PAYMENT = (
    p.payment_id, p.stay_id, p.provider, p.merchant, p.state, p.minor, p.currency, p.idempotency, p.started_at,
    p.expires_at, p.bill_id, p.paid_at, p.refunded_told, p.disputed_at, p.ref_token, p.refs,
    p.covers_until, p.automatic,
)  # fmt: skip
REFUND = (r.refund_id, r.payment_id, r.state, r.minor, r.currency, r.reference, r.asked_at, r.done_at, r.reason)
DIFFERENCE = (
    d.difference_id, d.provider, d.day, d.difference, d.movement, d.currency, d.found_at, d.payment_id,
    d.ours_minor, d.theirs_minor, d.refs, d.settled_at, d.settled_by, d.settled_why,
)  # fmt: skip

# What is asked at every exit, put together once.
_given = sa.bindparam
_OF_STAY = sa.select(*PAYMENT).where(of_tenant(s.payments), p.stay_id == _given("stay"))
_PAYMENTS_OF = _OF_STAY.order_by(p.started_at, p.payment_id)
_RECEIVED = _OF_STAY.where(p.currency == _given("currency"), p.state.in_(sorted(HELD)))
_NEWEST_BILL = (
    sa.select(*_BILL).where(of_tenant(s.bills), b.stay_id == _given("stay")).order_by(b.final.desc(), b.bill_id.desc()).limit(1)
)


def add_bill(tx: Tx, row: BillRow) -> None:
    """Raises `AlreadyThere` for a second final one."""
    values = {
        "bill_id": row.bill,
        "stay_id": row.stay,
        "at": row.at,
        "lines": list(row.lines),
        "total_minor": row.total.minor,
        "currency": row.total.currency,
        "final": row.final,
    }
    tx.add(s.bills, values)


def newest_bill(db: Reader, stay: StayId) -> BillRow | None:
    """The final one, where there is one."""
    return next(iter(db.ask(_NEWEST_BILL, _bill, stay=stay)), None)


def bills_of(db: Reader, stay: StayId) -> list[BillRow]:
    """Oldest first."""
    return db.rows(sa.select(*_BILL).where(db.mine(s.bills), b.stay_id == stay).order_by(b.bill_id), _bill)


def bill(db: Reader, bill: BillId) -> BillRow | None:
    return db.row(sa.select(*_BILL).where(db.mine(s.bills), b.bill_id == bill), _bill)


def received(db: Reader, stay: StayId, currency: str) -> Money:
    """What was paid for it and is still ours. Money of another currency was refused when it came."""
    held = db.ask(_RECEIVED, payment_row, stay=stay, currency=currency)
    total = sum(row.asked.minor - _sent_back(db, row) for row in held)
    return Money(total, currency)


def _sent_back(db: Reader, row: PaymentRow) -> int:
    done = sum(refund.money.minor for refund in refunds_of(db, row.payment) if refund.state is RefundState.DONE)
    return max(done, row.refunded_told)


def add_payment(tx: Tx, row: PaymentRow) -> None:
    """Raises `AlreadyThere` for an idempotency key that was used."""
    values = {
        "payment_id": row.payment,
        "stay_id": row.stay,
        "bill_id": row.bill,
        "provider": row.provider,
        "merchant": row.merchant,
        "minor": row.asked.minor,
        "currency": row.asked.currency,
        "idempotency": row.idempotency,
        "started_at": row.started_at,
        "expires_at": row.expires_at,
        "covers_until": row.covers_until,
        "automatic": row.automatic or None,
        **_changing(row),
    }
    tx.add(s.payments, values)


def change_payment(tx: Tx, before: PaymentRow, after: PaymentRow) -> bool:
    """Write `after` where the row is still as `before`. False: another notice, or the clockwork, was first."""
    return tx.change(s.payments, [p.payment_id == before.payment, *_still(_changing(before), before)], _changing(after)) == 1


def _still(seen: dict[str, Any], before: PaymentRow) -> list[sa.ColumnElement[bool]]:
    same = [p.state == before.state, p.refunded_told == before.refunded_told]
    return [*same, *(_equal(p[name], seen[name]) for name in ("paid_at", "disputed_at", "ref_token"))]


def _equal(column: sa.Column[Any], value: Any) -> sa.ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


def payment(db: Reader, payment: PaymentId) -> PaymentRow | None:
    return db.row(sa.select(*PAYMENT).where(db.mine(s.payments), p.payment_id == payment), payment_row)


def payment_by_key(db: Reader, idempotency: str) -> PaymentRow | None:
    return db.row(sa.select(*PAYMENT).where(db.mine(s.payments), p.idempotency == idempotency), payment_row)


def payment_by_ref(db: Reader, ref: Token) -> PaymentRow | None:
    """By the token of the provider's own number."""
    return db.row(sa.select(*PAYMENT).where(db.mine(s.payments), p.ref_token == ref).limit(1), payment_row)


def payments_of(db: Reader, stay: StayId) -> list[PaymentRow]:
    """Oldest first."""
    return db.ask(_PAYMENTS_OF, payment_row, stay=stay)


def pending_payments(db: Reader, before: datetime, limit: int = 100) -> list[PaymentRow]:
    """Those started before that instant, oldest first: somebody has to ask the provider."""
    query = sa.select(*PAYMENT).where(db.mine(s.payments), sa.text("state = 'pending'"), p.started_at < before)
    return db.rows(query.order_by(p.started_at, p.payment_id).limit(limit), payment_row)


def charges_under_way(db: Reader, limit: int = 100) -> list[PaymentRow]:
    """Pending payments that are charged by an agreement, oldest first: somebody stands at a barrier."""
    query = sa.select(*PAYMENT).where(db.mine(s.payments), sa.text("automatic = 1 AND state = 'pending'"))
    return db.rows(query.order_by(p.started_at, p.payment_id).limit(limit), payment_row)


def refused_payments(db: Reader, after: PaymentId, limit: int = 100) -> list[PaymentRow]:
    """Refused ones made since the id `after`, which begins with its time: a driver may try again on the same order."""
    query = sa.select(*PAYMENT).where(db.mine(s.payments), p.payment_id >= after, p.state == PaymentState.REFUSED)
    return db.rows(query.order_by(p.payment_id).limit(limit), payment_row)


def payments_paid(db: Reader, provider: str, since: datetime, until: datetime) -> list[PaymentRow]:
    """What came by that provider from `since` until `until`, the end not included; for the statement of a day."""
    query = sa.select(*PAYMENT).where(db.mine(s.payments), p.provider == provider, p.paid_at >= since, p.paid_at < until)
    return db.rows(query.order_by(p.paid_at, p.payment_id), payment_row)


def add_refund(tx: Tx, row: RefundRow) -> None:
    values = {
        "refund_id": row.refund,
        "payment_id": row.payment,
        "state": row.state,
        "minor": row.money.minor,
        "currency": row.money.currency,
        "reference": row.reference,
        "reason": row.reason,
        "asked_at": row.asked_at,
        "done_at": row.done_at,
    }
    tx.add(s.refunds, values)


def change_refund(tx: Tx, refund: RefundId, before: RefundState, after: RefundState, at: datetime) -> bool:
    """False if somebody else heard of it first."""
    done = at if after is RefundState.DONE else None
    return tx.change(s.refunds, [r.refund_id == refund, r.state == before], {"state": after, "done_at": done}) == 1


def refunds_of(db: Reader, payment: PaymentId) -> list[RefundRow]:
    query = sa.select(*REFUND).where(db.mine(s.refunds), r.payment_id == payment)
    return db.rows(query.order_by(r.asked_at, r.refund_id), refund_row)


def refunds_under_way(db: Reader, limit: int = 100) -> list[RefundRow]:
    """Asked for and not answered, oldest first."""
    query = sa.select(*REFUND).where(db.mine(s.refunds), sa.text("state IN ('asked', 'stuck')"))
    return db.rows(query.order_by(r.asked_at, r.refund_id).limit(limit), refund_row)


def refunds_done(db: Reader, provider: str, since: datetime, until: datetime) -> list[tuple[RefundRow, PaymentRow]]:
    """What went back by that provider from `since` until `until`, the end not included, each with its payment."""
    same = sa.and_(p.tenant_id == r.tenant_id, p.payment_id == r.payment_id)
    query = sa.select(*REFUND, *PAYMENT).join(s.payments, same)
    query = query.where(db.mine(s.refunds), p.provider == provider, r.done_at >= since, r.done_at < until)
    cut = len(REFUND)
    return db.rows(query.order_by(r.done_at, r.refund_id), lambda *row: (refund_row(*row[:cut]), payment_row(*row[cut:])))


def refund(db: Reader, refund: RefundId) -> RefundRow | None:
    return db.row(sa.select(*REFUND).where(db.mine(s.refunds), r.refund_id == refund), refund_row)


def add_difference(tx: Tx, row: DifferenceRow) -> None:
    values = {
        "difference_id": row.difference,
        "provider": row.provider,
        "day": row.day,
        "difference": row.kind,
        "movement": row.movement,
        "payment_id": row.payment,
        "ours_minor": row.ours,
        "theirs_minor": row.theirs,
        "currency": row.currency,
        "refs": row.refs,
        "found_at": row.found_at,
        "settled_at": row.settled_at,
        "settled_by": row.settled_by,
        "settled_why": row.settled_why,
    }
    tx.add(s.differences, values)


def open_differences(db: Reader, limit: int = 200) -> list[DifferenceRow]:
    """Those that nobody has settled, oldest day first."""
    query = sa.select(*DIFFERENCE).where(db.mine(s.differences), d.settled_at.is_(None))
    return db.rows(query.order_by(d.day, d.difference_id).limit(limit), DifferenceRow)


def differences_of(db: Reader, provider: str, day: date) -> list[DifferenceRow]:
    """All of one statement, settled ones too."""
    query = sa.select(*DIFFERENCE).where(db.mine(s.differences), d.provider == provider, d.day == day)
    return db.rows(query.order_by(d.difference_id), DifferenceRow)


def settle_difference(tx: Tx, difference: UUID, at: datetime, by: OperatorId, why: Sealed) -> bool:
    """False if another operator was first."""
    values = {"settled_at": at, "settled_by": by, "settled_why": why}
    return tx.change(s.differences, [d.difference_id == difference, d.settled_at.is_(None)], values) == 1


def _changing(row: PaymentRow) -> dict[str, Any]:
    return {
        "state": row.state,
        "paid_at": row.paid_at,
        "refunded_told": row.refunded_told,
        "disputed_at": row.disputed_at,
        "ref_token": row.ref_token,
        "refs": row.refs,
    }


def _bill(bill: BillId, stay: StayId, at: datetime, lines: Any, minor: int, currency: str, final: Any) -> BillRow:
    return BillRow(bill, stay, at, tuple(lines), Money(minor, currency), bool(final))


def payment_row(*columns: Any) -> PaymentRow:
    payment, stay, provider, merchant, state, minor, currency, *rest = columns
    rest[-1] = bool(rest[-1])  # `automatic` is empty where it is not
    return PaymentRow(payment, stay, provider, merchant, state, Money(minor, currency), *rest)


def refund_row(*columns: Any) -> RefundRow:
    refund, payment, state, minor, currency, *rest = columns
    return RefundRow(refund, payment, state, Money(minor, currency), *rest)
