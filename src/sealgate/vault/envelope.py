"""Sealed bytes: one cipher (AES-256-GCM), one layout, the place as associated data. docs/format.md specifies it.

The surprising thing: a value's envelope names its key only to whoever has the tenant's key. In clear, a person's
key id would be the same in each of that person's passages, and a stolen copy would show who came again; so the
id lies under a veil that the envelope's own nonce makes new each time.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from enum import IntEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sealgate.domain.ids import TenantId
from sealgate.ports import Sealed
from sealgate.vault.errors import DoesNotOpen, NotAnEnvelope, TooLong

KEY_BYTES = 32
NAME_BYTES = 16
NONCE_BYTES = 12
TAG_BYTES = 16
HEADER_BYTES = 1 + NAME_BYTES + NONCE_BYTES

MAX_PLAIN_BYTES = 64 << 20
"""64 MiB: far above any picture, far below what one GCM message may hold (64 GiB)."""

MAX_SEALED_BYTES = MAX_PLAIN_BYTES + (MAX_PLAIN_BYTES >> 4) + HEADER_BYTES + TAG_BYTES

SMALLEST_STEP = 32
"""Padded lengths are multiples of this: every plate, every id and most names are one length."""


class Form(IntEnum):
    """The first byte: what this is, and in which version. A new layout takes a new number."""

    VALUE = 1
    WRAPPED_BY_KEY = 2
    WRAPPED_BY_ROOT = 3
    ROOT_CHECK = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value lies. Sealed for one place it opens at no other; `row` is the row's id as text."""

    tenant: TenantId
    table: str
    column: str
    row: str


@dataclass(frozen=True, slots=True)
class Header:
    """`name` says which key: veiled in a value, in clear in a wrapped key (which lies beside its keys anyway)."""

    name: bytes
    nonce: bytes


def fields(*parts: bytes) -> bytes:
    """Each part behind its length (4 bytes, big endian), so that no two lists of parts give the same bytes."""
    return b"".join([piece for part in parts for piece in (len(part).to_bytes(4, "big"), part)])


def expand(secret: bytes, *purpose: str, length: int = KEY_BYTES) -> bytes:
    """HKDF-SHA256 (RFC 5869) of a whole random key; the purpose and the length both enter, so no two outputs overlap."""
    info = fields(b"sealgate/1", *(word.encode() for word in purpose), length.to_bytes(4, "big"))
    return HKDF(SHA256(), length, salt=None, info=info).derive(secret)


def lay(form: Form, name: bytes, nonce: bytes, cipher: AESGCM, *, bound: bytes, plain: bytes) -> bytes:
    """header || ciphertext || tag, with header || bound as associated data. A nonce must never meet the same key twice."""
    header = bytes((form,)) + name + nonce
    return header + cipher.encrypt(nonce, plain, header + bound)


def header_of(form: Form, sealed: bytes) -> Header:
    """Raises `NotAnEnvelope`. Nothing is authenticated yet."""
    if not HEADER_BYTES + TAG_BYTES <= len(sealed) <= MAX_SEALED_BYTES or sealed[0] != form:
        raise NotAnEnvelope
    return Header(sealed[1 : 1 + NAME_BYTES], sealed[1 + NAME_BYTES : HEADER_BYTES])


def lift(nonce: bytes, cipher: AESGCM, bound: bytes, sealed: bytes) -> bytes:
    """The plain bytes of what `lay` made. Raises `DoesNotOpen`."""
    try:
        return cipher.decrypt(nonce, sealed[HEADER_BYTES:], sealed[:HEADER_BYTES] + bound)
    except InvalidTag:
        raise DoesNotOpen from None


def bound_to(place: Place) -> bytes:
    return fields(place.tenant.bytes, place.table.encode(), place.column.encode(), place.row.encode())


def veil(name: bytes, nonce: bytes, veiling: hmac.HMAC) -> bytes:
    """Put the veil on a key's name, or take it off: XOR with HMAC-SHA-256 of the nonce, cut to 16 bytes."""
    mask = veiling.copy()
    mask.update(nonce)
    return (int.from_bytes(name, "big") ^ int.from_bytes(mask.digest()[:NAME_BYTES], "big")).to_bytes(NAME_BYTES, "big")


def seal_value(key_id: bytes, nonce: bytes, cipher: AESGCM, veiling: hmac.HMAC, *, place: Place, plain: bytes) -> Sealed:
    """The keyring draws the nonce; the vectors bring one. Raises `TooLong`."""
    if len(plain) > MAX_PLAIN_BYTES:
        raise TooLong
    return Sealed(lay(Form.VALUE, veil(key_id, nonce, veiling), nonce, cipher, bound=bound_to(place), plain=padded(plain)))


def open_value(header: Header, cipher: AESGCM, place: Place, sealed: Sealed) -> bytes:
    """`header` is `header_of(Form.VALUE, sealed)`, which the caller needed to find the cipher. Raises `DoesNotOpen`."""
    return unpadded(lift(header.nonce, cipher, bound_to(place), sealed))


def padded_length(length: int) -> int:
    """The bucket of a plain length: the next multiple of 32, and above 1 KiB of a step that adds at most 1 part in 16.

    Padmé (Nikitin and others, "Reducing metadata leakage from encrypted files", PETS 2019) with a floor for short values:
    of n bytes, the sealed length tells O(log log n) bits.
    """
    needed = length + 1
    exponent = needed.bit_length() - 1
    step = max(1 << max(exponent - exponent.bit_length(), 0), SMALLEST_STEP)
    return -(-needed // step) * step


def padded(plain: bytes) -> bytes:
    """One byte 0x80, then zeros up to the bucket (ISO/IEC 7816-4)."""
    return (plain + b"\x80").ljust(padded_length(len(plain)), b"\0")


def unpadded(whole: bytes) -> bytes:
    """Only ever sees authenticated bytes, so it need not hide how far it looked. Raises `DoesNotOpen`."""
    plain = whole.rstrip(b"\0")
    if not plain.endswith(b"\x80") or padded_length(len(plain) - 1) != len(whole):
        raise DoesNotOpen
    return plain[:-1]
