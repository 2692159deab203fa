"""Bob knows how long he will stay, and pays for it before; Dora's garage charges five yuan for each begun hour."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sealgate.domain.billing import NothingToPay, PaymentState
from sealgate.domain.ids import StayId
from sealgate.domain.money import Money
from sealgate.domain.stays import StayOver, StayState
from sealgate.flows import paying
from sealgate.flows.parking import Outcome
from sealgate.payments.simulated import Act

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def pays_ahead(till: Any, stay: StayId, ahead: timedelta, provider: str = "simulated") -> paying.StartedPayment:
    started = begins_ahead(till, stay, ahead, provider)
    till.does(started.payment)
    till.post()
    return started


def begins_ahead(till: Any, stay: StayId, ahead: timedelta, provider: str = "simulated") -> paying.StartedPayment:
    until = till.house.clock.now() + ahead
    back = "https://gate.acme.example/pay/x"
    return paying.start(till.house, till.tenant, stay, provider, return_to=back, until=until)


def test_bob_pays_for_three_hours_more_and_leaves_within_them(till: Any, parked: StayId, clock: Any) -> None:
    """Four and a half hours in all are five begun ones: 25 yuan; he leaves after two, and the bill says what that costs."""
    assert pays_ahead(till, parked, 3 * HOUR).money == Money(2500, "CNY")
    row = till.stay(parked).stay
    assert (row.state, row.paid_until) == (StayState.PAID, clock.now() + 3 * HOUR + 15 * MINUTE)
    clock.move(2 * HOUR)
    leaves = till.goes()
    assert (leaves.outcome, leaves.opens, leaves.due) == (Outcome.LEFT, True, None)
    assert (till.kept(parked), till.taken(), till.calls()) == (2500, 2500, [])


def test_the_time_for_leaving_begins_when_the_paid_time_ends(till: Any, parked: StayId, clock: Any) -> None:
    pays_ahead(till, parked, 3 * HOUR)
    clock.move(3 * HOUR + 14 * MINUTE)
    assert till.goes().opens


def test_who_stays_longer_than_paid_pays_the_rest_at_the_exit(till: Any, parked: StayId, clock: Any) -> None:
    pays_ahead(till, parked, 3 * HOUR)
    clock.move(4 * HOUR)
    waits = till.goes()
    assert (waits.outcome, waits.due) == (Outcome.WAITS, Money(500, "CNY"))
    rest = till.starts(parked)
    till.does(rest.payment)
    till.post()
    assert (till.kept(parked), till.taken()) == (3000, 3000)
    assert till.stay(parked).stay.state is StayState.CLOSED


def test_the_paid_time_is_made_longer_by_paying_for_the_rest_only(till: Any, parked: StayId, clock: Any) -> None:
    pays_ahead(till, parked, HOUR)
    assert pays_ahead(till, parked, 3 * HOUR).money == Money(1000, "CNY")
    assert till.stay(parked).stay.paid_until == clock.now() + 3 * HOUR + 15 * MINUTE
    assert till.kept(parked) == 2500


def test_what_is_covered_already_is_not_charged(till: Any, parked: StayId) -> None:
    pays_ahead(till, parked, 3 * HOUR)
    with pytest.raises(NothingToPay):
        begins_ahead(till, parked, HOUR)


def test_a_sum_for_now_and_one_for_later_are_two_orders_and_only_the_newer_can_be_paid(till: Any, parked: StayId) -> None:
    now = till.starts(parked)
    later = begins_ahead(till, parked, 3 * HOUR)
    assert later.payment != now.payment
    assert till.state(now.payment) is PaymentState.EXPIRED
    assert begins_ahead(till, parked, 3 * HOUR) == later


def test_a_refused_card_covers_nothing(till: Any, parked: StayId) -> None:
    started = begins_ahead(till, parked, 3 * HOUR)
    till.does(started.payment, Act.REFUSE)
    till.post()
    assert till.goes().due == Money(1000, "CNY")


def test_who_came_by_two_providers_keeps_the_longer_promise(till: Any, parked: StayId, clock: Any) -> None:
    """The shorter one's notice comes later, and does not take back what the longer one promised."""
    now = till.starts(parked)
    till.first.away = True
    later = begins_ahead(till, parked, 3 * HOUR, "second")
    till.first.away = False
    for started in (later, now):
        till.does(started.payment)
        till.post()
    assert till.stay(parked).stay.paid_until == clock.now() + 3 * HOUR + 15 * MINUTE
    assert till.kept(parked) == till.taken() == 2500


def test_a_car_that_has_left_pays_nothing_ahead(till: Any, parked: StayId, clock: Any) -> None:
    pays_ahead(till, parked, HOUR)
    till.goes()
    with pytest.raises(StayOver):
        begins_ahead(till, parked, HOUR)
