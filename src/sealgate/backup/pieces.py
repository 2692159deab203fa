"""The log of a backup: what each commit wrote, in numbered pieces behind a point. Laid over the point in their order they are
the database as it was after any of them.

Each piece holds the hash of the one before it, so that one that is missing ends the log there and no other can take its place.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sealgate.backup.depots import Depot, NoSuchObject
from sealgate.backup.safe import Safe

FOLDER = "log/"
TOGETHER = 12
"""So many bits of the number stand in one folder: 4,096 pieces."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The newest image of each page, how many pages there are then, and the pictures that came since the piece before."""

    seq: int
    prev: bytes
    at: datetime
    size: int
    pages: dict[int, bytes]
    pictures: tuple[str, ...] = ()

    @property
    def body(self) -> bytes:
        numbers = sorted(self.pages)
        page = len(self.pages[numbers[0]]) if numbers else 0
        head = {
            "seq": self.seq,
            "prev": self.prev.hex(),
            "at": self.at.isoformat(),
            "size": self.size,
            "page": page,
            "pages": numbers,
            "pictures": self.pictures,
        }
        text = json.dumps(head).encode()
        return len(text).to_bytes(4, "big") + text + b"".join(self.pages[number] for number in numbers)

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.body).digest()


def first_of(log: str) -> bytes:
    """What stands in the place of a piece before the first one."""
    return hashlib.sha256(log.encode()).digest()


def new_log() -> str:
    return secrets.token_hex(8)


def write(depot: Depot, safe: Safe, log: str, piece: Piece, until: datetime | None) -> tuple[bytes, int]:
    """Its digest, and how many bytes were put."""
    body = piece.body
    name = f"{FOLDER}{log}/{piece.seq >> TOGETHER:09x}/{piece.seq:016x}-{secrets.token_hex(8)}"
    sealed = safe.seal(name, body)
    depot.put(name, sealed, until)
    return hashlib.sha256(body).digest(), len(sealed)


def names(depot: Depot, log: str, after: int = 0) -> list[tuple[int, str]]:
    """Number and name of every piece behind `after`, in order; of two with one number the reader tells which is ours."""
    found = []
    for kept in depot.names(f"{FOLDER}{log}/"):
        seq = number_of(kept.name)
        if seq is not None and seq > after:
            found.append((seq, kept.name))
    return sorted(found)


def number_of(name: str) -> int | None:
    text = name.rpartition("/")[2].partition("-")[0]
    try:
        return int(text, 16)
    except ValueError:
        return None


def read(depot: Depot, safe: Safe, name: str) -> Piece:
    """Raises `NoSuchObject`."""
    body = safe.read(depot, name)
    length = int.from_bytes(body[:4], "big")
    head = json.loads(body[4 : 4 + length])
    page, data = head["page"], body[4 + length :]
    pages = {number: data[n * page : (n + 1) * page] for n, number in enumerate(head["pages"])}
    at = datetime.fromisoformat(head["at"])
    return Piece(head["seq"], bytes.fromhex(head["prev"]), at, head["size"], pages, tuple(head["pictures"]))


def along(depot: Depot, safe: Safe, log: str, seq: int, until: datetime | None = None) -> Iterator[Piece]:
    """The pieces behind `seq` without a gap, none made later than `until`."""
    before: bytes | None = first_of(log) if seq == 0 else None
    listed: Sequence[tuple[int, str]] = names(depot, log, seq)
    for number, name in listed:
        if number != seq + 1:
            if number > seq + 1:
                return
            continue
        try:
            piece = read(depot, safe, name)
        except NoSuchObject:
            continue  # somebody's noise under that number
        if piece.seq != number or (before is not None and piece.prev != before) or (until and piece.at > until):
            continue
        yield piece
        seq, before = number, piece.digest
