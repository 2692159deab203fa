"""Requests for electronic invoices as accounts serve them: listed, opened one by one, exported, marked as issued.

A tax office's own program issues them; here is what it needs, and the number that it gave. The list says to whom and how
much; tax number and e-mail open with the request itself or with the export, and either is journaled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sealgate.domain.approvals import Kind
from sealgate.domain.errors import Invalid, NotFound
from sealgate.domain.ids import LotId, PaymentId, SiteId, StayId
from sealgate.domain.invoices import InvoiceRequest
from sealgate.domain.money import Money
from sealgate.domain.operators import Permission
from sealgate.flows import approving
from sealgate.flows.kit import House, Signed
from sealgate.flows.receipts import InvoiceMade, opened_request
from sealgate.flows.stay_record import receipt_number
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Reader
from sealgate.store.parking import books
from sealgate.vault.errors import KeyDestroyed

MOST_SHOWN = 200
AT_A_TIME = 200
LONGEST_NUMBER = 40


class BadInvoiceNumber(Invalid):
    """The number under which it was issued: 1 to 40 letters, digits and dashes."""

    code = "invoice.bad-number"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request with what an invoice needs. `request` None: the stay's key is gone, and with it to whom.

    `entered` and `left` are UTC; `number` and `issued_at` once it is issued.
    """

    payment: PaymentId
    stay: StayId
    site: SiteId
    lot: str
    asked_at: datetime
    money: Money
    paid_at: datetime
    means: str
    entered: datetime
    left: datetime | None
    request: InvoiceRequest | None
    number: str | None
    issued_at: datetime | None

    @property
    def receipt(self) -> str:
        return receipt_number(self.payment)


def requests(house: House, signed: Signed, *, issued: bool = False) -> list[Wanted]:
    """Those that nobody has served, oldest first; or those that were issued, newest first. Journaled."""
    return _listed(house, signed, "invoices.listed", issued=issued)


def file_wanted(house: House, signed: Signed) -> approving.Wanted:
    signed.need(Permission.PARKING)
    with house.store.read(signed.tenant) as db:
        return _file(signed, books.count_requested(db))


def _file(signed: Signed, invoices: int) -> approving.Wanted:
    return approving.Wanted(Kind.INVOICES, "invoices", invoices, signed.site)


def export(house: House, signed: Signed, purpose: str) -> Iterator[Wanted]:
    """All that is needed to issue those that nobody has served, however many, read as they are asked for.

    Right, journal entry and approval come before the first line. Raises `PurposeNeeded`, `NeedsSecond`.
    """
    signed.need(Permission.PARKING)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        why = approving.cleared(house, tx, signed, _file(signed, books.count_requested(tx)), purpose)
        journal.write(tx, house.keyring, house.clock.now(), "invoices.exported", purpose=why)
    return _pages(house, signed)


def _pages(house: House, signed: Signed) -> Iterator[Wanted]:
    last: tuple[datetime, PaymentId] | None = None
    while True:
        with house.store.read(signed.tenant) as db:
            names = _names(db)
            rows = books.requested(db, issued=False, limit=AT_A_TIME, after=last)
            found = [_wanted(house, db, one, names) for one in rows]
        yield from (one for one in found if one.request is not None)
        if len(rows) < AT_A_TIME:
            return
        last = rows[-1].row.asked_at, rows[-1].row.payment


def request(house: House, signed: Signed, payment: PaymentId) -> Wanted:
    """One of them, with tax number and e-mail; that it was opened is journaled. Raises `NotFound`."""
    signed.need(Permission.PARKING)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = books.requested(tx, issued=False, limit=1, payment=payment)
        if not found:
            raise NotFound("invoice")
        journal.write(tx, house.keyring, house.clock.now(), "invoice.opened", object=f"payment:{payment}")
        return _wanted(house, tx, found[0], _names(tx))


def issued(house: House, signed: Signed, payment: PaymentId, number: str) -> None:
    """Somebody issued it under that number. Raises `BadInvoiceNumber`, `InvoiceMade` where somebody had."""
    signed.need(Permission.REFUND)
    text = "".join(number[:200].split())
    if not 1 <= len(text) <= LONGEST_NUMBER or not text.isascii() or not text.replace("-", "").replace("/", "").isalnum():
        raise BadInvoiceNumber("an invoice's number has 1 to 40 letters, digits and dashes", field="number")
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        if not parking.finish_invoice(tx, payment, text, now):
            raise InvoiceMade
        journal.write(tx, house.keyring, now, "invoice.issued", object=f"payment:{payment} invoice:{text}")


def _listed(house: House, signed: Signed, action: str, *, issued: bool) -> list[Wanted]:
    signed.need(Permission.PARKING)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        names = _names(tx)
        found = [_wanted(house, tx, one, names) for one in books.requested(tx, issued=issued, limit=MOST_SHOWN)]
        journal.write(tx, house.keyring, house.clock.now(), action)
    return found


def _names(db: Reader) -> dict[LotId, str]:
    return {lot.lot: lot.name for lot in parking.lots(db)}


def _wanted(house: House, db: Reader, found: books.Requested, lots: dict[LotId, str]) -> Wanted:
    row, paid = found.row, found.payment
    return Wanted(
        payment=row.payment,
        stay=row.stay,
        site=found.site,
        lot=lots.get(found.lot, ""),
        asked_at=row.asked_at,
        money=paid.asked,
        paid_at=paid.paid_at or paid.started_at,
        means=paid.provider,
        entered=found.entered,
        left=found.left,
        request=_request(house, db, row),
        number=row.number,
        issued_at=row.done_at,
    )


def _request(house: House, db: Reader, row: parking.InvoiceRow) -> InvoiceRequest | None:
    try:
        return opened_request(house, db.tenant, row)
    except KeyDestroyed:
        return None
