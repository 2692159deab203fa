"""The simulated provider does on request what real ones do by mishap, and tells of it as they would."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from sealgate.domain.billing import News, Payment, PaymentState, Verdict, apply
from sealgate.domain.money import Money
from sealgate.domain.reconciliation import Movement
from sealgate.payments.simulated import Act, Simulated
from sealgate.ports import BadAccount, Order, PayAddress, ProviderRefused, TooLateToStart, VerifiedNotice


@pytest.fixture
def simulated(clock: Any) -> Simulated:
    return Simulated(b"a secret of the test", clock, merchant="acme")


@pytest.fixture
def handle(simulated: Simulated, order: Order) -> str:
    return simulated.start(order).handle


class Door:
    """Where notices arrive: it verifies each and answers with `status`."""

    def __init__(self, simulated: Simulated) -> None:
        self.simulated, self.status = simulated, 204
        self.came: list[VerifiedNotice] = []

    def __call__(self, address: str, headers: Mapping[str, str], body: bytes) -> int:
        assert address == "https://gate.example.org/notices/acme"
        self.came.append(self.simulated.read_notice(headers, body))
        return self.status


@pytest.fixture
def door(simulated: Simulated) -> Door:
    return Door(simulated)


@pytest.fixture
def row(payment: Payment) -> Payment:
    return replace(payment, provider="simulated", merchant="acme")


def verdicts(row: Payment, door: Door) -> list[Verdict]:
    found = []
    for notice in door.came:
        assert notice.told is not None
        outcome = apply(row, notice.told)
        row = outcome.after
        found.append(outcome.verdict)
    return found


def test_its_page_says_what_is_to_be_paid(simulated: Simulated, order: Order, handle: str) -> None:
    assert simulated.start(order).way == PayAddress(f"/simulated/{handle}")
    page = simulated.page(handle)
    assert page is not None
    assert (page.money, page.subject, page.news) == (order.money, order.subject, News.WAITING)
    assert set(page.acts) == set(Act) - {Act.CHARGE_BACK}
    assert simulated.page("somebody-elses") is None


def test_paying_is_told_once(simulated: Simulated, handle: str, door: Door, row: Payment, clock: Any) -> None:
    simulated.act(handle, Act.PAY)
    assert simulated.deliver(door) == 1
    clock.at += timedelta(minutes=5)
    assert simulated.deliver(door) == 0
    assert verdicts(row, door) == [Verdict.SETTLED]
    with pytest.raises(ProviderRefused):
        simulated.act(handle, Act.PAY)


def test_a_repeated_notice_settles_once(simulated: Simulated, handle: str, door: Door, row: Payment) -> None:
    simulated.act(handle, Act.REPEAT)
    simulated.deliver(door)
    assert verdicts(row, door) == [Verdict.SETTLED, Verdict.REPEATED, Verdict.REPEATED]
    assert len({notice.id for notice in door.came}) == 1


def test_a_refusal_can_be_followed_by_a_payment(simulated: Simulated, handle: str, door: Door, row: Payment) -> None:
    simulated.act(handle, Act.REFUSE)
    simulated.act(handle, Act.PAY)
    simulated.deliver(door)
    assert verdicts(row, door) == [Verdict.DECLINED, Verdict.LATE]


def test_a_delayed_notice_comes_a_minute_later(simulated: Simulated, handle: str, door: Door, clock: Any, row: Payment) -> None:
    simulated.act(handle, Act.DELAY)
    assert simulated.deliver(door) == 0
    assert simulated.ask(row).news is News.PAID
    clock.at += timedelta(minutes=1)
    assert simulated.deliver(door) == 1
    assert verdicts(row, door) == [Verdict.SETTLED]


def test_another_sum_is_told_as_it_is(simulated: Simulated, handle: str, door: Door, row: Payment) -> None:
    simulated.act(handle, Act.OTHER_SUM)
    simulated.deliver(door)
    assert verdicts(row, door) == [Verdict.WRONG_AMOUNT]
    assert simulated.ask(row).money == Money(500, "CNY")


def test_the_other_sum_may_be_chosen(simulated: Simulated, handle: str, row: Payment) -> None:
    simulated.act(handle, Act.OTHER_SUM, Money(1001, "CNY"))
    assert simulated.ask(row).money == Money(1001, "CNY")


def test_a_forgotten_notice_never_comes_and_asking_finds_it(
    simulated: Simulated, handle: str, door: Door, row: Payment, clock: Any
) -> None:
    simulated.act(handle, Act.FORGET)
    clock.at += timedelta(days=1)
    assert simulated.deliver(door) == 0
    assert apply(row, simulated.ask(row)).verdict is Verdict.SETTLED


def test_a_notice_that_is_not_taken_comes_again_until_it_is_given_up(
    simulated: Simulated, handle: str, door: Door, clock: Any
) -> None:
    door.status = 500
    simulated.act(handle, Act.PAY)
    for _ in range(20):
        simulated.deliver(door)
        clock.at += timedelta(seconds=15)
    assert len(door.came) == 15


def test_a_chargeback_is_told_and_booked(simulated: Simulated, handle: str, door: Door, row: Payment, clock: Any) -> None:
    simulated.act(handle, Act.PAY)
    clock.at += timedelta(minutes=1)
    simulated.act(handle, Act.CHARGE_BACK)
    simulated.deliver(door)
    assert verdicts(row, door) == [Verdict.SETTLED, Verdict.CHARGED_BACK]
    clock.at += timedelta(days=1)
    assert [line.movement for line in simulated.statement(date(2026, 3, 1))] == [Movement.PAYMENT, Movement.CHARGEBACK]


def test_its_refund_is_told_by_a_notice_too(simulated: Simulated, handle: str, door: Door, row: Payment) -> None:
    simulated.act(handle, Act.PAY)
    simulated.refund(row, "r1", Money(300, "CNY"))
    simulated.deliver(door)
    assert verdicts(row, door) == [Verdict.SETTLED, Verdict.REFUND_NOTED]
    with pytest.raises(ProviderRefused):
        simulated.refund(row, "r1", Money(301, "CNY"))
    with pytest.raises(ProviderRefused):
        simulated.refund(row, "r2", Money(1, "USD"))


def test_an_order_that_is_over_cannot_be_paid(
    simulated: Simulated, order: Order, handle: str, row: Payment, clock: Any
) -> None:
    clock.at = order.expires_at
    assert simulated.ask(row).news is News.CLOSED
    with pytest.raises(ProviderRefused):
        simulated.act(handle, Act.PAY)
    assert simulated.start(order).handle == handle
    with pytest.raises(TooLateToStart):
        Simulated(b"a secret of the test", clock).start(order)


def test_a_closed_order_cannot_be_paid(simulated: Simulated, handle: str, row: Payment) -> None:
    assert apply(row, simulated.close(row)).after.state is PaymentState.EXPIRED
    with pytest.raises(ProviderRefused):
        simulated.act(handle, Act.PAY)


def test_the_same_order_with_another_sum_is_refused(simulated: Simulated, order: Order, handle: str) -> None:
    with pytest.raises(ProviderRefused):
        simulated.start(replace(order, money=Money(1, "CNY")))
    assert handle


def test_a_short_secret_is_refused(clock: Any) -> None:
    with pytest.raises(BadAccount):
        Simulated(b"short", clock)
