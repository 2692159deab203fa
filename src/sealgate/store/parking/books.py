"""What accounts look through: a site's payments of some days with what went back of them, differences, invoice requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sealgate.domain.billing import PaymentState, RefundState
from sealgate.domain.ids import LotId, PaymentId, SiteId, StayId
from sealgate.store import schema as s
from sealgate.store.engine import Reader
from sealgate.store.parking.invoices import INVOICE, InvoiceRow
from sealgate.store.parking.payments import (
    DIFFERENCE,
    PAYMENT,
    REFUND,
    DifferenceRow,
    PaymentRow,
    RefundRow,
    payment_row,
    refund_row,
)

p, r, t, d, i = s.payments.c, s.refunds.c, s.stays.c, s.differences.c, s.invoice_requests.c


class Paid(StrEnum):
    """Which payments a list shows. `BACK`: some of it went back, or is to."""

    ALL = "all"
    BACK = "back"
    UNDER_WAY = "under-way"
    CHARGED_BACK = "charged-back"
    BY_HAND = "by-hand"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True)
class Booked:
    """A payment, the lot that it is for, and its refunds, oldest first."""

    payment: PaymentRow
    lot: LotId
    refunds: tuple[RefundRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Differed:
    """A difference; `stay` and `site` are those of our payment, where we know one."""

    row: DifferenceRow
    stay: StayId | None
    site: SiteId | None


@dataclass(frozen=True, slots=True)
class Requested:
    """A request for an invoice with its payment and when its car stood where."""

    row: InvoiceRow
    payment: PaymentRow
    site: SiteId
    lot: LotId
    entered: datetime
    left: datetime | None


def booked(
    db: Reader, site: SiteId, since: datetime, until: datetime, which: Paid, by_hand: Sequence[str], limit: int
) -> list[Booked]:
    """Payments of that site's stays begun from `since` until `until`, newest first. `by_hand`: the means of attendants."""
    same = sa.and_(t.tenant_id == p.tenant_id, t.stay_id == p.stay_id)
    refunded = sa.select(r.payment_id).where(db.mine(s.refunds), r.payment_id == p.payment_id)
    under_way = refunded.where(r.state.in_([RefundState.ASKED, RefundState.STUCK]))
    only: dict[Paid, sa.ColumnElement[bool]] = {
        Paid.ALL: p.paid_at.is_not(None),
        Paid.BACK: sa.or_(refunded.exists(), p.refunded_told > 0),
        Paid.UNDER_WAY: under_way.exists(),
        Paid.CHARGED_BACK: p.disputed_at.is_not(None),
        Paid.BY_HAND: p.provider.in_(by_hand),
        Paid.UNPAID: p.state.in_([PaymentState.PENDING, PaymentState.REFUSED, PaymentState.EXPIRED]),
    }
    query = (
        sa.select(t.lot_id, *PAYMENT)
        .select_from(s.payments)
        .join(s.stays, same)
        .where(db.mine(s.payments), t.site_id == site, p.started_at >= since, p.started_at < until, only[which])
    )
    found = db.rows(
        query.order_by(p.started_at.desc(), p.payment_id.desc()).limit(limit), lambda lot, *row: (lot, payment_row(*row))
    )
    refunds = _refunds(db, [row.payment for _, row in found])
    return [Booked(row, lot, tuple(refunds[row.payment])) for lot, row in found]


def _refunds(db: Reader, payments: Sequence[PaymentId]) -> defaultdict[PaymentId, list[RefundRow]]:
    """Of all these payments in one question."""
    by_payment: defaultdict[PaymentId, list[RefundRow]] = defaultdict(list)
    if payments:
        query = sa.select(*REFUND).where(db.mine(s.refunds), r.payment_id.in_(payments))
        for row in db.rows(query.order_by(r.asked_at, r.refund_id), refund_row):
            by_payment[row.payment].append(row)
    return by_payment


def difference(db: Reader, difference: UUID) -> Differed | None:
    return db.row(_differed(db).where(d.difference_id == difference), _differed_row)


def differences_between(
    db: Reader, since: date, until: date, *, provider: str = "", settled: bool | None = None, limit: int
) -> list[Differed]:
    """Of statements of these days, both included, newest day first; of one provider, settled or not, where that is asked."""
    query = _differed(db).where(d.day >= since, d.day <= until)
    if provider:
        query = query.where(d.provider == provider)
    if settled is not None:
        query = query.where(d.settled_at.is_not(None) if settled else d.settled_at.is_(None))
    return db.rows(query.order_by(d.day.desc(), d.difference_id).limit(limit), _differed_row)


def requested(
    db: Reader,
    *,
    issued: bool,
    limit: int,
    payment: PaymentId | None = None,
    after: tuple[datetime, PaymentId] | None = None,
) -> list[Requested]:
    """Those that were issued, newest first; or those that nobody has served, oldest first. Or just that of one payment.

    `after`: of those that nobody has served, what comes after one that was asked for then.
    """
    query = (
        sa.select(*INVOICE, t.site_id, t.lot_id, t.entered_at, t.left_at, *PAYMENT)
        .select_from(s.invoice_requests)
        .join(s.payments, sa.and_(p.tenant_id == i.tenant_id, p.payment_id == i.payment_id))
        .join(s.stays, sa.and_(t.tenant_id == i.tenant_id, t.stay_id == i.stay_id))
        .where(db.mine(s.invoice_requests))
    )
    if payment is not None:
        query = query.where(i.payment_id == payment)
    elif issued:
        query = query.where(i.done_at.is_not(None)).order_by(i.done_at.desc(), i.payment_id)
    else:
        query = query.where(i.done_at.is_(None)).order_by(i.asked_at, i.payment_id)
        if after is not None:
            at, last = after
            query = query.where(sa.or_(i.asked_at > at, sa.and_(i.asked_at == at, i.payment_id > last)))
    return db.rows(query.limit(limit), _requested_row)


def count_requested(db: Reader) -> int:
    """How many invoices nobody has issued."""
    query = sa.select(sa.func.count()).where(db.mine(s.invoice_requests), i.done_at.is_(None))
    return int(db.sql.execute(query).scalar_one())


def _differed(db: Reader) -> sa.Select[Any]:
    """With the stay of our payment and its site, where there is one."""
    paid = sa.and_(p.tenant_id == d.tenant_id, p.payment_id == d.payment_id)
    stood = sa.and_(t.tenant_id == p.tenant_id, t.stay_id == p.stay_id)
    query = sa.select(t.stay_id, t.site_id, *DIFFERENCE).select_from(s.differences)
    return query.join(s.payments, paid, isouter=True).join(s.stays, stood, isouter=True).where(db.mine(s.differences))


def _differed_row(stay: StayId | None, site: SiteId | None, *row: Any) -> Differed:
    return Differed(DifferenceRow(*row), stay, site)


def _requested_row(*columns: Any) -> Requested:
    cut = len(INVOICE)
    site, lot, entered, left, *paid = columns[cut:]
    return Requested(InvoiceRow(*columns[:cut]), payment_row(*paid), site, lot, entered, left)
