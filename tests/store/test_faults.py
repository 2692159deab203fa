"""What can go wrong with a database: each trouble has one name, and nothing acknowledged is lost by it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from sealgate.domain.ids import SiteId
from sealgate.ports import Unreachable
from sealgate.privacy import journal
from sealgate.store import places
from sealgate.store.engine import Actor, Store, open_store
from sealgate.store.faults import Broken, DataInUse, DiskFull, Locked
from sealgate.vault.keyring import Keyring

if TYPE_CHECKING:
    from tests.conftest import NewTenant, Server
    from tests.store.conftest import Writing

DORA = Actor("operator", "dora")
SHORT = timedelta(milliseconds=100)


def file_of(url: str) -> Path:
    return Path(str(sa.make_url(url).database))


class TestSqlite:
    def test_two_on_one_data_directory(self, sqlite_url: str) -> None:
        store = open_store(sqlite_url)
        with pytest.raises(DataInUse) as told:
            open_store(sqlite_url)
        assert told.value.code == "store.in-use"
        store.close()
        open_store(sqlite_url).close()

    def test_another_process_on_the_data_directory(self, sqlite_url: str) -> None:
        store = open_store(sqlite_url)
        code = f"from sealgate.store.engine import open_store; open_store({sqlite_url!r})"
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert other.returncode == 1
        assert "DataInUse" in other.stderr
        store.close()

    def test_the_lock_ends_with_the_process_that_held_it(self, sqlite_url: str) -> None:
        code = (
            f"import os; from sealgate.store.engine import open_store; s = open_store({sqlite_url!r}); os.kill(os.getpid(), 9)"
        )
        killed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
        assert killed.returncode == -9
        open_store(sqlite_url).close()

    def test_a_database_that_another_program_holds(self, sqlite_url: str, new_tenant: NewTenant) -> None:
        store = open_store(sqlite_url, busy_timeout=SHORT)
        acme = new_tenant(store, "Acme")
        other = sqlite3.connect(file_of(sqlite_url), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Locked), store.begin(acme, DORA):
            pass
        with store.read(acme) as db:  # reading goes on meanwhile
            assert places.sites(db) == []
        other.execute("ROLLBACK")
        other.close()
        with store.begin(acme, DORA) as tx:
            assert places.sites(tx) == []
        store.close()

    def test_a_full_disk(self, sqlite_url: str, new_tenant: NewTenant, sealed_keyring: Keyring) -> None:
        store = open_store(sqlite_url)
        acme = new_tenant(store, "Acme")
        kept = 0
        with store.read(acme) as db:
            pages = int(db.sql.exec_driver_sql("PRAGMA page_count").scalar_one())

        def fill() -> None:
            nonlocal kept
            for _ in range(10_000):
                with store.begin(acme, DORA) as tx:
                    tx.sql.exec_driver_sql(f"PRAGMA max_page_count = {pages + 40}")
                    places.add_site(tx, places.SiteRow(SiteId(store.new_id()), "x" * 4000, "Asia/Shanghai"))
                    journal.write(tx, sealed_keyring, datetime.now(UTC), "site.added")
                kept += 1

        with pytest.raises(DiskFull) as told:
            fill()
        assert told.value.code == "store.disk-full"
        assert kept > 5
        with store.read(acme) as db:
            assert len(places.sites(db)) == kept
        assert journal.verify(store, acme).whole
        with store.begin(acme, DORA) as tx:  # once there is space again, it goes on
            tx.sql.exec_driver_sql("PRAGMA max_page_count = 100000")
            places.add_site(tx, places.SiteRow(SiteId(store.new_id()), "more", "Asia/Shanghai"))
            journal.write(tx, sealed_keyring, datetime.now(UTC), "site.added")
        store.close()

    def test_a_disk_that_is_really_full(self, tmp_path: Path) -> None:
        """A file system of 3 MiB, in a mount namespace of its own where the system lets us make one."""
        code = Path(__file__).with_name("fill_a_disk.py")
        command = ["unshare", "--mount", "--map-root-user", sys.executable, str(code), str(tmp_path)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": "src"})
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.split() == ["store.disk-full", "store.disk-full", "whole"]

    def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        (tmp_path / "sealgate.db").write_bytes(b"not a database at all" * 500)
        with pytest.raises(Broken) as told:
            open_store(f"sqlite:///{tmp_path / 'sealgate.db'}")
        assert told.value.code == "store.broken"

    def test_a_database_with_a_torn_page(self, sqlite_url: str, new_tenant: NewTenant) -> None:
        store = open_store(sqlite_url)
        acme = new_tenant(store, "Acme")
        store.close()
        path = file_of(sqlite_url)
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(os.urandom(path.stat().st_size - 4096))

        def look() -> None:
            with open_store(sqlite_url).read(acme) as db:
                places.sites(db)

        with pytest.raises(Broken):
            look()

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(Unreachable) as told:
            open_store(f"sqlite:///{tmp_path / 'nowhere' / 'sealgate.db'}")
        assert told.value.code == "port.unreachable"


class TestPostgres:
    def test_nobody_at_that_address(self) -> None:
        with pytest.raises(Unreachable) as told:
            open_store("postgresql://app:secret@127.0.0.1:1/sealgate", busy_timeout=timedelta(seconds=1))
        assert "secret" not in str(told.value)

    def test_a_wrong_password(self, postgres_url: str) -> None:
        url = sa.make_url(postgres_url).set(password="wrong").render_as_string(hide_password=False)
        with pytest.raises(Unreachable):
            open_store(url)

    def test_a_server_that_went_away_and_came_back(self, postgres_url: str, postgres: Server, new_tenant: NewTenant) -> None:
        store = open_store(postgres_url)
        acme = new_tenant(store, "Acme")
        everybody = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
        name = sa.make_url(postgres_url).database

        def interrupted() -> None:
            with store.begin(acme, DORA) as tx:
                postgres.ask(f"{everybody}'{name}'")
                places.sites(tx)

        with pytest.raises(Unreachable):
            interrupted()
        postgres.ask(f"{everybody}'{name}'")
        with store.begin(acme, DORA) as tx:
            assert places.sites(tx) == []
        store.close()

    def test_a_row_that_somebody_else_holds(self, postgres_url: str, new_tenant: NewTenant, sealed_keyring: Keyring) -> None:
        store = open_store(postgres_url, busy_timeout=timedelta(seconds=1))
        acme = new_tenant(store, "Acme")
        with store.begin(acme, DORA) as first:
            journal.write(first, sealed_keyring, datetime.now(UTC), "test.first")
            with pytest.raises(Locked), store.begin(acme, DORA) as second:
                journal.write(second, sealed_keyring, datetime.now(UTC), "test.second")
        assert journal.verify(store, acme).entries == 2
        store.close()


def test_no_message_of_a_fault_shows_a_value(store: Store, writing: Writing, new_tenant: NewTenant) -> None:
    acme = new_tenant(store, "Acme")
    site = places.SiteRow(SiteId(store.new_id()), "The Secret Garden", "Asia/Shanghai")
    with writing(acme) as tx:
        places.add_site(tx, site)
    with pytest.raises(Exception, match=r"^(?!.*Garden).*$") as told, writing(acme) as tx:
        places.add_site(tx, site)
    assert "Garden" not in repr(told.value.__cause__)
