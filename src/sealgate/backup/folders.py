"""Backups in a folder: best on another machine's disk. It locks nothing: whoever may write there may delete there."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from sealgate.backup.depots import LARGEST, BadDepot, Kept
from sealgate.ports import Unreachable
from sealgate.store.faults import of_file

_NAME = re.compile(r"[a-z]+(/[A-Za-z0-9-]+)+")


class FolderDepot:
    """A `Depot` in one folder. Only `begin` makes it: where a disk is not mounted, nothing is put in its place."""

    locks = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self.address = str(self._folder)

    def begin(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise of_file(error) from error

    def put(self, name: str, data: bytes, until: datetime | None = None) -> None:  # noqa: ARG002 - a folder locks nothing
        path = self._path(name)
        if path.exists():
            return
        half = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        if not self._folder.is_dir():
            raise Unreachable(f"the folder {self._folder} is not there", hint="Mount it, or make it")
        try:
            new = _missing(path.parent, self._folder)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                with half.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                with suppress(FileExistsError):
                    path.hardlink_to(half)
            finally:
                half.unlink(missing_ok=True)
            for folder in (path.parent, *(made.parent for made in new)):
                _sync(folder)
        except OSError as error:
            raise of_file(error) from error

    def hold(self, name: str, until: datetime) -> None:
        pass

    def held_until(self, name: str) -> datetime | None:  # noqa: ARG002 - a folder locks nothing
        return None

    def copies(self, name: str) -> Iterator[bytes]:
        try:
            with self._path(name).open("rb") as file:
                yield file.read(LARGEST)
        except FileNotFoundError:
            return
        except OSError as error:
            raise of_file(error) from error

    def names(self, prefix: str) -> Iterator[Kept]:
        start = self._folder / prefix
        if not start.is_dir():
            return
        for folder, _, files in os.walk(start):
            for file in files:
                path = Path(folder, file)
                name = path.relative_to(self._folder).as_posix()
                if not _NAME.fullmatch(name):
                    continue
                with suppress(FileNotFoundError):  # somebody prunes meanwhile
                    found = path.stat()
                    yield Kept(name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def delete(self, name: str) -> bool:
        try:
            self._path(name).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise of_file(error) from error
        return True

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise BadDepot("no name of an object")
        return self._folder / name


def _missing(folder: Path, root: Path) -> list[Path]:
    """The folders that have to be made, the outermost last."""
    found = []
    while folder != root and not folder.is_dir():
        found.append(folder)
        folder = folder.parent
    return found


def _sync(folder: Path) -> None:
    """A new name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
