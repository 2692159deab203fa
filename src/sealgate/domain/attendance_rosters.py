"""Rosters: which shifts somebody has on a day. A single day beats a pattern, one's own pattern beats the group's, the newer
beats the older.

A pattern is a cycle of days that begins on its anchor: seven days for a week, eight for two early, two late, two night, two
off. The surprising thing: a pattern that follows the calendar has no shift on a day off, and on a make-up day the shift of the
weekday it makes up for; one that does not (a plant that never stops) goes on turning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sealgate.domain.attendance import DayClass
from sealgate.domain.attendance_calendar import Calendar
from sealgate.domain.attendance_errors import BadRoster, NegativeHours
from sealgate.domain.attendance_rules import STANDARD
from sealgate.domain.ids import GroupId, PersonId, RosterId, ShiftId, SiteId

MOST_SHIFTS = 4
LONGEST_CYCLE = 56

DayShifts = tuple[ShiftId, ...]
"""The shifts of one day; none is a day off. Two that overlap are worked as one."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Of one person or one group, from `since` to `until` (both included; None has no end).

    `cycle[n]` are the shifts n days after `anchor`, turning. `rules` names the rule set of whoever works by it;
    `site` is where, and so whose time zone the clock of the shifts is.
    """

    roster: RosterId
    person: PersonId | None
    group: GroupId | None
    site: SiteId
    since: date
    until: date | None
    anchor: date
    cycle: tuple[DayShifts, ...]
    follows_calendar: bool = True
    rules: str = STANDARD

    def covers(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)

    def shifts_on(self, day: date, calendar: Calendar) -> DayShifts:
        if not self.follows_calendar:
            return self._turned(day)
        if calendar.class_of(day) is not DayClass.WORKDAY:
            return ()
        worked_as = calendar.worked_as(day)
        named = day in calendar.days
        found = self._turned(worked_as)
        return found or (self._first_worked() if named else ())

    def _turned(self, day: date) -> DayShifts:
        return self.cycle[(day - self.anchor).days % len(self.cycle)]

    def _first_worked(self) -> DayShifts:
        """A make-up day of which the calendar does not say for which day it is worked."""
        return next((shifts for shifts in self.cycle if shifts), ())


@dataclass(frozen=True, slots=True)
class RosterDay:
    """One person's single day as somebody put it, whatever the patterns say. No shifts: a day off."""

    person: PersonId
    day: date
    shifts: DayShifts
    site: SiteId


@dataclass(frozen=True, slots=True)
class Rostered:
    """What holds for one person on one day. `pattern` None: nobody rostered the person; `single`: it was put by hand."""

    shifts: DayShifts
    site: SiteId | None
    pattern: Pattern | None
    single: bool = False

    @property
    def reference(self) -> str:
        return "" if self.pattern is None else str(self.pattern.roster)


def pattern_on(patterns: Sequence[Pattern], day: date) -> Pattern | None:
    """Of the patterns that reach one person: the own before the groups', of those the newest."""
    covering = [pattern for pattern in patterns if pattern.covers(day)]
    return max(covering, key=lambda pattern: (pattern.person is not None, pattern.roster.int), default=None)


def rostered(single: RosterDay | None, pattern: Pattern | None, day: date, calendar: Calendar) -> Rostered:
    if single is not None:
        return Rostered(single.shifts, single.site, pattern, single=True)
    if pattern is None:
        return Rostered((), None, None)
    return Rostered(pattern.shifts_on(day, calendar), pattern.site, pattern)


def checked_pattern(pattern: Pattern, known: Iterable[ShiftId]) -> Pattern:
    """Raises `BadRoster` for what cannot be, and a shift that is not there; `NegativeHours` where it ends before it begins."""
    if (pattern.person is None) == (pattern.group is None):
        raise BadRoster("a roster is of one person or of one group", field="person")
    if not 1 <= len(pattern.cycle) <= LONGEST_CYCLE:
        raise BadRoster(f"a cycle has 1 to {LONGEST_CYCLE} days", field="cycle")
    if pattern.until is not None and pattern.until < pattern.since:
        raise NegativeHours("a roster ends before it begins", field="until")
    for shifts in pattern.cycle:
        check_shifts(shifts, known)
    return pattern


def check_shifts(shifts: DayShifts, known: Iterable[ShiftId]) -> None:
    """Raises `BadRoster`."""
    if len(shifts) > MOST_SHIFTS or len(set(shifts)) != len(shifts):
        raise BadRoster(f"at most {MOST_SHIFTS} shifts a day, each once", field="shifts")
    if set(shifts) - set(known):
        raise BadRoster("there is no such shift", field="shifts", hint="It may have been removed meanwhile")


def cycle_text(cycle: tuple[DayShifts, ...]) -> list[list[str]]:
    """What is stored of a cycle; `read_cycle` reads it."""
    return [[str(shift) for shift in shifts] for shifts in cycle]


def read_cycle(document: Sequence[Sequence[str]]) -> tuple[DayShifts, ...]:
    return tuple(tuple(ShiftId(UUID(shift)) for shift in shifts) for shifts in document)


def names_shift(pattern: Pattern, shift: ShiftId) -> bool:
    return any(shift in shifts for shifts in pattern.cycle)


def by_person(
    patterns: Iterable[Pattern], groups: Mapping[PersonId, Sequence[GroupId]], people: Iterable[PersonId]
) -> dict[PersonId, tuple[Pattern, ...]]:
    """The patterns that reach each of these people, by themselves or by a group of theirs."""
    own: dict[PersonId, list[Pattern]] = {}
    of_group: dict[GroupId, list[Pattern]] = {}
    for pattern in patterns:
        if pattern.person is not None:
            own.setdefault(pattern.person, []).append(pattern)
        elif pattern.group is not None:
            of_group.setdefault(pattern.group, []).append(pattern)
    return {
        person: tuple(own.get(person, ())) + tuple(p for group in groups.get(person, ()) for p in of_group.get(group, ()))
        for person in people
    }
