"""Inviting by a program: with an operator's session, in the operator's rights, and nothing half done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sealgate.app import initialise, running
from sealgate.cli.listening import listening
from sealgate.domain.operators import Role, Scope
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.flows import api_keys, rules, signin, visit_page
from sealgate.settings import Settings

PASSWORD = "rusty anchors sing at dusk"


class Caller:
    """Bob's program: a site with a lobby, and Bob's session."""

    def __init__(self, program: Any, client: httpx.Client) -> None:
        self.client = client
        self.house = program.house
        self.admin: Any = None
        tenant = self.house.store.tenants()[0].tenant
        link = signin.first_link(self.house, tenant)
        assert link is not None
        admin = signin.who_is(self.house, signin.set_up(self.house, link, name="Ada", login="ada@x.example", password=PASSWORD))
        assert admin is not None
        self.admin = admin
        self.site = rules.add_site(self.house, admin, "North Campus", "Asia/Shanghai")
        outside = rules.zones(self.house, admin, self.site)[0].zone
        inside = rules.add_zone(self.house, admin, self.site, "Building")
        gate = rules.NewGate("Lobby", GateKind.DOOR, outside, inside, frozenset({Means.QR}))
        self.lobby = rules.add_gate(self.house, admin, self.site, gate)
        invited = signin.invite_operator(self.house, admin, frozenset({Role.HOST}))
        self.token = signin.set_up(self.house, invited, name="Bob Ellis", login="bob@x.example", password=PASSWORD)

    def invitation(self, **more: Any) -> dict[str, Any]:
        now = self.house.clock.now()
        times = {"since": now.isoformat(), "until": (now + timedelta(hours=2)).isoformat()}
        return {"site": str(self.site), "name": "Vera Lang", "gates": [str(self.lobby)], **times, **more}

    def post(self, body: Any, token: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        return self.client.post("/api/v1/visits", json=body, headers=headers)


@pytest.fixture
def bob(tmp_path: Path) -> Iterator[Caller]:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys", port=0)
    initialise(settings, "Acme")
    with (
        running(settings, faces=None, plates=None) as program,
        listening(program) as server,
        httpx.Client(base_url=server.address) as client,
    ):
        yield Caller(program, client)


def test_a_program_invites_asks_and_cancels(bob: Caller) -> None:
    made = bob.post(bob.invitation(why="audit"))
    assert made.status_code == 201
    assert visit_page.page(bob.house, made.json()["link"].rpartition("/")[2]).why == "audit"
    headers = {"Authorization": f"Bearer {bob.token}"}
    address = f"/api/v1/visits/{made.json()['visit']}"
    assert bob.client.get(address, headers=headers).json()["state"] == "invited"
    assert bob.client.delete(address, headers=headers).status_code == 204
    assert bob.client.get(address, headers=headers).json()["state"] == "cancelled"
    again = bob.client.delete(address, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "visit.not-now")


@pytest.mark.parametrize("token", ["nobody", "A" * 64])
def test_nobody_else_does(bob: Caller, token: str) -> None:
    answer = bob.post(bob.invitation(), token)
    assert (answer.status_code, answer.json()["code"]) == (401, "api.unknown-caller")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"until": "2020-01-01T10:00:00+08:00", "since": "2020-01-01T09:00:00+08:00"}, "visit.time-over"),
        ({"since": "2026-11-27T09:00"}, "invalid"),
        ({"name": "x" * 500}, "invalid"),
        ({"gates": ["0190e0e0-0000-7000-8000-000000000000"]}, "visit.no-gate"),
        ({"email": "vera"}, "person.bad-contact"),
        ({"shoe_size": 44}, "invalid"),
        ({"language": "fr"}, "invalid"),
    ],
)
def test_what_does_not_fit_is_refused_under_its_code(bob: Caller, more: dict[str, Any], code: str) -> None:
    answer = bob.post(bob.invitation(**more))
    assert answer.status_code == 422
    assert answer.json()["code"] == code


def test_a_key_does_what_it_was_made_for_and_nothing_else(bob: Caller) -> None:
    key = api_keys.make(bob.house, bob.admin, "Calendar", [Scope.INVITE, Scope.READ], 30)
    made = bob.post(bob.invitation(host="Bob Ellis"), key)
    assert made.status_code == 201
    own = f"/api/v1/visits/{made.json()['visit']}"
    headers = {"Authorization": f"Bearer {key}"}
    assert bob.client.get(own, headers=headers).json()["state"] == "invited"
    refused = bob.client.delete(own, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    (line,) = api_keys.listed(bob.house, bob.admin)
    assert (line.name, line.by, line.live) == ("Calendar", "Ada", True)
    assert line.used_at is not None


def test_a_key_that_was_revoked_or_never_made_opens_nothing(bob: Caller) -> None:
    key = api_keys.make(bob.house, bob.admin, "Calendar", [Scope.INVITE], 30)
    (line,) = api_keys.listed(bob.house, bob.admin)
    api_keys.revoke(bob.house, bob.admin, line.key)
    for text in (key, key[:-1] + ("A" if key[-1] != "A" else "B"), "sgk_", "sgk_" + "x" * 64, key.removeprefix("sgk_")):
        refused = bob.post(bob.invitation(), text)
        assert (refused.status_code, refused.json()["code"]) == (401, "api.unknown-caller")


def test_a_key_loses_what_its_maker_loses(bob: Caller) -> None:
    link = signin.invite_operator(bob.house, bob.admin, frozenset({Role.ADMINISTRATOR}))
    token = signin.set_up(bob.house, link, name="Cora", login="cora@x.example", password=PASSWORD)
    cora = signin.who_is(bob.house, token)
    assert cora is not None
    key = api_keys.make(bob.house, cora, "Calendar", [Scope.INVITE], 30)
    assert bob.post(bob.invitation(host="Bob Ellis"), key).status_code == 201
    signin.disable_operator(bob.house, bob.admin, cora.operator)
    assert bob.post(bob.invitation(host="Bob Ellis"), key).status_code == 401
