"""How we open a SQLite file: one writer, many readers, one process.

WAL with synchronous=FULL: a commit is on the disk when it returns. Python's own transaction handling is off
(`isolation_level=None`); `BEGIN` is said by the engine. The LOCK file lies beside the database and is held by
`flock`, so it is free again the moment a process dies.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from sealgate.store.faults import DataInUse, of_file

READERS = 8
SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA temp_store = MEMORY",  # nothing of a sort or a join is left on the disk
    "PRAGMA cache_size = -16384",  # KiB
)


class FolderLock:
    """The right to be the one process on a data directory."""

    def __init__(self, folder: Path) -> None:
        """Take it, or raise `DataInUse` at once."""
        try:
            self._file = os.open(folder / "LOCK", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise of_file(error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise DataInUse(f"the data directory {folder} is in use") from error

    def free(self) -> None:
        os.close(self._file)


def file_of(url: sa.URL) -> Path:
    """The database file of a `sqlite:///...` URL; there is no store in memory."""
    if not url.database or url.database == ":memory:":
        raise ValueError("a store needs a file: sqlite:////path/to/sealgate.db")
    return Path(url.database)


def make_private(file: Path) -> None:
    """Make the file, if it is not there, so that its owner alone may read it; SQLite's own logs inherit that."""
    try:
        file.touch(mode=0o600)
    except OSError as error:
        raise of_file(error) from error


def writing(url: sa.URL, wait: timedelta) -> sa.Engine:
    """One connection, for the one writer; each transaction begins with BEGIN IMMEDIATE.

    What is deleted or replaced is overwritten with zeros: the token of a car that has left would be in a free page for years,
    and beside the next one's show that it came again.
    """
    return _engine(url, wait, 1, "BEGIN IMMEDIATE", ["PRAGMA secure_delete = ON", "PRAGMA journal_size_limit = 0"])


def empty_log(url: sa.URL) -> bool:
    """Bring the write-ahead log into the database and cut it: older writings of a row go with it. False where somebody reads
    or writes just now; nobody is kept waiting."""
    with closing(sqlite3.connect(file_of(url), timeout=0, isolation_level=None)) as connection:
        try:
            busy: int = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError:
            return False
        return busy == 0


def empty_log_by(sql: sa.Connection, wait: timedelta) -> bool:
    """As `empty_log`, through a connection that has no transaction."""
    sql.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        busy: int = sql.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    except sa.exc.OperationalError:
        return False
    finally:
        sql.exec_driver_sql(f"PRAGMA busy_timeout = {int(wait.total_seconds() * 1000)}")
    return busy == 0


def leave_log(connection: sqlite3.Connection, _record: Any) -> None:
    """Commits of this connection leave the log as it is: somebody else empties it."""
    connection.execute("PRAGMA wal_autocheckpoint = 0")


def reading(url: sa.URL, wait: timedelta) -> sa.Engine:
    """Connections that cannot write; each transaction sees one state of the database."""
    return _engine(url, wait, READERS, "BEGIN", ["PRAGMA query_only = ON"])


def _engine(url: sa.URL, wait: timedelta, size: int, begin: str, settings: list[str]) -> sa.Engine:
    engine = sa.create_engine(
        url,
        pool_size=size,
        max_overflow=0,
        pool_timeout=wait.total_seconds(),
        poolclass=sa.QueuePool,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": wait.total_seconds(), "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _opened(connection: sqlite3.Connection, _record: Any) -> None:
        for line in [*SETTINGS, *settings]:
            connection.execute(line)

    @event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql(begin)

    return engine
