"""The shelf of wrapped keys: one key for a scope, whoever comes first; and a destroyed one is not in the file any more."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from sealgate.domain.ids import TenantId
from sealgate.ports import KeyKind, KeyShelf, WrappedKey
from sealgate.store.faults import Locked
from sealgate.store.keys import DatabaseShelf
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed
from sealgate.vault.keyring import Keyring
from sealgate.vault.roots import create_key_file

if TYPE_CHECKING:
    from tests.conftest import Server

ACME, UMBRA = TenantId(UUID(int=0xACE)), TenantId(UUID(int=0x0BB))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NewShelf = Callable[[], DatabaseShelf]


@pytest.fixture
def shelf_file(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir()
    return folder / "keys.db"


@pytest.fixture(params=["sqlite", "postgres"])
def new_shelf(request: pytest.FixtureRequest, shelf_file: Path) -> Iterator[NewShelf]:
    """Opens one and the same shelf, as often as it is called."""
    opened: list[DatabaseShelf] = []
    url = f"sqlite:///{shelf_file}"
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres")
        name = server.new_database()
        url = server.url(name, "sealgate_owner")

    def make() -> DatabaseShelf:
        opened.append(DatabaseShelf(url))
        return opened[-1]

    yield make
    for shelf in opened:
        shelf.close()
    if request.param == "postgres":
        server.drop(name)


@pytest.fixture
def shelf(new_shelf: NewShelf) -> DatabaseShelf:
    return new_shelf()


def a_key(tenant: TenantId = ACME, scope: str = "alice", wrapped: bytes = b"wrapped") -> WrappedKey:
    return WrappedKey(tenant, uuid4(), KeyKind.SUBJECT, scope, wrapped, NOON)


def test_a_key_is_read_as_it_was_put(shelf: DatabaseShelf, new_shelf: NewShelf) -> None:
    key = a_key()
    assert shelf.put(key) == key
    for again in (shelf, new_shelf()):
        assert again.of_scope(ACME, KeyKind.SUBJECT, "alice") == again.by_id(ACME, key.key) == key
        assert list(again.all()) == [key]


def test_the_first_key_of_a_scope_is_the_only_one(shelf: DatabaseShelf) -> None:
    first, second = a_key(), a_key()
    assert shelf.put(first) == first
    assert shelf.put(second) == first
    assert shelf.by_id(ACME, second.key) is None


def test_of_many_who_make_one_key_all_get_the_same(new_shelf: NewShelf) -> None:
    shelves, got, start = [new_shelf() for _ in range(4)], [], Barrier(4)

    def make(shelf: KeyShelf) -> None:
        start.wait()
        got.append(shelf.put(a_key()).key)

    threads = [Thread(target=make, args=(shelf,)) for shelf in shelves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(got)) == 1
    assert len(got) == 4


def test_tenants_and_kinds_do_not_meet(shelf: DatabaseShelf) -> None:
    key = shelf.put(a_key())
    assert shelf.of_scope(UMBRA, KeyKind.SUBJECT, "alice") is None
    assert shelf.of_scope(ACME, KeyKind.SITE, "alice") is None
    assert shelf.by_id(UMBRA, key.key) is None
    assert not shelf.destroy(UMBRA, key.key, NOON)
    assert shelf.put(a_key(UMBRA)).tenant == UMBRA


def test_a_key_is_rewrapped_if_nobody_was_first(shelf: DatabaseShelf) -> None:
    key = shelf.put(a_key())
    assert shelf.rewrap(key, b"again")
    assert not shelf.rewrap(key, b"too late")
    assert shelf.by_id(ACME, key.key) == replace(key, wrapped=b"again")


def test_a_destroyed_key_is_known_and_empty_for_ever(shelf: DatabaseShelf) -> None:
    key = shelf.put(a_key())
    assert shelf.destroy(ACME, key.key, NOON)
    assert not shelf.destroy(ACME, key.key, NOON + timedelta(days=1))
    empty = replace(key, wrapped=b"")
    assert shelf.of_scope(ACME, KeyKind.SUBJECT, "alice") == empty
    assert shelf.put(a_key()) == empty
    assert not shelf.rewrap(empty, b"back again")


def test_all_keys_come_page_by_page_also_while_they_are_rewrapped(shelf: DatabaseShelf) -> None:
    keys = {shelf.put(a_key(tenant, f"person {number}")).key for tenant in (ACME, UMBRA) for number in range(20)}
    shelf.page = 7
    seen = []
    for key in shelf.all():
        seen.append(key.key)
        assert shelf.rewrap(key, b"again")
    assert len(seen) == 40
    assert set(seen) == keys


def test_the_root_check_is_kept_and_replaced(shelf: DatabaseShelf, new_shelf: NewShelf) -> None:
    assert shelf.root_check() is None
    shelf.set_root_check(b"first")
    shelf.set_root_check(b"second")
    assert new_shelf().root_check() == b"second"


def test_the_keyring_works_on_it(new_shelf: NewShelf, tmp_path: Path) -> None:
    class Noon:
        def now(self) -> datetime:
            return NOON

    root = create_key_file(tmp_path / "root.key")
    first = Keyring(new_shelf(), Noon())
    first.initialise(root)
    place = Place(ACME, "people", "profile", "alice")
    alice = "00000000-0000-0000-0000-0000000000a1"
    sealed = first.seal(ACME, KeyKind.SUBJECT, alice, place, b"Alice")
    second = Keyring(new_shelf(), Noon())
    second.unlock(root)
    assert second.open(place, sealed) == b"Alice"
    assert second.rotate_tenant(ACME) >= 1
    assert second.destroy(ACME, KeyKind.SUBJECT, alice)
    third = Keyring(new_shelf(), Noon())
    third.unlock(root)
    with pytest.raises(KeyDestroyed):
        third.open(place, sealed)


class TestTheFile:
    """SQLite: what a stolen copy of the folder shows."""

    def test_a_destroyed_key_is_in_no_file(self, shelf_file: Path) -> None:
        shelf = DatabaseShelf(f"sqlite:///{shelf_file}")
        secrets = [f"wrapped key of person {number}, 48 bytes long....".encode() for number in range(50)]
        keys = [shelf.put(a_key(scope=str(number), wrapped=secret)) for number, secret in enumerate(secrets)]
        assert secrets[7] in everything_in(shelf_file.parent)
        assert shelf.destroy(ACME, keys[7].key, NOON)
        left = everything_in(shelf_file.parent)
        assert secrets[7] not in left
        assert secrets[8] in left
        shelf.rewrap(keys[8], b"another wrapping")
        assert shelf.destroy(ACME, keys[9].key, NOON)
        assert secrets[8] not in everything_in(shelf_file.parent)
        shelf.close()

    def test_whoever_reads_too_long_is_waited_for_and_then_named(self, shelf_file: Path) -> None:
        shelf = DatabaseShelf(f"sqlite:///{shelf_file}", busy_timeout=timedelta(milliseconds=50))
        key = shelf.put(a_key())
        reader = sqlite3.connect(shelf_file, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM keys").fetchall()
        with pytest.raises(Locked):
            shelf.destroy(ACME, key.key, NOON)
        reader.close()
        assert not shelf.destroy(ACME, key.key, NOON)  # it was destroyed; now the log is emptied too
        assert b"wrapped" not in b"".join(path.read_bytes() for path in shelf_file.parent.glob("*-wal"))
        shelf.close()

    def test_it_is_its_owners_alone(self, shelf_file: Path) -> None:
        shelf = DatabaseShelf(f"sqlite:///{shelf_file}")
        shelf.put(a_key())
        assert {path.stat().st_mode & 0o777 for path in shelf_file.parent.iterdir()} == {0o600}
        shelf.close()

    def test_an_older_shelf_is_opened_as_it_is(self, shelf_file: Path) -> None:
        DatabaseShelf(f"sqlite:///{shelf_file}").close()
        engine = sa.create_engine(f"sqlite:///{shelf_file}")
        assert set(sa.inspect(engine).get_table_names()) == {"keys", "roots"}
        engine.dispose()


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())
