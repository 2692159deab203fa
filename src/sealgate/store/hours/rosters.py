"""Who is on which roster: patterns of people and groups, and single days that somebody put by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sealgate.domain.attendance_rosters import Pattern, RosterDay, cycle_text, read_cycle
from sealgate.domain.ids import GroupId, PersonId, RosterId, ShiftId
from sealgate.domain.people import PersonKind
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx

r, d, p, m = s.rosters.c, s.roster_days.c, s.people.c, s.group_members.c
NOBODY = PersonId(UUID(int=0))
STAFF = (PersonKind.EMPLOYEE, PersonKind.WORKER)
"""Whose days are derived: a visitor is nobody's staff, however often the gate opens."""


@dataclass(frozen=True, slots=True)
class StaffRow:
    """`valid_since` and `valid_until` are instants, as they are kept for the gates."""

    person: PersonId
    valid_since: datetime | None
    valid_until: datetime | None


def add_pattern(tx: Tx, pattern: Pattern) -> None:
    """Raises `NoSuchThing` for a person, group or site that is not there."""
    tx.add(s.rosters, {"roster_id": pattern.roster, **_values(pattern)})


def end_pattern(tx: Tx, roster: RosterId, last: date) -> bool:
    """It holds until that day; whether it was there. One that had not begun by then is removed."""
    if tx.remove(s.rosters, [r.roster_id == roster, r.since > last]):
        return True
    return tx.change(s.rosters, [r.roster_id == roster], {"until": last}) == 1


def pattern(db: Reader, roster: RosterId) -> Pattern:
    """Raises `NotFound`."""
    return db.the("roster", _patterns(db).where(r.roster_id == roster), _pattern)


def patterns(
    db: Reader, first: date | None = None, last: date | None = None, people: Sequence[PersonId] | None = None
) -> list[Pattern]:
    """Those that hold on a day from `first` to `last`: all groups', and those of `people` (all unless given)."""
    query = _patterns(db)
    if first is not None:
        query = query.where(sa.or_(r.until.is_(None), r.until >= first))
    if last is not None:
        query = query.where(r.since <= last)
    if people is not None:
        query = query.where(sa.or_(r.person_id.is_(None), r.person_id.in_(people)))
    return db.rows(query.order_by(r.roster_id), _pattern)


def put_days(tx: Tx, days: Iterable[RosterDay]) -> None:
    """Each in the place of what was put on that day before."""
    for one in days:
        values = {"shifts": [str(shift) for shift in one.shifts], "site_id": one.site}
        if tx.change(s.roster_days, [d.person_id == one.person, d.day == one.day], values) == 0:
            tx.add(s.roster_days, {"person_id": one.person, "day": one.day, **values})


def clear_days(tx: Tx, people: Sequence[PersonId], first: date, last: date) -> int:
    """The patterns hold again; how many days it were."""
    return tx.remove(s.roster_days, [d.person_id.in_(people), d.day >= first, d.day <= last])


def single_days(db: Reader, people: Sequence[PersonId], first: date, last: date) -> list[RosterDay]:
    query = sa.select(d.person_id, d.day, d.shifts, d.site_id).where(db.mine(s.roster_days), d.person_id.in_(people))
    return db.rows(query.where(d.day >= first, d.day <= last).order_by(d.person_id, d.day), _single)


def different_days(db: Reader, first: date, last: date) -> list[RosterDay]:
    """Each set of shifts that somebody has on a single day, once for each day and site, of nobody."""
    query = sa.select(sa.literal(NOBODY, d.person_id.type), d.day, d.shifts, d.site_id).where(db.mine(s.roster_days)).distinct()
    return db.rows(query.where(d.day >= first, d.day <= last).order_by(d.day), _single)


def days_naming(db: Reader, shift: ShiftId, since: date) -> int:
    """On how many single days from then on that shift is rostered."""
    query = sa.select(sa.func.count()).select_from(s.roster_days)
    query = query.where(db.mine(s.roster_days), d.day >= since, d.shifts.contains(str(shift)))
    return int(db.sql.execute(query).scalar_one())


def staff(
    db: Reader, *, after: PersonId | None = None, limit: int = 500, people: Sequence[PersonId] | None = None
) -> list[StaffRow]:
    """Employees and workers in the order they were added: `limit` of them from behind `after`, or all of `people`."""
    query = sa.select(p.person_id, p.valid_since, p.valid_until).where(db.mine(s.people), p.kind.in_(STAFF))
    if after is not None:
        query = query.where(p.person_id > after)
    if people is not None:
        query = query.where(p.person_id.in_(people))
    query = query.order_by(p.person_id)
    return db.rows(query.limit(limit) if people is None else query, StaffRow)


def count_staff(db: Reader) -> int:
    query = sa.select(sa.func.count()).select_from(s.people).where(db.mine(s.people), p.kind.in_(STAFF))
    return int(db.sql.execute(query).scalar_one())


def groups_of(db: Reader, people: Sequence[PersonId]) -> dict[PersonId, list[GroupId]]:
    """Whoever is in none is missing."""
    found: dict[PersonId, list[GroupId]] = {}
    query = sa.select(m.person_id, m.group_id).where(db.mine(s.group_members), m.person_id.in_(people))
    for person, group in db.sql.execute(query.order_by(m.person_id, m.group_id)):
        found.setdefault(person, []).append(group)
    return found


def _patterns(db: Reader) -> sa.Select[Any]:
    columns = (
        r.roster_id,
        r.person_id,
        r.group_id,
        r.site_id,
        r.since,
        r.until,
        r.anchor,
        r.cycle,
        r.follows_calendar,
        r.rules,
    )
    return sa.select(*columns).where(db.mine(s.rosters))


def _pattern(*row: Any) -> Pattern:
    roster, person, group, site, since, until, anchor, cycle, follows, rules = row
    return Pattern(roster, person, group, site, since, until, anchor, read_cycle(cycle), follows, rules)


def _values(pattern: Pattern) -> dict[str, Any]:
    return {
        "person_id": pattern.person,
        "group_id": pattern.group,
        "site_id": pattern.site,
        "since": pattern.since,
        "until": pattern.until,
        "anchor": pattern.anchor,
        "cycle": cycle_text(pattern.cycle),
        "follows_calendar": pattern.follows_calendar,
        "rules": pattern.rules,
    }


def _single(person: PersonId, day: date, shifts: Sequence[str], site: Any) -> RosterDay:
    return RosterDay(person, day, tuple(ShiftId(UUID(shift)) for shift in shifts), site)
