"""Bringing a SQLite point back, and what the log has behind it, into an empty folder.

Nothing of the folder is believed until all of it is there: the database is written under another name, and renamed last.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sealgate.backup import pieces, points
from sealgate.backup.depots import NoSuchObject
from sealgate.backup.making import DATABASE, Place, Told, pictures_of, untold
from sealgate.backup.points import Kind, Point
from sealgate.backup.putting import ID_BYTES, listed
from sealgate.domain.errors import Conflict, Fault, NotFound
from sealgate.ports import Sealed
from sealgate.store.blobs import BlobThere, FolderBlobs
from sealgate.store.faults import of_file

AHEAD = 8
"""Chunks that are read at a time."""


class NoPoint(NotFound):
    """There is no backup of that time, or none at all, that this key opens."""

    code = "backup.no-point"


class FolderInUse(Conflict):
    """There is something where a backup was to be restored to."""

    code = "backup.folder-in-use"


class Damaged(Fault):
    """What was put together out of a backup is no whole database."""

    code = "backup.damaged"


@dataclass(frozen=True, slots=True)
class Restored:
    """`at` is the last commit that was brought back, `pieces` are of the log, `took` seconds."""

    point: Point
    at: datetime
    pieces: int
    pictures: int
    lost_pictures: int
    size: int
    took: float


def chosen(to: Place, kind: Kind | None, at: datetime | None = None) -> Point:
    """The newest point, of any kind unless one is given, that is not younger than `at`. Raises `NoPoint`."""
    for name in points.names(to.depot):
        with suppress(ValueError, NoSuchObject):
            if at is not None and points.instant_of(name) > at:
                continue
            point = points.read(to.depot, to.safe, name)
            if kind in {None, point.kind} and (at is None or point.at <= at):
                return point
    raise NoPoint("no backup of that time opens with this key", hint="`sealgate backup list` tells which there are")


def clear(folder: Path, *, force: bool) -> None:
    """Make the folder, or empty it if it may be. Raises `FolderInUse`."""
    try:
        if folder.exists() and any(folder.iterdir()):
            if not force:
                raise FolderInUse(f"{folder} is not empty", hint="Restore into a new folder, or give --force")
            for path in folder.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise of_file(error) from error


def restore(to: Place, folder: Path, at: datetime | None = None, *, told: Told = untold) -> Restored:
    """Into `folder`, which is empty. Raises `NoPoint`, `NoSuchObject`, `Damaged`, `DiskFull`, `Unreachable`."""
    began = time.monotonic()
    point = chosen(to, Kind.SQLITE, at)
    half = folder / f"{DATABASE}.half"
    blobs = FolderBlobs(folder / "blobs")
    last, count = point.at, 0
    try:
        names = list(pictures_of(to, point))
        handle = os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _lay(to, point, handle, told)
            for piece in pieces.along(to.depot, to.safe, point.log, point.seq, at) if point.log else ():
                _lay_over(handle, piece)
                names += piece.pictures
                last, count = max(last, piece.at), count + 1
                told("log", count, count)
            os.fsync(handle)
        finally:
            os.close(handle)
        lost = fetch_pictures(to, blobs, names, told)
        _check(half)
        half.rename(folder / DATABASE)
        size = (folder / DATABASE).stat().st_size
    except OSError as error:
        raise of_file(error) from error
    return Restored(point, last, count, len(names) - lost, lost, size, round(time.monotonic() - began, 3))


def _lay(to: Place, point: Point, handle: int, told: Told) -> None:
    file = point.files[0]
    where = 0
    for data in chunks(to, listed(to.depot, to.safe, file.parts, ID_BYTES)):
        os.pwrite(handle, data, where)
        where += len(data)
        told("database", where, file.size)
    if where != file.size:
        raise Damaged(f"{where} bytes instead of {file.size}")


def _lay_over(handle: int, piece: pieces.Piece) -> None:
    for number, image in piece.pages.items():
        os.pwrite(handle, image, (number - 1) * len(image))
    if piece.pages:
        os.ftruncate(handle, piece.size * len(next(iter(piece.pages.values()))))


def chunks(to: Place, ids: Iterable[bytes]) -> Iterator[bytes]:
    """In their order, a few of them read ahead."""
    waiting: deque[Future[bytes]] = deque()
    with ThreadPoolExecutor(AHEAD, thread_name_prefix="restore") as threads:
        for one in ids:
            waiting.append(threads.submit(to.safe.chunk, to.depot, one))
            if len(waiting) >= 2 * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def fetch_pictures(to: Place, blobs: FolderBlobs, names: list[str], told: Told) -> int:
    """How many could not be brought back: one that was deleted while a backup was made is none."""
    lost = 0

    def fetch(name: str) -> bool:
        try:
            sealed = to.safe.read(to.depot, to.safe.picture(name))
        except NoSuchObject:
            return False
        with suppress(BlobThere):
            blobs.put(name, Sealed(sealed))
        return True

    with ThreadPoolExecutor(AHEAD, thread_name_prefix="restore") as threads:
        for number, found in enumerate(threads.map(fetch, names), 1):
            lost += not found
            told("pictures", number, len(names))
    return lost


def _check(file: Path) -> None:
    """What was put together is a whole database; opening it leaves no log beside it."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            found = connection.execute("PRAGMA quick_check").fetchall()
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.DatabaseError as error:
        raise Damaged(str(error)) from error
    if found != [("ok",)]:
        raise Damaged(str(found[0][0]))
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
