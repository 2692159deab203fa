"""Acme wants faces at its door: first what for and why, then an assessment of what is there, and anew when that changes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.face_use import (
    FILED_FROM,
    AssessmentDue,
    BadFaceUse,
    NotSwitchedOn,
    PrivateRoom,
    RoomKind,
    Standing,
    digest_of,
)
from sealgate.domain.ids import TenantId
from sealgate.domain.operators import Role
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.domain.visits_asking import GuardianNeeded
from sealgate.flows import edges, enrol, face_notice, face_use, people, retention, rules
from sealgate.flows.campus import NECESSITY, PURPOSE, RISKS
from sealgate.flows.face_need import FaceUse
from sealgate.flows.rules import GateChange, NewGate
from sealgate.store import directory
from sealgate.store import face_use as rows

if TYPE_CHECKING:
    from tests.flows.conftest import Campus, HandClock

    from sealgate.domain.ids import SiteId, ZoneId

FACE = frozenset({Means.FACE, Means.CARD})
CARD = frozenset({Means.CARD})
SAID = (PURPOSE, NECESSITY, RISKS)
DAY = timedelta(days=1)
BLUE = (250, 10, 10)


@pytest.fixture
def south(acme_campus: Campus) -> tuple[SiteId, ZoneId, ZoneId]:
    """A second site, of which nothing was written: its outside and its hall."""
    campus = acme_campus
    site = rules.add_site(campus.house, campus.signed, "South Works", "Asia/Shanghai")
    hall = rules.add_zone(campus.house, campus.signed, site, "Hall")
    outside = next(z.zone for z in rules.zones(campus.house, campus.signed, site) if z.outside)
    return site, outside, hall


def use(campus: Campus, site: SiteId) -> FaceUse:
    return face_use.face_use(campus.house, campus.signed, site)


def gate(campus: Campus, south: tuple[SiteId, ZoneId, ZoneId], name: str, means: frozenset[Means]) -> Any:
    site, outside, hall = south
    return rules.add_gate(campus.house, campus.signed, site, NewGate(name, GateKind.DOOR, outside, hall, means))


# --- off until it is written and assessed (art. 4, 9) ---


def test_a_new_site_takes_no_faces(acme_campus: Campus, south: tuple[SiteId, ZoneId, ZoneId], picture: Any) -> None:
    house, signed, site = acme_campus.house, acme_campus.signed, south[0]
    assert use(acme_campus, site).standing is Standing.OFF
    with pytest.raises(NotSwitchedOn):
        gate(acme_campus, south, "Door", FACE)
    door = gate(acme_campus, south, "Door", CARD)
    with pytest.raises(NotSwitchedOn):
        rules.change_gate(house, signed, door, GateChange(means=FACE))
    person = acme_campus.person("Alice Marsh")
    enrol.consent_to_face(house, signed, person, notice_version="face-1")
    with pytest.raises(NotSwitchedOn):
        enrol.enrol_face(house, signed, site, person, [picture(BLUE)])
    face_use.switch_on(house, signed, site, *SAID)
    rules.change_gate(house, signed, door, GateChange(means=FACE))
    enrol.enrol_face(house, signed, site, person, [picture(BLUE)])


@pytest.mark.parametrize("short", range(3))
def test_purpose_necessity_and_risks_are_all_said(
    acme_campus: Campus, south: tuple[SiteId, ZoneId, ZoneId], short: int
) -> None:
    said = [*SAID]
    said[short] = " short  "
    with pytest.raises(BadFaceUse) as refused:
        face_use.switch_on(acme_campus.house, acme_campus.signed, south[0], *said)
    assert refused.value.field == ("purpose", "necessity", "risks")[short]
    assert use(acme_campus, south[0]).standing is Standing.OFF


def test_only_the_privacy_officer_answers_for_faces(acme_campus: Campus, south: tuple[SiteId, ZoneId, ZoneId]) -> None:
    with pytest.raises(Forbidden):
        face_use.switch_on(acme_campus.house, acme_campus.only(Role.SECURITY, Role.HR), south[0], *SAID)
    face_use.switch_on(acme_campus.house, acme_campus.only(Role.PRIVACY), south[0], *SAID)


def test_umbra_cannot_assess_acmes_site(umbra_campus: Campus, south: tuple[SiteId, ZoneId, ZoneId]) -> None:
    for act in (
        lambda: face_use.switch_on(umbra_campus.house, umbra_campus.signed, south[0], *SAID),
        lambda: face_use.face_use(umbra_campus.house, umbra_campus.signed, south[0]),
    ):
        with pytest.raises(NotFound):
            act()


# --- what was assessed, and when it is due anew ---


def test_the_assessment_says_what_the_site_really_does(acme_campus: Campus) -> None:
    edges.add_edge(acme_campus.house, acme_campus.signed, acme_campus.site, "Box")
    face_use.switch_on(acme_campus.house, acme_campus.signed, acme_campus.site, *SAID)
    found = use(acme_campus, acme_campus.site)
    assert found.standing is Standing.ON
    assert found.newest is not None
    assert [one["gate"] for one in found.newest.facts["gates"]] == ["Door", "Exit"]
    assert (found.newest.facts["keeps_days"], found.newest.facts["edges"]) == (90, 1)
    assert found.newest.facts["roles"]["see-pictures"] == ["administrator", "security"]
    assert found.newest.digest == digest_of(found.newest.facts)


@pytest.mark.parametrize("change", ["gate", "camera", "retention", "purpose"])
def test_what_changes_the_facts_makes_it_due(acme_campus: Campus, change: str) -> None:
    house, signed, site = acme_campus.house, acme_campus.signed, acme_campus.site
    face_use.switch_on(house, signed, site, *SAID)
    match change:
        case "gate":
            new = NewGate("Back door", GateKind.DOOR, acme_campus.street, acme_campus.office, FACE)
            rules.add_gate(house, signed, site, new)
        case "camera":
            rules.change_gate(house, signed, acme_campus.barrier, GateChange(source="rtsp://camera.example/1"))
        case "retention":
            retention.change_times(house, signed, {"passages": "30"})
        case _:
            with house.store.begin(signed.tenant, signed.actor) as tx, tx.upkeep():
                row = rows.use(tx, site)
                assert row is not None
                rows.put_use(tx, rows.UseRow(site, "another purpose altogether", row.necessity))
    assert use(acme_campus, site).standing is Standing.DUE
    face_use.look_at_facts(house, signed.tenant)
    assert use(acme_campus, site).due_since is not None
    face_use.switch_on(house, signed, site, *SAID)
    assert (use(acme_campus, site).standing, use(acme_campus, site).due_since) == (Standing.ON, None)


def test_a_change_that_is_taken_back_makes_nothing_due(acme_campus: Campus) -> None:
    house, signed, site = acme_campus.house, acme_campus.signed, acme_campus.site
    face_use.switch_on(house, signed, site, *SAID)
    for source in ("rtsp://camera.example/1", ""):
        rules.change_gate(house, signed, acme_campus.barrier, GateChange(source=source))
    assert use(acme_campus, site).due_since is None


def test_after_thirty_days_nobody_more_is_enrolled_and_gates_go_on(acme_campus: Campus, clock: HandClock, picture: Any) -> None:
    house, signed, site = acme_campus.house, acme_campus.signed, acme_campus.site
    alice, bob = acme_campus.person("Alice Marsh"), acme_campus.person("Bob Ellis")
    rules.change_gate(house, signed, acme_campus.barrier, GateChange(source="rtsp://camera.example/1"))
    acme_campus.with_face(alice, BLUE)
    clock.move(31 * DAY)
    with pytest.raises(AssessmentDue):
        acme_campus.with_face(bob, (10, 250, 10))
    assert Means.FACE in rules.gate(house, signed, acme_campus.door).line.means
    assert len(house.galleries.of(signed.tenant, site)) == 1
    face_use.switch_on(house, signed, site, *SAID)
    enrol.enrol_face(house, signed, site, bob, [picture((10, 250, 10))])


def test_assessments_are_kept_for_three_years_after_they_were_replaced(acme_campus: Campus, clock: HandClock) -> None:
    house, signed, site = acme_campus.house, acme_campus.signed, acme_campus.site
    clock.move(400 * DAY)
    face_use.switch_on(house, signed, site, *SAID)
    clock.move(1_095 * DAY)
    face_use.look_at_facts(house, signed.tenant)
    assert len(use(acme_campus, site).older) == 1
    clock.move(4 * DAY)
    face_use.look_at_facts(house, signed.tenant)
    assert use(acme_campus, site).older == ()
    assert use(acme_campus, site).newest is not None, "the one that holds stays, however old"


def test_a_site_that_used_faces_before_is_told_and_its_gates_go_on(acme_campus: Campus, clock: HandClock) -> None:
    """As a migration leaves it: gates with faces, and nothing written."""
    from sealgate.store.schema import metadata

    house, signed, site = acme_campus.house, acme_campus.signed, acme_campus.site
    with house.store.begin(signed.tenant, signed.actor) as tx, tx.upkeep():
        for table in ("face_uses", "face_assessments"):
            tx.remove(metadata.tables[table], [])
    assert use(acme_campus, site).standing is Standing.DUE
    assert face_use.look_at_facts(house, signed.tenant) == 1
    assert [line.assessment_due for line in rules.sites(house, signed)] == [True]
    acme_campus.with_face(acme_campus.person("Alice Marsh"), BLUE)
    rules.add_gate(house, signed, site, NewGate("Back", GateKind.DOOR, acme_campus.street, acme_campus.office, FACE))
    clock.move(31 * DAY)
    with pytest.raises(AssessmentDue):
        acme_campus.with_face(acme_campus.person("Bob Ellis"), (10, 250, 10))


# --- off again (art. 4, 10, 12) ---


def test_switched_off_every_template_is_gone_and_cards_stay(acme_campus: Campus) -> None:
    house, signed, site = acme_campus.house, acme_campus.signed, acme_campus.site
    alice = acme_campus.person("Alice Marsh")
    enrol.add_credential(house, signed, alice, Means.CARD, "0012345678")
    acme_campus.with_face(alice, BLUE)
    assert face_use.switch_off(house, signed, site, "nobody uses it") == 1
    assert len(house.galleries.of(signed.tenant, site)) == 0
    with house.store.read(signed.tenant) as db:
        assert {(c.means, c.ended_at is None, bool(c.secret)) for c in directory.credentials_of(db, alice)} == {
            (Means.CARD, True, True),
            (Means.FACE, False, False),
        }
    assert not any(Means.FACE in line.means for line in rules.gates(house, signed, site))
    assert use(acme_campus, site).standing is Standing.OFF
    with pytest.raises(NotSwitchedOn):
        rules.change_gate(house, signed, acme_campus.door, GateChange(means=FACE))


# --- private rooms (art. 13) ---


@pytest.mark.parametrize("room", [room for room in RoomKind if room.private])
def test_no_camera_and_no_face_at_a_private_room(acme_campus: Campus, room: RoomKind) -> None:
    house, signed, site = acme_campus.house, acme_campus.signed, acme_campus.site
    zone = rules.add_zone(house, signed, site, "Room", room)
    with pytest.raises(PrivateRoom):
        rules.add_gate(house, signed, site, NewGate("Door 2", GateKind.DOOR, acme_campus.office, zone, FACE))
    door = rules.add_gate(house, signed, site, NewGate("Door 2", GateKind.DOOR, acme_campus.office, zone, CARD))
    for change in (GateChange(means=FACE), GateChange(source="rtsp://camera.example/1"), GateChange(second="0")):
        with pytest.raises(PrivateRoom):
            rules.change_gate(house, signed, door, change)
    rules.change_gate(house, signed, door, GateChange(name="Door 3", source=""))


def test_a_room_with_a_camera_does_not_become_private(acme_campus: Campus) -> None:
    house, signed = acme_campus.house, acme_campus.signed
    with pytest.raises(PrivateRoom):
        face_use.set_room(house, signed, acme_campus.site, acme_campus.office, RoomKind.TOILET)
    face_use.set_room(house, signed, acme_campus.site, acme_campus.garage, RoomKind.CHANGING_ROOM)
    rooms = {zone.name: zone.room for zone in rules.zones(house, signed, acme_campus.site)}
    assert (rooms["Garage"], rooms["Office"]) == (RoomKind.CHANGING_ROOM, RoomKind.ORDINARY)


# --- under 14 (art. 7) ---


def test_for_somebody_under_14_a_guardian_says_yes_by_name(acme_campus: Campus) -> None:
    house, signed, pupil = acme_campus.house, acme_campus.signed, acme_campus.person("Pupil Wu")
    with pytest.raises(GuardianNeeded):
        enrol.consent_to_face(house, signed, pupil, notice_version="face-1", given_by="guardian")
    enrol.consent_to_face(house, signed, pupil, notice_version="face-1", given_by="guardian", guardian="Wu Senior")
    with house.store.read(signed.tenant) as db:
        (consent,) = directory.consents_of(db, pupil)
    assert consent.given_by == "guardian"
    (shown,) = people.record(house, signed, pupil).consents
    assert shown.guardian == "Wu Senior"
    assert b"Wu Senior" not in bytes(consent.details or b"")


# --- the count and its filing (art. 15) ---


def test_from_a_hundred_thousand_on_a_clock_of_thirty_working_days_runs(
    acme_campus: Campus, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, signed = acme_campus.house, acme_campus.signed
    acme_campus.with_face(acme_campus.person("Alice Marsh"), BLUE)
    face_use.look_at_facts(house, signed.tenant)
    assert (face_use.filing(house, signed).people, face_use.filing(house, signed).clock) == (1, None)
    assert FILED_FROM == 100_000
    monkeypatch.setattr(face_use, "FILED_FROM", 1)
    face_use.look_at_facts(house, signed.tenant)
    found = face_use.filing(house, signed).clock
    assert found is not None
    assert (found.due, found.left) == (date(2026, 4, 14), 30), "29 weekdays, and a Monday of the tomb festival that is off"
    clock.move(60 * DAY)
    late = face_use.filing(house, signed).clock
    assert late is not None
    assert late.tone == "bad"
    face_use.filed(house, signed, date(2026, 4, 10), "ZJ-2026-0001")
    assert (face_use.filing(house, signed).clock, face_use.filing(house, signed).number) == (None, "ZJ-2026-0001")


# --- what a sign leads to ---


def test_the_notice_is_for_anybody_and_names_nobody(acme_campus: Campus, south: tuple[SiteId, ZoneId, ZoneId]) -> None:
    house, tenant = acme_campus.house, acme_campus.tenant
    told = face_notice.notice(house, tenant, acme_campus.site)
    assert (told.organisation, told.site, told.on, told.purpose) == ("Acme", "North Campus", True, PURPOSE)
    assert not face_notice.notice(house, tenant, south[0]).on
    with pytest.raises(NotFound):
        face_notice.notice(house, TenantId(house.new_id()), south[0])
