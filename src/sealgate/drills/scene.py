"""What an attacker has before him, and what he brings away: a scene, attacks on it, and their results.

The surprising thing: a find says where, never what. A report of a leak must not be one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sealgate.drills.streams import pieces, unwrapped
from sealgate.drills.truth import Truth
from sealgate.settings import Settings

MOST_FINDS = 1_000
"""Finds of one attack that are told apart; beyond it they are only counted."""

MOST_KEPT = 256 << 20
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """`stolen` holds the copied files, which nobody opens as a database before they were read as bytes.

    `opened` are the settings of a second copy with its keys: its database is read by SQL, and a server runs on it.
    `started` are a running server's log and, beside it, whatever else was written meanwhile; they are searched too.
    """

    stolen: Path
    opened: Settings
    truth: Truth
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

    @property
    def database(self) -> Path:
        return self.opened.data / "sealgate.sqlite"

    @contextmanager
    def sql(self) -> Iterator[sqlite3.Connection]:
        """The copied database, which this cannot write. Text that is no UTF-8 comes as bytes."""
        with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)) as connection:
            connection.text_factory = _text
            yield connection


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
