"""A made-up campus for the demo: places, rules and a few people, made through the same flows that the console uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sealgate.domain.access import Passback
from sealgate.domain.ids import GateId, GroupId, OperatorId, PersonId, SiteId, TenantId, ZoneId
from sealgate.domain.operators import Role
from sealgate.domain.people import PersonKind
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.flows import enrol, face_use, rules
from sealgate.flows.kit import House, Signed

OFFICE_HOURS: dict[str, object] = {day: ["06:30-21:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}

PURPOSE = "Hands-free entry of people who carry things, at the doors of the building, for those who asked for it"
NECESSITY = "Both hands are full at these doors; a card is offered to everybody, and only who chooses a face is enrolled"
RISKS = "A picture held up to the camera may be taken for a face: the doors are in sight of reception, which calls on the hour"

PEOPLE = (
    ("Zhao Mingyi", PersonKind.EMPLOYEE, ("Staff",)),
    ("Alice Marsh", PersonKind.EMPLOYEE, ("Staff",)),
    ("王芳", PersonKind.EMPLOYEE, ("Staff",)),
    ("Tomás Ferreira", PersonKind.WORKER, ("Contractors",)),
    ("欧阳小红", PersonKind.EMPLOYEE, ("Staff", "Drivers")),
    ("Bob Ellis", PersonKind.WORKER, ("Contractors",)),
    ("李强", PersonKind.EMPLOYEE, ("Staff", "Drivers")),
    ("Priya Nair", PersonKind.EMPLOYEE, ("Staff", "Drivers")),
)


@dataclass(frozen=True, slots=True)
class Campus:
    """`kiosk` is the secret of the lobby kiosk's link; `people` those enrolled, in the order of `PEOPLE`."""

    tenant: TenantId
    site: SiteId
    lobby: GateId
    turnstile: GateId
    lane: GateId
    way_out: GateId
    kiosk: str
    people: tuple[PersonId, ...]


def card_number(number: int) -> str:
    """The card of the person of that place in `PEOPLE`."""
    return f"{40_000_000 + number * 7919:08d}"


def system(house: House, tenant: TenantId) -> Signed:
    """The demo itself as an operator that cannot sign in: what it does is journaled under an id of its own."""
    return Signed(
        tenant=tenant,
        operator=OperatorId(tenant),
        name="Demo",
        login="",
        roles=frozenset(Role),
        session="",
        expires_at=house.clock.now() + timedelta(days=1),
    )


def build(house: House, tenant: TenantId, time_zone: str, plates: Sequence[str]) -> Campus:
    """Places, groups and people; the drivers get `plates` in turn, everybody a card."""
    signed = system(house, tenant)
    site = rules.add_site(house, signed, "North Campus", time_zone)
    outside = next(z.zone for z in rules.zones(house, signed, site) if z.outside)
    building = rules.add_zone(house, signed, site, "Building")
    garage = rules.add_zone(house, signed, site, "Garage")
    codes = frozenset({Means.CARD, Means.QR, Means.PIN})
    face = codes | {Means.FACE}

    def gate(title: str, kind: GateKind, ways: tuple[ZoneId, ZoneId], means: frozenset[Means]) -> GateId:
        return rules.add_gate(house, signed, site, rules.NewGate(title, kind, *ways, means))

    assess_faces(house, signed, site)
    lobby = gate("Lobby", GateKind.DOOR, (outside, building), face)
    turnstile = gate("Turnstile", GateKind.TURNSTILE, (outside, building), face)
    lane = gate("Garage lane", GateKind.BARRIER, (outside, garage), frozenset({Means.PLATE, Means.QR}))
    way_out = gate("Way out", GateKind.TURNSTILE, (building, outside), face)
    rules.change_gate(house, signed, turnstile, rules.GateChange(passback=Passback.HARD))
    hours = rules.add_timetable(house, signed, "Opening hours", OFFICE_HOURS)
    groups = {title: rules.add_group(house, signed, title) for title in ("Staff", "Contractors", "Drivers")}
    rules.add_grant(house, signed, groups["Staff"], building, None)
    rules.add_grant(house, signed, groups["Contractors"], building, hours)
    rules.add_grant(house, signed, groups["Drivers"], garage, None)
    people = _people(house, signed, groups, plates)
    kiosk = rules.kiosk_link(house, signed, lobby)
    assess_faces(house, signed, site)
    return Campus(tenant, site, lobby, turnstile, lane, way_out, kiosk, people)


def assess_faces(house: House, signed: Signed, site: SiteId) -> None:
    """Write what faces are for at a made-up site and why, and assess: what must come before a gate takes them, and again
    when its gates are there."""
    face_use.switch_on(house, signed, site, PURPOSE, NECESSITY, RISKS)


def recall(house: House, tenant: TenantId) -> Campus | None:
    """The campus of an earlier run in the same folder, with a new kiosk link; None where there is none."""
    signed = system(house, tenant)
    for site in rules.sites(house, signed):
        gates = {line.name: line.gate for line in rules.gates(house, signed, site.site)}
        if {"Lobby", "Turnstile", "Garage lane", "Way out"} <= set(gates):
            kiosk = rules.kiosk_link(house, signed, gates["Lobby"])
            four = (gates["Lobby"], gates["Turnstile"], gates["Garage lane"], gates["Way out"])
            return Campus(tenant, site.site, *four, kiosk, people=())
    return None


def enrol_faces(house: House, campus: Campus, notice_version: str, pictures: Sequence[Sequence[bytes]]) -> int:
    """Give the people of the campus faces, in turn: each a few pictures of one person. How many could be enrolled."""
    signed = system(house, campus.tenant)
    enrolled = 0
    for person, shots in zip(campus.people, pictures, strict=False):
        enrol.consent_to_face(house, signed, person, notice_version=notice_version)
        try:
            enrol.enrol_face(house, signed, campus.site, person, shots)
        except (enrol.NoFace, enrol.NotOnePerson):
            continue
        enrolled += 1
    return enrolled


def _people(house: House, signed: Signed, groups: dict[str, GroupId], plates: Sequence[str]) -> tuple[PersonId, ...]:
    made = []
    left = iter(plates)
    for number, (name, kind, member_of) in enumerate(PEOPLE):
        new = enrol.NewPerson(name, kind, tuple(groups[g] for g in member_of), number=f"N{1000 + number}")
        person = enrol.enrol(house, signed, new)
        enrol.add_credential(house, signed, person, Means.CARD, card_number(number))
        plate = next(left, None) if "Drivers" in member_of else None
        if plate:
            enrol.add_credential(house, signed, person, Means.PLATE, plate)
        made.append(person)
    return tuple(made)
