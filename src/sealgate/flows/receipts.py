"""A receipt for one payment, and the request for an electronic invoice to go with it.

The surprising thing: a receipt is not kept. Bills and payments never change, so the same receipt is made from them each time;
what is personal in it (the plate, the buyer) opens under the stay's key, and is gone from it when that key is destroyed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sealgate.domain.billing import PaymentState
from sealgate.domain.calendar import local_day, zone
from sealgate.domain.errors import Conflict, NotFound
from sealgate.domain.ids import PaymentId, TenantId
from sealgate.domain.invoices import Buyer, InvoiceRequest
from sealgate.domain.money import Money
from sealgate.domain.tariff_bill import Line
from sealgate.flows.driving import DRIVER, Shows, Spot
from sealgate.flows.driving_passes import read_receipt_pass
from sealgate.flows.kit import House, of_day, seal, unseal
from sealgate.flows.parking_writing import seen_of
from sealgate.flows.stay_record import bill_lines, receipt_number
from sealgate.ports import KeyKind
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Reader
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed


class NoReceipt(Conflict):
    """No money came of this payment, so there is nothing to write a receipt for."""

    code = "receipt.not-paid"


class InvoiceMade(Conflict):
    """The invoice was made already; its words cannot be changed any more."""

    code = "invoice.made-already"


@dataclass(frozen=True, slots=True)
class Parked:
    """What stands on a receipt after proof only. `left` None: still there when it is read. `plate` empty: its key is gone."""

    plate: str
    kind: str
    entered: datetime
    left: datetime | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """`number` is the random end of the payment's; `means` the provider's name; `back` what was sent back of `money` since.

    `invoice_number` is that of the electronic invoice, once it was issued.
    """

    number: str
    organisation: str
    lot: str
    money: Money
    paid_at: datetime
    means: str
    back: Money
    parked: Parked | None
    invoice: InvoiceRequest | None
    invoice_made: bool
    invoice_number: str = ""


def receipt(house: House, here: Spot, text: str) -> Receipt:
    """Raises `NotFound`, `NoReceipt`."""
    held = read_receipt_pass(house, here.tenant, text)
    with house.store.read(here.tenant) as db:
        paid, row = _paid(db, here, held.payment)
        refunds = max(sum(_back(one) for one in parking.refunds_of(db, held.payment)), paid.refunded_told)
        asked = parking.invoice(db, held.payment)
        proven = held.shows is Shows.DETAILS
        assert paid.paid_at is not None
        return Receipt(
            number=receipt_number(held.payment),
            organisation=here.organisation,
            lot=here.lot.name,
            money=paid.asked,
            paid_at=paid.paid_at,
            means=paid.provider,
            back=Money(refunds, paid.asked.currency),
            parked=_parked(house, db, here, paid, row) if proven else None,
            invoice=_request(house, here, asked) if proven and asked is not None else None,
            invoice_made=asked is not None and asked.done_at is not None,
            invoice_number=(asked.number or "") if asked is not None and proven else "",
        )


def ask_invoice(house: House, here: Spot, text: str, request: InvoiceRequest) -> None:
    """Raises `NotFound`, `NoReceipt`, `InvoiceMade`, and `KeyDestroyed` once the stay is forgotten."""
    held, now = read_receipt_pass(house, here.tenant, text), house.clock.now()
    with house.store.begin(here.tenant, DRIVER) as tx:
        paid, row = _paid(tx, here, held.payment)
        place, owner = _place(here, held.payment), _owner(here, row)
        sealed = seal(house, here.tenant, owner, place, asdict(request))
        if not parking.put_invoice(tx, parking.InvoiceRow(held.payment, paid.stay, now, sealed)):
            raise InvoiceMade
        journal.write(tx, house.keyring, now, "invoice.asked", object=f"payment:{held.payment}")


def _paid(db: Reader, here: Spot, payment: PaymentId) -> tuple[parking.PaymentRow, parking.StayRow]:
    paid = parking.payment(db, payment)
    row = None if paid is None else parking.stay(db, paid.stay)
    if paid is None or row is None or row.stay.lot != here.lot.lot:
        raise NotFound("receipt")
    if paid.paid_at is None or paid.state in {PaymentState.PENDING, PaymentState.CHARGED_BACK}:
        raise NoReceipt
    return paid, row


def _back(refund: parking.RefundRow) -> int:
    return refund.money.minor if refund.done_at is not None else 0


def _parked(house: House, db: Reader, here: Spot, paid: parking.PaymentRow, row: parking.StayRow) -> Parked:
    bill = (parking.bill(db, paid.bill) if paid.bill else None) or parking.newest_bill(db, paid.stay)
    seen = _seen(house, here, row)
    return Parked(
        plate=str(seen.get("plate", "")),
        kind=str(seen.get("kind", "plain")),
        entered=row.stay.entered,
        left=row.stay.left,
        lines=bill_lines(bill) if bill else (),
    )


def _seen(house: House, here: Spot, row: parking.StayRow) -> dict[str, object]:
    try:
        return seen_of(house, here.tenant, row)
    except KeyDestroyed:
        return {}


def _request(house: House, here: Spot, asked: parking.InvoiceRow) -> InvoiceRequest | None:
    try:
        return opened_request(house, here.tenant, asked)
    except KeyDestroyed:
        return None


def opened_request(house: House, tenant: TenantId, row: parking.InvoiceRow) -> InvoiceRequest:
    """Raises `KeyDestroyed` once the stay is forgotten."""
    kept = unseal(house, Place(tenant, "invoice_requests", "detail", str(row.payment)), row.detail)
    return InvoiceRequest(Buyer(kept["buyer"]), kept["title"], kept["tax_number"], kept["email"])


def _place(here: Spot, payment: PaymentId) -> Place:
    return Place(here.tenant, "invoice_requests", "detail", str(payment))


def _owner(here: Spot, row: parking.StayRow) -> tuple[KeyKind, str]:
    """The key of the stay: its site's, of the day on which it began."""
    return of_day(row.site, local_day(row.stay.entered, zone(here.time_zone)))
