"""Shifts, rosters, rules of hours and calendars as the console changes them.

The surprising thing: what is rostered lies in the future or the past alike, so a change of a roster or of rules derives
nothing by itself: the months it touches are derived again by whoever runs the derivation, before pay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sealgate.domain.attendance import each_day
from sealgate.domain.attendance_calendar import Calendar, read_calendar
from sealgate.domain.attendance_errors import BadRoster, NoSuchRules, ShiftMissing, ShiftRostered, TooManyDays
from sealgate.domain.attendance_plan import Plans
from sealgate.domain.attendance_rosters import (
    DayShifts,
    Pattern,
    RosterDay,
    Rostered,
    by_person,
    check_shifts,
    checked_pattern,
    names_shift,
    pattern_on,
    rostered,
)
from sealgate.domain.attendance_rules import STANDARD, RuleSet, read_rules, rules_document
from sealgate.domain.attendance_shifts import Shift, read_shift
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import GroupId, PersonId, RosterId, ShiftId, SiteId
from sealgate.domain.operators import Permission
from sealgate.flows import hours_book
from sealgate.flows.hours_book import book, changed
from sealgate.flows.kit import House, Signed
from sealgate.flows.people import names_of
from sealgate.flows.rules import title
from sealgate.privacy import journal
from sealgate.store import places
from sealgate.store.engine import Reader, Tx
from sealgate.store.hours import rosters
from sealgate.store.hours import shifts as rows
from sealgate.store.hours.shifts import ShiftRow

MOST_CELLS = 20_000
"""People times days of one look at the roster, and of one change."""


@dataclass(frozen=True, slots=True)
class RosterCell:
    """What one person has on one day. `single`: put by hand; otherwise by a pattern. `off`: nothing is to be worked."""

    person: PersonId
    day: date
    shifts: DayShifts
    single: bool
    site: SiteId | None

    @property
    def off(self) -> bool:
        return not self.shifts


@dataclass(frozen=True, slots=True)
class RosterRow:
    person: PersonId
    name: str
    cells: tuple[RosterCell, ...]


@dataclass(frozen=True, slots=True)
class RosterPage:
    """A grid: people down, days across. `next` is the person to go on behind."""

    first: date
    last: date
    rows: tuple[RosterRow, ...]
    shifts: tuple[Shift, ...]
    next: PersonId | None


@dataclass(frozen=True, slots=True)
class NewPattern:
    """See `domain.attendance_rosters.Pattern`. Of one person or one group; `anchor` None is the Monday of `since`'s week."""

    site: SiteId
    since: date
    cycle: tuple[DayShifts, ...]
    person: PersonId | None = None
    group: GroupId | None = None
    until: date | None = None
    anchor: date | None = None
    follows_calendar: bool = True
    rules: str = STANDARD


# --- Shifts ---


def shifts(house: House, signed: Signed) -> list[ShiftRow]:
    """All versions, removed shifts too."""
    signed.need(Permission.SEE_HOURS)
    with house.store.read(signed.tenant) as db:
        return rows.shifts(db)


def add_shift(house: House, signed: Signed, name: str, since: date, document: Mapping[str, Any]) -> ShiftId:
    """`document` as `domain.attendance_shifts.read_shift` reads it. Raises `BadShift`, `NegativeHours`."""
    shift = ShiftId(house.new_id())
    return change_shift(house, signed, shift, name, since, document, new=True)


def change_shift(
    house: House, signed: Signed, shift: ShiftId, name: str, since: date, document: Mapping[str, Any], *, new: bool = False
) -> ShiftId:
    """A version that holds from `since` on; days before it derive as they did."""
    made = read_shift(shift, since, title(name), document)

    def write(tx: Tx) -> ShiftId:
        if not new and all(row.shift.shift != shift for row in rows.shifts(tx)):
            raise NotFound("shift")
        rows.put_shift(tx, made)
        return shift

    return changed(house, signed, Permission.HOUR_RULES, "shift.added" if new else "shift.changed", f"shift:{shift}", write)


def remove_shift(house: House, signed: Signed, shift: ShiftId, day: date) -> None:
    """From `day` on it is no more. Raises `ShiftRostered` where a roster names it on that day or later."""

    def write(tx: Tx) -> None:
        if any(names_shift(p, shift) for p in rosters.patterns(tx, first=day)) or rosters.days_naming(tx, shift, day):
            raise ShiftRostered("the shift is still on a roster")
        if not rows.remove_shift(tx, shift, day):
            raise NotFound("shift")

    changed(house, signed, Permission.HOUR_RULES, "shift.removed", f"shift:{shift}:{day}", write)


# --- Rosters ---


def add_pattern(house: House, signed: Signed, new: NewPattern) -> RosterId:
    """Raises `BadRoster`, `NegativeHours`, `ShiftMissing`, `NoSuchRules`, `NoSuchThing`."""
    pattern = Pattern(
        roster=RosterId(house.new_id()),
        person=new.person,
        group=new.group,
        site=new.site,
        since=new.since,
        until=new.until,
        anchor=new.anchor or new.since - timedelta(days=new.since.weekday()),
        cycle=new.cycle,
        follows_calendar=new.follows_calendar,
        rules=new.rules,
    )

    def write(tx: Tx) -> RosterId:
        _there(tx, {s for day in pattern.cycle for s in day}, pattern.since)
        if pattern.rules not in hours_book.rule_sets(tx):
            raise NoSuchRules(f"there is no rule set {pattern.rules[:40]!r}", field="rules")
        rosters.add_pattern(tx, checked_pattern(pattern, {s for day in pattern.cycle for s in day}))
        return pattern.roster

    return changed(house, signed, Permission.CHANGE_HOURS, "roster.added", f"roster:{pattern.roster}", write)


def end_pattern(house: House, signed: Signed, roster: RosterId, last: date) -> None:
    """It holds until `last`, that day included."""

    def write(tx: Tx) -> None:
        if not rosters.end_pattern(tx, roster, last):
            raise NotFound("roster")

    changed(house, signed, Permission.CHANGE_HOURS, "roster.ended", f"roster:{roster}:{last}", write)


def patterns(house: House, signed: Signed, first: date, last: date) -> list[Pattern]:
    signed.need(Permission.SEE_HOURS)
    with house.store.read(signed.tenant) as db:
        return rosters.patterns(db, first, last)


def assign(
    house: House, signed: Signed, people: Sequence[PersonId], days: Sequence[date], shifts: DayShifts, site: SiteId
) -> None:
    """Put these shifts on each of these days of each of these people, whatever the patterns say; none is a day off.

    Raises `ShiftMissing`, `BadRoster`, `TooManyDays`, `NoSuchThing`.
    """
    if len(people) * len(days) > MOST_CELLS:
        raise TooManyDays(f"at most {MOST_CELLS} at once", field="days")
    if not days:
        raise BadRoster("no day was chosen", field="days")

    def write(tx: Tx) -> None:
        check_shifts(shifts, shifts)
        for day in (min(days), max(days)):
            _there(tx, set(shifts), day)
        rosters.put_days(tx, (RosterDay(person, day, shifts, site) for person in people for day in days))

    told = f"people:{len(people)}:days:{len(days)}:{min(days)}"
    changed(house, signed, Permission.CHANGE_HOURS, "roster.assigned", told, write)


def clear(house: House, signed: Signed, people: Sequence[PersonId], first: date, last: date) -> int:
    """Take away what was put by hand; the patterns hold again."""

    def write(tx: Tx) -> int:
        return rosters.clear_days(tx, people, first, last)

    told = f"people:{len(people)}:{first}:{last}"
    return changed(house, signed, Permission.CHANGE_HOURS, "roster.cleared", told, write)


def grid(
    house: House,
    signed: Signed,
    first: date,
    last: date,
    *,
    group: GroupId | None = None,
    after: PersonId | None = None,
    people: Sequence[PersonId] | None = None,
    limit: int = 50,
) -> RosterPage:
    """Who has which shifts from `first` to `last` (at most 62 days), a page of people in the order they were added.

    Only members of `group`, or only `people`, where given.
    """
    signed.need(Permission.SEE_HOURS)
    if not 0 <= (last - first).days < 62:
        raise TooManyDays("at most 62 days at once", field="last")
    with house.store.begin(signed.tenant, signed.actor) as tx:
        members = people if group is None else places.members_of(tx, group)
        staff = rosters.staff(tx, after=after, limit=limit + 1, people=members)
        shown = [row.person for row in staff[:limit]]
        names = names_of(house, tx, shown)
        cells = _cells(tx, shown, first, last)
        rows_ = tuple(RosterRow(person, names[person], cells[person]) for person in shown if person in names)
        known = tuple(row.shift for row in rows.shifts(tx) if row.removed_on is None or row.removed_on > first)
        journal.write(tx, house.keyring, house.clock.now(), "roster.read", object=f"people:{len(rows_)}:{first}:{last}")
    return RosterPage(first, last, rows_, known, shown[-1] if len(staff) > limit else None)


def _cells(db: Reader, people: Sequence[PersonId], first: date, last: date) -> dict[PersonId, tuple[RosterCell, ...]]:
    plans = Plans(book(db))
    reached = by_person(rosters.patterns(db, first, last, people), rosters.groups_of(db, people), people)
    singles = {(one.person, one.day): one for one in rosters.single_days(db, people, first, last)}

    def cell(person: PersonId, day: date) -> RosterCell:
        pattern = pattern_on(reached[person], day)
        found: Rostered = rostered(singles.get((person, day)), pattern, day, plans.calendar(pattern, day))
        return RosterCell(person, day, found.shifts, found.single, found.site)

    return {person: tuple(cell(person, day) for day in each_day(first, last)) for person in people}


def _there(db: Reader, shifts: set[ShiftId], day: date) -> None:
    """Each of them has a version on that day and is not removed."""
    versions = {row.shift.shift for row in rows.shifts(db) if row.shift.since <= day < (row.removed_on or date.max)}
    if shifts - versions:
        raise ShiftMissing(f"a shift is not there on {day}", field="shifts")


# --- Rules and calendars ---


def rule_sets(house: House, signed: Signed) -> dict[str, RuleSet]:
    signed.need(Permission.SEE_HOURS)
    with house.store.read(signed.tenant) as db:
        return hours_book.rule_sets(db)


def set_rules(house: House, signed: Signed, name: str, versions: Sequence[Mapping[str, Any]]) -> None:
    """The whole set, all its versions, in the place of the one before. See `domain.attendance_rules.read_rules`.

    Raises `BadHourRules`, `NegativeHours`, `RulesGap`, `RulesOverlap`, `NoSuchCalendar`.
    """
    read = read_rules(name, versions)

    def write(tx: Tx) -> None:
        known = hours_book.calendars(tx)
        for version in read.versions:
            hours_book.known_calendar(known, version.calendar)
        rows.put_rules(tx, name, rules_document(read), house.clock.now())

    changed(house, signed, Permission.HOUR_RULES, "hours.rules-set", f"rules:{name}", write)


def calendars(house: House, signed: Signed) -> dict[str, Calendar]:
    signed.need(Permission.SEE_HOURS)
    with house.store.read(signed.tenant) as db:
        return hours_book.calendars(db)


def set_calendar(house: House, signed: Signed, name: str, text: str) -> Calendar:
    """From our CSV, in the place of the one before. Raises `BadCalendar`."""
    calendar = read_calendar(name, text)

    def write(tx: Tx) -> Calendar:
        rows.put_calendar(tx, name, text, house.clock.now())
        return calendar

    return changed(house, signed, Permission.HOUR_RULES, "calendar.set", f"calendar:{name}", write)
