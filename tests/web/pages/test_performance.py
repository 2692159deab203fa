"""Performance in the console and on one's own page: the manager says, the person reads and answers, personnel closes."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest

from sealgate.domain.ids import PersonId
from sealgate.domain.operators import Role
from sealgate.domain.teams import TeamTerms
from sealgate.flows import selfservice, teams
from sealgate.flows.kit import House, Signed

Enter = Callable[[Signed], Any]


@pytest.fixture
def manager(operator: Callable[..., Signed]) -> Signed:
    return operator("Dora Manager", Role.MANAGER)


@pytest.fixture
def root(house: House, alice: Signed, manager: Signed, place: Any, people: dict[str, PersonId]) -> str:
    """Alice is in the office, which Dora leads; Bob is in the stores, which nobody leads."""
    today = house.clock.now().date()
    for name, who, leader in (("=Office", "Alice", manager.operator), ("Stores", "Bob", None)):
        made = teams.add_team(house, alice, TeamTerms(name, operator=leader))
        teams.put_in(house, alice, made, people[who], today)
    return f"/s/{place.site}/performance"


def open_cycle(browser: Any, root: str) -> str:
    html = browser.post(f"{root}/cycles", {"name": "Second half", "since": "2026-07-01", "until": "2026-12-31"}).text
    found = re.search(r"/cycles/([0-9a-f-]{36})/close", html)
    assert found, html
    return found[1]


def test_a_manager_sees_the_own_team_with_nothing_but_performance(enter: Enter, manager: Signed, place: Any, root: str) -> None:
    browser = enter(manager)
    html = browser.get(f"{root}?whole=yes").text
    assert "Alice Hall" in html
    assert "Bob Ellis" not in html
    assert f"/s/{place.site}/people" not in html
    for page in ("people", "teams", "passages"):
        assert browser.get(f"/s/{place.site}/{page}").status_code == 403


def test_said_by_the_manager_read_and_answered_by_the_person(
    enter: Enter,
    browser: Callable[[], Any],
    house: House,
    alice: Signed,
    manager: Signed,
    people: dict[str, PersonId],
    root: str,
) -> None:
    cycle = open_cycle(enter(alice), root)
    dora = enter(manager)
    record = f"{root}/people/{people['Alice']}"
    assert "<script>x" not in dora.post(f"{record}/goals", {"title": "<script>x", "measure": "m", "due": "2026-12-01"}).text
    shown = dora.post(f"{record}/reviews/{cycle}", {"score": "4", "words": "Careful & quick."}).text
    assert "Careful &amp; quick." in shown
    assert "4 of 5" in shown
    phone = browser()
    phone.post(f"/my/enter/{selfservice.make_link(house, alice, people['Alice'])}")
    mine = phone.get("/my/performance").text
    for said in ("Careful &amp; quick.", "Dora Manager", "4 of 5", "&lt;script&gt;x"):
        assert said in mine
    phone.post(f"/my/performance/{cycle}", {"words": "Thank you."})
    assert "Thank you." in dora.get(record).text
    assert phone.post(f"/my/performance/{cycle}", {"words": " "}).status_code == 422
    enter(alice).post(f"{root}/cycles/{cycle}/close")
    assert dora.post(f"{record}/reviews/{cycle}", {"score": "1", "words": "No."}).status_code == 409
    assert phone.post(f"/my/performance/{cycle}", {"words": "More."}).status_code == 409


def test_a_review_that_does_not_fit_comes_back_with_what_was_typed(
    enter: Enter, alice: Signed, manager: Signed, people: dict[str, PersonId], root: str
) -> None:
    cycle = open_cycle(enter(alice), root)
    record = f"{root}/people/{people['Alice']}"
    for form, said in (
        ({"score": "7", "words": "Kept words"}, "A score is 1 to 5"),
        ({"score": "", "words": "Kept words"}, "A score is 1 to 5"),
        ({"score": "3", "words": ""}, "Say it in 1 to 4,000 characters"),
    ):
        answer = enter(manager).post(f"{record}/reviews/{cycle}", form)
        assert answer.status_code == 422
        assert said in answer.text
        assert form["words"] in answer.text


def test_goals_are_moved_and_ended(enter: Enter, manager: Signed, people: dict[str, PersonId], root: str) -> None:
    browser = enter(manager)
    html = browser.post(f"{root}/people/{people['Alice']}/goals", {"title": "Fewer errors"}).text
    goal = re.search(r"/goals/([0-9a-f-]{36})/progress", html)
    assert goal
    assert 'value="60"' in browser.post(f"{root}/goals/{goal[1]}/progress", {"progress": "60"}).text
    for wrong in ("101", "-1", "x"):
        assert browser.post(f"{root}/goals/{goal[1]}/progress", {"progress": wrong}).status_code == 422
    assert "Over since" in browser.post(f"{root}/goals/{goal[1]}/end").text


def test_the_files_hold_what_the_page_shows_and_no_formula(enter: Enter, alice: Signed, root: str) -> None:
    browser = enter(alice)
    lines = browser.post(f"{root}/file?whole=yes", {"purpose": "work", "form": "csv"}).text.lstrip("\ufeff").splitlines()
    assert lines[0].startswith("Name,Team,")
    assert [line.split(",")[:2] for line in lines[1:]] == [["Alice Hall", "'=Office"], ["Bob Ellis", "Stores"]]
    book = ZipFile(BytesIO(browser.post(f"{root}/file?whole=yes", {"purpose": "work", "form": "xlsx"}).content))
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("query", ["from=yesterday", "from=2026-12-01&to=2026-01-01x", "from=2020-01-01"])
def test_days_that_are_none_or_too_many_come_back_with_a_sentence(query: str, enter: Enter, alice: Signed, root: str) -> None:
    assert enter(alice).get(f"{root}?{query}").status_code == 422


def test_whoever_may_not_is_refused_every_page(
    enter: Enter, operator: Callable[..., Signed], people: dict[str, PersonId], root: str
) -> None:
    for role in sorted(set(Role) - {Role.ADMINISTRATOR, Role.HR, Role.MANAGER}):
        browser = enter(operator(f"{role.value.title()} Person", role))
        for look in ("", "/file", "/cycles", f"/people/{people['Alice']}"):
            assert browser.get(f"{root}{look}").status_code == 403, (role, look)
        assert browser.post(f"{root}/people/{people['Alice']}/goals", {"title": "More"}).status_code == 403


def test_a_manager_is_refused_somebody_elses_people_and_personnels_acts(
    enter: Enter, manager: Signed, people: dict[str, PersonId], root: str
) -> None:
    browser = enter(manager)
    assert browser.get(f"{root}/people/{people['Bob']}").status_code == 403
    assert browser.post(f"{root}/people/{people['Bob']}/goals", {"title": "More"}).status_code == 403
    form = {"name": "H2", "since": "2026-07-01", "until": "2026-12-31"}
    assert browser.post(f"{root}/cycles", form).status_code == 403
