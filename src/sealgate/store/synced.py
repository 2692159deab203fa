"""People who are kept in step with a directory outside. Whoever changes one names the version that they read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from sealgate.domain.ids import PersonId
from sealgate.ports import Sealed, Token
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class SyncedRow:
    """`user_token` and `external_token` find the person by what the directory calls them; `detail` has both."""

    person: PersonId
    user_token: Token
    external_token: Token | None
    detail: Sealed
    active: bool
    version: int
    made_at: datetime
    changed_at: datetime


p = s.synced_people.c
_COLUMNS = tuple(p["person_id" if name == "person" else name] for name in SyncedRow.__dataclass_fields__)


def synced(db: Reader, person: PersonId) -> SyncedRow | None:
    return _one(db, p.person_id == person)


def by_user_name(db: Reader, token: Token) -> SyncedRow | None:
    return _one(db, p.user_token == token)


def by_external_id(db: Reader, token: Token) -> list[SyncedRow]:
    """A directory should give each once; nothing here depends on it."""
    query = sa.select(*_COLUMNS).where(db.mine(s.synced_people), p.external_token == token)
    return [_flagged(row) for row in db.rows(query.order_by(p.person_id), SyncedRow)]


def page(db: Reader, skip: int, limit: int) -> list[SyncedRow]:
    query = sa.select(*_COLUMNS).where(db.mine(s.synced_people)).order_by(p.person_id).offset(skip).limit(limit)
    return [_flagged(row) for row in db.rows(query, SyncedRow)]


def count(db: Reader) -> int:
    query = sa.select(sa.func.count()).select_from(s.synced_people).where(db.mine(s.synced_people))
    return int(db.sql.execute(query).scalar_one())


def add(tx: Tx, row: SyncedRow) -> None:
    """Raises `AlreadyThere` where the user name is somebody's."""
    tx.add(s.synced_people, _values(row))


def change(tx: Tx, row: SyncedRow, version: int) -> bool:
    """Write it over the one with that version; False where somebody was first. Raises `AlreadyThere`."""
    return tx.change(s.synced_people, [p.person_id == row.person, p.version == version], _values(row)) == 1


def remove(tx: Tx, person: PersonId) -> bool:
    return tx.remove(s.synced_people, [p.person_id == person]) == 1


def _one(db: Reader, which: sa.ColumnElement[bool]) -> SyncedRow | None:
    found = db.row(sa.select(*_COLUMNS).where(db.mine(s.synced_people), which), SyncedRow)
    return found and _flagged(found)


def _flagged(row: SyncedRow) -> SyncedRow:
    return replace(row, active=bool(row.active))


def _values(row: SyncedRow) -> dict[str, object]:
    names = {name: getattr(row, name) for name in SyncedRow.__dataclass_fields__}
    return {"person_id": names.pop("person"), **names}
