"""One state of a SQLite database, read page by page while the program writes on, without a copy of it on the disk.

A read transaction is held open: then the database file changes only by what the log holds up to that moment, and the log is not
begun anew. The pages of the log, laid over the file, are the state of the log's last commit.

The surprising thing: closing a file that SQLite has open throws away the locks of the whole process on it (POSIX), and the next
program to come would take itself for the only one. So the database file is opened once and never closed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from uuid import UUID

from sealgate.backup import wal
from sealgate.backup.wal import NOWHERE, Cursor
from sealgate.store.faults import Broken, of_file

_OPENED: dict[tuple[int, int], int] = {}
_OPENING = Lock()


class Pages:
    """`size` bytes of a database as they were at one commit; `cursor` is where that is in the log."""

    def __init__(self, handle: int, page: int, pages: int, over: dict[int, bytes], cursor: Cursor) -> None:
        self._handle, self._page, self._over = handle, page, over
        self.size = page * pages
        self.cursor = cursor

    def chunks(self, length: int) -> Iterator[bytes]:
        """All of it in order, in pieces of `length`, a multiple of a page's size; the last may be shorter."""
        for start in range(0, self.size, length):
            end = min(start + length, self.size)
            data = bytearray(os.pread(self._handle, end - start, start).ljust(end - start, b"\0"))
            for number in range(start // self._page + 1, end // self._page + 1):
                image = self._over.get(number)
                if image is not None:
                    at = (number - 1) * self._page - start
                    data[at : at + self._page] = image
            yield bytes(data)


@contextmanager
def steady(file: Path) -> Iterator[tuple[Pages, list[tuple[UUID, int]]]]:
    """The newest state of `file`, steady until the body ends; and each tenant with the number of its journal's last entry.

    Raises `Broken`, `Unreachable`.
    """
    handle = _handle(file)
    connection = sqlite3.connect(f"file:{file}?mode=rw", uri=True, isolation_level=None, timeout=5, check_same_thread=False)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        page = int(connection.execute("PRAGMA page_size").fetchone()[0])
        before = int(connection.execute("PRAGMA page_count").fetchone()[0])
        heads = connection.execute("SELECT tenant_id, seq FROM journal_heads ORDER BY tenant_id").fetchall()
        frames = wal.read(file, NOWHERE)
        yield (
            Pages(handle, page, frames.size or before, frames.pages, frames.cursor),
            [(_id(tenant), int(seq)) for tenant, seq in heads],
        )
    except sqlite3.DatabaseError as error:
        raise Broken(f"{file.name} cannot be read: {error}") from error
    finally:
        connection.close()


def _id(value: bytes | str) -> UUID:
    return UUID(bytes=value) if isinstance(value, bytes) else UUID(value)


def _handle(file: Path) -> int:
    try:
        found = file.stat()
        with _OPENING:
            key = (found.st_dev, found.st_ino)
            if key not in _OPENED:
                _OPENED[key] = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
            return _OPENED[key]
    except OSError as error:
        raise of_file(error) from error
