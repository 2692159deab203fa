"""The provider's statement of a day against our rows: what agrees is silent, what differs is listed once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from sealgate.domain.billing import News, PaymentState, Told, reference_of
from sealgate.domain.errors import Conflict, Forbidden
from sealgate.domain.ids import StayId
from sealgate.domain.money import Money
from sealgate.domain.operators import Role
from sealgate.domain.reconciliation import Difference, Movement
from sealgate.flows import paying, reconciling
from sealgate.payments.simulated import Act
from sealgate.ports import StatementNotReady
from sealgate.store import parking

MONDAY = date(2026, 3, 2)
DAY = timedelta(days=1)
TEN = Money(1000, "CNY")


def lines(till: Any, day: date = MONDAY, provider: str = "simulated") -> list[tuple[Difference, Movement, Any, Any]]:
    found = paying.reconcile(till.house, till.tenant, provider, day)
    return [(row.kind, row.movement, row.ours, row.theirs) for row in found]


def pay(till: Any, stay: StayId, act: Act = Act.PAY, provider: str = "simulated") -> Any:
    payment = till.starts(stay, provider).payment
    till.does(payment, act)
    till.post()
    return payment


def test_a_day_on_which_all_agrees_has_no_differences(till: Any, parked: StayId, clock: Any) -> None:
    payment = pay(till, parked)
    paying.refund(till.house, till.campus.signed, payment, Money(300, "CNY"), "the lift was broken")
    clock.move(DAY)
    assert lines(till) == []
    assert "payments.reconciled" in till.actions()


def test_money_of_which_we_never_heard_is_listed_with_its_numbers(till: Any, parked: StayId, clock: Any) -> None:
    payment = pay(till, parked, Act.OTHER_SUM)
    clock.move(DAY)
    found = paying.reconcile(till.house, till.tenant, "simulated", MONDAY)
    assert [(row.kind, row.ours, row.theirs, row.payment) for row in found] == [(Difference.MISSING_HERE, None, 500, payment)]
    refs = reconciling.refs_of(till.house, till.tenant, found[0])
    assert refs["reference"] == reference_of(payment)
    assert refs["provider_ref"].startswith("sim-")


def test_the_same_day_again_lists_nothing_twice(till: Any, parked: StayId, clock: Any) -> None:
    pay(till, parked, Act.OTHER_SUM)
    clock.move(DAY)
    assert lines(till) == lines(till)
    with till.house.store.read(till.tenant) as db:
        assert len(parking.open_differences(db)) == 1


def test_a_difference_that_dora_settled_does_not_come_again(till: Any, parked: StayId, clock: Any) -> None:
    pay(till, parked, Act.OTHER_SUM)
    clock.move(DAY)
    (row,) = paying.reconcile(till.house, till.tenant, "simulated", MONDAY)
    with pytest.raises(reconciling.DifferenceNeedsWords):
        reconciling.settle_difference(till.house, till.campus.signed, row.difference, " ")
    assert reconciling.differences(till.house, till.campus.signed) == [row]
    reconciling.settle_difference(till.house, till.campus.signed, row.difference, "he paid at the desk")
    with pytest.raises(Conflict):
        reconciling.settle_difference(till.house, till.campus.signed, row.difference, "he paid at the desk")
    lines(till)
    assert reconciling.differences(till.house, till.campus.signed) == []


def test_what_we_hold_and_they_do_not_know_is_listed_on_its_own_day_only(till: Any, parked: StayId, clock: Any) -> None:
    payment = till.starts(parked).payment
    word = Told(reference_of(payment), "simulated", News.PAID, clock.now(), "n1", TEN)
    paying.settle(till.house, till.tenant, "simulated", word)
    clock.move(2 * DAY)
    assert lines(till) == [(Difference.MISSING_THERE, Movement.PAYMENT, 1000, None)]
    assert lines(till, MONDAY + DAY) == []


def test_a_line_that_stands_there_twice_and_one_with_another_sum(till: Any, parked: StayId, clock: Any) -> None:
    pay(till, parked)
    line = till.first._lines[0]
    till.first._lines += [line, replace(line, movement=Movement.REFUND, refund="desk-1", money=Money(50, "CNY"))]
    till.first._lines[0] = replace(line, money=Money(999, "CNY"))
    clock.move(DAY)
    assert sorted(kind for kind, *_ in lines(till)) == [Difference.MISSING_HERE, Difference.OTHER_SUM, Difference.TWICE]


def test_two_clocks_at_midnight_make_no_difference(till: Any, parked: StayId, clock: Any) -> None:
    clock.at = clock.at.replace(hour=23, minute=59)
    payment = till.starts(parked).payment
    till.does(payment, Act.FORGET)  # in their book it is Monday
    clock.move(timedelta(minutes=2))
    word = Told(reference_of(payment), "simulated", News.PAID, clock.now(), "", till.known(payment).payment.asked)
    paying.settle(till.house, till.tenant, "simulated", word)  # and they tell us that it was on Tuesday
    clock.move(2 * DAY)
    assert (lines(till), lines(till, MONDAY + DAY)) == ([], [])


def test_a_refund_that_we_hear_of_days_later_makes_no_difference(till: Any, parked: StayId, clock: Any) -> None:
    payment = pay(till, parked)
    till.first.away = True
    back = paying.refund(till.house, till.campus.signed, payment, TEN, "the lift was broken")
    known = till.known(payment).payment
    till.first.away = False
    till.first.refund(known, back.refund.hex, TEN)  # it is made there, and the answer is lost
    clock.move(2 * DAY)
    till.asks()
    assert till.state(payment) is PaymentState.REFUNDED
    clock.move(2 * DAY)
    assert [lines(till, MONDAY + number * DAY) for number in range(4)] == [[], [], [], []]


def test_a_chargeback_stands_in_both_books(till: Any, parked: StayId, clock: Any) -> None:
    payment = pay(till, parked)
    till.does(payment, Act.CHARGE_BACK)
    till.post()
    clock.move(DAY)
    assert lines(till) == []


def test_two_organisations_share_an_account_and_see_their_own(till: Any, parked: StayId, clock: Any, umbra_campus: Any) -> None:
    pay(till, parked)
    line = till.first._lines[0]
    till.first._lines.append(replace(line, reference="f" * 32))
    clock.move(DAY)
    assert [kind for kind, *_ in lines(till)] == [Difference.MISSING_HERE]  # nobody's: told to the first organisation
    assert paying.reconcile(till.house, umbra_campus.tenant, "simulated", MONDAY) == []


def test_a_day_that_is_not_over_has_no_statement(till: Any, clock: Any) -> None:
    with pytest.raises(StatementNotReady):
        paying.reconcile(till.house, till.tenant, "simulated", MONDAY)


def test_the_clockwork_reconciles_the_last_days_of_every_provider(till: Any, parked: StayId, clock: Any) -> None:
    pay(till, parked, Act.OTHER_SUM)
    clock.move(2 * DAY)
    assert reconciling.reconcile_lately(till.house, till.tenant) == 6
    with till.house.store.read(till.tenant) as db:
        assert [row.kind for row in parking.open_differences(db)] == [Difference.MISSING_HERE]


def test_reception_does_not_see_the_books(till: Any, clock: Any) -> None:
    clock.move(DAY)
    with pytest.raises(Forbidden):
        paying.reconcile(till.house, till.tenant, "simulated", MONDAY, till.only(Role.RECEPTION))
