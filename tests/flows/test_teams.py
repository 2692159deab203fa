"""Teams: one at a time, the past stays, and a head count comes from the gates of that site and day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sealgate.domain.calendar import DAY
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import GateId, PersonId, TeamId
from sealgate.domain.operators import Role
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.domain.teams import BadTeam, BadTrade, JoinsEarlier, NotInTeam, TeamEnded, TeamKind, TeamTerms, TooLong
from sealgate.flows import enrol, passage, teams
from sealgate.flows.kit import House, Signed
from sealgate.flows.teams import NobodyOfThat

CREW = TeamTerms("Welders", TeamKind.CREW, "Northern Steel")


@pytest.fixture
def crew(house: House, acme_campus: Any) -> TeamId:
    return teams.add_team(house, acme_campus.signed, CREW)


def today(house: House) -> Any:
    return (house.clock.now() + timedelta(hours=8)).date()


def with_card(campus: Any, name: str, card: str) -> PersonId:
    person: PersonId = campus.person(name)
    enrol.add_credential(campus.house, campus.signed, person, Means.CARD, card)
    return person


def passes(campus: Any, card: str, gate: GateId | None = None) -> None:
    sighting = CodeSighting(gate or campus.door, campus.house.clock.now(), Means.CARD, card)
    assert passage.admit(campus.house, campus.tenant, sighting).decision.opens


def test_who_passes_a_gate_with_any_credential_is_counted_once(
    house: House, acme_campus: Any, crew: TeamId, clock: Any
) -> None:
    c = acme_campus
    for name, card in (("Alice", "40000001"), ("Bob", "40000002"), ("Charlie", "40000003")):
        teams.put_in(house, c.signed, crew, with_card(c, name, card), today(house) - 3 * DAY, "welder")
    passes(c, "40000001")
    clock.move(timedelta(hours=2))
    passes(c, "40000001", c.exit)
    passes(c, "40000002")
    (line,) = teams.teams(house, c.signed, c.site)
    assert (line.people, line.here) == (3, 2)
    found = teams.record(house, c.signed, c.site, crew)
    assert [(one.name, one.trade) for one in found.members] == [("Alice", "welder"), ("Bob", "welder"), ("Charlie", "welder")]
    alice = found.members[0]
    assert alice.first is not None
    assert alice.last is not None
    assert alice.last - alice.first == timedelta(hours=2)
    assert found.counts[-1] == (today(house), 2)
    assert found.counts[0][1] == 0


def test_yesterdays_head_count_stays_when_somebody_moves(house: House, acme_campus: Any, crew: TeamId, clock: Any) -> None:
    c = acme_campus
    bob = with_card(c, "Bob", "40000002")
    teams.put_in(house, c.signed, crew, bob, today(house))
    passes(c, "40000002")
    clock.move(DAY)
    other = teams.add_team(house, c.signed, TeamTerms("Painters", TeamKind.CREW, "Brush & Co"))
    teams.put_in(house, c.signed, other, bob, today(house))
    passes(c, "40000002", c.exit)
    counted = {team.terms.name: row for team, row in teams.counts(house, c.signed, c.site, today(house) - DAY, today(house))}
    assert counted == {"Welders": (1, 0), "Painters": (0, 1)}
    assert [line.team.terms.name for line in teams.roll(house, c.signed, c.site, today(house) - DAY)] == ["Welders"]
    assert [line.team.terms.name for line in teams.roll(house, c.signed, c.site, today(house))] == ["Painters"]


def test_the_real_name_list_is_in_the_order_of_contractor_team_and_name(house: House, acme_campus: Any, crew: TeamId) -> None:
    c = acme_campus
    own = teams.add_team(house, c.signed, TeamTerms("Office"))
    for name, team in (("Bob", crew), ("Alice", crew), ("Dora", own)):
        teams.put_in(house, c.signed, team, c.person(name), today(house))
    lines = teams.roll(house, c.signed, c.site, today(house))
    assert [(line.team.terms.contractor, line.member.name) for line in lines] == [
        ("", "Dora"),
        ("Northern Steel", "Alice"),
        ("Northern Steel", "Bob"),
    ]


def test_a_person_is_in_one_team_at_a_time(house: House, acme_campus: Any, crew: TeamId) -> None:
    c = acme_campus
    alice = c.person("Alice")
    teams.put_in(house, c.signed, crew, alice, today(house))
    with pytest.raises(JoinsEarlier):
        teams.put_in(house, c.signed, crew, alice, today(house))
    teams.take_out(house, c.signed, crew, alice, today(house) - DAY)
    assert teams.roll(house, c.signed, c.site, today(house)) == []
    with pytest.raises(NotInTeam):
        teams.take_out(house, c.signed, crew, alice, today(house))
    teams.put_in(house, c.signed, crew, alice, today(house))


def test_an_ended_team_takes_nobody_and_keeps_its_past(house: House, acme_campus: Any, crew: TeamId, clock: Any) -> None:
    c = acme_campus
    teams.put_in(house, c.signed, crew, c.person("Alice"), today(house))
    teams.end_team(house, c.signed, c.site, crew)
    assert len(teams.roll(house, c.signed, c.site, today(house))) == 1
    clock.move(DAY)
    assert teams.roll(house, c.signed, c.site, today(house)) == []
    acts: list[Callable[[], object]] = [
        lambda: teams.end_team(house, c.signed, c.site, crew),
        lambda: teams.change_team(house, c.signed, crew, CREW),
        lambda: teams.put_in(house, c.signed, crew, c.person("Bob"), today(house)),
    ]
    for act in acts:
        with pytest.raises(TeamEnded):
            act()


def test_the_trade_lies_sealed_and_the_person_reads_who_put_them_in(house: House, acme_campus: Any, crew: TeamId) -> None:
    from sealgate.flows import people
    from sealgate.store import teams as rows

    c = acme_campus
    alice = c.person("Alice")
    teams.put_in(house, c.signed, crew, alice, today(house), "scaffolder")
    with house.store.read(c.tenant) as db:
        (row,) = rows.memberships(db, today(house), today(house))
    assert b"scaffolder" not in bytes(row.detail)
    assert "team.joined" in [line.action for line in people.record(house, c.signed, alice).journal]


def test_people_are_called_by_number_or_by_a_name_that_one_has(house: House, acme_campus: Any) -> None:
    c = acme_campus
    alice = enrol.enrol(house, c.signed, enrol.NewPerson("Alice Marsh", number="N1"))
    enrol.enrol(house, c.signed, enrol.NewPerson("Bob Ellis", number="N2"))
    enrol.enrol(house, c.signed, enrol.NewPerson("Bob Ellis", number="N3"))
    assert teams.person_called(house, c.signed, " n1 ") == alice
    assert teams.person_called(house, c.signed, "alice  marsh") == alice
    for said in ("Bob Ellis", "Nobody", ""):
        with pytest.raises(NobodyOfThat):
            teams.person_called(house, c.signed, said)


def test_who_may_not_change_teams_sees_them_and_who_may_not_see_people_does_not(
    house: House, acme_campus: Any, crew: TeamId
) -> None:
    c = acme_campus
    dora = c.only(Role.SECURITY)
    assert len(teams.teams(house, dora, c.site)) == 1
    alice = c.person("Alice")
    acts: list[Callable[[], object]] = [
        lambda: teams.add_team(house, dora, CREW),
        lambda: teams.change_team(house, dora, crew, CREW),
        lambda: teams.end_team(house, dora, c.site, crew),
        lambda: teams.put_in(house, dora, crew, alice, today(house)),
        lambda: teams.take_out(house, dora, crew, alice, today(house)),
        lambda: teams.managers(house, dora),
    ]
    for act in acts:
        with pytest.raises(Forbidden):
            act()
    for role in (Role.ATTENDANT, Role.MANAGER):
        nobody = c.only(role)
        looks: list[Callable[[Signed], object]] = [
            lambda who: teams.teams(house, who, c.site),
            lambda who: teams.record(house, who, c.site, crew),
            lambda who: teams.roll(house, who, c.site, today(house)),
            lambda who: teams.counts(house, who, c.site, today(house), today(house)),
        ]
        for look in looks:
            with pytest.raises(Forbidden):
                look(nobody)


def test_umbra_sees_none_of_it(house: House, acme_campus: Any, umbra_campus: Any, crew: TeamId) -> None:
    u = umbra_campus
    assert teams.teams(house, u.signed, u.site) == []
    with pytest.raises(NotFound):
        teams.record(house, u.signed, u.site, crew)
    with pytest.raises(NotFound):
        teams.put_in(house, u.signed, crew, u.person("Uma"), today(house))


@pytest.mark.parametrize(
    "terms", [TeamTerms(""), TeamTerms("x" * 81), TeamTerms("a\x00b"), TeamTerms("Crew", TeamKind.CREW, "x" * 121)]
)
def test_terms_that_do_not_fit(house: House, acme_campus: Any, terms: TeamTerms) -> None:
    with pytest.raises(BadTeam):
        teams.add_team(house, acme_campus.signed, terms)


def test_a_trade_or_a_time_too_long_is_refused(house: House, acme_campus: Any, crew: TeamId) -> None:
    c = acme_campus
    with pytest.raises(BadTrade):
        teams.put_in(house, c.signed, crew, c.person("Alice"), today(house), "x" * 61)
    with pytest.raises(TooLong):
        teams.counts(house, c.signed, c.site, today(house) - 92 * DAY, today(house))
