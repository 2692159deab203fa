"""Acme has a site with an office behind a door, and Alice, Bob and their groups; Umbra is another organisation.

What is sealed in real life is here any bytes: the store does not look inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from sealgate.domain.access import Reason
from sealgate.domain.calendar import day_number
from sealgate.domain.ids import CredentialId, GateId, GroupId, PassageId, PersonId, SiteId, TenantId, ZoneId
from sealgate.domain.people import PersonKind
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.ports import Sealed, Token
from sealgate.privacy import journal
from sealgate.store import directory, places
from sealgate.store.engine import Actor, Store, SystemClock, Tx
from sealgate.store.passages import PassageRow
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DORA = Actor("operator", "dora")

Writing = Callable[[TenantId], AbstractContextManager[Tx]]


@pytest.fixture
def noon() -> datetime:
    return NOON


@pytest.fixture
def sealed_keyring() -> Keyring:
    """Never unlocked: enough for entries that are about nobody."""
    return Keyring(MemoryShelf(), SystemClock())


@pytest.fixture
def writing(store: Store, sealed_keyring: Keyring) -> Writing:
    """A write by Dora, with the journal entry that every write needs."""

    @contextmanager
    def begin(tenant: TenantId) -> Iterator[Tx]:
        with store.begin(tenant, DORA) as tx:
            yield tx
            journal.write(tx, sealed_keyring, NOON, "test.wrote")

    return begin


@dataclass(frozen=True)
class Campus:
    site: SiteId
    street: ZoneId
    office: ZoneId
    door: GateId
    staff: GroupId


@dataclass
class Cast:
    """Makes what a test needs in one line, in the tenant it is asked for."""

    store: Store
    writing: Writing

    def campus(self, tenant: TenantId) -> Campus:
        new = self.store.new_id
        here = Campus(SiteId(new()), ZoneId(new()), ZoneId(new()), GateId(new()), GroupId(new()))
        with self.writing(tenant) as tx:
            places.add_site(tx, places.SiteRow(here.site, "Harbour", "Asia/Shanghai"))
            places.add_zone(tx, places.ZoneRow(here.street, here.site, "Street", outside=True))
            places.add_zone(tx, places.ZoneRow(here.office, here.site, "Office"))
            places.add_gate(tx, self.gate(here, here.door))
            places.add_group(tx, here.staff, "Staff")
        return here

    def gate(self, campus: Campus, gate: GateId, name: str = "Door") -> places.GateRow:
        means = frozenset({Means.FACE, Means.CARD})
        return places.GateRow(gate, campus.site, name, GateKind.DOOR, campus.street, campus.office, means, min_similarity=0.5)

    def person(self, tenant: TenantId, name: str, *, until: datetime | None = None, suspended: bool = False) -> PersonId:
        person = PersonId(self.store.new_id())
        row = directory.PersonRow(
            person=person,
            profile=Sealed(f"sealed {name}".encode()),
            name_token=token(name),
            kind=PersonKind.EMPLOYEE,
            suspended=suspended,
            valid_since=NOON - timedelta(days=30),
            valid_until=until,
            created_at=NOON,
        )
        with self.writing(tenant) as tx:
            directory.add_person(tx, row)
        return person

    def card(self, tenant: TenantId, person: PersonId, number: str) -> CredentialId:
        credential = CredentialId(self.store.new_id())
        with self.writing(tenant) as tx:
            directory.add_credential(tx, self.credential(credential, person, Means.CARD, token(number)))
        return credential

    def credential(
        self, credential: CredentialId, person: PersonId, means: Means, index: Token | None, site: SiteId | None = None
    ) -> directory.CredentialRow:
        return directory.CredentialRow(
            credential=credential,
            person=person,
            means=means,
            token=index,
            secret=Sealed(b"sealed secret"),
            pack="pack-1" if means is Means.FACE else None,
            site=site,
            since=None,
            until=None,
            created_at=NOON,
            ended_at=None,
        )

    def passage(
        self, site: SiteId, gate: GateId, at: datetime = NOON, index: Token | None = None, nonce: bytes | None = None
    ) -> PassageRow:
        return PassageRow(
            passage=PassageId(self.store.ids.next(at)),
            site=site,
            gate=gate,
            day=day_number(at.date()),
            at=at,
            means=Means.CARD,
            opens=True,
            reason=Reason.ALLOWED,
            token=index,
            who=Sealed(b"sealed who"),
            detail=Sealed(b"sealed detail"),
            nonce=nonce,
        )


def token(value: str) -> Token:
    return Token(value.encode().ljust(16, b".")[:16])


@pytest.fixture
def cast(store: Store, writing: Writing) -> Cast:
    return Cast(store, writing)
