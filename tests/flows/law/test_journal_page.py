"""The privacy officer looks into Acme's journal: by person, by operator, by kind and by day, and proves what is there."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import OperatorId
from sealgate.domain.operators import Role
from sealgate.flows import journal_page, people, signin, witnessing
from sealgate.flows.journal_page import JournalQuery, NoSuchEntry
from sealgate.privacy.checkpoints import Checkpoint
from sealgate.privacy.merkle import includes
from sealgate.privacy.notes import Verifier

if TYPE_CHECKING:
    from tests.flows.conftest import Campus, HandClock

    from sealgate.flows.kit import Signed

DAY = timedelta(days=1)
PASSWORD = "rusty anchors sing at dusk"


@pytest.fixture
def dora(acme_campus: Campus) -> Signed:
    link = signin.invite_operator(acme_campus.house, acme_campus.signed, frozenset({Role.SECURITY}))
    token = signin.set_up(acme_campus.house, link, name="Dora Marsh", login="dora@acme.example", password=PASSWORD)
    found = signin.who_is(acme_campus.house, token)
    assert found is not None
    return found


@pytest.fixture
def officer(acme_campus: Campus) -> Signed:
    return acme_campus.only(Role.PRIVACY)


def query(clock: HandClock, **more: object) -> JournalQuery:
    return JournalQuery(clock.at.date() - DAY, clock.at.date() + DAY, **more)  # type: ignore[arg-type]


def actions(campus: Campus, signed: Signed, asked: JournalQuery) -> list[str]:
    return [line.action for line in journal_page.search(campus.house, signed, asked)[0]]


def test_it_is_searched_by_person_operator_and_kind(
    acme_campus: Campus, dora: Signed, officer: Signed, clock: HandClock
) -> None:
    house = acme_campus.house
    alice, bob = acme_campus.person("Alice Marsh"), acme_campus.person("Bob Ellis")
    people.record(house, dora, alice)
    people.record(house, acme_campus.signed, bob)
    assert actions(acme_campus, officer, query(clock, person=alice)) == ["person.opened", "person.enrolled"]
    assert actions(acme_campus, officer, query(clock, operator=dora.operator, kind="person")) == ["person.opened"]
    both = journal_page.search(house, officer, query(clock, kind="person.opened"))[0]
    assert [line.who for line in both] == ["operator", "Dora Marsh"], "the first administrator of the tests has no account"
    with pytest.raises(NotFound):
        journal_page.search(house, officer, query(clock, operator=OperatorId(house.new_id())))


def test_that_somebody_was_searched_for_is_an_entry_about_them(acme_campus: Campus, officer: Signed, clock: HandClock) -> None:
    alice = acme_campus.person("Alice Marsh")
    actions(acme_campus, officer, query(clock, person=alice))
    assert actions(acme_campus, officer, query(clock, person=alice))[0] == "journal.searched"


def test_days_are_found_by_halving_and_pages_follow_each_other(acme_campus: Campus, officer: Signed, clock: HandClock) -> None:
    house, alice = acme_campus.house, acme_campus.person("Alice Marsh")
    for _ in range(3):
        clock.move(DAY)
        for _ in range(60):
            people.record(house, acme_campus.signed, alice)
    middle = clock.at.date() - DAY
    one_day = JournalQuery(middle, middle, kind="person.opened")
    found, more = journal_page.search(house, officer, one_day)
    assert (len(found), {line.local.date() for line in found}, more) == (60, {middle}, None)
    wide = JournalQuery(middle - DAY, middle + DAY, kind="person.opened")
    first, border = journal_page.search(house, officer, wide)
    assert border is not None
    second, none = journal_page.search(house, officer, JournalQuery(wide.first, wide.last, kind="person.opened", before=border))
    assert (len(first), len(second), none) == (100, 80, None)
    assert actions(acme_campus, officer, JournalQuery(middle - 900 * DAY, middle - 800 * DAY)) == []


def test_one_line_is_proven_by_what_is_published_alone(acme_campus: Campus, officer: Signed) -> None:
    house = acme_campus.house
    with pytest.raises(NoSuchEntry):
        journal_page.prove_for(house, officer, 1)
    witnessing.checkpoint(house, acme_campus.tenant)
    made = journal_page.prove_for(house, officer, 3)
    checkpoint = Checkpoint.parse(Verifier.parse(made.key).verified(made.note))
    steps = [base64.b64decode(step) for step in made.proof]
    assert includes(base64.b64decode(made.hash), 2, checkpoint.size, steps, checkpoint.root)
    standing = journal_page.standing(house, officer)
    assert standing.newest is not None
    assert standing.newest.size == checkpoint.size <= standing.entries
    for number in (0, -1, checkpoint.size + 1):
        with pytest.raises(NoSuchEntry):
            journal_page.prove_for(house, officer, number)


def test_the_whole_of_it_is_checked_and_taken_along(acme_campus: Campus, officer: Signed, clock: HandClock) -> None:
    house = acme_campus.house
    found = journal_page.check(house, officer)
    assert (found.verdict.whole, found.signed) == (True, True)
    taken, older = journal_page.taken_along(house, officer, query(clock))
    assert (taken[0].action, older) == ("journal.checked", False)
    assert actions(acme_campus, officer, query(clock))[0] == "journal.exported"


def test_a_file_that_leaves_older_entries_out_says_so(
    acme_campus: Campus, officer: Signed, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_page, "MOST_EXPORTED", 3)
    taken, older = journal_page.taken_along(acme_campus.house, officer, query(clock))
    assert (len(taken), older) == (3, True)


def test_who_may_not_read_the_journal_sees_nothing_of_it(acme_campus: Campus, umbra_campus: Campus, clock: HandClock) -> None:
    house, dora = acme_campus.house, acme_campus.only(Role.SECURITY, Role.HR)
    alice = acme_campus.person("Alice Marsh")
    for act in (
        lambda: journal_page.search(house, dora, query(clock)),
        lambda: journal_page.standing(house, dora),
        lambda: journal_page.check(house, dora),
        lambda: journal_page.prove_for(house, dora, 1),
        lambda: journal_page.taken_along(house, dora, query(clock)),
    ):
        with pytest.raises(Forbidden):
            act()
    assert actions(umbra_campus, umbra_campus.only(Role.PRIVACY), query(clock, person=alice)) == []
