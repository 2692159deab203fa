"""What pages do by themselves: the list that waits while it is read, the picture that seals itself, the hand scanner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sealgate.flows.campus import card_number

pytestmark = pytest.mark.browser
OURS = {"Sec-Fetch-Site": "same-origin"}


def show_card(page: Page, demo: Any, number: int) -> None:
    page.request.get(demo.kiosk)
    answer = page.request.post("/kiosk/code", form={"value": card_number(number)}, headers=OURS)
    assert answer.ok


def test_new_passages_wait_for_whoever_has_scrolled_down(enter: Callable[..., Page], demo: Any, at_work: Any) -> None:
    page = enter(size={"width": 1440, "height": 480})
    page.goto("/")
    expect(page.locator("#live-line")).to_contain_text("Connected")
    rows = page.locator("#passages-rows tr")
    before = rows.count()
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    show_card(page, demo, 3)
    expect(page.get_by_role("button", name="1 new")).to_be_visible()
    show_card(page, demo, 7)
    button = page.get_by_role("button", name="2 new")
    expect(button).to_be_visible()
    expect(rows).to_have_count(before)
    button.click()
    expect(rows).to_have_count(before + 2)
    expect(rows.first).to_contain_text("Priya Nair")
    expect(button).to_be_hidden()


def test_an_opened_picture_seals_itself_after_a_minute(enter: Callable[..., Page], at_work: Any) -> None:
    page = enter()
    page.clock.install()
    page.goto("/")
    page.locator("#passages-rows .seal-thumb").first.click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Check a refused or unsure passage").check()
    dialog.get_by_role("button", name="Show for 60 seconds").click()
    expect(dialog.locator("img")).to_be_visible()
    expect(dialog.locator("[role=timer]")).to_have_text("60 s")
    page.clock.run_for(51_000)
    expect(dialog.locator("[role=timer]")).to_have_text("10 s")
    page.clock.run_for(10_000)
    expect(dialog.get_by_role("heading")).to_have_text("Sealed again. Why do you need this picture?")
    expect(dialog.locator("img")).to_have_count(0)


def test_sealing_it_now_takes_the_picture_out_of_the_page(enter: Callable[..., Page], at_work: Any) -> None:
    page = enter()
    page.goto("/")
    page.locator("#passages-rows .seal-thumb").first.click()
    dialog = page.locator("#unseal")
    dialog.get_by_label("Look into an incident").check()
    dialog.get_by_role("button", name="Show for 60 seconds").click()
    expect(dialog.locator("img")).to_be_visible()
    dialog.get_by_role("button", name="Seal it now").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("img")).to_have_count(0)


def test_a_hand_scanner_types_wherever_the_focus_is(enter: Callable[..., Page], demo: Any, at_work: Any) -> None:
    page = enter()
    page.goto(demo.kiosk)
    heading = page.locator("#answer-heading")
    expect(heading).to_have_text("Welcome, Alice")
    page.locator("body").click(position={"x": 5, "y": 5})
    page.keyboard.type(card_number(0))
    page.keyboard.press("Enter")
    expect(heading).to_have_text("Welcome, Zhao")


def test_the_keypad_types_a_pin_and_a_wrong_one_is_refused_in_words(
    enter: Callable[..., Page], demo: Any, at_work: Any
) -> None:
    page = enter()
    page.goto(demo.kiosk)
    expect(page.locator("#answer")).to_be_visible()
    page.get_by_role("button", name="Done").click()
    for digit in "19":
        page.locator("#keypad").get_by_role("button", name=digit, exact=True).click()
    page.locator("#keypad").get_by_role("button", name="One back").click()
    expect(page.locator("#value")).to_have_value("1")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.locator("#code-error")).to_have_text("That is not a code of ours. Check it and try again.")
