"""Figures out of work days, and nothing else: whatever is not a day that is over counts nothing."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.attendance import DayClass, Figure, Line, Verdict, WorkDay
from sealgate.domain.ids import PersonId
from sealgate.domain.performance import (
    MAX_SCORE,
    MIN_SCORE,
    SHARES,
    BadCycle,
    BadGoal,
    BadScore,
    BadWords,
    Figures,
    Goal,
    PeriodScore,
    by_month,
    checked_cycle,
    checked_goal,
    checked_score,
    checked_words,
    figures_of,
)


def day(number: int, verdict: Verdict, **minutes: int) -> WorkDay:
    """A day of October with its lines; `overtime` is approved by half."""
    lines = [
        Line(Figure(name.replace("_", "-")), some, (), approved=some // 2 if name == "overtime" else 0)
        for name, some in minutes.items()
    ]
    return WorkDay(date(2026, 10, number), DayClass.WORKDAY, verdict, "Asia/Shanghai", lines=tuple(lines))


WEEK = (
    day(12, Verdict.PRESENT, planned=480, worked=480),
    day(13, Verdict.PRESENT, planned=480, worked=450, late=30, overtime=60),
    day(14, Verdict.HALF_DAY_ABSENT, planned=480, worked=240, early=240),
    day(15, Verdict.ABSENT, planned=480, absent=480),
    day(16, Verdict.ON_LEAVE, planned=480, leave=480),
    day(17, Verdict.OFF),
    day(18, Verdict.UNDER_WAY, planned=480, worked=100),
    day(19, Verdict.AHEAD, planned=480),
)


def test_a_week_in_figures() -> None:
    found = figures_of(WEEK)
    assert (found.due, found.came, found.days, found.punctual) == (8, 5, 3, 1)
    assert (found.planned, found.worked, found.late, found.leave) == (2400, 1170, 30, 480)
    assert (found.overtime, found.overtime_approved) == (60, 30)
    assert (found.attendance, found.punctuality) == (Fraction(5, 8), Fraction(1, 3))


def test_a_day_on_leave_is_neither_due_nor_missed() -> None:
    assert figures_of([day(16, Verdict.ON_LEAVE, planned=480, leave=480)]).attendance is None


def test_where_nothing_was_due_there_is_no_rate() -> None:
    assert (Figures().attendance, Figures().punctuality) == (None, None)


def test_work_on_a_day_off_counts_as_hours_and_not_as_attendance() -> None:
    found = figures_of([day(17, Verdict.OFF, overtime=120)])
    assert (found.due, found.overtime, found.overtime_approved) == (0, 120, 60)


@given(st.lists(st.sampled_from(WEEK)), st.lists(st.sampled_from(WEEK)))
def test_figures_of_two_times_add_up_to_those_of_both(one: list[WorkDay], other: list[WorkDay]) -> None:
    assert figures_of(one) + figures_of(other) == figures_of([*one, *other])
    both = figures_of([*one, *other])
    assert both.came <= both.due
    assert both.punctual <= both.days


def test_months_add_up_to_the_whole() -> None:
    november = WorkDay(date(2026, 11, 2), DayClass.WORKDAY, Verdict.ABSENT, "Asia/Shanghai", lines=WEEK[3].lines)
    found = by_month([*WEEK, november])
    assert list(found) == [date(2026, 10, 1), date(2026, 11, 1)]
    assert sum(found.values(), Figures()) == figures_of([*WEEK, november])


def test_a_score_pays_the_more_the_higher_it_is() -> None:
    shares = [PeriodScore(PersonId(None), date(2026, 1, 1), date(2026, 6, 30), score).share for score in sorted(SHARES)]  # type: ignore[arg-type]
    assert list(SHARES) == list(range(MIN_SCORE, MAX_SCORE + 1))
    assert shares == sorted(shares)
    assert SHARES[3] == 1


def test_what_does_not_fit_is_refused() -> None:
    for score in (0, 6, -1):
        with pytest.raises(BadScore):
            checked_score(score)
    for words in ("", "  \n", "x" * 4_001, "a\x00b"):
        with pytest.raises(BadWords):
            checked_words(words)
    for goal in (Goal(""), Goal("x" * 201), Goal("x", "y" * 501), Goal("x", progress=101), Goal("x", progress=-1)):
        with pytest.raises(BadGoal):
            checked_goal(goal)
    for name, since, until in (
        ("", date(2026, 1, 1), date(2026, 6, 30)),
        ("H1", date(2026, 7, 1), date(2026, 6, 30)),
        ("H1", date(2026, 1, 1), date(2027, 12, 31)),
    ):
        with pytest.raises(BadCycle):
            checked_cycle(name, since, until)
