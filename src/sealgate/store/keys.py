"""The shelf of wrapped keys: a database of its own, apart from the data (VAULT 2). What lies here is wrapped already.

A destroyed key is overwritten, not marked: `secure_delete` zeroes it in the file, and the write-ahead log is emptied
into the file at once. Its row stays, without the key, to say when. PostgreSQL is vacuumed, but its pages and its log may
hold the wrapped bytes a while longer; `Keyring.rotate_tenant` makes such leftovers worthless.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from sealgate.domain.ids import TenantId
from sealgate.ports import KeyCount, KeyKind, WrappedKey
from sealgate.store import postgres, sqlite
from sealgate.store.columns import Id, Instant, Word
from sealgate.store.engine import BUSY
from sealgate.store.faults import Broken, Locked, told

shelf = sa.MetaData()

keys = sa.Table(
    "keys",
    shelf,
    sa.Column("tenant_id", Id, nullable=False),
    sa.Column("key_id", Id, nullable=False),
    sa.Column("kind", Word(KeyKind), nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("destroyed_at", Instant, nullable=True),
    sa.PrimaryKeyConstraint("tenant_id", "key_id", name="pk_keys"),
    # One key for a scope for ever: whose key was destroyed gets no second one under the same name.
    sa.UniqueConstraint("tenant_id", "kind", "scope", name="uq_keys_scope"),
    sqlite_strict=True,
)

roots = sa.Table(
    "roots",
    shelf,
    sa.Column("tenant_id", Id, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("tenant_id", name="pk_roots"),
    sqlite_strict=True,
)

ASKED_AT_ONCE = 300
"""Keys in one question, each with three values: SQLite takes 32,766 of them, PostgreSQL 65,535."""

EPOCH, DAY_MICROSECONDS = date(1970, 1, 1), 86_400_000_000

WHOLE = UUID(int=0)
"""The root check belongs to no tenant."""

_TABLE = keys
c = keys.c
_KEY = (c.tenant_id, c.key_id, c.kind, c.scope, c.wrapped, c.made_at)


class DatabaseShelf:
    """A `ports.KeyShelf` on a SQLite file or a PostgreSQL database of its own. Any thread may call it.

    `page` is how many keys `all` reads at once.
    """

    page = 500

    def __init__(self, url: str, *, busy_timeout: timedelta = BUSY) -> None:
        """Open it, and make it where it is not there yet. Raises `Locked`, `Broken`, `Unreachable`."""
        where = sa.make_url(url)
        self._is_sqlite = where.get_backend_name() == "sqlite"
        self._folder = ""
        if self._is_sqlite:
            file = sqlite.file_of(where)
            self._folder = str(file.parent)
            self._writing = sqlite.writing(where, busy_timeout)
            self._reading = sqlite.reading(where, busy_timeout)
            sqlite.make_private(file)
        else:
            self._writing = self._reading = postgres.engine(where, busy_timeout)
        with self._write() as sql:
            shelf.create_all(sql)

    def put(self, key: WrappedKey) -> WrappedKey:
        return self.put_all([key])[0]

    def put_all(self, keys: Sequence[WrappedKey]) -> list[WrappedKey]:
        """One commit for all of them: a commit of a key of its own costs a hundred times what its row costs."""
        if not keys:
            return []
        with self._write() as sql:
            sql.execute(self._unless_there(), [_values(key) for key in keys])
            kept = {(key.tenant, key.kind, key.scope): key for key in _of_scopes(sql, keys)}
        try:
            return [kept[key.tenant, key.kind, key.scope] for key in keys]
        except KeyError as error:
            raise Broken("a key that was put is not there") from error

    def _unless_there(self) -> Any:
        insert = sqlite_insert(keys) if self._is_sqlite else postgres_insert(keys)
        return insert.on_conflict_do_nothing(index_elements=["tenant_id", "kind", "scope"])

    def of_scope(self, tenant: TenantId, kind: KeyKind, scope: str) -> WrappedKey | None:
        with self._read() as sql:
            return _one(sql, c.tenant_id == tenant, c.kind == kind, c.scope == scope)

    def of_scopes(self, tenant: TenantId, kind: KeyKind, scopes: Sequence[str]) -> list[WrappedKey]:
        found: list[WrappedKey] = []
        for first in range(0, len(scopes), ASKED_AT_ONCE):
            query = sa.select(*_KEY).where(c.tenant_id == tenant, c.kind == kind)
            with self._read() as sql:
                some = sql.execute(query.where(c.scope.in_(scopes[first : first + ASKED_AT_ONCE])))
                found += [_key(*row) for row in some]
        return found

    def by_id(self, tenant: TenantId, key: UUID) -> WrappedKey | None:
        with self._read() as sql:
            return _one(sql, c.tenant_id == tenant, c.key_id == key)

    def all(self) -> Iterator[WrappedKey]:
        """Page by page, so that keys can be rewrapped on the way; one that is added meanwhile may be missed."""
        last: tuple[UUID, UUID] | None = None
        while True:
            query = sa.select(*_KEY).order_by(c.tenant_id, c.key_id).limit(self.page)
            if last is not None:
                query = query.where(sa.or_(c.tenant_id > last[0], sa.and_(c.tenant_id == last[0], c.key_id > last[1])))
            with self._read() as sql:
                page = [_key(*row) for row in sql.execute(query)]
            yield from page
            if len(page) < self.page:
                return
            last = (page[-1].tenant, page[-1].key)

    def counts(self, tenant: TenantId) -> list[KeyCount]:
        day = sa.type_coerce(c.made_at, sa.BigInteger) // DAY_MICROSECONDS
        alive = c.destroyed_at.is_(None)
        query = sa.select(c.kind, day, alive, sa.func.count()).where(c.tenant_id == tenant)
        with self._read() as sql:
            found = sql.execute(query.group_by(day, c.kind, alive).order_by(day, c.kind, alive)).all()
        return [KeyCount(kind, EPOCH + timedelta(days=int(days)), bool(alive), n) for kind, days, alive, n in found]

    def rewrap(self, key: WrappedKey, wrapped: bytes) -> bool:
        """False if it was rewrapped or destroyed since `key` was read."""
        same = (c.tenant_id == key.tenant, c.key_id == key.key, c.wrapped == key.wrapped, c.destroyed_at.is_(None))
        with self._write() as sql:
            return sql.execute(sa.update(keys).where(*same).values(wrapped=wrapped)).rowcount == 1

    def destroy(self, tenant: TenantId, key: UUID, at: datetime) -> bool:
        """Raises `Locked` where somebody reads so long that the log cannot be emptied; then call it again."""
        return self.destroy_all(tenant, [key], at) == 1

    def destroy_all(self, tenant: TenantId, keys: Sequence[UUID], at: datetime) -> int:
        """One commit for all of them, and the log emptied once. Raises as `destroy` does; what is gone stays gone."""
        alive, gone = (c.tenant_id == tenant, c.destroyed_at.is_(None)), 0
        with self._write() as sql:
            for first in range(0, len(keys), ASKED_AT_ONCE):
                some = c.key_id.in_(keys[first : first + ASKED_AT_ONCE])
                gone += sql.execute(sa.update(_TABLE).where(*alive, some).values(wrapped=b"", destroyed_at=at)).rowcount
        self._scrub()
        return gone

    def root_check(self) -> bytes | None:
        with self._read() as sql:
            return sql.execute(sa.select(roots.c.sealed).where(roots.c.tenant_id == WHOLE)).scalar_one_or_none()

    def set_root_check(self, sealed: bytes) -> None:
        insert = sqlite_insert(roots) if self._is_sqlite else postgres_insert(roots)
        upsert = insert.values(tenant_id=WHOLE, sealed=sealed)
        with self._write() as sql:
            sql.execute(upsert.on_conflict_do_update(index_elements=["tenant_id"], set_={"sealed": sealed}))

    def close(self) -> None:
        self._writing.dispose()
        self._reading.dispose()

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        with told(self._folder), self._writing.connect() as sql, sql.begin():
            yield sql

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        with told(self._folder), self._reading.connect() as sql, sql.begin():
            yield sql

    def _scrub(self) -> None:
        """Leave no older version of a row behind, as far as the database can be told to."""
        command = "PRAGMA wal_checkpoint(TRUNCATE)" if self._is_sqlite else "VACUUM keys"
        with told(self._folder), self._writing.connect() as sql:
            cursor = sql.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(command)
            if self._is_sqlite and cursor.one()[0] != 0:
                raise Locked("the log of the key shelf could not be emptied")


def _one(sql: sa.Connection, *where: sa.ColumnElement[bool]) -> WrappedKey | None:
    found = sql.execute(sa.select(*_KEY).where(*where)).first()
    return None if found is None else _key(*found)


def _of_scopes(sql: sa.Connection, asked: Sequence[WrappedKey]) -> Iterator[WrappedKey]:
    """The keys that lie there under the scopes of `asked`, a few hundred to a question."""
    for first in range(0, len(asked), ASKED_AT_ONCE):
        some = asked[first : first + ASKED_AT_ONCE]
        among = sa.tuple_(c.tenant_id, c.kind, c.scope).in_([(key.tenant, key.kind, key.scope) for key in some])
        yield from (_key(*row) for row in sql.execute(sa.select(*_KEY).where(among)))


def _values(key: WrappedKey) -> dict[str, Any]:
    return {
        "tenant_id": key.tenant,
        "key_id": key.key,
        "kind": key.kind,
        "scope": key.scope,
        "wrapped": key.wrapped,
        "made_at": key.made_at,
    }


def _key(*row: Any) -> WrappedKey:
    tenant, key, kind, scope, wrapped, made_at = row
    return WrappedKey(tenant, key, kind, scope, wrapped, made_at)
