"""What an edge and its centre say to each other: sealed under a key of their own, whatever carries it.

From one secret of 256 random bits come two things that do not tell of each other: what the edge shows to be known by, and the
key of the envelope. So whoever only sees what is shown reads nothing. The surprising thing: an answer is bound to the number
of its question, so that an old answer cannot be given to a new one.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sealgate.domain.errors import Refused
from sealgate.vault.envelope import expand, fields, padded, unpadded

NONCE, NUMBER = 12, 16


class LinkBroken(Refused):
    """What came over a link was not sealed by its other end, or is no answer to what was asked."""

    code = "link.broken"


@dataclass(frozen=True, slots=True)
class LinkKeys:
    """`shown` is 64 hexadecimal digits, `key` 32 bytes."""

    shown: str
    key: bytes = field(repr=False)


def link_keys(secret: str) -> LinkKeys:
    whole = hashlib.sha256(secret.encode()).digest()
    return LinkKeys(expand(whole, "link", "shown").hex(), expand(whole, "link", "key"))


def new_number() -> bytes:
    """Of one question."""
    return secrets.token_bytes(NUMBER)


def seal_said(key: bytes, direction: str, number: bytes, plain: bytes) -> bytes:
    """number || nonce || ciphertext. `direction` is "ask" or "answer"."""
    nonce = secrets.token_bytes(NONCE)
    return number + nonce + AESGCM(key).encrypt(nonce, padded(plain), _bound(direction, number))


def open_said(key: bytes, direction: str, sealed: bytes, number: bytes | None = None) -> tuple[bytes, bytes]:
    """The number and the plain bytes. Raises `LinkBroken`; also where `number` is another one."""
    said, nonce, rest = sealed[:NUMBER], sealed[NUMBER : NUMBER + NONCE], sealed[NUMBER + NONCE :]
    if len(rest) < 16 or (number is not None and said != number):
        raise LinkBroken
    try:
        return said, unpadded(AESGCM(key).decrypt(nonce, rest, _bound(direction, said)))
    except InvalidTag:
        raise LinkBroken from None


def _bound(direction: str, number: bytes) -> bytes:
    return fields(b"sealgate link 1", direction.encode(), number)
