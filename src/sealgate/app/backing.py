"""Where backups go, under which key, and what makes them while the program runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from sealgate.app.folders import keys_url
from sealgate.app.roots import open_vault, root_source
from sealgate.backup.depots import Depot
from sealgate.backup.following import Follower
from sealgate.backup.keeping import Backups, Rules
from sealgate.backup.making import Place
from sealgate.backup.opening import depot_of, place
from sealgate.backup.postgres.following import PostgresFollower
from sealgate.backup.postgres.making import heads_of
from sealgate.backup.pruning import Keep
from sealgate.backup.safe import safe_of
from sealgate.backup.shipping import FollowedBlobs, Pace, Shipper
from sealgate.flows.unsealing import Unsealing
from sealgate.ports import BlobStore
from sealgate.settings import Settings
from sealgate.store.engine import Store, SystemClock
from sealgate.store.keys import DatabaseShelf
from sealgate.vault.keyring import Keyring


@contextmanager
def opened_keys(settings: Settings) -> Iterator[Keyring]:
    """The keys alone, unlocked: for what needs no data, or must not wait for whoever has it open."""
    shelf = DatabaseShelf(keys_url(settings))
    try:
        keyring = Keyring(shelf, SystemClock())
        unsealing = Unsealing(keyring, SystemClock(), root_source(settings).roots)
        open_vault(unsealing, settings, keyring, may_be_sealed=False)
        yield keyring
    finally:
        shelf.close()


def backup_place(settings: Settings, keyring: Keyring, *, make: bool = True) -> Place:
    """Where backups go, and their key. Raises `BadDepot`, `NoBackupKey`, `VaultSealed`."""
    return place(depot(settings), safe_of(keyring, make=make), settings.backup_lock_days)


def depot(settings: Settings) -> Depot:
    """Raises `BadDepot`."""
    secret = settings.backup_secret_key
    return depot_of(
        settings.backup_to,
        endpoint=settings.backup_endpoint,
        access_key=settings.backup_access_key,
        secret_key="" if secret is None else secret.get_secret_value(),
        region=settings.backup_region,
    )


def begin_backups(settings: Settings) -> None:
    """Make the folder for backups. Later a folder that is not there is a disk that is not mounted."""
    if settings.backup_to:
        depot(settings).begin()


def backups(
    settings: Settings, keyring: Keyring, store: Store, blobs: BlobStore, *, wanted: bool
) -> tuple[Backups | None, BlobStore]:
    """What backs up while the program runs, and the pictures by way of it. Raises `BadDepot`, `BadRule`."""
    if not wanted or not settings.backup_to:
        return None, blobs
    rules = Rules(
        every=timedelta(hours=settings.backup_every_hours),
        keep=Keep.parse(settings.backup_keep),
        alarm=timedelta(hours=settings.backup_alarm_hours),
        pace=Pace(settings.backup_pace),
    )
    to = backup_place(settings, keyring)
    follower = follower_of(settings, to, store, blobs, rules.pace)
    store.follow(follower)
    return Backups(to, follower, rules, store.clock), FollowedBlobs(blobs, follower)


def follower_of(settings: Settings, to: Place, store: Store, blobs: BlobStore, pace: Pace) -> Shipper:
    """What takes down each commit of this store, as its database has it."""
    patience = timedelta(seconds=settings.backup_patience)
    if store.file is not None:
        return Follower(to, store.file, blobs, store.clock, store.turn, store.checkpoint, pace=pace, patience=patience)
    folder, heads = settings.data / "log-received", partial(heads_of, store)
    return PostgresFollower(to, backup_url(settings), folder, blobs, store.clock, heads, pace=pace, patience=patience)


def backup_url(settings: Settings) -> str:
    return settings.backup_database or settings.database
