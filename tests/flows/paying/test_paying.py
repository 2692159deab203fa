"""Bob parks for an hour and a half, which costs ten yuan, and pays on his phone; Dora attends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sealgate.devices.simulated import SimulatedLatch
from sealgate.domain.billing import NothingToPay, PaymentState, RefundState
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import StayId
from sealgate.domain.lots import Validation
from sealgate.domain.money import Money
from sealgate.domain.operators import Role
from sealgate.domain.stays import StayOver, StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.flows import paying
from sealgate.flows.parking import Outcome
from sealgate.payments.simulated import Act
from sealgate.ports import PayAddress, ProviderRefused, Unreachable
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Actor

MINUTE = timedelta(minutes=1)
TEN = Money(1000, "CNY")


def test_bob_pays_on_his_phone_and_the_exit_opens_at_once(till: Any, parked: StayId, latch: SimulatedLatch) -> None:
    waits = till.goes()
    assert (waits.outcome, waits.due) == (Outcome.WAITS, TEN)
    started = till.starts(parked)
    assert isinstance(started.way.way, PayAddress)
    assert till.state(started.payment) is PaymentState.PENDING
    till.does(started.payment)
    assert till.post() == [204]
    assert [release.gate for release in latch.releases] == [till.entry, till.exit]
    row = till.stay(parked)
    assert (row.stay.state, row.stay.left, till.kept(parked)) == (StayState.CLOSED, till.house.clock.now(), 1000)


def test_bob_pays_ahead_and_drives_out_without_stopping(till: Any, parked: StayId, clock: Any) -> None:
    started = till.starts(parked)
    till.does(started.payment)
    till.post()
    row = till.stay(parked).stay
    assert (row.state, row.paid_until) == (StayState.PAID, clock.now() + 15 * MINUTE)
    clock.move(14 * MINUTE)
    assert till.goes().outcome is Outcome.LEFT


def test_a_car_that_drove_back_from_the_exit_does_not_open_it_by_paying(
    till: Any, parked: StayId, clock: Any, latch: Any
) -> None:
    till.goes()
    clock.move(16 * MINUTE)
    started = till.starts(parked)
    till.does(started.payment)
    till.post()
    assert [release.gate for release in latch.releases] == [till.entry]
    assert till.goes().opens


def test_another_car_at_the_exit_is_not_let_out_by_bobs_money(till: Any, parked: StayId, latch: Any) -> None:
    till.goes()
    till.comes("沪B77731")
    till.house.clock.move(20 * MINUTE)
    till.goes("沪B77731")
    started = till.starts(parked)
    till.does(started.payment)
    till.post()
    assert [release.gate for release in latch.releases] == [till.entry, till.entry]


def test_pressing_pay_again_brings_the_same_order(till: Any, parked: StayId, clock: Any) -> None:
    first = till.starts(parked)
    clock.move(5 * MINUTE)
    assert till.starts(parked) == first
    clock.move(9 * MINUTE)  # too little time is left of it
    assert till.starts(parked).payment != first.payment


def test_a_higher_sum_is_another_order_and_the_first_cannot_be_paid_any_more(till: Any, parked: StayId, clock: Any) -> None:
    first = till.starts(parked)
    clock.move(14 * MINUTE)
    till.starts(parked)
    clock.move(17 * MINUTE)
    second = till.starts(parked)
    assert (second.money, till.state(first.payment)) == (Money(1500, "CNY"), PaymentState.EXPIRED)
    with pytest.raises(ProviderRefused):
        till.does(first.payment)
    till.does(second.payment)
    till.post()
    assert till.kept(parked) == till.taken() == 1500


def test_who_goes_to_another_provider_after_paying_is_told_that_nothing_is_due(till: Any, parked: StayId) -> None:
    first = till.starts(parked)
    till.does(first.payment)  # its notice is on the way
    with pytest.raises(NothingToPay):
        till.starts(parked, "second")
    assert till.state(first.payment) is PaymentState.PAID


def test_two_providers_for_one_stay_and_the_second_gives_it_back(till: Any, parked: StayId) -> None:
    one, other = till.starts(parked), till.starts_beside(parked)
    till.does(one.payment)
    till.does(other.payment)
    till.post()
    assert (till.kept(parked), till.taken()) == (1000, 1000)
    states = sorted(till.state(payment) for payment in (one.payment, other.payment))
    assert states == [PaymentState.PAID, PaymentState.REFUNDED]
    assert till.calls() == []


def test_the_second_money_goes_back_later_when_the_line_is_down(till: Any, parked: StayId, clock: Any) -> None:
    one, other = till.starts(parked), till.starts_beside(parked)
    till.does(one.payment)
    till.post()
    till.does(other.payment)
    till.second.away = True
    till.post()
    refund = till.known(other.payment).payment.refunds[0]
    assert (refund.state, refund.money) == (RefundState.ASKED, TEN)
    till.second.away = False
    clock.move(MINUTE)
    till.asks()
    assert (till.state(other.payment), till.taken()) == (PaymentState.REFUNDED, 1000)


def test_a_payment_is_pending_before_the_provider_hears_of_it(till: Any, parked: StayId) -> None:
    till.first.away = True
    with pytest.raises(Unreachable):
        till.starts(parked)
    assert [known.payment.state for known in till.payments(parked)] == [PaymentState.PENDING]
    till.first.away = False
    again = till.starts(parked)
    assert [known.payment.id for known in till.payments(parked)] == [again.payment]


def test_an_order_that_the_provider_will_not_have_is_refused(till: Any, parked: StayId, clock: Any) -> None:
    started = till.starts(parked)
    till.first._sales[started.payment.hex].order = replace(till.first._sales[started.payment.hex].order, money=Money(1, "CNY"))
    with pytest.raises(ProviderRefused):
        till.starts(parked)
    assert till.state(started.payment) is PaymentState.REFUSED


def test_nothing_is_due_in_the_free_quarter_and_in_the_time_for_leaving(till: Any, clock: Any) -> None:
    stay = till.comes()
    with pytest.raises(NothingToPay):
        till.starts(stay)
    clock.move(30 * MINUTE)
    till.does(till.starts(stay).payment)
    till.post()
    with pytest.raises(NothingToPay):
        till.starts(stay)


def test_a_stay_that_is_over_or_unknown_is_not_paid(till: Any, parked: StayId) -> None:
    till.does(till.starts(parked).payment)
    till.post()
    till.goes()
    with pytest.raises(StayOver):
        till.starts(parked)
    with pytest.raises(NotFound):
        till.starts(StayId(till.house.new_id()))
    with pytest.raises(paying.UnknownProvider):
        till.starts(parked, "nobody")


def test_umbra_cannot_pay_or_see_acmes_stay(till: Any, parked: StayId, umbra_campus: Any) -> None:
    with pytest.raises(NotFound):
        paying.start(till.house, umbra_campus.tenant, parked, "simulated", return_to="https://x")
    with pytest.raises(NotFound):
        paying.bill_of(till.house, umbra_campus.tenant, parked, till.house.clock.now())


def test_the_bill_names_its_reasons_and_a_shops_hour_is_taken_off(till: Any, parked: StayId, clock: Any) -> None:
    assert paying.bill_of(till.house, till.tenant, parked, clock.now()).total == TEN
    gift = Validation(till.house.new_id(), time=timedelta(hours=1))
    with till.house.store.begin(till.tenant, Actor("system", "shop")) as tx:
        parking.add_validation(tx, parked, gift, clock.now())
        journal.write(tx, till.house.keyring, clock.now(), "test.gift")
    owed = paying.due_of(till.house, till.tenant, parked, clock.now())
    assert owed.due == Money(500, "CNY")
    assert sum(line.amount.minor for line in owed.bill.lines) == 500


def test_dora_takes_cash_and_the_gate_opens(till: Any, parked: StayId, latch: SimulatedLatch) -> None:
    till.goes()
    dora = till.only(Role.ATTENDANT)
    with pytest.raises(paying.WrongSum):
        paying.cash(till.house, dora, parked, Money(900, "CNY"), paying.ByHand.CASH)
    payment = paying.cash(till.house, dora, parked, TEN, paying.ByHand.CASH)
    assert till.state(payment) is PaymentState.PAID
    assert latch.releases[-1].gate == till.exit
    with pytest.raises(StayOver):
        paying.cash(till.house, dora, parked, TEN, paying.ByHand.CASH)


def test_dora_may_take_the_sum_that_she_was_shown(till: Any, clock: Any) -> None:
    stay = till.comes()
    clock.move(59 * MINUTE)
    shown = paying.due_of(till.house, till.tenant, stay, clock.now()).due
    clock.move(4 * MINUTE)
    paying.cash(till.house, till.only(Role.ATTENDANT), stay, shown, paying.ByHand.CARD_TERMINAL)
    assert till.goes().outcome is Outcome.LEFT


def test_who_took_cash_and_then_is_paid_by_phone_gives_the_phone_back(till: Any, parked: StayId) -> None:
    started = till.starts(parked)
    paying.cash(till.house, till.only(Role.ATTENDANT), parked, TEN, paying.ByHand.CASH)
    till.does(started.payment)
    till.post()
    assert (till.kept(parked), till.state(started.payment)) == (1000, PaymentState.REFUNDED)


def test_only_the_desk_takes_cash(till: Any, parked: StayId) -> None:
    with pytest.raises(Forbidden):
        paying.cash(till.house, till.only(Role.RECEPTION), parked, TEN, paying.ByHand.CASH)


def test_a_bill_sent_after_it_left_is_paid_and_the_stay_is_closed(till: Any, parked: StayId, clock: Any) -> None:
    """It was told an hour late that Bob drove out, so nobody could stop him: he owes."""
    from sealgate.domain.plates import normalise
    from sealgate.domain.sightings import PlateSighting
    from sealgate.flows.parking import arrive

    at = clock.now()
    clock.move(60 * MINUTE)
    seen = PlateSighting(till.exit, at, normalise("沪A12345"), 0.99, "cn-blue")
    arrive(till.house, till.tenant, seen, paying.prices(till.house, till.tenant))
    assert till.calls() == [CallReason.LEFT_OWING]
    clock.move(600 * MINUTE)
    started = till.starts(parked)
    assert started.money == TEN
    till.does(started.payment)
    till.post()
    assert (till.stay(parked).stay.state, till.calls()) == (StayState.CLOSED, [])


def test_every_step_is_in_the_journal_and_in_the_outbox(till: Any, parked: StayId) -> None:
    started = till.starts(parked)
    till.does(started.payment, Act.REPEAT)
    till.post()
    assert [action for action in till.actions() if action.startswith("payment.")] == [
        "payment.pending",
        "payment.ordered",
        "payment.settled",
    ]
    assert till.topics().count("payment") == 3
    assert journal.verify(till.house.store, till.tenant).whole
