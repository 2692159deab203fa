"""Rules, shifts, rosters, calendars and leave as data: what can be read, and what is refused with a code."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.domain.attendance.making import ALICE, FLEXIBLE, MONDAY, NIGHT, OFFICE, book, derived, shift, weekly

from sealgate.domain.attendance import DayClass, Figure, Line, Verdict, WorkDay, month_bounds
from sealgate.domain.attendance_calendar import read_calendar
from sealgate.domain.attendance_errors import (
    BadCalendar,
    BadHourRules,
    BadMonth,
    BadRoster,
    BadShift,
    NegativeHours,
    NoSuchCalendar,
    NoSuchRules,
    RulesGap,
    RulesOverlap,
    ShiftMissing,
)
from sealgate.domain.attendance_facts import PersonFacts
from sealgate.domain.attendance_leave import KINDS, LeaveKind, LeaveState, Service, Step, balance, entitled_days, months_after
from sealgate.domain.attendance_periods import comprehensive, over_caps, period_begin
from sealgate.domain.attendance_rosters import checked_pattern, pattern_on
from sealgate.domain.attendance_rules import Period, Rules, read_rules, rules_document
from sealgate.domain.attendance_shifts import in_force, read_shift, shift_document
from sealgate.domain.errors import Refused
from sealgate.domain.ids import GroupId, LeaveKindId, RosterId, ShiftId

ANNUAL = KINDS[0]
DAY = timedelta(days=1)


# --- Rules ---


def test_the_version_of_the_day_holds() -> None:
    rules = read_rules("standard", [{"since": "2026-01-01", "late_grace": 1}, {"since": "2026-07-01", "late_grace": 2}])
    assert [rules.on(day).late_grace for day in (date(2026, 6, 30), date(2026, 7, 1))] == [1, 2]
    assert read_rules("standard", rules_document(rules)) == rules


@pytest.mark.parametrize(
    ("versions", "refusal"),
    [
        ([{"since": "2026-01-01", "until": "2026-03-31"}, {"since": "2026-04-02"}], RulesGap),
        ([{"since": "2026-01-01", "until": "2026-04-01"}, {"since": "2026-04-01"}], RulesOverlap),
        ([{"since": "2026-01-01"}, {"since": "2026-01-01"}], RulesOverlap),
        ([{"since": "2026-01-01", "until": "2025-01-01"}], NegativeHours),
        ([{"since": "2026-01-01", "late_grace": -1}], NegativeHours),
        ([{"since": "2026-01-01", "late_grace": 5.5}], BadHourRules),
        ([{"since": "2026-01-01", "late_grace": True}], BadHourRules),
        ([{"since": "2026-01-01", "counting": "sideways"}], BadHourRules),
        ([{"since": "2026-01-01", "round_step": 0}], BadHourRules),
        ([{"since": "2026-02-30"}], BadHourRules),
        ([{"since": "2026-01-01", "grace": 5}], BadHourRules),
        ([{}], BadHourRules),
        ([], BadHourRules),
        (["2026-01-01"], BadHourRules),
    ],
)
def test_rules_that_cannot_be(versions: Any, refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        read_rules("standard", versions)


def test_a_day_that_no_version_covers_is_an_error_and_no_guess() -> None:
    office = shift(1, OFFICE)
    facts = PersonFacts(ALICE, (weekly(office),))
    laid = book(office)
    for since, until in (("2026-04-01", None), ("2020-01-01", "2026-02-01")):
        gap = read_rules("standard", [{"since": since, "until": until}])
        with pytest.raises(RulesGap):
            derived(facts, replace(laid, rules={"standard": gap}))
    with pytest.raises(NoSuchRules):
        derived(facts, replace(laid, rules={}))
    with pytest.raises(NoSuchCalendar):
        derived(facts, replace(laid, calendars={}))


# --- Shifts ---


@pytest.mark.parametrize("document", [OFFICE, NIGHT, FLEXIBLE, {"spans": ["08:00-12:00", "22:00-02:00"]}])
def test_a_shift_is_read_as_it_was_written(document: dict[str, Any]) -> None:
    made = shift(1, document)
    assert read_shift(made.shift, made.since, made.name, shift_document(made)) == made


def test_a_break_after_midnight_lies_in_the_night() -> None:
    made = shift(1, {**NIGHT, "breaks": [{"span": "02:00-02:30"}]})
    assert (made.breaks[0].span.start, made.overnight) == (1560, True)


@pytest.mark.parametrize(
    ("document", "refusal"),
    [
        ({"spans": []}, BadShift),
        ({"spans": ["09:00-09:00"]}, NegativeHours),
        ({"spans": ["09:00"]}, BadShift),
        ({"spans": ["25:00-26:00"]}, BadShift),
        ({"spans": ["09:00-12:00", "11:00-15:00"]}, BadShift),
        ({"spans": ["09:00-18:00"], "breaks": [{"span": "18:00-19:00"}]}, BadShift),
        ({"spans": ["09:00-18:00"], "breaks": [{"span": "12:00-13:00"}, {"span": "12:30-13:30"}]}, BadShift),
        ({"kind": "flexible", "spans": ["10:00-15:00"]}, BadShift),
        ({"kind": "flexible", "band": "08:00-10:00", "target": 480}, BadShift),
        ({"kind": "flexible", "band": "08:00-20:00", "target": -1}, NegativeHours),
        ({"kind": "elastic", "spans": ["09:00-18:00"]}, BadShift),
        ({"spans": ["09:00-18:00"], "colour": "red"}, BadShift),
    ],
)
def test_shifts_that_cannot_be(document: dict[str, Any], refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        shift(1, document)


def test_a_shift_that_is_removed_or_not_there_yet_is_an_error() -> None:
    office = shift(1, OFFICE, since=date(2026, 3, 3))
    facts = PersonFacts(ALICE, (weekly(office),))
    with pytest.raises(ShiftMissing):
        derived(facts, book(office), MONDAY)
    there = shift(1, OFFICE)
    with pytest.raises(ShiftMissing):
        derived(facts, replace(book(there), removed={there.shift: MONDAY}))
    assert in_force((there, office), date(2026, 3, 3)) == office


# --- Rosters ---


def test_ones_own_pattern_beats_the_groups_and_the_newer_the_older() -> None:
    own = weekly(shift(1, OFFICE), number=2)
    older = replace(own, roster=RosterId(UUID(int=1)))
    groups = replace(own, roster=RosterId(UUID(int=9)), person=None, group=GroupId(UUID(int=5)))
    assert pattern_on((groups, older, own), MONDAY) == own
    assert pattern_on((groups, replace(own, until=MONDAY - DAY)), MONDAY) == groups
    assert pattern_on((), MONDAY) is None


def test_a_rotation_of_eight_days_turns() -> None:
    early, late, night = (shift(n, d) for n, d in enumerate(({"spans": ["06:00-14:00"]}, {"spans": ["14:00-22:00"]}, NIGHT)))
    cycle = (*((s.shift,) for s in (early, early, late, late, night, night)), (), ())
    pattern = replace(weekly(early, all_days=True), cycle=cycle)
    found = derived(PersonFacts(ALICE, (pattern,)), book(early, late, night), MONDAY, MONDAY + DAY * 15)
    worked = [day.shifts[0] if day.shifts else None for day in found]
    assert worked[:8] == worked[8:] == [*(day[0] if day else None for day in cycle)]
    assert [day.verdict for day in found[6:8]] == [Verdict.OFF, Verdict.OFF]


def test_rosters_that_cannot_be() -> None:
    pattern, known = weekly(shift(1, OFFICE)), [shift(1, OFFICE).shift]
    assert checked_pattern(pattern, known) == pattern
    with pytest.raises(BadRoster):
        checked_pattern(replace(pattern, person=None), known)
    with pytest.raises(BadRoster):
        checked_pattern(replace(pattern, cycle=()), known)
    with pytest.raises(BadRoster):
        checked_pattern(pattern, [])
    with pytest.raises(NegativeHours):
        checked_pattern(replace(pattern, until=pattern.since - DAY), known)
    with pytest.raises(BadRoster):
        checked_pattern(replace(pattern, cycle=((known[0], known[0]),)), known)
    with pytest.raises(BadRoster):
        derived(PersonFacts(ALICE, (weekly(shift(1, OFFICE), shift(2, FLEXIBLE)),)), book(shift(1, OFFICE), shift(2, FLEXIBLE)))


# --- Calendars and months ---

HEAD = "day,kind,name_en,name_zh,instead_of,origin\n"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "2026-13-01,statutory,,,,\n",
        HEAD + "2026-01-01,feast,,,,\n",
        HEAD + "2026-01-01,statutory,,,,\n2026-01-01,statutory,,,,\n",
        HEAD + "2026-01-01\n",
        "day,kind\n2026-01-01,statutory\n",
    ],
)
def test_calendars_that_cannot_be_read(text: str) -> None:
    with pytest.raises(BadCalendar):
        read_calendar("de", text)


@pytest.mark.parametrize("month", ["2026-13", "2026", "2026-1", "october", "2026-10-01", "", "0001-01"])
def test_months_that_are_none(month: str) -> None:
    with pytest.raises(BadMonth):
        month_bounds(month)


def test_a_month_has_its_first_and_last_day() -> None:
    assert month_bounds("2024-02") == (date(2024, 2, 1), date(2024, 2, 29))
    assert month_bounds("2026-12") == (date(2026, 12, 1), date(2026, 12, 31))


# --- Leave: State Council order no. 514 and its rules of application, recomputed by hand ---


@pytest.mark.parametrize(
    ("service", "year", "days"),
    [
        (Service(date(2020, 1, 1), date(2015, 1, 1)), 2024, 5),  # nine years of work
        (Service(date(2020, 1, 1), date(2015, 1, 1)), 2025, 10),  # ten years on the first of January
        (Service(date(2020, 1, 1), date(2004, 1, 1)), 2024, 15),
        (Service(date(2026, 7, 1), date(2020, 1, 1)), 2026, 2),  # 184 of 365 days of 5 are 2.52: parts are dropped
        (Service(date(2026, 11, 1), date(2020, 1, 1)), 2026, 0),  # 61 of 365 of 5 are 0.83
        (Service(date(2026, 3, 1), date(2026, 3, 1)), 2026, 0),  # no twelve months of work yet
        (Service(date(2026, 3, 1), date(2026, 3, 1)), 2027, 4),  # from 1 March 2027: 306 of 365 of 5 are 4.19
        (Service(date(2020, 1, 1), date(2015, 1, 1), left=date(2026, 6, 30)), 2026, 4),  # 181 of 365 of 10 are 4.95
        (Service(date(2020, 1, 1), date(2016, 7, 1)), 2026, 7),  # 181 days of 5 and 184 of 10 a year are 7.52
    ],
)
def test_annual_leave_of_china(service: Service, year: int, days: int) -> None:
    assert entitled_days(ANNUAL, service, year) == days


def test_leave_that_grows_by_the_month() -> None:
    german = LeaveKind(LeaveKindId("urlaub"), "Urlaub", steps=(Step(0, 24),), by_month=True)
    service = Service(date(2025, 1, 1), date(2025, 1, 1))
    assert [entitled_days(german, service, 2026, date(2026, month, 15)) for month in (1, 2, 7, 12)] == [0, 2, 11, 21]


def test_what_is_left_over_may_be_used_until_its_deadline() -> None:
    kind = replace(ANNUAL, carry_months=3)
    service = Service(date(2020, 1, 1), date(2015, 7, 1))
    used = [(date(2025, 5, 5) + DAY * n, 480, LeaveState.APPROVED) for n in range(4)]
    before = balance(kind, service, [], used, date(2026, 2, 1), 480)
    after = balance(kind, service, [], used, date(2026, 4, 1), 480)
    assert (before.carried, after.carried) == (3 * 480, 0)  # 2025 gave seven days, four were taken
    taken = [*used, (date(2026, 3, 30), 480, LeaveState.APPROVED)]
    kept = balance(kind, service, [], taken, date(2026, 4, 1), 480)
    assert (kept.carried, kept.left - after.left) == (480, 0)  # the day in March was paid by what was carried


def test_the_same_day_so_many_months_later() -> None:
    assert months_after(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_after(date(2024, 2, 29), 12) == date(2025, 2, 28)


# --- Periods ---


def worked(day: date, minutes: int, approved: int = 0) -> WorkDay:
    lines = [Line(Figure.WORKED, minutes, ())]
    if approved:
        lines.append(Line(Figure.OVERTIME, approved, (), DayClass.WORKDAY, approved))
    return WorkDay(day, DayClass.WORKDAY, Verdict.PRESENT, "UTC", lines=tuple(lines))


def test_more_overtime_than_the_caps_allow_is_told() -> None:
    days = [worked(MONDAY + DAY * n, 480, 180) for n in range(19)]
    rules = Rules("standard", MONDAY, weekly_cap=1000)
    told = over_caps(days, rules)
    assert [(cap.period, cap.begin, cap.minutes) for cap in told] == [
        (Period.WEEK, MONDAY, 1260),
        (Period.WEEK, MONDAY + DAY * 7, 1260),
        (Period.MONTH, date(2026, 3, 1), 3420),
    ]


def test_the_comprehensive_system_compares_the_period() -> None:
    rules = read_rules("plant", [{"since": "2026-01-01", "system": "comprehensive", "period": "month", "period_minutes": 9920}])
    days = [worked(date(2026, 3, 1) + DAY * n, 600) for n in range(18)]
    only = comprehensive(days, rules.versions[0])
    assert [(one.begin, one.minutes, one.overtime) for one in only] == [(date(2026, 3, 1), 10800, 880)]
    assert comprehensive(days, replace(rules.versions[0], period_minutes=20000))[0].overtime == 0


def test_where_periods_begin() -> None:
    day = date(2026, 8, 19)
    assert [period_begin(day, period) for period in Period] == [
        date(2026, 8, 17), date(2026, 8, 1), date(2026, 7, 1), date(2026, 1, 1),
    ]  # fmt: skip


def test_an_unknown_shift_id_is_nobodys() -> None:
    assert in_force((), MONDAY) is None
    assert ShiftId(UUID(int=101)) == shift(1, OFFICE).shift
