"""Performance: figures from real passages, words that only those read who may, and the person all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from sealgate.domain.attendance_errors import TooManyDays
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import OperatorId, PersonId, TeamId
from sealgate.domain.operators import Role
from sealgate.domain.performance import CycleClosed, Goal, TooManyGoals
from sealgate.domain.teams import TeamTerms
from sealgate.flows import people, performance, selfservice, teams
from sealgate.flows.kit import Signed
from sealgate.flows.selfservice import Own
from sealgate.store import performance as rows

FIRST, LAST = date(2026, 10, 12), date(2026, 10, 16)
H2 = (date(2026, 7, 1), date(2026, 12, 31))


@pytest.fixture
def alice(attendance: Any) -> PersonId:
    """Works days: Monday whole, Tuesday an hour late, Wednesday to Friday nobody saw her."""
    person: PersonId = attendance.campus.person("Alice")
    attendance.roster(person, attendance.day)
    for came, left in (("10-12 08:55", "10-12 18:05"), ("10-13 10:00", "10-13 18:01")):
        attendance.came(person, came)
        attendance.left(person, left)
    return person


@pytest.fixture
def manager(attendance: Any) -> Signed:
    """Dora leads Alice's team and has no other role. She is an operator that is really there."""
    from sealgate.flows import signin

    house, campus = attendance.house, attendance.campus
    link = signin.invite_operator(house, campus.signed, frozenset({Role.MANAGER}))
    token = signin.set_up(house, link, name="Dora Marsh", login="dora@example.org", password="rusty anchors sing at dusk")
    signed = signin.who_is(house, token)
    assert signed is not None
    return signed


@pytest.fixture
def team(attendance: Any, alice: PersonId, manager: Signed) -> TeamId:
    made = teams.add_team(attendance.house, attendance.campus.signed, TeamTerms("Office", operator=manager.operator))
    teams.put_in(attendance.house, attendance.campus.signed, made, alice, date(2026, 9, 1))
    return made


@pytest.fixture
def bob(attendance: Any) -> PersonId:
    """In another team, that Dora does not lead."""
    c = attendance.campus
    person: PersonId = c.person("Bob")
    other = teams.add_team(attendance.house, c.signed, TeamTerms("Stores"))
    teams.put_in(attendance.house, c.signed, other, person, date(2026, 9, 1))
    return person


def own_of(attendance: Any, person: PersonId) -> Own:
    house, campus = attendance.house, attendance.campus
    found = selfservice.who_is(house, selfservice.enter(house, selfservice.make_link(house, campus.signed, person)))
    assert found is not None
    return found


def test_figures_come_from_rosters_and_passages(attendance: Any, alice: PersonId, team: TeamId) -> None:
    found = performance.person(attendance.house, attendance.campus.signed, alice, FIRST, LAST)
    assert found.figures.attendance == Fraction(2, 5)
    assert (found.figures.days, found.figures.punctual, found.figures.late) == (2, 1, 60)
    assert (found.figures.worked, found.figures.planned) == (15 * 60, 40 * 60)
    assert found.team is not None
    assert found.team.team == team
    assert list(found.months) == [date(2026, 10, 1)]


def test_a_manager_sees_the_own_team_and_no_other(
    attendance: Any, alice: PersonId, bob: PersonId, manager: Signed, team: TeamId
) -> None:
    house = attendance.house
    seen = performance.overview(house, manager, FIRST, LAST)
    assert [(line.name, line.figures.late) for line in seen.people] == [("Alice", 60)]
    assert [one.team for one in seen.teams] == [team]
    assert performance.person(house, manager, alice, FIRST, LAST).name == "Alice"
    other = next(
        line.team.team
        for line in teams.teams(house, attendance.campus.signed, attendance.campus.site)
        if line.team.team != team
    )
    acts: list[Callable[[], object]] = [
        lambda: performance.person(house, manager, bob, FIRST, LAST),
        lambda: performance.overview(house, manager, FIRST, LAST, team=other),
        lambda: performance.add_goal(house, manager, bob, Goal("Fewer errors")),
        lambda: performance.add_cycle(house, manager, "H2", *H2),
    ]
    for act in acts:
        with pytest.raises(Forbidden):
            act()


def test_a_manager_sees_nobody_who_has_left_the_team(attendance: Any, alice: PersonId, manager: Signed, team: TeamId) -> None:
    teams.take_out(attendance.house, attendance.campus.signed, team, alice, date(2026, 9, 30))
    with pytest.raises(Forbidden):
        performance.person(attendance.house, manager, alice, FIRST, LAST)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR, Role.HR, Role.MANAGER}))
def test_no_other_role_reads_or_says_anything(attendance: Any, alice: PersonId, team: TeamId, role: Role) -> None:
    house, signed = attendance.house, attendance.campus.only(role)
    cycle = performance.add_cycle(house, attendance.campus.signed, "H2", *H2)
    goal = performance.add_goal(house, attendance.campus.signed, alice, Goal("Fewer errors"))
    acts: list[Callable[[], object]] = [
        lambda: performance.overview(house, signed, FIRST, LAST),
        lambda: performance.person(house, signed, alice, FIRST, LAST),
        lambda: performance.cycles(house, signed),
        lambda: performance.add_goal(house, signed, alice, Goal("More")),
        lambda: performance.move_goal(house, signed, goal, 50),
        lambda: performance.end_goal(house, signed, goal),
        lambda: performance.add_cycle(house, signed, "H3", *H2),
        lambda: performance.close_cycle(house, signed, cycle),
        lambda: performance.score(house, signed, cycle, alice, 3, "Fine."),
    ]
    for act in acts:
        with pytest.raises(Forbidden):
            act()


def test_personnel_reads_everybody(attendance: Any, alice: PersonId, bob: PersonId, team: TeamId) -> None:
    found = performance.overview(attendance.house, attendance.campus.only(Role.HR), FIRST, LAST)
    assert [line.name for line in found.people] == ["Alice", "Bob"]
    assert found.total.late == 60


def test_at_a_site_are_those_who_are_rostered_there(attendance: Any, alice: PersonId, bob: PersonId, team: TeamId) -> None:
    c = attendance.campus
    assert [line.name for line in performance.overview(c.house, c.signed, FIRST, LAST, site=c.site).people] == ["Alice"]


def test_a_person_reads_everything_that_is_said_about_them(
    attendance: Any, alice: PersonId, manager: Signed, team: TeamId
) -> None:
    house, c = attendance.house, attendance.campus
    cycle = performance.add_cycle(house, c.signed, "H2", *H2)
    performance.add_goal(house, manager, alice, Goal("Fewer errors", "Below 1 %", date(2026, 12, 1)))
    performance.score(house, manager, cycle, alice, 4, "Careful and quick.")
    mine = own_of(attendance, alice)
    performance.say_oneself(house, mine, cycle, "I would like to lead the shift.")
    seen = performance.mine(house, mine, FIRST, LAST)
    (review,) = seen.reviews
    assert (review.score, review.words, review.by, review.own) == (
        4,
        "Careful and quick.",
        "Dora Marsh",
        "I would like to lead the shift.",
    )
    assert [goal.terms for goal in seen.goals] == [Goal("Fewer errors", "Below 1 %", date(2026, 12, 1))]
    assert seen.figures == performance.person(house, manager, alice, FIRST, LAST).figures
    told = [line.action for line in people.record(house, c.signed, alice).journal]
    assert {"review.scored", "goal.set", "performance.opened", "review.own-words"} <= set(told)


def test_what_is_said_lies_sealed(attendance: Any, alice: PersonId, manager: Signed, team: TeamId) -> None:
    house = attendance.house
    cycle = performance.add_cycle(house, attendance.campus.signed, "H2", *H2)
    performance.score(house, manager, cycle, alice, 4, "Careful and quick.")
    performance.add_goal(house, manager, alice, Goal("Fewer errors"))
    with house.store.read(manager.tenant) as db:
        (review,), (goal,) = rows.reviews_of(db, [alice]), rows.goals_of(db, alice)
    assert b"Careful" not in bytes(review.said or b"")
    assert b"Fewer" not in bytes(goal.detail)


def test_a_closed_cycle_stays_as_it_is_and_feeds_pay(attendance: Any, alice: PersonId, manager: Signed, team: TeamId) -> None:
    house, signed = attendance.house, attendance.campus.signed
    cycle = performance.add_cycle(house, signed, "H1", date(2026, 1, 1), date(2026, 6, 30))
    performance.score(house, manager, cycle, alice, 2, "Late too often.")
    performance.score(house, manager, cycle, alice, 5, "That was another Alice.")

    def scores(day: date) -> dict[PersonId, Fraction]:
        with house.store.read(signed.tenant) as db:
            return {one: found.share for one, found in performance.period_scores(house, db, [alice], day).items()}

    assert scores(date(2026, 12, 31)) == {}
    performance.close_cycle(house, signed, cycle)
    assert scores(date(2026, 12, 31)) == {alice: Fraction(3, 2)}
    assert scores(date(2026, 6, 29)) == {}
    mine = own_of(attendance, alice)
    acts: list[Callable[[], object]] = [
        lambda: performance.score(house, manager, cycle, alice, 1, "No."),
        lambda: performance.say_oneself(house, mine, cycle, "Thanks."),
        lambda: performance.close_cycle(house, signed, cycle),
    ]
    for act in acts:
        with pytest.raises(CycleClosed):
            act()


def test_a_goal_moves_and_ends(attendance: Any, alice: PersonId, manager: Signed, team: TeamId) -> None:
    house = attendance.house
    goal = performance.add_goal(house, manager, alice, Goal("Fewer errors"))
    assert performance.move_goal(house, manager, goal, 60) == alice
    performance.end_goal(house, manager, goal)
    (line,) = performance.person(house, manager, alice, FIRST, LAST).goals
    assert (line.terms.progress, line.ended_at is None) == (60, False)
    with pytest.raises(NotFound):
        performance.move_goal(house, manager, goal, 70)
    with pytest.raises(NotFound):
        performance.end_goal(house, manager, goal)
    for number in range(20):
        performance.add_goal(house, manager, alice, Goal(f"Goal {number}"))
    with pytest.raises(TooManyGoals):
        performance.add_goal(house, manager, alice, Goal("One more"))


def test_umbra_reads_nothing_of_acme(attendance: Any, alice: PersonId, team: TeamId, umbra_campus: Any) -> None:
    house, u = attendance.house, umbra_campus
    assert performance.overview(house, u.signed, FIRST, LAST).people == ()
    with pytest.raises(NotFound):
        performance.person(house, u.signed, alice, FIRST, LAST)


def test_more_than_a_year_at_once_is_refused(attendance: Any, alice: PersonId, team: TeamId) -> None:
    with pytest.raises(TooManyDays):
        performance.person(attendance.house, attendance.campus.signed, alice, date(2024, 1, 1), LAST)


def test_somebody_who_may_everything_but_is_nobodys_manager_needs_the_permission(attendance: Any, team: TeamId) -> None:
    stranger = attendance.campus.only(Role.MANAGER)
    assert OperatorId(stranger.operator) == stranger.operator
    assert performance.overview(attendance.house, stranger, FIRST, LAST).teams == ()
