"""The path of somebody new: the printed link, an account, their own face, the kiosk, and the door on the live page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def two_pages(chromium: Browser, fresh_demo: Any) -> Any:
    context = chromium.new_context(base_url=fresh_demo.address, locale="en-GB", permissions=["camera"])
    yield context.new_page(), context.new_page()
    context.close()


def test_a_newcomer_enrols_and_sees_the_door_open(
    two_pages: tuple[Page, Page], fresh_demo: Any, set_up: Callable[..., None]
) -> None:
    console, kiosk = two_pages
    set_up(console, fresh_demo, "Nora Newman")
    enrol_oneself(console)
    console.get_by_role("link", name="Live", exact=True).click()
    expect(console.locator("#live-line")).to_have_text("Connected: passages appear as they happen.")

    kiosk.goto(fresh_demo.kiosk)
    expect(kiosk).to_have_url(fresh_demo.address + "/kiosk")
    expect(kiosk.locator("#answer-heading")).to_have_text("Welcome, Nora")
    expect(kiosk.locator("#answer-detail")).to_have_text("The gate is open.")

    row = console.locator("#passages-rows tr").filter(has_text="Nora Newman")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Open")
    expect(console.locator("#live-voice")).to_contain_text("Nora Newman")
    expect(kiosk.locator("#answer")).to_be_hidden()


def enrol_oneself(page: Page) -> None:
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_role("link", name="Enrol a person").click()
    page.get_by_label("Name", exact=True).fill("Nora Newman")
    page.get_by_role("checkbox", name="Staff").check()
    page.get_by_role("button", name="Enrol", exact=True).click()
    page.get_by_role("link", name="Ask for consent…").click()
    page.get_by_role("radio", name="The person").check()
    page.get_by_role("button", name="Yes, use the face").click()
    page.get_by_role("button", name="Start the camera").click()
    page.get_by_role("button", name="Take three looks").click()
    expect(page.get_by_role("heading", name="Nora Newman")).to_be_visible(timeout=20_000)
    expect(page.locator("section[aria-labelledby=ways]")).to_contain_text("Until consent is withdrawn")
