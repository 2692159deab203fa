"""What each provider makes of what goes wrong with money, as one table: a row for each trouble, a column for each provider.

Alice pays; somebody, or the line between us, does something else than agreed. The word in a cell is our verdict, the state of
her payment, or the code of the refusal; a word in brackets says what a provider does not have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from sealgate.domain.billing import Outcome, Payment, PaymentState, apply, ask_refund, refund_answered
from sealgate.domain.errors import Refused
from sealgate.domain.ids import PaymentId
from sealgate.domain.money import Money
from sealgate.ports import NoticeRefused, Order

PROVIDERS = ("wechat", "alipay", "stripe", "simulated")
ASKED = Money(1000, "CNY")


def order_of(rig: Any, number: int = 1) -> Order:
    return Order(
        payment=PaymentId(UUID(int=0x018F3B2C_0000_7000_8000_000000000000 + number)),
        money=ASKED,
        subject="停车费 & 北门, A=1",
        notify_address="https://gate.example.org/notices/acme",
        return_address="https://gate.example.org/pay/1?lang=zh",
        started_at=rig.clock.at,
        expires_at=rig.clock.at + timedelta(hours=1),
    )


def started(rig: Any, order: Order) -> Payment:
    handle = rig.provider.start(order).handle
    named = rig.provider.name, rig.provider.merchant
    return Payment(order.payment, *named, order.money, PaymentState.PENDING, order.started_at, order.expires_at, handle)


def heard(rig: Any, payment: Payment, notice: tuple[dict[str, str], bytes]) -> Outcome:
    """What a notice does to the row, once its signature was found to be good."""
    told = rig.provider.read_notice(*notice).told
    assert told is not None
    return apply(payment, told)


def paid(rig: Any, order: Order) -> Payment:
    payment = started(rig, order)
    rig.pays(order)
    outcome = heard(rig, payment, rig.notice(order))
    assert outcome.newly_paid
    return outcome.after


def _pays_otherwise(rig: Any, money: Money) -> str:
    """The notice says so, and so does the provider when it is asked; neither opens the exit."""
    order = order_of(rig)
    payment = started(rig, order)
    rig.pays_otherwise(order, money)
    outcomes = [heard(rig, payment, rig.notice(order)), apply(payment, rig.provider.ask(payment))]
    assert all(outcome.after == payment and not outcome.newly_paid for outcome in outcomes)
    (word,) = {outcome.verdict.value for outcome in outcomes}
    return word


def wrong_amount(rig: Any) -> str:
    return _pays_otherwise(rig, Money(999, "CNY"))


def too_much(rig: Any) -> str:
    return _pays_otherwise(rig, Money(1001, "CNY"))


def wrong_currency(rig: Any) -> str:
    """Where no notice names a currency, no order in another one may be made."""
    if rig.provider.name != "alipay":
        return _pays_otherwise(rig, Money(1000, "USD"))
    with pytest.raises(Refused):
        rig.provider.start(replace(order_of(rig), money=Money(1000, "USD")))
    return "[only yuan]"


def repeated_notice(rig: Any) -> str:
    order = order_of(rig)
    payment = paid(rig, order)
    outcome = heard(rig, payment, rig.notice(order))
    assert outcome.after == payment
    return outcome.verdict.value


def forgotten_notice(rig: Any) -> str:
    """It never came; whoever asks finds the money."""
    order = order_of(rig)
    payment = started(rig, order)
    rig.pays(order)
    outcome = apply(payment, rig.provider.ask(payment))
    assert outcome.newly_paid
    return outcome.verdict.value


def _sent_back(rig: Any, minor: int) -> str:
    """Asked for three times under one number: it moves once."""
    order, reference, money = order_of(rig), "a" * 32, Money(minor, "CNY")
    payment = ask_refund(paid(rig, order), reference, money)
    answers = [rig.provider.refund(payment, reference, money) for _ in range(3)]
    after = refund_answered(payment, answers[-1], rig.clock.at).after
    assert (rig.sent_back(order), after.refunded) == (minor, money)
    return after.state.value


def refund_whole(rig: Any) -> str:
    return _sent_back(rig, 1000)


def refund_in_part(rig: Any) -> str:
    return _sent_back(rig, 300)


def more_than_was_paid(rig: Any) -> str:
    payment = paid(rig, order_of(rig))
    with pytest.raises(Refused) as refusal:
        rig.provider.refund(payment, "a" * 32, Money(1001, "CNY"))
    return refusal.value.code.removeprefix("payment.")


def chargeback(rig: Any) -> str:
    order = order_of(rig)
    payment = paid(rig, order)
    rig.clock.at += timedelta(minutes=1)
    notice = rig.charged_back(order)
    if notice is None:
        return "[no word of it]"
    outcome = heard(rig, payment, notice)
    again = heard(rig, outcome.after, notice)
    assert (again.verdict.value, again.after) == ("repeated", outcome.after)
    return outcome.after.state.value


def forged_signature(rig: Any) -> str:
    order = order_of(rig)
    started(rig, order)
    rig.pays(order)
    with pytest.raises(NoticeRefused) as refusal:
        rig.provider.read_notice(*rig.forged(order))
    return refusal.value.code.removeprefix("payment.")


def replayed_old_notice(rig: Any) -> str:
    """Six minutes later, the very bytes: refused where they say when they were signed, and a repetition where they do not."""
    order = order_of(rig)
    payment = started(rig, order)
    rig.pays(order)
    notice = rig.notice(order)
    settled = heard(rig, payment, notice).after
    rig.clock.at += timedelta(minutes=6)
    try:
        outcome = heard(rig, settled, notice)
    except NoticeRefused as refusal:
        return refusal.code.removeprefix("payment.")
    assert outcome.after == settled
    return outcome.verdict.value


def old_notice_for_a_new_payment(rig: Any) -> str:
    order = order_of(rig)
    paid(rig, order)
    other = started(rig, order_of(rig, 2))
    outcome = heard(rig, other, rig.notice(order))
    assert outcome.after == other
    return outcome.verdict.value


Row = Callable[[Any], str]
TABLE: dict[Row, tuple[str, str, str, str]] = {
    # trouble                       wechat              alipay              stripe              simulated
    wrong_amount:                  ("wrong-amount",     "wrong-amount",     "wrong-amount",     "wrong-amount"),
    too_much:                      ("wrong-amount",     "wrong-amount",     "wrong-amount",     "wrong-amount"),
    wrong_currency:                ("wrong-currency",   "[only yuan]",      "wrong-currency",   "wrong-currency"),
    repeated_notice:               ("repeated",         "repeated",         "repeated",         "repeated"),
    forgotten_notice:              ("settled",          "settled",          "settled",          "settled"),
    refund_whole:                  ("refunded",         "refunded",         "refunded",         "refunded"),
    refund_in_part:                ("part-refunded",    "part-refunded",    "part-refunded",    "part-refunded"),
    more_than_was_paid:            ("provider-refused", "provider-refused", "provider-refused", "provider-refused"),
    chargeback:                    ("[no word of it]",  "[no word of it]",  "charged-back",     "charged-back"),
    forged_signature:              ("bad-signature",    "bad-signature",    "bad-signature",    "bad-signature"),
    replayed_old_notice:           ("stale-notice",     "repeated",         "stale-notice",     "stale-notice"),
    old_notice_for_a_new_payment:  ("other-payment",    "other-payment",    "other-payment",    "other-payment"),
}  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.__name__.replace("_", " "))
def test_what_goes_wrong_with_money_ends_as_the_table_says(payment_rig: Any, row: Row) -> None:
    assert row(payment_rig) == TABLE[row][PROVIDERS.index(payment_rig.provider.name)]
