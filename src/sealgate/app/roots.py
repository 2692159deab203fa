"""Where the root of these settings is looked for, and the start of a program with it or without."""

from __future__ import annotations

import os
from pathlib import Path

from sealgate.flows.unsealing import Unsealing
from sealgate.ports import Unreachable
from sealgate.settings import Settings
from sealgate.vault.errors import VaultSealed
from sealgate.vault.keptroots import Holder, KeeperHasNoKey, KeeperRefused, NoKeeper, NotTheirs, holders
from sealgate.vault.keyring import Keyring
from sealgate.vault.roots import KeyFileRoot
from sealgate.vault.rootsource import RootSource
from sealgate.vault.transit import TransitAccount, read_token

_AWAY = (Unreachable, KeeperRefused, KeeperHasNoKey, NotTheirs, NoKeeper)
"""What a keeper outside may answer today and not tomorrow: the program starts sealed, and asks again."""


def root_source(settings: Settings) -> RootSource:
    """Raises what reading the key service's token does."""
    transit = None
    if settings.transit_address and settings.transit_token_file is not None:
        transit = TransitAccount(
            settings.transit_address,
            settings.transit_key,
            read_token(settings.transit_token_file),
            mount=settings.transit_mount,
            ca_file=settings.transit_ca_file,
        )
    loaded = os.environ.get("CREDENTIALS_DIRECTORY")
    return RootSource(
        key_file=settings.key_file,
        passphrase=settings.passphrase.get_secret_value() if settings.passphrase is not None else None,
        transit=transit,
        loaded=Path(loaded) if loaded else None,
    )


def open_vault(unsealing: Unsealing, settings: Settings, keyring: Keyring, *, may_be_sealed: bool) -> None:
    """With the root that is to be had. Raises what is wrong with one that is there, such as a key file that others may read;
    and where nobody may be waited for, `NoKeyFile` or `VaultSealed`."""
    check = keyring.root_check()  # says that there is no vault here, before a missing file is complained of
    try:
        found = unsealing.look()
    except _AWAY:
        if not may_be_sealed:
            raise
        unsealing.watch()  # it remembers what is in the way
        return
    if found or may_be_sealed:
        return
    if Holder.KEY_FILE in holders(check):
        KeyFileRoot(settings.key_file)
    raise VaultSealed("the root key is held by people", hint="Where `sealgate serve` runs unsealed use its console")
