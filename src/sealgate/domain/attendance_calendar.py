"""Holidays as data: which days are statutory, off, or working days that make up for one.

A day that a calendar does not name is by its weekday: Monday to Friday work, Saturday and Sunday rest. The surprising
thing: a make-up day says for which day it is worked, so that the shift of that weekday is on the roster.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from sealgate.domain.attendance import DayClass
from sealgate.domain.attendance_errors import BadCalendar


class CalendarDay(StrEnum):
    """STATUTORY pays the holiday multiple where it is worked; the other days off pay that of a rest day."""

    STATUTORY = "statutory"
    REST_SWAPPED = "rest-swapped"
    REST_IN_LIEU = "rest-in-lieu"
    REST_WEEKEND = "rest-weekend"
    MAKEUP_WORKDAY = "makeup-workday"


CLASSES: Mapping[CalendarDay, DayClass] = {
    CalendarDay.STATUTORY: DayClass.HOLIDAY,
    CalendarDay.REST_SWAPPED: DayClass.RESTDAY,
    CalendarDay.REST_IN_LIEU: DayClass.RESTDAY,
    CalendarDay.REST_WEEKEND: DayClass.RESTDAY,
    CalendarDay.MAKEUP_WORKDAY: DayClass.WORKDAY,
}
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
MOST_TEXT = 1_000_000
COLUMNS = ("day", "kind", "name_en", "name_zh", "instead_of", "origin")
REST = frozenset({5, 6})


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """`instead_of` is the day that a make-up day pays for. `origin` says who said so."""

    day: date
    kind: CalendarDay
    name_en: str
    name_zh: str = ""
    instead_of: date | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    name: str
    days: Mapping[date, SpecialDay] = field(default_factory=dict)

    def class_of(self, day: date) -> DayClass:
        special = self.days.get(day)
        if special is not None:
            return CLASSES[special.kind]
        return DayClass.RESTDAY if day.weekday() in REST else DayClass.WORKDAY

    def worked_as(self, day: date) -> date:
        """The day whose weekday's shift is worked: its own, or the one that a make-up day pays for."""
        special = self.days.get(day)
        return special.instead_of if special is not None and special.instead_of else day


def read_calendar(name: str, text: str) -> Calendar:
    """From our CSV: `day,kind,name_en,name_zh,instead_of,origin`. Raises `BadCalendar` with the line's number."""
    if not NAME.fullmatch(name) or len(text) > MOST_TEXT:
        raise BadCalendar("a calendar is named in small letters, figures and dashes, and is no larger than 1 MB", field="name")
    days: dict[date, SpecialDay] = {}
    for number, row in enumerate(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")), start=2):
        try:
            day = date.fromisoformat(row["day"])
            instead = date.fromisoformat(row["instead_of"]) if row["instead_of"] else None
            special = SpecialDay(day, CalendarDay(row["kind"]), row["name_en"], row["name_zh"], instead, row["origin"])
        except (ValueError, KeyError, TypeError) as error:
            raise BadCalendar(f"line {number} of the calendar {name!r} cannot be read", field="days") from error
        if day in days:
            raise BadCalendar(f"line {number}: {day} is there twice", field="days")
        days[day] = special
    return Calendar(name, days)


def calendar_text(calendar: Calendar) -> str:
    """What `read_calendar` reads, in the order of the days."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for day, one in sorted(calendar.days.items()):
        table.writerow((day, one.kind.value, one.name_en, one.name_zh, one.instead_of or "", one.origin))
    return out.getvalue()


def checked_day(special: SpecialDay) -> SpecialDay:
    """A day as somebody typed it, its words trimmed. Raises `BadCalendar`."""
    name_en, name_zh = (" ".join(text.split())[:80] for text in (special.name_en, special.name_zh))
    if not (name_en or name_zh):
        raise BadCalendar("a day has a name", field="name_en")
    if special.instead_of is not None and special.kind is not CalendarDay.MAKEUP_WORKDAY:
        raise BadCalendar("only a working day makes up for another", field="instead_of")
    if special.instead_of == special.day:
        raise BadCalendar("a day does not make up for itself", field="instead_of")
    return replace(special, name_en=name_en or name_zh, name_zh=name_zh)
