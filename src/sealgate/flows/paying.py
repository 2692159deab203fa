"""Paying for a stay: the bill, an order at a provider, money taken by an attendant, and asking after lost notices.

A payment is pending, and on the disk, before a provider hears of it; so whatever happens then, somebody asks. The
surprising thing: pressing "pay" again brings the same order again, word for word, as long as it can still be paid and the
sum has not changed. Two providers may be begun for one stay: what comes second goes back (`settling`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sealgate.domain.billing import (
    UNPAID,
    News,
    NothingToPay,
    Outcome,
    Payment,
    PaymentState,
    Told,
    Verdict,
    reference_of,
    take_by_hand,
)
from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import PaymentId, StayId, TenantId, uuid7
from sealgate.domain.money import Money
from sealgate.domain.operators import Permission
from sealgate.domain.stays import StayOver, StayState
from sealgate.domain.tariffs import Bill
from sealgate.flows import payment_rows as rows
from sealgate.flows.kit import House, Signed
from sealgate.flows.parking_writing import Account, account
from sealgate.flows.payment_rows import Known, Overtaken
from sealgate.flows.pricing import bill_at, prices
from sealgate.flows.reconciling import reconcile
from sealgate.flows.refunds import ByHand, SentBack, refund, resume
from sealgate.flows.settling import UnknownProvider, follow, hear, money_came, provider_named, run_out, settle
from sealgate.ports import CurrencyNotTaken, Order, PaymentProvider, ProviderRefused, Started, TooLateToStart, Unreachable
from sealgate.store import parking
from sealgate.store.engine import Actor, Reader, Tx

__all__ = [
    "ByHand",
    "SentBack",
    "StartedPayment",
    "UnknownProvider",
    "ahead_of",
    "ask",
    "ask_pending",
    "bill_of",
    "cash",
    "due_of",
    "hear",
    "keep_handle",
    "prices",
    "reconcile",
    "refund",
    "settle",
    "start",
    "state_of",
]

log = logging.getLogger("sealgate.paying")

LASTS = timedelta(minutes=15)
STILL_TIME = timedelta(minutes=2)
"""An order that ends sooner is not shown again: nobody could finish it."""

ASK_AFTER = timedelta(seconds=20)
REFUSED_FOR = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=1)
"""So long after its end a payment is asked for at a provider that does not answer; then only its statement can tell."""

JUST_SHOWN = timedelta(minutes=10)
"""A sum that an attendant was shown so long ago may still be taken."""

MOST_ASKED = 1000
TRIES = 5
DRIVER = Actor("system", "driver")


class WrongSum(Refused):
    """An attendant takes what is due, no more and no less; a reduction is written down first."""

    code = "payment.wrong-sum"


@dataclass(frozen=True, slots=True)
class StartedPayment:
    """`way` is how the driver goes on: an address, a form, a QR text, or a call inside the provider's own browser."""

    payment: PaymentId
    money: Money
    way: Started
    expires_at: datetime


def bill_of(house: House, tenant: TenantId, stay: StayId, now: datetime) -> Bill:
    """What the stay costs if the car leaves now; or what it cost. Raises `NotFound`, a kind of `CannotPrice`."""
    return due_of(house, tenant, stay, now).bill


def due_of(house: House, tenant: TenantId, stay: StayId, now: datetime) -> Account:
    """The bill, what came for it, and what is still due: nothing in the time for leaving after a payment."""
    with house.store.read(tenant) as db:
        row = parking.stay(db, stay)
        if row is None:
            raise NotFound("stay")
        return account_now(db, row, now)


def account_now(db: Reader, row: parking.StayRow, now: datetime) -> Account:
    """What `due_of` says, for whoever has the row."""
    stay = row.stay
    found = account(db, stay, partial(bill_at, db), now)
    in_grace = stay.state is StayState.PAID and stay.paid_until is not None and now <= stay.paid_until
    return replace(found, due=Money(0, found.due.currency)) if in_grace else found


def ahead_of(house: House, tenant: TenantId, stay: StayId, until: datetime) -> Account:
    """The account if the car leaves at a later time. Raises `NotFound`, `StayOver` for one that has left."""
    with house.store.read(tenant) as db:
        row = parking.stay(db, stay)
        if row is None:
            raise NotFound("stay")
        return _owed_until(db, row, until)


def _owed_until(db: Reader, row: parking.StayRow, until: datetime) -> Account:
    if not row.stay.inside or row.stay.state in (StayState.CLOSED, StayState.DISPUTED):
        raise StayOver("this stay cannot be paid ahead")
    return account(db, row.stay, partial(bill_at, db), until)


def start(
    house: House,
    tenant: TenantId,
    stay: StayId,
    provider: str,
    *,
    return_to: str,
    payer: str = "",
    phone: bool = True,
    until: datetime | None = None,
) -> StartedPayment:
    """Begin to pay what is due by that provider; the order that is under way, where there is one for that sum.

    `return_to` is the whole address to come back to; `until` pays ahead for leaving then. Raises `UnknownProvider`,
    `StayOver`, `NothingToPay`, `Unreachable` (it may be tried again at once), `ProviderRefused`, `CurrencyNotTaken`.
    """
    desk = provider_named(house, provider)
    _close_others(house, tenant, stay, Wanted(provider, payer, until))
    with house.store.begin(tenant, DRIVER) as tx:
        now = house.clock.now()
        row = _payable(tx, stay)
        owed = account_now(tx, row, now) if until is None else _owed_until(tx, row, until)
        if owed.due.minor <= 0:
            raise NothingToPay
        known = _under_way(house, tx, row, Wanted(provider, payer, until), owed.due, now)
        if known is None:
            known = _new(house, tx, row, desk, owed, {"return": return_to, "payer": payer, "phone": phone}, until)
            pending = Outcome(Verdict.NO_NEWS, known.payment, known.payment)
            rows.note(house, tx, pending, stay, "payment.pending", now)
    return _order(house, tenant, desk, known)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What makes two orders of one stay the same, beside their sum."""

    provider: str
    payer: str
    until: datetime | None

    def fits(self, known: Known, due: Money | None) -> bool:
        row = known.row
        same = (row.provider, row.asked, row.covers_until) == (self.provider, due, self.until)
        return same and not row.automatic and known.wording.get("payer") == self.payer


def _close_others(house: House, tenant: TenantId, stay: StayId, wanted: Wanted) -> None:
    """Nobody is to pay at two places. An order that was just paid says so; one that cannot be closed now is left to
    `settling`, which sends back what comes twice."""
    with house.store.read(tenant) as db:
        row, until = parking.stay(db, stay), wanted.until
        owed = (
            None if row is None else account_now(db, row, house.clock.now()) if until is None else _owed_until(db, row, until)
        )
        pending = [rows.known(house, db, one) for one in parking.payments_of(db, stay) if one.state is PaymentState.PENDING]
    for payment in [one.payment for one in pending if owed is None or not wanted.fits(one, owed.due)]:
        desk = house.providers.get(payment.provider)
        try:
            if desk is not None:
                word = desk.close(payment)
                unsent = bool(payment.agreement) and word.news is News.UNKNOWN  # a charge that the provider never heard of
                settle(house, tenant, desk.name, replace(word, news=News.CLOSED) if unsent else word)
        except (Unreachable, ProviderRefused):
            log.warning("payment %s could not be closed before another was begun", payment.id)


def _payable(tx: Tx, stay: StayId) -> parking.StayRow:
    row = parking.stay(tx, stay)
    if row is None:
        raise NotFound("stay")
    if row.stay.state in (StayState.CLOSED, StayState.DISPUTED):
        raise StayOver("this stay cannot be paid now")
    return row


def _under_way(house: House, tx: Tx, row: parking.StayRow, wanted: Wanted, due: Money, now: datetime) -> Known | None:
    for payment in parking.payments_of(tx, row.stay.stay):
        if payment.state is PaymentState.PENDING and payment.expires_at - now >= STILL_TIME:
            known = rows.known(house, tx, payment)
            if wanted.fits(known, due):
                return known
    return None


def _new(
    house: House,
    tx: Tx,
    row: parking.StayRow,
    desk: PaymentProvider,
    owed: Account,
    wording: dict[str, object],
    until: datetime | None = None,
) -> Known:
    """Its key counts the stay's payments, so of two that begin at once only one is written."""
    stay, now = row.stay.stay, house.clock.now()
    bill = rows.keep_bill(house, tx, stay, owed.bill, now)
    payment = Payment(
        id=PaymentId(house.new_id()),
        provider=desk.name,
        merchant=desk.merchant,
        asked=owed.due,
        state=PaymentState.PENDING,
        started_at=now,
        expires_at=now + LASTS,
    )
    key = f"{stay}:{len(parking.payments_of(tx, stay))}"
    worded = {**wording, "subject": parking.lot(tx, row.stay.lot).name}
    return rows.add(house, tx, payment, stay, bill, key, worded, until)


def _order(house: House, tenant: TenantId, desk: PaymentProvider, known: Known) -> StartedPayment:
    payment, wording = known.payment, known.wording
    order = Order(
        payment=payment.id,
        money=payment.asked,
        subject=str(wording["subject"]),
        notify_address=f"{house.address}/api/v1/notices/{desk.name}/{tenant}",
        return_address=str(wording["return"]),
        started_at=payment.started_at,
        expires_at=payment.expires_at,
        payer=str(wording["payer"]),
        phone=bool(wording["phone"]),
    )
    try:
        started = desk.start(order)
    except (ProviderRefused, CurrencyNotTaken, TooLateToStart):
        _not_begun(house, tenant, desk, payment)
        raise
    if started.handle and started.handle != payment.handle:
        keep_handle(house, tenant, payment.id, started.handle)
    return StartedPayment(payment.id, payment.asked, started, payment.expires_at)


def _not_begun(house: House, tenant: TenantId, desk: PaymentProvider, payment: Payment) -> None:
    """The provider will not have it. It may say so of an order that was paid meanwhile, so it is asked before we believe it."""
    try:
        word = desk.ask(payment)
    except (Unreachable, Refused):
        return  # still pending: the clockwork asks
    if word.news in (News.UNKNOWN, News.WAITING):
        word = Told(reference_of(payment.id), payment.merchant, News.FAILED, house.clock.now())
    settle(house, tenant, desk.name, word)


def keep_handle(house: House, tenant: TenantId, payment: PaymentId, handle: str) -> None:
    """Write how the provider names the attempt. Raises `Overtaken` after several tries."""
    for _ in range(TRIES):
        try:
            with house.store.begin(tenant, DRIVER) as tx:
                now = house.clock.now()
                before, stay = rows.locked(house, tx, payment)
                after = replace(before.payment, handle=handle)
                rows.change(house, tx, before, after, now)
                rows.note(house, tx, Outcome(Verdict.NO_NEWS, before.payment, after), stay.stay.stay, "payment.ordered", now)
                return
        except Overtaken:  # its notice was faster than the answer to our order
            continue
    raise Overtaken


def cash(house: House, signed: Signed, stay: StayId, money: Money, means: ByHand) -> PaymentId:
    """An attendant took what is due: the payment is there, and the waiting gate opens.

    Raises `StayOver`, `NothingToPay`, `WrongSum`.
    """
    signed.need(Permission.DESK)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        row = _payable(tx, stay)
        owed = _shown(tx, row, money, now)
        pending = Payment(PaymentId(house.new_id()), means.value, "desk", money, PaymentState.PENDING, now, now)
        bill = rows.keep_bill(house, tx, stay, owed.bill, now)
        key = f"{stay}:{len(parking.payments_of(tx, stay))}"
        known = rows.add(house, tx, take_by_hand(pending, now), stay, bill, key, {})
        _, then = money_came(house, tx, known, row)
        outcome = Outcome(Verdict.SETTLED, pending, known.payment)
        rows.note(house, tx, outcome, stay, "payment.taken-by-hand", now, then.refund)
        tx.after_commit(house.wake)
    follow(house, signed.tenant, known.payment.id, stay, then)
    return known.payment.id


def _shown(tx: Tx, row: parking.StayRow, money: Money, now: datetime) -> Account:
    """What is due now, or was due when the attendant was shown it."""
    owed = account_now(tx, row, now)
    if owed.due.minor <= 0:
        raise NothingToPay
    before = account_now(tx, row, max(now - JUST_SHOWN, row.stay.entered))
    found = next((one for one in (owed, before) if one.due == money), None)
    if found is None:
        raise WrongSum(f"{owed.due} is due")
    return found


def ask(house: House, tenant: TenantId, payment: PaymentId) -> PaymentState:
    """Ask the provider now, as for a driver who comes back from its page; what the payment is then.

    Raises `NotFound`, `Unreachable`, `ProviderRefused`, `UnknownProvider`.
    """
    known = _read(house, tenant, payment)
    if known.payment.state in UNPAID and known.payment.state is not PaymentState.EXPIRED:
        _ask(house, tenant, known.payment)
        known = _read(house, tenant, payment)
    return known.payment.state


def state_of(house: House, tenant: TenantId, payment: PaymentId) -> PaymentState:
    """As it is written now; nobody is asked. Raises `NotFound`."""
    return _read(house, tenant, payment).payment.state


def _read(house: House, tenant: TenantId, payment: PaymentId) -> Known:
    with house.store.read(tenant) as db:
        row = parking.payment(db, payment)
        if row is None:
            raise NotFound("payment")
        return rows.known(house, db, row)


def _ask(house: House, tenant: TenantId, payment: Payment) -> None:
    """After its end it is closed, so that nobody pays it any more; the answer to that is news as well."""
    desk = provider_named(house, payment.provider)
    over = house.clock.now() >= payment.expires_at
    settle(house, tenant, desk.name, desk.close(payment) if over else desk.ask(payment))
    if over:
        run_out(house, tenant, payment.id)


def ask_pending(house: House, tenant: TenantId) -> int:
    """Ask after every payment whose notice may be lost, and every refund that was not answered; how many payments.

    For the clockwork. A provider that does not answer is not asked for another one in this round.
    """
    now = house.clock.now()
    since = PaymentId(uuid7(now - REFUSED_FOR, bytes(10)))
    with house.store.read(tenant) as db:
        waiting = parking.pending_payments(db, now - ASK_AFTER, MOST_ASKED)
        waiting += [row for row in parking.refused_payments(db, since) if row.started_at < now - ASK_AFTER]
        payments = [rows.known(house, db, row).payment for row in waiting]
    silent: set[str] = set()
    for payment in payments:
        if payment.provider not in silent and not _asked(house, tenant, payment):
            silent.add(payment.provider)
    resume(house, tenant)
    return len(payments)


def _asked(house: House, tenant: TenantId, payment: Payment) -> bool:
    """Whether its provider answered, be it with a refusal."""
    try:
        _ask(house, tenant, payment)
    except ProviderRefused as refusal:
        log.warning("payment %s: %s", payment.id, refusal.said)
    except (Unreachable, UnknownProvider) as silence:
        log.warning("payment %s: %s does not answer (%s)", payment.id, payment.provider, silence.code)
        if house.clock.now() >= payment.expires_at + GIVE_UP_AFTER:
            run_out(house, tenant, payment.id)
        return False
    return True
