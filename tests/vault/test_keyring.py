"""Whose key opens what, for how long, and what destroying it means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from sealgate.domain.ids import PersonId, TenantId
from sealgate.ports import KeyKind, Sealed, WrappedKey
from sealgate.vault.envelope import Place
from sealgate.vault.errors import (
    AlreadyInitialised,
    DoesNotOpen,
    KeyDestroyed,
    NotInitialised,
    UnknownKey,
    VaultSealed,
    WrongRoot,
)
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf
from sealgate.vault.openkeys import OpenKeys
from sealgate.vault.roots import PassphraseRoot
from sealgate.vault.wrapping import day_scope

if TYPE_CHECKING:
    from tests.vault.conftest import Cast, HandClock, NewRoot

SUBJECT, SITE, DAY, TENANT = KeyKind.SUBJECT, KeyKind.SITE, KeyKind.DAY, KeyKind.TENANT


def sealed_for(keyring: Keyring, cast: Cast, person: PersonId, plain: bytes = b"Alice") -> Sealed:
    return keyring.seal(cast.acme, SUBJECT, str(person), cast.profile(person), plain)


# --- Sealed at the start ---


def calls(keyring: Keyring, cast: Cast, root: PassphraseRoot) -> Iterator[Callable[[], object]]:
    alice, place = str(cast.alice), cast.profile(cast.alice)
    yield lambda: keyring.seal(cast.acme, SUBJECT, alice, place, b"Alice")
    yield lambda: keyring.open(place, Sealed(bytes(100)))
    yield lambda: keyring.derive(cast.acme, SITE, str(cast.harbour), "face-rotation")
    yield lambda: keyring.keyed(cast.acme, TENANT, "", "index/standing")
    yield lambda: keyring.key_id(cast.acme, SUBJECT, alice)
    yield lambda: keyring.destroy(cast.acme, SUBJECT, alice)
    yield lambda: keyring.rotate_root(root)
    yield lambda: keyring.rotate_tenant(cast.acme)


def test_before_the_root_is_there_every_call_says_sealed(
    shelf: MemoryShelf, clock: HandClock, cast: Cast, root: PassphraseRoot, keyring: Keyring
) -> None:
    sealed_for(keyring, cast, cast.alice)
    just_started = Keyring(shelf, clock)
    assert just_started.is_sealed
    for call in calls(just_started, cast, root):
        with pytest.raises(VaultSealed):
            call()
    just_started.unlock(root)
    assert not just_started.is_sealed


def test_a_wrong_passphrase_leaves_it_sealed(shelf: MemoryShelf, clock: HandClock, new_root: NewRoot, keyring: Keyring) -> None:
    assert not keyring.is_sealed
    just_started = Keyring(shelf, clock)
    with pytest.raises(WrongRoot):
        just_started.unlock(new_root())
    assert just_started.is_sealed


def test_a_shelf_is_initialised_once(shelf: MemoryShelf, clock: HandClock, new_root: NewRoot) -> None:
    keyring = Keyring(shelf, clock)
    with pytest.raises(NotInitialised):
        keyring.unlock(new_root())
    keyring.initialise(new_root())
    with pytest.raises(AlreadyInitialised):
        Keyring(shelf, clock).initialise(new_root())


# --- Values ---


def test_alices_profile_opens_in_another_process(keyring: Keyring, other_process: Keyring, cast: Cast) -> None:
    assert other_process.open(cast.profile(cast.alice), sealed_for(keyring, cast, cast.alice)) == b"Alice"


def test_alices_profile_does_not_open_in_bobs_row(keyring: Keyring, cast: Cast) -> None:
    with pytest.raises(DoesNotOpen):
        keyring.open(cast.profile(cast.bob), sealed_for(keyring, cast, cast.alice))


def test_umbra_cannot_open_what_acme_sealed(keyring: Keyring, cast: Cast) -> None:
    at_umbra = Place(cast.umbra, "people", "profile", str(cast.alice))
    sealed = sealed_for(keyring, cast, cast.alice)
    with pytest.raises(UnknownKey):
        keyring.open(at_umbra, sealed)
    keyring.seal(cast.umbra, SUBJECT, str(cast.alice), at_umbra, b"somebody else")
    with pytest.raises(UnknownKey):
        keyring.open(at_umbra, sealed)


def test_another_shelfs_keys_open_nothing(keyring: Keyring, clock: HandClock, cast: Cast, new_root: NewRoot) -> None:
    elsewhere = Keyring(MemoryShelf(), clock)
    elsewhere.initialise(new_root())
    sealed_for(elsewhere, cast, cast.alice)
    with pytest.raises(UnknownKey):
        elsewhere.open(cast.profile(cast.alice), sealed_for(keyring, cast, cast.alice))


def test_acmes_key_seals_nothing_at_umbra(keyring: Keyring, cast: Cast) -> None:
    with pytest.raises(ValueError, match="that tenant only"):
        keyring.seal(cast.acme, TENANT, "", Place(cast.umbra, "people", "profile", "1"), b"Alice")


def test_a_stolen_copy_does_not_show_which_passages_are_alices(keyring: Keyring, cast: Cast) -> None:
    """Two of hers share no more bytes at any position than one of hers and one of Bob's: only the form byte."""
    places = [Place(cast.acme, "passages", "who", str(row)) for row in range(64)]
    hers = [keyring.seal(cast.acme, SUBJECT, str(cast.alice), place, b"same words") for place in places]
    assert len({sealed[:1] for sealed in hers}) == 1
    assert len({sealed[1:17] for sealed in hers}) == len(hers)
    assert all(len({sealed[at] for sealed in hers}) > 32 for at in range(1, len(hers[0])))
    assert [keyring.open(place, sealed) for place, sealed in zip(places, hers, strict=True)] == [b"same words"] * 64


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        (SUBJECT, ""),
        (SUBJECT, "alice"),
        (SUBJECT, str(UUID(int=0xA11CE)).upper()),
        (SITE, str(UUID(int=1)) + "\n"),
        (DAY, str(UUID(int=1))),
        (DAY, f"{UUID(int=1)}/2026-3-2"),
        (TENANT, "wrap/1"),
        (TENANT, " "),
    ],
)
def test_a_scope_has_one_writing(keyring: Keyring, cast: Cast, kind: KeyKind, scope: str) -> None:
    sealed_for(keyring, cast, cast.bob)  # a wrapping key is in memory too
    with pytest.raises(ValueError, match="not the scope"):
        keyring.key_id(cast.acme, kind, scope)
    with pytest.raises(ValueError, match="not the scope"):
        keyring.destroy(cast.acme, kind, scope)


# --- Making ---


def test_each_scope_has_its_own_key_and_keeps_it(keyring: Keyring, other_process: Keyring, cast: Cast) -> None:
    day = day_scope(cast.harbour, cast.monday)
    scopes = [(SUBJECT, str(cast.alice)), (SUBJECT, str(cast.bob)), (SITE, str(cast.harbour)), (DAY, day), (TENANT, "")]
    made = [keyring.key_id(cast.acme, *scope) for scope in scopes]
    assert len(set(made)) == len(scopes)
    assert [other_process.key_id(cast.acme, *scope) for scope in scopes] == made


def test_derived_secrets_differ_by_purpose_length_scope_and_tenant(
    keyring: Keyring, other_process: Keyring, cast: Cast
) -> None:
    harbour, airport = str(cast.harbour), str(cast.airport)
    seed = keyring.derive(cast.acme, SITE, harbour, "face-rotation")
    others = [
        keyring.derive(cast.acme, SITE, harbour, "device"),
        keyring.derive(cast.acme, SITE, airport, "face-rotation"),
        keyring.derive(cast.umbra, SITE, harbour, "face-rotation"),
        keyring.derive(cast.acme, SITE, harbour, "face-rotation", length=64)[:32],
    ]
    assert len({seed, *others}) == 5
    assert other_process.derive(cast.acme, SITE, harbour, "face-rotation") == seed
    assert len(keyring.derive(cast.acme, SITE, harbour, "face-rotation", length=8160)) == 8160


def test_more_purposes_than_are_kept_still_derive_the_same(keyring: Keyring, cast: Cast) -> None:
    many = [keyring.derive(cast.acme, TENANT, "", f"purpose {n}") for n in range(40)]
    assert many == [keyring.derive(cast.acme, TENANT, "", f"purpose {n}") for n in range(40)]
    macs = [keyring.keyed(cast.acme, TENANT, "", f"purpose {n}").digest() for n in range(40)]
    assert macs == [keyring.keyed(cast.acme, TENANT, "", f"purpose {n}").digest() for n in range(40)]
    assert len(set(macs)) == len(set(many)) == 40


def test_eight_threads_and_two_processes_agree_on_a_new_key(keyring: Keyring, other_process: Keyring, cast: Cast) -> None:
    for number in range(40):
        tenant, start = TenantId(UUID(int=number)), Barrier(8)

        def first_use(process: Keyring, tenant: TenantId = tenant, start: Barrier = start) -> UUID:
            start.wait()
            return process.key_id(tenant, SUBJECT, str(cast.alice))

        with ThreadPoolExecutor(8) as threads:
            assert len(set(threads.map(first_use, [keyring, other_process] * 4))) == 1


# --- Destroying ---


def test_an_erased_person_stays_erased(keyring: Keyring, shelf: MemoryShelf, cast: Cast) -> None:
    hers, his = sealed_for(keyring, cast, cast.alice), sealed_for(keyring, cast, cast.bob, b"Bob")
    assert keyring.destroy(cast.acme, SUBJECT, str(cast.alice))
    with pytest.raises(KeyDestroyed):
        keyring.open(cast.profile(cast.alice), hers)
    with pytest.raises(KeyDestroyed):
        sealed_for(keyring, cast, cast.alice)
    with pytest.raises(KeyDestroyed):
        keyring.derive(cast.acme, SUBJECT, str(cast.alice), "anything")
    assert keyring.open(cast.profile(cast.bob), his) == b"Bob"
    left = shelf.of_scope(cast.acme, SUBJECT, str(cast.alice))
    assert left is not None
    assert left.wrapped == b""


def test_destroying_twice_or_nothing_says_no(keyring: Keyring, shelf: MemoryShelf, cast: Cast) -> None:
    sealed_for(keyring, cast, cast.alice)
    assert keyring.destroy(cast.acme, SUBJECT, str(cast.alice))
    assert not keyring.destroy(cast.acme, SUBJECT, str(cast.alice))
    assert not keyring.destroy(cast.acme, SUBJECT, str(cast.bob))
    assert shelf.of_scope(cast.acme, SUBJECT, str(cast.bob)) is None


def test_a_destroyed_tenant_is_gone_whole(keyring: Keyring, other_process: Keyring, clock: HandClock, cast: Cast) -> None:
    hers = sealed_for(keyring, cast, cast.alice)
    at_umbra = Place(cast.umbra, "people", "profile", "1")
    theirs = keyring.seal(cast.umbra, TENANT, "", at_umbra, b"Umbra")
    keyring.rotate_tenant(cast.acme)
    assert other_process.destroy(cast.acme, TENANT, "")
    clock.turn(timedelta(minutes=6))
    for process in (keyring, other_process):
        with pytest.raises(KeyDestroyed):
            process.open(cast.profile(cast.alice), hers)
        with pytest.raises(KeyDestroyed):
            sealed_for(process, cast, cast.bob)
        with pytest.raises(KeyDestroyed):
            process.rotate_tenant(cast.acme)
        assert process.open(at_umbra, theirs) == b"Umbra"
    assert not keyring.destroy(cast.acme, TENANT, "")


def test_a_destroyed_tenant_is_gone_at_once_here(keyring: Keyring, cast: Cast) -> None:
    hers = sealed_for(keyring, cast, cast.alice)
    assert keyring.destroy(cast.acme, TENANT, "")
    with pytest.raises(KeyDestroyed):
        keyring.open(cast.profile(cast.alice), hers)
    with pytest.raises(KeyDestroyed):
        sealed_for(keyring, cast, cast.alice)


def test_another_process_forgets_a_destroyed_key_within_minutes(
    keyring: Keyring, other_process: Keyring, clock: HandClock, cast: Cast
) -> None:
    hers = sealed_for(keyring, cast, cast.alice)
    assert other_process.open(cast.profile(cast.alice), hers) == b"Alice"
    keyring.destroy(cast.acme, SUBJECT, str(cast.alice))
    clock.turn(timedelta(minutes=5, seconds=1))
    with pytest.raises(KeyDestroyed):
        other_process.open(cast.profile(cast.alice), hers)


def test_a_clock_that_jumps_back_gives_a_destroyed_key_no_longer_life(
    keyring: Keyring, other_process: Keyring, clock: HandClock, cast: Cast
) -> None:
    hers = sealed_for(keyring, cast, cast.alice)
    other_process.open(cast.profile(cast.alice), hers)
    keyring.destroy(cast.acme, SUBJECT, str(cast.alice))
    clock.turn(timedelta(days=-400))
    with pytest.raises(KeyDestroyed):
        other_process.open(cast.profile(cast.alice), hers)


class SlowShelf(MemoryShelf):
    """Answers one reader late: he has the key in his hand while somebody else destroys it."""

    def __init__(self) -> None:
        super().__init__()
        self.slow = False
        self.has_read, self.may_answer = Event(), Event()

    def by_id(self, tenant: TenantId, key: UUID) -> WrappedKey | None:
        found = super().by_id(tenant, key)
        if self.slow:
            self.slow = False
            self.has_read.set()
            self.may_answer.wait(60)
        return found


def test_a_reader_caught_by_a_destruction_does_not_keep_the_key(clock: HandClock, cast: Cast, root: PassphraseRoot) -> None:
    shelf = SlowShelf()
    keyring = Keyring(shelf, clock)
    keyring.initialise(root)
    hers = sealed_for(keyring, cast, cast.alice)
    sealed_for(keyring, cast, cast.bob)
    clock.turn(timedelta(minutes=6))
    keyring.key_id(cast.acme, SUBJECT, str(cast.bob))  # brings the tenant's keys back into memory
    shelf.slow = True
    with ThreadPoolExecutor(1) as reader:
        caught = reader.submit(keyring.open, cast.profile(cast.alice), hers)
        assert shelf.has_read.wait(60)
        keyring.destroy(cast.acme, SUBJECT, str(cast.alice))
        shelf.may_answer.set()
        assert caught.result(10) == b"Alice"  # he had it before it was destroyed
    with pytest.raises(KeyDestroyed):
        keyring.open(cast.profile(cast.alice), hers)


# --- Memory ---


def test_only_so_many_keys_stay_in_memory(shelf: MemoryShelf, clock: HandClock, root: PassphraseRoot, cast: Cast) -> None:
    keyring = Keyring(shelf, clock, capacity=8)
    keyring.initialise(root)
    people = [PersonId(UUID(int=number)) for number in range(100)]
    profiles = [sealed_for(keyring, cast, person, bytes(person.bytes)) for person in people]
    assert len(keyring._keys._open_keys) == 8
    for person, profile in zip(people, profiles, strict=True):
        assert keyring.open(cast.profile(person), profile) == person.bytes


def test_a_cache_too_small_to_work_is_not_made() -> None:
    with pytest.raises(ValueError, match="this small"):
        OpenKeys(3, timedelta(minutes=5))


def test_no_repr_shows_a_secret(keyring: Keyring, root: PassphraseRoot, cast: Cast) -> None:
    key = keyring._keys.key(cast.acme, TENANT, "")
    assert key._secret.hex() not in repr(key)
    assert "one afternoon" not in repr(root)
    assert set(vars(root)) == {"name", "preface", "_cipher"}
