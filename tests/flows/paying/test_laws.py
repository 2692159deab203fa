"""Whatever drivers, providers, lines and attendants do, and in whichever order: money balances, and a stay is paid once."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealgate.domain.billing import News
from sealgate.domain.errors import Refused
from sealgate.domain.ids import StayId
from sealgate.domain.money import Money
from sealgate.domain.stays import Cause, StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.flows import paying, payment_rows
from sealgate.payments.simulated import Act
from sealgate.ports import Unreachable
from sealgate.privacy import journal
from sealgate.store import parking

PROVIDERS = st.sampled_from(["simulated", "second"])
STEPS = st.one_of(
    st.tuples(st.just("pays"), PROVIDERS, st.sampled_from([Act.PAY, Act.REPEAT, Act.DELAY, Act.FORGET])),
    st.tuples(st.just("pays"), PROVIDERS, st.sampled_from(list(Act))),
    st.tuples(st.just("pays beside"), st.sampled_from([Act.PAY, Act.FORGET])),
    st.tuples(st.just("start"), PROVIDERS),
    st.tuples(st.just("act"), st.sampled_from(list(Act)), st.integers(0, 5)),
    st.tuples(st.just("wait"), st.integers(1, 40)),
    st.tuples(st.just("line"), st.booleans()),
    st.sampled_from([("post",), ("asks",), ("exit",), ("cash",)]),
    st.tuples(st.just("refund"), st.integers(1, 1500), st.integers(0, 5)),
)


def do(till: Any, stay: StayId, plate: str, step: tuple[Any, ...]) -> None:
    mine = till.payments(stay)
    match step:
        case ("start", provider):
            till.starts(stay, provider)
        case ("pays", provider, act):
            till.does(till.starts(stay, provider).payment, act)
        case ("pays beside", act):
            till.does(till.starts_beside(stay).payment, act)
        case ("act", act, number) if mine:
            till.does(mine[number % len(mine)].payment.id, act)
        case ("wait", minutes):
            till.house.clock.move(timedelta(minutes=minutes))
        case ("line", away):
            till.first.away = away
        case ("post",):
            till.post()
        case ("asks",):
            till.asks()
        case ("exit",):
            till.goes(plate)
        case ("cash",):
            due = paying.due_of(till.house, till.tenant, stay, till.house.clock.now()).due
            paying.cash(till.house, till.campus.signed, stay, due, paying.ByHand.CASH)
        case ("refund", minor, number) if mine:
            paying.refund(till.house, till.campus.signed, mine[number % len(mine)].payment.id, Money(minor, "CNY"), "a law")


def come_to_rest(till: Any) -> None:
    till.first.away = False
    for _ in range(4):
        till.house.clock.move(timedelta(minutes=20))
        till.post()
        till.asks()


def expected(till: Any, stay: StayId) -> int:
    """By the providers' own books and the drawer: what of this stay's money is ours."""
    total = 0
    for known in till.payments(stay):
        payment = known.payment
        sale = next((desk._sales[payment.id.hex] for desk in (till.first, till.second) if payment.id.hex in desk._sales), None)
        if payment.provider == "cash":
            total += payment.asked.minor - payment.refunded.minor
        elif sale is not None and sale.paid == sale.order.money and sale.news is News.PAID:
            total += sale.paid.minor - sum(refund.money.minor for refund in sale.refunds.values())
    return total


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=14), plate=st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=5, max_size=5))
def test_money_balances_and_a_stay_is_paid_once(till: Any, steps: list[tuple[Any, ...]], plate: str) -> None:
    plate = "沪" + "ABCDEFGH"[len(till.first._sales) % 8] + plate
    stay = till.comes(plate)
    till.house.clock.move(timedelta(minutes=45))
    for step in steps:
        with suppress(Refused, Unreachable):
            do(till, stay, plate, step)
    come_to_rest(till)
    kept = till.kept(stay)
    assert kept == expected(till, stay)
    with till.house.store.read(till.tenant) as db:
        assert kept <= payment_rows.owed_by(db, stay, "CNY").minor  # what came twice went back
        bill = parking.newest_bill(db, stay)
        assert bill is None or not bill.final or kept <= bill.total.minor or CallReason.WRONG_SUM in till.calls()
        entries = journal.entries(db, till.house.keyring, limit=2000)
    paid = [entry.object.split()[0] for entry in entries if entry.action in ("payment.settled", "payment.late")]
    assert max(Counter(paid).values(), default=1) == 1
    row = till.stay(stay).stay
    if row.state is StayState.PAID or row.cause is Cause.LEFT:
        assert any(known.payment.paid_at for known in till.payments(stay))
    assert all(known.payment.state != "pending" for known in till.payments(stay))
