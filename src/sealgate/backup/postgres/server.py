"""What is asked of the server itself: whether we may receive its log, how far that is, and the slot that keeps it for us.

The surprising thing: whoever holds an advisory lock is the one program that receives the log. A program that was killed has
lost it, and whatever it left behind is taken away; one that lives keeps it, and a second is told so.
"""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any, LiteralString

import psycopg
import sqlalchemy as sa

from sealgate.backup.postgres.tools import NAME
from sealgate.backup.shipping import Torn
from sealgate.domain.errors import Fault
from sealgate.ports import Unreachable

LOCK = 0x5EA1_6A7E
WAITS = 10
"""Seconds to connect."""


class NoReplicationRight(Fault):
    """The role that backs up may not receive the database's log."""

    code = "backup.no-replication-right"
    hint = "Give it REPLICATION, and a line for `replication` in pg_hba.conf; set backup_database to its address"


class NoLogSent(Fault):
    """The server sends its log to nobody."""

    code = "backup.no-log-sent"
    hint = "Set wal_level = replica, max_wal_senders and max_replication_slots to 4 or more, and start the server again"


class LogTaken(Fault):
    """Another program receives this database's log already."""

    code = "backup.log-taken"
    hint = "One program backs a database up: set backup_to for one of them alone, or stop the other"


@dataclass(frozen=True, slots=True)
class Shape:
    """Which log it is: its `timeline`, and the bytes of one file of it."""

    timeline: int
    segment: int


@dataclass(frozen=True, slots=True)
class Reached:
    """Positions in the log: what is `flushed` at the server, and what the slot's receiver has `received`."""

    flushed: int
    received: int
    timeline: int


def position(text: str) -> int:
    high, _, low = text.partition("/")
    return int(high, 16) << 32 | int(low, 16)


class Asking:
    """One connection, made when it is needed and again when it was lost. Any thread may ask."""

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._lock = Lock()
        self._open: psycopg.Connection[tuple[Any, ...]] | None = None
        self._slot = ""

    def check(self) -> None:
        """Raises `Unreachable`, `NoReplicationRight`, `NoLogSent`: before anything is begun, for programs only say text."""
        with closing(self._connect()) as connection:
            rows = connection.execute("SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user").fetchall()
            if not rows or not rows[0][0]:
                raise NoReplicationRight("the role that backs up has no REPLICATION")
            asked = (
                "SELECT name, setting FROM pg_settings WHERE name IN ('wal_level', 'max_wal_senders', 'max_replication_slots')"
            )
            settings: dict[str, str] = dict(connection.execute(asked).fetchall())
        if "minimal" in settings.values() or "0" in settings.values():
            raise NoLogSent(", ".join(f"{name} = {value}" for name, value in sorted(settings.items())))
        try:
            psycopg.connect(self._url, replication="true", connect_timeout=WAITS, autocommit=True).close()
        except psycopg.OperationalError as error:
            raise NoReplicationRight(" ".join(str(error).split())) from error

    def shape(self) -> Shape:
        asked = "SELECT pg_walfile_name(pg_current_wal_flush_lsn()), setting FROM pg_settings WHERE name = 'wal_segment_size'"
        name, segment = self._ask(asked)[0]
        return Shape(int(name[:8], 16), int(segment))

    def flushed(self) -> int:
        return position(self._ask("SELECT pg_current_wal_flush_lsn()::text")[0][0])

    def hold(self) -> None:
        """Become the one who receives the log. Raises `LogTaken`."""
        with self._lock:
            if not self._connected().execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchall()[0][0]:
                raise LogTaken("another program receives the log of this database")
            oid = self._connected().execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchall()[0][0]
            self._slot = f"{NAME}_{oid}"

    @property
    def slot(self) -> str:
        return self._slot

    def new_slot(self) -> int:
        """Keeps the log from here on; where that is."""
        self.drop_slot()
        asked = "SELECT lsn::text FROM pg_create_physical_replication_slot(%s, true)"
        try:
            return position(self._ask(asked, self._slot)[0][0])
        except psycopg.errors.InsufficientPrivilege as error:
            raise NoReplicationRight("the role that backs up has no REPLICATION") from error
        except psycopg.errors.ConfigurationLimitExceeded as error:
            raise NoLogSent("every replication slot is in use") from error

    def drop_slot(self) -> None:
        """Also where a receiver that nobody stopped has it still."""
        for (holder,) in self._ask("SELECT active_pid FROM pg_replication_slots WHERE slot_name = %s", self._slot):
            if holder is not None:
                with suppress(psycopg.errors.InsufficientPrivilege):
                    self._ask("SELECT pg_terminate_backend(%s, 5000)", holder)
            try:
                self._ask("SELECT pg_drop_replication_slot(%s)", self._slot)
            except psycopg.errors.ObjectInUse as error:
                raise LogTaken("another program receives the log of this database") from error
            except psycopg.errors.UndefinedObject:
                pass

    def reached(self) -> Reached:
        """Raises `Torn` where the server keeps the log for us no longer."""
        asked = (
            "SELECT pg_current_wal_flush_lsn()::text, restart_lsn::text, pg_walfile_name(pg_current_wal_flush_lsn())"
            " FROM pg_replication_slots WHERE slot_name = %s"
        )
        rows = self._ask(asked, self._slot)
        if not rows or rows[0][1] is None:
            raise Torn("the server keeps its log for us no longer")
        flushed, received, name = rows[0]
        return Reached(position(flushed), position(received), int(name[:8], 16))

    def close(self) -> None:
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def _ask(self, asked: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._connected().execute(asked, values).fetchall()
            except psycopg.OperationalError as error:
                if isinstance(error, psycopg.errors.ObjectInUse | psycopg.errors.ConfigurationLimitExceeded):
                    raise
                self._drop()
                raise Unreachable("the database does not answer") from error

    def _connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Who lost the line has lost the lock with it, and takes it anew."""
        if self._open is None or self._open.closed:
            self._open = self._connect()
            if self._slot and not self._open.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchall()[0][0]:
                self._drop()
                raise LogTaken("another program receives the log of this database")
        return self._open

    def _drop(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        try:
            return psycopg.connect(self._url, connect_timeout=WAITS, autocommit=True, application_name="sealgate backup")
        except psycopg.OperationalError as error:
            raise Unreachable("the database does not answer", hint="backup_database is its address for backups") from error
