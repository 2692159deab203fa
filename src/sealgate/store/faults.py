"""What a database can do to us, in our words.

A driver's error never leaves the store: `told` turns it into one of these by the driver's own number (SQLite's result
code, PostgreSQL's SQLSTATE), never by its text. Where nobody knows whether a commit arrived, it is `Unreachable`;
repeating a batch with its nonces is then harmless.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from sealgate.domain.errors import Conflict, Fault, NotFound
from sealgate.ports import Unreachable


class Locked(Fault):
    """Somebody else held the database, or a row, for longer than we wait. Asking again may help."""

    code = "store.locked"
    hint = "Another program holds the database open for writing; close it"


class DiskFull(Fault):
    code = "store.disk-full"
    hint = "Free space on the disk of the data directory; nothing acknowledged was lost"


class Broken(Fault):
    code = "store.broken"
    hint = "The database file is damaged or is none; restore a backup"


class DataInUse(Fault):
    code = "store.in-use"
    hint = "Another Sealgate process works on this data directory; stop it first"


class ReadOnly(Fault):
    code = "store.read-only"
    hint = "A read may not write; the writing belongs into store.begin"


class Unjournaled(Fault):
    """Something was written and no journal entry with it. Nothing was kept."""

    code = "store.unjournaled"


class RoleTooStrong(Fault):
    code = "store.role-too-strong"
    hint = "Use a PostgreSQL role without SUPERUSER and BYPASSRLS: row-level security does not bind those"


class NotMigrated(Fault):
    code = "store.not-migrated"
    hint = "Run the migrations of this version first (`sealgate init` does)"


class AlreadyThere(Conflict):
    """A row with that key, or with a value that must be unique, is there already."""

    code = "store.already-there"


class NoSuchThing(NotFound):
    """What a row refers to is not there, in this tenant."""

    code = "store.no-such-thing"


_SQLITE: dict[int, type[Fault]] = {
    sqlite3.SQLITE_BUSY: Locked,
    sqlite3.SQLITE_LOCKED: Locked,
    sqlite3.SQLITE_FULL: DiskFull,
    sqlite3.SQLITE_CORRUPT: Broken,
    sqlite3.SQLITE_NOTADB: Broken,
    sqlite3.SQLITE_IOERR: Broken,
    sqlite3.SQLITE_READONLY: ReadOnly,
    sqlite3.SQLITE_CANTOPEN: Unreachable,
}

_POSTGRES: dict[str, type[Fault]] = {
    "25006": ReadOnly,
    "40001": Locked,
    "40P01": Locked,
    "55P03": Locked,
    "57014": Locked,
    "53100": DiskFull,
    "58030": Broken,
    "XX001": Broken,
    "XX002": Broken,
    "42P01": NotMigrated,
}
_POSTGRES_CLASSES: dict[str, type[Fault]] = {"08": Unreachable, "53": Unreachable, "57": Unreachable}

_UNIQUE = {sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_ROWID}


@contextmanager
def told(folder: str = "") -> Iterator[None]:
    """Run the body; a driver's error comes out as ours. `folder` is where to look whether the disk is full."""
    try:
        yield
    except DBAPIError as error:
        raise _ours(error, folder) from error
    except SQLAlchemyError as error:
        if isinstance(error, sa.exc.TimeoutError):
            raise Locked("no free connection") from error
        raise


def _ours(error: DBAPIError, folder: str) -> Exception:
    driver = error.orig
    if isinstance(error, IntegrityError) and driver is not None:
        return _integrity(driver)
    if isinstance(driver, sqlite3.Error):
        return _of_sqlite(driver, folder)
    if isinstance(driver, psycopg.Error):
        return _of_postgres(driver)
    return Fault(type(error).__name__)


def _integrity(driver: BaseException) -> Exception:
    """The message names a constraint, never a value."""
    if isinstance(driver, psycopg.Error):
        unique, missing = driver.sqlstate == "23505", driver.sqlstate == "23503"
        name = driver.diag.constraint_name or ""
    else:
        code = getattr(driver, "sqlite_errorcode", 0)
        unique, missing = code in _UNIQUE, code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
        name = str(driver).rpartition(": ")[2]
    if unique:
        return AlreadyThere(name)
    return NoSuchThing(name) if missing else Fault(f"a row does not fit: {name}")


def _of_sqlite(driver: sqlite3.Error, folder: str) -> Fault:
    code = getattr(driver, "sqlite_errorcode", 0)
    if code & 0xFF == sqlite3.SQLITE_IOERR and folder and _full(folder):
        return DiskFull(driver.sqlite_errorname)
    if "no such table" in str(driver):  # SQLite has no number of its own for this
        return NotMigrated(str(driver))
    return _SQLITE.get(code & 0xFF, Fault)(getattr(driver, "sqlite_errorname", "") or type(driver).__name__)


def _of_postgres(driver: psycopg.Error) -> Fault:
    state = driver.sqlstate
    if state is None:  # the connection itself: refused, cut, timed out
        return Unreachable("the database does not answer")
    kind = _POSTGRES.get(state) or _POSTGRES_CLASSES.get(state[:2])
    if kind is None and state[:2] == "28":
        return Unreachable(f"the database does not let us in ({state})", permanent=True)
    return (kind or Fault)(f"SQLSTATE {state}")


def _full(folder: str) -> bool:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize < 1 << 16


def of_file(error: OSError) -> Fault:
    """An error of the file system: a full disk, or something that does not answer."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(os.strerror(error.errno))
    return Unreachable(os.strerror(error.errno or 0), permanent=error.errno in {errno.EACCES, errno.EROFS})
