"""Many short byte strings looked for in very many bytes, and the forms in which a word may lie there.

The surprising thing: a short needle is found in noise by chance. In a gigabyte of sealed bytes any four bytes stand in some
place, so a needle of fewer than `SURE` bytes counts only where text stands around it; and digits count only as a whole number.
"""

from __future__ import annotations

import base64
import json
import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from sealgate.drills.streams import is_text

SURE = 8
"""Bytes from which on a needle is its own proof: 64 bits against a gigabyte (2^30) and ten thousand needles (2^14)."""

LEAST = 4
FLANK = 6
"""Bytes of text that must stand on both sides of a needle that is not sure."""

BETWEEN = bytes(16)
"""Stands between two that are looked through side by side; no word has a zero in it, and a zero counts as text."""

AT_ONCE = 1 << 20

_HASH = np.uint32(2_654_435_761)
_BITS = 22
_TEXT = frozenset(b"\t\n\r\0" + bytes(range(0x20, 0x7F)))
_WORD = re.compile(rb"[0-9A-Za-z]")


@dataclass(frozen=True, slots=True)
class Needle:
    """`width` is the bytes of one ASCII character in that form: 2 in UTF-16. `whole`: letters and digits may not go on."""

    seek: bytes
    form: str
    kind: str
    width: int = 1
    whole: bool = False
    high: bool = False
    """The zero of an ASCII character comes first, as in UTF-16BE."""


@dataclass(frozen=True, slots=True)
class Hit:
    at: int
    needle: Needle


def needles_of(text: str, kind: str) -> Iterator[Needle]:
    """Every form of one word that the drill looks for as bytes; packed and otherwise wrapped ones are unwrapped first."""
    for form in dict.fromkeys((text, text.casefold(), text.upper())):
        yield from _plain(form, kind)
    yield from _written(text, kind)


def _plain(text: str, kind: str) -> Iterator[Needle]:
    whole = text.isascii() and text[:1].isalnum() and text[-1:].isalnum()
    yield Needle(text.encode(), "UTF-8", kind, whole=whole)
    yield Needle(text.encode("utf-16-le"), "UTF-16LE", kind, width=2, whole=whole)
    yield Needle(text.encode("utf-16-be"), "UTF-16BE", kind, width=2, whole=whole, high=True)
    if not text.isascii():
        yield Needle(text.encode("gb18030"), "GB18030", kind)
        for name in ("big5", "gbk"):
            try:
                yield Needle(text.encode(name), name.upper(), kind)
            except UnicodeEncodeError:
                continue


def _written(text: str, kind: str) -> Iterator[Needle]:
    raw = text.encode()
    if not text.isascii():
        escaped = json.dumps(text)[1:-1]
        yield Needle(escaped.encode(), "JSON escape", kind)
        yield Needle(escaped.upper().replace("\\U", "\\u").encode(), "JSON escape", kind)
    if quote(text, safe="") != text:
        yield Needle(quote(text, safe="").encode(), "URL escape", kind)
        yield Needle(quote(text, safe="").lower().encode(), "URL escape", kind)
    if len(raw) >= 6:
        yield Needle(raw.hex().encode(), "hex", kind)
        yield Needle(raw.hex().upper().encode(), "hex", kind)
    for shift in range(3):
        core = base64_core(raw, shift)
        if len(core) >= SURE:
            yield Needle(core, "base64", kind)
            yield Needle(core.translate(_URL_SAFE), "base64", kind)


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def base64_core(raw: bytes, shift: int) -> bytes:
    """The characters that `raw` gives in base64 wherever it stands `shift` bytes behind a multiple of three.

    >>> base64_core(b"13800138000", 1) in base64.b64encode(b"x13800138000yz")
    True
    """
    whole = base64.b64encode(bytes(shift) + raw)
    first = (0, 2, 3)[shift]
    last = (len(raw) + shift) * 8 // 6
    return whole[first:last]


class Needles:
    """Seeks all at once. It keeps no state of a search, so any thread may ask.

    A bitmap of hashed heads (four bytes) lets one place in thirty through; what is left is compared by eight bytes.
    """

    def __init__(self, needles: Iterable[Needle]) -> None:
        manners = {(n.seek, n.width, n.whole, n.high): n for n in needles if len(n.seek) >= LEAST}
        self.needles = list(manners.values())  # the same bytes may be two words, each in a form of its own
        self.longest = max((len(needle.seek) for needle in self.needles), default=0)
        self._heads: npt.NDArray[np.bool_] = np.zeros(1 << _BITS, np.bool_)
        self._tables: list[tuple[np.uint64, npt.NDArray[np.uint64], npt.NDArray[np.int64]]] = []
        if self.needles:
            heads = np.array([_number(needle.seek, 4) for needle in self.needles], np.uint32)
            self._heads[_hashed(heads)] = True
        for size in range(LEAST, SURE + 1):
            self._add_table(size)

    def __len__(self) -> int:
        return len(self.needles)

    def _add_table(self, size: int) -> None:
        some = [at for at, needle in enumerate(self.needles) if min(len(needle.seek), SURE) == size]
        if some:
            keys = np.array([_number(self.needles[at].seek, size) for at in some], np.uint64)
            order = np.argsort(keys, kind="stable")
            mask = np.uint64((1 << 8 * size) - 1)
            self._tables.append((mask, keys[order], np.array(some, np.int64)[order]))

    def hits(self, data: bytes, *, in_text: bool = False) -> Iterator[Hit]:
        """What counts in `data`. `in_text`: it is known to be text, so short needles need no text around them."""
        for at, needle in self._bare(data):
            if _counts(data, at, needle, in_text=in_text):
                yield Hit(at, needle)

    def in_many(self, many: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, Hit]]:
        """As `hits` of each, told by its label, for a great many short ones: they are looked through side by side."""
        waiting: dict[bool, list[tuple[str, bytes]]] = {True: [], False: []}
        size = {True: 0, False: 0}
        for label, data in many:
            in_text = is_text(data)
            waiting[in_text].append((label, data))
            size[in_text] += len(data) + len(BETWEEN)
            if size[in_text] > AT_ONCE:
                yield from self._side_by_side(waiting[in_text], in_text=in_text)
                waiting[in_text], size[in_text] = [], 0
        for in_text, some in waiting.items():
            yield from self._side_by_side(some, in_text=in_text)

    def _side_by_side(self, some: Sequence[tuple[str, bytes]], *, in_text: bool) -> Iterator[tuple[str, Hit]]:
        begins = [0, *accumulate(len(data) + len(BETWEEN) for _label, data in some)]
        for hit in self.hits(BETWEEN.join(data for _label, data in some), in_text=in_text):
            which = bisect(begins, hit.at) - 1
            yield some[which][0], Hit(hit.at - begins[which], hit.needle)

    def _bare(self, data: bytes) -> Iterator[tuple[int, Needle]]:
        padded = data + bytes(16)
        for shift in range(4):
            words = np.frombuffer(padded, "<u4", count=len(data) // 4 + 2, offset=shift)
            (found,) = np.nonzero(self._heads[_hashed(words[:-1])])
            if len(found):
                keys = words[found].astype(np.uint64) | (words[found + 1].astype(np.uint64) << np.uint64(32))
                for mask, known, owners in self._tables:
                    yield from self._of_table(data, found * 4 + shift, keys & mask, known, owners)

    def _of_table(
        self,
        data: bytes,
        places: npt.NDArray[np.int64],
        keys: npt.NDArray[np.uint64],
        known: npt.NDArray[np.uint64],
        owners: npt.NDArray[np.int64],
    ) -> Iterator[tuple[int, Needle]]:
        first = np.searchsorted(known, keys, side="left")
        last = np.searchsorted(known, keys, side="right")
        for index in np.nonzero(last > first)[0]:
            at = int(places[index])
            for owner in owners[first[index] : last[index]]:
                needle = self.needles[owner]
                if data.startswith(needle.seek, at):
                    yield at, needle


def _number(seek: bytes, size: int) -> int:
    return int.from_bytes(seek[:size], "little")


def _hashed(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    hashed: npt.NDArray[np.uint32] = (words * _HASH) >> np.uint32(32 - _BITS)
    return hashed


def _counts(data: bytes, at: int, needle: Needle, *, in_text: bool) -> bool:
    end = at + len(needle.seek)
    if needle.whole and (_goes_on(data, at - needle.width, needle) or _goes_on(data, end, needle)):
        return False
    if in_text or len(needle.seek) >= SURE:
        return True
    flank = FLANK * (max(1, needle.width))
    return _is_text(data[max(at - flank, 0) : at], needle) and _is_text(data[end : end + flank], needle)


def _goes_on(data: bytes, at: int, needle: Needle) -> bool:
    """Whether a letter or digit stands at `at`, in the needle's own form."""
    unit = data[max(at, 0) : at + needle.width]
    if len(unit) < needle.width or at < 0:
        return False
    if needle.width == 1:
        return bool(_WORD.match(unit))
    low, zero = (unit[1], unit[0]) if needle.high else (unit[0], unit[1])
    return zero == 0 and bool(_WORD.match(bytes((low,))))


def _is_text(flank: bytes, needle: Needle) -> bool:
    if needle.width == 1:
        return all(byte in _TEXT for byte in flank)
    odd = 0 if needle.high else 1
    return all((byte == 0) if at % 2 == odd else byte in _TEXT for at, byte in enumerate(flank))


def needles_for(words: Sequence[tuple[str, str]]) -> Needles:
    """For pairs of text and kind."""
    return Needles(needle for text, kind in words for needle in needles_of(text, kind))
