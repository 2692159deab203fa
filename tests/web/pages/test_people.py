"""People: found by whole names, enrolled with a name, recognised only after they said yes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from sealgate.domain.ids import PersonId
from sealgate.domain.operators import Role
from sealgate.domain.sightings import Means
from sealgate.flows import enrol, people, rules
from sealgate.flows.campus import system
from sealgate.flows.kit import House, Signed
from sealgate.web.doings import DOINGS
from sealgate.web.frame import environment
from sealgate.web.i18n import Language
from sealgate.web.notices import FACE, FACE_NOTICES, text_of
from sealgate.web.ways import ADVICE

Enter = Callable[[Signed], Any]
People = dict[str, PersonId]
PURPOSE = {"purpose": "access-check", "note": "badge unreadable"}


@pytest.fixture
def record(place: Any, people: People) -> str:
    return f"/s/{place.site}/people/{people['Alice']}"


def test_the_list_has_everybody_and_says_that_names_are_sealed(enter: Enter, alice: Signed, place: Any, people: People) -> None:
    html = enter(alice).get(f"/s/{place.site}/people").text
    assert "Alice Hall" in html
    assert "Bob Ellis" in html
    assert "only a whole name finds somebody" in html


def test_a_whole_name_finds_its_people_in_capitals_or_not(enter: Enter, alice: Signed, place: Any, people: People) -> None:
    found = enter(alice).post(f"/s/{place.site}/people", {"name": "  aLICE   hall "}).text
    assert f"{people['Alice']}" in found
    assert "Bob Ellis" not in found


def test_part_of_a_name_finds_nobody(enter: Enter, alice: Signed, place: Any, people: People) -> None:
    assert "Nobody matches" in enter(alice).post(f"/s/{place.site}/people", {"name": "Alice"}).text


def test_a_group_narrows_the_list(enter: Enter, house: House, alice: Signed, place: Any, people: People) -> None:
    crew = rules.add_group(house, alice, "Night crew")
    enrol.enrol(house, alice, enrol.NewPerson("Finn Olsen", groups=(crew,)))
    html = enter(alice).get(f"/s/{place.site}/people?group={crew}").text
    assert "Finn Olsen" in html
    assert "Alice Hall</a>" not in html


def test_a_long_list_comes_in_pages(enter: Enter, house: House, alice: Signed, place: Any) -> None:
    for number in range(52):
        enrol.enrol(house, alice, enrol.NewPerson(f"Person {number:02}"))
    browser = enter(alice)
    first = browser.get(f"/s/{place.site}/people").text
    following = re.search(r'href="(/s/[^"]+after=[^"]+)"', first)
    assert following
    second = browser.get(following[1]).text
    both = {*re.findall(r"Person \d\d", first), *re.findall(r"Person \d\d", second)}
    assert len(both) == 52
    assert not {*re.findall(r"Person \d\d", first)} & {*re.findall(r"Person \d\d", second)}


def test_a_name_is_enough_to_enrol_somebody(enter: Enter, alice: Signed, place: Any) -> None:
    html = enter(alice).post(f"/s/{place.site}/people/new", {"name": "Grace Lin"}).text
    assert "<h1>Grace Lin</h1>" in html
    assert "Not given" in html
    assert "No way in yet" in html


def test_a_form_that_does_not_fit_comes_back_with_what_was_typed(enter: Enter, alice: Signed, place: Any) -> None:
    answer = enter(alice).post(f"/s/{place.site}/people/new", {"name": "Grace Lin", "email": "not an address"})
    assert answer.status_code == 422
    assert 'value="Grace Lin"' in answer.text
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize(
    ("field", "typed"),
    [("valid_until", "31.12.2027"), ("valid_since", "9999-12-31x"), ("groups", "no-group"), ("name", "x" * 500)],
)
def test_nonsense_is_refused(enter: Enter, alice: Signed, place: Any, field: str, typed: str) -> None:
    answer = enter(alice).post(f"/s/{place.site}/people/new", {"name": "Grace Lin", field: typed})
    assert answer.status_code == 422


def test_the_last_day_is_included_on_the_sites_own_calendar(enter: Enter, house: House, alice: Signed, place: Any) -> None:
    answer = enter(alice).post(f"/s/{place.site}/people/new", {"name": "Grace Lin", "valid_until": "2026-12-31"})
    grace = PersonId(__import__("uuid").UUID(str(answer.url).rsplit("/", 1)[1]))
    until = people.record(house, alice, grace).line.valid_until
    assert until == datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "midnight after it in Shanghai"
    assert "31 December 2026" in answer.text


def test_a_change_keeps_what_the_form_does_not_show(
    enter: Enter, house: House, alice: Signed, record: str, people: People
) -> None:
    browser = enter(alice)
    form = browser.get(f"{record}/change").text
    assert "5550123" not in form
    browser.post(f"{record}/change", {"name": "Alice Hall-Ames", "kind": "employee"})
    shown = browser.post(f"{record}/show/phone", PURPOSE).text
    assert "+49 170 5550123" in shown


def test_the_phone_number_is_sealed_until_somebody_says_why(enter: Enter, alice: Signed, record: str) -> None:
    browser = enter(alice)
    assert "5550123" not in browser.get(record).text
    asked = browser.get(f"{record}/show/phone").text
    assert "checked" not in asked
    unasked = browser.post(f"{record}/show/phone", {"note": "because"})
    assert unasked.status_code == 422
    assert "5550123" not in unasked.text
    assert "+49 170 5550123" in browser.post(f"{record}/show/phone", PURPOSE).text


def test_who_looked_is_told(enter: Enter, alice: Signed, record: str) -> None:
    browser = enter(alice)
    browser.post(f"{record}/show/phone", PURPOSE)
    html = browser.get(record).text
    assert "Alice Ames saw the phone number" in html
    assert "Purpose: Check a refused or unsure passage: badge unreadable" in html


def test_yes_is_recorded_with_the_version_of_the_notice(
    enter: Enter, house: House, alice: Signed, record: str, people: People
) -> None:
    browser = enter(alice)
    assert "Saying no, now or later, has no disadvantage" in browser.get(f"{record}/consent").text
    answer = browser.post(f"{record}/consent", {"answer": "yes", "version": FACE, "given_by": "person"})
    assert str(answer.url).endswith("/face")
    given = people_consents(house, alice, people["Alice"])
    assert [(c.notice_version, c.given_by, c.withdrawn_at) for c in given] == [(FACE, "person", None)]


def people_consents(house: House, signed: Signed, person: PersonId) -> tuple[people.ConsentLine, ...]:
    return people.record(house, signed, person).consents


def test_no_records_nothing_and_takes_nothing_away(
    enter: Enter, house: House, alice: Signed, record: str, people: People
) -> None:
    answer = enter(alice).post(f"{record}/consent", {"answer": "no", "version": FACE})
    assert "Every other way in stays" in answer.text
    assert people_consents(house, alice, people["Alice"]) == ()


def test_a_yes_to_another_text_is_asked_again(enter: Enter, house: House, alice: Signed, record: str, people: People) -> None:
    answer = enter(alice).post(f"{record}/consent", {"answer": "yes", "version": "face-0", "given_by": "person"})
    assert "Saying no, now or later" in answer.text
    assert people_consents(house, alice, people["Alice"]) == ()


def test_yes_and_no_weigh_the_same(enter: Enter, alice: Signed, record: str) -> None:
    html = enter(alice).get(f"{record}/consent").text
    buttons = re.findall(r'<button class="([^"]+)" name="answer"', html)
    assert len(buttons) == 2
    assert len(set(buttons)) == 1


def test_no_face_is_taken_without_consent(enter: Enter, alice: Signed, record: str, portraits: list[bytes]) -> None:
    browser = enter(alice)
    assert str(browser.get(f"{record}/face").url).endswith("/consent")
    answer = browser.client.post(f"{record}/face", files=_files(portraits), headers={"Sec-Fetch-Site": "same-origin"})
    assert str(answer.url).endswith("/consent")


def _files(pictures: list[bytes]) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("pictures", (f"{n}.png", data, "image/png")) for n, data in enumerate(pictures)]


def send(browser: Any, record: str, pictures: list[bytes]) -> Any:
    return browser.client.post(f"{record}/face", files=_files(pictures), headers={"Sec-Fetch-Site": "same-origin"})


def test_photographs_become_a_way_in(
    enter: Enter, alice: Signed, record: str, consented: PersonId, portraits: list[bytes]
) -> None:
    answer = send(enter(alice), record, portraits[:1])
    assert "The face is enrolled" in answer.text
    assert "Until consent is withdrawn" in answer.text


def test_withdrawing_destroys_the_template_at_once(
    enter: Enter, house: House, alice: Signed, place: Any, record: str, consented: PersonId, portraits: list[bytes]
) -> None:
    browser = enter(alice)
    send(browser, record, portraits[:1])
    assert len(house.galleries.of(alice.tenant, place.site)) == 1
    consent = people_consents(house, alice, consented)[0].consent
    answer = browser.post(f"{record}/consent/{consent}/withdraw")
    assert answer.status_code == 200
    html = answer.text
    assert "Template destroyed the same moment" in html
    assert "Withdrawn" in html
    assert "Until consent is withdrawn" not in html
    assert len(house.galleries.of(alice.tenant, place.site)) == 0


def test_a_wall_without_a_face_gets_advice_in_words(enter: Enter, alice: Signed, record: str, consented: PersonId) -> None:
    import cv2
    import numpy as np

    wall = cv2.imencode(".png", np.full((240, 320, 3), 180, np.uint8))[1].tobytes()
    answer = send(enter(alice), record, [wall])
    assert answer.status_code == 422
    assert "No face was found. Look straight at the camera." in answer.text


@pytest.mark.parametrize(("data", "status"), [(b"", 422), (b"GIF89a, but not really", 415), (b"\x89PNG\r\n\x1a\n cut", 422)])
def test_a_file_that_is_no_picture_is_refused_by_name(
    enter: Enter, alice: Signed, record: str, consented: PersonId, data: bytes, status: int
) -> None:
    assert send(enter(alice), record, [data]).status_code == status


def test_six_photographs_are_too_many(
    enter: Enter, alice: Signed, record: str, consented: PersonId, portraits: list[bytes]
) -> None:
    assert send(enter(alice), record, portraits * 2).status_code == 422


def test_a_pin_is_shown_once(enter: Enter, alice: Signed, record: str) -> None:
    browser = enter(alice)
    made = browser.post(f"{record}/ways", {"means": "pin"}).text
    pin = re.search(r">(\d{6})<", made)
    assert pin
    assert pin[1] not in browser.get(record).text


def test_a_qr_code_is_drawn_without_style_attributes(enter: Enter, alice: Signed, record: str) -> None:
    made = enter(alice).post(f"{record}/ways", {"means": "qr"}).text
    assert "SG1." in made
    drawing = made[made.index("<svg", made.index('class="qr"')) :]
    assert "style=" not in drawing[: drawing.index("</svg>")]


def test_a_card_of_somebody_else_is_refused_with_words(enter: Enter, alice: Signed, record: str) -> None:
    answer = enter(alice).post(f"{record}/ways", {"means": "card", "value": "40000002"})
    assert answer.status_code == 409
    assert 'value="40000002"' in answer.text


def test_a_card_may_end_by_itself(alice: Signed, enter: Enter, record: str) -> None:
    browser = enter(alice)
    page = browser.post(f"{record}/ways", {"means": "card", "value": "40000077", "until": "2026-12-24"}).text
    assert "24 Dec" in page
    past = browser.post(f"{record}/ways", {"means": "card", "value": "40000078", "until": "2026-11-01"})
    assert past.status_code == 422


def test_a_way_in_is_ended(enter: Enter, house: House, alice: Signed, record: str, people: People) -> None:
    card = next(c for c in people_ways(house, alice, people["Alice"]) if c.means is Means.CARD)
    html = enter(alice).post(f"{record}/ways/{card.credential}/end").text
    assert "No way in yet" in html


def people_ways(house: House, signed: Signed, person: PersonId) -> tuple[people.CredentialLine, ...]:
    return people.record(house, signed, person).credentials


def test_somebody_is_suspended_and_let_in_again(enter: Enter, alice: Signed, record: str, show: Callable[..., Any]) -> None:
    browser = enter(alice)
    assert "Suspend the ways in of Alice Hall?" in browser.get(f"{record}/suspend").text
    browser.post(f"{record}/suspend", {"on": "yes", "why": "lost badge"})
    assert show("40000001").decision.opens is False
    browser.post(f"{record}/suspend", {"on": "no", "why": "badge found"})
    assert show("40000001").decision.opens is True


def test_security_sees_people_and_enrols_nobody(enter: Enter, dora: Signed, place: Any, record: str) -> None:
    browser = enter(dora)
    html = browser.get(record).text
    assert "Alice Hall" in html
    assert "Make a PIN" not in html
    for path in ("/change", "/suspend", "/consent", "/face"):
        assert browser.get(record + path).status_code == 403
    assert browser.post(f"{record}/ways", {"means": "pin"}).status_code == 403
    assert browser.post(f"/s/{place.site}/people/new", {"name": "Mallory"}).status_code == 403


def test_somebody_of_another_organisation_is_not_there(
    enter: Enter, house: House, alice: Signed, place: Any, umbra: Any
) -> None:
    uma = enrol.enrol(house, system(house, umbra), enrol.NewPerson("Uma Brandt"))
    browser = enter(alice)
    for person in (uma, uuid4()):
        record = f"/s/{place.site}/people/{person}"
        assert browser.get(record).status_code == 404
        assert browser.post(f"{record}/ways", {"means": "pin"}).status_code == 404
        assert browser.post(f"{record}/show/phone", PURPOSE).status_code == 404
    assert "Nobody matches" in browser.post(f"/s/{place.site}/people", {"name": "Uma Brandt"}).text


def test_nobody_who_is_not_signed_in_sees_people(browser: Callable[[], Any], place: Any, record: str) -> None:
    assert "/sign-in" in str(browser().get(record).url)
    assert "/sign-in" in str(browser().post(f"/s/{place.site}/people", {"name": "Alice Hall"}).url)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("version", FACE_NOTICES)
def test_every_version_of_the_notice_is_there_in_both_languages(version: str, language: Language) -> None:
    html = environment(language).get_template(text_of(version, language)).render()
    assert html.count("<dt>") == html.count("<dd>") == 5


def test_every_sentence_of_the_journal_says_who() -> None:
    assert all("%(who)s" in sentence for sentence in DOINGS.values())
    assert all(ADVICE.values())


def test_privacy_officer_reads_who_looked(enter: Enter, operator: Callable[..., Signed], record: str) -> None:
    assert "Who looked" in enter(operator("Petra Vogel", Role.PRIVACY)).get(record).text
