"""Calendars of holidays: the one that comes along, and files from elsewhere."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sealgate.domain.attendance import DayClass, Figure
from sealgate.domain.attendance_calendar import CalendarDay
from sealgate.domain.attendance_errors import BadCalendar, NoSuchCalendar
from sealgate.flows import hours_book, hours_calendars, hours_rosters

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Acme//Feiertage//DE\r\n"


def ical(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\nUID:{n}@acme.example\r\n{event}\r\nEND:VEVENT\r\n" for n, event in enumerate(events))
    return f"{HEAD}{body}END:VCALENDAR\r\n".encode()


UNITY = (
    "DTSTART;VALUE=DATE:20261003\r\nDTEND;VALUE=DATE:20261004\r\nSUMMARY:Tag der Deutschen Einheit\r\nRRULE:FREQ=YEARLY;COUNT=3"
)
REFORMATION = "DTSTART;VALUE=DATE:20261031\r\nSUMMARY:Reformationstag"
BRIDGE = "DTSTART;VALUE=DATE:20261228\r\nDTEND;VALUE=DATE:20261231\r\nSUMMARY:Works holiday\r\nCATEGORIES:REST"
SATURDAY = "DTSTART;VALUE=DATE:20261219\r\nSUMMARY:Worked instead\r\nCATEGORIES:WORKDAY"


def test_the_calendar_of_china_has_the_days_of_the_notices() -> None:
    """13 statutory days a year since 2025, 11 before (State Council order no. 795)."""
    china = hours_book.shipped_calendar("cn")
    statutory = [day.year for day, special in china.days.items() if special.kind is CalendarDay.STATUTORY]
    assert [statutory.count(year) for year in (2024, 2025, 2026)] == [11, 13, 13]
    for special in china.days.values():
        if special.kind is CalendarDay.MAKEUP_WORKDAY:
            assert special.day.weekday() >= 5
            assert special.instead_of is not None
            assert china.days[special.instead_of].kind is CalendarDay.REST_SWAPPED


def test_an_ical_file_is_taken_in_and_rules_can_name_it(attendance: Any) -> None:
    house, signed = attendance.house, attendance.campus.signed
    with pytest.raises(NoSuchCalendar):
        hours_rosters.set_rules(house, signed, "standard", [{"since": "2026-01-01", "calendar": "de"}])
    made = hours_calendars.import_calendar(house, signed, "de", ical(UNITY, REFORMATION, BRIDGE, SATURDAY))
    kinds = {day: special.kind for day, special in made.days.items()}
    assert [day for day, kind in kinds.items() if kind is CalendarDay.STATUTORY] == [
        date(2026, 10, 3), date(2026, 10, 31), date(2027, 10, 3), date(2028, 10, 3),
    ]  # fmt: skip
    assert [kinds[date(2026, 12, n)] for n in (28, 29, 30)] == [CalendarDay.REST_WEEKEND] * 3
    assert kinds[date(2026, 12, 19)] is CalendarDay.MAKEUP_WORKDAY
    hours_rosters.set_rules(house, signed, "standard", [{"since": "2026-01-01", "calendar": "de"}])
    alice = attendance.campus.person("Alice Marsh")
    attendance.roster(alice, attendance.day)
    attendance.derive()
    assert attendance.day_of(alice, "10-01").minutes(Figure.PLANNED) == 480  # no holiday in Germany
    assert attendance.day_of(alice, "10-03").day_class is DayClass.HOLIDAY


@pytest.mark.parametrize(
    "data",
    [
        b"BEGIN:VCALENDAR\r\nnonsense",
        ical(),
        ical("DTSTART;VALUE=DATE:20261003\r\nDTEND;VALUE=DATE:20261001"),
        ical("DTSTART;VALUE=DATE:20261003\r\nDTEND;VALUE=DATE:20271003"),
        ical("DTSTART;VALUE=DATE:20261003\r\nRRULE:FREQ=DAILY"),
        ical("DTSTART;VALUE=DATE:20261003\r\nRRULE:FREQ=YEARLY;INTERVAL=0"),
        ical("SUMMARY:No day"),
        b"\xff\xfe\x00",
        b"day,kind\n2026-10-01",
        b"x" * 1_000_001,
    ],
)
def test_files_that_are_no_calendar_are_refused_and_nothing_is_kept(attendance: Any, data: bytes) -> None:
    house, signed = attendance.house, attendance.campus.signed
    with pytest.raises(BadCalendar):
        hours_calendars.import_calendar(house, signed, "de", data)
    assert set(hours_rosters.calendars(house, signed)) == {"cn"}


def test_a_timed_event_is_the_day_it_lies_on() -> None:
    text = hours_calendars.from_ical(ical("DTSTART:20261224T140000Z\r\nDTEND:20261224T230000Z\r\nSUMMARY:Eve"))
    assert "2026-12-24,statutory,Eve" in text
