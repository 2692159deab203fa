"""What holds for every month that anybody can think of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.attendance.making import ALICE, FLEXIBLE, MONDAY, NIGHT, NOBODYS, OFFICE, book, derived, shift, weekly

from sealgate.domain.attendance import MISSING, Direction, Figure, Mark, Source, WorkDay, totals
from sealgate.domain.attendance_coding import decoded, encoded
from sealgate.domain.attendance_facts import ApprovedLeave, LeavePart, PersonFacts
from sealgate.domain.ids import LeaveKindId

SHIFTS = (
    shift(1, OFFICE),
    shift(2, NIGHT),
    shift(3, FLEXIBLE),
    shift(4, {"spans": ["06:00-10:00", "15:00-19:00"], "breaks": [{"span": "16:00-16:20", "paid": True}]}),
    shift(5, {"spans": ["14:00-23:00"], "breaks": [{"span": "18:00-19:00"}]}),
)
RULES: tuple[dict[str, Any], ...] = (
    {},
    {"counting": "span"},
    {"round_step": 15, "round_in": "later", "round_out": "earlier", "overtime_before": True},
    {"forgotten_in": "nothing", "forgotten_out": "nothing", "overtime_needs_approval": False, "overtime_min": 0},
)
FRIDAY = MONDAY + timedelta(days=4)
ZERO = 1_772_380_800_000_000
"""Microseconds of MONDAY's midnight in Shanghai."""

A_MINUTE = 60_000_000
minutes = st.integers(-600, 5 * 1440 + 600)
moments = st.lists(st.tuples(minutes, st.sampled_from(Direction)), max_size=24)


def as_marks(moments: list[tuple[int, Direction]]) -> tuple[Mark, ...]:
    return tuple(
        Mark(ZERO + minute * A_MINUTE, direction, Source(f"passage:{number}"))
        for number, (minute, direction) in enumerate(moments)
    )


@st.composite
def months(draw: st.DrawFn) -> tuple[PersonFacts, Any]:
    """A week of anybody: a shift every day or on weekdays, any marks, perhaps leave in the middle, and any of the rules."""
    rostered = draw(st.sampled_from(SHIFTS))
    away = st.sampled_from([None, LeavePart.WHOLE, LeavePart.FIRST_HALF, LeavePart.SECOND_HALF])
    part, wednesday = draw(away), MONDAY + timedelta(days=2)
    leaves = () if part is None else (ApprovedLeave(NOBODYS, LeaveKindId("annual"), wednesday, wednesday, part),)
    facts = PersonFacts(ALICE, (weekly(rostered, all_days=draw(st.booleans())),), marks=as_marks(draw(moments)), leaves=leaves)
    return facts, book(*SHIFTS, rules=draw(st.sampled_from(RULES)))


def week(facts: PersonFacts, laid: Any) -> tuple[WorkDay, ...]:
    return derived(facts, laid, MONDAY, FRIDAY)


@given(months())
def test_deriving_twice_gives_the_same_bytes(month: Any) -> None:
    assert encoded(week(*month)) == encoded(week(*month))


@given(months(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(month: Any, dice: Any) -> None:
    facts, laid = month
    shuffled = list(facts.marks)
    dice.shuffle(shuffled)
    assert week(replace(facts, marks=tuple(shuffled)), laid) == week(facts, laid)


@given(months())
def test_what_is_planned_is_made_up_of_what_became_of_it(month: Any) -> None:
    of_plan = (Figure.WORKED, Figure.HOLIDAY_WORK, Figure.PAID_BREAK, Figure.LEAVE, Figure.EXCUSED, *MISSING)
    for day in week(*month):
        assert day.minutes(Figure.PLANNED) == day.minutes(*of_plan)
        assert all(line.minutes > 0 and 0 <= line.approved <= line.minutes for line in day.lines)


@given(months())
def test_the_sums_of_the_lines_are_the_totals(month: Any) -> None:
    days = week(*month)
    summed = totals(days)
    for figure in Figure:
        assert sum(t.minutes for t in summed if t.figure is figure) == sum(day.minutes(figure) for day in days)
    assert sum(t.approved for t in summed) == sum(line.approved for day in days for line in day.lines)


@given(months())
def test_what_is_kept_reads_as_it_was(month: Any) -> None:
    days = week(*month)
    assert decoded(encoded(days)) == days


@given(months())
def test_a_day_derives_by_itself_as_in_its_week(month: Any) -> None:
    facts, laid = month
    whole = week(facts, laid)
    assert [derived(facts, laid, day.day)[0] for day in whole] == list(whole)


@given(months())
def test_presence_never_overlaps_and_every_figure_says_where_it_came_from(month: Any) -> None:
    for day in week(*month):
        assert all(one.begin < one.end for one in day.presence)
        assert all(one.end <= other.begin for one, other in pairwise(day.presence))
        assert all(line.sources for line in day.lines)


def counted(days: tuple[WorkDay, ...]) -> int:
    paid = (Figure.WORKED, Figure.HOLIDAY_WORK, Figure.PAID_BREAK, Figure.OVERTIME)
    return sum(day.minutes(*paid) for day in days)


@settings(max_examples=200)
@given(
    st.sampled_from(SHIFTS),
    st.sampled_from(RULES),
    st.integers(0, 1400),
    st.integers(1, 720),  # with both sides at most `longest`: marks further apart belong to nobody
    st.integers(0, 240),
    st.integers(0, 240),
)
def test_longer_presence_never_gives_less(
    rostered: Any, rules: dict[str, Any], came: int, stayed: int, earlier: int, later: int
) -> None:
    """One presence of a day, and the same begun earlier and ended later."""
    laid = book(*SHIFTS, rules=rules)
    facts = PersonFacts(ALICE, (weekly(rostered),))
    start, end = 1440 + came, 1440 + came + stayed
    short = as_marks([(start, Direction.IN), (end, Direction.OUT)])
    long = as_marks([(start - earlier, Direction.IN), (end + later, Direction.OUT)])
    assert counted(week(replace(facts, marks=long), laid)) >= counted(week(replace(facts, marks=short), laid))


def test_monday_is_where_the_laws_say() -> None:
    assert date(1970, 1, 1) + timedelta(microseconds=ZERO + 8 * 3_600_000_000) == MONDAY


@given(months())
def test_the_bytes_are_what_json_would_write(month: tuple[PersonFacts, Any]) -> None:
    """They are put together by hand; a month that was kept by an older program must not count as changed."""
    found = encoded(week(*month))
    assert json.dumps(json.loads(found), ensure_ascii=False, separators=(",", ":")).encode() == found
    assert decoded(found) == week(*month)
