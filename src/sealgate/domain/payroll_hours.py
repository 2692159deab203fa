"""A month of one person's work days as pay needs them: minutes by what they are paid as, with the days and marks
behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import partial

from sealgate.domain.attendance import MISSING, DayClass, Figure, Line, WorkDay
from sealgate.domain.attendance_periods import COUNTED, comprehensive
from sealgate.domain.attendance_rules import Rules, System
from sealgate.domain.ids import LeaveKindId

PRESENT = frozenset({Figure.WORKED, Figure.PAID_BREAK, Figure.EXCUSED})
"""Paid as worked time: also what the grace of the rules forgives."""

MOST_SOURCES = 400
"""A line quotes no more marks than these; its days lead to the rest."""


@dataclass(frozen=True, slots=True)
class Minutes:
    """So many minutes, on these days, out of these marks (`attendance.Source`)."""

    minutes: int = 0
    days: tuple[date, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave of one kind; `paid` is the share of the wage that is paid on."""

    kind: LeaveKindId
    paid: Fraction
    time: Minutes


@dataclass(frozen=True, slots=True)
class MonthHours:
    """`days` is how many days were worked, a day with an absent half as one half. `paid_days` are the work days and statutory
    holidays in the time of employment. `unresolved` are days on which a mark is missing, `waiting` minutes of
    overtime that nobody approved: neither is paid as more than it is. Missing time of a statutory holiday is not
    counted: the day is paid anyway.
    """

    planned: int = 0
    present: Minutes = Minutes()
    missing: Minutes = Minutes()
    leaves: tuple[Leave, ...] = ()
    overtime: Mapping[DayClass, Minutes] = field(default_factory=dict)
    days: Fraction = Fraction(0)
    day_list: tuple[date, ...] = ()
    paid_days: int = 0
    late_days: tuple[date, ...] = ()
    unresolved: tuple[date, ...] = ()
    waiting: int = 0

    @property
    def worked(self) -> int:
        return self.present.minutes + sum(time.minutes for time in self.overtime.values())


def month_hours(days: Sequence[WorkDay], paid: Mapping[LeaveKindId, int]) -> MonthHours:
    """Of the days of one month within the person's employment; `paid` is the per cent of the wage for each kind of leave.

    A kind that is not in `paid` is not paid: somebody has to say what it pays.
    """
    worked = [day for day in days if day.day_class is not DayClass.HOLIDAY and day.minutes(*PRESENT)]
    return MonthHours(
        planned=sum(day.minutes(Figure.PLANNED) for day in days),
        present=_gathered(days, lambda _day, line: line.minutes if line.figure in PRESENT else 0),
        missing=_gathered(days, _missing),
        leaves=_leaves(days, paid),
        overtime={kind: found for kind in DayClass if (found := _overtime(days, kind)).minutes},
        days=sum((Fraction(2 - day.absent_halves, 2) for day in worked), Fraction(0)),
        day_list=tuple(day.day for day in worked),
        paid_days=sum(day.day_class is DayClass.WORKDAY or _paid_holiday(day) for day in days),
        late_days=tuple(day.day for day in days if day.minutes(Figure.LATE)),
        unresolved=tuple(day.day for day in days if day.needs_somebody),
        waiting=sum(day.overtime(kind, approved=False) for day in days for kind in DayClass),
    )


def settled_by_period(hours: MonthHours, days: Sequence[WorkDay], rules: Rules, last: date) -> MonthHours:
    """The month's hours under the comprehensive system: overtime of work days and rest days is what the periods that end in
    this month (whose last day is `last`) have above their total. Work on statutory holidays counts by the day as ever.

    `days` are those of the periods, from their first day on. As they are, under another system.
    """
    if rules.system is not System.COMPREHENSIVE:
        return hours
    found = Minutes()
    for period in comprehensive(days, rules):
        if last.replace(day=1) <= period.end <= last and period.overtime:
            within = _gathered([day for day in days if period.begin <= day.day <= period.end], _of_period)
            told = (f"rules:{rules.reference}", *within.sources)
            found = Minutes(
                found.minutes + period.overtime, (*found.days, *within.days), (*found.sources, *told)[:MOST_SOURCES]
            )
    paid = {DayClass.WORKDAY: found, DayClass.HOLIDAY: hours.overtime.get(DayClass.HOLIDAY, Minutes())}
    return replace(hours, overtime={kind: time for kind, time in paid.items() if time.minutes})


def _of_period(_day: WorkDay, line: Line) -> int:
    if line.figure is Figure.OVERTIME:
        return line.approved if line.day_class is not DayClass.HOLIDAY else 0
    return line.minutes if line.figure in COUNTED else 0


def _paid_holiday(day: WorkDay) -> bool:
    """A statutory holiday from Monday to Friday stands in the place of a work day; on a weekend it does not."""
    return day.day_class is DayClass.HOLIDAY and day.day.weekday() < 5


def _missing(day: WorkDay, line: Line) -> int:
    return line.minutes if line.figure in MISSING and day.day_class is not DayClass.HOLIDAY else 0


def _overtime(days: Iterable[WorkDay], kind: DayClass) -> Minutes:
    """Approved overtime of that class, and work by the roster on a statutory holiday."""

    def counted(_day: WorkDay, line: Line) -> int:
        if line.day_class is not kind:
            return 0
        return line.minutes if line.figure is Figure.HOLIDAY_WORK else line.approved if line.figure is Figure.OVERTIME else 0

    return _gathered(days, counted)


def _leaves(days: Sequence[WorkDay], paid: Mapping[LeaveKindId, int]) -> tuple[Leave, ...]:
    kinds = sorted({line.leave for day in days for line in day.lines if line.leave is not None})
    return tuple(Leave(kind, Fraction(paid.get(kind, 0), 100), _gathered(days, partial(_of_leave, kind))) for kind in kinds)


def _of_leave(kind: LeaveKindId, _day: WorkDay, line: Line) -> int:
    return line.minutes if line.figure is Figure.LEAVE and line.leave == kind else 0


def _gathered(days: Iterable[WorkDay], counted: Callable[[WorkDay, Line], int]) -> Minutes:
    total, on, sources = 0, [], dict[str, None]()
    for day in days:
        here = [(line, minutes) for line in day.lines if (minutes := counted(day, line))]
        total += sum(minutes for _, minutes in here)
        if here:
            on.append(day.day)
            sources.update(dict.fromkeys(source for line, _ in here for source in line.sources))
    return Minutes(total, tuple(on), tuple(sources)[:MOST_SOURCES])
