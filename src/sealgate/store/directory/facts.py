"""All that a decision needs to know of one credential and its person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sealgate.domain.access import Grant, Validity
from sealgate.domain.calendar import parse_timetable
from sealgate.domain.ids import CredentialId, GateId, PersonId
from sealgate.domain.people import PersonKind
from sealgate.domain.sightings import Means
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class FactsRow:
    """`domain.access.Facts` as far as they can be read without a key, and the profile; `consented` is to the face."""

    person: PersonId
    credential: CredentialId
    profile: Sealed
    suspended: bool
    valid: Validity
    credential_valid: Validity
    consented: bool
    grants: tuple[Grant, ...]
    presence: Sealed | None
    kind: PersonKind
    gates: frozenset[GateId] | None = None


c = s.credentials.c


def facts_of(db: Reader, credential: CredentialId) -> FactsRow | None:
    """In one query: a row for each grant, or one row without.

    In a write the person is locked first, so that two gates that see one card at once decide one after the other.
    """
    if isinstance(db, Tx):
        _lock_person(db, credential)
    rows = db.sql.execute(_query(db, credential)).all()
    if not rows:
        return None
    head = rows[0]
    ended = min((at for at in (head.until, head.ended_at) if at is not None), default=None)
    return FactsRow(
        person=head.person_id,
        credential=head.credential_id,
        profile=head.profile,
        suspended=head.suspended,
        valid=Validity(head.valid_since, head.valid_until),
        credential_valid=Validity(head.since, ended),
        consented=bool(head.consented),
        grants=tuple(_grant(row) for row in rows if row.zone_id is not None),
        presence=head.state,
        kind=head.kind,
        gates=None if head.gates is None else frozenset(GateId(UUID(gate)) for gate in head.gates),
    )


def _grant(row: Any) -> Grant:
    return Grant(row.zone_id, None if row.week is None else parse_timetable(row.week))


def _lock_person(tx: Tx, credential: CredentialId) -> None:
    """PostgreSQL only: SQLite has one writer anyway."""
    if tx.sql.dialect.name != "sqlite":
        person = s.people.c
        query = sa.select(person.person_id).join(s.credentials, _same(c.person_id, person.person_id))
        query = query.where(tx.mine(s.people), c.credential_id == credential)
        tx.sql.execute(query.with_for_update(key_share=True, of=s.people))


def _query(db: Reader, credential: CredentialId) -> sa.Select[Any]:
    people, members, grants, times, presence = s.people.c, s.group_members.c, s.grants.c, s.timetables.c, s.presence.c
    consent = s.consents.c
    consented = sa.exists().where(
        consent.tenant_id == c.tenant_id,
        consent.person_id == c.person_id,
        consent.purpose == Means.FACE.value,
        consent.withdrawn_at.is_(None),
    )
    return (
        sa.select(
            c.credential_id, c.person_id, c.since, c.until, c.ended_at, c.gates,
            people.kind, people.profile, people.suspended, people.valid_since, people.valid_until,
            presence.state, consented.label("consented"), grants.zone_id, times.week,
        )
        .join(s.people, sa.and_(_same(people.person_id, c.person_id), people.arriving.is_(None)))
        .outerjoin(s.presence, _same(presence.person_id, c.person_id))
        .outerjoin(s.group_members, _same(members.person_id, c.person_id))
        .outerjoin(s.grants, _same(grants.group_id, members.group_id))
        .outerjoin(s.timetables, _same(times.timetable_id, grants.timetable_id))
        .where(db.mine(s.credentials), c.credential_id == credential)
    )  # fmt: skip


def _same(left: sa.Column[Any], right: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """Equal, and of one tenant."""
    return sa.and_(left.table.c.tenant_id == right.table.c.tenant_id, left == right)
