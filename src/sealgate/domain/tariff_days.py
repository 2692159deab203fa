"""Kinds of days: weekdays, holidays, seasons, and sets made of them.

A set is what lies in any of its own days (weekdays, dates, parts of the year, other sets), narrowed by `every` and
without `none`. So a high-season weekend that is no make-up working day is one set with three words in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class DaySet:
    """`dates` are inclusive ordinals (`date.toordinal`), `yearly` inclusive pairs of 100 * month + day that may run over
    the new year, `weekdays` 0 (Monday) to 6. With nothing that adds days it begins with all of them."""

    weekdays: frozenset[int] = frozenset()
    dates: tuple[tuple[int, int], ...] = ()
    yearly: tuple[tuple[int, int], ...] = ()
    some: tuple[DaySet, ...] = ()
    every: tuple[DaySet, ...] = ()
    none: tuple[DaySet, ...] = ()

    def holds(self, day: date) -> bool:
        return (
            self._begins_with(day)
            and all(narrower.holds(day) for narrower in self.every)
            and not any(without.holds(day) for without in self.none)
        )

    def _begins_with(self, day: date) -> bool:
        if not (self.weekdays or self.dates or self.yearly or self.some):
            return True
        return (
            day.weekday() in self.weekdays
            or any(first <= day.toordinal() <= last for first, last in self.dates)
            or any(_in_season(100 * day.month + day.day, first, last) for first, last in self.yearly)
            or any(other.holds(day) for other in self.some)
        )

    def edges(self) -> frozenset[int]:
        """Ordinals of the dates at which membership may change, for whoever must see every kind of day."""
        own = {edge for first, last in self.dates for edge in (first, last + 1)}
        return frozenset(own.union(*(other.edges() for other in (*self.some, *self.every, *self.none))))

    def season_edges(self) -> frozenset[int]:
        """As `edges`, for parts of the year: 100 * month + day of each first and last day."""
        own = {edge for season in self.yearly for edge in season}
        return frozenset(own.union(*(other.season_edges() for other in (*self.some, *self.every, *self.none))))


EVERY_DAY = DaySet()


def _in_season(today: int, first: int, last: int) -> bool:
    return first <= today <= last if first <= last else today >= first or today <= last
