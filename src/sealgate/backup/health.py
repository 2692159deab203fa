"""What may be told of a place for backups without any key: for a look at an installation from outside."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sealgate.backup import points
from sealgate.backup.depots import Depot

ROOT_KEY = b"sealgate-root-1 "
SHELF = b"CREATE TABLE keys"
LOOKED_AT = 64 << 10
MOST_FILES = 200_000


@dataclass(frozen=True, slots=True)
class Health:
    """`last_at` is when the newest point was made by its name, `age` how long that is ago; None where there is none.

    `keys` are files in the place that hold keys: none may lie beside the data they open. `beside` says that the place is
    within the data folder or holds it, so that one loss takes both.
    """

    last_at: datetime | None
    age: timedelta | None
    locks: bool
    keys: tuple[str, ...]
    beside: bool


def health(depot: Depot, now: datetime, data: Path) -> Health:
    """Raises `Unreachable`."""
    last: datetime | None = None
    for name in points.names(depot):
        with suppress(ValueError):
            last = points.instant_of(name)
            break
    folder = Path(depot.address)
    local = not depot.address.startswith("s3://")
    inside = _is_within(folder, data) or _is_within(data, folder) if local else False
    return Health(last, None if last is None else now - last, depot.locks, _keys(folder) if local else (), inside)


def _is_within(inner: Path, outer: Path) -> bool:
    return inner.resolve().is_relative_to(outer.resolve())


def _keys(folder: Path) -> tuple[str, ...]:
    """A root key's file, or a key shelf, by what they begin with; our own objects begin with neither."""
    found = []
    for number, path in enumerate(folder.rglob("*")):
        if number > MOST_FILES:
            break
        with suppress(OSError):
            if path.is_file() and _holds_keys(path):
                found.append(path.relative_to(folder).as_posix())
    return tuple(found)


def _holds_keys(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(LOOKED_AT)
    return start.startswith(ROOT_KEY) or (start.startswith(b"SQLite format 3\0") and SHELF in start)
