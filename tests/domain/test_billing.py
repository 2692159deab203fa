"""What a provider's word does to a payment: every case of the table, and the law that order does not matter."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain import billing
from sealgate.domain.billing import (
    AlreadyPaid,
    News,
    NothingToPay,
    NotPaid,
    Payment,
    PaymentState,
    Refund,
    RefundDiffers,
    RefundState,
    RefundTooMuch,
    Told,
    Verdict,
    apply,
    ask_refund,
    expire,
    payment_of,
    reference_of,
    refund_answered,
    take_by_hand,
)
from sealgate.domain.ids import PaymentId
from sealgate.domain.money import Money

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ID = PaymentId(UUID("018f3b2c-0000-7000-8000-00000000000a"))
TEN = Money(1000, "CNY")
PENDING = Payment(ID, "wechat", "1900000001", TEN, PaymentState.PENDING, NOON, NOON + timedelta(minutes=15))


def told(news: News, minutes: int = 1, **more: Any) -> Told:
    words = Told(reference_of(ID), "1900000001", news, NOON + timedelta(minutes=minutes), "4200001", TEN)
    return replace(words, **more)


def back(reference: str, minor: int, state: RefundState = RefundState.DONE) -> Told:
    return told(News.REFUND, 5, refund=Refund(reference, Money(minor, "CNY"), state))


def after(*words: Told, start: Payment = PENDING) -> Payment:
    for word in words:
        start = apply(start, word).after
    return start


PAID = after(told(News.PAID))


def test_a_paid_notice_settles_a_pending_payment_and_opens_the_exit() -> None:
    outcome = apply(PENDING, told(News.PAID))
    assert outcome.verdict is Verdict.SETTLED
    assert outcome.newly_paid
    assert outcome.after == replace(
        PENDING, state=PaymentState.PAID, provider_ref="4200001", paid_at=NOON + timedelta(minutes=1)
    )


def test_the_same_notice_again_changes_nothing_and_opens_nothing() -> None:
    outcome = apply(PAID, told(News.PAID))
    assert (outcome.verdict, outcome.changed, outcome.newly_paid) == (Verdict.REPEATED, False, False)


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        (told(News.PAID, money=Money(999, "CNY")), Verdict.WRONG_AMOUNT),
        (told(News.PAID, money=Money(1001, "CNY")), Verdict.WRONG_AMOUNT),
        (told(News.PAID, money=None), Verdict.WRONG_AMOUNT),
        (told(News.CLOSED, money=Money(1, "CNY")), Verdict.WRONG_AMOUNT),
        (told(News.REFUND, refunded=Money(1001, "CNY")), Verdict.WRONG_AMOUNT),
        (told(News.REFUND, refund=Refund("r", Money(-1, "CNY"), RefundState.DONE)), Verdict.WRONG_AMOUNT),
        (told(News.PAID, money=Money(1000, "USD")), Verdict.WRONG_CURRENCY),
        (told(News.REFUND, refund=Refund("r", Money(1, "USD"), RefundState.DONE)), Verdict.WRONG_CURRENCY),
        (told(News.PAID, merchant="1900000002"), Verdict.OTHER_MERCHANT),
        (told(News.PAID, reference="0" * 32), Verdict.OTHER_PAYMENT),
        (told(News.PAID, reference="", provider_ref="4200002"), Verdict.OTHER_PAYMENT),
        (told(News.PAID, reference="", provider_ref=""), Verdict.OTHER_PAYMENT),
    ],
)
def test_a_word_that_does_not_fit_changes_nothing(word: Told, verdict: Verdict) -> None:
    for payment in (PENDING, PAID):
        outcome = apply(payment, word)
        assert (outcome.verdict, outcome.after) == (verdict, payment)
    assert verdict in billing.FOR_THE_DESK


def test_money_that_comes_after_the_end_is_kept_and_told_as_late() -> None:
    for ended in (PaymentState.EXPIRED, PaymentState.REFUSED):
        outcome = apply(replace(PENDING, state=ended), told(News.PAID))
        assert (outcome.verdict, outcome.after.state) == (Verdict.LATE, PaymentState.PAID)
        assert outcome.newly_paid
    assert Verdict.LATE in billing.FOR_THE_DESK


def test_who_pays_twice_is_told_and_not_kept_silent() -> None:
    for news in (News.PAID, News.REFUND):
        outcome = apply(PAID, told(news, provider_ref="4200002"))
        assert (outcome.verdict, outcome.changed) == (Verdict.PAID_TWICE, False)


def test_a_refused_card_leaves_the_order_open_for_another_one() -> None:
    refused = apply(PENDING, told(News.FAILED))
    assert (refused.verdict, refused.after.state) == (Verdict.DECLINED, PaymentState.REFUSED)
    assert apply(refused.after, told(News.FAILED)).verdict is Verdict.REPEATED
    assert apply(refused.after, told(News.CLOSED)).after.state is PaymentState.EXPIRED


def test_a_closed_order_has_expired_and_says_so_once() -> None:
    closed = apply(PENDING, told(News.CLOSED))
    assert (closed.verdict, closed.after.state) == (Verdict.CLOSED, PaymentState.EXPIRED)
    assert apply(closed.after, told(News.CLOSED)).verdict is Verdict.REPEATED
    assert apply(closed.after, told(News.FAILED)).verdict is Verdict.OUT_OF_ORDER


def test_old_words_take_no_money_back() -> None:
    for news in (News.FAILED, News.CLOSED):
        outcome = apply(PAID, told(news))
        assert (outcome.verdict, outcome.changed) == (Verdict.OUT_OF_ORDER, False)


def test_waiting_and_unknown_are_no_news() -> None:
    for payment in (PENDING, PAID):
        for news in (News.WAITING, News.UNKNOWN):
            outcome = apply(payment, told(news))
            assert (outcome.verdict, outcome.changed) == (Verdict.NO_NEWS, False)


def test_refunds_add_up_until_nothing_is_left() -> None:
    part = apply(PAID, back("r1", 300))
    assert (part.verdict, part.after.state) == (Verdict.REFUND_NOTED, PaymentState.PART_REFUNDED)
    whole = apply(part.after, back("r2", 700))
    assert (whole.after.state, whole.after.refunded) == (PaymentState.REFUNDED, TEN)
    assert apply(whole.after, back("r1", 300)).verdict is Verdict.REPEATED
    assert apply(whole.after, back("r3", 1)).verdict is Verdict.WRONG_AMOUNT


def test_a_total_is_not_added_to_what_is_known() -> None:
    """Alipay tells the sum so far, and the same refund's answer told one part of it."""
    part = after(back("r1", 300), told(News.REFUND, refunded=Money(300, "CNY")), start=PAID)
    assert part.refunded == Money(300, "CNY")
    assert after(told(News.REFUND, refunded=TEN), start=part).state is PaymentState.REFUNDED


def test_a_refund_that_the_bank_sent_back_is_ours_again() -> None:
    refunded = after(back("r1", 1000), start=PAID)
    failed = apply(refunded, back("r1", 1000, RefundState.FAILED)).after
    assert (failed.state, failed.refunded) == (PaymentState.PAID, Money(0, "CNY"))
    assert apply(failed, back("r1", 1000)).verdict is Verdict.REPEATED


def test_a_refund_heard_of_before_its_payment_pays_and_refunds() -> None:
    first = apply(PENDING, back("r1", 1000))
    assert (first.after.state, first.newly_paid) == (PaymentState.REFUNDED, False)
    then = apply(first.after, told(News.PAID))
    assert (then.verdict, then.after.state, then.newly_paid) == (Verdict.OUT_OF_ORDER, PaymentState.REFUNDED, False)
    assert apply(PENDING, back("r1", 300)).newly_paid


def test_a_refund_of_a_payment_we_never_saw_is_for_the_desk_when_it_says_no_sum() -> None:
    for word in (told(News.REFUND), back("r1", 1000, RefundState.ASKED)):
        outcome = apply(PENDING, word)
        assert (outcome.verdict, outcome.after.state) == (Verdict.UNCLEAR, PaymentState.PENDING)
    assert apply(PAID, told(News.REFUND)).verdict is Verdict.REPEATED


def test_a_chargeback_takes_the_money_and_a_won_one_brings_it_back() -> None:
    taken = apply(PAID, told(News.CHARGED_BACK, 10, reference="", money=None))
    assert (taken.verdict, taken.after.state) == (Verdict.CHARGED_BACK, PaymentState.CHARGED_BACK)
    assert apply(taken.after, told(News.CHARGED_BACK, 10)).verdict is Verdict.REPEATED
    assert apply(taken.after, told(News.CHARGED_BACK, 11)).verdict is Verdict.REPEATED
    assert apply(taken.after, told(News.CHARGEBACK_LIFTED, 9)).verdict is Verdict.OUT_OF_ORDER
    won = apply(taken.after, told(News.CHARGEBACK_LIFTED, 20))
    assert (won.verdict, won.after.state) == (Verdict.CHARGEBACK_LIFTED, PaymentState.PAID)
    assert apply(won.after, told(News.CHARGED_BACK, 10)).verdict is Verdict.OUT_OF_ORDER
    assert apply(won.after, told(News.CHARGED_BACK, 30)).after.state is PaymentState.CHARGED_BACK


def test_a_refund_does_not_end_a_chargeback() -> None:
    assert after(told(News.CHARGED_BACK, 10), back("r1", 300), start=PAID).state is PaymentState.CHARGED_BACK


STORY = [
    told(News.WAITING),
    told(News.FAILED),
    told(News.CLOSED),
    told(News.PAID),
    told(News.REFUND),
    told(News.REFUND, refunded=Money(300, "CNY")),
    back("r1", 300, RefundState.ASKED),
    back("r1", 300),
    back("r2", 200),
    back("r2", 200, RefundState.FAILED),
    back("r3", 100, RefundState.STUCK),
    told(News.CHARGED_BACK, 10),
    told(News.CHARGEBACK_LIFTED, 10),
    told(News.CHARGED_BACK, 20),
    told(News.CHARGEBACK_LIFTED, 30),
]


@given(st.sets(st.sampled_from(STORY)), st.data())
def test_order_and_repetition_do_not_matter(some: set[Told], data: st.DataObject) -> None:
    """Once the payment itself was told, the same words end the same way, however they came."""
    words = [word for word in STORY if word in some | {told(News.PAID)}]
    shuffled = data.draw(st.permutations(words))
    repeats = data.draw(st.lists(st.sampled_from(words), max_size=5))
    straight, crooked = after(*words), after(*shuffled, *repeats)
    facts = (crooked.state, crooked.refunded, crooked.refunds, crooked.disputed_at, crooked.provider_ref)
    assert facts == (straight.state, straight.refunded, straight.refunds, straight.disputed_at, straight.provider_ref)
    assert crooked.paid_at is not None


@given(st.lists(st.sampled_from(STORY)))
def test_a_payment_opens_the_exit_at_most_once(words: list[Told]) -> None:
    payment, opened = PENDING, 0
    for word in words:
        outcome = apply(payment, word)
        payment, opened = outcome.after, opened + outcome.newly_paid
        assert outcome.changed or outcome.verdict is not Verdict.SETTLED
        assert 0 <= payment.refunded.minor <= payment.asked.minor
    assert opened <= 1


def test_a_payment_expires_when_its_time_is_over_and_only_if_nothing_came() -> None:
    assert expire(PENDING, PENDING.expires_at - timedelta(seconds=1)) == PENDING
    assert expire(PENDING, PENDING.expires_at).state is PaymentState.EXPIRED
    assert expire(PAID, PENDING.expires_at) == PAID


def test_a_refund_is_noted_before_it_is_asked_for() -> None:
    noted = ask_refund(PAID, "r1", Money(300, "CNY"))
    assert noted.refunds == (Refund("r1", Money(300, "CNY"), RefundState.ASKED),)
    assert (noted.state, noted.refundable) == (PaymentState.PAID, Money(700, "CNY"))
    assert ask_refund(noted, "r1", Money(300, "CNY")) == noted


def test_no_more_is_sent_back_than_came() -> None:
    noted = ask_refund(PAID, "r1", Money(300, "CNY"))
    for money in (Money(701, "CNY"), Money(1, "USD")):
        with pytest.raises(RefundTooMuch):
            ask_refund(noted, "r2", money)
    with pytest.raises(RefundDiffers):
        ask_refund(noted, "r1", Money(301, "CNY"))
    with pytest.raises(NothingToPay):
        ask_refund(noted, "r2", Money(0, "CNY"))
    with pytest.raises(NotPaid):
        ask_refund(PENDING, "r1", Money(1, "CNY"))


def test_a_failed_refund_may_be_tried_under_another_number() -> None:
    noted = ask_refund(PAID, "r1", TEN)
    failed = refund_answered(noted, Refund("r1", TEN, RefundState.FAILED), NOON).after
    assert failed.refundable == TEN
    done = refund_answered(ask_refund(failed, "r2", TEN), Refund("r2", TEN, RefundState.DONE), NOON)
    assert (done.verdict, done.after.state) == (Verdict.REFUND_NOTED, PaymentState.REFUNDED)


def test_an_attendant_takes_the_money_once() -> None:
    for state in (PaymentState.PENDING, PaymentState.REFUSED, PaymentState.EXPIRED):
        taken = take_by_hand(replace(PENDING, state=state), NOON)
        assert (taken.state, taken.paid_at) == (PaymentState.PAID, NOON)
    with pytest.raises(AlreadyPaid):
        take_by_hand(PAID, NOON)


def test_a_reference_is_our_id_and_nobody_elses() -> None:
    assert payment_of(reference_of(ID)) == ID
    for stranger in ("", "0719141034-6418", "pay_0001", reference_of(ID).upper(), str(ID), "g" * 32, reference_of(ID) + "0"):
        assert payment_of(stranger) is None
