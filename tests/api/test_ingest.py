"""A card reader speaks to its gate, and to no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealgate.app import Program, initialise, running
from sealgate.cli.listening import listening
from sealgate.domain.sightings import Means
from sealgate.flows import campus, enrol, looking
from sealgate.flows.campus import Campus, card_number
from sealgate.settings import Settings


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    home = tmp_path_factory.mktemp("api")
    chosen = Settings(data=home / "data", keys=home / "keys", port=0)
    initialise(chosen, "Acme")
    with running(chosen, faces=None, plates=None) as joined:
        yield joined


@pytest.fixture(scope="module")
def acme(program: Program) -> Campus:
    return campus.build(program.house, program.house.store.tenants()[0].tenant, "Asia/Shanghai", ["京A12345"])


@pytest.fixture(scope="module")
def client(program: Program) -> Iterator[httpx.Client]:
    with listening(program) as server, httpx.Client(base_url=server.address) as opened:
        yield opened


def show(client: httpx.Client, secret: str, body: object) -> httpx.Response:
    return client.post("/api/v1/sightings", json=body, headers={"Authorization": f"Bearer {secret}"})


def test_alices_card_opens_the_lobby(client: httpx.Client, acme: Campus, program: Program) -> None:
    answer = show(client, acme.kiosk, {"means": "card", "value": card_number(1)})
    assert answer.status_code == 200
    assert {**answer.json(), "passage": ""} == {
        "opens": True,
        "reason": "allowed",
        "passage": "",
        "latch": "accepted",
        "due": None,
    }
    assert "Alice" not in answer.text
    line = looking.watch(program.house, campus.system(program.house, acme.tenant), acme.site).lines[0]
    assert (line.name, str(line.passage)) == ("Alice Marsh", answer.json()["passage"])


def test_a_strangers_card_is_answered_and_opens_nothing(client: httpx.Client, acme: Campus) -> None:
    answer = show(client, acme.kiosk, {"means": "card", "value": "99999999"})
    assert (answer.status_code, answer.json()["opens"], answer.json()["reason"]) == (200, False, "unknown")


def test_a_way_in_that_the_gate_does_not_take_is_refused(client: httpx.Client, acme: Campus) -> None:
    answer = show(client, acme.kiosk, {"means": "plate", "value": "京A12345"})
    assert answer.json()["reason"] == "means-not-accepted"


@pytest.mark.parametrize("secret", ["x", "A" * 64, "é" * 10, "Bearer"])
def test_without_the_gates_secret_nothing_is_asked(client: httpx.Client, acme: Campus, secret: str) -> None:
    headers = httpx.Headers({b"Authorization": f"Bearer {secret}".encode()})
    answer = client.post("/api/v1/sightings", json={"means": "card", "value": "12345678"}, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "api.unknown-reader"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"means": "card"},
        {"means": "face", "value": "x"},
        {"means": "card", "value": ""},
        {"means": "card", "value": "1" * 513},
        {"means": "card", "value": 12345678},
        {"means": "card", "value": "12345678", "extra": 1},
        ["card", "12345678"],
    ],
)
def test_what_is_no_code_is_refused_with_a_stable_code(client: httpx.Client, acme: Campus, body: object) -> None:
    answer = show(client, acme.kiosk, body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail(client: httpx.Client, acme: Campus, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {acme.kiosk}", "Content-Type": "application/json"}
    assert client.post("/api/v1/sightings", content=body, headers=headers).status_code in {400, 422}


def test_a_replaced_secret_stops_working(client: httpx.Client, acme: Campus, program: Program) -> None:
    from sealgate.flows import rules

    signed = campus.system(program.house, acme.tenant)
    old = rules.kiosk_link(program.house, signed, acme.way_out)
    new = rules.kiosk_link(program.house, signed, acme.way_out)
    body = {"means": "card", "value": "99999999"}
    assert [show(client, secret, body).status_code for secret in (old, new)] == [401, 200]


def test_a_generated_code_opens_by_qr(client: httpx.Client, acme: Campus, program: Program) -> None:
    signed = campus.system(program.house, acme.tenant)
    made = enrol.add_credential(program.house, signed, acme.people[0], Means.QR)
    assert show(client, acme.kiosk, {"means": "qr", "value": made.shown_once}).json()["opens"]


def test_health_says_that_it_works(client: httpx.Client, program: Program, tmp_path: Path) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_a_plate_and_a_ticket_at_the_lanes_of_a_garage(client: httpx.Client, acme: Campus, program: Program) -> None:
    from sealgate.flows import garage_demo, parking, rules

    house, signed = program.house, campus.system(program.house, acme.tenant)
    garage = garage_demo.build(house, acme, [])
    entry, leave = (rules.kiosk_link(house, signed, gate) for gate in (garage.entry, garage.exit))
    came = show(client, entry, {"means": "plate", "value": "沪b-66888"}).json()
    assert (came["opens"], came["reason"], came["due"]) == (True, "allowed", None)
    assert show(client, leave, {"means": "plate", "value": "沪B66888"}).json()["opens"], "a quarter of an hour is free"
    asked = show(client, leave, {"means": "plate", "value": "苏E12345"}).json()
    assert (asked["opens"], asked["reason"]) == (False, "desk-asked")
    drawn = parking.draw_ticket(house, acme.tenant, garage.entry)
    assert show(client, leave, {"means": "qr", "value": drawn.code}).json()["opens"]
