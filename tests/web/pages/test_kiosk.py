"""The kiosk: its link, its camera, its codes, and how little it is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from sealgate.domain.access import Decision, Reason
from sealgate.domain.ids import PassageId, PersonId
from sealgate.domain.sightings import Means
from sealgate.flows import enrol, rules
from sealgate.flows.kit import House, Signed
from sealgate.flows.passage import Admission
from sealgate.ports import LatchAnswer
from sealgate.web.i18n import Language, words_in
from sealgate.web.kiosk import TOLD, Gaze, means_of_text, told

JSON = {"Accept": "application/json"}


@pytest.fixture
def link(house: House, alice: Signed, place: Any) -> str:
    return f"/kiosk/{rules.kiosk_link(house, alice, place.lobby)}"


@pytest.fixture
def kiosk(browser: Callable[[], Any], link: str) -> Any:
    """A browser that has opened the kiosk's link."""
    made = browser()
    assert str(made.get(link).url).endswith("/kiosk")
    return made


@pytest.fixture
def recognised(house: House, alice: Signed, place: Any, consented: PersonId, portraits: list[bytes]) -> PersonId:
    enrol.enrol_face(house, alice, place.site, consented, portraits[:1])
    return consented


def looks(kiosk: Any, picture: bytes) -> Any:
    headers = {"Content-Type": "image/jpeg", "Sec-Fetch-Site": "same-origin", **JSON}
    return kiosk.client.post("/kiosk/look", content=picture, headers=headers)


def test_the_link_leaves_no_secret_in_the_address(kiosk: Any, link: str) -> None:
    page = kiosk.get("/kiosk")
    assert "Lobby" in page.text
    assert link.rsplit("/", 1)[1] not in page.text
    assert "With your face" in page.text
    assert "With a code or card" in page.text


def test_whoever_is_known_is_greeted_by_first_name(kiosk: Any, recognised: PersonId, look: bytes) -> None:
    looks(kiosk, look)
    answer = looks(kiosk, look)
    assert answer.json() == {"state": "open", "heading": "Welcome, Alice", "detail": "The gate is open."}
    assert "Hall" not in answer.text


def test_a_stranger_is_told_no_more_than_that(kiosk: Any, place: Any, look: bytes) -> None:
    said = looks(kiosk, look).json()
    assert said["state"] == "refused"
    assert said["heading"] == "Not opened"
    assert said["detail"] == "Not known here. Use a code, or ask reception."


def test_an_empty_lobby_is_nothing_to_decide(kiosk: Any) -> None:
    import cv2
    import numpy as np

    wall = cv2.imencode(".jpg", np.full((480, 640, 3), 190, np.uint8))[1].tobytes()
    assert looks(kiosk, wall).json() == {"state": "waiting", "heading": "", "detail": ""}


def test_words_come_in_the_language_of_the_screen(kiosk: Any, recognised: PersonId, look: bytes) -> None:
    kiosk.get("/language/zh-Hans?back=%2Fkiosk")
    assert looks(kiosk, look).json()["heading"] == "欢迎，Alice"


def test_a_card_opens_and_a_wrong_one_says_why(kiosk: Any, people: dict[str, PersonId]) -> None:
    assert kiosk.post("/kiosk/code", {"value": "40000001"}, headers=JSON).json()["heading"] == "Welcome, Alice"
    past = kiosk.post("/kiosk/code", {"value": "40000002"}, headers=JSON).json()
    assert past == {"state": "refused", "heading": "Not opened, Bob", "detail": "Your time here has ended. Ask reception."}


def test_a_pin_and_a_qr_code_open(kiosk: Any, house: House, alice: Signed, people: dict[str, PersonId]) -> None:
    for means in (Means.PIN, Means.QR):
        made = enrol.add_credential(house, alice, people["Alice"], means)
        assert kiosk.post("/kiosk/code", {"value": made.shown_once}, headers=JSON).json()["state"] == "open"


def test_what_can_be_no_code_is_told_at_the_field(kiosk: Any) -> None:
    assert kiosk.post("/kiosk/code", {"value": "?"}, headers=JSON).json()["state"] == "waiting"
    page = kiosk.post("/kiosk/code", {"value": "?"}).text
    assert 'aria-invalid="true"' in page
    assert "not a code of ours" in page


def test_without_a_script_the_screen_answers_and_clears_itself(kiosk: Any, people: dict[str, PersonId]) -> None:
    page = kiosk.post("/kiosk/code", {"value": "40000001"})
    assert "Welcome, Alice" in page.text
    assert page.headers["refresh"] == "8; url=/kiosk"


def test_guessing_codes_comes_to_an_end(kiosk: Any, house: House, alice: Signed, people: dict[str, PersonId]) -> None:
    pin = enrol.add_credential(house, alice, people["Alice"], Means.PIN).shown_once
    for guess in range(10):
        kiosk.post("/kiosk/code", {"value": f"{guess:04d}0000"}, headers=JSON)
    said = kiosk.post("/kiosk/code", {"value": pin}, headers=JSON).json()
    assert said["detail"] == "Too many wrong codes here. Wait five minutes, or ask reception."


def test_a_replaced_link_is_dead_and_so_is_its_screen(
    kiosk: Any, house: House, alice: Signed, place: Any, link: str, look: bytes
) -> None:
    rules.kiosk_link(house, alice, place.lobby)
    assert kiosk.get("/kiosk").status_code == 401
    assert kiosk.get(link).status_code == 404
    assert looks(kiosk, look).status_code == 401
    assert kiosk.post("/kiosk/code", {"value": "40000001"}, headers=JSON).status_code == 401


@pytest.mark.parametrize("secret", ["x", "A" * 64, "é" * 64, "." * 64])
def test_a_made_up_link_opens_nothing(browser: Callable[[], Any], address: str, secret: str) -> None:
    assert browser().get(f"/kiosk/{secret}").status_code == 404


def test_a_kiosk_is_no_operator(kiosk: Any, place: Any) -> None:
    assert "/sign-in" in str(kiosk.get(f"/s/{place.site}/live").url)


def test_another_page_cannot_make_a_kiosk_look(kiosk: Any, look: bytes) -> None:
    answer = kiosk.client.post("/kiosk/look", content=look, headers={"Sec-Fetch-Site": "cross-site", **JSON})
    assert answer.status_code == 403


@pytest.mark.parametrize(("picture", "status"), [(b"", 422), (b"no picture", 415), (b"\xff\xd8" + b"x" * (2 << 20), 413)])
def test_odd_bytes_are_refused_by_name(kiosk: Any, picture: bytes, status: int) -> None:
    assert looks(kiosk, picture).status_code == status


def test_a_kiosk_that_floods_waits_for_itself(place: Any) -> None:
    gaze = Gaze()
    assert gaze.take(place.lobby)
    assert not gaze.take(place.lobby)
    assert gaze.take(place.side_door)
    gaze.leave(place.lobby)
    assert gaze.take(place.lobby)


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in {Reason.ALLOWED, Reason.FORCED}])
@pytest.mark.parametrize("language", Language)
def test_every_refusal_has_words_for_whoever_stands_there(reason: Reason, language: Language) -> None:
    said = told(words_in(language), Admission(PassageId(1), Decision(opens=False, reason=reason)))
    assert said.state == "refused"
    assert said.detail
    assert (said.detail == TOLD[reason]) is (language is Language.EN)


def test_a_latch_that_does_not_answer_is_not_called_open() -> None:
    opened = Decision(opens=True, reason=Reason.ALLOWED)
    said = told(words_in(Language.EN), Admission(PassageId(1), opened, "Alice", LatchAnswer.UNREACHABLE))
    assert said.state == "refused"
    assert said.heading == "The gate did not open"


@pytest.mark.parametrize(
    ("value", "means"),
    [
        ("123456", Means.PIN),
        (" 1234 ", Means.PIN),
        ("0004321567", Means.CARD),
        ("A1-B2", Means.CARD),
        ("SG1.abcdefgh", Means.QR),
    ],
)
def test_a_text_is_known_by_its_form(value: str, means: Means) -> None:
    assert means_of_text(value, frozenset(Means)) is means


def test_a_short_number_is_a_card_where_no_pin_is_taken() -> None:
    assert means_of_text("123456", frozenset({Means.CARD})) is Means.CARD


def test_the_page_has_no_inline_script_or_style(kiosk: Any) -> None:
    html = kiosk.get("/kiosk").text
    assert not re.search(r"<script(?![^>]*src=)|<style| style=| on[a-z]+=", html)
