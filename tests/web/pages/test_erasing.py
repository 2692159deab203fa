"""The privacy officer hands Alice everything, erases her, and gives her the receipt."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from sealgate.domain.ids import PersonId
from sealgate.domain.operators import Role
from sealgate.flows import approving, erase
from sealgate.flows.kit import House, Signed
from sealgate.privacy.notes import Verifier
from sealgate.store import schema as s
from sealgate.web.erasing import TABLES

Enter = Callable[[Signed], Any]


@pytest.fixture
def record(place: Any, people: dict[str, PersonId]) -> str:
    return f"/s/{place.site}/people/{people['Alice']}"


@pytest.fixture
def officer(operator: Callable[..., Signed]) -> Signed:
    return operator("Pia Privacy", Role.PRIVACY)


def test_everything_is_downloaded_as_one_file(enter: Enter, officer: Signed, record: str) -> None:
    answer = enter(officer).post(f"{record}/export", {"purpose": "asked"})
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert json.loads(packed.read("data.json"))["profile"]["name"] == "Alice Hall"


def test_she_is_erased_by_her_whole_name_and_the_receipt_can_be_checked(
    enter: Enter, officer: Signed, alice: Signed, record: str, house: House, people: dict[str, PersonId]
) -> None:
    browser = enter(officer)
    assert f"{record}/erase" in browser.get(record).text
    assert "Type the name to confirm: Alice Hall" in browser.get(f"{record}/erase").text
    wrong = browser.post(f"{record}/erase", {"name": "Alice", "why": "asked for it"})
    assert "That is another name" in wrong.text
    assert enter(alice).get(record).status_code == 200
    assert browser.post(f"{record}/erase", {"name": "Alice Hall", "why": "asked for it"}).status_code == 409
    asked = approving.ask(house, officer, erase.erase_wanted(people["Alice"]), "asked: in writing")
    approving.decide(house, alice, asked, approved=True)
    html = unescape(browser.post(f"{record}/erase", {"name": "Alice Hall", "why": "asked for it"}).text)
    note, key = re.findall(r"<pre[^>]*>(.*?)</pre>", html, re.DOTALL)
    assert "erased" in Verifier.parse(key).verified(note)
    assert browser.get(record).status_code == 404


def test_without_a_reason_nobody_is_erased(enter: Enter, officer: Signed, record: str) -> None:
    browser = enter(officer)
    assert browser.post(f"{record}/erase", {"name": "Alice Hall", "why": " "}).status_code == 422
    assert browser.get(record).status_code == 200


@pytest.mark.parametrize("path", ["/erase", "/export"])
def test_nobody_else_is_asked(enter: Enter, dora: Signed, record: str, path: str) -> None:
    assert enter(dora).get(record + path).status_code == 403
    assert f"{record}{path}" not in enter(dora).get(record).text


def test_each_table_that_can_be_erased_has_words() -> None:
    assert {table.name for table in s.metadata.sorted_tables if "person_id" in table.c} - {"payslips"} == set(TABLES)
