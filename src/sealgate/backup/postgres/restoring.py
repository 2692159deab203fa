"""Bringing a PostgreSQL point back: a data directory that its server recovers by itself, up to a moment, when it is started.

The surprising thing: no key has to be near the server. The log is opened here and laid beside the data directory, and what the
server runs to get at it is `cp`.
"""

from __future__ import annotations

import os
import re
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, cast

from sealgate.backup import pieces
from sealgate.backup.making import Place, Told, pictures_of, untold
from sealgate.backup.points import Kind, Point
from sealgate.backup.postgres.receiving import PAGE, name_of
from sealgate.backup.postgres.server import Shape
from sealgate.backup.postgres.tools import has, program, run_anyway
from sealgate.backup.putting import ID_BYTES, listed
from sealgate.backup.reading import Damaged, Restored, chosen, chunks, fetch_pictures
from sealgate.store.blobs import FolderBlobs
from sealgate.store.faults import of_file

DATA, RECEIVED = "postgres", "received"
LATER = timedelta(seconds=10)
"""How much later what was committed by a moment may have been put."""
SIGNAL, CONFIG, HBA, AUTO, LABEL = "recovery.signal", "postgresql.conf", "pg_hba.conf", "postgresql.auto.conf", "backup_label"
_START = re.compile(r"^START WAL LOCATION: ([0-9A-F]+/[0-9A-F]+)", re.MULTILINE)
_COMMIT = re.compile(r"desc: COMMIT(?:_PREPARED)? (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) UTC")


def restore(to: Place, folder: Path, at: datetime | None = None, *, told: Told = untold) -> Restored:
    """The server's data directory into `folder / "postgres"`, the pictures into `folder / "blobs"`; `folder` is empty.

    Raises `NoPoint`, `NoSuchObject`, `Damaged`, `DiskFull`, `Unreachable`.
    """
    began = time.monotonic()
    point = chosen(to, Kind.POSTGRES, at)
    names = list(pictures_of(to, point))
    data, received = folder / DATA, folder / RECEIVED
    try:
        data.mkdir(mode=0o700)
        received.mkdir(mode=0o700)
        _unpack(to, point, data, told)
        laid = _lay_log(to, point, received, at, told)
        names += laid.pictures
        lost = fetch_pictures(to, FolderBlobs(folder / "blobs"), names, told)
        target = at if at is not None and _reaches(point, data, received, at) else None
        _settle(data, received, target)
    except OSError as error:
        raise of_file(error) from error
    took = round(time.monotonic() - began, 3)
    return Restored(point, max(point.at, laid.at), laid.count, len(names) - lost, lost, point.size, took)


class _Joined:
    """Chunks, read as one file."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._left = parts, b""
        self.count = 0

    def read(self, size: int) -> bytes:
        while len(self._left) < size and (part := next(self._parts, b"")):
            self._left += part
        data, self._left = self._left[:size], self._left[size:]
        self.count += len(data)
        return data


def _unpack(to: Place, point: Point, data: Path, told: Told) -> None:
    file = point.files[0]
    joined = _Joined(chunks(to, listed(to.depot, to.safe, file.parts, ID_BYTES)))
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", joined), mode="r|", bufsize=1 << 20) as tar:
            for member in tar:
                tar.extract(member, data, filter="data")
                told("database", joined.count, file.size)
    except tarfile.TarError as error:
        raise Damaged(str(error)) from error
    if not (data / LABEL).is_file():
        raise Damaged("the base has no label")
    for path in [data, *data.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)


@dataclass(slots=True)
class _Laid:
    at: datetime
    count: int
    pictures: list[str]


def _lay_log(to: Place, point: Point, received: Path, at: datetime | None, told: Told) -> _Laid:
    """What was put by then; a little more where the server can be told to stop at the moment itself."""
    until = at if at is None or not has("pg_waldump") else at + LATER
    laid = _Laid(point.at, 0, [])
    shape = Shape(point.timeline, point.segment)
    for piece in pieces.along(to.depot, to.safe, point.log, point.seq, until) if point.log else ():
        for number, image in piece.pages.items():
            _lay_page(received / name_of(shape, number * PAGE // shape.segment), number * PAGE % shape.segment, image, shape)
        laid.pictures += piece.pictures
        laid.count += 1
        laid.at = max(laid.at, piece.at if at is None else min(piece.at, at))
        told("log", laid.count, laid.count)
    return laid


def _lay_page(path: Path, where: int, image: bytes, shape: Shape) -> None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.pwrite(handle, image, where)
        if os.fstat(handle).st_size < shape.segment:
            os.ftruncate(handle, shape.segment)
    finally:
        os.close(handle)


def _reaches(point: Point, data: Path, received: Path, at: datetime) -> bool:
    """Whether anything was committed after that moment: a server that is told to stop at a moment which does not come in its
    log refuses to start."""
    if not point.log or not has("pg_waldump"):
        return False
    start = _START.search((data / LABEL).read_text("utf-8"))
    if start is None:
        raise Damaged("the base's label does not say where its log begins")
    told = run_anyway(
        [program("pg_waldump"), "-p", str(received), "-t", str(point.timeline), "-s", start[1], "-r", "Transaction"]
    )
    return any(datetime.fromisoformat(found).replace(tzinfo=UTC) > at for found in _COMMIT.findall(told))


def _settle(data: Path, received: Path, target: datetime | None) -> None:
    """What makes the server recover when it is started, and then be a server of its own. Some keep their settings elsewhere:
    then the least of them that lets it start is laid down."""
    fetch = f'cp "{received.absolute()}/%f" "%p"'.replace("'", "''")
    lines = [f"restore_command = '{fetch}'", "recovery_target_action = 'promote'", "synchronous_standby_names = ''"]
    if target is not None:
        lines.append(f"recovery_target_time = '{target.astimezone(UTC).isoformat(sep=' ')}'")
    with (data / AUTO).open("a", encoding="utf-8") as file:
        file.write("\n# sealgate restore\n" + "\n".join(lines) + "\n")
    (data / SIGNAL).touch(mode=0o600)
    if not (data / CONFIG).exists():
        (data / CONFIG).write_text("# laid down by sealgate restore: the server kept its settings elsewhere\n", "utf-8")
    if not (data / HBA).exists():
        (data / HBA).write_text("local all all peer\nhost all all 127.0.0.1/32 scram-sha-256\n", "utf-8")
