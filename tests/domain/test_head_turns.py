"""Alice turns as she is asked; who turns another way, too late, or was away in between, is not alive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.head_turns import ASIDE, GAP, STEP_TIME, Challenge, Failed, HeadPose, Turn, begin, draw, facing, see

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEP = timedelta(seconds=0.5)
HER_OWN = HeadPose(0.04)
"""Nobody's nose is quite in the middle."""

AHEAD, LEFT, RIGHT = HER_OWN, HeadPose(HER_OWN.aside + 1.3 * ASIDE), HeadPose(HER_OWN.aside - 1.3 * ASIDE)
POSES = {Turn.LEFT: LEFT, Turn.RIGHT: RIGHT}


def turned(turns: tuple[Turn, ...], poses: Sequence[HeadPose], *, step: timedelta = STEP) -> Challenge | Failed:
    challenge: Challenge | Failed = begin(HER_OWN, turns, NOON)
    for number, pose in enumerate(poses, 1):
        assert isinstance(challenge, Challenge)
        challenge = see(challenge, pose, NOON + number * step)
    return challenge


@given(st.lists(st.sampled_from([Turn.LEFT, Turn.RIGHT]), min_size=1, max_size=5))
def test_who_turns_as_asked_and_back_again_is_done(turns: list[Turn]) -> None:
    challenge = turned(tuple(turns), [pose for turn in turns for pose in (AHEAD, POSES[turn], AHEAD)])
    assert isinstance(challenge, Challenge)
    assert challenge.asks is None


def test_between_two_turns_she_is_asked_to_look_ahead() -> None:
    challenge = turned((Turn.LEFT, Turn.LEFT), [LEFT])
    assert isinstance(challenge, Challenge)
    assert challenge.asks is Turn.AHEAD
    still = see(challenge, LEFT, challenge.seen_at + STEP)
    assert isinstance(still, Challenge)
    assert still.asks is Turn.AHEAD


@given(st.lists(st.sampled_from([Turn.LEFT, Turn.RIGHT]), min_size=4, max_size=4))
def test_a_film_that_turns_as_it_likes_passes_only_where_it_guessed_right(asked: list[Turn]) -> None:
    film = [pose for turn in (Turn.LEFT, Turn.RIGHT, Turn.LEFT, Turn.RIGHT) for pose in (POSES[turn], AHEAD)]
    challenge: Challenge | Failed = begin(HER_OWN, tuple(asked), NOON)
    for number, pose in enumerate(film, 1):
        if isinstance(challenge, Challenge) and challenge.asks is not None:
            challenge = see(challenge, pose, NOON + number * STEP)
    passed = isinstance(challenge, Challenge) and challenge.asks is None
    assert passed is (asked == [Turn.LEFT, Turn.RIGHT, Turn.LEFT, Turn.RIGHT])


def test_the_other_way_is_a_no_at_once() -> None:
    assert turned((Turn.LEFT,), [RIGHT]) is Failed.OTHER_WAY


def test_who_takes_too_long_for_one_turn_is_late() -> None:
    enough = int(STEP_TIME / STEP)
    assert isinstance(turned((Turn.LEFT,), [AHEAD] * enough), Challenge)
    assert turned((Turn.LEFT,), [AHEAD] * (enough + 1)) is Failed.LATE


@pytest.mark.parametrize("way", [1, -1])
def test_who_was_away_may_be_somebody_else_also_when_a_clock_was_set_back(way: int) -> None:
    challenge = begin(HER_OWN, (Turn.LEFT,), NOON)
    assert see(challenge, LEFT, NOON + way * (GAP + STEP)) is Failed.LOST


def test_a_little_is_no_turn() -> None:
    assert facing(HER_OWN, HeadPose(HER_OWN.aside + 0.4 * ASIDE)) is Turn.AHEAD
    assert facing(HER_OWN, HeadPose(HER_OWN.aside + 0.8 * ASIDE)) is None
    assert (facing(HER_OWN, LEFT), facing(HER_OWN, RIGHT)) == (Turn.LEFT, Turn.RIGHT)


def test_the_order_is_as_the_dice_fall() -> None:
    falls = iter([1, 0, 0, 1])
    assert draw(lambda ways: ways[next(falls)]) == (Turn.RIGHT, Turn.LEFT, Turn.LEFT, Turn.RIGHT)
