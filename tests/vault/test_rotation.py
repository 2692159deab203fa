"""New wrappings for old keys: while everybody works, through crashes, and nothing that was sealed is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from sealgate.domain.ids import TenantId
from sealgate.ports import KeyKind, KeyShelf, Sealed, WrappedKey
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed, RotationPending, UnknownKey, VaultSealed, WrongRoot
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf
from sealgate.vault.roots import Root, read_check
from sealgate.vault.wrapping import wrapper_of

if TYPE_CHECKING:
    from tests.vault.conftest import Cast, HandClock, NewRoot

SUBJECT, TENANT = KeyKind.SUBJECT, KeyKind.TENANT


def fill(keyring: Keyring, tenant: TenantId, people: int) -> list[tuple[Place, Sealed]]:
    kept = []
    for number in range(people):
        place = Place(tenant, "people", "profile", str(UUID(int=number)))
        kept.append((place, keyring.seal(tenant, SUBJECT, place.row, place, place.row.encode())))
    return kept


def all_open(keyring: Keyring, kept: list[tuple[Place, Sealed]]) -> bool:
    return all(keyring.open(place, sealed) == place.row.encode() for place, sealed in kept)


def just_started(shelf: KeyShelf, clock: HandClock, root: Root) -> Keyring:
    keyring = Keyring(shelf, clock)
    keyring.unlock(root)
    return keyring


def wrappers(shelf: KeyShelf, *kinds: KeyKind) -> set[bytes]:
    return {wrapper_of(key) for key in shelf.all() if key.kind in kinds and key.wrapped}


# --- The root ---


def test_after_a_rotation_only_the_new_root_opens(
    shelf: MemoryShelf, clock: HandClock, cast: Cast, root: Root, new_root: NewRoot, keyring: Keyring
) -> None:
    kept = fill(keyring, cast.acme, 5) + fill(keyring, cast.umbra, 5)
    new = new_root()
    assert keyring.rotate_root(new) == 4  # each tenant's own key and its wrapping key
    assert wrappers(shelf, TENANT) == {new.name}
    assert all_open(keyring, kept)
    assert all_open(just_started(shelf, clock, new), kept)
    with pytest.raises(WrongRoot):
        just_started(shelf, clock, root)


def test_a_rotation_to_the_same_root_changes_nothing(shelf: MemoryShelf, cast: Cast, root: Root, keyring: Keyring) -> None:
    kept = fill(keyring, cast.acme, 2)
    assert keyring.rotate_root(root) == 0
    assert all_open(keyring, kept)
    assert len(read_check(keyring.root_check())) == 1


class PowerCut(Exception):
    """The process ends here."""


class MortalShelf(MemoryShelf):
    """Loses power before its nth write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes_left = 1 << 30

    def _write(self) -> None:
        if not self.writes_left:
            raise PowerCut
        self.writes_left -= 1

    def put(self, key: WrappedKey) -> WrappedKey:
        self._write()
        return super().put(key)

    def rewrap(self, key: WrappedKey, wrapped: bytes) -> bool:
        self._write()
        return super().rewrap(key, wrapped)

    def set_root_check(self, sealed: bytes) -> None:
        self._write()
        super().set_root_check(sealed)


WHOLE_ROTATION = 8
"""Writes: the root check, the own and the wrapping key of three tenants, the root check."""


class CutShort:
    """A rotation of three tenants' keys that lost power; `kept` is what was sealed before."""

    def __init__(self, clock: HandClock, old: Root, new: Root, writes: int) -> None:
        self.clock, self.old, self.new = clock, old, new
        self.shelf = MortalShelf()
        self.keyring = Keyring(self.shelf, clock)
        self.keyring.initialise(old)
        self.kept = [value for number in range(3) for value in fill(self.keyring, TenantId(UUID(int=number)), 1)]
        self.shelf.writes_left = writes
        with pytest.raises(PowerCut):
            self.keyring.rotate_root(new)
        self.shelf.writes_left = 1 << 30

    def only_opens_with(self, root: Root) -> bool:
        sole = [entry.root_name for entry in read_check(self.keyring.root_check())] == [root.name]
        return sole and wrappers(self.shelf, TENANT) == {root.name} and all_open(self.again(root), self.kept)

    def again(self, root: Root) -> Keyring:
        return just_started(self.shelf, self.clock, root)


@pytest.mark.parametrize("writes", range(1, WHOLE_ROTATION))
def test_after_a_power_cut_the_rotation_goes_on_to_its_end(clock: HandClock, new_root: NewRoot, writes: int) -> None:
    scene = CutShort(clock, new_root(), new_root(), writes)
    scene.again(scene.old).rotate_root(scene.new)
    assert scene.only_opens_with(scene.new)


@pytest.mark.parametrize("writes", range(1, WHOLE_ROTATION))
def test_after_a_power_cut_the_rotation_can_be_taken_back(clock: HandClock, new_root: NewRoot, writes: int) -> None:
    scene = CutShort(clock, new_root(), new_root(), writes)
    scene.again(scene.new).rotate_root(scene.old)
    assert scene.only_opens_with(scene.old)


def test_a_power_cut_before_the_first_write_changed_nothing(clock: HandClock, new_root: NewRoot) -> None:
    scene = CutShort(clock, new_root(), new_root(), 0)
    assert scene.only_opens_with(scene.old)


@pytest.mark.parametrize("writes", range(WHOLE_ROTATION))
def test_a_process_that_outlives_a_failed_rotation_works_on_and_may_try_again(
    clock: HandClock, new_root: NewRoot, writes: int
) -> None:
    scene = CutShort(clock, new_root(), new_root(), writes)
    clock.turn(timedelta(minutes=6))  # nothing from memory
    assert all_open(scene.keyring, scene.kept)
    scene.keyring.rotate_root(scene.new)
    assert scene.only_opens_with(scene.new)


def test_half_way_a_third_root_and_a_new_tenant_must_wait(clock: HandClock, cast: Cast, new_root: NewRoot) -> None:
    scene = CutShort(clock, new_root(), new_root(), 4)
    for process in (scene.keyring, scene.again(scene.old), scene.again(scene.new)):
        with pytest.raises(RotationPending):
            process.rotate_root(new_root())
        with pytest.raises(RotationPending):
            process.key_id(cast.umbra, TENANT, "")
    scene.keyring.rotate_root(scene.new)
    fill(scene.keyring, cast.umbra, 1)


def test_another_process_must_unlock_again(
    keyring: Keyring, other_process: Keyring, clock: HandClock, cast: Cast, new_root: NewRoot
) -> None:
    kept = fill(other_process, cast.acme, 3)
    new = new_root()
    keyring.rotate_root(new)
    assert all_open(other_process, kept)  # from memory, for some minutes
    clock.turn(timedelta(minutes=6))
    for call in (
        lambda: all_open(other_process, kept),
        lambda: other_process.key_id(cast.umbra, TENANT, ""),
        lambda: other_process.rotate_root(new_root()),
    ):
        with pytest.raises(WrongRoot):
            call()
    other_process.unlock(new)
    assert all_open(other_process, kept)
    assert keyring.key_id(cast.umbra, TENANT, "") == other_process.key_id(cast.umbra, TENANT, "")


class Overtaken(MemoryShelf):
    """Another process rotates the root just when we put a tenant's first key."""

    def __init__(self, new: Root) -> None:
        super().__init__()
        self.new = new
        self.rival: Keyring | None = None

    def put(self, key: WrappedKey) -> WrappedKey:
        if self.rival is not None:
            rival, self.rival = self.rival, None
            rival.rotate_root(self.new)
        return super().put(key)


def test_nothing_is_sealed_under_a_tenant_key_that_a_rotation_missed(clock: HandClock, cast: Cast, new_root: NewRoot) -> None:
    old, new = new_root(), new_root()
    shelf = Overtaken(new)
    keyring = Keyring(shelf, clock)
    keyring.initialise(old)
    shelf.rival = just_started(shelf, clock, old)
    with pytest.raises(WrongRoot):
        keyring.key_id(cast.acme, TENANT, "")


class StubbornShelf(MemoryShelf):
    def rewrap(self, key: WrappedKey, wrapped: bytes) -> bool:
        return False


def test_a_shelf_that_refuses_every_write_ends_the_rotation(clock: HandClock, cast: Cast, new_root: NewRoot) -> None:
    keyring = Keyring(StubbornShelf(), clock)
    keyring.initialise(new_root())
    kept = fill(keyring, cast.acme, 1)
    with pytest.raises(RotationPending):
        keyring.rotate_root(new_root())
    assert all_open(keyring, kept)


# --- A tenant's wrapping key ---


def test_a_tenants_keys_go_under_a_new_wrapping_key(
    shelf: MemoryShelf, clock: HandClock, cast: Cast, root: Root, keyring: Keyring, other_process: Keyring
) -> None:
    kept = fill(keyring, cast.acme, 7)
    theirs = fill(keyring, cast.umbra, 2)
    before = {key.key: key.wrapped for key in shelf.all()}
    standing = keyring.derive(cast.acme, TENANT, "", "index/standing")
    assert keyring.rotate_tenant(cast.acme) == 7
    changed = {key.key for key in shelf.all() if before.get(key.key, key.wrapped) != key.wrapped}
    assert changed == {key.key for key in shelf.all() if key.tenant == cast.acme and key.kind is SUBJECT}
    for process in (keyring, other_process, just_started(shelf, clock, root)):
        assert all_open(process, kept + theirs)
        assert process.derive(cast.acme, TENANT, "", "index/standing") == standing


def test_the_old_wrapping_key_goes_a_day_after_it_was_replaced(
    shelf: MemoryShelf, clock: HandClock, cast: Cast, root: Root, keyring: Keyring
) -> None:
    def lives(number: int) -> bool:
        key = shelf.of_scope(cast.acme, TENANT, f"wrap/{number}")
        return key is not None and bool(key.wrapped)

    kept = fill(keyring, cast.acme, 3)
    keyring.rotate_tenant(cast.acme)
    keyring.rotate_tenant(cast.acme)
    assert [lives(number) for number in (1, 2, 3, 4)] == [True, True, True, False]
    clock.turn(timedelta(days=1))
    keyring.rotate_tenant(cast.acme)
    assert [lives(number) for number in (1, 2, 3, 4)] == [False, False, True, True]
    assert all_open(just_started(shelf, clock, root), kept)


def test_a_backup_of_the_shelf_opens_nothing_once_its_wrapping_key_is_gone(
    shelf: MemoryShelf, clock: HandClock, cast: Cast, root: Root, keyring: Keyring
) -> None:
    """Alice was erased, but the bytes of her wrapped key were left on some page of the disk."""
    [(place, sealed)] = fill(keyring, cast.acme, 1)
    leftover = shelf.of_scope(cast.acme, SUBJECT, place.row)
    assert leftover is not None
    keyring.destroy(cast.acme, SUBJECT, place.row)
    for _ in range(3):
        keyring.rotate_tenant(cast.acme)
        clock.turn(timedelta(days=1))
    haunted = MemoryShelf()
    for key in [leftover, *shelf.all()]:
        haunted.put(key)
    haunted.set_root_check(keyring.root_check())
    with pytest.raises((KeyDestroyed, UnknownKey)):
        just_started(haunted, clock, root).open(place, sealed)


@pytest.mark.parametrize("writes", range(6))
def test_a_power_cut_in_a_tenant_rotation_loses_nothing(clock: HandClock, cast: Cast, root: Root, writes: int) -> None:
    shelf = MortalShelf()
    keyring = Keyring(shelf, clock)
    keyring.initialise(root)
    kept = fill(keyring, cast.acme, 5)
    shelf.writes_left = writes  # the new wrapping key, then five keys
    with pytest.raises(PowerCut):
        keyring.rotate_tenant(cast.acme)
    shelf.writes_left = 1 << 30
    after = just_started(shelf, clock, root)
    assert all_open(after, kept)
    after.rotate_tenant(cast.acme)
    assert len(wrappers(shelf, SUBJECT)) == 1
    assert all_open(just_started(shelf, clock, root), kept)


class TenantDestroyedMeanwhile(MemoryShelf):
    """Another process destroys the tenant while its keys are put under a new one."""

    def __init__(self) -> None:
        super().__init__()
        self.rival: Keyring | None = None

    def rewrap(self, key: WrappedKey, wrapped: bytes) -> bool:
        if self.rival is not None:
            rival, self.rival = self.rival, None
            rival.destroy(key.tenant, TENANT, "")
        return super().rewrap(key, wrapped)


def test_a_tenant_destroyed_while_rotating_stays_destroyed(clock: HandClock, cast: Cast, root: Root) -> None:
    shelf = TenantDestroyedMeanwhile()
    keyring = Keyring(shelf, clock)
    keyring.initialise(root)
    fill(keyring, cast.acme, 3)
    shelf.rival = just_started(shelf, clock, root)
    with pytest.raises(KeyDestroyed):
        keyring.rotate_tenant(cast.acme)
    assert not [key for key in shelf.all() if key.tenant == cast.acme and key.kind is TENANT and key.wrapped]


# --- Overtaken: what somebody read is old before he uses it ---


class Meanwhile(MemoryShelf):
    """Lets something happen once, just after a key was read and before the reader has it."""

    def __init__(self) -> None:
        super().__init__()
        self.after_reading: tuple[str, Callable[[], object]] | None = None
        self.happened = 0

    def of_scope(self, tenant: TenantId, kind: KeyKind, scope: str) -> WrappedKey | None:
        found = super().of_scope(tenant, kind, scope)
        if self.after_reading is not None and self.after_reading[0] == scope:
            (_, happen), self.after_reading = self.after_reading, None
            happen()
            self.happened += 1
        return found


def three_days_of_rotations(keyring: Keyring, clock: HandClock, tenant: TenantId) -> None:
    for _ in range(3):
        keyring.rotate_tenant(tenant)
        clock.turn(timedelta(days=1))


def test_a_reader_overtaken_by_a_root_rotation_reads_again(clock: HandClock, cast: Cast, new_root: NewRoot) -> None:
    shelf = Meanwhile()
    keyring = Keyring(shelf, clock)
    keyring.initialise(new_root())
    kept = fill(keyring, cast.acme, 1)
    clock.turn(timedelta(minutes=6))
    shelf.after_reading = ("", lambda: keyring.rotate_root(new_root()))
    assert all_open(keyring, kept)
    assert shelf.happened == 1


def test_a_reader_overtaken_by_days_of_tenant_rotations_reads_again(clock: HandClock, cast: Cast, root: Root) -> None:
    shelf = Meanwhile()
    keyring = Keyring(shelf, clock)
    keyring.initialise(root)
    [(place, _)] = kept = fill(keyring, cast.acme, 1)
    name = keyring.key_id(cast.acme, SUBJECT, place.row)
    clock.turn(timedelta(minutes=6))
    shelf.after_reading = (place.row, lambda: three_days_of_rotations(keyring, clock, cast.acme))
    assert keyring.key_id(cast.acme, SUBJECT, place.row) == name
    assert shelf.happened == 1
    assert all_open(keyring, kept)


class Overwriting(MemoryShelf):
    """Lets something happen once, just before the first rewrapping."""

    def __init__(self) -> None:
        super().__init__()
        self.before_rewrapping: Callable[[], object] | None = None

    def rewrap(self, key: WrappedKey, wrapped: bytes) -> bool:
        if self.before_rewrapping is not None:
            happen, self.before_rewrapping = self.before_rewrapping, None
            happen()
        return super().rewrap(key, wrapped)


def test_a_rotation_overtaken_by_others_leaves_their_work_alone(clock: HandClock, cast: Cast, root: Root) -> None:
    shelf = Overwriting()
    keyring = Keyring(shelf, clock)
    keyring.initialise(root)
    kept = fill(keyring, cast.acme, 4)
    rival = just_started(shelf, clock, root)
    shelf.before_rewrapping = lambda: three_days_of_rotations(rival, clock, cast.acme)
    assert keyring.rotate_tenant(cast.acme) == 0
    newest = shelf.of_scope(cast.acme, TENANT, "wrap/5")
    assert newest is not None
    assert wrappers(shelf, SUBJECT) == {newest.key.bytes}
    assert all_open(just_started(shelf, clock, root), kept)


class Overlooking(MemoryShelf):
    """`all` may miss a key that is put meanwhile: this one does, twice."""

    def __init__(self) -> None:
        super().__init__()
        self.overlooks = ("", 0)

    def all(self) -> Iterator[WrappedKey]:
        scope, times = self.overlooks
        self.overlooks = (scope, times - 1)
        return (key for key in super().all() if not (times > 0 and key.scope == scope))


def test_a_wrapping_key_with_something_under_it_is_never_retired(clock: HandClock, cast: Cast, root: Root) -> None:
    shelf = Overlooking()
    keyring = Keyring(shelf, clock)
    keyring.initialise(root)
    kept = fill(keyring, cast.acme, 2)
    for _ in range(2):
        shelf.overlooks = (kept[0][0].row, 2)
        keyring.rotate_tenant(cast.acme)
        clock.turn(timedelta(days=1))
    assert all_open(just_started(shelf, clock, root), kept)
    three_days_of_rotations(keyring, clock, cast.acme)
    assert len(wrappers(shelf, SUBJECT)) == 1
    assert all_open(just_started(shelf, clock, root), kept)


# --- While everybody works ---


class Busy:
    """One of several threads that enrol, read and erase people at Acme until told to stop."""

    def __init__(self, keyring: Keyring, tenant: TenantId, number: int, kept: list[tuple[Place, Sealed]]) -> None:
        self.keyring, self.tenant, self.number, self.kept = keyring, tenant, number, list(kept)
        self.enrolled = 0

    def until(self, evening: Event) -> None:
        while not evening.is_set():
            self.enrolled += 1
            self.enrol(str(UUID(int=(self.number << 32) + self.enrolled)))
            self.erase_a_newcomer(str(UUID(int=(self.number << 64) + self.enrolled)))
            assert all_open(self.keyring, [self.kept[0], self.kept[self.enrolled // 2], self.kept[-1]])

    def enrol(self, person: str) -> None:
        place = Place(self.tenant, "people", "profile", person)
        self.kept.append((place, self.keyring.seal(self.tenant, SUBJECT, person, place, person.encode())))

    def erase_a_newcomer(self, person: str) -> None:
        self.keyring.key_id(self.tenant, SUBJECT, person)
        assert self.keyring.destroy(self.tenant, SUBJECT, person)


def test_rotations_hurt_nobody_who_is_enrolling_reading_and_erasing(
    shelf: MemoryShelf, clock: HandClock, cast: Cast, root: Root, new_root: NewRoot, keyring: Keyring
) -> None:
    """Four threads, a cache too small to help, three days with a new root and two new wrapping keys on each."""
    small = Keyring(shelf, clock, capacity=4)
    small.unlock(root)
    kept = fill(small, cast.acme, 10)
    staff = [Busy(small, cast.acme, number, kept) for number in range(1, 5)]
    for _ in range(3):
        evening, last = Event(), new_root()
        with ThreadPoolExecutor(len(staff)) as threads:
            working = [threads.submit(one.until, evening) for one in staff]
            try:
                small.rotate_tenant(cast.acme)
                small.rotate_root(last)
                small.rotate_tenant(cast.acme)
            finally:
                evening.set()
            for one in working:
                one.result(60)
        clock.turn(timedelta(days=1))
    assert all(one.enrolled for one in staff)
    after = just_started(shelf, clock, last)
    assert all(all_open(after, one.kept) for one in staff)
    retired = shelf.of_scope(cast.acme, TENANT, "wrap/1")
    assert retired is not None
    assert not retired.wrapped
    with pytest.raises(WrongRoot):
        keyring.rotate_tenant(cast.acme)


def test_two_processes_rotating_one_tenant_at_once_lose_nothing(
    shelf: MemoryShelf, clock: HandClock, cast: Cast, root: Root, keyring: Keyring, other_process: Keyring
) -> None:
    kept = fill(keyring, cast.acme, 50)
    with ThreadPoolExecutor(2) as threads:
        for _ in range(5):
            list(threads.map(lambda process: process.rotate_tenant(cast.acme), (keyring, other_process)))
            clock.turn(timedelta(days=1))
    assert all_open(just_started(shelf, clock, root), kept)


def test_a_sealed_keyring_rotates_nothing(shelf: MemoryShelf, clock: HandClock, cast: Cast, root: Root) -> None:
    with pytest.raises(VaultSealed):
        Keyring(shelf, clock).rotate_tenant(cast.acme)
    with pytest.raises(VaultSealed):
        Keyring(shelf, clock).rotate_root(root)
