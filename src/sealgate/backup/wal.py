"""Reading SQLite's write-ahead log while the program writes it (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).

The surprising thing: a frame is believed by its checksum alone, which runs over everything from the log's first byte on. So we
may read while somebody writes: what is half written ends the reading, and what has been cut or begun anew shows at once.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sealgate.store.faults import of_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEADER, FRAME = 32, 24
_MAGIC = 0x377F0682
"""The last bit says that the checksums are over big-endian words."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a log was read: its salts, the offset behind the last frame of a commit, and the checksum there."""

    salts: bytes = b""
    offset: int = 0
    sums: tuple[int, int] = (0, 0)

    @property
    def number(self) -> int:
        """Goes up by one, modulo 2^32, whenever the log is begun anew."""
        return int.from_bytes(self.salts[:4], "big")


NOWHERE = Cursor()


@dataclass(frozen=True, slots=True)
class Frames:
    """What commits wrote since a cursor: the newest image of each page, and how many pages the database has then.

    `again` says that the log was begun anew since the cursor. Without a commit `size` is 0.
    """

    cursor: Cursor
    size: int = 0
    pages: dict[int, bytes] = field(default_factory=dict)
    again: bool = False


def log_of(file: Path) -> Path:
    return file.with_name(file.name + "-wal")


def length(file: Path) -> int:
    """Bytes of the log; 0 where there is none."""
    try:
        return log_of(file).stat().st_size
    except FileNotFoundError:
        return 0


def read(file: Path, cursor: Cursor) -> Frames:
    """The commits in the log of the database `file` behind `cursor`."""
    try:
        with log_of(file).open("rb") as log:
            header = log.read(HEADER)
            start = _start(header)
            if start is None:
                return Frames(cursor)
            again = start.salts != cursor.salts
            if again:
                cursor = start
            log.seek(cursor.offset)
            return _commits(log.read(), cursor, *_words(header), again=again)
    except FileNotFoundError:
        return Frames(cursor)
    except OSError as error:
        raise of_file(error) from error


def _start(header: bytes) -> Cursor | None:
    """None where there is no log yet."""
    if len(header) < HEADER or int.from_bytes(header[:4], "big") & ~1 != _MAGIC:
        return None
    big, _ = _words(header)
    sums = _summed(header[:24], (0, 0), big=big)
    if sums != struct.unpack(">II", header[24:]):
        return None
    return Cursor(header[16:24], HEADER, sums)


def _words(header: bytes) -> tuple[bool, int]:
    """Whether checksums are over big-endian words, and the size of a page."""
    return bool(header[3] & 1), int.from_bytes(header[8:12], "big")


def _commits(data: bytes, cursor: Cursor, big: bool, page: int, *, again: bool) -> Frames:  # noqa: FBT001 - from `_words`
    done, size = cursor, 0
    pages: dict[int, bytes] = {}
    open_pages: dict[int, bytes] = {}
    sums, at = cursor.sums, 0
    while at + FRAME + page <= len(data):
        number, commit, *_ = struct.unpack_from(">II", data, at)
        if data[at + 8 : at + 16] != cursor.salts:
            break
        image = data[at + FRAME : at + FRAME + page]
        sums = _summed(image, _summed(data[at : at + 8], sums, big=big), big=big)
        if sums != struct.unpack_from(">II", data, at + 16):
            break
        at += FRAME + page
        open_pages[number] = image
        if commit:
            pages |= open_pages
            open_pages, size = {}, commit
            done = Cursor(cursor.salts, cursor.offset + at, sums)
    kept = {number: image for number, image in pages.items() if number <= size}
    return Frames(done, size, kept, again)


def _summed(data: bytes, sums: tuple[int, int], *, big: bool) -> tuple[int, int]:
    """SQLite's checksum, s0 += x0 + s1; s1 += x1 + s0, for all pairs at once: it is linear, modulo 2^32."""
    words = np.frombuffer(data, ">u4" if big else "<u4").astype(np.uint32)
    evens, odds = words[::2], words[1::2]
    with np.errstate(over="ignore"):
        of_even, of_odd, start = _weights(len(evens))
        s = np.array(sums, np.uint32)
        both = [
            int((of_even[row] * evens).sum(dtype=np.uint32) + (of_odd[row] * odds).sum(dtype=np.uint32)
                + (start[row] * s).sum(dtype=np.uint32)) & 0xFFFFFFFF
            for row in (0, 1)
        ]  # fmt: skip
    return both[0], both[1]


@lru_cache(maxsize=8)
def _weights(pairs: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]:
    """How often each word, and each of the two sums before, enters either sum at the end."""
    even, odd = np.zeros((2, pairs), np.uint32), np.zeros((2, pairs), np.uint32)
    # One step: (s0, s1) -> (s0 + s1 + x0, s0 + 2 s1 + x0 + x1). Backwards: what a sum after the step is worth at the end.
    a, b = (1, 0), (0, 1)  # of s0 and of s1, in (s0 at the end, s1 at the end)
    for at in range(pairs - 1, -1, -1):
        for row in (0, 1):
            even[row, at] = (a[row] + b[row]) & 0xFFFFFFFF
            odd[row, at] = b[row]
        a, b = (
            ((a[0] + b[0]) & 0xFFFFFFFF, (a[1] + b[1]) & 0xFFFFFFFF),
            ((a[0] + 2 * b[0]) & 0xFFFFFFFF, (a[1] + 2 * b[1]) & 0xFFFFFFFF),
        )
    return even, odd, np.array([[a[0], b[0]], [a[1], b[1]]], np.uint32)
