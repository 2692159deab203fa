"""Enrolling somebody without a mouse: every step is reached with Tab, and done with Enter or Space."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

FOCUSED = """() => {
  const one = document.activeElement;
  const label = one.labels?.[0]?.innerText ?? one.getAttribute('aria-label') ?? one.innerText ?? '';
  return label.trim();
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until that thing has the focus; it must come within one round of the page."""
    seen = []
    for _ in range(80):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUSED))
        if seen[-1] == name:
            return
    pytest.fail(f"no Tab stop named {name!r} among {seen}")


def test_somebody_is_enrolled_and_withdraws_with_the_keyboard_alone(enter: Callable[..., Page]) -> None:
    page = enter()
    page.goto("/")
    tab_to(page, "People")
    page.keyboard.press("Enter")
    page.wait_for_url("**/people")
    tab_to(page, "Enrol a person")
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/new")
    tab_to(page, "Name")
    page.keyboard.type("Keya Board")
    tab_to(page, "Staff")
    page.keyboard.press("Space")
    tab_to(page, "Enrol")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Keya Board")).to_be_visible()
    tab_to(page, "Ask for consent…")
    page.keyboard.press("Enter")
    page.wait_for_url("**/consent")
    tab_to(page, "The person, 14 or older")
    page.keyboard.press("Space")
    tab_to(page, "Yes, use the face")
    page.keyboard.press("Enter")
    page.wait_for_url("**/face")
    tab_to(page, "Start the camera")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Take three looks")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Keya Board")).to_be_visible()
    expect(page.get_by_text("Until consent is withdrawn")).to_be_visible()
    tab_to(page, "Withdraw")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Template destroyed the same moment")).to_be_visible()


def test_a_dialog_is_opened_answered_and_left_with_the_keyboard(enter: Callable[..., Page], at_work: object) -> None:
    page = enter()
    page.goto("/")
    thumb = page.locator("#passages-rows .seal-thumb").first
    thumb.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    expect(dialog.get_by_role("heading")).to_have_text("Why do you need this picture?")
    assert dialog.locator("input[type=radio]:checked").count() == 0, "nothing is chosen beforehand"
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(thumb).to_be_focused()
