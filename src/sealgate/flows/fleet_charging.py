"""A car of a fleet stands at the exit: what is due is charged to its account, in the very transaction that lets it out.

The surprising thing: a charge is a payment like any other, by the means `account`, so that bills, books and reports balance as
they do for cash. What the fleet owes is told by its entries, which stand on a statement later. An edge charges nothing: it
lets the car out by its permit, and the centre charges when it hears of that.
"""

from __future__ import annotations

from datetime import datetime

from sealgate.domain.billing import PaymentState
from sealgate.domain.fleets import ON_ACCOUNT, Account, EntryKind
from sealgate.domain.ids import PaymentId, PermitId, RefundId
from sealgate.domain.money import Money
from sealgate.domain.stays import Stay, StayState
from sealgate.flows import parking_writing
from sealgate.flows.parking_scene import Scene
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Reader, Tx
from sealgate.store.parking import fleets


def charged(scene: Scene, stay: Stay, owed: parking_writing.Account) -> parking_writing.Account:
    """What is still due, once the account of the fleet that this car is of has taken it; unchanged where there is none, it is
    suspended, or its limit is reached. What the desk has in hand is not charged."""
    if scene.house.is_edge or owed.due.minor <= 0 or stay.state is StayState.DISPUTED:
        return owed
    permit = stay.right.permit
    terms = account_of(scene.tx, permit)
    if permit is None or terms is None or not terms.takes(fleets.owed(scene.tx, permit), owed.due):
        return owed
    _charge(scene, stay, permit, owed.due)
    received = Money(owed.received.minor + owed.due.minor, owed.due.currency)
    return parking_writing.Account(owed.bill, received, Money(0, owed.due.currency))


def trusted(scene: Scene, stay: Stay) -> bool:
    """Whether an edge that reaches nobody lets it out on its fleet's account."""
    terms = account_of(scene.tx, stay.right.permit) if scene.cut_off else None
    return terms is not None and terms.suspended is None


def account_of(db: Reader, permit: PermitId | None) -> Account | None:
    """None where it stands there by no permit, by one without an account, or by one that has ended."""
    row = None if permit is None else parking.permit(db, permit)
    return None if row is None or row.ended_at is not None else row.permit.account


def _charge(scene: Scene, stay: Stay, permit: PermitId, due: Money) -> None:
    payment, at = PaymentId(scene.house.new_id()), scene.at
    row = parking.PaymentRow(
        payment=payment,
        stay=stay.stay,
        provider=ON_ACCOUNT,
        merchant=str(permit),
        state=PaymentState.PAID,
        asked=due,
        idempotency=payment.hex,
        started_at=at,
        expires_at=at,
        paid_at=at,
    )
    parking.add_payment(scene.tx, row)
    entry = fleets.EntryRow(
        payment, permit, EntryKind.CHARGE, due.minor, due.currency, at, stay.stay, stay.lot, stay.entered, at
    )
    fleets.add_entry(scene.tx, entry)
    about = f"payment:{payment} stay:{stay.stay} permit:{permit}"
    journal.write(scene.tx, scene.house.keyring, scene.now, "payment.on-account", object=about)


def taken_back(tx: Tx, payment: parking.PaymentRow, refund: RefundId, money: Money, at: datetime) -> None:
    """A charge, or a part of it, is taken back: it stands on the next statement, below zero."""
    entry = fleets.entry(tx, payment.payment)
    if payment.provider != ON_ACCOUNT or entry is None:
        return
    back = fleets.EntryRow(
        refund, entry.permit, EntryKind.BACK, -money.minor, money.currency, at,
        entry.stay, entry.lot, entry.entered, entry.left,
    )  # fmt: skip
    fleets.add_entry(tx, back)
