"""Sealed pictures: why, then sixty seconds for this session alone, then sealed again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sealgate.domain.ids import PersonId
from sealgate.domain.operators import Role
from sealgate.domain.sightings import Means
from sealgate.flows import enrol, kiosk
from sealgate.flows import people as people_flow
from sealgate.flows.kiosk import KioskGate
from sealgate.flows.kit import House, Signed
from sealgate.flows.passage import Admission

Enter = Callable[[Signed], Any]
WHY = {"purpose": "access-check", "note": "badge does not match"}


@pytest.fixture
def passage(house: House, alice: Signed, place: Any, consented: PersonId, portraits: list[bytes], look: bytes) -> str:
    """The address of the picture of Alice coming in by her face."""
    enrol.enrol_face(house, alice, place.site, consented, portraits[:1])
    gate = KioskGate(alice.tenant, place.lobby, "Lobby", "North Campus", frozenset(Means))
    seen = kiosk.look(house, gate, look)
    assert isinstance(seen, Admission)
    assert seen.decision.opens
    return f"/s/{place.site}/pictures/{seen.passage}"


def ticket(html: str) -> str:
    found = re.search(r'src="(/s/[^"]+/pictures/open/[^"]+)"', html)
    assert found
    return found[1]


def test_the_bytes_are_not_in_the_page_until_somebody_says_why(enter: Enter, alice: Signed, passage: str) -> None:
    html = enter(alice).get(passage).text
    assert "Why do you need this picture?" in html
    assert "<img" not in html
    assert not re.search(r'name="purpose"[^>]*checked', html)


def test_a_purpose_opens_it_with_the_viewers_name_across(enter: Enter, alice: Signed, passage: str) -> None:
    browser = enter(alice)
    html = browser.post(passage, WHY).text
    assert 'class="seal-name" aria-hidden="true">Alice Ames' in html
    assert "Open. Purpose: Check a refused or unsure passage: badge does not match" in html
    picture = browser.get(ticket(html))
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.headers["cache-control"] == "no-store"
    assert picture.content.startswith(b"\xff\xd8")


def test_without_a_purpose_it_stays_sealed(enter: Enter, alice: Signed, passage: str) -> None:
    answer = enter(alice).post(passage, {"note": "just so"})
    assert answer.status_code == 422
    assert "<img" not in answer.text
    assert "Choose what it is needed for" in answer.text


def test_after_sixty_seconds_the_ticket_is_over(enter: Enter, alice: Signed, passage: str, clock: Any) -> None:
    browser = enter(alice)
    address = ticket(browser.post(passage, WHY).text)
    clock.move(timedelta(seconds=59))
    assert browser.get(address).status_code == 200
    clock.move(timedelta(seconds=2))
    assert browser.get(address).status_code == 410


def test_a_page_without_a_script_seals_itself_again(enter: Enter, alice: Signed, passage: str) -> None:
    assert enter(alice).post(passage, WHY).headers["refresh"] == f"60; url={passage}?again=true"
    assert "Sealed again" in enter(alice).get(f"{passage}?again=true").text


def test_a_ticket_is_worth_nothing_in_another_session(enter: Enter, alice: Signed, dora: Signed, passage: str) -> None:
    address = ticket(enter(alice).post(passage, WHY).text)
    assert enter(dora).get(address).status_code == 410
    assert enter(alice).get(address).status_code == 410, "another session of the same operator, too"


@pytest.mark.parametrize("spoilt", ["x", "a.b", "W10=.00", "%2e%2e.x"])
def test_a_ticket_that_was_made_up_opens_nothing(enter: Enter, alice: Signed, place: Any, spoilt: str) -> None:
    assert enter(alice).get(f"/s/{place.site}/pictures/open/{spoilt}").status_code in {404, 410}


def test_the_person_can_read_who_saw_it(enter: Enter, house: House, alice: Signed, consented: PersonId, passage: str) -> None:
    browser = enter(alice)
    browser.get(ticket(browser.post(passage, WHY).text))
    told = people_flow.record(house, alice, consented).journal
    assert ("picture.opened", "access-check: badge does not match") in [(line.action, line.purpose) for line in told]


def test_a_dialog_gets_the_inside_alone(enter: Enter, alice: Signed, passage: str) -> None:
    html = enter(alice).get(passage, headers={"HX-Request": "true"}).text
    assert html.lstrip().startswith("<form")
    assert "<body" not in html


def test_a_passage_without_a_picture_says_so(
    enter: Enter, alice: Signed, place: Any, people: dict[str, PersonId], show: Callable[..., Admission]
) -> None:
    html = enter(alice).get(f"/s/{place.site}/pictures/{show('40000001').passage}").text
    assert "This picture is gone" in html


def test_whose_key_was_destroyed_is_gone_for_good(
    enter: Enter, house: House, alice: Signed, consented: PersonId, passage: str
) -> None:
    from sealgate.ports import KeyKind

    house.keyring.destroy(alice.tenant, KeyKind.SUBJECT, str(consented))
    html = enter(alice).get(passage).text
    assert 'data-state="gone"' in html
    assert "cannot come back" in html
    assert 'name="purpose"' not in html


def test_only_whoever_may_see_pictures_is_asked(enter: Enter, operator: Callable[..., Signed], passage: str) -> None:
    reception = enter(operator("Rita Bell", Role.RECEPTION))
    assert reception.get(passage).status_code == 403
    assert reception.post(passage, WHY).status_code == 403


def test_a_passage_of_nowhere_is_not_there(enter: Enter, alice: Signed, place: Any, stranger_site: str, passage: str) -> None:
    browser = enter(alice)
    assert browser.get(f"/s/{place.site}/pictures/4711").status_code == 404
    assert browser.get(f"/s/{stranger_site}/pictures/{passage.rsplit('/', 1)[1]}").status_code == 404
