"""Whose cards, codes and plates open the lanes of a site: what an edge's copy holds of people, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.ids import CredentialId, PersonId, SiteId
from sealgate.domain.sightings import Means
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.edges import told
from sealgate.store.engine import Reader

c, p = s.credentials.c, s.people.c
_CREDENTIAL = (c.credential_id, c.person_id, c.means, c.since, c.until, c.created_at, c.gates)
_PERSON = (p.person_id, p.kind, p.suspended, p.valid_since, p.valid_until, p.created_at)


@dataclass(frozen=True, slots=True)
class Held:
    """One card, code or plate: `plain` has the rows of it and of its person without what is sealed, `groups` are those of the
    person that may pass at this site."""

    credential: CredentialId
    person: PersonId
    secret: Sealed
    plain: dict[str, dict[str, Any]]
    groups: frozenset[str]


def zones_of(db: Reader, site: SiteId) -> sa.Select[Any]:
    return sa.select(s.zones.c.zone_id).where(db.mine(s.zones), s.zones.c.site_id == site)


def held_at(db: Reader, site: SiteId, lanes: frozenset[str], means: Sequence[Means], now: datetime, most: int) -> list[Held]:
    """Those that hold now or later, of people with leave for a zone of the site, or with a pass for one of its `lanes`."""
    groups = _groups_at(db, site)
    query = (
        sa.select(*_CREDENTIAL, c.secret, *(column.label(f"p_{column.name}") for column in _PERSON))
        .join(s.people, sa.and_(p.tenant_id == c.tenant_id, p.person_id == c.person_id))
        .where(db.mine(s.credentials), c.means.in_(means), c.ended_at.is_(None), c.token.is_not(None))
        .where(sa.or_(c.until.is_(None), c.until > now))
        .order_by(c.credential_id)
    )
    found: list[Held] = []
    for row in db.sql.execute(query).mappings():
        theirs = groups.get(row["person_id"], frozenset())
        passes = row["gates"] is not None and not lanes.isdisjoint(row["gates"])
        if (theirs if row["gates"] is None else passes) and len(found) < most:
            found.append(_held(row, theirs))
    return found


def _held(row: Any, groups: frozenset[str]) -> Held:
    plain = {
        "credential": {column.name: told(row[column.name]) for column in _CREDENTIAL},
        "person": {column.name: told(row[f"p_{column.name}"]) for column in _PERSON},
    }
    return Held(row["credential_id"], row["person_id"], row["secret"], plain, groups)


def _groups_at(db: Reader, site: SiteId) -> dict[PersonId, frozenset[str]]:
    """The groups of each person that have leave for a zone of the site."""
    m, g = s.group_members.c, s.grants.c
    here = sa.select(g.group_id).where(db.mine(s.grants), g.zone_id.in_(zones_of(db, site)))
    query = sa.select(m.person_id, m.group_id).where(db.mine(s.group_members), m.group_id.in_(here))
    found: dict[PersonId, set[str]] = {}
    for person, group in db.sql.execute(query):
        found.setdefault(person, set()).add(str(group))
    return {person: frozenset(names) for person, names in found.items()}
