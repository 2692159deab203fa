"""Drivers who pay for a later time: what it costs, what happens otherwise, and what a stranger does not learn by asking."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.web.conftest import Browser, HandClock
    from tests.web.driving.conftest import Garage

    from sealgate.domain.ids import StayId

BOB = "沪A8K2F6"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def phone(browser: Callable[[], Browser]) -> Browser:
    return browser()


@pytest.fixture
def parked(garage: Garage, clock: HandClock) -> StayId:
    """Bob came at 09:12; it is 10:42, ten yuan so far."""
    stay = garage.comes(BOB)
    clock.move(90 * MINUTE)
    return stay


@pytest.fixture
def held(garage: Garage, parked: StayId) -> str:
    return garage.sign(parked).path.rpartition("/")[2]


def offered(page: str) -> str:
    found = re.search(r'name="until" value="([^"]+)"', page)
    assert found, page
    return unescape(found[1])


def pays(phone: Browser, page: str, **given: str) -> str:
    chosen = phone.post(f"{page}/start", {"provider": "simulated", **given})
    assert "/simulated-pay/" in str(chosen.url), chosen.text
    return phone.post(chosen.url.path, {"act": "pay"}).text


def test_the_price_and_what_happens_otherwise_are_told_before_paying(garage: Garage, phone: Browser, held: str) -> None:
    page = phone.post(f"{garage.page}/ahead", {"held": held, "until": "2026-11-23T14:00"}).text
    assert "¥25.00" in page
    assert "Leave by Monday 23 November, 14:00" in page
    assert "The exit lets you out until Monday 23 November, 14:15." in page
    assert "nothing is paid back" in page
    assert "Leave later" in page


def test_bob_pays_until_two_and_leaves_at_one(garage: Garage, phone: Browser, held: str, clock: HandClock) -> None:
    page = phone.post(f"{garage.page}/ahead", {"held": held, "until": "2026-11-23T14:00"}).text
    done = pays(phone, garage.page, held=held, until=offered(page))
    assert "Paid. Have a good trip." in done
    assert "14:15" in done
    clock.move(timedelta(hours=2, minutes=18))
    assert garage.goes(BOB).opens


def test_one_press_pays_for_whole_hours_of_a_typed_plate(garage: Garage, phone: Browser, held: str, clock: HandClock) -> None:
    page = phone.post(f"{garage.page}/ahead", {"plate": BOB, "hours": "2"}).text
    assert "¥20.00" in page
    clock.move(5 * MINUTE)
    assert "12:57" in pays(phone, garage.page, plate=BOB, until=offered(page))


def test_a_typed_plate_chooses_no_time_of_its_own(garage: Garage, phone: Browser, held: str) -> None:
    """With any other time one could find the minute at which the next hour begins, and so when the car came."""
    for path in ("ahead", "start"):
        given: dict[str, object] = {"plate": BOB, "until": "2026-11-23T14:03", "provider": "simulated"}
        answer = phone.post(f"{garage.page}/{path}", given)
        assert answer.status_code == 422
        assert "Choose a later time" in answer.text


@pytest.mark.parametrize("until", ["2026-11-23T10:42", "2026-11-22T14:00", "2027-11-23T14:00", "soon", "", "9999-12-31T23:59"])
def test_a_time_that_is_none_is_refused_and_nothing_is_begun(garage: Garage, phone: Browser, held: str, until: str) -> None:
    answer = phone.post(f"{garage.page}/ahead", {"held": held, "until": until})
    assert answer.status_code == 422
    assert "Choose a later time" in answer.text
    if until:
        assert phone.post(f"{garage.page}/start", {"held": held, "until": until, "provider": "simulated"}).status_code == 422


def test_nobody_pays_ahead_for_a_plate_that_owes_nothing(garage: Garage, phone: Browser) -> None:
    """An unknown car and one in its free minutes are answered alike."""
    garage.comes("沪B12345")
    texts = [phone.post(f"{garage.page}/ahead", {"plate": plate, "hours": "1"}) for plate in ("沪C99999", "沪B12345")]
    assert [answer.status_code for answer in texts] == [409, 409]
    assert texts[0].text == texts[1].text


def test_what_is_paid_for_already_costs_nothing_more(garage: Garage, phone: Browser, held: str) -> None:
    page = phone.post(f"{garage.page}/ahead", {"held": held, "hours": "4"}).text
    pays(phone, garage.page, held=held, until=offered(page))
    again = phone.post(f"{garage.page}/ahead", {"held": held, "hours": "1"}).text
    assert "What was paid covers this time already." in again
    assert "/start" not in again


def test_the_page_is_small_and_has_no_script(garage: Garage, phone: Browser, held: str) -> None:
    asked: list[tuple[str, dict[str, object]]] = [
        (f"{garage.page}/ahead", {"held": held, "hours": "4"}),
        (garage.page, {"plate": BOB}),
    ]
    for path, given in asked:
        page = phone.post(path, given)
        assert "<script" not in page.text
        assert len(page.content) < 30_000
