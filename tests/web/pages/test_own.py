"""Alice looks at her own data on her own phone; Bob's phone shows nothing of hers."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sealgate.domain.ids import PersonId
from sealgate.domain.operators import Role
from sealgate.flows import enrol, selfservice
from sealgate.flows import people as reading
from sealgate.flows.kit import House, Signed

People = dict[str, PersonId]
Opens = Callable[[], Any]
Enter = Callable[[Signed], Any]


@pytest.fixture
def link(house: House, alice: Signed, people: People) -> str:
    return f"/my/enter/{selfservice.make_link(house, alice, people['Alice'])}"


def test_the_link_is_made_on_her_record_and_opens_her_page(
    house: House, alice: Signed, place: Any, people: People, enter: Enter, browser: Opens
) -> None:
    made = enter(alice).post(f"/s/{place.site}/people/{people['Alice']}/own-link").text
    found = re.search(r"/my/enter/[\w-]{64}", made)
    assert found is not None
    phone = browser()
    assert "My data" in phone.get(found[0]).text
    page = phone.post(found[0])
    assert page.url.path == "/my"
    assert "Alice Hall" in page.text
    assert "···" in page.text
    assert "5550123" not in page.text
    assert "made a link to this person’s own page" in page.text


def test_looking_at_the_link_does_not_use_it_up_and_using_it_does(link: str, browser: Opens) -> None:
    for _ in range(3):
        assert browser().get(link).status_code == 200
    assert browser().post(link).url.path == "/my"
    assert browser().get(link).status_code == 410
    assert browser().post(link).status_code == 410


def test_a_link_is_over_after_a_day(link: str, browser: Opens, clock: Any) -> None:
    clock.move(timedelta(hours=24))
    assert browser().post(link).status_code == 410


def test_a_new_link_ends_the_old_one_and_every_session(
    house: House, alice: Signed, people: People, link: str, browser: Opens
) -> None:
    phone = browser()
    phone.post(link)
    spare = selfservice.make_link(house, alice, people["Alice"])
    assert phone.get("/my").status_code == 401
    newest = selfservice.make_link(house, alice, people["Alice"])
    assert browser().post(f"/my/enter/{spare}").status_code == 410
    assert browser().post(f"/my/enter/{newest}").url.path == "/my"


def test_she_withdraws_her_consent_herself_and_cannot_withdraw_bobs(
    house: House, alice: Signed, people: People, link: str, browser: Opens
) -> None:
    hers = enrol.consent_to_face(house, alice, people["Alice"], notice_version="face-1")
    bobs = enrol.consent_to_face(house, alice, people["Bob"], notice_version="face-1")
    phone = browser()
    phone.post(link)
    assert "One sealed template, no photograph" in phone.get("/my").text
    assert phone.post(f"/my/consents/{bobs}/withdraw").status_code == 404
    assert "Template destroyed the same moment" in phone.post(f"/my/consents/{hers}/withdraw").text
    assert phone.post(f"/my/consents/{hers}/withdraw").status_code == 409
    record = {name: people_record(house, alice, person) for name, person in people.items()}
    assert [c.withdrawn_at is None for c in record["Alice"].consents] == [False]
    assert [c.withdrawn_at is None for c in record["Bob"].consents] == [True]
    assert phone.get("/my/notice/face-1").status_code == 200


def test_signing_out_ends_the_session_also_for_a_stolen_cookie(link: str, browser: Opens) -> None:
    phone, thief = browser(), browser()
    phone.post(link)
    thief.client.cookies.update(phone.client.cookies)
    assert thief.get("/my").status_code == 200
    assert "Signed out" in phone.post("/my/sign-out").text
    assert phone.get("/my").status_code == 401
    assert thief.get("/my").status_code == 401


def test_a_session_ends_after_thirty_days(link: str, browser: Opens, clock: Any) -> None:
    phone = browser()
    phone.post(link)
    clock.move(timedelta(days=29))
    assert phone.get("/my").status_code == 200
    clock.move(timedelta(days=1))
    assert phone.get("/my").status_code == 401


def test_she_asks_for_a_correction_reads_every_look_and_takes_everything_with_her(
    house: House, alice: Signed, link: str, people: People, show: Any, browser: Opens, enter: Enter, operator: Any
) -> None:
    """From her phone to the officer's inbox and back; each page of her own answers in both languages."""
    show("40000001")
    phone, officer = browser(), enter(operator("Olga Privat", Role.PRIVACY))
    phone.post(link)
    asked = phone.post("/my/requests", {"kind": "correct", "field": "name", "value": "Alice Marsh", "words": "married"})
    assert "working days left" in asked.text
    assert phone.post("/my/requests", {"kind": "correct", "field": "email", "value": "no address"}).status_code == 422
    assert phone.post("/my/requests", {"kind": "nonsense"}).status_code == 422
    assert "alice@example.com" in phone.post("/my/contact", {"phone": "", "email": "alice@example.com"}).text
    inbox = officer.get("/requests")
    (address,) = re.findall(r"/requests/[0-9a-f-]{36}", inbox.text)
    assert officer.post(address, {"verdict": "refuse", "words": ""}).status_code == 422
    assert "married" in officer.get(address).text
    officer.post(address, {"verdict": "grant", "words": "of course"})
    assert "of course" in phone.get("/my/requests").text
    assert "Olga Privat did what they asked" in phone.get("/my/looks").text
    assert "Lobby" in phone.get("/my/passages").text
    for path in ("/my/requests", "/my/looks", "/my/passages"):
        assert "我的数据" in phone.get(path, headers={"Accept-Language": "zh-CN"}).text
    packed = zipfile.ZipFile(io.BytesIO(phone.get("/my/everything").content))
    told = json.loads(packed.read("data.json"))
    assert (told["profile"]["name"], told["requests"][0]["answer"]) == ("Alice Marsh", "of course")
    assert officer.post("/requests/rules", {"regime": "gdpr", "working_days": "15", "contact": "Olga"}).status_code == 200
    phone.post("/my/requests", {"kind": "erase"})
    assert "days left" in officer.get("/requests").text


def test_dora_may_not_make_links(dora: Signed, place: Any, people: People, enter: Enter) -> None:
    assert enter(dora).post(f"/s/{place.site}/people/{people['Alice']}/own-link").status_code == 403


def people_record(house: House, signed: Signed, person: PersonId) -> reading.PersonRecord:
    return reading.record(house, signed, person)


def test_an_officer_holds_alices_data_and_her_erasure_waits(
    house: House, alice: Signed, place: Any, people: People, link: str, browser: Opens, enter: Enter, operator: Any
) -> None:
    officer, phone = enter(operator("Olga Privat", Role.PRIVACY)), browser()
    phone.post(link)
    record = f"/s/{place.site}/people/{people['Alice']}"
    assert f"/holds?person={people['Alice']}" in officer.get(record).text
    assert officer.post("/holds", {"name": "Nobody Known", "until": "2027-01-01", "reason": "a lawsuit"}).status_code == 422
    made = officer.post("/holds", {"name": "Alice Hall", "until": "2027-01-01", "reason": "a lawsuit"})
    assert "a lawsuit" in made.text
    assert "a lawsuit" in phone.get("/my/requests").text
    assert "A legal hold keeps this person’s data until" in officer.get(f"{record}/erase").text
    assert officer.post(f"{record}/erase", {"name": "Alice Hall", "why": "she asked"}).status_code == 409
    assert "legal hold is in force" in officer.get("/data-map").text
    (lift,) = set(re.findall(r"/holds/[0-9a-f-]{36}/lift", made.text))
    assert "Ended" in officer.post(lift, {"why": "withdrawn"}).text
