"""Requests for electronic invoices: one for each payment. Asked again, newer words replace the older, until it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sealgate.domain.ids import PaymentId, StayId
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx

i = s.invoice_requests.c


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """`detail` is sealed: buyer, title, tax number, e-mail. `number` is that of the invoice that was issued."""

    payment: PaymentId
    stay: StayId
    asked_at: datetime
    detail: Sealed
    done_at: datetime | None = None
    number: str | None = None


INVOICE = (i.payment_id, i.stay_id, i.asked_at, i.detail, i.done_at, i.number)


def put_invoice(tx: Tx, row: InvoiceRow) -> bool:
    """Add it, or put it in the place of an earlier one. False where that one was made already."""
    values = {"stay_id": row.stay, "asked_at": row.asked_at, "detail": row.detail}
    if tx.change(s.invoice_requests, [i.payment_id == row.payment, i.done_at.is_(None)], values) == 1:
        return True
    new = {"payment_id": row.payment, **values, "done_at": None, "number": None}
    return bool(tx.add_unless_there(s.invoice_requests, [new], (i.payment_id,)))


def invoice(db: Reader, payment: PaymentId) -> InvoiceRow | None:
    return db.row(sa.select(*INVOICE).where(db.mine(s.invoice_requests), i.payment_id == payment), InvoiceRow)


def open_invoices(db: Reader, limit: int = 200) -> list[InvoiceRow]:
    """Those that nobody has made yet, oldest first."""
    query = sa.select(*INVOICE).where(db.mine(s.invoice_requests), i.done_at.is_(None))
    return db.rows(query.order_by(i.asked_at, i.payment_id).limit(limit), InvoiceRow)


def finish_invoice(tx: Tx, payment: PaymentId, number: str, at: datetime) -> bool:
    """It is issued under this number. False if it was already."""
    still = [i.payment_id == payment, i.done_at.is_(None)]
    return tx.change(s.invoice_requests, still, {"done_at": at, "number": number}) == 1
