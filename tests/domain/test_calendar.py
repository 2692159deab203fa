"""Timetables are wall-clock time: nights run past midnight, and a day with a changed clock is still a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.calendar import (
    BadTimetable,
    BadZone,
    Span,
    Timetable,
    day_number,
    local_day,
    parse_timetable,
    timetable_text,
    zone,
)

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
WORKDAYS = parse_timetable({day: ["08:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")})
NIGHT = parse_timetable({"mon": ["22:00-06:00"]})


def at(text: str, tz: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=tz).astimezone(UTC)


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("2026-03-02T08:00", True),
        ("2026-03-02T07:59", False),
        ("2026-03-02T18:00", False),
        ("2026-03-07T12:00", False),
    ],
)
def test_office_hours(when: str, holds: bool) -> None:
    assert WORKDAYS.holds(at(when), SHANGHAI) == holds


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("2026-03-02T21:59", False),
        ("2026-03-02T22:00", True),
        ("2026-03-03T05:59", True),
        ("2026-03-03T06:00", False),
        ("2026-03-03T23:00", False),
        ("2026-03-02T05:00", False),
    ],
)
def test_a_night_runs_past_midnight(when: str, holds: bool) -> None:
    assert NIGHT.holds(at(when), SHANGHAI) == holds


def test_a_night_that_began_before_a_holiday_ends_in_the_morning_all_the_same() -> None:
    holiday = frozenset({date(2026, 3, 3)})
    assert NIGHT.holds(at("2026-03-03T05:00"), SHANGHAI, holiday)


def test_a_holiday_has_hours_of_its_own() -> None:
    table = parse_timetable({"mon": ["08:00-18:00"], "holidays": ["10:00-12:00"]})
    holiday = frozenset({date(2026, 3, 2)})
    assert not table.holds(at("2026-03-02T09:00"), SHANGHAI, holiday)
    assert table.holds(at("2026-03-02T11:00"), SHANGHAI, holiday)
    always = parse_timetable({"mon": ["08:00-18:00"], "holidays": None})
    assert always.holds(at("2026-03-02T09:00"), SHANGHAI, holiday)


def test_the_hour_that_comes_twice_is_open_twice() -> None:
    table = parse_timetable({"sun": ["02:00-03:00"]})
    assert table.holds(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), BERLIN)
    assert table.holds(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), BERLIN)
    assert not table.holds(datetime(2026, 10, 25, 2, 30, tzinfo=UTC), BERLIN)


@pytest.mark.parametrize(
    "text",
    [
        {"monday": ["08:00-18:00"]},
        {"mon": ["08:00"]},
        {"mon": ["8-18"]},
        {"mon": ["25:00-26:00"]},
        {"mon": "08:00-18:00"},
        {"mon": ["08:00-12:00", "11:00-13:00"]},
        {"mon": ["22:00-06:00", "23:00-23:30"]},
        {"mon": ["08:00-08:01"] * 25},
    ],
)
def test_a_wrong_timetable_is_refused(text: dict[str, object]) -> None:
    with pytest.raises(BadTimetable):
        parse_timetable(text)


minutes = st.integers(0, 1439).map(lambda m: time(m // 60, m % 60))


@given(st.dictionaries(st.integers(0, 6), st.tuples(minutes, minutes)), st.one_of(st.none(), st.just(())))
def test_a_timetable_survives_being_written_down(week: dict[int, tuple[time, time]], holidays: tuple[Span, ...] | None) -> None:
    table = Timetable({day: (Span(*span),) for day, span in week.items()}, holidays)
    assert parse_timetable(dict(timetable_text(table))) == table


def test_the_same_instant_is_two_days() -> None:
    late = datetime(2026, 3, 1, 20, tzinfo=UTC)
    assert (local_day(late, SHANGHAI), local_day(late, BERLIN)) == (date(2026, 3, 2), date(2026, 3, 1))


@given(st.dates(date(1971, 1, 1), date(2100, 1, 1)))
def test_day_numbers_count_days(day: date) -> None:
    assert date(1970, 1, 1) + timedelta(days=day_number(day)) == day


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "/etc/localtime"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(BadZone):
        zone(name)
