"""A house on the real store, with simulated devices and a clock in the hand.

Acme has a campus: a street, an office behind a door, a garage behind a barrier. Alice works there, Bob's contract has
ended, Charlie is a stranger, Dora attends; Umbra is another organisation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from sealgate.app import SiteGalleries, Turner
from sealgate.bus import LocalBus
from sealgate.devices.simulated import SimulatedFaceReader, SimulatedLatch, SimulatedPlateReader
from sealgate.domain.ids import GateId, GroupId, OperatorId, PersonId, SiteId, TenantId, ZoneId
from sealgate.domain.operators import Role
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.flows import enrol, rules
from sealgate.flows.campus import assess_faces
from sealgate.flows.kit import House, Signed
from sealgate.ports import Pixels
from sealgate.store.blobs import FolderBlobs
from sealgate.store.engine import Store
from sealgate.vault.blindindex import BlindIndex
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf
from sealgate.vault.roots import create_key_file
from sealgate.vision.liveness import Judge

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)  # 09:00 in Shanghai

ALICE_BLUE, BOB_GREEN, CHARLIE_RED = (250, 10, 10), (10, 250, 10), (10, 10, 250)


@dataclass
class HandClock:
    at: datetime = MONDAY

    def now(self) -> datetime:
        return self.at

    def move(self, span: timedelta) -> None:
        self.at += span


def axis(number: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    vector = np.zeros(128, np.float32)
    vector[number] = 1.0
    return vector


def picture_of(*colours: tuple[int, int, int]) -> bytes:
    """A PNG with a square of each colour on grey."""
    pixels = np.full((240, 320, 3), 128, np.uint8)
    for number, colour in enumerate(colours):
        pixels[60:180, 20 + number * 150 : 140 + number * 150] = colour
    return bytes(cv2.imencode(".png", pixels)[1])


def decode(data: bytes) -> Pixels:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def latch() -> SimulatedLatch:
    return SimulatedLatch()


@pytest.fixture
def house(store: Store, clock: HandClock, latch: SimulatedLatch, tmp_path: Path) -> House:
    keyring = Keyring(MemoryShelf(), clock)
    keyring.initialise(create_key_file(tmp_path / "root.key"))
    people = {ALICE_BLUE: axis(0), BOB_GREEN: axis(1), CHARLIE_RED: axis(2)}
    return House(
        store=store,
        keyring=keyring,
        index=BlindIndex(keyring),
        blobs=FolderBlobs(tmp_path / "blobs"),
        clock=clock,
        bus=LocalBus(),
        latch=latch,
        counter=store.ids,
        galleries=SiteGalleries(),
        faces=SimulatedFaceReader(people),
        plates=SimulatedPlateReader({}),
        decode=decode,
        encode=lambda pixels: bytes(cv2.imencode(".jpg", pixels)[1]),
        turn=Turner(),
        wake=lambda: None,
        life=Judge(),
    )


@dataclass
class Campus:
    """One organisation's places and people, and short ways to do what the tests do often."""

    house: House
    tenant: TenantId
    signed: Signed
    site: SiteId
    street: ZoneId
    office: ZoneId
    garage: ZoneId
    door: GateId
    exit: GateId
    barrier: GateId
    staff: GroupId
    people: dict[str, PersonId] = field(default_factory=dict)

    def person(self, name: str, *, staff: bool = True, until: datetime | None = None) -> PersonId:
        groups = (self.staff,) if staff else ()
        person = enrol.enrol(self.house, self.signed, enrol.NewPerson(name, groups=groups, valid_until=until))
        self.people[name] = person
        return person

    def with_face(self, person: PersonId, *colours: tuple[int, int, int]) -> enrol.FaceEnrolled:
        enrol.consent_to_face(self.house, self.signed, person, notice_version="2026-01")
        return enrol.enrol_face(self.house, self.signed, self.site, person, [picture_of(c) for c in colours])

    def only(self, *roles: Role) -> Signed:
        """Somebody with fewer rights."""
        return Signed(
            self.tenant,
            OperatorId(self.house.new_id()),
            "Dora",
            "dora@acme.example",
            frozenset(roles),
            session="00" * 32,
            expires_at=MONDAY + timedelta(hours=12),
        )


def found_campus(house: House, name: str) -> Campus:
    tenant = rules.found(house, name)
    signed = Signed(
        tenant,
        OperatorId(house.new_id()),
        "Ada",
        "ada@acme.example",
        frozenset({Role.ADMINISTRATOR}),
        session="11" * 32,
        expires_at=MONDAY + timedelta(days=1),
    )
    site = rules.add_site(house, signed, "North Campus", "Asia/Shanghai")
    street = rules.zones(house, signed, site)[0].zone
    office = rules.add_zone(house, signed, site, "Office")
    garage = rules.add_zone(house, signed, site, "Garage")
    assess_faces(house, signed, site)
    walking = frozenset({Means.FACE, Means.CARD, Means.QR, Means.PIN})
    driving = frozenset({Means.PLATE, Means.QR})
    door = rules.add_gate(house, signed, site, rules.NewGate("Door", GateKind.DOOR, street, office, walking))
    leave = rules.add_gate(house, signed, site, rules.NewGate("Exit", GateKind.DOOR, office, street, walking))
    barrier = rules.add_gate(house, signed, site, rules.NewGate("Barrier", GateKind.BARRIER, street, garage, driving))
    staff = rules.add_group(house, signed, "Staff")
    for zone in (office, garage):
        rules.add_grant(house, signed, staff, zone, None)
    return Campus(house, tenant, signed, site, street, office, garage, door, leave, barrier, staff)


@pytest.fixture
def acme_campus(house: House) -> Campus:
    return found_campus(house, "Acme")


@pytest.fixture
def acme_on() -> Callable[[House], Campus]:
    """Acme in a house that a test has put together itself."""
    return lambda house: found_campus(house, "Acme")


@pytest.fixture
def umbra_campus(house: House) -> Campus:
    return found_campus(house, "Umbra")


@pytest.fixture
def picture() -> Callable[..., bytes]:
    return picture_of


@pytest.fixture
def colours() -> dict[str, tuple[int, int, int]]:
    return {"Alice": ALICE_BLUE, "Bob": BOB_GREEN, "Charlie": CHARLIE_RED}
