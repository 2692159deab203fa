"""Acme with a site in the north and one in the south, Umbra beside it, and one of everything at each.

Nothing here goes over a socket: a request is handed to the application, and whatever streams is hung up on at once.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import cv2
import numpy as np
import pytest
from fastapi import FastAPI
from tests import aside

from sealgate.app import initialise, running, web_application
from sealgate.domain.attendance_leave import Service
from sealgate.domain.calendar import DAY
from sealgate.domain.ids import GateId, GroupId, OperatorId, PersonId, ReservationId, SiteId, TenantId
from sealgate.domain.lots import GateRole, PermitKind, Reservation
from sealgate.domain.operators import Role
from sealgate.domain.people import PersonKind, Profile, checked
from sealgate.domain.performance import Goal
from sealgate.domain.places import GateKind
from sealgate.domain.plates import normalise
from sealgate.domain.sightings import CodeSighting, Means, PlateSighting
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.teams import TeamTerms
from sealgate.domain.visits_blocks import BlockKind
from sealgate.flows import (
    assist,
    edges,
    enrol,
    garage_demo,
    hours_rosters,
    leave,
    lots,
    parking,
    performance,
    permits,
    rules,
    selfservice,
    signin,
    teams,
    visit,
    visit_blocks,
)
from sealgate.flows.campus import assess_faces, system
from sealgate.flows.kit import House, Signed, fingerprint, new_secret
from sealgate.flows.passage import admit
from sealgate.flows.pricing import prices
from sealgate.privacy import journal
from sealgate.settings import Settings
from sealgate.store import accounts
from sealgate.store.engine import Actor

MONDAY = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)
CODES = frozenset({Means.CARD, Means.QR, Means.PIN})
NOWHERE = str(UUID(int=7))
"""An id that nothing has."""


@dataclass
class HandClock:
    at: datetime = MONDAY

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Planted:
    """A site with one of everything. `ids` are by the names that addresses have for them; `words` are of no other site."""

    signed: Signed
    site: SiteId
    ids: dict[str, str]
    words: tuple[str, ...]

    def fill(self, path: str, others: dict[str, str] | None = None) -> str:
        """The address with this site and its things in it; what is in `others` instead of its own."""
        return fill(path, {**self.ids, "site": str(self.site), **(others or {})})


@dataclass(frozen=True)
class Known:
    """Somebody who is signed in, and the cookies of their browser."""

    signed: Signed
    cookies: dict[str, str]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def to_sign_in(self) -> bool:
        return self.status in {302, 303} and self.headers.get("location", "").startswith("/sign-in")


def fill(path: str, ids: dict[str, str]) -> str:
    for name in [part.split("}")[0] for part in path.split("{")[1:]]:
        path = path.replace("{" + name + "}", ids.get(name.partition(":")[0], NOWHERE))
    return path


def _heard(told: list[dict[str, Any]]) -> bool:
    """Whether all of an answer was told, or the beginning of one that has no end: then whoever asked goes away."""
    endless = any((k, v[:17]) == (b"content-type", b"text/event-stream") for one in told for k, v in one.get("headers", ()))
    return endless or bool(told and told[-1]["type"] == "http.response.body" and not told[-1].get("more_body"))


@dataclass
class Town:
    """The program with its three sites, and requests to it."""

    house: House
    application: FastAPI
    north: Planted
    south: Planted
    umbra: Planted
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def operator(self, tenant: TenantId, roles: set[Role], at: SiteId | None = None) -> Known:
        """Somebody with these roles, at all sites or at one, signed in. The password's hash is no real one: that takes time."""
        house, operator, now = self.house, OperatorId(self.house.new_id()), self.house.clock.now()
        profile = checked(Profile("Olga Orr", email=f"operator{next(self._numbers)}@example.org"))
        granted = (() if at else sorted(roles), frozenset((at, role.value) for role in roles) if at else frozenset())
        with house.store.begin(tenant, Actor("system", "test")) as tx:
            signin.add_operator(house, tx, operator, profile, granted, {"hash": "none", "short": False}, now)
            journal.write(tx, house.keyring, now, "operator.added", object=f"operator:{operator}")
        return self.another_session(tenant, operator)

    def another_session(self, tenant: TenantId, operator: OperatorId) -> Known:
        token = self.session(tenant, operator)
        signed = signin.who_is(self.house, token)
        assert signed is not None
        return Known(signed, {"sealgate": token})

    def session(self, tenant: TenantId, operator: OperatorId) -> str:
        token, now = new_secret(tenant), self.house.clock.now()
        with self.house.store.begin(tenant, Actor("system", "test")) as tx:
            row = accounts.SessionRow(fingerprint(token), operator, created_at=now, expires_at=now + timedelta(days=1))
            accounts.add_session(tx, row)
            journal.write(tx, self.house.keyring, now, "operator.signed-in", object=f"operator:{operator}")
        return token

    def ask(self, method: str, path: str, **more: Any) -> Answer:
        """One request, in this thread; of a stream only its beginning."""
        return aside.run(self.asked(method, path, **more))

    async def asked(
        self, method: str, path: str, *, cookies: dict[str, str] | None = None, form: dict[str, str] | None = None
    ) -> Answer:
        body = urlencode(form or {}).encode()
        said = {"host": "localhost", "accept": "text/html", "accept-language": "en", "sec-fetch-site": "same-origin"}
        said |= {"cookie": "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())}
        if method != "GET":
            said |= {"content-type": "application/x-www-form-urlencoded", "content-length": str(len(body))}
        bare, _, query = path.partition("?")
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": bare,
            "raw_path": bare.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in said.items() if value],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
        }
        coming = iter([{"type": "http.request", "body": body, "more_body": False}])
        told: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            message = next(coming, None)
            while message is None and not _heard(told):
                await asyncio.sleep(0.002)
            return message or {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            told.append(message)

        await self.application(scope, receive, send)
        start = next(message for message in told if message["type"] == "http.response.start")
        whole = b"".join(message.get("body", b"") for message in told)
        told_headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], told_headers, whole.decode("utf-8", "replace"))


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    settings = Settings(data=folder / "data", keys=folder / "keys")
    initialise(settings, "Acme")
    with running(settings, faces=None, plates=None, clock=HandClock()) as program:
        house = program.house
        acme, umbra = house.store.tenants()[0].tenant, rules.found(house, "Umbra")
        north, south, umbrella = (
            plant(house, tenant, name) for tenant, name in ((acme, "North"), (acme, "South"), (umbra, "Umbrella"))
        )
        yield Town(house, web_application(program), north, south, umbrella)


def plant(house: House, tenant: TenantId, name: str) -> Planted:
    """A site of that name with one of everything, through the flows that the console uses."""
    signed = system(house, tenant)
    site = rules.add_site(house, signed, f"{name} works", "Asia/Shanghai")
    signed = signed.at(site)
    ids = _places(house, signed, site, name)
    ids |= _people(house, signed, site, name, ids)
    ids |= _personnel(house, signed, site, name, PersonId(UUID(ids["person"])))
    ids |= _visits(house, signed, site, name, ids)
    ids |= _garage(house, signed, site, name)
    return Planted(
        signed,
        site,
        ids,
        tuple(
            f"{name} {word}"
            for word in ("works", "hall", "door", "holiday", "deck", "Person", "Visitor", "season", "ban", "box")
        ),
    )


WORDS = ("works", "hall", "door", "holiday", "deck", "Person", "Visitor", "season", "ban", "box")


def number_of(name: str) -> int:
    return {"North": 1, "South": 2}.get(name, 3)


def _places(house: House, signed: Signed, site: SiteId, name: str) -> dict[str, str]:
    outside = next(zone.zone for zone in rules.zones(house, signed, site) if zone.outside)
    zone = rules.add_zone(house, signed, site, f"{name} hall")
    assess_faces(house, signed, site)
    door = rules.NewGate(f"{name} door", GateKind.DOOR, outside, zone, CODES | {Means.FACE})
    gate = rules.add_gate(house, signed, site, door)
    group = rules.add_group(house, signed, f"{name} staff")
    table = rules.add_timetable(house, signed, f"{name} hours", {"mon": ["08:00-20:00"]})
    grant = rules.add_grant(house, signed, group, zone, None)
    rules.add_holiday(house, signed, site, date(2026, 12, 24), f"{name} holiday")
    found = {"zone": zone, "gate": gate, "group": group, "table": table, "grant": grant, "day": "2026-11-20"}
    return {key: str(value) for key, value in found.items()}


def _people(house: House, signed: Signed, site: SiteId, name: str, ids: dict[str, str]) -> dict[str, str]:
    group = GroupId(UUID(ids["group"]))
    new = enrol.NewPerson(
        f"{name} Person", PersonKind.EMPLOYEE, (group,), phone=f"138{number_of(name):08d}", number=f"{name}-1"
    )
    person = enrol.enrol(house, signed, new)
    card = f"4100{number_of(name):04d}"
    credential = enrol.add_credential(house, signed, person, Means.CARD, card).credential
    gate = GateId(UUID(ids["gate"]))
    admitted = admit(house, signed.tenant, CodeSighting(gate, house.clock.now(), Means.CARD, card))
    own = selfservice.make_link(house, signed, person)
    found = {
        "person": person,
        "credential": credential,
        "passage": admitted.passage,
        "own": own,
        "field": "phone",
        "card": card,
    }
    return {key: str(value) for key, value in found.items()}


def _personnel(house: House, signed: Signed, site: SiteId, name: str, person: PersonId) -> dict[str, str]:
    since = date(2026, 1, 1)
    team = teams.add_team(house, signed, TeamTerms(f"{name} crew"))
    teams.put_in(house, signed, team, person, since)
    cycle = performance.add_cycle(house, signed, f"{name} half", date(2026, 7, 1), date(2026, 12, 31))
    goal = performance.add_goal(house, signed, person, Goal(f"{name} goal"))
    shift = hours_rosters.add_shift(house, signed, f"{name} day", since, {"spans": ["09:00-18:00"]})
    pattern = hours_rosters.NewPattern(site, since, ((shift,),) * 5 + ((), ()), person=person)
    roster = hours_rosters.add_pattern(house, signed, pattern)
    leave.set_service(house, signed, person, Service(date(2015, 1, 1), date(2014, 1, 1)))
    kinds = leave.kinds_in_use(house, signed.tenant)
    number = leave.ask_for(house, signed, person, leave.NewLeave(kinds[0].kind, TODAY + DAY, TODAY + DAY))
    found = {"team": team, "cycle": cycle, "goal": goal, "shift": shift, "roster": roster, "number": number}
    return {key: str(value) for key, value in found.items()}


def _visits(house: House, signed: Signed, site: SiteId, name: str, ids: dict[str, str]) -> dict[str, str]:
    now, gate = house.clock.now(), GateId(UUID(ids["gate"]))
    new = visit.NewVisit(f"{name} Visitor", now, now + timedelta(hours=3), (gate,), why="tea", host=f"{name} Person")
    made = visit.invite(house, signed, site, new)
    end = now + timedelta(days=9)
    block = visit_blocks.block(house, signed, BlockKind.EMAIL, f"{name}@example.org", "shouted", end, now.date())
    return {"visit_id": str(made.visit), "block": str(block), "act": "check-in"}


def _garage(house: House, signed: Signed, site: SiteId, name: str) -> dict[str, str]:
    now, plate = house.clock.now(), f"沪A{number_of(name):05d}"
    outside = next(zone.zone for zone in rules.zones(house, signed, site) if zone.outside)
    deck = rules.add_zone(house, signed, site, f"{name} deck")
    if name != "South":  # Acme has one tariff for both
        garage_demo.save_tariff(house, signed, site)
    ways, both = ((outside, deck), (deck, outside)), frozenset({Means.PLATE, Means.QR})
    entry, leaving = (
        rules.add_gate(house, signed, site, rules.NewGate(f"{name} {word}", GateKind.BARRIER, *way, both))
        for word, way in zip(("in", "out"), ways, strict=True)
    )
    lot = lots.add_lot(house, signed, site, lots.LotTerms(f"{name} deck", tariff="Garage"))
    lots.add_lane(house, signed, site, lot, entry, GateRole.ENTRY)
    lots.add_lane(house, signed, site, lot, leaving, GateRole.EXIT)
    season = permits.PermitTerms(PermitKind.SEASON, f"{name} season", frozenset({lot}), plates=(f"沪E{number_of(name):05d}",))
    permit = permits.add_permit(house, signed, season)
    ban = permits.ban(house, signed, f"沪B{number_of(name):05d}", f"{name} ban", lot)
    booking = Reservation(ReservationId(house.new_id()), lot, now, now + timedelta(hours=5))
    reservation = permits.reserve(house, signed, site, booking, f"沪C{number_of(name):05d}")
    picture = bytes(cv2.imencode(".jpg", np.full((32, 32, 3), 90, np.uint8))[1].tobytes())
    seen = PlateSighting(entry, now, normalise(plate), 0.99, "cn-blue", picture=picture)
    arrived = parking.arrive(house, signed.tenant, seen, prices(house, signed.tenant))
    call = assist.call(house, signed.tenant, leaving, CallReason.HELP)
    edges.add_edge(house, signed, site, f"{name} box")
    edge = edges.edges(house, signed, site)[0].edge
    found = {
        "lot": lot,
        "permit": permit,
        "ban": ban,
        "reservation": reservation,
        "stay": arrived.stay,
        "call": call,
        "edge": edge,
    }
    return {key: str(value) for key, value in found.items()}
