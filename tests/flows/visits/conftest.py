"""Visitors at Acme: Alice works there and hosts Vera; Dora keeps reception; Bob hosts nobody. A mailbox in the hand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sealgate.domain.ids import GateId, OperatorId, VisitId
from sealgate.domain.operators import Role
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.domain.visits import VisitState
from sealgate.domain.visits_asking import VisitRules
from sealgate.flows import signin, visit, visit_page
from sealgate.flows.kiosk import KioskGate
from sealgate.flows.kit import House, Signed
from sealgate.flows.passage import Admission, admit
from sealgate.flows.visit import Invited, NewVisit
from sealgate.flows.visit_agree import Agreement
from sealgate.flows.visit_rules import change_rules
from sealgate.ports import Letter, Unreachable
from sealgate.store import visits as rows

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PASSWORD = "rusty anchors sing at dusk"


@dataclass
class Mailbox:
    """A `ports.Post` that keeps what it is given, or is away."""

    letters: list[Letter] = field(default_factory=list)
    away: Unreachable | None = None

    def send(self, letter: Letter) -> None:
        if self.away is not None:
            raise self.away
        self.letters.append(letter)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def writing_house(house: House, mailbox: Mailbox) -> House:
    """The same house, that can write letters."""
    return replace(house, post=mailbox, address="https://gate.acme.example")


@dataclass
class Reception:
    """What a test of visits does often."""

    house: House
    campus: Any
    alice: Signed
    dora: Signed
    mailbox: Mailbox

    def invite(self, name: str = "Vera Lang", by: Signed | None = None, **more: Any) -> Invited:
        now = self.house.clock.now()
        given = {"since": now, "until": now + 8 * HOUR, "gates": (self.campus.door,), **more}
        return visit.invite(self.house, by or self.alice, self.campus.site, NewVisit(name, **given))

    def agreement(self, **more: Any) -> Agreement:
        with self.house.store.read(self.campus.tenant) as db:
            rules = rows.latest_rules(db, self.campus.site)
        return Agreement(version=rules.notice_version, yes=True, **more)

    def agreed(self, name: str = "Vera Lang", **more: Any) -> Invited:
        made = self.invite(name, **more)
        visit_page.agree(self.house, made.link, self.agreement())
        return made

    def show(self, made: Invited, gate: GateId) -> Admission:
        """The visitor's QR code at a gate."""
        text = visit_page.page(self.house, made.link).pass_text or "SG1.nothing-at-all"
        return admit(self.house, self.campus.tenant, CodeSighting(gate, self.house.clock.now(), Means.QR, text))

    def state(self, made: Invited | VisitId) -> VisitState:
        with self.house.store.read(self.campus.tenant) as db:
            row = rows.visit(db, made.visit if isinstance(made, Invited) else made)
        assert row is not None
        return row.state

    @property
    def kiosk(self) -> KioskGate:
        means = frozenset({Means.QR, Means.FACE, Means.CARD})
        return KioskGate(self.campus.tenant, self.campus.door, "Door", "North Campus", means)

    def rules(self, rules: VisitRules) -> VisitRules:
        return change_rules(self.house, self.campus.signed, self.campus.site, rules)


def _operator(house: House, admin: Signed, name: str, *roles: Role) -> Signed:
    link = signin.invite_operator(house, admin, frozenset(roles))
    login = f"{name.split(maxsplit=1)[0].lower()}@acme.example"
    signed = signin.who_is(house, signin.set_up(house, link, name=name, login=login, password=PASSWORD))
    assert signed is not None
    return signed


@pytest.fixture
def reception(writing_house: House, acme_campus: Any, mailbox: Mailbox) -> Reception:
    house = writing_house
    alice = _operator(house, acme_campus.signed, "Alice Ames", Role.HOST)
    dora = _operator(house, acme_campus.signed, "Dora Marsh", Role.RECEPTION)
    return Reception(house, acme_campus, alice, dora, mailbox)


@pytest.fixture
def bob(writing_house: House, acme_campus: Any) -> Signed:
    """Another host, who is nobody's host here."""
    return _operator(writing_house, acme_campus.signed, "Bob Ellis", Role.HOST)


@pytest.fixture
def stranger(umbra_campus: Any) -> Signed:
    """Reception of another organisation."""
    signed: Signed = umbra_campus.signed
    return replace(signed, operator=OperatorId(umbra_campus.house.new_id()))
