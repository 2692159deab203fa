"""Copies: the files as a thief would take them, and a working copy with its keys, to know what he must not find.

The surprising thing: what is copied is in use. A file that is gone before its turn came was deleted by its owner, and a thief
would not have it either.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sealgate.drills import postgres
from sealgate.settings import Settings

DATABASE = "sealgate.sqlite"


def taken(source: Path, to: Path) -> None:
    """Every file below, byte for byte; links and what is no file are left."""
    if source.is_file():
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, to)
        return
    to.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        if path.is_symlink():
            continue
        with suppress(FileNotFoundError):
            if path.is_dir():
                taken(path, to / path.name)
            elif path.is_file():
                shutil.copyfile(path, to / path.name)


def copied(settings: Settings, to: Path) -> Settings:
    """A working copy with its keys, on SQLite. Of a database in use SQLite itself makes one whole; the socket of a server
    that runs there is left."""
    to.mkdir(mode=0o700)
    leave = shutil.ignore_patterns(f"{DATABASE}*", "LOCK")
    shutil.copytree(settings.data, to / "data", ignore=leave, symlinks=True)
    shutil.copytree(settings.keys_folder, to / "keys", ignore=shutil.ignore_patterns("keys.sqlite*", "*.sock"))
    if settings.database:
        postgres.poured(settings, to / "data" / DATABASE)
    else:
        _whole(settings.data / DATABASE, to / "data" / DATABASE)
    if settings.keys_database:
        postgres.poured_keys(settings, to / "keys" / "keys.sqlite")
    else:
        _whole(settings.keys_folder / "keys.sqlite", to / "keys" / "keys.sqlite")
    if settings.passphrase is None and not (to / "keys" / "root.key").exists():
        shutil.copy(settings.key_file, to / "keys" / "root.key")
    here = {"data": to / "data", "keys": to / "keys", "root_key_file": None, "port": 0, "database": "", "keys_database": ""}
    return settings.model_copy(update=here)


def _whole(source: Path, copy: Path) -> None:
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(copy)) as made,
    ):
        live.backup(made)
