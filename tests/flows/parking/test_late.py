"""What a gate that was cut off tells later, and cars in a lot within the lot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sealgate.devices.simulated import SimulatedLatch
from sealgate.domain.money import Money
from sealgate.domain.stays import Cause, RightKind, StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.flows import parking as flow
from sealgate.flows.parking import Outcome

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BOB, ALICE = "沪A12345", "沪B77731"


class TestToldLate:
    """A gate that was cut off tells later what it saw. Nothing is opened for it, and nobody is billed twice."""

    def test_an_entry_that_comes_after_its_exit_ends_the_call(self, garage: Any, clock: Any) -> None:
        entered = clock.now()
        clock.move(HOUR)
        garage.goes(BOB)
        left_at = clock.now()
        clock.move(HOUR)
        late = garage.comes(BOB, at=entered)
        stay = garage.stay(late.stay).stay
        assert (stay.entered, stay.left, stay.state, late.opens) == (entered, left_at, StayState.WAITING, False)
        assert (garage.calls(), garage.inside()) == ([CallReason.LEFT_OWING], 0)

    def test_alices_permit_holds_also_when_her_entry_is_told_late(self, garage: Any, clock: Any) -> None:
        garage.permit(ALICE)
        entered = clock.now()
        clock.move(HOUR)
        garage.goes(ALICE)
        late = garage.comes(ALICE, at=entered)
        stay = garage.stay(late.stay).stay
        assert (stay.state, stay.right.kind, garage.calls()) == (StayState.CLOSED, RightKind.PERMIT, [])

    def test_an_exit_that_nobody_saw_in_between_keeps_it_with_the_desk(self, garage: Any, clock: Any) -> None:
        entered = clock.now()
        clock.move(HOUR)
        flow.passed_unseen(garage.house, garage.campus.tenant, garage.exit, clock.now())
        clock.move(HOUR)
        garage.goes(BOB)
        late = garage.comes(BOB, at=entered)
        assert garage.stay(late.stay).stay.cause is Cause.EXIT_MISSED
        assert set(garage.calls()) == {CallReason.NO_ENTRY, CallReason.EXIT_MISSED}

    def test_a_late_exit_belongs_to_the_visit_before(self, garage: Any, clock: Any) -> None:
        first = garage.comes(BOB)
        clock.move(10 * MINUTE)
        left_at = clock.now()
        clock.move(5 * HOUR)
        second = garage.comes(BOB)
        late = garage.goes(BOB, at=left_at)
        assert (late.stay, late.opens) == (first.stay, False)
        assert garage.stay(first.stay).stay.left == left_at
        assert garage.stay(second.stay).stay.state is StayState.OPEN
        assert (garage.calls(), garage.inside()) == ([], 1)

    @pytest.mark.parametrize("entering", [True, False], ids=["entry", "exit"])
    def test_two_visits_that_were_billed_as_one_come_to_light(self, garage: Any, clock: Any, entering: bool) -> None:
        first = garage.comes(BOB)
        clock.move(30 * MINUTE)
        between = clock.now()
        clock.move(30 * MINUTE)
        waits = garage.goes(BOB)
        assert waits.stay is not None
        garage.pays(waits.stay, 500)
        garage.goes(BOB)
        assert garage.stay(first.stay).stay.state is StayState.CLOSED
        clock.move(HOUR)
        (garage.comes if entering else garage.goes)(BOB, at=between)
        stay = garage.stay(first.stay).stay
        assert (stay.state, stay.cause) == (StayState.DISPUTED, Cause.TWO_VISITS)
        assert set(garage.calls()) == {CallReason.TWO_VISITS}
        assert garage.inside() == 0

    def test_what_is_told_again_late_changes_nothing(self, garage: Any, clock: Any, latch: SimulatedLatch) -> None:
        entered = clock.now()
        came = garage.comes(BOB)
        clock.move(HOUR)
        assert garage.comes(BOB, at=entered + timedelta(seconds=3)).outcome is Outcome.ECHO
        assert (garage.stay(came.stay).stay.state, len(latch.releases)) == (StayState.OPEN, 1)


class TestALotWithinALot:
    """The inner lot bills its own time, the outer one the rest."""

    @pytest.fixture
    def inner(self, garage: Any) -> Any:
        return garage.another("Inner", parent=garage.lot.lot)

    def test_each_lot_bills_the_time_in_it(self, garage: Any, inner: Any, clock: Any) -> None:
        garage.comes(BOB)
        clock.move(HOUR)
        nested = inner.comes(BOB)
        assert (garage.inside(), inner.inside(), garage.calls()) == (1, 1, [])
        clock.move(2 * HOUR)
        due = inner.goes(BOB)
        assert (due.stay, due.due) == (nested.stay, Money(1000, "CNY"))
        assert due.stay is not None
        garage.pays(due.stay, 1000)
        inner.goes(BOB)
        clock.move(HOUR)
        assert garage.goes(BOB).due == Money(1000, "CNY")

    def test_who_was_not_seen_coming_out_of_it_is_for_dora(self, garage: Any, inner: Any, clock: Any) -> None:
        garage.comes(BOB)
        clock.move(HOUR)
        inner.comes(BOB)
        clock.move(HOUR)
        assert garage.goes(BOB).outcome is Outcome.ASKS
        assert garage.calls() == [CallReason.STILL_NESTED]

    def test_coming_from_the_street_ends_both(self, garage: Any, inner: Any, clock: Any) -> None:
        outer, nested = garage.comes(BOB), inner.comes(BOB)
        clock.move(HOUR)
        garage.comes(BOB)
        causes = {garage.stay(stay.stay).stay.cause for stay in (outer, nested)}
        assert (causes, garage.inside(), inner.inside()) == ({Cause.EXIT_MISSED}, 1, 0)


def test_a_car_seen_at_another_lot_is_not_billed_for_this_one(garage: Any, clock: Any) -> None:
    away = garage.another("Far")
    first = garage.comes(BOB)
    clock.move(HOUR)
    second = away.comes(BOB)
    assert garage.stay(first.stay).stay.cause is Cause.EXIT_MISSED
    assert away.goes(BOB, at=clock.now() + MINUTE).stay == second.stay
