"""Opening the store, and the two ways in: `begin` writes, `read` cannot.

A write is one transaction of one tenant and must bring a journal entry with it, or nothing is kept. On SQLite one
thread writes at a time; on PostgreSQL many do. When `begin` has left without an error, what was written is on the disk.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock, get_ident
from typing import Any, Protocol, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from sealgate.domain.errors import Fault, NotFound
from sealgate.domain.ids import Counter, TenantId, uuid7
from sealgate.ports import Clock
from sealgate.store import postgres, sqlite
from sealgate.store.faults import Locked, Unjournaled, told
from sealgate.store.schema import outbox, passages, tenants
from sealgate.store.words import Actor

__all__ = ["Actor", "Reader", "Ready", "Store", "Tenant", "Tx", "open_store"]

T = TypeVar("T")
BUSY = timedelta(seconds=5)

_READS = re.compile(r"\s*(SELECT|PRAGMA|SET|EXPLAIN|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|VALUES)\b", re.IGNORECASE)
_WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class NestedWrite(Fault):
    """A thread that is writing asked to write again: it would wait for itself."""

    code = "store.nested-write"


@dataclass(frozen=True, slots=True)
class Tenant:
    tenant: TenantId
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Ready:
    """Rows of one table and tenant in the driver's own words: a write that inserts them does nothing else."""

    statement: str
    values: list[tuple[Any, ...]]


def of_tenant(table: sa.Table) -> sa.ColumnElement[bool]:
    """The first condition of a query that is put together once: `Reader.ask` names the tenant."""
    mine: sa.ColumnElement[bool] = table.c.tenant_id == sa.bindparam("tenant")
    return mine


class Reader:
    """One state of one tenant's rows. Every query of ours names the tenant; PostgreSQL checks it a second time."""

    def __init__(self, sql: sa.Connection, tenant: TenantId) -> None:
        self.sql = sql
        self.tenant = tenant

    def rows(self, query: sa.Select[Any], made: Callable[..., T]) -> list[T]:
        return [made(*row) for row in self.sql.execute(query)]

    def row(self, query: sa.Select[Any], made: Callable[..., T]) -> T | None:
        found = self.sql.execute(query).first()
        return None if found is None else made(*found)

    def ask(self, query: sa.Select[Any], made: Callable[..., T], **values: Any) -> list[T]:
        """As `rows`, of a query that was put together once, with `of_tenant` as its first condition; `values` by name."""
        return [made(*row) for row in self.sql.execute(query, {"tenant": self.tenant, **values})]

    def stream(self, query: sa.Select[Any], key: sa.ColumnElement[Any], page: int = 1000) -> Iterator[Any]:
        """Many rows in the order of `key`, which is unique and the first column, one page after another.

        No cursor stays open at the server, so whoever listens may stop in the middle.
        """
        rows = self.sql.execute(query.order_by(key).limit(page)).all()
        while rows:
            yield from rows
            rows = self.sql.execute(query.where(key > rows[-1][0]).order_by(key).limit(page)).all() if len(rows) == page else []

    def the(self, what: str, query: sa.Select[Any], made: Callable[..., T]) -> T:
        """The one row, or `NotFound(what)`."""
        found = self.row(query, made)
        if found is None:
            raise NotFound(what)
        return found

    def mine(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """The rows of this tenant: the first condition of every query. Of people, those who are enrolled: whoever is still
        `arriving`, out of a file that is being written in pieces, is there for nobody (store/directory/arrivals.py)."""
        mine: sa.ColumnElement[bool] = table.c.tenant_id == self.tenant
        return sa.and_(mine, table.c.arriving.is_(None)) if "arriving" in table.c else mine


class Tx(Reader):
    """A write of one tenant. The thread that began it owns it."""

    def __init__(self, sql: sa.Connection, tenant: TenantId, actor: Actor, store: Store) -> None:
        super().__init__(sql, tenant)
        self.actor = actor
        self._store = store
        self._journaled = False
        self._after: list[Callable[[], object]] = []

    def add(self, table: sa.Table, values: dict[str, Any]) -> None:
        """Insert one row of this tenant. Raises `AlreadyThere`, `NoSuchThing`."""
        with told(self._store.folder):
            self.sql.execute(sa.insert(table), {"tenant_id": self.tenant, **values})

    def add_all(self, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
        """Insert many rows of this tenant, all with the same columns. Raises as `add` does; then none was inserted."""
        if rows:
            self.add_ready(self._store.ready(self.tenant, table, rows))

    def add_ready(self, ready: Ready) -> None:
        """Insert what was made ready before the transaction. Raises as `add_all` does."""
        if ready.values:
            self.run(ready.statement, ready.values)

    def run(self, statement: str, values: Any) -> None:
        """Run one statement in the driver's own words; a list of tuples runs it for each of them."""
        with told(self._store.folder):
            self.sql.exec_driver_sql(statement, values)

    def add_unless_there(
        self, table: sa.Table, rows: Sequence[dict[str, Any]], told_by: tuple[sa.Column[Any], ...]
    ) -> list[Any]:
        """Insert those rows whose key is free; answers the `told_by` columns of those that were inserted."""
        if not rows:
            return []
        insert = sqlite_insert(table) if self._store.is_sqlite else postgres_insert(table)
        with told(self._store.folder):
            values = [{"tenant_id": self.tenant, **row} for row in rows]
            return list(self.sql.execute(insert.on_conflict_do_nothing().returning(*told_by), values))

    def put(self, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
        """Write rows of this tenant, over those with the same key; columns that are not named stay as they are."""
        key = [column.name for column in table.primary_key]
        insert = sqlite_insert(table) if self._store.is_sqlite else postgres_insert(table)
        with told(self._store.folder):
            for row in rows:
                new = {name: insert.excluded[name] for name in row if name not in key}
                done = insert.on_conflict_do_update(index_elements=key, set_=new) if new else insert.on_conflict_do_nothing()
                self.sql.execute(done, {"tenant_id": self.tenant, **row})

    def change(self, table: sa.Table, where: Sequence[sa.ColumnElement[bool]], values: dict[str, Any]) -> int:
        """Update this tenant's rows; answers how many it were: a race is won by the one who sees 1."""
        with told(self._store.folder):
            return self.sql.execute(sa.update(table).where(self.mine(table), *where).values(values)).rowcount

    def remove(self, table: sa.Table, where: Sequence[sa.ColumnElement[bool]]) -> int:
        with told(self._store.folder):
            return self.sql.execute(sa.delete(table).where(self.mine(table), *where)).rowcount

    def publish(self, topic: str, payload: dict[str, Any]) -> None:
        """Leave a fact in the outbox, in this transaction. `payload` holds identities and words, nothing personal."""
        now = self._store.clock.now()
        fact = {"id": self._store.ids.next(now), "topic": topic, "payload": payload, "at": now, "published_at": None}
        self.add(outbox, fact)

    def after_commit(self, call: Callable[[], object]) -> None:
        """Call this once the commit is on the disk, and only then; in the writing thread, in the order given."""
        self._after.append(call)

    @contextmanager
    def upkeep(self) -> Iterator[None]:
        """What the body writes needs no journal entry: marks of our own machinery, that say nothing about anybody."""
        self.sql.info["upkeep"] = True
        try:
            yield
        finally:
            self.sql.info["upkeep"] = False

    def journaled(self) -> None:
        """Said by `store.journal.append` alone."""
        self._journaled = True

    def check_journaled(self) -> None:
        if self.sql.info["wrote"] and not self._journaled:
            raise Unjournaled("a write without a journal entry was not kept", hint="Call privacy.journal.write in it")

    def committed(self) -> None:
        for call in self._after:
            call()


class Follower(Protocol):
    """Who takes down what each commit wrote (backup/following.py)."""

    def committed(self) -> int:
        """Said after the commit; on SQLite in the writer's turn."""
        ...

    def wait(self, commit: int) -> None:
        """Until that commit is kept there too, if its pace asks for it."""
        ...

    def empty_log(self) -> bool: ...


class Store:
    """The data of all tenants. Any thread may call it."""

    def __init__(self, url: sa.URL, *, wait: timedelta, clock: Clock, node: int) -> None:
        self.clock = clock
        self.folder = ""
        self._url = url
        self._wait = wait
        self._turn = Lock()
        self._writer_thread: int | None = None
        self._lock: sqlite.FolderLock | None = None
        self._follower: Follower | None = None
        self.is_sqlite = url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            file = sqlite.file_of(url)
            self.folder = str(file.parent)
            self._lock = sqlite.FolderLock(file.parent)
            self._writing, self._reading = sqlite.writing(url, wait), sqlite.reading(url, wait)
        else:
            self._writing = self._reading = postgres.engine(url, wait)
        event.listen(self._writing, "before_cursor_execute", _note_writes)
        try:
            self.ids = Counter(node, after=self._newest_id())
        except BaseException:
            self.close()
            raise

    @contextmanager
    def begin(self, tenant: TenantId, actor: Actor) -> Iterator[Tx]:
        """One transaction: committed when the body ends, undone when it raises.

        Raises `Unjournaled`, `Locked`, `DiskFull`, `Broken`, `Unreachable`; after `Unreachable` nobody knows
        whether the commit arrived.
        """
        with self._my_turn(), told(self.folder), self._writing.connect() as sql:
            sql.info.update(wrote=False, upkeep=False)
            with sql.begin():
                self._become(sql, tenant, writes=True)
                tx = Tx(sql, tenant, actor, self)
                yield tx
                tx.check_journaled()
            commit = self._follower.committed() if self._follower else 0
        if self._follower:
            self._follower.wait(commit)
        tx.committed()

    @contextmanager
    def read(self, tenant: TenantId) -> Iterator[Reader]:
        """A look at one state of the tenant's rows. Writing through it raises `ReadOnly`."""
        with told(self.folder), self._reading.connect() as sql, sql.begin():
            self._become(sql, tenant, writes=False)
            yield Reader(sql, tenant)

    def tenants(self) -> list[Tenant]:
        with told(self.folder), self._reading.connect() as sql, sql.begin():
            self._become(sql, None, writes=False)
            query = sa.select(tenants.c.tenant_id, tenants.c.name, tenants.c.created_at).order_by(tenants.c.tenant_id)
            return [Tenant(*row) for row in sql.execute(query)]

    def ready(self, tenant: TenantId, table: sa.Table, rows: Sequence[dict[str, Any]]) -> Ready:
        """Rows for `Tx.add_ready`, all with the same columns. To be called before the transaction, for it takes the time:
        through SQLAlchemy's statement each row would be bound again while everybody else waits to write."""
        names = list(rows[0]) if rows else []
        dialect = self._writing.dialect
        binds = [_bound(table.c[name], dialect) for name in names]
        mine = _bound(table.c.tenant_id, dialect)(tenant)
        values = [(mine, *(bind(row[name]) for bind, name in zip(binds, names, strict=True))) for row in rows]
        marks = ", ".join(["?" if self.is_sqlite else "%s"] * (len(names) + 1))
        statement = f"INSERT INTO {table.name} ({', '.join(['tenant_id', *names])}) VALUES ({marks})"  # noqa: S608 - our own names
        return Ready(statement, values)

    def new_id(self) -> UUID:
        """A fresh version 7 UUID."""
        return uuid7(self.clock.now(), secrets.token_bytes(10))

    def make_partitions(self, months: int = 3) -> int:
        """Partitions of passages for this month and the coming ones, on PostgreSQL; how many were made. For the nightly job."""
        if self.is_sqlite:
            return 0
        with told(), self._writing.connect() as sql, sql.begin():
            made: int = sql.execute(sa.select(sa.func.sealgate_make_partitions(months))).scalar_one()
            return made

    def empty_log(self) -> bool:
        """Leave no older writing of any row in SQLite's log; False where it was in use just now. For a round every minute."""
        if self._follower is not None:
            return self._follower.empty_log()
        return self.checkpoint()

    def checkpoint(self) -> bool:
        """As `empty_log`, whoever follows. Who does calls it in `turn`: through the writer's own connection, so that SQLite
        goes on counting how often the log was begun anew."""
        if self._follower is None:
            with told(self.folder):
                return not self.is_sqlite or sqlite.empty_log(self._url)
        with told(self.folder), self._writing.connect() as sql:
            return sqlite.empty_log_by(sql.execution_options(isolation_level="AUTOCOMMIT"), self._wait)

    @property
    def file(self) -> Path | None:
        """The database file; None on PostgreSQL."""
        return sqlite.file_of(self._url) if self.is_sqlite else None

    def turn(self) -> AbstractContextManager[None]:
        """Keep every writer of this process out, on SQLite. Raises `Locked`, `NestedWrite`."""
        return self._my_turn()

    def follow(self, follower: Follower | None) -> None:
        """From now on tell them of every commit, and leave SQLite's log to them."""
        with self._my_turn():
            self._follower = follower
            if self.is_sqlite:
                event.listen(self._writing, "connect", sqlite.leave_log)
                self._writing.dispose()

    def close(self) -> None:
        self._writing.dispose()
        self._reading.dispose()
        if self._lock is not None:
            self._lock.free()
            self._lock = None

    def _become(self, sql: sa.Connection, tenant: TenantId | None, *, writes: bool) -> None:
        if not self.is_sqlite:
            postgres.become(sql, tenant, writes=writes)

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        """On SQLite, one thread writes at a time: waiting here is fair, waiting in the file is not."""
        if not self.is_sqlite:
            yield
            return
        if self._writer_thread == get_ident():
            raise NestedWrite("store.begin inside store.begin")
        if not self._turn.acquire(timeout=self._wait.total_seconds()):
            raise Locked("another thread is writing")
        self._writer_thread = get_ident()
        try:
            yield
        finally:
            self._writer_thread = None
            self._turn.release()

    def _newest_id(self) -> int:
        """The greatest id there is, so that ids go on rising when the clock was put back while we were away."""
        if not self.is_sqlite:
            with told(), self._reading.connect() as sql, sql.begin():
                postgres.refuse_strong_role(sql)
        newest = 0
        for tenant in self.tenants():
            with self.read(tenant.tenant) as db:
                for column in (passages.c.id, outbox.c.id):
                    newest = max(
                        newest, db.sql.execute(sa.select(sa.func.max(column)).where(db.mine(column.table))).scalar() or 0
                    )
        return newest


def open_store(url: str, *, busy_timeout: timedelta = BUSY, clock: Clock | None = None, node: int = 0) -> Store:
    """Open a migrated store. `node` (0..4095) is another number for each process on one PostgreSQL database.

    Raises `DataInUse`, `NotMigrated`, `RoleTooStrong`, `Broken`, `Unreachable`.
    """
    return Store(sa.make_url(url), wait=busy_timeout, clock=clock or SystemClock(), node=node)


def _bound(column: sa.Column[Any], dialect: sa.Dialect) -> Callable[[Any], Any]:
    """How a value of that column is handed to the driver."""
    return column.type.dialect_impl(dialect).bind_processor(dialect) or (lambda value: value)


def _note_writes(sql: sa.Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
    if not sql.info.get("upkeep") and (
        _WRITES.search(statement) if statement[:4].upper() == "WITH" else not _READS.match(statement)
    ):
        sql.info["wrote"] = True
