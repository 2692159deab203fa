"""A copy that leaks on purpose: for each attack at least one thing that it must find, each as somebody might once build it.

Whoever adds an attack adds its leak beside these: an attack that finds nothing anywhere has not been shown to work. The
surprising thing: nothing here is left to chance or to the hour. A leak that somebody might not find for a reason of its own
(a token of a car that still stands is no remnant) is never planted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sealgate.drills import leaks_files, leaks_rows
from sealgate.drills.planted import Leak, Words
from sealgate.drills.stranger import Address
from sealgate.drills.truth import Truth

LEAKING_SERVER = "from sealgate.cli.drill_leaking import serve; serve()"
WORD_FILE = "leaking-word"
"""Beside the keys of the copy: what the leaking server says and writes down."""

TELLS, SHOWS, STREAMS, BREAKS = (
    Address("GET", "/leaking/people/1", is_open=False),
    Address("GET", "/leaking/picture", is_open=True),
    Address("GET", "/leaking/stream", is_open=True),
    Address("POST", "/leaking/form", is_open=True),
)
OPEN_ADDRESSES = (TELLS, SHOWS, STREAMS, BREAKS)


@dataclass(frozen=True, slots=True)
class Thief:
    """What is planted for. `face` is somebody's picture, where there is one; `root` the root key's bytes, if it is a file;
    `calls` whether a server is called as well."""

    truth: Truth
    face: bytes | None = None
    root: bytes = b""
    calls: bool = True


@contextmanager
def planted(data: Path, keys: Path, thief: Thief) -> Iterator[Sequence[Leak]]:
    """Put the leaks into a working copy, to be copied as stolen within the body: its log is full until then."""
    words = Words(thief.truth)
    made = leaks_files.plant(data, thief.truth, words, thief.face, thief.root)
    made += plant_word(keys, words) if thief.calls else []
    made += plant_rekey(thief.truth)
    made += leaks_rows.plant_edge(data / "edge-box" / "sealgate.sqlite", words)
    with leaks_rows.planted(data / "sealgate.sqlite", thief.truth, words) as rows:
        yield [*made, *rows]


def plant_rekey(truth: Truth) -> list[Leak]:
    """Faces under a new secret in name only: nothing lies in the copy, the attack's own new secret turns nothing."""
    if not truth.faces:
        return []
    return [
        Leak("a new face secret that turned nothing", "faces after a new secret", "credentials.secret", "its owner's new one")
    ]


def plant_word(keys: Path, words: Words) -> list[Leak]:
    """What the leaking server gives away."""
    (keys / WORD_FILE).write_text(words.of("name"), encoding="utf-8")
    return [
        Leak("an address without a session", "addresses", f"{TELLS.method} {TELLS.path}", "an address that is not open"),
        Leak("a name at an address", "addresses", f"{TELLS.method} {TELLS.path}", "name"),
        Leak("a picture at an address", "addresses", f"{SHOWS.method} {SHOWS.path}", "a picture"),
        Leak("a name in a stream of events", "addresses", f"{STREAMS.method} {STREAMS.path}", "name"),
        Leak("a name in an error page", "error pages", f"{BREAKS.method} {BREAKS.path}", "name"),
        Leak("a fault's own words in an error page", "error pages", f"{BREAKS.method} {BREAKS.path}", "the program's own"),
        Leak("a name in the server's log", "server's log", "the server's log", "name"),
        Leak("a port beside the console's", "ports", "127.0.0.1:", "a port that listens beside"),
        Leak("a port that answers with a name", "ports", "127.0.0.1:", "name"),
        Leak("a temporary file with a name in it", "temporary files", "temporary/", "name"),
        Leak("an open file without a name of its own", "temporary files", "a temporary file without", "name"),
    ]
