"""Acme and Umbra, two tenants that must never meet; Alice works at Acme; Bob's contract has ended. A clock in the hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from sealgate.domain.ids import PersonId, SiteId, TenantId
from sealgate.ports import KeyShelf
from sealgate.vault.envelope import Place
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf
from sealgate.vault.roots import Cost, PassphraseRoot, new_passphrase_root

VECTORS = Path(__file__).parents[1] / "vectors" / "vault"


class HandClock:
    def __init__(self) -> None:
        self._now = datetime(2026, 3, 2, 8, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def turn(self, by: timedelta) -> None:
        self._now += by


@dataclass(frozen=True, slots=True)
class Cast:
    acme: TenantId
    umbra: TenantId
    harbour: SiteId
    airport: SiteId
    alice: PersonId
    bob: PersonId
    monday: date

    def profile(self, person: PersonId) -> Place:
        return Place(self.acme, "people", "profile", str(person))


CAST = Cast(
    acme=TenantId(UUID(int=0xACE)),
    umbra=TenantId(UUID(int=0x0BB)),
    harbour=SiteId(UUID(int=0x51)),
    airport=SiteId(UUID(int=0x52)),
    alice=PersonId(UUID(int=0xA11CE)),
    bob=PersonId(UUID(int=0xB0B)),
    monday=date(2026, 3, 2),
)

NewRoot = Callable[[], PassphraseRoot]
Unlocked = Callable[[KeyShelf], Keyring]


@pytest.fixture(scope="session")
def cast() -> Cast:
    return CAST


@pytest.fixture(scope="session")
def vectors() -> Path:
    return VECTORS


@pytest.fixture(scope="session")
def cheap() -> Cost:
    """A cost at which a test may try a passphrase a thousand times."""
    return Cost(memory=64, passes=1, lanes=1)


@pytest.fixture(scope="session")
def new_root(cheap: Cost) -> NewRoot:
    return lambda: new_passphrase_root("a root for one afternoon", cheap)


@pytest.fixture(scope="session")
def still_clock() -> HandClock:
    """For what outlives one test: nobody turns it."""
    return HandClock()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def root(new_root: NewRoot) -> PassphraseRoot:
    return new_root()


@pytest.fixture
def shelf() -> MemoryShelf:
    return MemoryShelf()


@pytest.fixture
def keyring(shelf: MemoryShelf, clock: HandClock, root: PassphraseRoot) -> Keyring:
    made = Keyring(shelf, clock)
    made.initialise(root)
    return made


@pytest.fixture
def other_process(shelf: MemoryShelf, clock: HandClock, root: PassphraseRoot, keyring: Keyring) -> Keyring:
    """A second keyring on the same shelf: it shares no memory with the first."""
    assert not keyring.is_sealed
    second = Keyring(shelf, clock)
    second.unlock(root)
    return second
