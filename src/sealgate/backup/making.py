"""Making a point out of a database's pages and the store's pictures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sealgate.backup import points
from sealgate.backup.depots import Depot
from sealgate.backup.pages import Pages
from sealgate.backup.points import File, Kind, Point
from sealgate.backup.putting import ID_BYTES, Putting, listed
from sealgate.backup.safe import CHUNK_BYTES, Safe, chunk_name
from sealgate.ports import BlobStore
from sealgate.store.blobs import NoSuchBlob

Told = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and how much there is."""

DATABASE = "sealgate.sqlite"


@dataclass(frozen=True, slots=True)
class Place:
    """Where to, under which key, and how long everything is locked there; None locks nothing."""

    depot: Depot
    safe: Safe
    lock: timedelta | None = None


def untold(_what: str, _done: int, _all: int) -> None:
    pass


def make(
    to: Place,
    pages: Pages,
    heads: Sequence[tuple[UUID, int]],
    blobs: BlobStore,
    at: datetime,
    *,
    log: str = "",
    seq: int = 0,
    told: Told = untold,
) -> Point:
    """Put what is not there yet, and then the point. Raises `Unreachable`, `DiskFull`."""
    began = time.monotonic()
    with putting(to, at, Kind.SQLITE) as (put, last):
        ids: list[bytes] = []
        for number, chunk in enumerate(pages.chunks(CHUNK_BYTES), 1):
            ids.append(put.chunk(chunk))
            told("database", min(number * CHUNK_BYTES, pages.size), pages.size)
        file = File(DATABASE, pages.size, put.listed(ids))
        pictures = put_pictures(put, blobs, told)
        point = Point(
            name=points.new_name(at),
            at=at,
            kind=Kind.SQLITE,
            files=(file,),
            pictures=put.listed(bytes.fromhex(name) for name in pictures),
            picture_count=len(pictures),
            heads=tuple(heads),
            log=log,
            seq=seq,
            size=pages.size,
            took=round(time.monotonic() - began, 3),
            put=put.size,
            locked_until=put.until,
            renewed=last,
        )
        put.settle()
        points.write(to.depot, to.safe, point, put.until)
    return point


@contextmanager
def putting(to: Place, now: datetime, kind: Kind) -> Iterator[tuple[Putting, datetime | None]]:
    """A run of `Putting`, and when locks were last renewed: now, if it does so itself."""
    last = next((point for point in points.points(to.depot, to.safe) if point.kind is kind), None) if to.lock else None
    renews = last is None or last.renewed is None or (to.lock is not None and now - last.renewed >= to.lock)
    fresh = set(objects(to, last)) if last is not None and to.depot.locks else set()
    with Putting(to.depot, to.safe, now, to.lock, renews=renews, fresh=fresh) as put:
        yield put, now if renews or last is None else last.renewed


def objects(to: Place, point: Point) -> Iterator[str]:
    """The name of everything that a point consists of, but for itself and its log."""
    for file in point.files:
        yield from map(chunk_name, file.parts)
        yield from map(chunk_name, listed(to.depot, to.safe, file.parts, ID_BYTES))
    yield from map(chunk_name, point.pictures)
    yield from map(to.safe.picture, pictures_of(to, point))


def pictures_of(to: Place, point: Point) -> Iterator[str]:
    """By the names that the store gave them."""
    return (name.hex() for name in listed(to.depot, to.safe, point.pictures, 16))


def put_pictures(put: Putting, blobs: BlobStore, told: Told) -> list[str]:
    """Those that are there now: one that was deleted while we looked is none."""
    names = sorted(blobs.names())

    def read(name: str) -> bytes | None:
        try:
            return blobs.get(name)
        except NoSuchBlob:
            return None

    for number, name in enumerate(names, 1):
        put.picture(name, read)
        told("pictures", number, len(names))
    put.settle()
    return [name for name in names if name not in put.gone]
