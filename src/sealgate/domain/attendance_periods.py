"""Days added up over weeks, months and the periods of the comprehensive system: caps, and what is above the legal total."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sealgate.domain.attendance import DayClass, Figure, WorkDay
from sealgate.domain.attendance_rules import Period, Rules, System

COUNTED = (Figure.WORKED, Figure.PAID_BREAK, Figure.LEAVE)
"""What counts towards the total of a comprehensive period, beside approved overtime. Holidays count by themselves."""


@dataclass(frozen=True, slots=True)
class OverCap:
    """More approved overtime than the rules have as a cap, in the period that begins on `begin`. It is told, not cut."""

    period: Period
    begin: date
    minutes: int
    cap: int


@dataclass(frozen=True, slots=True)
class Comprehensive:
    """One period of the comprehensive system, both days in it. `overtime` is what is above the total, paid as on a workday."""

    begin: date
    end: date
    minutes: int
    total: int

    @property
    def overtime(self) -> int:
        return max(0, self.minutes - self.total)


def period_begin(day: date, period: Period) -> date:
    """The first day of the week (Monday), month, quarter or year that `day` lies in."""
    match period:
        case Period.WEEK:
            return day - timedelta(days=day.weekday())
        case Period.MONTH:
            return day.replace(day=1)
        case Period.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case Period.YEAR:
            return day.replace(month=1, day=1)


def period_end(begin: date, period: Period) -> date:
    """The last day of the period that begins on `begin`."""
    longer = {Period.WEEK: 7, Period.MONTH: 32, Period.QUARTER: 93, Period.YEAR: 367}[period]
    return period_begin(begin + timedelta(days=longer), period) - timedelta(days=1)


def over_caps(days: Sequence[WorkDay], rules: Rules) -> tuple[OverCap, ...]:
    """Weeks and months among these days in which more overtime was approved than the rules allow.

    A week at the edge is judged by those of its days that are given.
    """
    told = []
    for period, cap in ((Period.WEEK, rules.weekly_cap), (Period.MONTH, rules.monthly_cap)):
        if cap:
            sums = _by_period(days, period, _approved)
            told += [OverCap(period, begin, minutes, cap) for begin, minutes in sums if minutes > cap]
    return tuple(told)


def comprehensive(days: Sequence[WorkDay], rules: Rules) -> tuple[Comprehensive, ...]:
    """Each period that these days touch; none under another system. Give whole periods."""
    if rules.system is not System.COMPREHENSIVE:
        return ()
    sums = _by_period(days, rules.period, lambda day: day.minutes(*COUNTED) + _approved(day))
    return tuple(
        Comprehensive(begin, period_end(begin, rules.period), minutes, rules.period_minutes) for begin, minutes in sums
    )


def _approved(day: WorkDay) -> int:
    """Overtime that was approved, but for statutory holidays, which are paid by themselves."""
    return day.overtime(DayClass.WORKDAY, approved=True) + day.overtime(DayClass.RESTDAY, approved=True)


def _by_period(days: Iterable[WorkDay], period: Period, measured: Callable[[WorkDay], int]) -> list[tuple[date, int]]:
    sums: dict[date, int] = {}
    for day in days:
        begin = period_begin(day.day, period)
        sums[begin] = sums.get(begin, 0) + measured(day)
    return sorted(sums.items())
