"""Searching the past: a purpose first, an entry in the journal, whole names and plates."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sealgate.domain.ids import PersonId
from sealgate.domain.operators import Role
from sealgate.flows import people as people_flow
from sealgate.flows.kit import House, Signed
from sealgate.flows.passage import Admission

Enter = Callable[[Signed], Any]
TODAY = {"purpose": "incident", "note": "212", "since": "2026-11-23T00:00", "until": "2026-11-23T23:59"}


@pytest.fixture
def search(place: Any) -> str:
    return f"/s/{place.site}/passages"


@pytest.fixture
def a_morning(people: dict[str, PersonId], place: Any, show: Callable[..., Admission], clock: Any) -> None:
    show("40000001")
    clock.move(timedelta(minutes=1))
    show("40000002", place.side_door)
    clock.move(timedelta(minutes=1))


def test_nothing_is_searched_and_nothing_chosen_because_the_page_was_opened(
    enter: Enter, alice: Signed, search: str, a_morning: None
) -> None:
    html = enter(alice).get(search).text
    assert "Nothing searched yet" in html
    assert not re.search(r'name="purpose"[^>]*checked', html)
    assert "Alice Hall</a>" not in html


def test_without_a_purpose_nothing_is_found(enter: Enter, alice: Signed, search: str, a_morning: None) -> None:
    answer = enter(alice).post(search, {**TODAY, "purpose": ""})
    assert answer.status_code == 422
    assert "Alice Hall</a>" not in answer.text


def test_a_day_is_found_newest_first(enter: Enter, alice: Signed, search: str, a_morning: None) -> None:
    html = enter(alice).post(search, TODAY).text
    assert html.index("Bob Ellis") < html.index("Alice Hall</a>")
    assert "In the journal: Look into an incident: 212" in html


def test_a_name_finds_that_persons_passages(enter: Enter, alice: Signed, search: str, a_morning: None) -> None:
    html = enter(alice).post(search, {**TODAY, "name": "bob ellis"}).text
    assert "1 passage" in html
    assert "Bob Ellis" in html
    assert "Alice Hall</a>" not in html


def test_a_gate_narrows_the_search(enter: Enter, alice: Signed, search: str, place: Any, a_morning: None) -> None:
    html = enter(alice).post(search, {**TODAY, "gate": str(place.side_door)}).text
    assert "Bob Ellis" in html
    assert "Alice Hall</a>" not in html


def test_a_name_nobody_has_finds_nothing_and_says_what_to_do(enter: Enter, alice: Signed, search: str, a_morning: None) -> None:
    assert "No passages match" in enter(alice).post(search, {**TODAY, "name": "Charlie Doe"}).text


def test_whoever_is_found_can_read_that_they_were_searched_for(
    enter: Enter, house: House, alice: Signed, search: str, people: dict[str, PersonId], a_morning: None
) -> None:
    enter(alice).post(search, {**TODAY, "name": "Bob Ellis"})
    told = people_flow.record(house, alice, people["Bob"]).journal
    assert ("passages.searched", "incident: 212") in [(line.action, line.purpose) for line in told]


def test_many_passages_come_in_pages(
    enter: Enter, alice: Signed, search: str, people: dict[str, PersonId], show: Callable[..., Admission], clock: Any
) -> None:
    for _ in range(52):
        show("40000001")
        clock.move(timedelta(seconds=1))
    browser = enter(alice)
    first = browser.post(search, TODAY).text
    older = re.search(r'name="before" value="(\d+)"', first)
    assert older
    second = browser.post(search, {**TODAY, "before": older[1]}).text
    rows = [re.findall(r'id="passage-(\d+)"', page) for page in (first, second)]
    assert [len(page) for page in rows] == [50, 2]
    assert not set(rows[0]) & set(rows[1])


@pytest.mark.parametrize(
    "odd",
    [
        {"since": "yesterday"},
        {"until": "2026-11-23T00:00"},
        {"since": "2026-01-01T00:00"},
        {"gate": "not a gate"},
        {"plate": "!"},
        {"purpose": "curiosity"},
        {"until": "9999-12-31T23:59"},
    ],
)
def test_what_does_not_fit_is_told_and_what_was_typed_stays(
    enter: Enter, alice: Signed, search: str, odd: dict[str, str]
) -> None:
    answer = enter(alice).post(search, {**TODAY, "name": "Alice Hall", **odd})
    assert answer.status_code == 422
    assert 'value="Alice Hall"' in answer.text


def test_only_whoever_may_search_does(enter: Enter, operator: Callable[..., Signed], search: str) -> None:
    reception = enter(operator("Rita Bell", Role.RECEPTION))
    assert reception.get(search).status_code == 403
    assert reception.post(search, TODAY).status_code == 403


def test_another_organisations_passages_are_not_there(enter: Enter, alice: Signed, stranger_site: str) -> None:
    assert enter(alice).post(f"/s/{stranger_site}/passages", TODAY).status_code == 404


def test_nobody_who_is_not_signed_in_searches(browser: Callable[[], Any], search: str) -> None:
    assert "/sign-in" in str(browser().post(search, TODAY).url)
