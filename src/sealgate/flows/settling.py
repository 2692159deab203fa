"""A provider's word about a payment: verified, applied, written down; then the waiting gate opens.

The surprising thing: it does not matter how a word came. A notice, its repeat, the answer to a question and the answer to
"close this" all end in `settle`, in any order, and the same money is counted once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sealgate.domain.agreements import AgreementTold, agreement_of
from sealgate.domain.billing import FOR_THE_DESK, Outcome, PaymentState, Told, Verdict, apply, expire, payment_of
from sealgate.domain.errors import Fault, NotFound, Refused
from sealgate.domain.ids import GateId, PaymentId, RefundId, StayId, TenantId
from sealgate.domain.money import Money
from sealgate.domain.stays import Cause, Stay, StayOver, StayState, paid
from sealgate.domain.stays_calls import CallReason, CallState
from sealgate.flows import agreement_rows, overpaid, refunds
from sealgate.flows import payment_rows as rows
from sealgate.flows.kit import House, unseal
from sealgate.flows.parking import let_out
from sealgate.flows.parking_scene import detail_place, newest_said
from sealgate.flows.parking_writing import told
from sealgate.flows.payment_calls import flag, flag_refunds
from sealgate.flows.payment_rows import PROVIDERS, Known, Overtaken
from sealgate.flows.pricing import grace_of, prices
from sealgate.ports import NoticeAnswer, PaymentProvider, ProviderRefused
from sealgate.store import parking
from sealgate.store.engine import Reader, Tx

log = logging.getLogger("sealgate.settling")

STANDS = timedelta(minutes=15)
"""A car that was last seen so long ago at the exit has driven back, and is read again when it comes."""

FORGET_AFTER = timedelta(hours=1)
"""A word about a payment that we do not know is asked for again so long: its payment may not have been told of yet."""

TRIES = 5
ANSWERED = frozenset({CallReason.UNPAID, CallReason.LEFT_OWING})


class UnknownProvider(NotFound):
    """There is no account at such a provider here."""

    code = "payment.unknown-provider"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a word did; `verdict` None: it is of no payment of ours. `again`: let them send it again."""

    verdict: Verdict | None
    payment: PaymentId | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Then:
    """What to do once it is committed: a gate that opens, money that goes back."""

    gate: GateId | None = None
    refund: RefundId | None = None


def provider_named(house: House, name: str) -> PaymentProvider:
    """Raises `UnknownProvider`."""
    provider = house.providers.get(name)
    if provider is None:
        raise UnknownProvider("provider")
    return provider


def hear(house: House, tenant: TenantId, name: str, headers: Mapping[str, str], body: bytes) -> NoticeAnswer:
    """One notice, and the answer in its provider's own way. Raises `UnknownProvider`, `NotFound`, a kind of `NoticeRefused`."""
    provider = provider_named(house, name)
    notice = provider.read_notice(headers, body)
    if all(known.tenant != tenant for known in house.store.tenants()):
        raise NotFound("tenant")
    try:
        if notice.agreed is not None:
            _agreed(house, tenant, name, notice.agreed)
        if notice.told is None:
            return provider.acknowledge(ok=True)
        heard = settle(house, tenant, name, notice.told)
    except Fault:
        log.exception("a notice of %s could not be written down; it is sent again", name)
        return provider.acknowledge(ok=False)
    return provider.acknowledge(ok=not heard.again)


def _agreed(house: House, tenant: TenantId, provider: str, word: AgreementTold) -> None:
    named = agreement_of(word.reference)
    try:
        if named is not None:
            agreement_rows.settle(house, tenant, provider, word, named)
    except NotFound:
        log.warning("%s told %s of an agreement that is not known here", provider, word.consent)


def settle(house: House, tenant: TenantId, provider: str, word: Told) -> Heard:
    """Apply one verified word of that provider, and do what follows from it."""
    payment = _named(house, tenant, provider, word)
    if payment is None:
        log.warning("%s told %s of a payment that is not known here", provider, word.news)
        return Heard(None, again=not word.reference and house.clock.now() - word.at < FORGET_AFTER)
    outcome, then, stay = _applied(house, tenant, payment, word)
    follow(house, tenant, payment, stay, then)
    return Heard(outcome.verdict, payment)


def _named(house: House, tenant: TenantId, provider: str, word: Told) -> PaymentId | None:
    """The payment it is about: by our reference, else by their number; and started at that very provider."""
    named = payment_of(word.reference)
    with house.store.read(tenant) as db:
        if named is not None:
            row = parking.payment(db, named)
        elif word.provider_ref and not word.reference:
            row = parking.payment_by_ref(db, rows.ref_token(house, tenant, provider, word.provider_ref))
        else:
            row = None
    return row.payment if row is not None and row.provider == provider else None


def _applied(house: House, tenant: TenantId, payment: PaymentId, word: Told) -> tuple[Outcome, Then, StayId]:
    for _ in range(TRIES):
        try:
            with house.store.begin(tenant, PROVIDERS) as tx:
                before, stay = rows.locked(house, tx, payment)
                outcome = apply(before.payment, word)
                then = _write(house, tx, before, outcome, stay)
                tx.after_commit(house.wake)
            return outcome, then, stay.stay.stay
        except Overtaken:  # another notice, or the clockwork, was first: what it wrote is the new beginning
            continue
    raise Overtaken


def _write(house: House, tx: Tx, before: Known, outcome: Outcome, stay: parking.StayRow) -> Then:
    """All rows of one word, the journal last. A repeat writes nothing."""
    now = house.clock.now()
    then, flagged = Then(), outcome.verdict in FOR_THE_DESK
    after = before
    if outcome.changed:
        after = rows.change(house, tx, before, outcome.after, now)
    if outcome.newly_paid:
        taken, then = money_came(house, tx, after, stay)
        flagged = not taken or (flagged and outcome.verdict is not Verdict.LATE)
    if outcome.verdict is Verdict.CHARGEBACK_LIFTED:  # its driver may have paid again meanwhile
        then = Then(refund=_give_back(house, tx, after, stay)[0])
    made = flagged and flag(house, tx, before.row.payment, stay, outcome.verdict.value, now)
    flag_refunds(house, tx, before.payment, outcome.after, stay, now)
    if before.row.automatic and outcome.verdict in (Verdict.DECLINED, Verdict.CLOSED) and stay.stay.cause is Cause.LEFT:
        made = flag(house, tx, before.row.payment, stay, "charge-failed", now, CallReason.LEFT_OWING)
    if outcome.changed or made:
        rows.note(house, tx, outcome, stay.stay.stay, f"payment.{outcome.verdict}", now, then.refund)
    return then


def money_came(house: House, tx: Tx, known: Known, stay: parking.StayRow) -> tuple[bool, Then]:
    """The stay is paid, or has been already: then what is too much goes back. Whether the money had its place."""
    now, name = house.clock.now(), stay.stay.stay
    refund, back = _give_back(house, tx, known, stay)
    short = rows.held(house, tx, name, back.currency) < rows.owed_by(tx, name, back.currency)
    if back == known.row.asked or short:  # short: something went back that was paid before; the exit asks for the rest
        return True, Then(refund=refund)
    try:
        after = paid(stay.stay, _leave_by(tx, known, stay.stay, now))
    except StayOver:
        return False, Then(refund=refund)
    gate = waits_at(house, tx, stay, now)
    _pay_stay(tx, stay.stay, after, now)
    return True, Then(gate, refund)


def _leave_by(tx: Tx, known: Known, stay: Stay, now: datetime) -> datetime:
    """The grace begins now, or at the later time that was paid for; what was promised before is not taken back."""
    begins = max(now, known.row.covers_until or now)
    promised = stay.paid_until if stay.state is StayState.PAID else None
    return max(begins + grace_of(tx, stay), promised or begins)


def _give_back(house: House, tx: Tx, known: Known, stay: parking.StayRow) -> tuple[RefundId | None, Money]:
    """What is too much of this payment goes back: how much that is. Other payments' money may be too much then as well."""
    name, currency = stay.stay.stay, known.row.asked.currency
    held, owed = rows.held(house, tx, name, currency), rows.owed_by(tx, name, currency)
    spare = Money(max(min(held.minor - owed.minor, known.payment.refundable.minor), 0), currency)
    refund = refunds.promise(house, tx, known, spare, "paid twice")[0] if spare else None
    overpaid.give_back(house, tx, stay, currency, house.clock.now())
    return refund, spare


def _pay_stay(tx: Tx, before: Stay, after: Stay, now: datetime) -> None:
    if not parking.change_stay(tx, before, after, now):
        raise Overtaken
    told(tx, after)
    for call in parking.calls_of_stay(tx, after.stay):
        if call.reason in ANSWERED and call.state is not CallState.DONE:
            parking.finish_call(tx, call.call, "paid", now)
            tx.publish("call", {"lot": str(call.lot), "call": str(call.call), "reason": call.reason.value})


def waits_at(house: House, db: Reader, stay: parking.StayRow, now: datetime) -> GateId | None:
    """The exit at which its car stands: the last one that was seen there, and not long ago."""
    if stay.stay.state is not StayState.WAITING or not stay.stay.inside or stay.exit_gate is None:
        return None
    seen = newest_said(db, stay.site, stay.exit_gate, now - STANDS)
    if seen is None or seen.detail is None or seen.opens:
        return None
    detail = unseal(house, detail_place(db.tenant, seen.passage), seen.detail)
    return stay.exit_gate if detail.get("stay") == str(stay.stay.stay) else None


def follow(house: House, tenant: TenantId, payment: PaymentId, stay: StayId, then: Then) -> None:
    """What the commit promised. A gate that does not open now opens when its camera reads the car again."""
    if then.gate is not None:
        try:
            let_out(house, tenant, stay, then.gate, prices(house, tenant))
        except (Refused, Fault):
            log.exception("stay %s is paid and its gate did not open", stay)
    if then.refund is not None:
        try:
            refunds.send(house, tenant, payment, then.refund)
        except ProviderRefused as refusal:
            log.warning("payment %s came twice and cannot be sent back: %s", payment, refusal.said)


def run_out(house: House, tenant: TenantId, payment: PaymentId) -> None:
    """Its time is over and the provider knows of no money: it is expired now. Others are left as they are."""
    with house.store.begin(tenant, PROVIDERS) as tx:
        now = house.clock.now()
        before, stay = rows.locked(house, tx, payment)
        after = expire(before.payment, now)
        if after.state is PaymentState.EXPIRED and after != before.payment:
            rows.change(house, tx, before, after, now)
            rows.note(house, tx, Outcome(Verdict.CLOSED, before.payment, after), stay.stay.stay, "payment.expired", now)
            tx.after_commit(house.wake)
