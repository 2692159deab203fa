"""Local days and weekly timetables.

A local day is a date together with its zone: 23:30 in Shanghai and 23:30 in Berlin are different days.
Spans are wall-clock time, so a span of 01:00-04:00 lasts two or four hours when clocks change, as people expect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sealgate.domain.errors import Invalid

DAY = timedelta(days=1)


class BadTimetable(Invalid):
    code = "timetable.invalid"


class BadZone(Invalid):
    code = "site.unknown-time-zone"


def zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name, or `BadZone`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadZone(name, field="time_zone", hint="Use an IANA name such as Asia/Shanghai") from error


def local_day(at: datetime, tz: ZoneInfo) -> date:
    return at.astimezone(tz).date()


def day_number(day: date) -> int:
    """Days since 1970-01-01: how a local day is stored (`passages.day`)."""
    return (day - date(1970, 1, 1)).days


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `start` until `end` on one local day, end not included; `end` at or before `start` runs past midnight."""

    start: time
    end: time

    @property
    def overnight(self) -> bool:
        return self.end <= self.start


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a grant holds: spans for each weekday (0 is Monday), and for holidays where they differ.

    `holidays=None` means that a holiday is a day like another; an empty tuple, that nothing is open then.
    """

    week: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    holidays: tuple[Span, ...] | None = ()

    def __post_init__(self) -> None:
        if any(not 0 <= day <= 6 for day in self.week):
            raise BadTimetable("a weekday is 0 (Monday) to 6 (Sunday)", field="week")

    def spans(self, day: date, holidays: frozenset[date]) -> tuple[Span, ...]:
        if self.holidays is not None and day in holidays:
            return self.holidays
        return self.week.get(day.weekday(), ())

    def holds(self, at: datetime, tz: ZoneInfo, holidays: frozenset[date] = frozenset()) -> bool:
        """Whether the instant lies in a span of its local day, or in one that began the evening before."""
        local = at.astimezone(tz)
        today, clock = local.date(), local.time().replace(tzinfo=None)
        for span in self.spans(today, holidays):
            if span.start <= clock and (span.overnight or clock < span.end):
                return True
        return any(span.overnight and clock < span.end for span in self.spans(today - DAY, holidays))


def parse_timetable(text: Mapping[str, object]) -> Timetable:
    """Read `{"mon": ["08:00-18:00"], ..., "holidays": []}`; `"24:00"` ends a day. Raises `BadTimetable`."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    unknown = set(text) - {*names, "holidays"}
    if unknown:
        raise BadTimetable(f"unknown day {min(unknown)!r}", field="week", hint="Days are mon to sun, and holidays")
    week = {index: _spans(text[name], name) for index, name in enumerate(names) if name in text}
    holidays = text.get("holidays", [])
    return Timetable(week, None if holidays is None else _spans(holidays, "holidays"))


def timetable_text(table: Timetable) -> dict[str, list[str] | None]:
    """The opposite of `parse_timetable`."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    text: dict[str, list[str] | None] = {names[day]: [_text(s) for s in spans] for day, spans in sorted(table.week.items())}
    text["holidays"] = None if table.holidays is None else [_text(s) for s in table.holidays]
    return text


def _text(span: Span) -> str:
    end = "24:00" if span.end == time(0) and span.start != time(0) else f"{span.end:%H:%M}"
    return f"{span.start:%H:%M}-{end}"


def _spans(value: object, day: str) -> tuple[Span, ...]:
    if not isinstance(value, list) or len(value) > 24:
        raise BadTimetable(f"{day}: a list of at most 24 spans is needed", field=day)
    spans = tuple(sorted(_span(item, day) for item in value))
    for earlier, later in pairwise(spans):
        if earlier.overnight or later.start < earlier.end:
            raise BadTimetable(f"{day}: spans overlap", field=day, hint="Join them, or end the first before the second begins")
    return spans


def _span(item: object, day: str) -> Span:
    try:
        start, end = str(item).split("-")
        return Span(_clock(start), _clock(end))
    except ValueError as error:
        raise BadTimetable(f"{day}: {item!r} is not a span", field=day, hint="Write 08:00-18:00") from error


def _clock(text: str) -> time:
    if text.strip() == "24:00":
        return time(0)
    return time.fromisoformat(text.strip())
