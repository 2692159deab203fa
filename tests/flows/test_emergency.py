"""Rights taken in an emergency: Dora sees for an hour what she may not, and nobody can do that quietly."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import TenantId
from sealgate.domain.operators import EMERGENCY, Permission, Role
from sealgate.flows import emergency, rules, signin
from sealgate.flows.kit import House, Signed
from sealgate.ports import Letter
from sealgate.privacy import journal

PASSWORD = "rusty anchors sing at dusk"
WHY = "Smoke in the workshop, somebody is missing"


class Box:
    """A post that keeps what it is given."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> None:
        self.letters.append(letter)


def joined(house: House, link: str, name: str) -> str:
    return signin.set_up(house, link, name=name, login=f"{name.split(maxsplit=1)[0].lower()}@example.org", password=PASSWORD)


def who(house: House, token: str) -> Signed:
    found = signin.who_is(house, token)
    assert found is not None
    return found


@pytest.fixture
def people(house: House, acme: TenantId) -> dict[str, str]:
    """Sessions of Alice (administrator), Pia (privacy officer), Dora (host) and Nils (host): their tokens."""
    link = signin.first_link(house, acme)
    assert link is not None
    tokens = {"alice": joined(house, link, "Alice Ames")}
    alice = who(house, tokens["alice"])
    for name, role in (("Pia Priv", Role.PRIVACY), ("Dora Marsh", Role.HOST), ("Nils Host", Role.HOST)):
        secret = signin.invite_operator(house, alice, frozenset({role}))
        tokens[name.split()[0].lower()] = joined(house, secret, name)
    return tokens


def test_for_an_hour_dora_sees_and_opens_at_every_site_and_changes_nothing(
    house: House, people: dict[str, str], clock: Any
) -> None:
    site = rules.add_site(house, who(house, people["alice"]), "North", "Asia/Shanghai")
    before = who(house, people["dora"])
    assert not before.may(Permission.SEE_PEOPLE)
    emergency.take(house, before, WHY)
    dora = who(house, people["dora"]).at(site)
    assert {permission for permission in Permission if dora.may(permission)} == EMERGENCY | {Permission.HOST}
    with pytest.raises(Forbidden):
        dora.need(Permission.CHANGE_RULES)
    clock.move(timedelta(minutes=60))
    assert not who(house, people["dora"]).may(Permission.SEE_PEOPLE)


def test_the_officer_and_the_administrators_are_written_to_at_once_and_once(house: House, people: dict[str, str]) -> None:
    box = Box()
    house = replace(house, post=box)
    dora = who(house, people["dora"])
    emergency.take(house, dora, WHY)
    assert emergency.send_due(house, dora.tenant) == 2
    assert emergency.send_due(house, dora.tenant) == 0
    assert {letter.to for letter in box.letters} == {"alice@example.org", "pia@example.org"}
    assert all(WHY not in letter.text and "Dora" not in letter.text for letter in box.letters)


def test_everybody_reads_it_on_every_page_until_it_is_over(house: House, people: dict[str, str], clock: Any) -> None:
    dora = who(house, people["dora"])
    glass = emergency.take(house, dora, WHY)
    assert [(one.name, one.reason) for one in emergency.running(house, dora.tenant)] == [("Dora Marsh", WHY)]
    with pytest.raises(emergency.EmergencyRuns):
        emergency.take(house, dora, WHY)
    clock.move(timedelta(minutes=61))
    assert emergency.running(house, dora.tenant) == []
    assert emergency.end_over(house, dora.tenant) == 1
    assert emergency.end_over(house, dora.tenant) == 0
    with pytest.raises(emergency.EmergencyOver):
        emergency.end(house, dora, glass)
    emergency.take(house, dora, WHY)  # and it may be needed again


def test_a_reason_is_asked_for(house: House, people: dict[str, str]) -> None:
    with pytest.raises(emergency.NeedsReason):
        emergency.take(house, who(house, people["dora"]), "  fire  ")


def test_the_report_has_what_dora_did_in_that_time_and_nothing_else(house: House, people: dict[str, str], clock: Any) -> None:
    dora, alice = who(house, people["dora"]), who(house, people["alice"])
    clock.move(timedelta(minutes=1))
    glass = emergency.take(house, dora, WHY)
    site = rules.add_site(house, alice, "North", "Asia/Shanghai")
    clock.move(timedelta(minutes=2))
    rules.lock_down(house, who(house, people["dora"]).at(site), site, on=True, why="smoke")
    clock.move(timedelta(minutes=2))
    emergency.end(house, who(house, people["pia"]), glass)
    clock.move(timedelta(minutes=2))
    with house.store.begin(dora.tenant, dora.actor) as tx:
        journal.write(tx, house.keyring, house.clock.now(), "gate.opened")
    report = emergency.report(house, who(house, people["pia"]), glass)
    assert [deed.action for deed in report.deeds] == ["emergency.begun", "site.locked-down"]
    assert report.whole


def test_another_host_reads_no_report_and_ends_nothing(house: House, people: dict[str, str]) -> None:
    glass = emergency.take(house, who(house, people["dora"]), WHY)
    nils = who(house, people["nils"])
    assert emergency.listed(house, nils) == []
    for act in (emergency.report, emergency.end):
        with pytest.raises(NotFound):
            act(house, nils, glass)
