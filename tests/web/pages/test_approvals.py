"""Two people in the console: Alice asks on the page of a file, Pia sees a notice and agrees, Alice takes it once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sealgate.domain.approvals import Eyes
from sealgate.domain.operators import Role
from sealgate.flows.kit import House, Signed
from sealgate.web import console

Enter = Callable[[Signed], Any]
FORM = {"purpose": "law", "note": "the ministry asks", "form": "csv"}


@pytest.fixture
def address(house: House, serve: Any) -> str:
    """A console in which one row takes two people."""
    return str(serve(console.build(replace(house, eyes=Eyes(rows=0)))).address)


@pytest.fixture
def file(enter: Enter, alice: Signed, place: Any, people: Any) -> str:
    browser = enter(alice)
    path = browser.post(f"/s/{place.site}/teams", {"name": "Welders", "kind": "crew", "manager": ""}).url.path
    browser.post(f"{path}/members", {"who": "alice hall", "trade": "welder", "since": "2026-11-20"})
    return f"/s/{place.site}/teams/roll/file?day=2026-11-23"


def test_alice_asks_pia_agrees_alice_takes(
    enter: Enter, alice: Signed, operator: Callable[..., Signed], file: str, place: Any
) -> None:
    hers, pias = enter(alice), enter(operator("Pia Privacy", Role.PRIVACY))
    page = hers.get(file).text
    assert "This takes two" in page
    assert "Take it" not in page
    assert hers.post(file, FORM).status_code == 409
    assert "Choose what it is needed for" not in page
    assert hers.post(file, {"do": "ask"}).status_code == 422
    asked = hers.post(file, {**FORM, "do": "ask"})
    assert "You have asked for it" in asked.text
    assert hers.post(file, {**FORM, "do": "ask"}).status_code == 409
    assert "1 request waits for your approval" in pias.get("/account").text
    assert "waits for your approval" not in hers.get("/account").text
    inbox = pias.get("/approvals").text
    for said in ("Real-name list of a day", "North Campus · 2026-11-23", "Alice Ames", "A duty by law: the ministry asks"):
        assert said in inbox
    (approval,) = set(re.findall(r'action="(/approvals/[0-9a-f-]+)"', inbox))
    assert hers.post(approval, {"answer": "yes"}).status_code == 409
    assert "Agreed. It can be taken once." in pias.post(approval, {"answer": "yes"}).text
    assert pias.post(approval, {"answer": "no"}).status_code == 409
    ready = hers.get(file).text
    assert "Pia Privacy agreed" in ready
    assert "Take it" in ready
    assert file.replace("&", "&amp;") in hers.get("/approvals").text
    taken = hers.post(file, FORM)
    assert taken.headers["content-type"].startswith("text/csv")
    assert "Alice Hall" in taken.text
    assert hers.post(file, FORM).status_code == 409
    assert "Taken" in hers.get("/approvals").text


def test_a_person_is_erased_and_a_secret_destroyed_by_two(
    enter: Enter, alice: Signed, operator: Callable[..., Signed], people: Any, place: Any
) -> None:
    officer = operator("Pia Privacy", Role.PRIVACY)
    hers, pias = enter(alice), enter(officer)
    erase = f"/s/{place.site}/people/{people['Alice']}/erase"
    typed = {"name": "Alice Hall", "why": "asked for it in writing"}
    assert pias.post(erase, typed).status_code == 409
    assert "You have asked for it" in pias.post(erase, {"why": "asked for it in writing", "do": "ask"}).text
    secret = f"/s/{place.site}/keys/faces"
    assert pias.post(secret).status_code == 409
    assert "You have asked for it" in pias.post(secret, {"do": "ask", "purpose": "incident"}).text
    inbox = hers.get("/approvals").text
    assert "Alice Hall" in inbox
    for approval in set(re.findall(r'action="(/approvals/[0-9a-f-]+)"', inbox)):
        hers.post(approval, {"answer": "yes"})
    assert "erased" in pias.post(erase, typed).text
    assert "turned by a new secret" in pias.post(secret).text


def test_the_page_says_where_it_is_switched_off_and_one_operator_needs_nobody(
    house: House, enter: Enter, alice: Signed, file: str, serve: Any
) -> None:
    hers = enter(alice)
    assert "Take it" in hers.get(file).text
    assert "Alice Hall" in hers.post(file, FORM).text
    off = serve(console.build(replace(house, eyes=Eyes(on=False)))).address
    assert "has switched this off" in hers.get(f"{off}/approvals").text


def test_who_could_agree_to_nothing_has_no_such_page(enter: Enter, operator: Callable[..., Signed]) -> None:
    browser = enter(operator("Nils Host", Role.HOST))
    assert browser.get("/approvals").status_code == 403
    assert 'href="/approvals"' not in browser.get("/account").text


def test_a_page_reads_no_name_of_a_hold_to_the_auditor(
    enter: Enter, operator: Callable[..., Signed], people: Any, place: Any
) -> None:
    pias = enter(operator("Pia Privacy", Role.PRIVACY))
    held = {"name": "Alice Hall", "until": "2026-12-31", "reason": "a dispute over the fence"}
    assert "Alice Hall" in pias.post("/holds", held).text
    told = enter(operator("Audrey Audit", Role.AUDITOR)).get("/holds").text
    assert "Alice Hall" not in told
    assert "a dispute over the fence" not in told
    assert "31 December 2026" in told
