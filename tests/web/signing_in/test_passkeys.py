"""Alice adds a passkey in a real Chromium with a virtual authenticator, comes in with it, and a thief has a copy."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import CDPSession, Page, expect

from sealgate.flows import passkeys
from sealgate.flows.kit import House, Signed

PASSWORD = "rusty anchors sing at dusk"
PATIENT = 60_000
pytestmark = pytest.mark.browser


class Authenticator:
    """Chromium's own virtual device (CDP), with a screen lock that says yes."""

    def __init__(self, page: Page, *, verifies: bool = True) -> None:
        self.devtools: CDPSession = page.context.new_cdp_session(page)
        self.devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": True,
        }
        self.id = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def kept(self) -> list[dict[str, Any]]:
        there = self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]
        return list(there)

    def take_in(self, credential: dict[str, Any]) -> None:
        self.devtools.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": credential})


def sign_in(page: Page) -> None:
    page.goto("/sign-in?next=/account")
    page.get_by_label("E-mail").fill("alice@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    inside(page)


def inside(page: Page) -> None:
    page.wait_for_url(re.compile(r"//[^/]+/account$"))


def add(page: Page, name: str) -> None:
    page.get_by_label("What you call it").fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("Passkey added").wait_for(timeout=PATIENT)


def enter(page: Page, *, at: str = "/account") -> None:
    page.goto(f"/sign-in?next={at}")
    page.get_by_role("button", name="Sign in with a passkey").click()


def shoot(page: Page, name: str) -> None:
    """A picture to look at, where somebody asked for pictures."""
    if folder := os.environ.get("SEALGATE_SIGN_IN_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_passkey_is_added_signs_in_and_is_removed(alice: Signed, tab: Callable[..., Page], clock: Any) -> None:
    page = tab()
    device = Authenticator(page)
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    sign_in(page)
    shoot(page, "account-none")
    add(page, "Work laptop")
    assert [key["isResidentCredential"] for key in device.kept()] == [True]
    expect(page.get_by_role("rowheader", name="Work laptop")).to_be_visible()
    page.context.clear_cookies()
    clock.move(timedelta(hours=1))
    enter(page)
    inside(page)
    expect(page.locator("header, main").get_by_text("Alice Ames").first).to_be_visible()
    expect(page.get_by_text("You signed in a while ago")).to_have_count(0)
    shoot(page, "account-one")
    page.get_by_role("button", name="Remove…").click()
    page.locator("dialog[open]").get_by_role("button", name="Remove", exact=True).click()
    page.get_by_text("Passkey removed").wait_for(timeout=PATIENT)
    page.context.clear_cookies()
    assert troubles == []
    enter(page)
    expect(page.locator("form[data-passkey] [role=status]")).to_contain_text("This passkey is not known here")


def test_a_device_that_does_not_ask_who_holds_it_signs_nobody_in(alice: Signed, tab: Callable[..., Page]) -> None:
    page = tab()
    device = Authenticator(page)
    sign_in(page)
    add(page, "Phone")
    page.context.clear_cookies()
    device.devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device.id, "isUserVerified": False})
    enter(page)
    expect(page.locator("form[data-passkey] [role=status]")).to_contain_text("No passkey was shown")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()


def test_a_copy_of_a_passkey_is_found_out_and_told(house: House, alice: Signed, tab: Callable[..., Page], address: str) -> None:
    hers, thiefs = tab(), tab()
    device, copy = Authenticator(hers), Authenticator(thiefs)
    sign_in(hers)
    add(hers, "Work laptop")
    (stolen,) = device.kept()
    copy.take_in(stolen)
    for _ in range(3):
        hers.context.clear_cookies()
        enter(hers)
        inside(hers)
    enter(thiefs)
    expect(thiefs.locator("form[data-passkey] [role=status]")).to_contain_text("a second one of this passkey")
    assert passkeys.mine(house, alice)[0].copied
    hers.reload()
    expect(hers.get_by_text("A passkey was copied")).to_be_visible()
    shoot(hers, "account-copied")
    hers.context.clear_cookies()
    enter(hers)
    expect(hers.locator("form[data-passkey] [role=status]")).to_contain_text("Sign in with your password and remove it")


def test_the_pages_say_it_in_chinese_on_a_phone(alice: Signed, tab: Callable[..., Page]) -> None:
    page = tab("zh-CN", 390, "dark")
    Authenticator(page)
    page.goto("/sign-in?next=/account")
    expect(page.get_by_role("button", name="用通行密钥登录")).to_be_visible()
    shoot(page, "sign-in-zh")
    page.locator("[name=login]").fill("alice@example.org")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    inside(page)
    page.locator("[name=passkey]").fill("手机")
    page.get_by_role("button", name="添加通行密钥").click()
    page.get_by_text("已添加通行密钥").wait_for(timeout=PATIENT)
    shoot(page, "account-zh")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


OURS = {"Sec-Fetch-Site": "same-origin", "Accept": "application/json"}


def test_hostile_bodies_are_small_refusals(alice: Signed, address: str) -> None:
    with httpx.Client(base_url=address, headers=OURS, timeout=120) as thief:
        assert thief.post("/sign-in/passkey/options", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert thief.post("/account/passkeys/options").status_code == 401
        assert thief.post("/account/passkeys", json={}).status_code == 401
        assert thief.post("/sign-in/passkey", json={"credential": {}}).json()["code"] == "signin.step-over"
        asked = thief.post("/sign-in/passkey/options")
        kept = asked.headers["set-cookie"]
        assert all(word in kept for word in ("HttpOnly", "SameSite=strict", "Path=/sign-in/passkey", "Max-Age=300"))
        assert asked.json()["userVerification"] == "required"
        for body in (b"", b"[]", b"{}", b'{"credential": []}', b"[" * 20_000, b'{"credential": {"response": 3}}'):
            refused = thief.post("/sign-in/passkey", content=body)
            assert (refused.status_code, refused.json()["code"]) == (401, "passkey.refused")
        assert thief.post("/sign-in/passkey", content=b'"' + b"a" * 40_000).status_code == 413


def test_guesses_are_counted_by_address(alice: Signed, address: str) -> None:
    with httpx.Client(base_url=address, headers=OURS, timeout=120) as thief:
        thief.post("/sign-in/passkey/options")
        codes = [thief.post("/sign-in/passkey", json={"credential": {}}).status_code for _ in range(22)]
    assert codes == [401] * 20 + [429] * 2
