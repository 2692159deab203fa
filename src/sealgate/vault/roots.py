"""The root key: the one secret that is never beside the data. It wraps tenant keys and nothing else.

The surprising thing: the key store keeps a root check, written when the root was made. It tells a wrong passphrase from a
broken store, it holds the salt and cost of a passphrase, and in the middle of a rotation it names both roots, so that a
crash there leaves nothing that only a forgotten salt could open.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Protocol

import argon2.low_level
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sealgate.vault.envelope import (
    KEY_BYTES,
    NAME_BYTES,
    NONCE_BYTES,
    Form,
    expand,
    fields,
    header_of,
    lay,
    lift,
)
from sealgate.vault.errors import (
    DoesNotOpen,
    KeyFileExists,
    KeyFileOpen,
    NoKeyFile,
    NotAKeyFile,
    NotAnEnvelope,
    PassphraseTooShort,
    WrongRoot,
)


class Root(Protocol):
    """What wraps tenant keys: here a key in memory, elsewhere a TPM or an outside key service."""

    @property
    def name(self) -> bytes:
        """16 public bytes that differ from root to root; each wrapped key carries them."""
        ...

    @property
    def preface(self) -> bytes:
        """What has to lie on the shelf, in the open, for this root to be made again. Its first byte is the kind."""
        ...

    def wrap(self, plain: bytes, bound: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes, bound: bytes) -> bytes:
        """Raises `NotAnEnvelope`, `WrongRoot` for what another root wrapped, `DoesNotOpen` for the rest."""
        ...


class RootKind(IntEnum):
    """The first byte of a preface: who holds the root."""

    KEY_FILE = 1
    PASSPHRASE = 2
    CREDENTIAL = 3
    SERVICE = 4
    QUORUM = 5


class HeldRoot:
    """A root whose 32 bytes are in this process. Its repr shows no secret."""

    def __init__(self, secret: bytes, preface: bytes) -> None:
        self.name = expand(secret, "root", "name", length=NAME_BYTES)
        self.preface = preface
        self._cipher = AESGCM(expand(secret, "root", "wrap"))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name.hex()})"

    def wrap(self, plain: bytes, bound: bytes) -> bytes:
        return self._wrap_with(secrets.token_bytes(NONCE_BYTES), plain, bound)

    def _wrap_with(self, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
        return lay(Form.WRAPPED_BY_ROOT, self.name, nonce, self._cipher, bound=bound, plain=plain)

    def unwrap(self, wrapped: bytes, bound: bytes) -> bytes:
        header = header_of(Form.WRAPPED_BY_ROOT, wrapped)
        if header.name != self.name:
            raise WrongRoot
        return lift(header.nonce, self._cipher, bound, wrapped)


# --- The root check: 4 | count | (length, 2 bytes | preface | length, 2 bytes | proof) for each root ---

PROOF = bytes(16)
_MAX_PART_BYTES = 4096


@dataclass(frozen=True, slots=True)
class CheckEntry:
    """One root that the shelf knows: how to make it again, and 16 zero bytes that it wrapped."""

    preface: bytes
    proof: bytes

    @property
    def root_name(self) -> bytes:
        return header_of(Form.WRAPPED_BY_ROOT, self.proof).name


def entry_of(root: Root) -> CheckEntry:
    return CheckEntry(root.preface, root.wrap(PROOF, _proof_bound(root.preface)))


def _proof_bound(preface: bytes) -> bytes:
    return fields(b"root check", preface)


def write_check(*entries: CheckEntry) -> bytes:
    parts = [part for entry in entries for part in (entry.preface, entry.proof)]
    return bytes((Form.ROOT_CHECK, len(entries))) + b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def read_check(check: bytes) -> tuple[CheckEntry, ...]:
    """One entry, or two in the middle of a rotation. Raises `NotAnEnvelope`; proves nothing yet."""
    if len(check) < 2 or check[0] != Form.ROOT_CHECK or check[1] not in {1, 2}:
        raise NotAnEnvelope
    entries, rest = [], check[2:]
    for _ in range(check[1]):
        preface, rest = _cut_part(rest)
        proof, rest = _cut_part(rest)
        header_of(Form.WRAPPED_BY_ROOT, proof)
        entries.append(CheckEntry(preface, proof))
    if rest:
        raise NotAnEnvelope
    return tuple(entries)


def _cut_part(rest: bytes) -> tuple[bytes, bytes]:
    length = int.from_bytes(rest[:2], "big")
    if not 0 < length <= min(_MAX_PART_BYTES, len(rest) - 2):
        raise NotAnEnvelope
    return rest[2 : 2 + length], rest[2 + length :]


def verify(root: Root, check: bytes) -> None:
    """Raises `WrongRoot` where the check knows no such root, `NotAnEnvelope` or `DoesNotOpen` where the check is damaged."""
    for entry in read_check(check):
        if entry.root_name == root.name:
            if root.unwrap(entry.proof, _proof_bound(entry.preface)) != PROOF:
                raise DoesNotOpen
            return
    raise WrongRoot


# --- A passphrase ---


@dataclass(frozen=True, slots=True)
class Cost:
    """Argon2id (RFC 9106): memory in KiB, passes over it, lanes."""

    memory: int
    passes: int
    lanes: int

    def bearable(self) -> bool:
        """The cost is read from the shelf before anything proves it, so a changed byte must not eat the machine."""
        return 1 <= self.lanes <= 16 and 1 <= self.passes <= 16 and 8 * self.lanes <= self.memory <= 256 << 10


SECOND_RECOMMENDATION = Cost(memory=64 << 10, passes=3, lanes=4)
"""RFC 9106 section 4, for where 2 GiB for one sign-in is too much."""

SALT_BYTES = 16
MIN_PASSPHRASE, MAX_PASSPHRASE = 15, 1024
_PASSPHRASE_PREFACE_BYTES = 1 + 12 + SALT_BYTES


class PassphraseRoot(HeldRoot):
    """Made by `new_passphrase_root`, made again by `open_passphrase_root`."""

    def __init__(self, passphrase: str, cost: Cost, salt: bytes) -> None:
        """Takes about a tenth of a second and 64 MiB at the usual cost."""
        numbers = b"".join(number.to_bytes(4, "big") for number in (cost.memory, cost.passes, cost.lanes))
        super().__init__(_stretched(passphrase, cost, salt), bytes((RootKind.PASSPHRASE,)) + numbers + salt)


def _stretched(passphrase: str, cost: Cost, salt: bytes) -> bytes:
    """Two keyboards may write one letter in two ways, so the text is brought to NFC first."""
    return argon2.low_level.hash_secret_raw(
        unicodedata.normalize("NFC", passphrase).encode(errors="surrogatepass"),
        salt,
        time_cost=cost.passes,
        memory_cost=cost.memory,
        parallelism=cost.lanes,
        hash_len=KEY_BYTES,
        type=argon2.low_level.Type.ID,
    )


def new_passphrase_root(passphrase: str, cost: Cost = SECOND_RECOMMENDATION) -> PassphraseRoot:
    """A root of its own even for a passphrase used before: the salt is new. Raises `PassphraseTooShort`."""
    if not MIN_PASSPHRASE <= len(passphrase) <= MAX_PASSPHRASE:
        raise PassphraseTooShort(f"a passphrase has {MIN_PASSPHRASE} to {MAX_PASSPHRASE} characters")
    return PassphraseRoot(passphrase, cost, secrets.token_bytes(SALT_BYTES))


def open_passphrase_root(passphrase: str, check: bytes) -> PassphraseRoot:
    """The root that this passphrase made, by the shelf's root check. Raises `WrongRoot`, `NotAnEnvelope`, `DoesNotOpen`."""
    if len(passphrase) > MAX_PASSPHRASE:
        raise WrongRoot
    for entry in read_check(check):
        if entry.preface[0] == RootKind.PASSPHRASE:
            root = PassphraseRoot(passphrase, *_read_preface(entry.preface))
            if root.name == entry.root_name:
                verify(root, check)
                return root
    raise WrongRoot


def _read_preface(preface: bytes) -> tuple[Cost, bytes]:
    if len(preface) != _PASSPHRASE_PREFACE_BYTES:
        raise NotAnEnvelope
    cost = Cost(*(int.from_bytes(preface[at : at + 4], "big") for at in (1, 5, 9)))
    if not cost.bearable():
        raise NotAnEnvelope
    return cost, preface[13:]


# --- A key file: one line, `sealgate-root-1 <64 hex digits> <8 hex digits of its SHA-256>` ---

_FILE_WORD = "sealgate-root-1"
_FILE_BYTES = len(_FILE_WORD) + 1 + 2 * KEY_BYTES + 1 + 8 + 1


class KeyFileRoot(HeldRoot):
    def __init__(self, path: Path) -> None:
        """Read a key file. Raises `NoKeyFile`, `KeyFileOpen`, `NotAKeyFile`."""
        super().__init__(parse_key_file(read_private(path, _FILE_BYTES)), bytes((RootKind.KEY_FILE,)))


def create_key_file(path: Path) -> KeyFileRoot:
    """Make a new root key in a new file that only we may read. Raises `KeyFileExists`, `OSError` for a full disk."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise KeyFileExists(f"{path} exists") from None
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o600)  # the umask may have taken our own right to read
            file.write(key_file_text(secrets.token_bytes(KEY_BYTES)))
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except BaseException:
        path.unlink(missing_ok=True)  # half a key file would only be in the way of the next try
        raise
    return KeyFileRoot(path)


def sync_folder(folder: Path) -> None:
    """The name of a new file is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_private(path: Path, most: int) -> bytes:
    """Up to `most` + 1 bytes of a file that nobody else may read. Raises `NoKeyFile`, `KeyFileOpen`, `NotAKeyFile`.

    Asks the open file, not the path, who may read it: the path could point elsewhere a moment later."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe must not hang us
    except OSError as error:
        raise NoKeyFile(f"{path}: {error.strerror}") from None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise NotAKeyFile(f"{path} is not a file")
        if found.st_mode & 0o077 or found.st_uid not in {os.geteuid(), 0}:
            raise KeyFileOpen(f"{path} has mode {stat.S_IMODE(found.st_mode):04o}")
        return os.read(handle, most + 1)
    finally:
        os.close(handle)


def key_file_text(secret: bytes) -> bytes:
    return f"{_FILE_WORD} {secret.hex()} {hashlib.sha256(secret).hexdigest()[:8]}\n".encode()


def parse_key_file(text: bytes) -> bytes:
    """The 32 bytes. Only the one exact writing is taken, so a changed letter is never another key. Raises `NotAKeyFile`."""
    words = text.decode("ascii", errors="replace").split(" ")
    try:
        secret = bytes.fromhex(words[1])
    except (IndexError, ValueError):
        raise NotAKeyFile from None
    if len(secret) != KEY_BYTES or key_file_text(secret) != text:
        raise NotAKeyFile
    return secret
