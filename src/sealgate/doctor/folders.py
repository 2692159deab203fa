"""What lies on the disk: where the keys are, who may read what, and how much room is left."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sealgate.doctor.patient import Patient
from sealgate.domain.findings import Check, Finding
from sealgate.settings import Settings

MOST_FILES = 200_000
"""A folder of more files than that is looked through in part."""

KEY_NAMES = ("root.key", "keys.sqlite")
KEY_WORD = b"sealgate-root-1 "
SHARE, ROOM = 0.05, 1 << 30
"""Less than this part of a disk, or fewer bytes, are nearly none."""


def keys_in_data(patient: Patient) -> Iterator[Finding]:
    """Keys within the data folder: a copy of it is everything. Looked for by where they should be, and by what they are."""
    settings = patient.settings
    data = settings.data.absolute()
    for folder in {settings.keys_folder.absolute(), settings.key_file.absolute().parent}:
        if folder == data or folder.is_relative_to(data):
            yield Finding(Check.KEYS_IN_DATA, str(folder))
    for file in key_files(data):
        yield Finding(Check.KEYS_IN_DATA, str(file))


def keys_beside(patient: Patient) -> Iterator[Finding]:
    """Data and keys on one disk are stolen together."""
    data, keys = patient.settings.data, patient.settings.keys_folder
    if not patient.settings.database and data.is_dir() and keys.is_dir() and data.stat().st_dev == keys.stat().st_dev:
        yield Finding(Check.KEYS_BESIDE, str(keys))


def keys_in_backup(patient: Patient) -> Iterator[Finding]:
    for folder in backup_folders(patient.settings):
        for file in key_files(folder):
            yield Finding(Check.BACKUP_KEYS, str(file))


def no_backup(patient: Patient) -> Iterator[Finding]:
    if not patient.settings.backup_to:
        yield Finding(Check.NO_BACKUP, "backup_to")


def backup_folders(settings: Settings) -> list[Path]:
    """Where backups of the data go, as far as that is a folder."""
    to = settings.backup_to
    return [Path(to)] if to and "://" not in to and Path(to).is_dir() else []


def key_files(folder: Path) -> Iterator[Path]:
    """Files that are a root key or the store of wrapped keys, whatever they are called."""
    for file in islice((path for path in folder.rglob("*") if path.is_file()), MOST_FILES):
        if file.name.startswith(KEY_NAMES) or _is_root_key(file):
            yield file


def _is_root_key(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return file.stat().st_size <= 4096 and KEY_WORD in opened.read(4096)
    except OSError:
        return False


def modes(patient: Patient) -> Iterator[Finding]:
    """What others on this machine may read, though it is ours alone."""
    held, named = _held(patient.settings), _named(patient.settings)
    for path in sorted({*held, *named}):
        try:
            mode = path.stat().st_mode
        except OSError:
            continue
        if stat.S_IMODE(mode) & 0o077 and (path in named or stat.S_ISDIR(mode) or not _shielded(path)):
            yield Finding(Check.FILE_OPEN, f"{path} ({stat.S_IMODE(mode):o})")


def _held(settings: Settings) -> list[Path]:
    """What lies in our two folders, and the folders."""
    folders = [settings.data, settings.keys_folder]
    return [*folders, *(path for folder in folders for path in folder.glob("*.sqlite*"))]


def _named(settings: Settings) -> list[Path]:
    """Keys in files of their own: these are nobody else's to read, wherever they lie."""
    files = [settings.key_file, settings.tls_key, settings.wechat_private_key_file, settings.alipay_private_key_file]
    return [file for file in files if file is not None]


def _shielded(path: Path) -> bool:
    """Whether nobody but us can get as far as the folder that it lies in."""
    return not stat.S_IMODE(path.parent.stat().st_mode) & 0o011


def room(patient: Patient) -> Iterator[Finding]:
    settings, seen = patient.settings, set()
    for folder in (settings.data, settings.keys_folder, *backup_folders(settings)):
        if not folder.is_dir() or (device := folder.stat().st_dev) in seen:
            continue
        seen.add(device)
        usage = shutil.disk_usage(folder)
        if usage.free < max(SHARE * usage.total, min(ROOM, usage.total / 4)):
            yield Finding(Check.DISK, f"{folder}: {usage.free >> 20} MB")
