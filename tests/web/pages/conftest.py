"""A campus at work: a lobby that takes faces and codes, Alice who may pass, Bob whose contract has ended.

Charlie is a stranger: nothing of him is here. The face reader is the real one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from sealgate.app import initialise, running
from sealgate.domain.ids import GateId, PersonId, SiteId, TenantId, ZoneId
from sealgate.domain.operators import Role
from sealgate.domain.sightings import Means
from sealgate.flows import enrol, kiosk, rules, signin
from sealgate.flows.campus import assess_faces, system
from sealgate.flows.kiosk import KioskGate
from sealgate.flows.kit import House, Signed
from sealgate.flows.passage import Admission
from sealgate.settings import Settings
from sealgate.store.words import GateKind
from sealgate.vision.faces import Faces


@pytest.fixture(scope="session")
def reader() -> Faces:
    return Faces()


@pytest.fixture
def house(tmp_path: Path, clock: object, reader: Faces) -> Iterator[House]:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys")
    initialise(settings, "Acme")
    with running(settings, faces=reader, plates=None, clock=clock) as program:  # type: ignore[arg-type]
        yield program.house


@dataclass(frozen=True)
class Place:
    site: SiteId
    building: ZoneId
    lobby: GateId
    side_door: GateId


CODES = frozenset({Means.CARD, Means.PIN, Means.QR})


@pytest.fixture
def place(house: House, alice: Signed, campus: SiteId) -> Place:
    outside = next(zone.zone for zone in rules.zones(house, alice, campus) if zone.outside)
    building = rules.add_zone(house, alice, campus, "Building")

    def gate(name: str, means: frozenset[Means]) -> GateId:
        return rules.add_gate(house, alice, campus, rules.NewGate(name, GateKind.DOOR, outside, building, means))

    assess_faces(house, alice, campus)
    made = Place(campus, building, gate("Lobby", CODES | {Means.FACE}), gate("Side door", CODES))
    staff = rules.add_group(house, alice, "Staff")
    rules.add_grant(house, alice, staff, building, None)
    return made


@pytest.fixture
def people(house: House, alice: Signed, place: Place) -> dict[str, PersonId]:
    """Alice with card 40000001; Bob with card 40000002, whose contract has ended."""
    staff = next(line.group for line in rules.groups(house, alice) if line.name == "Staff")
    now = house.clock.now()
    new = enrol.NewPerson("Alice Hall", groups=(staff,), phone="+49 170 5550123", email="alice@example.org")
    past = enrol.NewPerson(
        "Bob Ellis", groups=(staff,), valid_since=now - timedelta(days=9), valid_until=now - timedelta(days=3)
    )
    made = {"Alice": enrol.enrol(house, alice, new), "Bob": enrol.enrol(house, alice, past)}
    for number, person in enumerate(made.values(), 1):
        enrol.add_credential(house, alice, person, Means.CARD, f"4000000{number}")
    return made


@pytest.fixture
def show(house: House, alice: Signed, place: Place) -> Callable[..., Admission]:
    """Somebody holds a card (or types a PIN) at a gate."""

    def at_gate(value: str, gate: GateId | None = None, means: Means = Means.CARD) -> Admission:
        where = KioskGate(alice.tenant, gate or place.lobby, "Lobby", "North Campus", CODES)
        admission = kiosk.show_code(house, where, means, value)
        assert isinstance(admission, Admission)
        return admission

    return at_gate


@pytest.fixture
def consented(house: House, alice: Signed, people: dict[str, PersonId]) -> PersonId:
    enrol.consent_to_face(house, alice, people["Alice"], notice_version="face-1")
    return people["Alice"]


@pytest.fixture
def portraits(shared_data: Path) -> list[bytes]:
    """Three pictures of one person, as files."""
    return [(shared_data / "faces" / "web" / f"00{number}.png").read_bytes() for number in (31, 33, 41)]


@pytest.fixture
def look(portraits: list[bytes]) -> bytes:
    """The same person as a kiosk's camera sees them: a JPEG, 640 x 480, a wall behind."""
    import cv2
    import numpy as np

    face = cv2.imdecode(np.frombuffer(portraits[0], np.uint8), cv2.IMREAD_COLOR)
    assert face is not None
    wall = np.full((480, 640, 3), 190, np.uint8)
    wall[60:420, 140:500] = cv2.resize(face, (360, 360), interpolation=cv2.INTER_CUBIC)
    return bytes(cv2.imencode(".jpg", wall)[1].tobytes())


@pytest.fixture
def umbra(house: House) -> TenantId:
    """Another organisation in the same house."""
    return rules.found(house, "Umbra")


@pytest.fixture
def stranger_site(house: House, umbra: TenantId) -> SiteId:
    """A site of Umbra."""
    return rules.add_site(house, system(house, umbra), "Umbra Works", "Asia/Shanghai")


@pytest.fixture
def operator(house: House, alice: Signed) -> Callable[..., Signed]:
    """Another operator of Acme with these roles; signs in with the password of all tests."""

    def invited(name: str, *roles: Role) -> Signed:
        link = signin.invite_operator(house, alice, frozenset(roles))
        login = f"{name.split(maxsplit=1)[0].lower()}@example.org"
        signed = signin.who_is(house, signin.set_up(house, link, name=name, login=login, password="rusty anchors sing at dusk"))
        assert signed is not None
        return signed

    return invited
