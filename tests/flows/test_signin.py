"""The first operator, passwords, codes and sessions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp
import pytest

from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.operators import Permission, Role
from sealgate.domain.passwords import WeakPassword
from sealgate.flows import factor, sessions, signin
from sealgate.flows.kit import House, Signed

PASSWORD = "rusty anchors sing at dusk"


def first(house: House, campus: Any, password: str = PASSWORD) -> Signed:
    link = signin.first_link(house, campus.tenant)
    assert link is not None
    token = signin.set_up(house, link, name="Ada Stone", login="ada@acme.example", password=password)
    signed = signin.who_is(house, token)
    assert signed is not None
    return signed


def enter(house: House, password: str = PASSWORD, login: str = "ada@acme.example") -> signin.Entered:
    return signin.sign_in(house, None, login, password)


def test_the_first_link_makes_an_administrator_once(house: House, acme_campus: Any) -> None:
    link = signin.first_link(house, acme_campus.tenant)
    assert link is not None
    assert signin.link_is_good(house, link)
    token = signin.set_up(house, link, name="Ada Stone", login="ada@acme.example", password=PASSWORD)
    signed = signin.who_is(house, token)
    assert signed is not None
    assert (signed.name, signed.roles) == ("Ada Stone", frozenset({Role.ADMINISTRATOR}))
    assert not signin.link_is_good(house, link)
    with pytest.raises(signin.LinkUsed):
        signin.set_up(house, link, name="Mallory", login="m@acme.example", password=PASSWORD)
    assert signin.first_link(house, acme_campus.tenant) is None


def test_a_link_ends_after_a_day(house: House, acme_campus: Any, clock: Any) -> None:
    link = signin.first_link(house, acme_campus.tenant)
    assert link is not None
    clock.move(timedelta(hours=24))
    with pytest.raises(signin.LinkUsed):
        signin.set_up(house, link, name="Ada Stone", login="ada@acme.example", password=PASSWORD)


def test_wrong_login_wrong_password_and_nobody_get_one_answer(house: House, acme_campus: Any) -> None:
    first(house, acme_campus)
    assert enter(house).session is not None
    for login, password in (("ada@acme.example", "wrong"), ("eve@acme.example", PASSWORD), ("", "")):
        with pytest.raises(signin.WrongSignIn):
            enter(house, password, login)


def test_the_sixth_guess_waits(house: House, acme_campus: Any, clock: Any) -> None:
    first(house, acme_campus)
    for _ in range(5):
        with pytest.raises(signin.WrongSignIn):
            enter(house, "wrong")
    with pytest.raises(signin.TooManyTries) as refusal:
        enter(house)
    assert refusal.value.wait <= timedelta(minutes=15)
    clock.move(timedelta(minutes=15))
    assert enter(house).session is not None


def test_a_weak_password_makes_nobody(house: House, acme_campus: Any) -> None:
    link = signin.first_link(house, acme_campus.tenant)
    assert link is not None
    with pytest.raises(WeakPassword):
        signin.set_up(house, link, name="Ada Stone", login="ada@acme.example", password="short")
    assert signin.link_is_good(house, link)


def test_a_short_password_may_nothing_before_a_second_factor(house: House, acme_campus: Any, clock: Any) -> None:
    signed = first(house, acme_campus, "p4ss-w0rd-7")
    assert signed.must_add_factor
    with pytest.raises(Forbidden):
        signed.need(Permission.WATCH)
    new = factor.new_factor(signed)
    factor.confirm_factor(house, signed, new.secret, pyotp.TOTP(new.secret).at(clock.now()))
    clock.move(timedelta(seconds=30))
    entered = enter(house, "p4ss-w0rd-7")
    assert entered.session is None
    assert entered.step is not None
    token = signin.second_step(house, entered.step, pyotp.TOTP(new.secret).at(clock.now()))
    again = signin.who_is(house, token)
    assert again is not None
    again.need(Permission.WATCH)
    clock.move(timedelta(seconds=30))
    with pytest.raises(factor.FactorNeeded):
        factor.remove_factor(house, again, pyotp.TOTP(new.secret).at(clock.now()))


def test_a_code_works_once(house: House, acme_campus: Any, clock: Any) -> None:
    signed = first(house, acme_campus)
    new = factor.new_factor(signed)
    factor.confirm_factor(house, signed, new.secret, pyotp.TOTP(new.secret).at(clock.now()))
    clock.move(timedelta(seconds=30))
    code = pyotp.TOTP(new.secret).at(clock.now())
    step = enter(house).step
    assert step is not None
    assert signin.who_is(house, signin.second_step(house, step, code)) is not None
    with pytest.raises(signin.WrongCode):
        signin.second_step(house, step, code)


def test_the_ticket_for_the_second_step_ends_and_cannot_be_made(house: House, acme_campus: Any, clock: Any) -> None:
    signed = first(house, acme_campus)
    new = factor.new_factor(signed)
    factor.confirm_factor(house, signed, new.secret, pyotp.TOTP(new.secret).at(clock.now()))
    step = enter(house).step
    assert step is not None
    for forged in ("", "a.b", step[:-2], "x" + step):
        with pytest.raises(signin.StepOver):
            signin.second_step(house, forged, "123456")
    clock.move(timedelta(minutes=6))
    with pytest.raises(signin.StepOver):
        signin.second_step(house, step, pyotp.TOTP(new.secret).at(clock.now()))


def test_a_session_ends_when_it_is_ended_or_over(house: House, acme_campus: Any, clock: Any) -> None:
    first(house, acme_campus)
    tokens = [enter(house).session or "" for _ in range(2)]
    one, two = (signin.who_is(house, token) for token in tokens)
    assert one is not None
    assert two is not None
    assert len(sessions.mine(house, one)) == 3
    sessions.end(house, one, two.session)
    assert signin.who_is(house, tokens[1]) is None
    clock.move(timedelta(hours=12))
    assert signin.who_is(house, tokens[0]) is None


@pytest.mark.parametrize("token", ["", "x" * 64, "é" * 64, "A" * 64, "A" * 63])
def test_a_made_up_token_is_nobodys(house: House, acme_campus: Any, token: str) -> None:
    assert signin.who_is(house, token) is None


def test_nobody_ends_sessions_of_another(house: House, acme_campus: Any, umbra_campus: Any) -> None:
    ada = first(house, acme_campus)
    link = signin.invite_operator(house, ada, frozenset({Role.RECEPTION}))
    token = signin.set_up(house, link, name="Dora Marsh", login="dora@acme.example", password=PASSWORD)
    dora = signin.who_is(house, token)
    assert dora is not None
    assert dora.roles == {Role.RECEPTION}
    with pytest.raises(NotFound):
        sessions.end(house, dora, ada.session)
    with pytest.raises(Forbidden):
        signin.operators(house, dora)
    signin.disable_operator(house, ada, dora.operator)
    assert signin.who_is(house, token) is None
    with pytest.raises(signin.WrongSignIn):
        signin.sign_in(house, "Acme", "dora@acme.example", PASSWORD)


def test_with_two_organisations_one_says_which(house: House, acme_campus: Any, umbra_campus: Any) -> None:
    first(house, acme_campus)
    with pytest.raises(signin.WrongSignIn):
        enter(house)
    assert signin.sign_in(house, "acme", "ada@acme.example", PASSWORD).session is not None
    with pytest.raises(signin.WrongSignIn):
        signin.sign_in(house, "Umbra", "ada@acme.example", PASSWORD)
