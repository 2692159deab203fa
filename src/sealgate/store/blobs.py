"""Sealed pictures in a folder: random names, two levels of folders, on the disk before `put` returns.

A blob is written beside its place and linked into it, so a half-written one is never found under a name.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from sealgate.domain.errors import Fault, Invalid, NotFound
from sealgate.ports import Sealed
from sealgate.store.faults import of_file

MAX_BLOB = 8 << 20
"""Bytes; a sealed JPEG of a whole 4K frame has less."""

_NAME = re.compile(r"[0-9a-f]{32}")


class BadBlobName(Invalid):
    code = "blob.bad-name"


class BlobTooLarge(Invalid):
    code = "blob.too-large"


class NoSuchBlob(NotFound):
    code = "blob.not-found"


class BlobThere(Fault):
    """The random name was given before: the dice are broken, or somebody uses a name twice."""

    code = "blob.name-used"


def new_name() -> str:
    """32 hexadecimal digits out of 128 random bits: what a blob may be called."""
    return secrets.token_hex(16)


class FolderBlobs:
    """A `ports.BlobStore` in one folder of this machine. Any thread may call it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise of_file(error) from error

    def put(self, name: str, sealed: Sealed) -> None:
        """Raises `BadBlobName`, `BlobTooLarge`, `BlobThere`, `DiskFull`, `Unreachable`."""
        if len(sealed) > MAX_BLOB:
            raise BlobTooLarge(f"{len(sealed)} bytes", field="picture")
        path = self._path(name)
        try:
            for folder in (path.parent.parent, path.parent):
                folder.mkdir(exist_ok=True, mode=0o700)
            self._write(path, sealed)
        except FileExistsError as error:
            raise BlobThere(name) from error
        except OSError as error:
            raise of_file(error) from error

    def get(self, name: str) -> Sealed:
        """Raises `NoSuchBlob`."""
        path = self._path(name)
        try:
            with path.open("rb") as file:
                return Sealed(file.read(MAX_BLOB))
        except FileNotFoundError as error:
            raise NoSuchBlob(name) from error
        except OSError as error:
            raise of_file(error) from error

    def delete(self, name: str) -> None:
        """Also for one that is not there: deleting twice is once."""
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                _sync_folder(path.parent)
        except OSError as error:
            raise of_file(error) from error

    def names(self) -> Iterator[str]:
        """Every whole blob; what a crash left half-written is none."""
        for path in self._folder.glob("??/??/*"):
            if _NAME.fullmatch(path.name):
                yield path.name

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise BadBlobName("a blob's name is 32 hexadecimal digits")
        return self._folder / name[:2] / name[2:4] / name

    def _write(self, path: Path, sealed: bytes) -> None:
        half = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        try:
            with half.open("xb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(half)  # unlike a rename, this never covers a blob that is there
        finally:
            half.unlink(missing_ok=True)
        for folder in (path.parent, path.parent.parent, self._folder):
            _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    """A new name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
