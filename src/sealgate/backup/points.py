"""A point: one moment to which everything can be brought back, written last, so that what it names is all there.

It says when, of which organisations and up to which entry of their journals; so that whoever erases somebody can name the
backups that still hold them, unreadable.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sealgate.backup.depots import Depot, NoSuchObject
from sealgate.backup.safe import Safe

VERSION = 1
FOLDER = "points/"
WRITTEN = "%Y%m%dT%H%M%S%fZ"
WRITTEN_LENGTH = 22


class Kind(StrEnum):
    SQLITE = "sqlite"
    POSTGRES = "postgres"


@dataclass(frozen=True, slots=True)
class File:
    """`parts` are chunks that hold the ids of the file's chunks, in order; `mode` is of its rights, None for our own."""

    name: str
    size: int
    parts: tuple[bytes, ...]
    mode: int | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """`log` and `seq` say behind which piece of which log it is whole; an empty log has none. `pictures` are chunks of names,
    16 bytes each. `renewed` is when the locks of everything it names were last lengthened. On PostgreSQL `timeline` and
    `segment` say which files its log is of, and how long each is."""

    name: str
    at: datetime
    kind: Kind
    files: tuple[File, ...]
    pictures: tuple[bytes, ...] = ()
    picture_count: int = 0
    heads: tuple[tuple[UUID, int], ...] = ()
    log: str = ""
    seq: int = 0
    size: int = 0
    put: int = 0
    took: float = 0.0
    locked_until: datetime | None = None
    renewed: datetime | None = None
    folders: tuple[str, ...] = field(default=(), repr=False)
    timeline: int = 0
    segment: int = 0


def new_name(at: datetime) -> str:
    return f"{FOLDER}{at.astimezone(UTC).strftime(WRITTEN)}-{secrets.token_hex(8)}"


def instant_of(name: str) -> datetime:
    """When the point of that name was made. Raises ValueError where it is none of ours."""
    return datetime.strptime(name.removeprefix(FOLDER)[:WRITTEN_LENGTH], WRITTEN).replace(tzinfo=UTC)


def write(depot: Depot, safe: Safe, point: Point, until: datetime | None) -> None:
    body = {"version": VERSION, **asdict(point)}
    depot.put(point.name, safe.seal(point.name, json.dumps(body, default=_plain).encode()), until)


def read(depot: Depot, safe: Safe, name: str) -> Point:
    """Raises `NoSuchObject`."""
    body: dict[str, Any] = json.loads(safe.read(depot, name))
    if body.pop("version") != VERSION:
        raise NoSuchObject(f"{name} is of another version")
    for key in ("at", "locked_until", "renewed"):
        body[key] = body[key] and datetime.fromisoformat(body[key])
    files = [File(f["name"], f["size"], _bytes(f["parts"]), f["mode"]) for f in body.pop("files")]
    heads = tuple((UUID(tenant), seq) for tenant, seq in body.pop("heads"))
    pictures, folders, kind = _bytes(body.pop("pictures")), tuple(body.pop("folders")), Kind(body.pop("kind"))
    return Point(**body, kind=kind, files=tuple(files), heads=heads, pictures=pictures, folders=folders)


def names(depot: Depot) -> list[str]:
    """Of all points, the newest first; also of what somebody else may have put beside them."""
    return sorted((kept.name for kept in depot.names(FOLDER)), reverse=True)


def points(depot: Depot, safe: Safe) -> Iterator[Point]:
    """All that open, the newest first."""
    for name in names(depot):
        try:
            yield read(depot, safe, name)
        except NoSuchObject:
            continue


def newest(depot: Depot, safe: Safe) -> Point | None:
    return next(points(depot, safe), None)


def _bytes(texts: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(map(bytes.fromhex, texts))


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else value.isoformat() if isinstance(value, datetime) else str(value)
