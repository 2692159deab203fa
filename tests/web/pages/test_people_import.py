"""A file of people in the console: brought, looked at, and enrolled after a yes."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from time import sleep
from typing import Any

import pytest

from sealgate.domain.operators import Role
from sealgate.domain.people_file import read
from sealgate.flows import people
from sealgate.flows.kit import House, Signed

Enter = Callable[[Signed], Any]
GOOD = b"name,number,groups,card\nGrace Lin,N7,Staff,77001122\nFinn Olsen,N8,,\n"
FLAWED = b"name,number,kind\nGrace Lin,N7,boss\nFinn Olsen,n7,\n"


def bring(browser: Any, site: object, data: bytes) -> Any:
    return browser.post(f"/s/{site}/people/import", files={"file": ("people.csv", data, "text/csv")})


def ended(browser: Any, path: str) -> str:
    """The state of the file once nobody works on it any more; the test's own limit ends the waiting."""
    while "hx-get" in (state := browser.get(f"{path}/progress").text):
        sleep(0.05)
    return str(state)


def test_a_good_file_is_shown_and_enrolled_after_a_yes(enter: Enter, house: House, alice: Signed, place: Any) -> None:
    browser = enter(alice)
    shown = bring(browser, place.site, GOOD)
    assert "2 people can be enrolled" in shown.text
    assert "Grace Lin" in shown.text
    assert people.roster(house, alice).total == 0
    browser.post(f"{shown.url.path}/enrol")
    assert "2 people enrolled" in ended(browser, shown.url.path)
    listed = browser.get(f"/s/{place.site}/people").text
    assert "Grace Lin" in listed
    assert "Finn Olsen" in listed


def test_a_flawed_file_is_told_by_row_and_column_and_has_no_yes(enter: Enter, house: House, alice: Signed, place: Any) -> None:
    browser = enter(alice)
    shown = bring(browser, place.site, FLAWED)
    assert "1 thing to put right" in shown.text
    assert "Not employee, worker, student or visitor" in shown.text
    assert "/enrol" not in shown.text
    report = list(csv.reader(StringIO(browser.get(f"{shown.url.path}/report.csv").text.lstrip("\ufeff"))))
    assert report == [
        ["Row", "Column", "What to put right", "Code", "First in row"],
        ["2", "Kind", "Not employee, worker, student or visitor", "bad-kind", ""],
    ]
    assert browser.client.post(f"{shown.url.path}/enrol", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 409
    assert people.roster(house, alice).total == 0


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "There is nobody in the file"),
        (b"\xff\xfe\x00", "no text in UTF-8 or GB18030"),
        (b'name\n"Grace', "breaks off in the middle"),
        (b"name,salary\nGrace,1\n", "does not name the columns"),
    ],
)
def test_what_is_no_file_of_people_comes_back_with_one_sentence(
    data: bytes, said: str, enter: Enter, alice: Signed, place: Any
) -> None:
    answer = bring(enter(alice), place.site, data)
    assert answer.status_code == 422
    assert said in answer.text


def test_the_example_can_be_brought_as_it_is(enter: Enter, alice: Signed, place: Any) -> None:
    browser = enter(alice)
    for language in ("en", "zh-Hans"):
        browser.client.cookies.set("language", language)
        example = browser.get(f"/s/{place.site}/people/import/example.csv").content
        found = read(example)
        assert (len(found.rows), found.problems) == (2, ())
        assert "/import/" in bring(browser, place.site, example).url.path


def test_forgotten_is_gone(enter: Enter, alice: Signed, place: Any) -> None:
    browser = enter(alice)
    shown = bring(browser, place.site, GOOD)
    assert "Enrol from a file" in browser.post(f"{shown.url.path}/forget").text
    assert browser.get(shown.url.path).status_code == 404


def test_whoever_enrols_nobody_brings_no_file(enter: Enter, operator: Callable[..., Signed], alice: Signed, place: Any) -> None:
    shown = bring(enter(alice), place.site, GOOD)
    for role in (Role.SECURITY, Role.PRIVACY, Role.ATTENDANT):
        browser = enter(operator(f"{role.value.title()} Person", role))
        assert browser.get(f"/s/{place.site}/people/import").status_code == 403
        assert bring(browser, place.site, GOOD).status_code == 403
        for part in ("", "/progress", "/report.csv"):
            assert browser.get(f"{shown.url.path}{part}").status_code == 403
        for act in ("enrol", "forget"):
            assert browser.post(f"{shown.url.path}/{act}").status_code == 403


def test_hr_and_reception_bring_files(enter: Enter, operator: Callable[..., Signed], place: Any) -> None:
    for role in (Role.HR, Role.RECEPTION):
        assert "can be enrolled" in bring(enter(operator(f"{role.value.title()} Person", role)), place.site, GOOD).text


def test_umbra_sees_nothing_of_acmes_file(
    enter: Enter, browser: Callable[[], Any], house: House, alice: Signed, place: Any, stranger_site: Any
) -> None:
    shown = bring(enter(alice), place.site, GOOD)
    assert browser().get(shown.url.path).url.path == "/sign-in"
    assert enter(alice).get(f"/s/{stranger_site}/people/import").status_code == 404
