"""Teams in the console: added, filled, listed by name, as a file, and to those only who may see people."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest

from sealgate.domain.operators import Role
from sealgate.flows.kit import Signed

Enter = Callable[[Signed], Any]


@pytest.fixture
def crew(enter: Enter, alice: Signed, place: Any, people: Any) -> str:
    """The address of a crew with Alice in it."""
    browser = enter(alice)
    terms = {"name": "Welders", "kind": "crew", "contractor": "=Northern Steel", "manager": str(alice.operator)}
    path: str = browser.post(f"/s/{place.site}/teams", terms).url.path
    shown = browser.post(f"{path}/members", {"who": "alice hall", "trade": "welder", "since": "2026-11-20"})
    assert shown.status_code == 200, shown.text
    return path


def test_a_crew_is_added_and_filled(enter: Enter, alice: Signed, place: Any, crew: str) -> None:
    browser = enter(alice)
    html = browser.get(crew).text
    for said in ("Welders", "=Northern Steel", "Led by Alice Ames", "Alice Hall", "welder", "20 November 2026", "Not seen"):
        assert said in html
    assert "0 of 1 came" in browser.get(f"/s/{place.site}/teams").text


def test_whoever_passes_is_counted_on_every_page(
    enter: Enter, alice: Signed, place: Any, crew: str, show: Callable[..., Any]
) -> None:
    assert show("40000001").decision.opens
    browser = enter(alice)
    assert "1 of 1 came" in browser.get(f"/s/{place.site}/teams").text
    assert "09:12–09:12" in browser.get(crew).text
    roll = browser.get(f"/s/{place.site}/teams/roll").text
    assert "1 person on the list, 1 came" in roll


def test_the_real_name_list_is_a_file_in_which_nothing_is_a_formula(enter: Enter, alice: Signed, place: Any, crew: str) -> None:
    browser = enter(alice)
    file = f"/s/{place.site}/teams/roll/file?day=2026-11-23"
    assert browser.post(file, {"form": "csv"}).status_code == 422
    lines = browser.post(file, {"purpose": "law", "form": "csv"}).text.splitlines()
    assert lines[1] == "'=Northern Steel,Welders,Alice Hall,,welder,2026-11-20,,"
    book = ZipFile(BytesIO(browser.post(file, {"purpose": "law", "form": "xlsx"}).content))
    assert len([name for name in book.namelist() if "worksheets/sheet" in name]) == 2
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_a_day_on_which_nobody_was_in_a_team_says_so(enter: Enter, alice: Signed, place: Any, crew: str) -> None:
    html = enter(alice).get(f"/s/{place.site}/teams/roll?day=2026-11-01").text
    assert "Nobody was in a team on that day" in html


@pytest.mark.parametrize("query", ["day=yesterday", "team=welders", "day=2026-13-01"])
def test_an_address_that_is_none_is_refused(query: str, enter: Enter, alice: Signed, place: Any) -> None:
    assert enter(alice).get(f"/s/{place.site}/teams/roll?{query}").status_code == 422


def test_what_does_not_fit_comes_back_with_what_was_typed(enter: Enter, alice: Signed, place: Any, crew: str) -> None:
    browser = enter(alice)
    empty = browser.post(f"/s/{place.site}/teams", {"name": " ", "contractor": "Northern"})
    assert (empty.status_code, "Northern" in empty.text) == (422, True)
    nobody = browser.post(f"{crew}/members", {"who": "Nobody At All", "trade": "painter"})
    assert nobody.status_code == 422
    assert "Nobody is called so, or several are" in nobody.text
    assert 'value="painter"' in nobody.text


def test_taken_out_and_ended(enter: Enter, alice: Signed, place: Any, people: Any, crew: str) -> None:
    browser = enter(alice)
    assert "Nobody is in it yet" in browser.post(f"{crew}/members/{people['Alice']}/end").text
    assert "Welders" not in browser.post(f"{crew}/end").text
    assert "Ended on" in browser.get(crew).text


def test_a_change_keeps_whoever_led_and_may_name_somebody_else(
    enter: Enter, alice: Signed, place: Any, people: Any, crew: str
) -> None:
    browser = enter(alice)
    terms = {"name": "Welders", "kind": "crew", "manager": "", "leader": "Alice Hall"}
    assert "Led by Alice Hall" in browser.post(f"{crew}/change", terms).text
    assert "Led by Alice Hall" in browser.post(f"{crew}/change", {**terms, "leader": ""}).text


def test_each_role_meets_what_it_may(enter: Enter, operator: Callable[..., Signed], place: Any, people: Any, crew: str) -> None:
    root = f"/s/{place.site}/teams"
    looks = ["", "/roll", "/roll/file", crew.removeprefix(root)]
    acts = [("", {"name": "More"}), (f"{crew.removeprefix(root)}/change", {"name": "More"})]
    acts += [(f"{crew.removeprefix(root)}/members", {"who": "Alice Hall"}), (f"{crew.removeprefix(root)}/end", {})]
    for role in Role:
        if role is Role.ADMINISTRATOR:
            continue
        browser = enter(operator(f"{role.value.title()} Person", role))
        sees = role in {Role.HR, Role.SECURITY, Role.RECEPTION, Role.PRIVACY}
        for look in looks:
            assert (browser.get(f"{root}{look}").status_code == 200) is sees, (role, look)
        if role is Role.HR:
            continue
        for act, form in acts:
            assert browser.post(f"{root}{act}", form).status_code == 403, (role, act)


def test_umbras_people_do_not_meet_acmes_teams(enter: Enter, alice: Signed, stranger_site: Any, crew: str) -> None:
    team = re.search(r"[0-9a-f-]{36}$", crew)
    assert team
    assert enter(alice).get(f"/s/{stranger_site}/teams/{team[0]}").status_code == 404
