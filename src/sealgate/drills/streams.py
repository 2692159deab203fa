"""The copied bytes, file by file and piece by piece, and what is wrapped in them: packed, base64, base32 or hexadecimal.

The surprising thing: unwrapping is tried wherever it may begin. A zlib stream that somebody put into the middle of a page is
found by its two first bytes; of raw deflate, which has none, the beginnings of values and files are tried.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PIECE = 4 << 20
OVERLAP = 4 << 10
"""Bytes that two neighbouring pieces share: what lies across their border is seen whole by one of them."""

MOST_UNPACKED = 16 << 20
DEPTH = 3

_PACKED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08|BZh[1-9]1AY|\xfd7zXZ\x00|PK\x03\x04")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(rb"[0-9a-fA-F]{16,}")
_BASE32 = re.compile(rb"[A-Z2-7]{16,}=*")


@dataclass(frozen=True, slots=True)
class Piece:
    """`at` is the offset of its first byte in the file. A hit that ends within `old` was the earlier piece's."""

    name: str
    at: int
    data: bytes
    old: int = 0


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def pieces(folder: Path) -> Iterator[Piece]:
    """Every file, whatever it is."""
    for path in files_in(folder):
        name, at, kept = path.relative_to(folder).as_posix(), 0, b""
        with path.open("rb") as file:
            while chunk := file.read(PIECE):
                yield Piece(name, at - len(kept), kept + chunk, len(kept))
                at += len(chunk)
                kept = chunk[-OVERLAP:]


def places_of(literal: bytes, data: bytes) -> Iterator[int]:
    """Where it stands in `data`. A few literals are found faster one by one than by one expression."""
    at = data.find(literal)
    while at >= 0:
        yield at
        at = data.find(literal, at + 1)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in files_in(folder))


def is_text(data: bytes) -> bool:
    """UTF-8 without a zero: a log, a report, an export."""
    try:
        return "\0" not in data[: 64 << 10].decode()
    except UnicodeDecodeError as error:
        return error.start > (64 << 10) - 4 and b"\0" not in data[: error.start]


def unwrapped(data: bytes, depth: int = DEPTH) -> Iterator[tuple[int, str, bytes]]:
    """What is wrapped in `data`: where it begins, how it was wrapped, and what it holds; and what is wrapped in that."""
    if depth == 0:
        return
    for at, how, inner in _once(data):
        yield at, how, inner
        for _at, more, deeper in unwrapped(inner, depth - 1):
            yield at, f"{how}, {more}", deeper


def _once(data: bytes) -> Iterator[tuple[int, str, bytes]]:
    for match in _PACKED.finditer(data):
        inner = unpacked(data, match.start())
        if inner:
            yield match.start(), "packed", inner
    for match in _BASE64.finditer(data):
        for shift in range(4):
            text = match[0].rstrip(b"=")[shift:].translate(_STANDARD)
            text = text[: len(text) - (len(text) % 4 == 1)]
            inner = _decoded(base64.b64decode, text + b"=" * (-len(text) % 4))
            if inner:
                yield match.start(), "base64", inner
    for match in _HEX.finditer(data):
        inner = _decoded(bytes.fromhex, match[0][: len(match[0]) & ~1])
        if inner:
            yield match.start(), "hex", inner
    for match in _BASE32.finditer(data):
        text = match[0].rstrip(b"=")
        text = text[: len(text) - len(text) % 8]
        inner = _decoded(base64.b32decode, text)
        if inner:
            yield match.start(), "base32", inner


_STANDARD = bytes.maketrans(b"-_", b"+/")


def _decoded(decode: Callable[..., bytes], text: bytes) -> bytes:
    try:
        return decode(text.decode("ascii"))
    except (ValueError, binascii.Error):
        return b""


def unpacked(data: bytes, at: int) -> bytes:
    """What a stream that begins at `at` holds, as far as it can be read; nothing where it is none."""
    head = data[at : at + 6]
    if head[:2] == b"PK":
        names = int.from_bytes(data[at + 26 : at + 28], "little") + int.from_bytes(data[at + 28 : at + 30], "little")
        return inflated(memoryview(data)[at + 30 + names :], -15)
    if head[:1] == b"B":
        return _read_out(bz2.BZ2Decompressor(), data[at:])
    if head[:1] == b"\xfd":
        return _read_out(lzma.LZMADecompressor(), data[at:])
    return inflated(memoryview(data)[at:], 47)


def inflated(data: bytes | memoryview, bits: int) -> bytes:
    """zlib and gzip for 47 bits, raw deflate for -15. What came before a flaw counts: a thief takes what he can read."""
    reader, out = zlib.decompressobj(bits), bytearray()
    try:
        for first in range(0, len(data), 4_096):
            out += reader.decompress(data[first : first + 4_096], MOST_UNPACKED)
            if reader.eof or len(out) > MOST_UNPACKED:
                break
    except zlib.error:
        pass
    return bytes(out) if len(out) >= 4 else b""


def may_be_deflated(data: bytes) -> bool:
    """Whether raw deflate may begin so: the kind of its first block is one that there is, and a stored one has its length and
    the length's complement."""
    kind = data[0] >> 1 & 3 if data else 3
    if kind == 0:
        return len(data) > 5 and int.from_bytes(data[1:3], "little") ^ int.from_bytes(data[3:5], "little") == 0xFFFF
    return kind != 3


def _read_out(reader: bz2.BZ2Decompressor | lzma.LZMADecompressor, data: bytes) -> bytes:
    try:
        return reader.decompress(data, MOST_UNPACKED)
    except (OSError, ValueError, lzma.LZMAError, EOFError):
        return b""
