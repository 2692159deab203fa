"""What providers tell us, in any order, several times, or never; and what we find out by asking."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from sealgate.domain.billing import News, PaymentState, Refund, RefundState, Told, Verdict, reference_of
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import PaymentId, StayId, TenantId
from sealgate.domain.money import Money
from sealgate.domain.stays import StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.flows import paying, settling
from sealgate.payments.simulated import Act, notices
from sealgate.ports import BadSignature
from sealgate.store import parking
from sealgate.vault.blindindex import BlindIndex
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf

MINUTE = timedelta(minutes=1)
TEN = Money(1000, "CNY")


def test_a_notice_that_comes_three_times_pays_once(till: Any, parked: StayId) -> None:
    started = till.starts(parked)
    till.does(started.payment, Act.REPEAT)
    assert till.post() == [204, 204, 204]
    assert till.kept(parked) == 1000
    assert till.actions().count("payment.settled") == 1


def test_a_lost_notice_is_found_by_asking(till: Any, parked: StayId, clock: Any, latch: Any) -> None:
    till.goes()
    started = till.starts(parked)
    till.does(started.payment, Act.FORGET)
    assert (till.post(), till.asks()) == ([], 0)  # too early: a notice may still come
    clock.move(21 * timedelta(seconds=1))
    assert till.asks() == 1
    assert (till.state(started.payment), latch.releases[-1].gate) == (PaymentState.PAID, till.exit)
    clock.move(MINUTE)
    assert till.asks() == 0


def test_the_driver_who_comes_back_is_not_kept_waiting_for_a_notice(till: Any, parked: StayId) -> None:
    started = till.starts(parked)
    till.does(started.payment, Act.DELAY)
    assert paying.ask(till.house, till.tenant, started.payment) is PaymentState.PAID
    till.house.clock.move(MINUTE)
    assert (till.post(), till.kept(parked)) == ([204], 1000)


def test_another_sum_pays_nothing_and_calls_dora_once(till: Any, parked: StayId, clock: Any) -> None:
    started = till.starts(parked)
    till.does(started.payment, Act.OTHER_SUM)
    assert till.post() == [204]
    clock.move(MINUTE)
    till.asks()
    assert (till.state(started.payment), till.kept(parked)) == (PaymentState.PENDING, 0)
    assert till.stay(parked).stay.state is StayState.OPEN
    assert till.calls() == [CallReason.WRONG_SUM]


def test_another_currency_pays_nothing(till: Any, parked: StayId) -> None:
    started = till.starts(parked)
    till.does(started.payment, Act.OTHER_SUM, Money(1000, "USD"))
    till.post()
    assert (till.state(started.payment), till.calls()) == (PaymentState.PENDING, [CallReason.WRONG_SUM])


def test_another_merchants_word_pays_nothing(till: Any, parked: StayId, clock: Any) -> None:
    started = till.starts(parked)
    word = Told(reference_of(started.payment), "somebody", News.PAID, clock.now(), "n1", TEN)
    heard = settling.settle(till.house, till.tenant, "simulated", word)
    assert (heard.verdict, till.state(started.payment)) == (Verdict.OTHER_MERCHANT, PaymentState.PENDING)


def test_one_providers_word_does_not_pay_anothers_order(till: Any, parked: StayId, clock: Any) -> None:
    started = till.starts(parked)
    word = Told(reference_of(started.payment), "simulated", News.PAID, clock.now(), "n1", TEN)
    assert settling.settle(till.house, till.tenant, "second", word).verdict is None
    assert till.state(started.payment) is PaymentState.PENDING


def test_a_notice_at_umbras_address_does_not_pay_at_acme(till: Any, parked: StayId, umbra_campus: Any, clock: Any) -> None:
    started = till.starts(parked)
    body = notices.write("e1", Told(started.payment.hex, "simulated", News.PAID, clock.now(), "n1", TEN))
    headers = notices.headers(b"first" * 8, body, clock.now())
    assert paying.hear(till.house, umbra_campus.tenant, "simulated", headers, body).status == 204
    assert till.state(started.payment) is PaymentState.PENDING
    with pytest.raises(NotFound):
        paying.hear(till.house, TenantId(till.house.new_id()), "simulated", headers, body)


def test_a_forged_notice_changes_nothing(till: Any, parked: StayId, clock: Any) -> None:
    started = till.starts(parked)
    body = notices.write("e1", Told(started.payment.hex, "simulated", News.PAID, clock.now(), "n1", TEN))
    with pytest.raises(BadSignature):
        paying.hear(till.house, till.tenant, "simulated", notices.headers(b"guess" * 8, body, clock.now()), body)
    assert till.state(started.payment) is PaymentState.PENDING


def test_a_refused_card_may_be_tried_again_and_its_lost_notice_is_found(till: Any, parked: StayId, clock: Any) -> None:
    started = till.starts(parked)
    till.does(started.payment, Act.REFUSE)
    till.post()
    assert till.state(started.payment) is PaymentState.REFUSED
    till.does(started.payment, Act.FORGET)
    clock.move(MINUTE)
    till.asks()
    assert (till.state(started.payment), till.kept(parked), till.calls()) == (PaymentState.PAID, 1000, [])


def test_an_order_that_ran_out_is_closed_at_the_provider_and_expired_here(till: Any, parked: StayId, clock: Any) -> None:
    started = till.starts(parked)
    clock.move(15 * MINUTE)
    till.asks()
    assert till.state(started.payment) is PaymentState.EXPIRED
    assert till.first.page(till.known(started.payment).payment.handle).acts == ()
    assert till.asks() == 0


def test_money_that_came_in_the_last_second_counts_although_the_order_ran_out(till: Any, parked: StayId, clock: Any) -> None:
    started = till.starts(parked)
    till.does(started.payment, Act.FORGET)
    clock.move(16 * MINUTE)
    till.asks()
    assert (till.state(started.payment), till.stay(parked).stay.state) == (PaymentState.PAID, StayState.PAID)


def test_a_provider_that_is_silent_is_asked_again_and_given_up_after_a_day(till: Any, parked: StayId, clock: Any) -> None:
    started = till.starts(parked)
    till.house.providers["simulated"].away = True
    clock.move(14 * MINUTE)
    till.asks()
    assert till.state(started.payment) is PaymentState.PENDING
    clock.move(timedelta(days=1, minutes=2))
    till.first.close = till.first.ask  # the line is down for every question
    till.asks()
    assert till.state(started.payment) is PaymentState.EXPIRED


def test_a_charged_back_payment_is_no_money_any_more_and_calls_dora(till: Any, parked: StayId) -> None:
    started = till.starts(parked)
    till.does(started.payment)
    till.post()
    till.does(started.payment, Act.CHARGE_BACK)
    till.post()
    assert (till.state(started.payment), till.kept(parked)) == (PaymentState.CHARGED_BACK, 0)
    assert till.calls() == [CallReason.WRONG_SUM]


def test_a_chargeback_that_is_lifted_after_bob_paid_again_goes_back(till: Any, parked: StayId, clock: Any) -> None:
    first = till.starts(parked)
    till.does(first.payment)
    till.post()

    def told(news: News) -> None:
        word = Told(reference_of(first.payment), "simulated", news, clock.now())
        settling.settle(till.house, till.tenant, "simulated", word)

    told(News.CHARGED_BACK)
    clock.move(16 * MINUTE)
    second = till.starts(parked, "second")
    assert second.money == TEN
    till.does(second.payment)
    till.post()
    clock.move(MINUTE)
    told(News.CHARGEBACK_LIFTED)
    assert (till.kept(parked), till.state(first.payment)) == (1000, PaymentState.REFUNDED)


def test_money_that_was_to_go_back_and_did_not_calls_dora(till: Any, parked: StayId) -> None:
    one, other = till.starts(parked), till.starts_beside(parked)
    till.does(one.payment)
    till.post()
    till.does(other.payment)
    till.second._sales[other.payment.hex].paid = Money(1, "CNY")  # there is not enough to send back
    till.post()
    assert (till.state(other.payment), till.calls()) == (PaymentState.PAID, [CallReason.WRONG_SUM])


def test_a_refund_that_was_heard_of_before_its_payment_opens_nothing(till: Any, parked: StayId, clock: Any) -> None:
    started = till.starts(parked)
    back = Refund("re_1", TEN, RefundState.DONE)
    reference = reference_of(started.payment)
    for news, refund in ((News.REFUND, back), (News.PAID, None)):
        word = Told(reference, "simulated", news, clock.now(), "n1", TEN, refund)
        settling.settle(till.house, till.tenant, "simulated", word)
    assert (till.state(started.payment), till.kept(parked)) == (PaymentState.REFUNDED, 0)
    assert till.stay(parked).stay.state is StayState.OPEN


def test_a_word_that_names_only_their_number_is_asked_for_again_until_we_know_it(till: Any, parked: StayId, clock: Any) -> None:
    started = till.starts(parked)
    word = Told("", "simulated", News.CHARGED_BACK, clock.now(), "n1")
    assert settling.settle(till.house, till.tenant, "simulated", word).again
    paid = Told(reference_of(started.payment), "simulated", News.PAID, clock.now(), "n1", TEN)
    settling.settle(till.house, till.tenant, "simulated", paid)
    assert settling.settle(till.house, till.tenant, "simulated", word).verdict is Verdict.CHARGED_BACK
    clock.move(timedelta(hours=2))
    stranger = Told("", "simulated", News.CHARGED_BACK, clock.now() - timedelta(hours=2), "n2")
    assert not settling.settle(till.house, till.tenant, "simulated", stranger).again


def test_money_for_a_stay_that_dora_has_in_hand_is_kept_and_she_is_called(till: Any, parked: StayId, clock: Any) -> None:
    started = till.starts(parked)
    till.comes()  # Bob's car comes in again: its exit was missed, so the first stay is the desk's
    assert till.stay(parked).stay.state is StayState.DISPUTED
    till.does(started.payment)
    till.post()
    assert (till.state(started.payment), till.stay(parked).stay.state) == (PaymentState.PAID, StayState.DISPUTED)
    assert CallReason.WRONG_SUM in till.calls()


def test_two_notices_at_the_same_moment_pay_once(till: Any, parked: StayId, clock: Any) -> None:
    orders = [till.starts(parked), till.starts_beside(parked)]
    for started in orders:
        till.does(started.payment, Act.FORGET)
    both, trouble = Barrier(4), []

    def tell(payment: PaymentId, provider: str) -> None:
        word = Told(reference_of(payment), "simulated", News.PAID, clock.now(), f"n-{provider}", TEN)
        both.wait(timeout=60)
        try:
            settling.settle(till.house, till.tenant, provider, word)
        except Exception as error:  # noqa: BLE001 whatever it was, the test has to hear of it
            trouble.append(error)

    pairs = [(started.payment, name) for started, name in zip(orders, ("simulated", "second"), strict=True)]
    threads = [Thread(target=tell, args=pair) for pair in pairs * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert trouble == []
    assert (till.kept(parked), till.taken()) == (1000, 1000)


def test_a_notice_that_cannot_be_written_down_is_asked_for_again(till: Any, parked: StayId, clock: Any) -> None:
    started = till.starts(parked)
    till.does(started.payment)
    sealed = Keyring(MemoryShelf(), clock)  # as after a restart, before somebody opened the vault
    till.house = replace(till.house, keyring=sealed, index=BlindIndex(sealed))
    assert till.post() == [500]


def test_no_refund_row_is_left_behind_by_a_word_that_came_twice(till: Any, parked: StayId, clock: Any) -> None:
    started = till.starts(parked)
    till.does(started.payment)
    till.post()
    back = Refund("re_9", Money(300, "CNY"), RefundState.DONE)
    word = Told(started.payment.hex, "simulated", News.REFUND, clock.now(), "", TEN, back)
    for _ in range(3):
        settling.settle(till.house, till.tenant, "simulated", word)
    with till.house.store.read(till.tenant) as db:
        assert len(parking.refunds_of(db, started.payment)) == 1
    assert till.state(started.payment) is PaymentState.PART_REFUNDED
