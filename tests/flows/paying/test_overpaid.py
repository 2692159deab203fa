"""What a closed stay cost is on its final bill, and nothing beyond it is kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sealgate.domain.billing import PaymentState
from sealgate.domain.ids import StayId
from sealgate.domain.money import Money
from sealgate.domain.stays import StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.flows import paying
from sealgate.flows.paying import ByHand
from sealgate.payments.simulated import Act
from sealgate.ports import Unreachable
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Actor

MINUTE = timedelta(minutes=1)
NEW_STAY = """
name = "hourly"
currency = "CNY"
time_zone = "Asia/Shanghai"
steps = [{ each = "1h", price = 5 }]
after_payment = { leave_within = "15m", later = "new-stay" }
"""
"""Who has paid has fifteen minutes from then, whatever the clock says meanwhile."""


@pytest.fixture
def bob(till: Any) -> StayId:
    with till.house.store.begin(till.tenant, Actor("operator", "dora")) as tx:
        parking.add_tariff(tx, parking.TariffRow("hourly", date(2026, 2, 1), NEW_STAY, till.house.clock.now()))
        journal.write(tx, till.house.keyring, till.house.clock.now(), "test.built")
    stay: StayId = till.comes()
    return stay


def final_bill(till: Any, stay: StayId) -> Money:
    with till.house.store.read(till.tenant) as db:
        bill = parking.newest_bill(db, stay)
    assert bill is not None
    assert bill.final
    return bill.total


def refunded(till: Any, clock: Any) -> None:
    """The clockwork goes round until every refund that was written down is sent."""
    for _ in range(3):
        clock.move(MINUTE)
        till.asks()
        till.post()


@pytest.fixture
def slow_refunds(till: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The first provider answers questions and not yet refunds; call it, and it does."""

    def not_yet(*_: object) -> None:
        raise Unreachable("the line is down")

    with monkeypatch.context() as broken:
        broken.setattr(till.first, "refund", not_yet)
        yield broken.undo


def test_what_was_paid_again_because_the_first_notice_was_lost_goes_back_to_the_last_fen(
    till: Any, bob: StayId, clock: Any, slow_refunds: Any
) -> None:
    """Five yuan in the first hour, and nobody told us; ten asked and paid in the second, at the other provider. Both are
    known and neither has gone back when he leaves: by the tariff five yuan is what it costs, and five is what we keep."""
    clock.move(55 * MINUTE)
    till.does(till.starts(bob).payment, Act.FORGET)
    clock.move(10 * MINUTE)
    second = till.starts_beside(bob)
    assert second.money == Money(1000, "CNY")
    till.does(second.payment)
    till.post()
    clock.move(MINUTE)
    till.asks()
    assert till.kept(bob) == 1500
    assert till.goes().opens
    assert till.stay(bob).stay.state is StayState.CLOSED
    assert final_bill(till, bob) == Money(500, "CNY")
    slow_refunds()
    refunded(till, clock)
    assert till.kept(bob) == till.taken() == 500
    assert till.calls() == []


def test_money_that_comes_after_the_final_bill_goes_back_with_all_that_is_too_much(till: Any, bob: StayId, clock: Any) -> None:
    clock.move(55 * MINUTE)
    lost = till.starts(bob)
    till.does(lost.payment, Act.FORGET)
    clock.move(10 * MINUTE)
    second = till.starts_beside(bob)
    till.does(second.payment)
    till.post()
    assert till.goes().opens
    assert final_bill(till, bob) == Money(1000, "CNY")
    refunded(till, clock)
    assert till.state(lost.payment) is PaymentState.REFUNDED
    assert till.kept(bob) == till.taken() == 1000


def test_cash_beyond_the_final_bill_is_listed_for_dora_and_not_sent_by_itself(
    till: Any, bob: StayId, clock: Any, slow_refunds: Any
) -> None:
    clock.move(55 * MINUTE)
    till.does(till.starts(bob).payment, Act.FORGET)
    clock.move(10 * MINUTE)
    paying.cash(till.house, till.campus.signed, bob, Money(1000, "CNY"), ByHand.CASH)
    till.asks()
    assert till.goes().opens
    assert final_bill(till, bob) == Money(500, "CNY")
    slow_refunds()
    refunded(till, clock)
    assert (till.kept(bob), till.taken()) == (1000, 0)
    assert till.calls() == [CallReason.WRONG_SUM]


def test_who_paid_what_it_costs_keeps_nothing_and_gets_nothing(till: Any, bob: StayId, clock: Any) -> None:
    clock.move(55 * MINUTE)
    till.does(till.starts(bob).payment)
    till.post()
    clock.move(10 * MINUTE)
    assert till.goes().opens
    refunded(till, clock)
    assert final_bill(till, bob) == Money(500, "CNY")
    assert (till.kept(bob), till.taken(), till.calls()) == (500, 500, [])
