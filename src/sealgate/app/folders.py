"""Where the data and the keys of these settings lie, and the root that opens them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from sealgate.app.errors import CannotWrite
from sealgate.settings import Settings
from sealgate.store.keys import DatabaseShelf
from sealgate.store.sqlite import FolderLock
from sealgate.vault.roots import KeyFileRoot, Root, create_key_file, new_passphrase_root


def make_folders(settings: Settings) -> None:
    try:
        for folder in (settings.data, settings.keys_folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise CannotWrite(f"{error.filename}: {error.strerror}", hint="Choose a folder that this user may write") from error


def data_url(settings: Settings) -> str:
    return settings.database or f"sqlite:///{(settings.data / 'sealgate.sqlite').absolute()}"


def keys_url(settings: Settings) -> str:
    return settings.keys_database or f"sqlite:///{(settings.keys_folder / 'keys.sqlite').absolute()}"


@contextmanager
def empty_or_same_shelf(settings: Settings) -> Iterator[DatabaseShelf]:
    """The key shelf of the settings by itself, made where it is not there: for whoever brings keys back. On SQLite nobody
    may run on the data meanwhile. Raises `DataInUse`."""
    make_folders(settings)
    with ExitStack() as stack:
        if not settings.database:
            stack.callback(FolderLock(settings.data).free)
        shelf = stack.enter_context(closing(DatabaseShelf(keys_url(settings))))
        yield shelf


def new_root(settings: Settings) -> Root:
    if settings.passphrase is not None:
        return new_passphrase_root(settings.passphrase.get_secret_value())
    if settings.key_file.exists():  # left by an `init` that stopped half way: the shelf has no root yet
        return KeyFileRoot(settings.key_file)
    return create_key_file(settings.key_file)
