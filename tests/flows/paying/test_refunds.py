"""Money goes back whole and in part, each part once, and never more than came."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sealgate.domain.billing import NothingToPay, NotPaid, PaymentState, RefundState, RefundTooMuch
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import PaymentId, StayId
from sealgate.domain.money import Money
from sealgate.domain.operators import Role
from sealgate.flows import paying
from sealgate.flows.refunds import RefundNeedsWords
from sealgate.payments.simulated import Act
from sealgate.ports import ProviderRefused
from sealgate.privacy import journal

MINUTE = timedelta(minutes=1)


def yuan(amount: int) -> Money:
    return Money(100 * amount, "CNY")


@pytest.fixture
def paid(till: Any, parked: StayId) -> PaymentId:
    started = till.starts(parked)
    till.does(started.payment)
    till.post()
    return PaymentId(started.payment)


def test_dora_sends_a_part_back_and_then_the_rest(till: Any, paid: PaymentId, parked: StayId) -> None:
    back = paying.refund(till.house, till.campus.signed, paid, yuan(3), "the lift was broken")
    assert (back.state, till.state(paid), till.kept(parked)) == (RefundState.DONE, PaymentState.PART_REFUNDED, 700)
    paying.refund(till.house, till.campus.signed, paid, yuan(7), "and the light as well")
    assert (till.state(paid), till.kept(parked), till.taken()) == (PaymentState.REFUNDED, 0, 0)
    assert till.post() == [204, 204]  # the provider tells us what we know
    assert till.kept(parked) == 0


def test_never_more_than_came(till: Any, paid: PaymentId) -> None:
    with pytest.raises(RefundTooMuch):
        paying.refund(till.house, till.campus.signed, paid, yuan(11), "too generous")
    paying.refund(till.house, till.campus.signed, paid, yuan(6), "a part of it")
    with pytest.raises(RefundTooMuch):
        paying.refund(till.house, till.campus.signed, paid, yuan(6), "a part of it")
    with pytest.raises(NothingToPay):
        paying.refund(till.house, till.campus.signed, paid, yuan(0), "nothing at all")
    assert till.taken() == 400


def test_what_did_not_come_does_not_go_back(till: Any, parked: StayId) -> None:
    with pytest.raises(NotPaid):
        paying.refund(till.house, till.campus.signed, till.starts(parked).payment, yuan(1), "never paid")


def test_a_refund_waits_for_a_provider_that_is_away_and_is_made_once(till: Any, paid: PaymentId, clock: Any) -> None:
    till.first.away = True
    assert paying.refund(till.house, till.campus.signed, paid, yuan(4), "a wrong plate").state is RefundState.ASKED
    with pytest.raises(RefundTooMuch):  # what is on its way is not there a second time
        paying.refund(till.house, till.campus.signed, paid, yuan(7), "a wrong plate")
    clock.move(MINUTE)
    till.asks()
    assert till.taken() == 1000
    till.first.away = False
    for _ in range(3):
        till.asks()
    assert (till.taken(), till.state(paid)) == (600, PaymentState.PART_REFUNDED)


def test_what_the_provider_refuses_is_written_down_as_failed(till: Any, paid: PaymentId) -> None:
    till.does(paid, Act.CHARGE_BACK)  # we have not heard of it yet
    with pytest.raises(ProviderRefused):
        paying.refund(till.house, till.campus.signed, paid, yuan(4), "a wrong plate")
    payment = till.known(paid).payment
    assert ([refund.state for refund in payment.refunds], payment.state) == ([RefundState.FAILED], PaymentState.PAID)
    assert "refund.failed" in till.actions()


def test_cash_is_given_back_by_hand(till: Any, parked: StayId) -> None:
    payment = paying.cash(till.house, till.campus.signed, parked, yuan(10), paying.ByHand.CASH)
    back = paying.refund(till.house, till.campus.signed, payment, yuan(10), "he had paid")
    assert (back.state, till.state(payment)) == (RefundState.DONE, PaymentState.REFUNDED)


def test_the_reason_is_asked_for_and_sealed_in_the_journal(till: Any, paid: PaymentId) -> None:
    with pytest.raises(RefundNeedsWords):
        paying.refund(till.house, till.campus.signed, paid, yuan(1), "  x ")
    paying.refund(till.house, till.campus.signed, paid, yuan(1), "Bob's ticket\n was torn")
    with till.house.store.read(till.tenant) as db:
        told = next(entry for entry in journal.entries(db, till.house.keyring) if entry.action == "refund.asked")
    assert (told.purpose, told.actor_kind) == ("Bob's ticket was torn", "operator")


def test_an_attendant_may_not_and_umbra_may_not(till: Any, paid: PaymentId, umbra_campus: Any) -> None:
    with pytest.raises(Forbidden):
        paying.refund(till.house, till.only(Role.ATTENDANT), paid, yuan(1), "just because")
    with pytest.raises(NotFound):
        paying.refund(till.house, umbra_campus.signed, paid, yuan(1), "just because")
