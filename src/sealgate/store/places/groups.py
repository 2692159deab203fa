"""Groups of people, what they may enter, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sealgate.domain.ids import GrantId, GroupId, PersonId, TenantId, TimetableId, ZoneId
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Ready, Store, Tx


@dataclass(frozen=True, slots=True)
class GroupRow:
    group: GroupId
    name: str
    members: int = 0


@dataclass(frozen=True, slots=True)
class TimetableRow:
    """`week` as `domain.calendar.timetable_text` writes it."""

    timetable: TimetableId
    name: str
    week: dict[str, list[str] | None]


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A group's leave to enter a zone; without a timetable, always."""

    grant: GrantId
    group: GroupId
    zone: ZoneId
    timetable: TimetableId | None = None


g, m, n, t = s.groups.c, s.group_members.c, s.grants.c, s.timetables.c
p = s.people.c
_SAME_GROUP = sa.and_(m.tenant_id == g.tenant_id, m.group_id == g.group_id)


def add_timetable(tx: Tx, row: TimetableRow) -> None:
    tx.add(s.timetables, {"timetable_id": row.timetable, "name": row.name, "week": row.week})


def timetables(db: Reader) -> list[TimetableRow]:
    query = sa.select(t.timetable_id, t.name, t.week).where(db.mine(s.timetables))
    return db.rows(query.order_by(t.name, t.timetable_id), TimetableRow)


def change_timetable(tx: Tx, row: TimetableRow) -> bool:
    """Whether there is such a timetable."""
    return tx.change(s.timetables, [t.timetable_id == row.timetable], {"name": row.name, "week": row.week}) == 1


def remove_timetable(tx: Tx, timetable: TimetableId) -> bool:
    """Whether there was one. Raises `NoSuchThing` while a grant is bound to it."""
    return tx.remove(s.timetables, [t.timetable_id == timetable]) == 1


def add_group(tx: Tx, group: GroupId, name: str) -> None:
    tx.add(s.groups, {"group_id": group, "name": name})


def rename_group(tx: Tx, group: GroupId, name: str) -> bool:
    return tx.change(s.groups, [g.group_id == group], {"name": name}) == 1


def remove_group(tx: Tx, group: GroupId) -> bool:
    """Its grants and memberships go with it; the people stay. Whether there was one."""
    tx.remove(s.grants, [n.group_id == group])
    tx.remove(s.group_members, [m.group_id == group])
    return tx.remove(s.groups, [g.group_id == group]) == 1


def groups(db: Reader) -> list[GroupRow]:
    """Each with the number of its members."""
    query = (
        sa.select(g.group_id, g.name, sa.func.count(m.person_id))
        .select_from(s.groups)
        .outerjoin(s.group_members, sa.and_(_SAME_GROUP, m.person_id.not_in(_arriving(db))))
        .where(db.mine(s.groups))
        .group_by(g.group_id, g.name)
    )
    return db.rows(query.order_by(g.name, g.group_id), GroupRow)


def add_member(tx: Tx, group: GroupId, person: PersonId) -> None:
    """Also for one who is a member already. Raises `NoSuchThing`."""
    tx.add_unless_there(s.group_members, [{"group_id": group, "person_id": person}], (m.person_id,))


def ready_members(store: Store, tenant: TenantId, members: Sequence[tuple[GroupId, PersonId]]) -> Ready:
    """For people who are in none of those groups yet."""
    return store.ready(tenant, s.group_members, [{"group_id": group, "person_id": person} for group, person in members])


def remove_member(tx: Tx, group: GroupId, person: PersonId) -> bool:
    return tx.remove(s.group_members, [m.group_id == group, m.person_id == person]) == 1


def members_of(db: Reader, group: GroupId) -> list[PersonId]:
    query = sa.select(m.person_id).where(db.mine(s.group_members), m.group_id == group, m.person_id.not_in(_arriving(db)))
    return db.rows(query.order_by(m.person_id), PersonId)


def _arriving(db: Reader) -> sa.Select[Any]:
    """Who is still being enrolled and is nobody's member yet; mostly there is nobody."""
    return sa.select(p.person_id).where(p.tenant_id == db.tenant, p.arriving.is_not(None))


def groups_of(db: Reader, person: PersonId) -> list[GroupId]:
    query = sa.select(m.group_id).where(db.mine(s.group_members), m.person_id == person)
    return db.rows(query.order_by(m.group_id), GroupId)


def group_names(db: Reader, people: Sequence[PersonId]) -> Mapping[PersonId, tuple[str, ...]]:
    """The names of each one's groups; whoever is in none is missing."""
    query = sa.select(m.person_id, g.name).join(s.groups, _SAME_GROUP).where(db.mine(s.group_members), m.person_id.in_(people))
    names: dict[PersonId, tuple[str, ...]] = {}
    for person, name in db.sql.execute(query.order_by(g.name, g.group_id)):
        names[person] = (*names.get(person, ()), name)
    return names


def add_grant(tx: Tx, row: GrantRow) -> None:
    values = {"grant_id": row.grant, "group_id": row.group, "zone_id": row.zone, "timetable_id": row.timetable}
    tx.add(s.grants, values)


def grants(db: Reader) -> list[GrantRow]:
    query = sa.select(n.grant_id, n.group_id, n.zone_id, n.timetable_id).where(db.mine(s.grants))
    return db.rows(query.order_by(n.grant_id), GrantRow)


def remove_grant(tx: Tx, grant: GrantId) -> bool:
    return tx.remove(s.grants, [n.grant_id == grant]) == 1
