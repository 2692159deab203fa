"""How people show who they are. One that was ended stays, to say when; a token in use is used once in a tenant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.ids import CredentialId, PersonId, SiteId, TenantId
from sealgate.domain.sightings import Means
from sealgate.ports import Sealed, Token
from sealgate.store import schema as s
from sealgate.store.directory.people import batches
from sealgate.store.engine import Reader, Ready, Store, Tx

_COLUMNS = {"credential": "credential_id", "person": "person_id", "site": "site_id"}
"""Where a field's column has another name."""

FORGOTTEN = Sealed(b"")
"""In the place of a secret that was forgotten."""


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """`secret` is the template, plate, number or PIN, sealed under the person's key; `token` finds it where equality can.

    A face has no token, but a `pack` (the models that made it), a `site` (whose secret turned it) and of that site's secrets
    the `space` (None: the first). `gates` are the only ones that it opens (their ids as text); None: those that its person may
    pass.
    """

    credential: CredentialId
    person: PersonId
    means: Means
    token: Token | None
    secret: Sealed
    pack: str | None
    site: SiteId | None
    since: datetime | None
    until: datetime | None
    created_at: datetime
    ended_at: datetime | None
    label: Sealed | None = None
    gates: tuple[str, ...] | None = None
    space: int | None = None


FIRST_SPACE = 1


@dataclass(frozen=True, slots=True)
class FaceTemplate:
    """`space` counts the site's secrets, from 1."""

    credential: CredentialId
    person: PersonId
    site: SiteId | None
    secret: Sealed
    space: int = FIRST_SPACE


c = s.credentials.c
_FIELDS = tuple(CredentialRow.__dataclass_fields__)
_CREDENTIAL = tuple(c[_COLUMNS.get(name, name)] for name in _FIELDS)


def add_credential(tx: Tx, row: CredentialRow) -> None:
    """Raises `AlreadyThere` where the same means and token is in use: one plate, one person."""
    tx.add(s.credentials, _values(row))


def ready_credentials(store: Store, tenant: TenantId, rows: Sequence[CredentialRow]) -> Ready:
    return store.ready(tenant, s.credentials, [_values(row) for row in rows])


def _values(row: CredentialRow) -> dict[str, Any]:
    return {_COLUMNS.get(name, name): getattr(row, name) for name in _FIELDS}


def tokens_taken(db: Reader, means: Means, tokens: Sequence[Token]) -> set[Token]:
    """Those of the tokens that are in use, also by whoever is still arriving."""
    query = sa.select(c.token).where(db.mine(s.credentials), c.means == means, c.ended_at.is_(None))
    return {token for some in batches(tokens) for (token,) in db.sql.execute(query.where(c.token.in_(some)))}


def credential(db: Reader, credential: CredentialId) -> CredentialRow | None:
    return db.row(_query(db, c.credential_id == credential), _made)


def credentials_of(db: Reader, person: PersonId) -> list[CredentialRow]:
    """Ended ones too; oldest first."""
    return db.rows(_query(db, c.person_id == person).order_by(c.created_at, c.credential_id), _made)


def means_of(db: Reader, people: Sequence[PersonId]) -> Mapping[PersonId, frozenset[Means]]:
    """By what each can pass, of credentials not ended; whoever has none is missing."""
    query = sa.select(c.person_id, c.means).where(db.mine(s.credentials), c.person_id.in_(people), c.ended_at.is_(None))
    found: dict[PersonId, frozenset[Means]] = {}
    for person, means in db.sql.execute(query.distinct()):
        found[person] = found.get(person, frozenset()) | {means}
    return found


def credential_by_token(db: Reader, means: Means, token: Token) -> CredentialRow | None:
    """The one in use of somebody enrolled, or None; whether it is valid by now is for the decision to judge."""
    p = s.people.c
    arriving = sa.exists().where(p.tenant_id == c.tenant_id, p.person_id == c.person_id, p.arriving.is_not(None))
    return db.row(_query(db, c.means == means, c.token == token, c.ended_at.is_(None), ~arriving), _made)


def end_credential(tx: Tx, credential: CredentialId, at: datetime) -> CredentialRow | None:
    """What was ended; None if it was ended already, or never was."""
    if tx.change(s.credentials, [c.credential_id == credential, c.ended_at.is_(None)], {"ended_at": at}) != 1:
        return None
    return tx.row(_query(tx, c.credential_id == credential), _made)


def limit_credentials(tx: Tx, person: PersonId, until: datetime) -> int:
    """Let nothing of theirs open inwards from then on; outwards it goes on opening. How many it were."""
    return tx.change(s.credentials, [c.person_id == person, c.ended_at.is_(None)], {"until": until})


def forget_secret(tx: Tx, credential: CredentialId) -> None:
    """Leave nothing of it but that it was."""
    tx.change(s.credentials, [c.credential_id == credential], {"secret": FORGOTTEN, "label": None, "token": None})


def face_templates(db: Reader, site: SiteId | None, pack: str) -> Iterator[FaceTemplate]:
    """The templates in use of one site, or of all, made by `pack`; streamed, for there may be a hundred thousand."""
    query = _faces(db).where(c.pack == pack)
    for row in db.stream(query if site is None else query.where(c.site_id == site), c.credential_id):
        yield FaceTemplate(*row)


def faces_behind(db: Reader, site: SiteId, space: int, after: CredentialId | None, limit: int) -> list[FaceTemplate]:
    """Templates of the site, of whatever pack, that lie in an earlier space; in the order of their ids."""
    query = _faces(db).where(c.site_id == site, space > _SPACE).order_by(c.credential_id).limit(limit)
    return db.rows(query if after is None else query.where(c.credential_id > after), FaceTemplate)


def count_faces(db: Reader, site: SiteId, before: int | None = None) -> int:
    """Templates in use at the site; only those in a space `before` that one, where it is given."""
    asked = _faces(db).where(c.site_id == site)
    query = sa.select(sa.func.count()).select_from((asked if before is None else asked.where(before > _SPACE)).subquery())
    return int(db.sql.execute(query).scalar_one())


def move_face(tx: Tx, read: FaceTemplate, secret: Sealed, space: int) -> bool:
    """Put it into another space, if it is as it was `read`: else its owner took it back or enrolled anew meanwhile."""
    same = (c.credential_id == read.credential, c.secret == read.secret, c.ended_at.is_(None))
    return tx.change(s.credentials, same, {"secret": secret, "space": space}) == 1


_SPACE = sa.func.coalesce(c.space, FIRST_SPACE)


def _faces(db: Reader) -> sa.Select[Any]:
    columns = (c.credential_id, c.person_id, c.site_id, c.secret, _SPACE)
    return sa.select(*columns).where(db.mine(s.credentials), c.means == Means.FACE, c.ended_at.is_(None))


def _query(db: Reader, *where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(*_CREDENTIAL).where(db.mine(s.credentials), *where)


def _made(*columns: Any) -> CredentialRow:
    read = CredentialRow(*columns)
    return read if read.gates is None else replace(read, gates=tuple(read.gates))
