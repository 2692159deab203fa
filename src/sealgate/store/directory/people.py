"""People and their presence. Who they are is sealed; how they stand (kind, validity, suspended) is plain, to search by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from sealgate.domain.ids import GroupId, ImportId, PersonId, TenantId
from sealgate.domain.people import PersonKind
from sealgate.ports import Sealed, Token
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Ready, Store, Tx
from sealgate.store.words import Standing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """`profile` is sealed under the person's own key; `name_token` finds people by their whole name, `number_token` the one
    with that staff number; None has none, or was written before numbers had tokens."""

    person: PersonId
    profile: Sealed
    name_token: Token
    kind: PersonKind
    suspended: bool
    valid_since: datetime | None
    valid_until: datetime | None
    created_at: datetime
    number_token: Token | None = None


p, seen = s.people.c, s.presence.c
_FIELDS = tuple(PersonRow.__dataclass_fields__)
_PERSON = tuple(p["person_id" if name == "person" else name] for name in _FIELDS)


def add_person(tx: Tx, row: PersonRow) -> None:
    """Raises `AlreadyThere` where the staff number is somebody else's."""
    tx.add(s.people, _values(row))


def ready_people(store: Store, tenant: TenantId, rows: Sequence[PersonRow], arriving: ImportId) -> Ready:
    """Out of a file: nobody sees them until `arrivals.let_in`."""
    return store.ready(tenant, s.people, [{**_values(row), "arriving": arriving} for row in rows])


def _values(row: PersonRow) -> dict[str, Any]:
    return {column.name: getattr(row, name) for column, name in _PLACES}


_PLACES = tuple(zip(_PERSON, _FIELDS, strict=True))


def update_person(
    tx: Tx,
    person: PersonId,
    *,
    profile: Sealed,
    name_token: Token,
    number_token: Token | None,
    kind: PersonKind,
    valid_since: datetime | None,
    valid_until: datetime | None,
) -> bool:
    """Whether there is such a person."""
    values = {
        "profile": profile,
        "name_token": name_token,
        "number_token": number_token,
        "kind": kind,
        "valid_since": valid_since,
        "valid_until": valid_until,
    }
    return tx.change(s.people, [p.person_id == person], values) == 1


def set_valid_until(tx: Tx, person: PersonId, until: datetime | None) -> bool:
    """Whether there is such a person."""
    return tx.change(s.people, [p.person_id == person], {"valid_until": until}) == 1


def set_suspended(tx: Tx, person: PersonId, *, suspended: bool) -> bool:
    """Whether there is such a person."""
    return tx.change(s.people, [p.person_id == person], {"suspended": suspended}) == 1


def person(db: Reader, person: PersonId) -> PersonRow | None:
    """In a write the row is locked, for it is about to be changed."""
    query = sa.select(*_PERSON).where(db.mine(s.people), p.person_id == person)
    return db.row(query.with_for_update(key_share=True) if isinstance(db, Tx) else query, PersonRow)


def people_by_id(db: Reader, people: Sequence[PersonId]) -> list[PersonRow]:
    """Those of them that are there, in the order they were added."""
    query = sa.select(*_PERSON).where(db.mine(s.people), p.person_id.in_(people))
    return db.rows(query.order_by(p.person_id), PersonRow)


def people_named(db: Reader, token: Token) -> list[PersonRow]:
    query = sa.select(*_PERSON).where(db.mine(s.people), p.name_token == token)
    return db.rows(query.order_by(p.created_at, p.person_id), PersonRow)


def person_numbered(db: Reader, token: Token) -> PersonId | None:
    query = sa.select(p.person_id).where(db.mine(s.people), p.number_token == token)
    return db.row(query, PersonId)


def number_holder(db: Reader, token: Token) -> PersonId | None:
    """Whose staff number it is, also of somebody who is still arriving: whom nobody sees, but whose number is taken."""
    query = sa.select(p.person_id).where(p.tenant_id == db.tenant, p.number_token == token)
    return db.row(query, PersonId)


def numbers_taken(db: Reader, tokens: Sequence[Token]) -> set[Token]:
    """Those of the tokens that are somebody's staff number, also of whoever is still arriving."""
    query = sa.select(p.number_token).where(p.tenant_id == db.tenant)
    return {token for some in batches(tokens) for (token,) in db.sql.execute(query.where(p.number_token.in_(some)))}


def people_named_among(db: Reader, tokens: Sequence[Token]) -> list[PersonRow]:
    """Everybody whose whole name is one of these."""
    query = sa.select(*_PERSON).where(db.mine(s.people))
    return [row for some in batches(tokens) for row in db.rows(query.where(p.name_token.in_(some)), PersonRow)]


def batches(values: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """A question with too many values in it is no question to a database."""
    for first in range(0, len(values), size):
        yield values[first : first + size]


def people(
    db: Reader,
    *,
    after: PersonId | None = None,
    limit: int = 50,
    group: GroupId | None = None,
    status: tuple[Standing, datetime] | None = None,
) -> list[PersonRow]:
    """A page of people in the order they were added, from behind `after`; `status` as it is at that instant."""
    query = _among(db, sa.select(*_PERSON), group, status).order_by(p.person_id).limit(limit)
    return db.rows(query if after is None else query.where(p.person_id > after), PersonRow)


def count_people(db: Reader, *, group: GroupId | None = None, status: tuple[Standing, datetime] | None = None) -> int:
    """Who is enrolled. Visitors come and go, and are not counted."""
    query = _among(db, sa.select(sa.func.count()).select_from(s.people), group, status)
    query = query.where(p.kind != PersonKind.VISITOR)
    return int(db.sql.execute(query).scalar_one())


def set_profile(tx: Tx, person: PersonId, profile: Sealed) -> bool:
    """Whether there is such a person."""
    return tx.change(s.people, [p.person_id == person], {"profile": profile}) == 1


def remove_person(tx: Tx, person: PersonId) -> bool:
    """Their row and what hangs on it here: groups, presence, credentials, consents. Their key is the caller's to destroy."""
    for table in (s.group_members, s.presence, s.credentials, s.consents, s.asks, s.legal_holds, s.own_links, s.own_sessions):
        tx.remove(table, [table.c.person_id == person])
    return tx.remove(s.people, [p.person_id == person]) == 1


def set_presence(tx: Tx, person: PersonId, state: Sealed) -> None:
    """Remember where somebody is now; the place before is forgotten."""
    if tx.change(s.presence, [seen.person_id == person], {"state": state}) == 0:
        tx.add(s.presence, {"person_id": person, "state": state})


def forget_presence(tx: Tx, person: PersonId) -> None:
    tx.remove(s.presence, [seen.person_id == person])


def presences(db: Reader, people: Sequence[PersonId] | None = None) -> list[tuple[PersonId, Sealed]]:
    """Where these people, or all, were last seen."""
    query = sa.select(seen.person_id, seen.state).where(db.mine(s.presence)).order_by(seen.person_id)
    if people is not None:
        query = query.where(seen.person_id.in_(people))
    return db.rows(query, lambda person, state: (person, state))


def _among(
    db: Reader, query: sa.Select[Any], group: GroupId | None, status: tuple[Standing, datetime] | None
) -> sa.Select[Any]:
    query = query.where(db.mine(s.people))
    if group is not None:
        member = s.group_members.c
        members = sa.select(member.person_id).where(db.mine(s.group_members), member.group_id == group)
        query = query.where(p.person_id.in_(members))
    return query if status is None else query.where(_standing(status[1]) == status[0].value)


def _standing(now: datetime) -> sa.Case[str]:
    return sa.case(
        (p.suspended == sa.literal(True, p.suspended.type), Standing.SUSPENDED.value),
        (p.valid_since > now, Standing.COMING.value),
        (p.valid_until <= now, Standing.ENDED.value),
        else_=Standing.CURRENT.value,
    )
