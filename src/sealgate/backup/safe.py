"""How a backup's objects are named and sealed: under a key of the whole installation, which seals nothing else.

The surprising thing: every object has a cipher key of its own, made of its name; so nonces never meet, however often we write,
and an object that is put in another's place does not open. A chunk's name is a keyed hash of what it holds: equal chunks are
kept once, and nobody without the key can tell from a name what a chunk may be.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import zlib
from collections.abc import Callable
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sealgate.backup.depots import Depot, NoSuchObject
from sealgate.domain.errors import Fault
from sealgate.domain.ids import INSTALLATION
from sealgate.ports import KeyKind
from sealgate.vault.envelope import NONCE_BYTES, TAG_BYTES, expand, fields
from sealgate.vault.errors import DoesNotOpen
from sealgate.vault.keyring import Keyring

PURPOSE = "backup"
FORM = b"\x10"
"""The first byte of an object of a backup, in the list of docs/format.md."""

CHUNK_BYTES = 256 << 10
_PLAIN, _PACKED = b"\x00", b"\x01"


class NoBackupKey(Fault):
    """The key that backups are sealed under is not on this key shelf."""

    code = "backup.no-key"
    hint = "Restore the keys first: their own backup has it"


class Safe:
    """`secret` is asked for when it is first needed: a program may start before its vault is open."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._ask = secret

    @cached_property
    def _secret(self) -> bytes:
        return self._ask()

    @cached_property
    def _naming(self) -> bytes:
        return expand(self._secret, "names")

    def __repr__(self) -> str:
        return "Safe()"

    def id_of(self, chunk: bytes) -> bytes:
        """32 bytes that stand for what a chunk holds."""
        return self._hashed(b"chunk", chunk)

    def picture(self, blob: str) -> str:
        """The name of a picture's object, of the name it has in the store."""
        text = self._hashed(b"blob", blob.encode()).hex()
        return f"pictures/{text[:2]}/{text}"

    def seal(self, name: str, plain: bytes) -> bytes:
        packed = zlib.compress(plain, 1)
        body = _PACKED + packed if len(packed) < len(plain) * 15 // 16 else _PLAIN + plain
        nonce = secrets.token_bytes(NONCE_BYTES)
        return FORM + nonce + self._cipher(name).encrypt(nonce, body, fields(FORM, name.encode()))

    def open(self, name: str, sealed: bytes) -> bytes:
        """Raises `DoesNotOpen`."""
        if len(sealed) < 1 + NONCE_BYTES + TAG_BYTES or sealed[:1] != FORM:
            raise DoesNotOpen
        nonce, rest = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            body = self._cipher(name).decrypt(nonce, rest, fields(FORM, name.encode()))
        except InvalidTag:
            raise DoesNotOpen from None
        return zlib.decompress(body[1:]) if body[:1] == _PACKED else body[1:]

    def read(self, depot: Depot, name: str) -> bytes:
        """What lies there and is ours, also beneath what somebody put over it. Raises `NoSuchObject`."""
        for data in depot.copies(name):
            try:
                return self.open(name, data)
            except DoesNotOpen:
                continue
        raise NoSuchObject(name)

    def chunk(self, depot: Depot, chunk: bytes) -> bytes:
        """A chunk by its id. Raises `NoSuchObject`."""
        plain = self.read(depot, chunk_name(chunk))
        if self.id_of(plain) != chunk:
            raise NoSuchObject(chunk_name(chunk))
        return plain

    def _cipher(self, name: str) -> AESGCM:
        return AESGCM(expand(self._secret, "object", name))

    def _hashed(self, what: bytes, data: bytes) -> bytes:
        return hmac.new(self._naming, fields(what) + data, hashlib.sha256).digest()


def chunk_name(chunk: bytes) -> str:
    text = chunk.hex()
    return f"chunks/{text[:2]}/{text}"


def safe_of(keyring: Keyring, *, make: bool = True) -> Safe:
    """The safe of this installation; its key is made at the first backup. Raises `NoBackupKey`, and `VaultSealed` when used."""
    if not make and not keyring.has(INSTALLATION, KeyKind.TENANT, ""):
        raise NoBackupKey("there is no backup key on this key shelf")
    return Safe(lambda: keyring.derive(INSTALLATION, KeyKind.TENANT, "", PURPOSE))
