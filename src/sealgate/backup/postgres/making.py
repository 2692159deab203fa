"""A point of PostgreSQL: what `pg_basebackup` sends, cut into chunks while it comes; no copy of it lies on the disk.

It is one tar file. It is cut where a large file in it begins and ends, so that a file that did not change is the same chunks as
the last time, wherever it stands.
"""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import IO
from uuid import UUID

import sqlalchemy as sa

from sealgate.backup import points
from sealgate.backup.making import Place, Told, put_pictures, putting, untold
from sealgate.backup.points import File, Kind, Point
from sealgate.backup.postgres.server import Asking, Shape
from sealgate.backup.postgres.tools import ToolFailed, program, said, whom
from sealgate.backup.safe import CHUNK_BYTES
from sealgate.ports import BlobStore, Clock
from sealgate.store import schema
from sealgate.store.engine import Store

BASE = "base.tar"
BLOCK = 512
Heads = Sequence[tuple[UUID, int]]


def heads_of(store: Store) -> list[tuple[UUID, int]]:
    """Each organisation with the number of its journal's last entry."""
    found: list[tuple[UUID, int]] = []
    for tenant in store.tenants():
        with store.read(tenant.tenant) as db:
            seq = db.sql.execute(sa.select(schema.journal_heads.c.seq).where(db.mine(schema.journal_heads))).scalar()
            found.append((tenant.tenant, int(seq or 0)))
    return found


def make(
    to: Place,
    url: str,
    heads: Heads,
    blobs: BlobStore,
    clock: Clock,
    shape: Shape,
    *,
    log: str = "",
    seq: int = 0,
    ended: Callable[[], None] = lambda: None,
    told: Told = untold,
) -> Point:
    """Put what is not there yet, and then the point. Without a log behind it what it needs of the server's log is in it; with
    one `ended` makes sure that it is there. Raises `Unreachable`, `DiskFull`, `NoTools`, `ToolFailed`."""
    began = time.monotonic()
    with putting(to, clock.now(), Kind.POSTGRES) as (put, last):
        ids, size = [], 0
        for chunk in cut_base(url, with_log=not log):
            ids.append(put.chunk(chunk))
            size += len(chunk)
            told("database", size, size)
        file = File(BASE, size, put.listed(ids))
        pictures = put_pictures(put, blobs, told)
        names = put.listed(bytes.fromhex(name) for name in pictures)
        put.settle()
        ended()
        at = clock.now()
        point = Point(
            name=points.new_name(at),
            at=at,
            kind=Kind.POSTGRES,
            files=(file,),
            pictures=names,
            picture_count=len(pictures),
            heads=tuple(heads),
            log=log,
            seq=seq,
            size=size,
            took=round(time.monotonic() - began, 3),
            put=put.size,
            locked_until=put.until,
            renewed=last,
            timeline=shape.timeline,
            segment=shape.segment,
        )
        points.write(to.depot, to.safe, point, put.until)
    return point


def whole(to: Place, url: str, store: Store, blobs: BlobStore, told: Told = untold) -> Point:
    """A point that needs no log: for whoever makes one and goes. Raises as `make`, and `NoReplicationRight`, `NoLogSent`."""
    with closing(Asking(url)) as server:
        server.check()
        shape = server.shape()
    return make(to, url, heads_of(store), blobs, store.clock, shape, told=told)


def cut_base(url: str, *, with_log: bool) -> Iterator[bytes]:
    asks, environment = whom(url)
    options = ["-D", "-", "-F", "tar", "-X", "fetch" if with_log else "none", "-c", "fast", "-l", "sealgate", "--no-password"]
    with tempfile.TemporaryFile() as errors:
        command = [program("pg_basebackup"), *asks, *options]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors) as process:
            assert process.stdout is not None
            try:
                yield from cut(process.stdout)
            except (tarfile.TarError, EOFError) as error:
                process.kill()
                process.wait()
                errors.seek(0)
                raise ToolFailed(f"pg_basebackup: {said(errors.read().decode('utf-8', 'replace'))}") from error
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            errors.seek(0)
            raise ToolFailed(f"pg_basebackup: {said(errors.read().decode('utf-8', 'replace'))}")


def cut(stream: IO[bytes]) -> Iterator[bytes]:
    """A tar file in pieces of at most `CHUNK_BYTES`. Raises `tarfile.TarError`, `EOFError` for one that is cut."""
    piece = bytearray()
    while header := stream.read(BLOCK):
        size = 0 if not any(header) else tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape").size
        left = -(-size // BLOCK) * BLOCK
        piece += header
        if size >= CHUNK_BYTES or len(piece) >= CHUNK_BYTES:
            yield bytes(piece)
            piece.clear()
        while left:
            data = stream.read(min(left, CHUNK_BYTES - len(piece)))
            if not data:
                raise EOFError
            piece += data
            left -= len(data)
            if len(piece) == CHUNK_BYTES or (not left and size >= CHUNK_BYTES):
                yield bytes(piece)
                piece.clear()
    if piece:
        yield bytes(piece)
