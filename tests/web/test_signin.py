"""Alice comes in for the first time, signs in every day, loses a phone, and a thief tries the door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from sealgate.domain.ids import TenantId
from sealgate.flows import factor, signin
from sealgate.flows.kit import House, Signed

PASSWORD = "rusty anchors sing at dusk"
Opens = Callable[[], Any]
Enters = Callable[[Signed], Any]


def test_the_one_time_link_makes_the_first_administrator_and_lets_her_in(house: House, acme: TenantId, browser: Opens) -> None:
    link = signin.first_link(house, acme)
    alice = browser()
    assert "Set up your access" in alice.get(f"/set-up/{link}").text
    page = alice.post(f"/set-up/{link}", {"name": "Alice Ames", "login": "alice@example.org", "password": PASSWORD})
    assert page.url.path == "/sites/new"
    assert "Alice Ames" in page.text


def test_the_link_works_once(house: House, acme: TenantId, browser: Opens) -> None:
    link = signin.first_link(house, acme)
    browser().post(f"/set-up/{link}", {"name": "Alice Ames", "login": "alice@example.org", "password": PASSWORD})
    late = browser().post(f"/set-up/{link}", {"name": "Mallory", "login": "m@example.org", "password": PASSWORD})
    assert late.status_code == 410
    assert "This link was used, or it is over" in late.text


@pytest.mark.parametrize("secret", ["nonsense", "A" * 64, "%00", "é" * 64])
def test_a_made_up_link_is_gone_and_nothing_breaks(browser: Opens, secret: str) -> None:
    assert browser().get(f"/set-up/{secret}").status_code in {404, 410}


def test_a_weak_password_comes_back_to_the_form_with_what_was_typed(house: House, acme: TenantId, browser: Opens) -> None:
    link = signin.first_link(house, acme)
    page = browser().post(f"/set-up/{link}", {"name": "Alice Ames", "login": "alice@example.org", "password": "short"})
    assert page.status_code == 422
    assert 'value="Alice Ames"' in page.text
    assert 'aria-invalid="true"' in page.text


def test_a_short_password_sees_nothing_before_a_second_factor(house: House, acme: TenantId, browser: Opens) -> None:
    link = signin.first_link(house, acme)
    alice = browser()
    page = alice.post(f"/set-up/{link}", {"name": "Alice Ames", "login": "alice@example.org", "password": "x4!kp-92wq"})
    assert page.url.path == "/account/factor"
    assert alice.get("/operators").url.path == "/account/factor"


def test_a_second_factor_is_added_and_then_asked_for(
    house: House, alice: Signed, enter: Callable[[Signed], Any], browser: Opens
) -> None:
    inside = enter(alice)
    form = inside.get("/account/factor").text
    secret = form.split('name="secret" value="')[1].split('"')[0]
    wrong = inside.post("/account/factor", {"secret": secret, "code": "000000"})
    assert wrong.status_code == 422
    assert secret in wrong.text
    now = house.clock.now()
    inside.post("/account/factor", {"secret": secret, "code": pyotp.TOTP(secret).at(now)})
    again = browser()
    step = again.post("/sign-in", {"login": "alice@example.org", "password": PASSWORD, "next": "/account"})
    assert step.url.path == "/sign-in/code"
    assert again.get("/account").url.path == "/sign-in"
    done = again.post("/sign-in/code", {"code": pyotp.TOTP(secret).at(now + timedelta(seconds=30)), "next": "/account"})
    assert done.url.path == "/account"


def test_wrong_login_and_wrong_password_are_told_in_the_same_words(alice: Signed, browser: Opens) -> None:
    thief = browser()
    stranger = thief.post("/sign-in", {"login": "nobody@example.org", "password": "guess guess guess"})
    known = thief.post("/sign-in", {"login": alice.login, "password": "guess guess guess"})
    assert stranger.status_code == known.status_code == 401
    assert "E-mail and password do not belong together" in stranger.text
    assert stranger.text.replace("nobody@example.org", alice.login) == known.text


def test_the_sixth_guess_at_one_login_waits(alice: Signed, browser: Opens) -> None:
    thief = browser()
    answers = [thief.post("/sign-in", {"login": alice.login, "password": f"guess number {n} of mine"}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_one_address_cannot_guess_at_many_logins(browser: Opens, alice: Signed) -> None:
    thief = browser()
    answers = [thief.post("/sign-in", {"login": f"op{n}@example.org", "password": "guess"}) for n in range(21)]
    assert answers[-1].status_code == 429
    assert answers[-2].status_code == 401
    assert int(answers[-1].headers["retry-after"]) <= 300


def test_a_session_is_a_cookie_that_scripts_cannot_read_and_other_sites_do_not_send(alice: Signed, browser: Opens) -> None:
    answer = browser().client.post(
        "/sign-in",
        data={"login": alice.login, "password": PASSWORD},
        headers={"Sec-Fetch-Site": "same-origin"},
        follow_redirects=False,
    )
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("sealgate=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie


def test_over_https_the_cookie_is_bound_to_the_host(alice: Signed, browser: Opens) -> None:
    answer = browser().client.post(
        "/sign-in",
        data={"login": alice.login, "password": PASSWORD},
        headers={"Sec-Fetch-Site": "same-origin", "X-Forwarded-Proto": "https"},
        follow_redirects=False,
    )
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-sealgate=")
    assert "Secure" in cookie
    assert answer.headers["strict-transport-security"]


def test_signing_out_ends_the_session_for_everybody_who_has_the_cookie(
    alice: Signed, enter: Callable[[Signed], Any], browser: Opens
) -> None:
    inside, copy = enter(alice), browser()
    copy.client.cookies.set("sealgate", inside.client.cookies["sealgate"])
    assert copy.get("/account").url.path == "/account"
    inside.post("/sign-out")
    assert copy.get("/account").url.path == "/sign-in"


def test_a_session_elsewhere_can_be_ended(house: House, alice: Signed, enter: Callable[[Signed], Any]) -> None:
    here, lost = enter(alice), enter(alice)
    token = lost.client.cookies["sealgate"]
    signed = signin.who_is(house, token)
    assert signed is not None
    page = here.post(f"/account/sessions/{signed.session}/end")
    assert "Session ended" in page.text
    assert lost.get("/account").url.path == "/sign-in"
    assert here.get("/account").url.path == "/account"


def test_nobody_ends_the_session_of_another(house: House, alice: Signed, dora: Signed, enter: Callable[[Signed], Any]) -> None:
    answer = enter(dora).post(f"/account/sessions/{alice.session}/end")
    assert answer.status_code == 404
    assert enter(alice).get("/account").status_code == 200


def test_a_session_is_over_after_twelve_hours(clock: Any, alice: Signed, enter: Callable[[Signed], Any]) -> None:
    inside = enter(alice)
    clock.move(timedelta(hours=12))
    assert inside.get("/account").url.path == "/sign-in"


@pytest.mark.parametrize(
    "next_address", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"]
)
def test_signing_in_never_leads_to_another_site(alice: Signed, browser: Opens, next_address: str) -> None:
    answer = browser().client.post(
        "/sign-in",
        data={"login": alice.login, "password": PASSWORD, "next": next_address},
        headers={"Sec-Fetch-Site": "same-origin"},
        follow_redirects=False,
    )
    assert answer.headers["location"] == "/"


def test_whoever_was_asked_to_sign_in_lands_where_they_wanted(alice: Signed, browser: Opens) -> None:
    alices = browser()
    form = alices.get("/operators?x=1")
    assert form.url.path == "/sign-in"
    assert 'name="next" value="/operators?x=1"' in form.text
    assert (
        alices.post("/sign-in", {"login": alice.login, "password": PASSWORD, "next": "/operators?x=1"}).url.path == "/operators"
    )


def test_an_invited_operator_gets_exactly_the_roles_of_the_link(
    alice: Signed, enter: Callable[[Signed], Any], browser: Opens
) -> None:
    page = enter(alice).post("/operators/invite", {"role": ["reception", "hr"]})
    link = page.text.split("/set-up/")[1].split("<")[0]
    grace = browser()
    grace.post(f"/set-up/{link}", {"name": "Grace Hall", "login": "grace@example.org", "password": PASSWORD})
    account = grace.get("/account").text
    assert "Personnel, Reception" in account.replace("\n", "")
    assert grace.get("/operators").status_code == 403


def test_an_invitation_needs_a_role(alice: Signed, enter: Callable[[Signed], Any]) -> None:
    answer = enter(alice).post("/operators/invite", {})
    assert answer.status_code == 422
    assert "Choose a role" in answer.text


def test_a_disabled_operator_is_out_at_once(
    alice: Signed, dora: Signed, enter: Callable[[Signed], Any], browser: Opens
) -> None:
    doras = enter(dora)
    page = enter(alice).post(f"/operators/{dora.operator}/disable")
    assert "Operator disabled" in page.text
    assert doras.get("/account").url.path == "/sign-in"
    assert browser().post("/sign-in", {"login": dora.login, "password": PASSWORD}).status_code == 401


def test_the_second_factor_is_removed_only_with_a_code(house: House, alice: Signed, enter: Callable[[Signed], Any]) -> None:
    inside = enter(alice)
    new = factor.new_factor(alice)
    now = house.clock.now()
    factor.confirm_factor(house, alice, new.secret, pyotp.TOTP(new.secret).at(now))
    assert inside.post("/account/factor/remove", {"code": "123456"}).status_code == 422
    gone = inside.post("/account/factor/remove", {"code": pyotp.TOTP(new.secret).at(now + timedelta(seconds=30))})
    assert "Second factor removed" in gone.text


def test_a_new_password_ends_the_other_sessions_and_the_old_one(
    alice: Signed, enter: Enters, browser: Opens, house: House
) -> None:
    elsewhere, here = enter(alice), enter(alice)
    wrong = here.post("/account/password", {"old": "a wrong guess at it", "password": "seven herons wade upstream"})
    assert wrong.status_code == 422
    assert "That is not your password" in wrong.text
    weak = here.post("/account/password", {"old": PASSWORD, "password": "short"})
    assert weak.status_code == 422
    done = here.post("/account/password", {"old": PASSWORD, "password": "seven herons wade upstream"})
    assert "Password changed" in done.text
    assert elsewhere.get("/account").url.path == "/sign-in"
    assert here.get("/account").url.path == "/account"
    assert browser().post("/sign-in", {"login": alice.login, "password": PASSWORD}).status_code == 401
    assert browser().post("/sign-in", {"login": alice.login, "password": "seven herons wade upstream"}).url.path != "/sign-in"


def test_guesses_at_the_old_password_are_counted(alice: Signed, enter: Enters) -> None:
    here = enter(alice)
    for _ in range(5):
        assert here.post("/account/password", {"old": "guess", "password": "seven herons wade upstream"}).status_code == 422
    assert here.post("/account/password", {"old": PASSWORD, "password": "seven herons wade upstream"}).status_code == 429
