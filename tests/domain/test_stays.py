"""A stay's states, and which time of it a lot may bill."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.ids import LotId, StayId
from sealgate.domain.lots import Stretch
from sealgate.domain.stays import Cause, Stay, StayOver, StayState, disputed, gone, lost, paid, settled, shown
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_passing import go, too_late

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
STAY = Stay(StayId(UUID(int=1)), LotId(UUID(int=2)), NOON)


def test_a_stay_is_shown_a_sum_paid_and_gone() -> None:
    waiting = shown(STAY)
    may_leave = paid(waiting, NOON + 2 * HOUR)
    left = gone(may_leave, NOON + HOUR, owing=False)
    states = [stay.state for stay in (STAY, waiting, may_leave, left)]
    assert states == [StayState.OPEN, StayState.WAITING, StayState.PAID, StayState.CLOSED]
    assert [stay.inside for stay in (STAY, waiting, may_leave, left)] == [True, True, True, False]


def test_one_that_left_owing_is_closed_by_its_payment() -> None:
    owing = gone(STAY, NOON + HOUR, owing=True)
    assert (owing.state, owing.inside) == (StayState.WAITING, False)
    assert paid(owing, NOON + 2 * HOUR).state is StayState.CLOSED


def test_one_whose_end_nobody_saw_is_the_desks_where_money_is_asked_for() -> None:
    missed = lost(STAY, Cause.EXIT_MISSED, superseded=NOON + HOUR)
    assert (missed.state, missed.left, missed.superseded) == (StayState.DISPUTED, None, NOON + HOUR)
    assert lost(replace(STAY, bills=False), Cause.EXIT_MISSED).state is StayState.CLOSED
    assert settled(missed).state is StayState.CLOSED
    assert settled(STAY).cause is Cause.BY_HAND


CLOSED = gone(STAY, NOON + HOUR, owing=False)


@pytest.mark.parametrize(
    "step",
    [
        lambda: shown(CLOSED),
        lambda: shown(lost(STAY, Cause.EXIT_MISSED)),
        lambda: paid(CLOSED, NOON),
        lambda: paid(disputed(STAY), NOON),
        lambda: gone(CLOSED, NOON + HOUR, owing=False),
        lambda: gone(STAY, NOON - MINUTE, owing=False),
        lambda: lost(CLOSED, Cause.EXIT_MISSED),
        lambda: lost(STAY, Cause.LEFT),
        lambda: settled(CLOSED),
    ],
)
def test_what_does_not_follow_is_refused(step: object) -> None:
    with pytest.raises(StayOver):
        step()  # type: ignore[operator]


def test_a_closed_stay_can_still_turn_out_wrong() -> None:
    assert disputed(CLOSED, Cause.TWO_VISITS).state is StayState.DISPUTED


class TestAtTheExit:
    def test_nothing_due_opens(self) -> None:
        assert go(STAY, NOON + HOUR, 0).opens

    def test_something_due_waits(self) -> None:
        going = go(STAY, NOON + HOUR, 500)
        assert (going.opens, going.stay.state, going.call) == (False, StayState.WAITING, None)

    def test_a_lot_without_a_tariff_lets_everybody_out(self) -> None:
        assert go(replace(STAY, bills=False), NOON + HOUR, 500).opens

    @pytest.mark.parametrize(("minutes", "opens"), [(15, True), (16, False)])
    def test_grace_after_paying_ends(self, minutes: int, opens: bool) -> None:
        ahead = paid(STAY, NOON + 15 * MINUTE)
        assert go(ahead, NOON + minutes * MINUTE, 500).opens is opens

    def test_who_has_gone_is_billed_later(self) -> None:
        going = go(STAY, NOON + HOUR, 500, passed=True)
        assert (going.opens, going.stay.cause, going.call) == (False, Cause.LEFT, CallReason.LEFT_OWING)
        assert not go(STAY, NOON + HOUR, 0, passed=True).opens

    def test_what_the_desk_has_in_hand_waits_for_the_desk(self) -> None:
        going = go(disputed(STAY), NOON + HOUR, 500)
        assert (going.opens, going.stay.state, going.call) == (False, StayState.DISPUTED, CallReason.WRONG_SUM)

    def test_an_event_is_late_on_either_side(self) -> None:
        ten = timedelta(seconds=10)
        assert [too_late(NOON, NOON + ten * n, ten) for n in (-2, -1, 0, 1, 2)] == [True, False, False, False, True]


class TestStretches:
    def test_time_in_a_lot_within_is_not_billed_here(self) -> None:
        away = (Stretch(NOON + HOUR, NOON + 2 * HOUR), Stretch(NOON + 3 * HOUR, NOON + 4 * HOUR))
        assert replace(STAY, away=away).stretches(NOON + 5 * HOUR) == (
            Stretch(NOON, NOON + HOUR),
            Stretch(NOON + 2 * HOUR, NOON + 3 * HOUR),
            Stretch(NOON + 4 * HOUR, NOON + 5 * HOUR),
        )

    def test_nothing_is_billed_after_it_left(self) -> None:
        assert CLOSED.stretches(NOON + 9 * HOUR) == (Stretch(NOON, NOON + HOUR),)
        assert STAY.stretches(NOON - HOUR) == ()

    @given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 60)), max_size=6), st.integers(0, 600))
    def test_what_is_billed_and_what_was_away_make_the_stay(self, away: list[tuple[int, int]], end: int) -> None:
        gaps = tuple(Stretch(NOON + a * MINUTE, NOON + (a + b) * MINUTE) for a, b in away)
        billed = replace(STAY, away=gaps).stretches(NOON + end * MINUTE)
        minutes = [NOON + minute * MINUTE for minute in range(end)]
        inside = [at for at in minutes if any(part.since <= at < part.until for part in billed)]
        assert inside == [at for at in minutes if not any(gap.since <= at < gap.until for gap in gaps)]
