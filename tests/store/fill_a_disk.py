"""Run by test_faults.py in a mount namespace: fills a file system of 3 MiB and prints how each of us says so."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from sealgate.domain.errors import Fault
from sealgate.domain.ids import SiteId, TenantId
from sealgate.ports import Sealed
from sealgate.privacy import journal
from sealgate.store import places
from sealgate.store.blobs import FolderBlobs, new_name
from sealgate.store.engine import Actor, Store, SystemClock, open_store
from sealgate.store.migrating import migrate
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf

DORA = Actor("operator", "dora")


def main(folder: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(folder)], check=True)
    url = f"sqlite:///{folder / 'sealgate.db'}"
    migrate(url)
    store = open_store(url)
    acme = TenantId(store.new_id())
    with store.begin(acme, DORA) as tx:
        places.add_tenant(tx, "Acme", datetime.now(UTC))
        journal.write(tx, Keyring(MemoryShelf(), SystemClock()), datetime.now(UTC), "tenant.founded")
    kept = fill_database(store, acme)
    fill_blobs(FolderBlobs(folder / "blobs"))
    with store.read(acme) as db:
        assert len(places.sites(db)) == kept
    assert journal.verify(store, acme).whole
    tell("whole")


def fill_database(store: Store, acme: TenantId) -> int:
    keyring = Keyring(MemoryShelf(), SystemClock())
    for kept in range(10_000):
        try:
            with store.begin(acme, DORA) as tx:
                places.add_site(tx, places.SiteRow(SiteId(store.new_id()), "x" * 20_000, "Asia/Shanghai"))
                journal.write(tx, keyring, datetime.now(UTC), "site.added")
        except Fault as fault:
            tell(fault.code)
            return kept
    raise AssertionError("the disk never filled")


def fill_blobs(blobs: FolderBlobs) -> None:
    names = []
    try:
        for _ in range(10_000):
            names.append(new_name())
            blobs.put(names[-1], Sealed(bytes(50_000)))
    except Fault as fault:
        tell(fault.code)
    assert sorted(blobs.names()) == sorted(names[:-1])


def tell(word: str) -> None:
    sys.stdout.write(f"{word}\n")


main(Path(sys.argv[1]))
