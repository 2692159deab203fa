"""What an attacker has before him, and what he brings away: a scene, attacks on it, and their results.

The surprising thing: a find says where, never what. A report of a leak must not be one.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sealgate.drills.streams import files_in, pieces, unwrapped
from sealgate.drills.truth import Truth
from sealgate.settings import Settings
from sealgate.store.schema import metadata

MOST_FINDS = 10_000
"""Finds of one attack that are told apart; beyond it they are only counted."""

MOST_KEPT = 256 << 20
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """`stolen` holds the copied files, which nobody opens as a database before they were read as bytes.

    `databases` are working copies of every database among them, by the name of the file, the site's own first: the thief
    opens those. `opened` are the settings of a copy with its keys: a server runs on it, and nobody reads it meanwhile.
    """

    stolen: Path
    databases: dict[str, Path]
    opened: Settings
    truth: Truth
    server_files: str = ""
    """Where PostgreSQL's own folder lies among the files, if there is one."""

    told: Told = field(default=lambda _what: None, repr=False)
    _wrapped: list[tuple[str, str, bytes]] = field(default_factory=list, repr=False)

    def wrapped(self) -> Iterator[tuple[str, str, bytes]]:
        """What is wrapped anywhere in the files: where, how, and what it holds. Kept for the next attack unless it is much."""
        if self._wrapped:
            yield from self._wrapped
            return
        kept, size = [], 0
        for piece in pieces(self.stolen):
            self.told(f"{piece.name} {piece.at >> 20} MiB")
            for at, how, inner in unwrapped(piece.data):
                size += len(inner)
                if size < MOST_KEPT:
                    kept.append((f"{piece.name}@{piece.at + at}", how, inner))
                yield f"{piece.name}@{piece.at + at}", how, inner
        if size < MOST_KEPT:
            self._wrapped.extend(kept)

    @contextmanager
    def sql(self) -> Iterator[sqlite3.Connection]:
        """The site's own database, which this cannot write. Text that is no UTF-8 comes as bytes."""
        with _reading(next(iter(self.databases.values()))) as connection:
            yield connection

    def each(self) -> Iterator[tuple[str, sqlite3.Connection]]:
        """Every database, with what goes before a column's name in the report: nothing for the site's own."""
        for number, (name, path) in enumerate(self.databases.items()):
            with _reading(path) as connection:
                yield f"{name}: " if number else "", connection


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = _text
        yield connection


def tables_of(sql: sqlite3.Connection) -> dict[str, list[str]]:
    """The columns of every table."""
    names = sql.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
    return {name: [row[1] for row in sql.execute(f'PRAGMA table_info("{name}")')] for (name,) in names}


def columns_like(sql: sqlite3.Connection, *kinds: type) -> list[tuple[str, str]]:
    """Table and column of all that are of such a kind, by the schema, in a database that may be of an older one."""
    there = tables_of(sql)
    return [
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, kinds) and column.name in there.get(table.name, ())
    ]


def databases_in(stolen: Path, to: Path, first: str) -> dict[str, Path]:
    """Working copies of every SQLite database among the files, each with its log, into the new folder `to`; `first` comes
    first. What calls itself one and cannot be opened is read as bytes only."""
    to.mkdir(mode=0o700)
    found: dict[str, Path] = {}
    for number, path in enumerate(sorted(files_in(stolen), key=lambda path: path != stolen / first)):
        with path.open("rb") as file:
            if file.read(16) != b"SQLite format 3\0":
                continue
        copy = to / f"{number}.sqlite"
        for end in ("", "-wal"):
            if (whole := path.with_name(path.name + end)).is_file():
                shutil.copy(whole, copy.with_name(copy.name + end))
        if _opens(copy):
            found[path.relative_to(stolen).as_posix()] = copy
    return found


def _opens(path: Path) -> bool:
    """The log is brought in here, so that from now on it can be read without writing."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.DatabaseError:
        return False
    return True


def _text(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


@dataclass(frozen=True, slots=True)
class Find:
    """`where` is a file with an offset, a column, an address or a port; `what` is a kind of thing, never the thing."""

    where: str
    what: str


@dataclass
class Count:
    """What one attack tried and found. The thread that attacks owns it."""

    tries: int = 0
    finds: int = 0
    told: list[Find] = field(default_factory=list)

    def found(self, where: str, what: str) -> None:
        self.finds += 1
        if len(self.told) < MOST_FINDS:
            self.told.append(Find(where, what))


@dataclass(frozen=True, slots=True)
class Attack:
    """`about` says in one sentence what the attacker does and what counts as a find."""

    name: str
    about: str
    run: Callable[[Scene, Count], None]


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    about: str
    tries: int
    finds: int
    told: tuple[Find, ...]
    seconds: float
