"""The life of a payment: what a provider's word, once verified, does to our row. Pure; the row comes in and goes out.

The surprising thing: providers tell a story in any order, several times and with gaps, so the end never depends on
the order. Money that arrived outweighs every "refused" and "expired"; a refund may be heard of before its payment;
and a word that does not fit the row (another sum, currency, merchant or payment) changes nothing and is told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sealgate.domain.errors import Conflict, Refused
from sealgate.domain.ids import PaymentId
from sealgate.domain.money import Money


class PaymentState(StrEnum):
    """Stable: stored, translated and counted by these words."""

    PENDING = "pending"
    PAID = "paid"
    REFUSED = "refused"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    PART_REFUNDED = "part-refunded"
    CHARGED_BACK = "charged-back"


UNPAID = frozenset({PaymentState.PENDING, PaymentState.REFUSED, PaymentState.EXPIRED})
"""No money of this payment ever came, as far as we know."""

HELD = frozenset({PaymentState.PAID, PaymentState.PART_REFUNDED})
"""Money of this payment is ours: what a stay counts as paid."""


class RefundState(StrEnum):
    """`STUCK`: the provider cannot finish alone, somebody has to act at its desk."""

    ASKED = "asked"
    STUCK = "stuck"
    DONE = "done"
    FAILED = "failed"


_FINALITY = {RefundState.ASKED: 0, RefundState.STUCK: 1, RefundState.DONE: 2, RefundState.FAILED: 3}
"""A bank may send back a refund that was done, and nothing comes after that; so failed is last."""


@dataclass(frozen=True, slots=True)
class Refund:
    """`reference` is our refund id in hex, or the provider's own where somebody refunded at its desk."""

    reference: str
    money: Money
    state: RefundState


class News(StrEnum):
    """What a provider says of a payment. `UNKNOWN` and `WAITING` come only as answers to a question."""

    UNKNOWN = "unknown"
    WAITING = "waiting"
    PAID = "paid"
    FAILED = "failed"
    CLOSED = "closed"
    REFUND = "refund"
    CHARGED_BACK = "charged-back"
    CHARGEBACK_LIFTED = "chargeback-lifted"


@dataclass(frozen=True, slots=True)
class Told:
    """One verified word of a provider, in our terms.

    `reference` is the payment as we named it to them (`reference_of`), empty where they tell only `provider_ref`, their
    own number of the money that moved. `money` is the whole payment's sum where it is told: always with `PAID`.
    `refund` is one refund, `refunded` the total so far; a `REFUND` with neither says that some went back, not how much.
    `at` is their instant.
    """

    reference: str
    merchant: str
    news: News
    at: datetime
    provider_ref: str = ""
    money: Money | None = None
    refund: Refund | None = None
    refunded: Money | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """The row, as far as a decision or a provider needs it.

    `agreement` names the agreement by which it is charged (`agreements.reference_of`), empty where the driver pays.
    `merchant` is our account at the provider when it was started. `handle` is the provider's name of the attempt (empty
    where it has none). `refunded_told` is the greatest total, in minor units, that a provider told. `disputed_at` is the
    instant of the newest word about a chargeback.
    """

    id: PaymentId
    provider: str
    merchant: str
    asked: Money
    state: PaymentState
    started_at: datetime
    expires_at: datetime
    handle: str = ""
    provider_ref: str = ""
    paid_at: datetime | None = None
    refunds: tuple[Refund, ...] = ()
    refunded_told: int = 0
    disputed_at: datetime | None = None
    agreement: str = ""

    @property
    def refunded(self) -> Money:
        """What went back, as far as we know."""
        done = sum(refund.money.minor for refund in self.refunds if refund.state is RefundState.DONE)
        return Money(max(done, self.refunded_told), self.asked.currency)

    @property
    def refundable(self) -> Money:
        """What may still be sent back; what is under way is not counted again."""
        under_way = sum(r.money.minor for r in self.refunds if r.state in (RefundState.ASKED, RefundState.STUCK))
        return Money(max(self.asked.minor - self.refunded.minor - under_way, 0), self.asked.currency)


class Verdict(StrEnum):
    """What a word did. Exactly one; stored with the notice, counted and translated."""

    SETTLED = "settled"
    LATE = "late"
    DECLINED = "declined"
    CLOSED = "closed"
    REFUND_NOTED = "refund-noted"
    CHARGED_BACK = "charged-back"
    CHARGEBACK_LIFTED = "chargeback-lifted"
    NO_NEWS = "no-news"
    REPEATED = "repeated"
    OUT_OF_ORDER = "out-of-order"
    UNCLEAR = "unclear"
    PAID_TWICE = "paid-twice"
    OTHER_PAYMENT = "other-payment"
    OTHER_MERCHANT = "other-merchant"
    WRONG_CURRENCY = "wrong-currency"
    WRONG_AMOUNT = "wrong-amount"


FOR_THE_DESK = frozenset(
    {
        Verdict.LATE,
        Verdict.UNCLEAR,
        Verdict.PAID_TWICE,
        Verdict.OTHER_PAYMENT,
        Verdict.OTHER_MERCHANT,
        Verdict.WRONG_CURRENCY,
        Verdict.WRONG_AMOUNT,
        Verdict.CHARGED_BACK,
    }
)
"""Verdicts that a person has to look at: money moved, or may have, and not as agreed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`after` is the row to write, by an UPDATE that still finds `before.state`; equal to `before`: nothing to write."""

    verdict: Verdict
    before: Payment
    after: Payment

    @property
    def changed(self) -> bool:
        return self.after != self.before

    @property
    def newly_paid(self) -> bool:
        """Now, and not before, the stay has its money: the exit may open."""
        return self.before.state in UNPAID and self.after.state in HELD


class NotPaid(Conflict):
    """There is no money of this payment to send back."""

    code = "payment.not-paid"


class RefundTooMuch(Refused):
    """More than is left of this payment."""

    code = "payment.refund-too-much"


class RefundDiffers(Conflict):
    """This refund was asked for before, with another sum."""

    code = "payment.refund-differs"


class AlreadyPaid(Conflict):
    """The money of this payment came already."""

    code = "payment.already-paid"


class NothingToPay(Refused):
    """A payment or refund of zero or less."""

    code = "payment.nothing-to-pay"


def reference_of(payment: PaymentId) -> str:
    """How a payment is named to every provider: 32 hex digits."""
    return payment.hex


def payment_of(reference: str) -> PaymentId | None:
    """The payment so named; None for a reference that we cannot have given."""
    if len(reference) != 32 or not set(reference) <= set("0123456789abcdef"):
        return None
    return PaymentId(UUID(hex=reference))


def apply(payment: Payment, told: Told) -> Outcome:
    """Apply one verified word to its row. What does not fit the row is told first, then what it changes."""
    odd = _misfit(payment, told)
    if odd is not None:
        return Outcome(odd, payment, payment)
    verdict, after = _APPLY[told.news](payment, told)
    return Outcome(verdict, payment, after)


def _misfit(payment: Payment, told: Told) -> Verdict | None:
    if not _names(told, payment):
        return Verdict.OTHER_PAYMENT
    if told.merchant != payment.merchant:
        return Verdict.OTHER_MERCHANT
    sums = (told.money, told.refunded, told.refund.money if told.refund else None)
    if any(money is not None and money.currency != payment.asked.currency for money in sums):
        return Verdict.WRONG_CURRENCY
    if told.money != payment.asked and (told.money is not None or told.news is News.PAID):
        return Verdict.WRONG_AMOUNT
    if any(money is not None and not 0 <= money.minor <= payment.asked.minor for money in sums):
        return Verdict.WRONG_AMOUNT
    return None


def _names(told: Told, payment: Payment) -> bool:
    """By our reference; by the number of the money only where they tell no reference."""
    if told.reference:
        return told.reference == reference_of(payment.id)
    return bool(told.provider_ref) and told.provider_ref == payment.provider_ref


Change = tuple[Verdict, Payment]


def _heard_nothing(payment: Payment, _told: Told) -> Change:
    return Verdict.NO_NEWS, payment


def _paid(payment: Payment, told: Told) -> Change:
    if _is_another(payment, told):
        return Verdict.PAID_TWICE, payment
    if payment.state in UNPAID:
        verdict = Verdict.SETTLED if payment.state is PaymentState.PENDING else Verdict.LATE
        return verdict, _with_money(replace(payment, paid_at=told.at), told)
    if payment.paid_at is None:  # its refund or chargeback was heard of first
        return Verdict.OUT_OF_ORDER, _with_money(replace(payment, paid_at=told.at), told)
    return Verdict.REPEATED, payment


def _declined(payment: Payment, _told: Told) -> Change:
    """A payer may try again on the same order, so refused is not the end of it."""
    if payment.state is PaymentState.PENDING:
        return Verdict.DECLINED, replace(payment, state=PaymentState.REFUSED)
    return (Verdict.REPEATED if payment.state is PaymentState.REFUSED else Verdict.OUT_OF_ORDER), payment


def _closed(payment: Payment, _told: Told) -> Change:
    if payment.state in (PaymentState.PENDING, PaymentState.REFUSED):
        return Verdict.CLOSED, replace(payment, state=PaymentState.EXPIRED)
    return (Verdict.REPEATED if payment.state is PaymentState.EXPIRED else Verdict.OUT_OF_ORDER), payment


def _refunded(payment: Payment, told: Told) -> Change:
    if _is_another(payment, told):
        return Verdict.PAID_TWICE, payment
    refunds = _merge(payment.refunds, told.refund)
    total = max(payment.refunded_told, told.refunded.minor if told.refunded else 0)
    noted = replace(payment, refunds=refunds, refunded_told=total)
    if noted.refunded.minor > payment.asked.minor:
        return Verdict.WRONG_AMOUNT, payment
    if payment.state in UNPAID and noted.refunded.minor == 0:  # money came, by the sound of it, and is on its way back
        return Verdict.UNCLEAR, noted
    after = _with_money(noted, told)
    return (Verdict.REPEATED if after == payment else Verdict.REFUND_NOTED), after


def _charged_back(payment: Payment, told: Told) -> Change:
    if payment.disputed_at is not None and told.at <= payment.disputed_at:
        verdict = Verdict.REPEATED if payment.state is PaymentState.CHARGED_BACK else Verdict.OUT_OF_ORDER
        return verdict, payment
    after = replace(
        payment,
        state=PaymentState.CHARGED_BACK,
        disputed_at=told.at,
        provider_ref=payment.provider_ref or told.provider_ref,
    )
    return (Verdict.REPEATED if payment.state is PaymentState.CHARGED_BACK else Verdict.CHARGED_BACK), after


def _lifted(payment: Payment, told: Told) -> Change:
    if payment.disputed_at is not None and told.at < payment.disputed_at:
        return Verdict.OUT_OF_ORDER, payment
    if payment.state is not PaymentState.CHARGED_BACK:  # remembered, so that the older word does not count when it comes
        return Verdict.REPEATED, replace(payment, disputed_at=told.at)
    back = replace(payment, state=PaymentState.PAID, disputed_at=told.at)
    return Verdict.CHARGEBACK_LIFTED, _with_money(back, told)


_APPLY: Mapping[News, Callable[[Payment, Told], Change]] = {
    News.UNKNOWN: _heard_nothing,
    News.WAITING: _heard_nothing,
    News.PAID: _paid,
    News.FAILED: _declined,
    News.CLOSED: _closed,
    News.REFUND: _refunded,
    News.CHARGED_BACK: _charged_back,
    News.CHARGEBACK_LIFTED: _lifted,
}


def _is_another(payment: Payment, told: Told) -> bool:
    """Two of their numbers for one payment: the driver paid twice."""
    return bool(told.provider_ref and payment.provider_ref and told.provider_ref != payment.provider_ref)


def _with_money(payment: Payment, told: Told) -> Payment:
    """The row with the state that follows from what came and what went back; a chargeback stays one."""
    state = PaymentState.PAID
    if payment.state is PaymentState.CHARGED_BACK:
        state = PaymentState.CHARGED_BACK
    elif payment.refunded.minor >= payment.asked.minor:
        state = PaymentState.REFUNDED
    elif payment.refunded.minor > 0:
        state = PaymentState.PART_REFUNDED
    return replace(payment, state=state, provider_ref=payment.provider_ref or told.provider_ref)


def _merge(known: tuple[Refund, ...], told: Refund | None) -> tuple[Refund, ...]:
    """With one refund more or further; an older word about a refund never takes a newer one back."""
    if told is None:
        return known
    before = next((refund for refund in known if refund.reference == told.reference), None)
    if before is not None and _FINALITY[before.state] >= _FINALITY[told.state]:
        return known
    others = [refund for refund in known if refund.reference != told.reference]
    return tuple(sorted([*others, told], key=lambda refund: refund.reference))


def expire(payment: Payment, now: datetime) -> Payment:
    """Its time is over and nothing came. Ask the provider first: a lost notice looks just like this."""
    if payment.state is PaymentState.PENDING and now >= payment.expires_at:
        return replace(payment, state=PaymentState.EXPIRED)
    return payment


def ask_refund(payment: Payment, reference: str, money: Money) -> Payment:
    """The row with a refund about to be asked for: committed before the provider is called.

    The same again changes nothing. Raises `NotPaid`, `NothingToPay`, `RefundTooMuch` and `RefundDiffers`.
    """
    before = next((refund for refund in payment.refunds if refund.reference == reference), None)
    if before is not None:
        if before.money != money:
            raise RefundDiffers
        return payment
    if payment.state not in HELD:
        raise NotPaid
    if money.minor <= 0:
        raise NothingToPay
    if money.currency != payment.asked.currency or money.minor > payment.refundable.minor:
        raise RefundTooMuch
    return replace(payment, refunds=_merge(payment.refunds, Refund(reference, money, RefundState.ASKED)))


def refund_answered(payment: Payment, refund: Refund, at: datetime) -> Outcome:
    """Apply what a provider answered when it was asked for a refund."""
    told = Told(reference_of(payment.id), payment.merchant, News.REFUND, at, payment.provider_ref, refund=refund)
    return apply(payment, told)


def take_by_hand(payment: Payment, at: datetime) -> Payment:
    """An attendant took this money: cash, or a card on another machine. Raises `AlreadyPaid`."""
    if payment.state not in UNPAID:
        raise AlreadyPaid
    return replace(payment, state=PaymentState.PAID, paid_at=at)
