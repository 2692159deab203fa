"""What every key shelf promises (ports.KeyShelf): one key for a scope, ever, and a destroyed key is gone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from sealgate.domain.ids import TenantId
from sealgate.ports import KeyKind, KeyShelf, WrappedKey
from sealgate.store.keys import DatabaseShelf
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf
from sealgate.vault.roots import Cost, new_passphrase_root

if TYPE_CHECKING:
    from tests.conftest import Server

ACME, UMBRA = TenantId(UUID(int=0xACE)), TenantId(UUID(int=0x0BB))
MORNING = datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)
EVENING = datetime(2026, 3, 2, 20, tzinfo=UTC)

OpenShelf = Callable[[], KeyShelf]
"""Opens the shelf; called again it opens the same shelf again, as the next process would."""


class StillClock:
    def now(self) -> datetime:
        return MORNING


def sqlite_shelf_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'keys.db'}"


@pytest.fixture
def postgres_shelf_url(postgres: Server) -> Iterator[str]:
    """The shelf makes its own table, so it comes as the database's owner."""
    name = postgres.new_database()
    yield postgres.url(name, "sealgate_owner")
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def shelf_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return sqlite_shelf_url(tmp_path) if request.param == "sqlite" else str(request.getfixturevalue("postgres_shelf_url"))


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def open_shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenShelf]:
    if request.param == "memory":
        shelf = MemoryShelf()
        yield lambda: shelf
        return
    url = sqlite_shelf_url(tmp_path) if request.param == "sqlite" else str(request.getfixturevalue("postgres_shelf_url"))
    with ExitStack() as opened:
        yield lambda: opened.enter_context(closing(DatabaseShelf(url)))


@pytest.fixture
def shelf(open_shelf: OpenShelf) -> KeyShelf:
    return open_shelf()


def key(number: int, scope: str = "", tenant: TenantId = ACME, kind: KeyKind = KeyKind.SUBJECT) -> WrappedKey:
    wrapped = bytes([number % 251 + 1]) * 77
    return WrappedKey(tenant, UUID(int=number), kind, scope or str(UUID(int=number)), wrapped, MORNING)


def test_a_key_is_found_by_its_scope_and_by_its_name(shelf: KeyShelf) -> None:
    alice = key(1)
    assert shelf.put(alice) == alice
    assert shelf.of_scope(ACME, KeyKind.SUBJECT, alice.scope) == alice
    assert shelf.by_id(ACME, alice.key) == alice
    assert list(shelf.all()) == [alice]


def test_what_was_never_put_is_not_found(shelf: KeyShelf) -> None:
    shelf.put(key(1))
    assert shelf.of_scope(ACME, KeyKind.SUBJECT, "somebody") is None
    assert shelf.of_scope(ACME, KeyKind.SITE, key(1).scope) is None
    assert shelf.by_id(ACME, UUID(int=2)) is None


def test_acme_and_umbra_never_meet(shelf: KeyShelf) -> None:
    ours, theirs = key(1, "one"), key(2, "one", UMBRA)
    assert shelf.put(ours) == ours
    assert shelf.put(theirs) == theirs
    assert shelf.of_scope(UMBRA, KeyKind.SUBJECT, "one") == theirs
    assert shelf.by_id(UMBRA, ours.key) is None
    assert not shelf.destroy(UMBRA, ours.key, EVENING)
    assert not shelf.rewrap(replace(ours, tenant=UMBRA), b"theirs")
    assert shelf.by_id(ACME, ours.key) == ours


def test_the_first_key_of_a_scope_stays_the_only_one(shelf: KeyShelf) -> None:
    first = shelf.put(key(1, "alice"))
    assert shelf.put(key(2, "alice")) == first
    assert shelf.by_id(ACME, UUID(int=2)) is None
    assert shelf.put(key(3, "alice", kind=KeyKind.SITE)).key == UUID(int=3)


def test_of_eight_threads_that_put_one_scope_one_is_first(shelf: KeyShelf) -> None:
    for number, scope in enumerate(("alice", "bob", "charlie")):
        rivals, start = [key(10 * number + rival + 1, scope) for rival in range(8)], Barrier(8)

        def put(rival: WrappedKey, start: Barrier = start) -> WrappedKey:
            start.wait()
            return shelf.put(rival)

        with ThreadPoolExecutor(8) as threads:
            assert len(set(threads.map(put, rivals))) == 1


def test_a_new_wrapping_replaces_only_the_one_it_was_made_for(shelf: KeyShelf) -> None:
    alice, bob = shelf.put(key(1)), shelf.put(key(2))
    assert shelf.rewrap(alice, b"newer")
    assert not shelf.rewrap(alice, b"of somebody who was late")
    assert shelf.by_id(ACME, alice.key) == replace(alice, wrapped=b"newer")
    assert shelf.of_scope(ACME, KeyKind.SUBJECT, alice.scope) == replace(alice, wrapped=b"newer")
    assert shelf.by_id(ACME, bob.key) == bob
    assert not shelf.rewrap(key(3), b"of nobody")


def test_of_eight_threads_that_rewrap_one_key_one_is_first(shelf: KeyShelf) -> None:
    alice, start = shelf.put(key(1)), Barrier(8)

    def rewrap(number: int) -> bool:
        start.wait()
        return shelf.rewrap(alice, bytes([number]) * 77)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(rewrap, range(8))) == 1


def test_many_keys_are_asked_for_and_destroyed_at_once(shelf: KeyShelf) -> None:
    ours = [key(number) for number in range(1, 701)]
    theirs = key(1, tenant=UMBRA)
    shelf.put_all([*ours, theirs])
    found = shelf.of_scopes(ACME, KeyKind.SUBJECT, [one.scope for one in ours] + ["nobody's"])
    assert {one.key for one in found} == {one.key for one in ours}
    assert shelf.destroy_all(ACME, [one.key for one in ours[:690]], EVENING) == 690
    assert shelf.destroy_all(ACME, [one.key for one in ours], EVENING) == 10
    assert not any(one.wrapped for one in shelf.of_scopes(ACME, KeyKind.SUBJECT, [one.scope for one in ours]))
    assert shelf.by_id(UMBRA, theirs.key) == theirs


def test_a_destroyed_key_is_gone_and_its_scope_is_taken(shelf: KeyShelf) -> None:
    alice, bob = shelf.put(key(1)), shelf.put(key(2))
    gone = replace(alice, wrapped=b"")
    assert shelf.destroy(ACME, alice.key, EVENING)
    assert not shelf.destroy(ACME, alice.key, EVENING)
    assert not shelf.destroy(ACME, UUID(int=3), EVENING)
    assert shelf.by_id(ACME, alice.key) == gone
    assert shelf.of_scope(ACME, KeyKind.SUBJECT, alice.scope) == gone
    assert shelf.put(key(4, alice.scope)) == gone
    assert not shelf.rewrap(alice, b"from a backup")
    assert not shelf.rewrap(gone, b"from a backup")
    assert sorted(shelf.all(), key=lambda key: key.key) == [gone, bob]


def test_all_keys_come_once_also_while_they_are_rewrapped(shelf: KeyShelf) -> None:
    put = [shelf.put(key(number, tenant=tenant)) for number in range(1, 31) for tenant in (ACME, UMBRA)]
    met = []
    for found in shelf.all():
        met.append(found)
        assert shelf.rewrap(found, b"newer" + found.key.bytes)
    assert set(met) == set(put)
    assert len(met) == len(put)
    assert {found.wrapped for found in shelf.all()} == {b"newer" + found.key.bytes for found in put}


def test_the_root_check_is_what_was_set_last(shelf: KeyShelf) -> None:
    assert shelf.root_check() is None
    shelf.set_root_check(b"first")
    assert shelf.root_check() == b"first"
    shelf.set_root_check(b"second" * 50)
    assert shelf.root_check() == b"second" * 50
    assert list(shelf.all()) == []


def test_the_next_process_finds_it_all(open_shelf: OpenShelf) -> None:
    first = open_shelf()
    alice, bob = first.put(key(1)), first.put(key(2))
    first.set_root_check(b"check")
    first.destroy(ACME, bob.key, EVENING)
    second = open_shelf()
    assert second.by_id(ACME, alice.key) == alice
    assert second.by_id(ACME, bob.key) == replace(bob, wrapped=b"")
    assert second.root_check() == b"check"
    assert second.put(key(3, alice.scope)) == alice


def test_a_keyring_works_on_it(open_shelf: OpenShelf) -> None:
    old, new = (new_passphrase_root("a root for one afternoon", Cost(64, 1, 1)) for _ in range(2))
    keyring = Keyring(open_shelf(), StillClock())
    keyring.initialise(old)
    places = [Place(ACME, "people", "profile", str(UUID(int=number))) for number in range(5)]
    sealed = [keyring.seal(ACME, KeyKind.SUBJECT, place.row, place, b"Alice") for place in places]
    assert keyring.rotate_tenant(ACME) == 5
    assert keyring.rotate_root(new) == 3
    assert keyring.destroy(ACME, KeyKind.SUBJECT, places[0].row)
    later = Keyring(open_shelf(), StillClock())
    later.unlock(new)
    with pytest.raises(KeyDestroyed):
        later.open(places[0], sealed[0])
    assert [later.open(*value) for value in zip(places[1:], sealed[1:], strict=True)] == [b"Alice"] * 4


FIRST_USES = """
import sys
from datetime import UTC, datetime
from uuid import UUID
from sealgate.ports import KeyKind
from sealgate.store.keys import DatabaseShelf
from sealgate.vault.keyring import Keyring
from sealgate.vault.roots import open_passphrase_root

class Now:
    def now(self):
        return datetime.now(UTC)

keyring = Keyring(DatabaseShelf(sys.argv[1]), Now())
keyring.unlock(open_passphrase_root("a root for one afternoon", keyring.root_check()))
print("ready", flush=True)
sys.stdin.readline()
for number in range(25):
    print(keyring.key_id(UUID(int=number % 3), KeyKind.SUBJECT, str(UUID(int=number))), flush=True)
"""


def test_two_processes_that_use_a_scope_first_agree_on_its_key(shelf_url: str) -> None:
    """Real processes, told to begin by one word at one time."""
    with closing(DatabaseShelf(shelf_url)) as shelf:
        Keyring(shelf, StillClock()).initialise(new_passphrase_root("a root for one afternoon", Cost(64, 1, 1)))
        command = [sys.executable, "-W", "error", "-c", FIRST_USES, shelf_url]
        pair = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        for process in pair:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in pair:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [process.communicate(timeout=60)[0].split() for process in pair]
        assert [process.returncode for process in pair] == [0, 0]
        assert answers[0] == answers[1]
        assert len(set(answers[0])) == 25
        assert {str(key.key) for key in shelf.all() if key.kind is KeyKind.SUBJECT} == set(answers[0])


def test_many_keys_are_put_at_once_and_each_is_the_only_one_of_its_scope(shelf: KeyShelf) -> None:
    first = shelf.put(key(700, "bob"))
    many = [key(number) for number in range(1000, 1700)]
    assert shelf.put_all([*many, key(701, "bob")]) == [*many, first]
    assert shelf.by_id(ACME, UUID(int=701)) is None
    assert len(list(shelf.all())) == 701
    assert shelf.put_all([]) == []
