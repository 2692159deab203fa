"""Where the data and the keys of these settings lie, and the root that opens them."""

from __future__ import annotations

from sealgate.app.errors import CannotWrite
from sealgate.settings import Settings
from sealgate.vault.keyring import Keyring
from sealgate.vault.roots import KeyFileRoot, Root, create_key_file, new_passphrase_root, open_passphrase_root


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


def new_root(settings: Settings) -> Root:
    if settings.passphrase is not None:
        return new_passphrase_root(settings.passphrase.get_secret_value())
    if settings.key_file.exists():  # left by an `init` that stopped half way: the shelf has no root yet
        return KeyFileRoot(settings.key_file)
    return create_key_file(settings.key_file)


def root_of(settings: Settings, keyring: Keyring) -> Root:
    if settings.passphrase is not None:
        return open_passphrase_root(settings.passphrase.get_secret_value(), keyring.root_check())
    keyring.root_check()  # says that there is no vault here, before a missing file is complained of
    return KeyFileRoot(settings.key_file)
