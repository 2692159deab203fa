"""Acme signs in by its own service: npm's oidc-provider for the tests, asked over real sockets, once by a real Chromium."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sealgate.domain.operators import Role
from sealgate.flows import service_asking, services, signin
from sealgate.flows.kit import House, Signed

PASSWORD = "rusty anchors sing at dusk"
SECRET = "not a word: 7%+/="
Enter = Callable[[Signed], Any]


@pytest.fixture(autouse=True)
def _now(clock: Any) -> None:
    """The service has a clock of its own, which is the machine's."""
    clock.at = datetime.now(UTC)


def form(service: Any, **more: str) -> dict[str, str]:
    return {
        "label": "Acme ID",
        "issuer": service.issuer,
        "client_id": "sealgate",
        "secret": SECRET,
        "enabled": "yes",
        **more,
    }


def onward(page: Any) -> str:
    """Where a page goes on to by itself."""
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    assert found, page.text
    return html.unescape(found[1])


def there_and_back(browser: Any, begun: Any, subject: str) -> Any:
    """What somebody does at the service: say who they are, agree, come back. The answer of our own page to that."""
    page = browser.get(onward(begun))
    for _ in range(2):
        if "/interaction/" not in str(page.url):
            break
        prompt = "login" if 'value="login"' in page.text else "consent"
        action = html.unescape(re.search(r'action="([^"]+)"', page.text)[1])  # type: ignore[index]
        page = browser.post(action, {"prompt": prompt, "login": subject, "password": "any"})
    return page


def comes_in(browser: Any, subject: str) -> Any:
    return there_and_back(browser, browser.post("/sign-in/service", {"next": "/account"}), subject)


def linked(enter: Enter, operator: Signed, subject: str) -> Any:
    inside = enter(operator)
    page = there_and_back(inside, inside.post("/account/service/link"), subject)
    return inside.get(onward(page))


def test_alice_sets_it_up_links_her_account_and_comes_in_by_it(
    house: House, alice: Signed, dora: Signed, enter: Enter, browser: Callable[[], Any], service: Any, clock: Any
) -> None:
    inside = enter(alice)
    assert "Acme ID" not in browser().get("/sign-in").text
    page = inside.post("/operators/sign-in/test", form(service))
    for said in ("The service answers", "1 key signs its words", "theft (PKCE)", "It takes our client and secret"):
        assert said in page.text
    assert "check both" in inside.post("/operators/sign-in/test", form(service, secret="wrong")).text
    assert "calls itself otherwise" in inside.post("/operators/sign-in/test", form(service, issuer=service.issuer + "/")).text
    assert "Not in use" not in inside.post("/operators/sign-in", form(service)).text
    kept = inside.get("/operators/sign-in").text
    assert "Leave it empty to keep the one there is" in kept
    assert SECRET not in html.unescape(kept)
    assert "Sign in with Acme ID" in browser().get("/sign-in").text
    # an account there is nobody here, whatever its address
    page = comes_in(browser(), "a-17")
    assert page.status_code == 401
    assert "Nobody here is linked to that account" in page.text
    assert "alice@acme.example<small>" in linked(enter, alice, "a-17").text
    hers = browser()
    assert hers.get(onward(comes_in(hers, "a-17"))).url.path == "/account"
    assert "Alice Ames" in hers.get("/account").text
    # the same address at another account opens nothing, and nobody links what is somebody's
    assert comes_in(browser(), "m-66").status_code == 401
    theirs = enter(dora)
    again = there_and_back(theirs, theirs.post("/account/service/link"), "a-17")
    assert "linked already" in again.text
    assert services.linked(house, dora) == []
    # keys are changed there while we remember the old ones
    service.stop()
    service.keys = [{**type(service)(service.back, {}).keys[0], "kid": "second"}]
    service.start()
    hers = browser()
    assert hers.get(onward(comes_in(hers, "a-17"))).url.path == "/account"
    # the answer is good once, and in that browser alone
    thief, begun = browser(), browser()
    step = begun.post("/sign-in/service", {"next": "/account"})
    back = there_and_back(begun, step, "a-17")
    stolen = str(back.url)
    assert "That took too long" in thief.get(stolen).text
    assert "That took too long" in begun.get(stolen).text
    assert "/account" not in str(thief.get("/account").url).split("?")[0]
    # it does not answer: the password still does
    service.stop()
    service_asking.forget(house, service.issuer)
    away = browser().post("/sign-in/service", {"next": "/account"})
    assert (away.status_code, "does not answer as it should" in away.text) == (409, True)
    assert enter(alice).get("/account").status_code == 200


def test_an_invitation_is_used_by_an_account_and_roles_come_from_there(
    house: House, alice: Signed, enter: Enter, browser: Callable[[], Any], service: Any
) -> None:
    inside = enter(alice)
    mapping = {"role_claim": "groups", "role-administrator": "gate-admins", "role-security": "gate-guards, gate-night"}
    inside.post("/operators/sign-in", form(service, domain="acme.example", **mapping))
    link = signin.invite_operator(house, alice, frozenset({Role.RECEPTION}))
    new = browser()
    assert "Come in with Acme ID" in new.get(f"/set-up/{link}").text
    page = there_and_back(new, new.post(f"/set-up/{link}/service"), "d-42")
    assert new.get(onward(page)).status_code == 200
    page = new.get("/account").text
    assert "Dora Marsh, dora@acme.example" in page
    assert "Reception" in page
    (dora,) = [line for line in signin.operators(house, alice) if line.name == "Dora Marsh"]
    assert dora.roles == {Role.RECEPTION}
    # from the first sign-in on the service says the roles; a link is used once; and she has no password to guess
    again = browser()
    again.get(onward(comes_in(again, "d-42")))
    (dora,) = [line for line in signin.operators(house, alice) if line.name == "Dora Marsh"]
    assert dora.roles == {Role.SECURITY}
    assert browser().post(f"/set-up/{link}/service").status_code == 410
    wrong = browser().post("/sign-in", {"login": "dora@acme.example", "password": ""})
    assert wrong.status_code == 401
    signed = signin.who_is(house, again.client.cookies["sealgate"])
    assert signed is not None
    (key,) = [line.key for line in services.linked(house, signed)]
    assert "could not come in any more" in again.post(f"/account/service/{key}/unlink").text
    # another domain stays outside, also with an invitation
    other = signin.invite_operator(house, alice, frozenset({Role.HOST}))
    stranger = browser()
    page = there_and_back(stranger, stranger.post(f"/set-up/{other}/service"), "c-08")
    assert (page.status_code, "Addresses of that domain" in page.text) == (403, True)
    assert signin.link_is_good(house, other)
    # the last administrator is not taken their role away by a group that is missing there
    linked(enter, alice, "a-17")
    signin.disable_operator(house, alice, dora.operator)
    refused = comes_in(browser(), "d-42")
    assert (refused.status_code, "Nobody here is linked" in refused.text) == (401, True)


def test_who_gives_no_roles_sees_no_settings_and_another_organisation_has_its_own(
    house: House, alice: Signed, dora: Signed, umbra: Signed, enter: Enter, browser: Callable[[], Any], service: Any
) -> None:
    enter(alice).post("/operators/sign-in", form(service))
    attendant = enter(dora)
    for path in ("/operators/sign-in", "/operators/sign-in/test", "/operators/sign-in/remove"):
        assert attendant.post(path, form(service)).status_code == 403
    assert attendant.get("/operators/sign-in").status_code == 403
    other = enter(umbra)
    assert "Acme ID" not in other.get("/operators/sign-in").text
    assert other.post("/account/service/link").status_code == 404
    assert other.post("/operators/sign-in/remove").status_code == 404
    page = browser().get("/sign-in").text
    assert "Acme ID" not in page
    assert "Sign in by your organisation" in page
    for name in ("Umbra", "Nobody"):
        missing = browser().post("/sign-in/service", {"organisation": name, "next": "/"})
        assert (missing.status_code, "no sign-in service of that organisation" in missing.text) == (404, True)
    # what Umbra's people say at Acme's service is worth nothing at Umbra
    linked(enter, alice, "a-17")
    hers = browser()
    begun = hers.post("/sign-in/service", {"organisation": "Acme", "next": "/account"})
    assert "Alice Ames" in hers.get(onward(there_and_back(hers, begun, "a-17"))).text


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://login.acme.example"},
        {"issuer": "https://user:pass@login.acme.example"},
        {"issuer": "file:///etc/passwd"},
        {"issuer": "https://login.acme.example?a=1"},
        {"issuer": "https://"},
        {"client_id": ""},
        {"label": " "},
        {"domain": "not a domain"},
        {"role_claim": "groups"},
        {"role-administrator": "admins"},
    ],
)
def test_settings_that_cannot_be_are_refused(alice: Signed, enter: Enter, wrong: dict[str, str]) -> None:
    typed = {"label": "Acme ID", "issuer": "https://login.acme.example", "client_id": "sealgate", "enabled": "yes"}
    page = enter(alice).post("/operators/sign-in", {**typed, **wrong})
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text


def shoot(page: Page, name: str) -> None:
    """A picture to look at, where somebody asked for pictures."""
    if folder := os.environ.get("SEALGATE_SIGN_IN_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _is_trouble(said: Any, address: str) -> bool:
    """Of ours: the service's own page asks for a font that is nowhere."""
    return bool(said.type == "error" and said.location.get("url", "").startswith(address))


@pytest.mark.browser
def test_a_real_browser_goes_there_and_comes_back_signed_in(
    house: House, alice: Signed, enter: Enter, tab: Callable[..., Page], service: Any, address: str
) -> None:
    """From another site, and with cookies that are strictly ours: what httpx does not mind, a browser does."""
    inside = enter(alice)
    inside.post("/operators/sign-in", form(service, role_claim="groups", **{"role-administrator": "gate-admins"}))
    linked(enter, alice, "a-17")
    page = tab()
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if _is_trouble(said, address) else None)
    page.goto("/sign-in?next=/operators/sign-in")
    shoot(page, "sign-in-both")
    page.get_by_role("button", name="Sign in with Acme ID").click()
    page.wait_for_url(re.compile(re.escape(service.issuer) + "/interaction/"))
    page.locator("[name=login]").fill("a-17")
    page.locator("[name=password]").fill("any")
    page.locator("[type=submit]").click()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(re.compile(re.escape(address) + "/operators/sign-in$"))
    expect(page.get_by_label("Issuer")).to_have_value(service.issuer)
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("It takes our client and secret")).to_be_visible()
    shoot(page, "service-en")
    page.goto("/account")
    shoot(page, "account-linked")
    assert troubles == []
    chinese = tab("zh-CN", 390, "dark")
    chinese.goto("/sign-in?next=/operators/sign-in")
    chinese.get_by_role("button", name="用 Acme ID 登录").click()
    chinese.locator("[name=login]").fill("a-17")
    chinese.locator("[name=password]").fill("any")
    chinese.locator("[type=submit]").click()
    chinese.get_by_role("button", name="Continue").click()
    chinese.wait_for_url(re.compile(re.escape(address) + "/operators/sign-in$"))
    shoot(chinese, "service-zh")
    assert chinese.evaluate("document.documentElement.scrollWidth <= innerWidth")
