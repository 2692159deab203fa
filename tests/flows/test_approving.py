"""Two people: Alice asks for the list of everybody, Pia agrees, Alice takes it once; and nobody goes around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from sealgate.domain.approvals import Eyes
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import OperatorId, SiteId, TenantId
from sealgate.domain.operators import Role
from sealgate.domain.people import PersonKind
from sealgate.domain.teams import TeamTerms
from sealgate.flows import approving, emergency, enrol, erase, rekeying, rules, signin, teams
from sealgate.flows.kit import House, Signed
from sealgate.flows.people import PurposeNeeded
from sealgate.privacy import journal
from sealgate.store import accounts, directory

PASSWORD = "rusty anchors sing at dusk"
WHY = "law: the ministry asks for the list"
Join = Callable[..., Signed]


@pytest.fixture
def house(house: House) -> House:
    """Three rows take two people, so that a test need not enrol a hundred."""
    return replace(house, eyes=Eyes(rows=2))


def who(house: House, token: str) -> Signed:
    found = signin.who_is(house, token)
    assert found is not None
    return found


@pytest.fixture
def alice(house: House, acme: TenantId) -> Signed:
    link = signin.first_link(house, acme)
    assert link is not None
    return who(house, signin.set_up(house, link, name="Alice Ames", login="alice@example.org", password=PASSWORD))


@pytest.fixture
def join(house: House, alice: Signed) -> Join:
    def joined(name: str, *roles: Role) -> Signed:
        link = signin.invite_operator(house, alice, frozenset(roles))
        login = f"{name.split(maxsplit=1)[0].lower()}@example.org"
        return who(house, signin.set_up(house, link, name=name, login=login, password=PASSWORD))

    return joined


@pytest.fixture
def site(house: House, alice: Signed) -> SiteId:
    """With three welders."""
    site = rules.add_site(house, alice, "North", "Asia/Shanghai")
    team = teams.add_team(house, alice, TeamTerms("Welders"))
    for name in ("Ann Hall", "Ben Hall", "Cat Hall"):
        person = enrol.enrol(house, alice, enrol.NewPerson(name, PersonKind.WORKER))
        teams.put_in(house, alice, team, person, today(house))
    return site


def today(house: House) -> Any:
    return house.clock.now().date()


def wanted(house: House, signed: Signed, site: SiteId) -> approving.Wanted:
    return teams.roll_wanted(teams.roll_size(house, signed, today(house)), site, today(house), None)


def take(house: House, signed: Signed, site: SiteId) -> int:
    return len(teams.roll_file(house, signed, site, today(house), WHY))


def actions(house: House, tenant: TenantId, word: str = "approval.") -> list[tuple[str, str]]:
    with house.store.read(tenant) as db:
        found = journal.entries(db, house.keyring, limit=500)
    return [(e.action, e.actor_id) for e in reversed(found) if e.action.startswith(word)]


def test_alice_asks_pia_agrees_and_alice_takes_it_once(house: House, alice: Signed, join: Join, site: SiteId) -> None:
    pia = join("Pia Priv", Role.PRIVACY)
    with pytest.raises(approving.NeedsSecond):
        take(house, alice, site)
    asked = approving.ask(house, alice, wanted(house, alice, site), WHY)
    assert approving.waiting(house, pia) == 1
    assert approving.waiting(house, alice) == 0
    (line,) = approving.inbox(house, pia)
    assert (line.by, line.rows, line.reason, line.site) == ("Alice Ames", 3, WHY, "North")
    approving.decide(house, pia, asked, approved=True)
    standing = approving.standing(house, alice, wanted(house, alice, site))
    assert standing.ready
    assert standing.asked is not None
    assert standing.asked.decided_by == "Pia Priv"
    assert take(house, alice, site) == 3
    with pytest.raises(approving.NeedsSecond):
        take(house, alice, site)
    told = actions(house, alice.tenant)
    assert [action for action, _ in told] == ["approval.asked", "approval.given", "approval.used"]
    assert [actor for _, actor in told] == [str(alice.operator), str(pia.operator), str(alice.operator)]


def test_everybody_on_the_list_reads_who_took_it_and_what_for(house: House, alice: Signed, site: SiteId) -> None:
    assert take(house, alice, site) == 3  # there is nobody who could be the second
    with house.store.read(alice.tenant) as db:
        found = [
            [(one.action, one.actor_id, one.purpose) for one in journal.entries_about(db, house.keyring, row.person)]
            for row in directory.people(db, limit=10)
        ]
    assert len(found) == 3
    assert all(("team.roll-taken", str(alice.operator), WHY) in one for one in found)


def test_without_a_purpose_nothing_is_asked_for_nor_taken(house: House, alice: Signed, join: Join, site: SiteId) -> None:
    with pytest.raises(PurposeNeeded):
        teams.roll_file(house, alice, site, today(house), "because")
    join("Pia Priv", Role.PRIVACY)
    with pytest.raises(PurposeNeeded):
        approving.ask(house, alice, wanted(house, alice, site), "")


def test_small_files_take_one_and_so_does_everything_where_it_is_switched_off(
    house: House, alice: Signed, join: Join, site: SiteId
) -> None:
    join("Pia Priv", Role.PRIVACY)
    assert take(replace(house, eyes=Eyes(rows=3)), alice, site) == 3
    assert take(replace(house, eyes=Eyes(on=False, rows=0)), alice, site) == 3


def test_a_colleague_who_could_not_take_it_is_no_second(house: House, alice: Signed, join: Join, site: SiteId) -> None:
    nils, hanna = join("Nils Host", Role.HOST), join("Hanna Pay", Role.PAYROLL)
    assert take(house, alice, site) == 3
    rita = join("Rita Desk", Role.RECEPTION)  # who sees people
    asked = approving.ask(house, alice, wanted(house, alice, site), WHY)
    for other in (nils, hanna):
        assert approving.inbox(house, other) == []
        with pytest.raises(NotFound):
            approving.decide(house, other, asked, approved=True)
    approving.decide(house, rita, asked, approved=True)


def test_nobody_agrees_to_their_own_and_rights_of_an_emergency_agree_to_nothing(
    house: House, alice: Signed, join: Join, site: SiteId
) -> None:
    join("Pia Priv", Role.PRIVACY)
    nils = join("Nils Host", Role.HOST)
    asked = approving.ask(house, alice, wanted(house, alice, site), WHY)
    with pytest.raises(approving.OwnApproval):
        approving.decide(house, alice, asked, approved=True)
    emergency.take(house, nils, "Smoke in the workshop, somebody is missing")
    with pytest.raises(NotFound):
        approving.decide(house, replace(nils, emergency=True), asked, approved=True)
    with pytest.raises(Forbidden):
        approving.ask(house, nils, wanted(house, alice, site), WHY)


def test_what_was_refused_or_is_over_gives_nothing(house: House, alice: Signed, join: Join, site: SiteId, clock: Any) -> None:
    pia = join("Pia Priv", Role.PRIVACY)
    no = approving.ask(house, alice, wanted(house, alice, site), WHY)
    with pytest.raises(approving.AskedAlready):
        approving.ask(house, alice, wanted(house, alice, site), WHY)
    approving.decide(house, pia, no, approved=False)
    with pytest.raises(approving.ApprovalOver):
        approving.decide(house, pia, no, approved=True)
    late = approving.ask(house, alice, wanted(house, alice, site), WHY)
    clock.move(timedelta(hours=24))
    assert approving.inbox(house, pia) == []
    with pytest.raises(approving.ApprovalOver):
        approving.decide(house, pia, late, approved=True)
    yes = approving.ask(house, alice, wanted(house, alice, site), WHY)
    approving.decide(house, pia, yes, approved=True)
    clock.move(timedelta(hours=24))
    with pytest.raises(approving.NeedsSecond):
        take(house, alice, site)


def test_who_is_disabled_is_no_second_any_more(house: House, alice: Signed, join: Join, site: SiteId) -> None:
    pia = join("Pia Priv", Role.PRIVACY)
    with house.store.begin(alice.tenant, alice.actor) as tx:
        accounts.disable_operator(tx, OperatorId(pia.operator), house.clock.now())
        journal.write(tx, house.keyring, house.clock.now(), "operator.disabled")
    assert take(house, alice, site) == 3


def test_of_four_that_take_it_at_once_one_gets_it(house: House, alice: Signed, join: Join, site: SiteId) -> None:
    pia = join("Pia Priv", Role.PRIVACY)
    approving.decide(house, pia, approving.ask(house, alice, wanted(house, alice, site), WHY), approved=True)
    start, got = Barrier(4), []

    def race() -> None:
        start.wait()
        try:
            got.append(take(house, alice, site))
        except approving.NeedsSecond:
            got.append(0)

    threads = [Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [0, 0, 0, 3]


def test_somebody_is_erased_and_a_face_secret_destroyed_by_two(house: House, alice: Signed, join: Join, site: SiteId) -> None:
    pia = join("Pia Priv", Role.PRIVACY)
    person = enrol.enrol(house, alice, enrol.NewPerson("Dan Hall", PersonKind.WORKER))
    for act, asked in (
        (lambda: erase.erase(house, pia, person, "asked for it"), erase.erase_wanted(person)),
        (lambda: rekeying.rekey_faces(house, pia, site), rekeying.rekey_wanted(site)),
    ):
        with pytest.raises(approving.NeedsSecond):
            act()
        approving.decide(house, alice, approving.ask(house, pia, asked, "asked: in writing"), approved=True)
        act()
    with pytest.raises(approving.NeedsSecond):
        rekeying.rekey_faces(house, pia, site)
