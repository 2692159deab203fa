"""A month of hours for whoever reviews it: a page of people, each with how the days stand, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sealgate.domain.attendance import MISSING, Figure, Issue, WorkDay, month_bounds
from sealgate.domain.attendance_rosters import Pattern
from sealgate.domain.ids import GroupId, PersonId
from sealgate.domain.operators import Permission
from sealgate.flows.hours import read_days
from sealgate.flows.kit import House, Signed
from sealgate.flows.people import names_of
from sealgate.privacy import journal
from sealgate.store import places
from sealgate.store.hours import rosters

PAGE = 50


@dataclass(frozen=True, slots=True)
class Sums:
    """Minutes of a month, and how many of its days lack something or wait for an approval."""

    planned: int
    worked: int
    overtime: int
    overtime_waits: int
    leave: int
    missing: int
    unsettled: int


@dataclass(frozen=True, slots=True)
class ReviewRow:
    person: PersonId
    name: str
    days: tuple[WorkDay, ...]
    sums: Sums


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """`next` is the person to go on behind, None on the last page."""

    first: date
    last: date
    rows: tuple[ReviewRow, ...]
    next: PersonId | None


def review(
    house: House, signed: Signed, month: str, *, group: GroupId | None = None, after: PersonId | None = None
) -> ReviewPage:
    """Employees and workers in the order they were enrolled, a page at a time. Raises `BadMonth`."""
    signed.need(Permission.SEE_HOURS)
    first, last = month_bounds(month)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        members = None if group is None else places.members_of(tx, group)
        staff = rosters.staff(tx, after=after, limit=PAGE + 1, people=members)
        shown = [row.person for row in staff[:PAGE]]
        names = names_of(house, tx, shown)
        found = read_days(house, tx, shown, first, last)
        rows = tuple(
            ReviewRow(person, names[person], days, sums(days))
            for person in shown
            if person in names and (days := found.get(person)) is not None
        )
        journal.write(tx, house.keyring, house.clock.now(), "hours.reviewed", object=f"people:{len(rows)}:{month}")
    return ReviewPage(first, last, rows, shown[-1] if len(staff) > PAGE else None)


def pattern_lines(house: House, signed: Signed, first: date, last: date) -> list[tuple[Pattern, str]]:
    """Each pattern that holds between these days, with the name of its group or person."""
    signed.need(Permission.SEE_HOURS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = rosters.patterns(tx, first, last)
        names = names_of(house, tx, [pattern.person for pattern in found if pattern.person])
        groups = {row.group: row.name for row in places.groups(tx)}
        journal.write(tx, house.keyring, house.clock.now(), "roster.patterns-read", object=f"rosters:{len(found)}")
    return [(p, groups.get(p.group, "") if p.group else names.get(p.person, "") if p.person else "") for p in found]


def sums(days: tuple[WorkDay, ...]) -> Sums:
    overtime = [line for day in days for line in day.lines if line.figure is Figure.OVERTIME]
    return Sums(
        planned=_sum(days, Figure.PLANNED),
        worked=_sum(days, Figure.WORKED, Figure.HOLIDAY_WORK, Figure.OVERTIME),
        overtime=sum(line.approved for line in overtime),
        overtime_waits=sum(line.minutes - line.approved for line in overtime),
        leave=_sum(days, Figure.LEAVE),
        missing=_sum(days, *MISSING),
        unsettled=sum(day.needs_somebody or Issue.OVERTIME_WAITS in day.issues for day in days),
    )


def _sum(days: tuple[WorkDay, ...], *figures: Figure) -> int:
    return sum(day.minutes(*figures) for day in days)
