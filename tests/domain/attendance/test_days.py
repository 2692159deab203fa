"""One day at a time: what the rules make of marks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.domain.attendance.making import (
    ALICE,
    BERLIN,
    FLEXIBLE,
    MONDAY,
    NIGHT,
    NOBODYS,
    OFFICE,
    SHANGHAI,
    THERE,
    book,
    derived,
    marks,
    one_day,
    shift,
    single,
    weekly,
)

from sealgate.domain.attendance import DayClass, Figure, Issue, Verdict, WorkDay
from sealgate.domain.attendance_calendar import Calendar, CalendarDay, SpecialDay
from sealgate.domain.attendance_facts import Approval, ApprovedLeave, LeavePart, PersonFacts
from sealgate.domain.attendance_shifts import ClockSpan
from sealgate.domain.ids import LeaveKindId

LATE, EARLY, AWAY, ABSENT = Figure.LATE, Figure.EARLY, Figure.AWAY, Figure.ABSENT
ANNUAL = LeaveKindId("annual")


def figures(day: WorkDay) -> dict[str, int]:
    """The day's lines by their words, without the plan."""
    return {line.figure.value: day.minutes(line.figure) for line in day.lines if line.figure is not Figure.PLANNED}


def test_a_day_as_planned() -> None:
    day = one_day(OFFICE, "in 08:50", "out 12:01", "in 12:58", "out 18:03")
    assert (day.verdict, figures(day), day.issues) == (Verdict.PRESENT, {"worked": 480}, ())
    assert day.minutes(Figure.PLANNED) == 480


@pytest.mark.parametrize(
    ("came", "counted"),
    [("09:05", {"worked": 475, "excused": 5}), ("09:06", {"worked": 474, "late": 6}), ("09:00:59", {"worked": 480})],
)
def test_late_within_and_beyond_the_grace(came: str, counted: dict[str, int]) -> None:
    assert figures(one_day(OFFICE, f"in {came}", "out 18:00")) == counted


def test_early_and_away() -> None:
    day = one_day(OFFICE, "in 09:00", "out 11:30", "in 13:30", "out 17:00")
    assert figures(day) == {"worked": 360, "early": 60, "away": 60}


def test_a_break_is_not_worked_twice() -> None:
    """Whoever stays inside at noon has no more than whoever goes out."""
    assert figures(one_day(OFFICE, "in 09:00", "out 18:00")) == {"worked": 480}


def test_a_paid_break_counts() -> None:
    document = {"spans": ["09:00-17:00"], "breaks": [{"span": "12:00-12:30", "paid": True}]}
    assert figures(one_day(document, "in 09:00", "out 12:00", "in 12:30", "out 17:00")) == {"worked": 450, "paid-break": 30}


@pytest.mark.parametrize(
    ("came", "verdict"), [("10:59", Verdict.PRESENT), ("11:00", Verdict.HALF_DAY_ABSENT), ("15:00", Verdict.ABSENT)]
)
def test_half_a_day_and_a_day_absent_by_the_thresholds(came: str, verdict: Verdict) -> None:
    day = one_day(OFFICE, f"in {came}", "out 18:00")
    assert day.verdict is verdict
    assert day.absent_halves == {Verdict.PRESENT: 0, Verdict.HALF_DAY_ABSENT: 1, Verdict.ABSENT: 2}[verdict]
    assert day.minutes(Figure.WORKED) > 0  # what was worked stands, whatever the verdict


def test_nobody_came() -> None:
    day = one_day(OFFICE)
    assert (day.verdict, figures(day)) == (Verdict.ABSENT, {"absent": 480})
    assert day.lines[1].sources[0].startswith("shift:")


def test_a_night_shift_belongs_to_the_day_it_begins_on() -> None:
    night = shift(1, NIGHT)
    facts = PersonFacts(ALICE, (weekly(night, all_days=True),), marks=marks("in 21:50", "out +1 06:10"))
    monday, tuesday = derived(facts, book(night), MONDAY, date(2026, 3, 3))
    assert (monday.verdict, monday.minutes(Figure.WORKED)) == (Verdict.PRESENT, 480)
    assert (tuesday.verdict, tuesday.presence) == (Verdict.ABSENT, ())


def test_nights_one_after_another_are_each_their_own() -> None:
    night = shift(1, NIGHT)
    days = [date(2026, 3, n) for n in range(2, 7)]
    seen = tuple(mark for day in days for mark in marks("in 21:50", "out +1 06:10", day=day))
    found = derived(PersonFacts(ALICE, (weekly(night, all_days=True),), marks=seen), book(night), days[0], days[-1])
    assert [figures(day) for day in found] == [{"worked": 480}] * 5


def test_a_split_shift() -> None:
    document = {"spans": ["08:00-12:00", "17:00-21:00"]}
    day = one_day(document, "in 08:00", "out 12:00", "in 17:20", "out 21:00")
    assert figures(day) == {"worked": 460, "late": 20}
    assert figures(one_day(document, "in 08:00", "out 12:00")) == {"worked": 240, "absent": 240}


def test_two_overlapping_shifts_are_worked_once() -> None:
    early, late = shift(1, {"spans": ["06:00-14:00"]}), shift(2, {"spans": ["13:00-21:00"]})
    facts = PersonFacts(ALICE, (weekly(early, late),), marks=marks("in 05:55", "out 21:03"))
    day = derived(facts, book(early, late))[0]
    assert (day.minutes(Figure.PLANNED), day.minutes(Figure.WORKED)) == (15 * 60, 15 * 60)
    assert Issue.OVERLAPPING_SHIFTS in day.issues


def test_shifts_that_overlap_across_midnight_share_no_minute() -> None:
    """Rostered by hand: a night until six, and an early shift from five. The hour between is the night's."""
    night, early = shift(1, NIGHT), shift(2, {"spans": ["05:00-13:00"]})
    tuesday = date(2026, 3, 3)
    singles = single(MONDAY, night) | single(tuesday, early)
    facts = PersonFacts(ALICE, singles=singles, marks=marks("in 21:55", "out +1 13:02"))
    one, other = derived(facts, book(night, early), MONDAY, tuesday)
    assert (one.minutes(Figure.WORKED), other.minutes(Figure.WORKED)) == (480, 420)
    assert other.minutes(Figure.PLANNED) == 420


def test_flexible_hours_are_worked_when_one_likes_and_the_core_is_kept() -> None:
    rules = {"overtime_needs_approval": False}
    assert figures(one_day(FLEXIBLE, "in 07:30", "out 16:30", rules=rules)) == {"worked": 480}
    assert figures(one_day(FLEXIBLE, "in 10:00", "out 19:30", rules=rules)) == {"worked": 480, "overtime": 30}
    late = one_day(FLEXIBLE, "in 10:30", "out 19:00", rules=rules)
    assert figures(late) == {"worked": 450, "late": 30}
    assert figures(one_day(FLEXIBLE, "in 09:00", "out 15:00", rules=rules)) == {"worked": 360, "away": 120}


def test_overtime_waits_for_approval() -> None:
    marks_ = ("in 09:00", "out 20:20")
    day = one_day(OFFICE, *marks_)
    assert (day.overtime(DayClass.WORKDAY), day.overtime(DayClass.WORKDAY, approved=True)) == (120, 0)
    assert Issue.OVERTIME_WAITS in day.issues
    day = one_day(OFFICE, *marks_, approvals={MONDAY: Approval(90, (NOBODYS,))})
    assert (day.overtime(DayClass.WORKDAY, approved=True), day.overtime(DayClass.WORKDAY, approved=False)) == (90, 30)
    assert NOBODYS in day.lines[-1].sources


def test_overtime_before_only_where_the_rules_say_so() -> None:
    assert one_day(OFFICE, "in 07:00", "out 18:00").overtime(DayClass.WORKDAY) == 0
    rules = {"overtime_before": True, "window_before": 60}
    assert one_day(OFFICE, "in 07:00", "out 18:00", rules=rules).overtime(DayClass.WORKDAY) == 60


def test_more_than_the_daily_cap_is_told() -> None:
    assert Issue.OVER_DAILY_CAP in one_day(OFFICE, "in 09:00", "out 22:00").issues


def test_a_forgotten_check_out_is_assumed_and_marked() -> None:
    day = one_day(OFFICE, "in 08:55")
    assert (figures(day), day.presence[0].assumed_out, day.issues) == ({"worked": 480}, True, (Issue.ASSUMED_OUT,))
    day = one_day(OFFICE, "in 08:55", rules={"forgotten_out": "nothing"})
    assert (figures(day), day.issues) == ({"absent": 480}, (Issue.UNPAIRED,))


def test_a_forgotten_check_in_is_assumed_and_marked() -> None:
    day = one_day(OFFICE, "out 18:01")
    assert (figures(day), day.presence[0].assumed_in, day.issues) == ({"worked": 480}, True, (Issue.ASSUMED_IN,))


def test_a_forgotten_check_out_in_between_is_taken_as_still_inside() -> None:
    day = one_day(OFFICE, "in 08:55", "in 13:00", "out 18:00")
    assert (figures(day), day.issues) == ({"worked": 480}, (Issue.UNPAIRED,))


def test_a_forgotten_check_out_does_not_swallow_the_next_day() -> None:
    office = shift(1, OFFICE)
    seen = (*marks("in 08:55"), *marks("in 08:57", "out 18:00", day=date(2026, 3, 3)))
    monday, tuesday = derived(PersonFacts(ALICE, (weekly(office),), marks=seen), book(office), MONDAY, date(2026, 3, 3))
    assert (figures(monday), figures(tuesday)) == ({"worked": 480}, {"worked": 480})
    assert (monday.needs_somebody, tuesday.needs_somebody) == (True, False)


def test_two_readers_that_see_one_movement_count_it_once() -> None:
    day = one_day(OFFICE, "in 08:55:10", "in 08:55:40", "out 18:00:00", "out 18:00:30")
    assert (figures(day), day.issues) == ({"worked": 480}, ())


def test_from_first_to_last_mark_where_only_coming_is_seen() -> None:
    rules = {"counting": "span"}
    assert figures(one_day(OFFICE, "in 08:55", "in 12:30", "in 18:01", rules=rules)) == {"worked": 480}
    day = one_day(OFFICE, "in 08:55", rules=rules)
    assert (figures(day), day.issues) == ({"worked": 480}, (Issue.ASSUMED_OUT,))
    day = one_day(OFFICE, "in 17:59", rules=rules)
    assert day.issues == (Issue.ASSUMED_IN,)


def test_presence_beyond_the_window_is_told_and_not_counted() -> None:
    day = one_day(OFFICE, "in 04:00", "out 04:30", "in 09:00", "out 18:00")
    assert (figures(day), day.issues) == ({"worked": 480}, (Issue.OUTSIDE_WINDOW,))


@pytest.mark.parametrize(("side", "worked"), [("earlier", 480), ("later", 465), ("nearest", 480)])
def test_marks_are_rounded_to_the_step(side: str, worked: int) -> None:
    rules = {"round_step": 15, "round_in": side, "round_out": "nearest", "late_grace": 0}
    assert one_day(OFFICE, "in 09:07", "out 18:04", rules=rules).minutes(Figure.WORKED) == worked


def test_work_on_a_rest_day_is_overtime_of_a_rest_day() -> None:
    office, saturday = shift(1, OFFICE), date(2026, 3, 7)
    facts = PersonFacts(ALICE, (weekly(office),), marks=marks("in 09:00", "out 18:00", day=saturday))
    day = derived(facts, book(office), saturday)[0]
    assert (day.day_class, day.overtime(DayClass.RESTDAY), day.minutes(Figure.PLANNED)) == (DayClass.RESTDAY, 480, 0)
    assert Issue.UNPLANNED_WORK in day.issues


def holiday(*days: date) -> Calendar:
    return Calendar("cn", {day: SpecialDay(day, CalendarDay.STATUTORY, "A holiday") for day in days})


def test_work_by_the_roster_on_a_holiday_pays_as_a_holiday() -> None:
    office = shift(1, {"spans": ["09:00-17:00"]})
    facts = PersonFacts(ALICE, (weekly(office, all_days=True),), marks=marks("in 09:00", "out 17:00"))
    day = derived(facts, book(office, calendar=holiday(MONDAY)))[0]
    assert figures(day) == {"holiday-work": 480}
    assert day.overtime(DayClass.HOLIDAY, approved=True) == 480


def test_of_a_night_into_a_holiday_only_the_hours_after_midnight_pay_as_one() -> None:
    night = shift(1, NIGHT)
    facts = PersonFacts(ALICE, (weekly(night, all_days=True),), marks=marks("in 22:00", "out +1 06:00"))
    day = derived(facts, book(night, calendar=holiday(date(2026, 3, 3))))[0]
    assert figures(day) == {"worked": 120, "holiday-work": 360}


def test_a_make_up_day_has_the_shift_of_the_weekday_it_is_worked_for() -> None:
    office, short = shift(1, OFFICE), shift(2, {"spans": ["09:00-12:00"]})
    saturday, friday = date(2026, 3, 7), date(2026, 3, 13)
    days = {
        saturday: SpecialDay(saturday, CalendarDay.MAKEUP_WORKDAY, "", instead_of=friday),
        friday: SpecialDay(friday, CalendarDay.REST_SWAPPED, ""),
    }
    pattern = weekly(office)
    cycle = (*pattern.cycle[:4], (short.shift,), (), ())
    facts = PersonFacts(ALICE, (type(pattern)(**{**_fields(pattern), "cycle": cycle}),))
    found = derived(facts, book(office, short, calendar=Calendar("cn", days)), saturday, friday)
    assert (found[0].minutes(Figure.PLANNED), found[0].day_class) == (180, DayClass.WORKDAY)
    assert (found[-1].minutes(Figure.PLANNED), found[-1].day_class) == (0, DayClass.RESTDAY)


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


@pytest.mark.parametrize(
    ("day", "real"),
    [(date(2026, 3, 28), 7 * 60), (date(2026, 10, 24), 9 * 60), (date(2026, 6, 6), 8 * 60)],
    ids=["clocks go forward", "clocks go back", "an ordinary night"],
)
def test_a_night_on_which_the_clocks_change_has_the_hours_it_had(day: date, real: int) -> None:
    night = shift(1, NIGHT)
    seen = marks("in 22:00", "out +1 06:00", day=day, zone=BERLIN)
    facts = PersonFacts(ALICE, (weekly(night, site=THERE, all_days=True),), marks=seen)
    found = derived(facts, book(night), day)[0]
    assert (found.minutes(Figure.PLANNED), found.minutes(Figure.WORKED)) == (real, real)
    assert (Issue.CLOCKS_CHANGED in found.issues) is (real != 480)


def test_who_moves_to_another_time_zone_works_by_the_clock_of_the_place() -> None:
    """Monday in Shanghai, Tuesday in Berlin: each shift begins at nine of its own clock."""
    office, tuesday = shift(1, OFFICE), date(2026, 3, 3)
    singles = single(MONDAY, office) | single(tuesday, office, site=THERE)
    seen = (*marks("in 09:00", "out 18:00"), *marks("in 09:00", "out 18:00", day=tuesday, zone=BERLIN))
    one, other = derived(PersonFacts(ALICE, singles=singles, marks=seen), book(office), MONDAY, tuesday)
    assert (figures(one), figures(other)) == ({"worked": 480}, {"worked": 480})
    assert (one.zone, other.zone) == (SHANGHAI.key, BERLIN.key)


def leave(part: LeavePart, span: ClockSpan | None = None) -> tuple[ApprovedLeave, ...]:
    return (ApprovedLeave(NOBODYS, ANNUAL, MONDAY, MONDAY, part, span),)


@pytest.mark.parametrize(
    ("given", "texts", "counted"),
    [
        (leave(LeavePart.WHOLE), (), {"leave": 480}),
        (leave(LeavePart.FIRST_HALF), ("in 14:00", "out 18:00"), {"leave": 240, "worked": 240}),
        (leave(LeavePart.SECOND_HALF), ("in 09:00", "out 14:00"), {"leave": 240, "worked": 240}),
        (leave(LeavePart.HOURS, ClockSpan(600, 660)), ("in 09:00", "out 18:00"), {"leave": 60, "worked": 420}),
        (leave(LeavePart.FIRST_HALF), (), {"leave": 240, "absent": 240}),
    ],
)
def test_leave_is_taken_out_of_the_plan(given: Any, texts: tuple[str, ...], counted: dict[str, int]) -> None:
    day = one_day(OFFICE, *texts, leaves=given)
    assert figures(day) == counted
    assert day.leave() == {ANNUAL: counted["leave"]}


def test_a_day_under_way_is_not_judged() -> None:
    office = shift(1, OFFICE)
    facts = PersonFacts(ALICE, (weekly(office),), marks=marks("in 09:30"))
    now = datetime(2026, 3, 2, 7, tzinfo=UTC)  # 15:00 there
    day, after = derived(facts, book(office), MONDAY, date(2026, 3, 3), now=now)
    assert (day.verdict, figures(day), day.issues) == (Verdict.UNDER_WAY, {"worked": 270}, ())
    assert (after.verdict, figures(after)) == (Verdict.AHEAD, {})


def test_a_person_belongs_here_only_while_the_contract_lasts() -> None:
    office = shift(1, OFFICE)
    facts = PersonFacts(ALICE, (weekly(office),), since=date(2026, 3, 3), until=date(2026, 3, 4))
    found = derived(facts, book(office), MONDAY, date(2026, 3, 5))
    assert [day.verdict for day in found] == [Verdict.OFF, Verdict.ABSENT, Verdict.ABSENT, Verdict.OFF]
