"""Calendars of holidays that come as files: iCalendar from a public office, or our own CSV.

The surprising thing: iCalendar has no word for a day that makes up for another, so an event counts as a statutory day, and
as a make-up working day only where its categories say WORKDAY (or 班). Whatever repeats is unrolled by years that are named.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sealgate.domain.attendance_calendar import COLUMNS, MOST_TEXT, Calendar, CalendarDay, read_calendar
from sealgate.domain.attendance_errors import BadCalendar
from sealgate.domain.ids import TenantId
from sealgate.domain.operators import Permission
from sealgate.flows.kit import House, Signed
from sealgate.privacy import journal
from sealgate.store.engine import Actor
from sealgate.store.hours import shifts as rows

MOST_DAYS = 5_000
YEARS = 10
"""An event that repeats every year without end is taken for so many years from its first."""

_WORKED = {"WORKDAY", "WORKING DAY", "MAKEUP", "班"}
_REST = {"REST", "DAY OFF", "休"}


def import_calendar(house: House, signed: Signed, name: str, data: bytes) -> Calendar:
    """Take in a file under that name, in the place of the one before. Raises `BadCalendar`; nothing is kept of a bad one."""
    signed.need(Permission.HOUR_RULES)
    return take_in(house, signed.tenant, signed.actor, name, data)


def take_in(house: House, tenant: TenantId, actor: Actor, name: str, data: bytes) -> Calendar:
    """As `import_calendar`, for the command line."""
    if len(data) > MOST_TEXT:
        raise BadCalendar("the calendar is larger than 1 MB", field="file")
    text = from_ical(data) if data.lstrip(b"\xef\xbb\xbf \r\n\t").upper().startswith(b"BEGIN:VCALENDAR") else _utf8(data)
    calendar = read_calendar(name, text)
    with house.store.begin(tenant, actor) as tx:
        rows.put_calendar(tx, name, text, house.clock.now())
        told = f"calendar:{name}:{len(calendar.days)}"
        journal.write(tx, house.keyring, house.clock.now(), "calendar.imported", object=told)
    return calendar


def from_ical(data: bytes) -> str:
    """The same days in our CSV. Raises `BadCalendar`."""
    import icalendar  # noqa: PLC0415 - heavy, and needed once a year

    try:
        calendars = icalendar.Calendar.from_ical(data, multiple=True)
        origin = str(calendars[0].get("prodid", ""))[:80] if calendars else ""
        events = [event for one in calendars for event in one.walk("VEVENT")]
        found: dict[date, tuple[str, str]] = {}
        for event in events:
            for day in _days(event):
                found.setdefault(day, (_kind(event).value, " ".join(str(event.get("summary", "")).split())[:80]))
                if len(found) > MOST_DAYS:
                    raise BadCalendar(f"more than {MOST_DAYS} days", field="file")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise BadCalendar("this is no iCalendar file that can be read", field="file") from error
    if not found:
        raise BadCalendar("there is no day in this calendar", field="file")
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows((day, *found[day], "", "", origin) for day in sorted(found))
    return out.getvalue()


def _kind(event: Any) -> CalendarDay:
    given = event.get("categories")
    lists = given if isinstance(given, list) else [given] if given is not None else []
    words = {str(word).strip().upper() for one in lists for word in getattr(one, "cats", [one])}
    if words & _WORKED:
        return CalendarDay.MAKEUP_WORKDAY
    return CalendarDay.REST_WEEKEND if words & _REST else CalendarDay.STATUTORY


def _days(event: Any) -> Iterator[date]:
    """Each whole day of the event, and of its yearly repetitions. An end that is a day is not included (RFC 5545)."""
    first = last = _day(event["dtstart"].dt)
    if end := event.get("dtend"):
        last = _day(end.dt) if isinstance(end.dt, datetime) else end.dt - timedelta(days=1)
    if last < first or (last - first).days > 60:
        raise BadCalendar(f"the event of {first} ends before it begins, or lasts for months", field="file")
    for year in _years(event, first):
        for number in range((last - first).days + 1):
            yield _moved(first, year) + timedelta(days=number)


def _years(event: Any, first: date) -> range:
    rule = event.get("rrule")
    if rule is None:
        return range(first.year, first.year + 1)
    if [str(word) for word in rule.get("FREQ", [])] != ["YEARLY"] or set(rule) - {"FREQ", "COUNT", "UNTIL", "INTERVAL"}:
        raise BadCalendar(f"the event of {first} repeats in a way that is not yearly", field="file")
    if rule.get("INTERVAL", [1]) != [1]:
        raise BadCalendar(f"the event of {first} does not repeat every year", field="file")
    count = int(rule["COUNT"][0]) if "COUNT" in rule else YEARS
    if "UNTIL" in rule:
        count = _day(rule["UNTIL"][0]).year - first.year + 1
    return range(first.year, first.year + max(1, min(count, 100)))


def _moved(day: date, year: int) -> date:
    """The 29th of February is the 1st of March where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadCalendar("the file is not UTF-8", field="file") from error
