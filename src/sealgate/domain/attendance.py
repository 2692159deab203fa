"""Attendance in our words: marks come in, work days come out, each figure with what it came from.

The surprising thing: all is counted in whole minutes since 1970 (UTC), seconds dropped. A mark at 09:00:59 is one of 09:00;
so sums are exact, no float is near, and who stays longer never has less. A local day is a word of the roster: a night shift
belongs to the day it begins on, wherever its clock stands when it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, NewType

from sealgate.domain.attendance_errors import BadMonth
from sealgate.domain.ids import LeaveKindId, PersonId, ShiftId

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

Minute = NewType("Minute", int)
"""Whole minutes since 1970-01-01T00:00Z."""

Source = NewType("Source", str)
"""What a figure came from, as `kind:reference`: `passage:7280391`, `punch:<id>`, `correction:<id>`, `approval:<id>`,
`leave:<id>`, `shift:<id>@2026-01-01`, `rules:standard@2026-01-01`, `roster:<id>`, `roster-day:2026-10-03`,
`calendar:cn@2026-10-01`; and `plan` for a mark that was assumed, `now` for one still to come."""


def source(kind: str, reference: object) -> Source:
    return Source(f"{kind}:{reference}")


def minute_of(at: datetime) -> Minute:
    """The minute in which an aware instant lies."""
    return Minute((at - EPOCH) // MINUTE)


def instant_of(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)


class Direction(StrEnum):
    """Sorted by these words: of two marks in one microsecond the way in comes first."""

    IN = "in"
    OUT = "out"


class Mark(NamedTuple):
    """Somebody came or went. `at` is microseconds since 1970 (UTC); sorted as it stands, so no order of arrival matters."""

    at: int
    direction: Direction
    source: Source
    site: str = ""


class DayClass(StrEnum):
    """What work on that day is, for pay: China pays overtime 150, 200 and 300 per cent."""

    WORKDAY = "workday"
    RESTDAY = "restday"
    HOLIDAY = "holiday"


class Verdict(StrEnum):
    """How the day ended for the person; thresholds are of the rules."""

    AHEAD = "ahead"
    UNDER_WAY = "under-way"
    OFF = "off"
    PRESENT = "present"
    HALF_DAY_ABSENT = "half-day-absent"
    ABSENT = "absent"
    ON_LEAVE = "on-leave"


class Figure(StrEnum):
    """What minutes are counted as.

    PLANNED is the roster's, without unpaid breaks. It is made up exactly of WORKED, HOLIDAY_WORK, PAID_BREAK, LEAVE and what is
    missing: EXCUSED (within the grace), LATE, EARLY, AWAY (left in between, or short of the target) and ABSENT (nobody came).
    OVERTIME comes on top, and never counts towards the plan. HOLIDAY_WORK is work by the roster on a statutory holiday.
    """

    PLANNED = "planned"
    WORKED = "worked"
    HOLIDAY_WORK = "holiday-work"
    PAID_BREAK = "paid-break"
    LEAVE = "leave"
    EXCUSED = "excused"
    LATE = "late"
    EARLY = "early"
    AWAY = "away"
    ABSENT = "absent"
    OVERTIME = "overtime"


MISSING = frozenset({Figure.LATE, Figure.EARLY, Figure.AWAY, Figure.ABSENT})
"""What is missing without excuse. `planned = worked + holiday work + paid break + leave + excused + missing`."""


class Issue(StrEnum):
    """What somebody should look at. None of them changes a figure."""

    ASSUMED_IN = "assumed-in"
    ASSUMED_OUT = "assumed-out"
    UNPAIRED = "unpaired"
    OUTSIDE_WINDOW = "outside-window"
    OVERLAPPING_SHIFTS = "overlapping-shifts"
    WORKED_ON_LEAVE = "worked-on-leave"
    UNPLANNED_WORK = "unplanned-work"
    OVERTIME_WAITS = "overtime-waits"
    OVER_DAILY_CAP = "over-daily-cap"
    TWO_SITES = "two-sites"
    CLOCKS_CHANGED = "clocks-changed"


class Line(NamedTuple):
    """So many minutes of one figure. `approved` is of OVERTIME alone, `leave` of LEAVE alone.

    `day_class` is of OVERTIME and HOLIDAY_WORK: which multiple the minutes are paid at.
    """

    figure: Figure
    minutes: int
    sources: tuple[Source, ...]
    day_class: DayClass | None = None
    approved: int = 0
    leave: LeaveKindId | None = None


class Stretch(NamedTuple):
    """Somebody was there from minute `begin` to `end`. A mark that nobody made is assumed, and its source is `plan`."""

    begin: Minute
    end: Minute
    came: Source
    left: Source
    assumed_in: bool = False
    assumed_out: bool = False

    @property
    def since(self) -> datetime:
        return instant_of(self.begin)

    @property
    def until(self) -> datetime:
        return instant_of(self.end)


@dataclass(frozen=True, slots=True)
class WorkDay:
    """One person's local day as it was derived; nobody writes into it, a correction is a record of its own.

    `zone` is the IANA name by which the day was laid. `planned` are the roster's stretches (minutes since 1970, end not
    included), `breaks` the unpaid ones in them, `presence` what was seen and counts for this day.
    """

    day: date
    day_class: DayClass
    verdict: Verdict
    zone: str
    shifts: tuple[ShiftId, ...] = ()
    planned: tuple[tuple[int, int], ...] = ()
    breaks: tuple[tuple[int, int], ...] = ()
    presence: tuple[Stretch, ...] = ()
    lines: tuple[Line, ...] = ()
    issues: tuple[Issue, ...] = ()

    def minutes(self, *figures: Figure) -> int:
        """The sum of the lines of these figures."""
        return sum(line.minutes for line in self.lines if line.figure in figures)

    def overtime(self, day_class: DayClass, *, approved: bool | None = None) -> int:
        """Minutes to be paid at that class's multiple, HOLIDAY_WORK among them, which the roster approved.

        `approved`: True for what was approved, False for what waits, None for both.
        """
        total = 0
        for line in self.lines:
            if line.day_class is not day_class or line.figure not in {Figure.OVERTIME, Figure.HOLIDAY_WORK}:
                continue
            granted = line.minutes if line.figure is Figure.HOLIDAY_WORK else line.approved
            total += line.minutes if approved is None else granted if approved else line.minutes - granted
        return total

    def leave(self) -> dict[LeaveKindId, int]:
        """Minutes of leave by kind."""
        by_kind: dict[LeaveKindId, int] = {}
        for line in self.lines:
            if line.leave is not None:
                by_kind[line.leave] = by_kind.get(line.leave, 0) + line.minutes
        return by_kind

    @property
    def absent_halves(self) -> int:
        """Half days that count as absent by the thresholds of the rules: 0, 1 or 2."""
        return {Verdict.ABSENT: 2, Verdict.HALF_DAY_ABSENT: 1}.get(self.verdict, 0)

    @property
    def needs_somebody(self) -> bool:
        """A mark was assumed, or marks do not pair: to be confirmed or corrected before pay."""
        return bool({Issue.ASSUMED_IN, Issue.ASSUMED_OUT, Issue.UNPAIRED} & set(self.issues))


@dataclass(frozen=True, slots=True)
class Total:
    """The sum over days of one figure, one class, one kind of leave; `days` is on how many of them there was any."""

    figure: Figure
    day_class: DayClass | None
    leave: LeaveKindId | None
    minutes: int
    approved: int
    days: int


@dataclass(frozen=True, slots=True)
class PersonDays:
    """One person's days in their order."""

    person: PersonId
    days: tuple[WorkDay, ...]


def totals(days: Iterable[WorkDay]) -> tuple[Total, ...]:
    """The lines added up, in the order of the figures. Their sums are the sums of the lines, to the minute."""
    minutes: dict[tuple[Figure, DayClass | None, LeaveKindId | None], list[int]] = {}
    for day in days:
        seen = set()
        for line in day.lines:
            key = (line.figure, line.day_class, line.leave)
            sums = minutes.setdefault(key, [0, 0, 0])
            sums[0] += line.minutes
            sums[1] += line.approved
            sums[2] += key not in seen
            seen.add(key)
    order = {figure: number for number, figure in enumerate(Figure)}
    keys = sorted(minutes, key=lambda key: (order[key[0]], key[1] or "", key[2] or ""))
    return tuple(Total(*key, *minutes[key]) for key in keys)


def each_day(first: date, last: date) -> Iterator[date]:
    """Both included."""
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)


def month_bounds(month: str) -> tuple[date, date]:
    """First and last day of `2026-10`. Raises `BadMonth`."""
    try:
        first = date.fromisoformat(f"{month}-01")
        if len(month) != 7 or not 1970 <= first.year <= 2200:
            raise ValueError
    except ValueError:
        raise BadMonth(f"{month[:20]!r} is no month", field="month", hint="Write 2026-10") from None
    return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
