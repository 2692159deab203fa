"""Acme keeps a journal in a SQLite store, and its backups lie in a folder or in an object store with Object Lock."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import urllib3
from minio import Minio
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from tests.conftest import NewTenant

from sealgate.backup.depots import Depot
from sealgate.backup.folders import FolderDepot
from sealgate.backup.following import Follower
from sealgate.backup.making import Place
from sealgate.backup.objects import Account, ObjectDepot
from sealgate.backup.safe import Safe
from sealgate.backup.shipping import FollowedBlobs, Pace
from sealgate.domain.ids import TenantId
from sealgate.ports import Sealed
from sealgate.privacy import journal
from sealgate.store.blobs import FolderBlobs, new_name
from sealgate.store.engine import Actor, Store, open_store
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class HandClock:
    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def move(self, span: timedelta) -> None:
        self.at += span


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@dataclass(frozen=True)
class Bucket:
    """One bucket of the object store, and the credentials that the server has, which may do everything but unlock."""

    account: Account
    name: str
    client: Minio

    def depot(self) -> ObjectDepot:
        return ObjectDepot(f"s3://{self.name}/gate", self.account)


@pytest.fixture(scope="session")
def object_store() -> Iterator[str]:
    """Speaks S3 on the loopback, and knows Object Lock."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(object_store: str) -> Bucket:
    account = Account(object_store, "sealgate", "sealgate-secret")
    pool = urllib3.PoolManager(retries=urllib3.Retry(2))
    where = object_store.removeprefix("http://")
    client = Minio(where, account.access_key, account.secret_key, secure=False, http_client=pool)
    name = f"backups-{secrets.token_hex(6)}"
    client.make_bucket(name, object_lock=True)
    return Bucket(account, name, client)


@pytest.fixture
def folder(tmp_path: Path) -> FolderDepot:
    depot = FolderDepot(tmp_path / "elsewhere")
    depot.begin()
    return depot


@pytest.fixture
def safe() -> Safe:
    return Safe(lambda: bytes(range(32)))


@dataclass
class Site:
    """A store that is followed. `write` commits one entry of the journal and acknowledges it."""

    store: Store
    tenant: TenantId
    blobs: FolderBlobs
    followed: FollowedBlobs
    follower: Follower
    to: Place
    keyring: Keyring
    acknowledged: list[int] = field(default_factory=list)

    def write(self, count: int = 1) -> None:
        for _ in range(count):
            with self.store.begin(self.tenant, Actor("system", "test")) as tx:
                seq = journal.write(tx, self.keyring, datetime.now(UTC), "test.wrote", object="x" * 200)
            self.acknowledged.append(seq)

    def picture(self, size: int = 5000) -> str:
        name = new_name()
        self.followed.put(name, Sealed(secrets.token_bytes(size)))
        return name


@pytest.fixture
def new_site(sqlite_url: str, tmp_path: Path, new_tenant: NewTenant, safe: Safe, clock: HandClock) -> Iterator[object]:
    stores: list[Store] = []

    def make(depot: Depot, *, pace: Pace = Pace.SECOND, lock: timedelta | None = None, patience: float = 30) -> Site:
        store = open_store(sqlite_url)
        stores.append(store)
        assert store.file is not None
        blobs = FolderBlobs(tmp_path / "blobs")
        to = Place(depot, safe, lock)
        waits = timedelta(seconds=patience)
        follower = Follower(to, store.file, blobs, clock, store.turn, store.checkpoint, pace=pace, patience=waits)
        tenant = new_tenant(store, "Acme")
        store.follow(follower)
        return Site(store, tenant, blobs, FollowedBlobs(blobs, follower), follower, to, Keyring(MemoryShelf(), clock))

    yield make
    for store in stores:
        store.close()
