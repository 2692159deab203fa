"""A root key in the hands of several operators: any N of M shares make it again (vault/shamir.py).

The shelf keeps a print of each share, so a mistyped or foreign one is told at once, and not when the last has come. A print
tells nothing of its share: that is 256 random bits. The shares themselves are shown once, on paper, and lie nowhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sealgate.vault import shamir
from sealgate.vault.envelope import KEY_BYTES, expand
from sealgate.vault.errors import BadShare, ForeignShare, NotAnEnvelope, NotAQuorum, WrongRoot
from sealgate.vault.roots import HeldRoot, RootKind, read_check, verify
from sealgate.vault.sharewords import BYTE_OF, WORDS

VERSION = 1
SET_BYTES, CHECK_BYTES, PRINT_BYTES = 2, 4, 16
SHARE_BYTES = 2 + SET_BYTES + KEY_BYTES + CHECK_BYTES
"""40: forty words, or 64 letters and digits without any left over."""

MOST_HOLDERS = 16
_HEAD = 3 + SET_BYTES


@dataclass(frozen=True, slots=True)
class Share:
    """`set` is two bytes that all shares of one root have in common; `place` is 1 to M."""

    set: bytes
    place: int
    value: bytes = field(repr=False)

    def packed(self) -> bytes:
        body = bytes((VERSION,)) + self.set + bytes((self.place,)) + self.value
        return body + _check(body)

    def letters(self) -> str:
        """64 letters and digits in groups of four: what a QR code of it holds, without the spaces."""
        text = base64.b32encode(self.packed()).decode()
        return " ".join(text[at : at + 4] for at in range(0, len(text), 4))

    def words(self) -> list[str]:
        return [WORDS[byte] for byte in self.packed()]


def read_share(text: str) -> Share:
    """As words (their first four letters do) or as letters, however spaced and in whatever case. Raises `BadShare`."""
    if len(text) > 1000:
        raise BadShare
    words = text.replace("-", " ").lower().split()
    packed = _of_words(words) if len(words) == SHARE_BYTES else _of_letters("".join(words))
    body = packed[:-CHECK_BYTES]
    if len(packed) != SHARE_BYTES or packed[0] != VERSION or not packed[1 + SET_BYTES] or _check(body) != packed[-CHECK_BYTES:]:
        raise BadShare
    return Share(packed[1 : 1 + SET_BYTES], packed[1 + SET_BYTES], body[2 + SET_BYTES :])


def _of_words(words: list[str]) -> bytes:
    try:
        return bytes(BYTE_OF[word[:4]] for word in words)
    except KeyError:
        raise BadShare from None


def _of_letters(text: str) -> bytes:
    try:
        return base64.b32decode(text.upper())
    except (binascii.Error, ValueError):
        raise BadShare from None


def _check(body: bytes) -> bytes:
    return hashlib.sha256(b"sealgate share" + body).digest()[:CHECK_BYTES]


@dataclass(frozen=True, slots=True)
class Quorum:
    """What the shelf says in the open: `threshold` of the holders of `prints` are needed."""

    threshold: int
    set: bytes
    prints: tuple[bytes, ...]

    @property
    def count(self) -> int:
        return len(self.prints)

    def preface(self) -> bytes:
        return bytes((RootKind.QUORUM, self.threshold, self.count)) + self.set + b"".join(self.prints)

    def check(self, share: Share) -> None:
        """Raises `ForeignShare` for a share of another root, or one of an earlier set."""
        of_us = share.set == self.set and share.place <= self.count
        if not of_us or not secrets.compare_digest(_print(share.value), self.prints[share.place - 1]):
            raise ForeignShare


def _print(value: bytes) -> bytes:
    return expand(value, "share", "print", length=PRINT_BYTES)


class QuorumRoot(HeldRoot):
    def __init__(self, secret: bytes, quorum: Quorum) -> None:
        super().__init__(secret, quorum.preface())


def new_quorum(threshold: int, count: int) -> tuple[QuorumRoot, list[Share]]:
    """A new root and the shares that make it again; what is returned is all there is of them. Raises `NotAQuorum`."""
    if not 2 <= threshold <= count <= MOST_HOLDERS:
        raise NotAQuorum(f"{threshold} of {count}")
    secret, name = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(SET_BYTES)
    shares = [Share(name, place, value) for place, value in shamir.split(secret, threshold, count).items()]
    quorum = Quorum(threshold, name, tuple(_print(share.value) for share in shares))
    return QuorumRoot(secret, quorum), shares


def quorums(check: bytes) -> list[Quorum]:
    """Those that the root check names: one, or two in the middle of a rotation from one to the next."""
    prefaces = [entry.preface for entry in read_check(check)]
    return [_read_quorum(preface) for preface in prefaces if preface[0] == RootKind.QUORUM]


def _read_quorum(preface: bytes) -> Quorum:
    threshold, count = preface[1:3] if len(preface) >= _HEAD else (0, 0)
    if not 2 <= threshold <= count <= MOST_HOLDERS or len(preface) != _HEAD + count * PRINT_BYTES:
        raise NotAnEnvelope
    prints = [preface[at : at + PRINT_BYTES] for at in range(_HEAD, len(preface), PRINT_BYTES)]
    return Quorum(threshold, preface[3:_HEAD], tuple(prints))


def quorum_of(share: Share, check: bytes) -> Quorum:
    """The quorum that this share belongs to. Raises `ForeignShare`, `NotAnEnvelope`."""
    for quorum in quorums(check):
        try:
            quorum.check(share)
        except ForeignShare:
            continue
        return quorum
    raise ForeignShare


def join_quorum(preface: bytes, texts: Sequence[str]) -> QuorumRoot:
    """A new root out of the preface and shares that `new_quorum` made elsewhere. Raises `NotAnEnvelope`, `BadShare`,
    `ForeignShare`, `NotAQuorum` for too few."""
    if not preface or preface[0] != RootKind.QUORUM:
        raise NotAnEnvelope
    quorum = _read_quorum(preface)
    shares = [read_share(text) for text in texts]
    for share in shares:
        quorum.check(share)
    values = {share.place: share.value for share in shares}
    if len(values) < quorum.threshold:
        raise NotAQuorum("too few shares")
    return QuorumRoot(shamir.join(values), quorum)


def open_quorum(shares: Mapping[int, Share], quorum: Quorum, check: bytes) -> QuorumRoot:
    """The root, from at least `threshold` shares by their places. Raises `WrongRoot`, `NotAnEnvelope`, `DoesNotOpen`."""
    if len(shares) < quorum.threshold:
        raise WrongRoot
    root = QuorumRoot(shamir.join({place: share.value for place, share in shares.items()}), quorum)
    verify(root, check)
    return root
