"""A copy of the key shelf in one file, apart from the data: what a backup of the data must not contain.

The file is sealed under the root as a whole, so it shows neither who is enrolled nor on which days somebody came; the root
itself is not in it. The surprising thing: bringing it back never brings back what this shelf destroyed, for a scope keeps its
first row.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from sealgate.domain.errors import Conflict, Refused
from sealgate.domain.ids import TenantId
from sealgate.flows.rekeying import Progress, unheard
from sealgate.ports import KeyKind, KeyShelf, WrappedKey
from sealgate.vault.envelope import MAX_SEALED_BYTES, fields
from sealgate.vault.keyring import Keyring
from sealgate.vault.roots import Root, read_check, sync_folder, verify

MAGIC = b"sealgate-keys-1\n"
AT_ONCE = 5000
"""Keys in one frame: some 1.5 MB."""

_MOST_CHECK = 16_384


class NotABackup(Refused):
    """No backup of keys, one that was cut, or one in which something was changed."""

    code = "keys.not-a-backup"


class OtherShelf(Conflict):
    """The key shelf has another root than the backup: it belongs to another installation, or the root was changed since."""

    code = "keys.other-shelf"
    hint = "Restore into an empty keys folder, with the root that the backup was made under"


class BackupExists(Conflict):
    """There is such a file already. It is never written over."""

    code = "keys.backup-exists"


@dataclass(frozen=True, slots=True)
class Written:
    keys: int
    digest: str


@dataclass(frozen=True, slots=True)
class Restored:
    """`added` were missing; `there` were there already, destroyed ones among them, and stay as they are."""

    added: int
    there: int


def write(keyring: Keyring, file: Path, told: Progress = unheard) -> Written:
    """Every key, destroyed ones too, as they lie there: wrapped. Raises `BackupExists`, `VaultSealed`, `OSError`."""
    check, count, seen = keyring.root_check(), 0, hashlib.sha256()
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise BackupExists(f"{file} exists") from None
    try:
        with os.fdopen(handle, "wb") as out:
            for piece in _pieces(keyring, check):
                count += piece[1]
                seen.update(piece[0])
                out.write(piece[0])
                told(count, count)
            out.flush()
            os.fsync(out.fileno())
        sync_folder(file.parent)
    except BaseException:
        with suppress(OSError):
            file.unlink()
        raise
    return Written(count, seen.hexdigest())


def _pieces(keyring: Keyring, check: bytes) -> Iterator[tuple[bytes, int]]:
    """The bytes of the file and how many keys are in them: the head, the frames, and one that says it was the last."""
    yield MAGIC + _sized(check), 0
    all_keys, number = keyring.shelved(), 0
    while some := list(islice(all_keys, AT_ONCE)):
        text = json.dumps([_said(key) for key in some], separators=(",", ":")).encode()
        yield _sized(keyring.wrap(text, _bound(number, check))), len(some)
        number += 1
    yield _sized(keyring.wrap(b"end", _bound(number, check))), 0


def _bound(number: int, check: bytes) -> bytes:
    return fields(b"key backup", number.to_bytes(4, "big"), hashlib.sha256(check).digest())


def _sized(piece: bytes) -> bytes:
    return len(piece).to_bytes(4, "big") + piece


def _said(key: WrappedKey) -> list[str]:
    return [str(key.tenant), str(key.key), key.kind.value, key.scope, key.wrapped.hex(), key.made_at.isoformat()]


def check_of(file: Path) -> bytes:
    """The root check that the backup was made under, by which its root is made again. Raises `NotABackup`."""
    with _opened(file) as source:
        return _head(source)


def restore(shelf: KeyShelf, roots: Iterable[Root], file: Path, told: Progress = unheard) -> Restored:
    """Put back what is missing; the shelf is empty or of the same root. The whole file is proved before anything is written.

    Raises `NotABackup`, `OtherShelf`, and `WrongRoot` where none of the `roots` is the backup's.
    """
    check = check_of(file)
    there = shelf.root_check()
    if there is not None and {one.root_name for one in read_check(there)} != {one.root_name for one in read_check(check)}:
        raise OtherShelf
    root = next((one for one in roots if _fits(one, check)), None)
    if root is None:
        raise NotABackup("none of the roots that are to be had opens this backup", hint="Bring the root that it was made under")
    total = sum(len(some) for some in _frames(root, check, file))
    added = done = 0
    if there is None:
        shelf.set_root_check(check)
    for some in _frames(root, check, file):
        kept = shelf.put_all(some)
        added += sum(one == mine for one, mine in zip(kept, some, strict=True))
        done += len(some)
        told(done, total)
    return Restored(added, total - added)


def _fits(root: Root, check: bytes) -> bool:
    try:
        verify(root, check)
    except Refused:
        return False
    return True


def _frames(root: Root, check: bytes, file: Path) -> Iterator[list[WrappedKey]]:
    with _opened(file) as source:
        _head(source)
        number = 0
        while (text := root.unwrap(_piece(source, MAX_SEALED_BYTES), _bound(number, check))) != b"end":
            number += 1
            yield [_key(*row) for row in json.loads(text)]
        if source.read(1):
            raise NotABackup("something follows the end")


def _key(tenant: str, key: str, kind: str, scope: str, wrapped: str, made_at: str) -> WrappedKey:
    made = datetime.fromisoformat(made_at)
    return WrappedKey(TenantId(UUID(tenant)), UUID(key), KeyKind(kind), scope, bytes.fromhex(wrapped), made)


def _opened(file: Path) -> Any:
    try:
        return file.open("rb")
    except OSError as error:
        raise NotABackup(f"{file}: {error.strerror}") from None


def _head(source: BinaryIO) -> bytes:
    if source.read(len(MAGIC)) != MAGIC:
        raise NotABackup
    return _piece(source, _MOST_CHECK)


def _piece(source: BinaryIO, most: int) -> bytes:
    length = int.from_bytes(source.read(4), "big")
    piece = source.read(length) if 0 < length <= most else b""
    if not piece or len(piece) != length:
        raise NotABackup("the file was cut")
    return piece
