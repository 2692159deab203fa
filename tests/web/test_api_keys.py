"""Alice makes a key for a program, sees it once and revokes it; nobody else may, and the store knows only its hash."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sealgate.domain.operators import Scope
from sealgate.flows import api_keys
from sealgate.flows.kit import House, Signed

Enter = Callable[[Signed], Any]
FORM = {"name": "Calendar", "scope": ["visits.invite", "visits.read"], "days": "90"}


def key_in(page: Any) -> str:
    found = re.search(r"sgk_[\w-]{64}", page.text)
    assert found, page.text
    return found[0]


def test_a_key_is_shown_once_and_kept_as_a_hash(tmp_path: Path, alice: Signed, enter: Enter) -> None:
    inside = enter(alice)
    made = inside.post("/operators/keys", FORM)
    key = key_in(made)
    assert made.headers["cache-control"] == "no-store"
    page = inside.get("/operators/keys").text
    assert "Calendar" in page
    assert "Invite visitors, Read where a visit stands" in page
    assert key not in page
    secret = key.removeprefix(api_keys.PREFIX).encode()
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and secret in file.read_bytes()]


def test_a_revoked_key_opens_nothing_and_says_so(house: House, alice: Signed, enter: Enter) -> None:
    inside = enter(alice)
    key = key_in(inside.post("/operators/keys", FORM))
    assert api_keys.acting(house, key, Scope.INVITE) is not None
    (line,) = api_keys.listed(house, alice)
    assert "Revoked" in inside.post(f"/operators/keys/{line.key}/revoke").text
    assert api_keys.acting(house, key, Scope.INVITE) is None
    assert inside.post(f"/operators/keys/{line.key}/revoke").status_code == 404


def test_a_key_ends_with_its_days(house: House, alice: Signed, clock: Any) -> None:
    key = api_keys.make(house, alice, "Calendar", ["visits.invite"], 30)
    clock.move(timedelta(days=29))
    assert api_keys.acting(house, key, Scope.INVITE) is not None
    clock.move(timedelta(days=1))
    assert api_keys.acting(house, key, Scope.INVITE) is None


@pytest.mark.parametrize("wrong", [{"scope": []}, {"scope": ["everything"]}, {"days": "9999"}, {"days": "soon"}, {"name": " "}])
def test_a_key_that_cannot_be_is_refused(house: House, alice: Signed, enter: Enter, wrong: dict[str, Any]) -> None:
    assert enter(alice).post("/operators/keys", FORM | wrong).status_code == 422
    assert api_keys.listed(house, alice) == []


def test_who_manages_no_operators_makes_no_keys_and_another_organisation_sees_none(
    house: House, alice: Signed, dora: Signed, umbra: Signed, enter: Enter, browser: Callable[[], Any]
) -> None:
    api_keys.make(house, alice, "Calendar", ["visits.invite"], 30)
    (line,) = api_keys.listed(house, alice)
    assert enter(dora).get("/operators/keys").status_code == 403
    assert enter(dora).post("/operators/keys", FORM).status_code == 403
    assert enter(dora).post(f"/operators/keys/{line.key}/revoke").status_code == 403
    assert "No keys yet" in enter(umbra).get("/operators/keys").text
    assert enter(umbra).post(f"/operators/keys/{line.key}/revoke").status_code == 404
    assert "/sign-in" in str(browser().get("/operators/keys").url)
