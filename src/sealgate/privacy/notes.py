"""Signed notes: a few lines of text with Ed25519 signatures under them, in the form that public witnesses take.

The form is C2SP's signed-note: the text, an empty line, and a line for each signature, `— name base64`, whose first four
bytes say which key it was. A verifier key, `name+hash+base64`, is what one needs to check it, and no secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sealgate.domain.errors import Invalid

ED25519 = b"\x01"
MAX_NOTE = 16_384
MARK = "\u2014 "


class BadNote(Invalid):
    """Not a note, not a checkpoint, or not signed by whom it should be."""

    code = "journal.bad-note"


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public half: `public` are 32 bytes."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `BadNote`."""
        try:
            name, hashed, key = text.strip().split("+", 2)
            decoded = base64.b64decode(key, validate=True)
        except (ValueError, binascii.Error) as error:
            raise BadNote("not a verifier key", field="key") from error
        found = cls(name, decoded[1:])
        if decoded[:1] != ED25519 or len(decoded) != 33 or found.key_hash.hex() != hashed:
            raise BadNote("not a verifier key", field="key")
        return found

    @property
    def key_hash(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_hash.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    def verified(self, note: str) -> str:
        """The text of a note that this key has signed. Raises `BadNote`."""
        text, signatures = split(note)
        for name, signature in signatures:
            if name == self.name and signature[:4] == self.key_hash:
                try:
                    Ed25519PublicKey.from_public_bytes(self.public).verify(signature[4:], text.encode())
                except InvalidSignature as error:
                    raise BadNote("the signature is not of this text") from error
                return text
        raise BadNote(f"the note is not signed by {self.name}")


class Signer:
    """`secret` are 32 bytes, the seed of an Ed25519 key."""

    def __init__(self, name: str, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The note. `text` is one line or more, each ended."""
        signature = base64.b64encode(self.verifier.key_hash + self._key.sign(text.encode())).decode()
        return f"{text}\n{MARK}{self.verifier.name} {signature}\n"


def split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text, with the newline that ends it, and (name, key hash and signature) of each. Raises `BadNote`."""
    text, gap, below = note.rpartition("\n\n")
    lines = below.splitlines()
    if len(note) > MAX_NOTE or not gap or not text or not lines or not note.endswith("\n"):
        raise BadNote("not a signed note")
    return text + "\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(MARK).partition(" ")
    try:
        signature = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadNote("not a signature") from error
    if not line.startswith(MARK) or not name or len(signature) < 5:
        raise BadNote("not a signature")
    return name, signature
