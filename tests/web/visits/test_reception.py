"""A kiosk calls reception, and open pages hear of it at once: Dora at reception, Bob who only hosts, and a kiosk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sealgate.domain.ids import SiteId, ZoneId
from sealgate.domain.operators import Role
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.flows import rules, signin
from sealgate.flows.kit import House, Signed

PASSWORD = "rusty anchors sing at dusk"
CODES = frozenset({Means.QR})


@pytest.fixture
def kiosk(house: House, alice: Signed, campus: SiteId, browser: Callable[[], Any]) -> Any:
    outside = next(zone.zone for zone in rules.zones(house, alice, campus) if zone.outside)
    building: ZoneId = rules.add_zone(house, alice, campus, "Building")
    lobby = rules.add_gate(house, alice, campus, rules.NewGate("Lobby", GateKind.DOOR, outside, building, CODES))
    made = browser()
    made.get(f"/kiosk/{rules.kiosk_link(house, alice, lobby)}")
    return made


@pytest.fixture
def bob(house: House, alice: Signed) -> Signed:
    link = signin.invite_operator(house, alice, frozenset({Role.HOST}))
    signed = signin.who_is(house, signin.set_up(house, link, name="Bob Ellis", login="bob@example.org", password=PASSWORD))
    assert signed is not None
    return signed


@pytest.fixture
def visits(campus: SiteId) -> str:
    return f"/s/{campus}/visits"


def coming(page: Any) -> str:
    found = re.search(r'action="(/s/[^"]+/visits/reception/[^"]+/coming)"', page.text)
    assert found, page.text
    return found[1]


def test_pressing_once_or_twice_is_one_call_and_whoever_is_first_comes(
    alice: Signed, dora: Signed, kiosk: Any, visits: str, enter: Any
) -> None:
    assert "Call reception" in kiosk.get("/kiosk").text
    assert "Call reception" in kiosk.get("/kiosk/visit/name").text
    assert "Reception is called" in kiosk.post("/kiosk/help").text
    kiosk.post("/kiosk/help")
    desk, other = enter(dora), enter(alice)
    page = desk.get(visits)
    assert page.text.count("Lobby calls reception") == 1
    answer = desk.post(coming(page))
    assert "The kiosk says that you are coming" in answer.text
    assert "calls reception" not in answer.text
    assert "Somebody is coming to you" in kiosk.get("/kiosk/help").text
    assert other.post(coming(page)).status_code == 409


def test_a_host_hears_no_call_and_answers_none(bob: Signed, dora: Signed, kiosk: Any, visits: str, enter: Any) -> None:
    kiosk.post("/kiosk/help")
    assert "calls reception" not in enter(bob).get(visits).text
    assert enter(bob).post(coming(enter(dora).get(visits))).status_code == 403


def test_a_call_that_nobody_answered_is_over_after_a_while(
    dora: Signed, kiosk: Any, visits: str, enter: Any, clock: Any
) -> None:
    kiosk.post("/kiosk/help")
    clock.move(timedelta(minutes=16))
    assert "calls reception" not in enter(dora).get(visits).text
    kiosk.post("/kiosk/help")
    assert "calls reception" in enter(dora).get(visits).text


def test_a_browser_that_is_no_kiosk_calls_nobody(browser: Callable[[], Any]) -> None:
    stranger = browser()
    assert stranger.post("/kiosk/help").status_code == 401
    assert stranger.get("/kiosk/help").status_code == 401


@contextmanager
def stream(browser: Any, path: str) -> Iterator[Iterator[tuple[str, str]]]:
    """The events of an open stream, each with its name and its data."""

    def events(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
        name, data = "", []
        for line in lines:
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data:"):
                data.append(line.removeprefix("data:").strip())
            elif not line and name:
                yield name, "\n".join(data)
                name, data = "", []

    client: httpx.Client = browser.client
    with client.stream("GET", path, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events(answer.iter_lines())


def test_an_open_page_is_told_as_it_happens_and_is_over_with_its_session(
    house: House, alice: Signed, dora: Signed, kiosk: Any, visits: str, enter: Any
) -> None:
    with stream(enter(dora), f"{visits}/stream") as events:
        assert next(events) == ("waiting", "")
        kiosk.post("/kiosk/help")
        name, html = next(events)
        assert (name, "Lobby calls reception" in html) == ("waiting", True)
        other = enter(alice)
        other.post(coming(other.get(visits)))
        assert next(events) == ("waiting", "")
        signin.disable_operator(house, alice, dora.operator)
        kiosk.post("/kiosk/help")
        assert next(events)[0] == "over"


def test_the_stream_is_closed_to_who_may_not(
    house: House, alice: Signed, umbra: Signed, visits: str, enter: Any, browser: Callable[[], Any]
) -> None:
    link = signin.invite_operator(house, alice, frozenset({Role.PAYROLL}))
    erin = signin.who_is(house, signin.set_up(house, link, name="Erin Roth", login="erin@example.org", password=PASSWORD))
    assert erin is not None
    assert enter(erin).get(f"{visits}/stream").status_code == 403
    assert enter(umbra).get(f"{visits}/stream").status_code == 404
    assert "/sign-in" in str(browser().get(f"{visits}/stream").url)
