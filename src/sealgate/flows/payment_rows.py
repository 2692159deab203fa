"""A payment as it lies in the store and as `domain/billing` sees it; and back again, with all that comes with a change.

The surprising thing: how the order was worded lies sealed beside the provider's numbers, because an order that is started
again must say precisely the same, or a provider takes it for another one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sealgate.domain.billing import HELD, Outcome, Payment, Refund, RefundState, payment_of
from sealgate.domain.errors import Conflict, NotFound
from sealgate.domain.ids import BillId, PaymentId, RefundId, StayId, TenantId
from sealgate.domain.money import Money
from sealgate.domain.tariffs import Bill
from sealgate.flows.kit import House, organisation, seal, unseal
from sealgate.ports import Token
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Actor, Reader, Tx
from sealgate.vault.envelope import Place

PROVIDERS = Actor("system", "payments")
"""Who acts when a provider tells us something, or is asked."""


class Overtaken(Conflict):
    """Another notice, or the clockwork, changed the payment in the meantime. Read it again."""


@dataclass(frozen=True, slots=True)
class Known:
    """`refunds` are its rows by reference; `wording` is what the order said."""

    row: parking.PaymentRow
    payment: Payment
    refunds: dict[str, parking.RefundRow]
    wording: dict[str, Any]


def known(house: House, db: Reader, row: parking.PaymentRow) -> Known:
    refs = unseal(house, refs_place(db.tenant, row.payment), row.refs) if row.refs else {}
    refunds = {_reference(house, db.tenant, refund): refund for refund in parking.refunds_of(db, row.payment)}
    payment = Payment(
        id=row.payment,
        provider=row.provider,
        merchant=row.merchant,
        asked=row.asked,
        state=row.state,
        started_at=row.started_at,
        expires_at=row.expires_at,
        handle=refs.get("handle", ""),
        provider_ref=refs.get("ref", ""),
        paid_at=row.paid_at,
        refunds=tuple(Refund(name, refunds[name].money, refunds[name].state) for name in sorted(refunds)),
        refunded_told=row.refunded_told,
        disputed_at=row.disputed_at,
        agreement=str(refs.get("order", {}).get("agreement", "")),
    )
    return Known(row, payment, refunds, refs.get("order", {}))


def locked(house: House, tx: Tx, payment: PaymentId) -> tuple[Known, parking.StayRow]:
    """A payment and its stay, which is locked: two payments of one stay are counted one after the other."""
    row = parking.payment(tx, payment)
    stay = None if row is None else parking.stay(tx, row.stay)
    row = None if stay is None else parking.payment(tx, payment)  # as it is now that we hold the stay
    if row is None or stay is None:
        raise NotFound("payment")
    return known(house, tx, row), stay


def add(
    house: House,
    tx: Tx,
    payment: Payment,
    stay: StayId,
    bill: BillId,
    key: str,
    wording: dict[str, Any],
    covers_until: datetime | None = None,
) -> Known:
    """Write a new one. Raises `AlreadyThere` for a key that was used."""
    row = parking.PaymentRow(
        payment=payment.id,
        stay=stay,
        provider=payment.provider,
        merchant=payment.merchant,
        state=payment.state,
        asked=payment.asked,
        idempotency=key,
        started_at=payment.started_at,
        expires_at=payment.expires_at,
        bill=bill,
        paid_at=payment.paid_at,
        refs=_refs(house, tx.tenant, payment, wording),
        covers_until=covers_until,
        automatic="agreement" in wording,
    )
    parking.add_payment(tx, row)
    return Known(row, replace(payment, agreement=str(wording.get("agreement", ""))), {}, wording)


def change(house: House, tx: Tx, before: Known, after: Payment, now: datetime, why: str = "") -> Known:
    """Write what a payment has become, its refunds too. `why` is kept with a new one. Raises `Overtaken`."""
    row = replace(
        before.row,
        state=after.state,
        paid_at=after.paid_at,
        refunded_told=after.refunded_told,
        disputed_at=after.disputed_at,
        ref_token=ref_token(house, tx.tenant, after.provider, after.provider_ref) if after.provider_ref else None,
        refs=_refs(house, tx.tenant, after, before.wording),
    )
    if not parking.change_payment(tx, before.row, row):
        raise Overtaken
    for refund in after.refunds:
        _change_refund(house, tx, before, refund, now, why)
    return replace(before, row=row, payment=after)


def _change_refund(house: House, tx: Tx, before: Known, refund: Refund, now: datetime, why: str) -> None:
    row = before.refunds.get(refund.reference)
    if row is None:
        _add_refund(house, tx, before.row.payment, refund, now, why)
    elif row.state is not refund.state and not parking.change_refund(tx, row.refund, row.state, refund.state, now):
        raise Overtaken


def _add_refund(house: House, tx: Tx, payment: PaymentId, refund: Refund, now: datetime, why: str) -> None:
    made = refund_id(refund.reference) or RefundId(house.new_id())
    row = parking.RefundRow(
        refund=made,
        payment=payment,
        state=refund.state,
        money=refund.money,
        reference=seal(
            house, tx.tenant, organisation(), refund_place(tx.tenant, "reference", made), {"reference": refund.reference}
        ),
        reason=seal(house, tx.tenant, organisation(), refund_place(tx.tenant, "reason", made), {"why": why}) if why else None,
        asked_at=now,
        done_at=now if refund.state is RefundState.DONE else None,
    )
    parking.add_refund(tx, row)


def refund_id(reference: str) -> RefundId | None:
    """Our own refund of that reference; None where somebody refunded at the provider's desk."""
    found = payment_of(reference)
    return None if found is None else RefundId(found)


def note(
    house: House, tx: Tx, outcome: Outcome, stay: StayId, action: str, now: datetime, refund: RefundId | None = None
) -> None:
    """The journal entry and the outbox fact of one change. The last thing in a transaction: the journal is one chain."""
    about = f"payment:{outcome.after.id} stay:{stay} {outcome.verdict}" + (f" refund:{refund}" if refund else "")
    journal.write(tx, house.keyring, now, action, object=about)
    tell(tx, outcome.after, stay)


def tell(tx: Tx, payment: Payment, stay: StayId) -> None:
    tx.publish("payment", {"payment": str(payment.id), "stay": str(stay), "state": payment.state.value})


def keep_bill(house: House, tx: Tx, stay: StayId, bill: Bill, now: datetime) -> BillId:
    """The newest bill where it says the same, else this one beside it."""
    newest = parking.newest_bill(tx, stay)
    if newest is not None and newest.total == bill.total:
        return newest.bill
    made = BillId(house.new_id())
    lines = [
        {"reason": line.reason.value, "about": line.about, "units": line.units, "minor": line.amount.minor}
        for line in bill.lines
    ]
    parking.add_bill(tx, parking.BillRow(made, stay, now, lines, bill.total))
    return made


def owed_by(db: Reader, stay: StayId, currency: str) -> Money:
    """What the stay costs, as far as somebody paid for it: its final bill, else the largest bill that money we hold was for.

    What was paid ahead stays owed when the car leaves earlier, as its driver was told.
    """
    paid = [row for row in parking.payments_of(db, stay) if row.state in HELD]
    final = parking.newest_bill(db, stay)
    costs = [final.total] if final is not None and final.final else []
    counted = [row for row in paid if row.covers_until is not None] if costs else paid
    costs += [bill.total for row in counted if row.bill and (bill := parking.bill(db, row.bill)) is not None]
    return max((total for total in costs if total.currency == currency), default=Money(0, currency))


def held(house: House, db: Reader, stay: StayId, currency: str) -> Money:
    """What was paid for it and is neither sent back nor on its way."""
    mine = [row for row in parking.payments_of(db, stay) if row.state in HELD and row.asked.currency == currency]
    return Money(sum(known(house, db, row).payment.refundable.minor for row in mine), currency)


def ref_token(house: House, tenant: TenantId, provider: str, ref: str) -> Token:
    return house.index.standing_token(tenant, "payment-ref", f"{provider}:{ref}")


def refs_place(tenant: TenantId, payment: PaymentId) -> Place:
    return Place(tenant, "payments", "refs", str(payment))


def _refs(house: House, tenant: TenantId, payment: Payment, wording: dict[str, Any]) -> Any:
    refs = {"handle": payment.handle, "ref": payment.provider_ref, "order": wording}
    return seal(house, tenant, organisation(), refs_place(tenant, payment.id), refs)


def refund_place(tenant: TenantId, column: str, refund: RefundId) -> Place:
    return Place(tenant, "refunds", column, str(refund))


def _reference(house: House, tenant: TenantId, row: parking.RefundRow) -> str:
    return str(unseal(house, refund_place(tenant, "reference", row.refund), row.reference)["reference"])
