"""The live page: rows as they happen, for whoever may watch, and only of this site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from sealgate.domain.access import Reason
from sealgate.domain.ids import GateId, PassageId, PersonId
from sealgate.domain.operators import Role
from sealgate.domain.sightings import Means
from sealgate.flows import rules, signin
from sealgate.flows.kit import House, Signed
from sealgate.flows.looking import PassageLine
from sealgate.flows.passage import Admission
from sealgate.web import live

Show = Callable[..., Admission]
Enter = Callable[[Signed], Any]


@contextmanager
def watching(browser: Any, site: object, **more: str) -> Iterator[Iterator[tuple[str, str]]]:
    """The stream of a live page, as (event, data); begins once the page is told its figures."""
    headers = {"Accept": "text/event-stream", **{k.replace("_", "-"): v for k, v in more.items()}}
    with browser.client.stream("GET", f"/s/{site}/live/stream", headers=headers, timeout=60) as answer:
        assert answer.status_code == 200
        yield events(answer)


def events(answer: httpx.Response) -> Iterator[tuple[str, str]]:
    name, data = "", []
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data:"):
            data.append(line[5:].strip())
        elif not line and name:
            yield name, "\n".join(data)
            name, data = "", []


def until(stream: Iterator[tuple[str, str]], event: str) -> str:
    return next(data for name, data in stream if name == event)


def test_whoever_passed_today_is_on_the_page(
    enter: Enter, alice: Signed, place: Any, people: dict[str, PersonId], show: Show
) -> None:
    show("40000001")
    show("40000002")
    html = enter(alice).get(f"/s/{place.site}/live").text
    assert "Alice Hall" in html
    assert "Bob Ellis" in html
    assert "Expired" in html


def test_a_passage_slides_in(enter: Enter, alice: Signed, place: Any, people: dict[str, PersonId], show: Show) -> None:
    with watching(enter(alice), place.site) as stream:
        until(stream, "alarms")
        show("40000001")
        row = until(stream, "passage")
        assert "Alice Hall" in row
        assert 'data-say="Alice Hall, Lobby, Open"' in row


def test_the_figures_follow(enter: Enter, alice: Signed, place: Any, people: dict[str, PersonId], show: Show) -> None:
    with watching(enter(alice), place.site) as stream:
        assert "<dd>0</dd><dd>since midnight" in until(stream, "figures")
        show("40000001")
        figures = until(stream, "figures")
        assert "<dd>1</dd><dd>since midnight" in figures
        assert "<dd>1</dd><dd>of 2 enrolled" in figures


def test_a_page_that_comes_back_is_told_what_it_missed(
    enter: Enter, alice: Signed, place: Any, people: dict[str, PersonId], show: Show
) -> None:
    seen = show("40000001").passage
    missed = show("40000002").passage
    with watching(enter(alice), place.site, Last_Event_ID=str(seen)) as stream:
        row = until(stream, "passage")
        assert f"passage-{missed}" in row


def test_another_site_is_not_heard(
    enter: Enter, house: House, alice: Signed, place: Any, people: dict[str, PersonId], show: Show
) -> None:
    elsewhere = rules.add_site(house, alice, "South Campus", "Asia/Shanghai")
    browser = enter(alice)
    with watching(browser, elsewhere) as south, watching(browser, place.site) as north:
        until(south, "alarms")
        until(north, "alarms")
        show("40000001")
        assert "Alice Hall" in until(north, "passage")
        rules.lock_down(house, alice, elsewhere, on=True, why="a drill")
        heard = []
        for name, data in south:
            heard.append(name)
            if "locked down" in data:
                break
        assert "passage" not in heard


def test_the_stream_ends_with_the_session(
    enter: Enter, house: House, alice: Signed, place: Any, people: dict[str, PersonId], show: Show
) -> None:
    browser = enter(alice)
    with watching(browser, place.site) as stream:
        until(stream, "alarms")
        token = browser.client.cookies["sealgate"]
        signed = signin.who_is(house, token)
        assert signed is not None
        signin.sign_out(house, signed)
        show("40000001")
        left = list(stream)
    assert left == [("over", "")]


def test_only_whoever_may_watch_is_let_in(
    enter: Enter, browser: Callable[[], Any], house: House, alice: Signed, place: Any, operator: Callable[..., Signed]
) -> None:
    personnel = operator("Hanna Reed", Role.HR)
    assert enter(personnel).get(f"/s/{place.site}/live").status_code == 403
    assert enter(personnel).get(f"/s/{place.site}/live/stream").status_code == 403
    nobody = browser().get(f"/s/{place.site}/live/stream")
    assert "/sign-in" in str(nobody.url)


def test_a_site_of_another_organisation_is_not_there(
    enter: Enter, alice: Signed, house: House, umbra: Any, stranger_site: str
) -> None:
    assert enter(alice).get(f"/s/{stranger_site}/live").status_code == 404
    assert enter(alice).get(f"/s/{stranger_site}/live/stream").status_code == 404


def test_opening_by_hand_asks_why_and_is_recorded_as_forced(enter: Enter, dora: Signed, place: Any) -> None:
    browser = enter(dora)
    address = f"/s/{place.site}/live/gates/{place.lobby}/open"
    assert "Open Lobby once?" in browser.get(address).text
    refused = browser.post(address, {"why": ""})
    assert refused.status_code == 422
    opened = browser.post(address, {"why": "parcel for reception"})
    assert opened.status_code == 200
    assert "Forced" in opened.text
    assert "parcel for reception" in opened.text


def test_the_chips_choose_rows(enter: Enter, alice: Signed, place: Any, people: dict[str, PersonId], show: Show) -> None:
    show("40000001")
    show("40000002")
    stopped = enter(alice).get(f"/s/{place.site}/live?show=stopped").text
    assert "Bob Ellis" in stopped
    assert "Alice Hall</a>" not in stopped


def test_alarms_name_the_trouble(
    enter: Enter, house: House, alice: Signed, place: Any, people: dict[str, PersonId], show: Show
) -> None:
    for _ in range(3):
        show("40000002")
    rules.block_gate(house, alice, place.side_door, blocked=True)
    rules.lock_down(house, alice, place.site, on=True, why="a drill")
    html = enter(alice).get(f"/s/{place.site}/live").text
    assert "3 refusals in a row at Lobby" in html
    assert "Side door is blocked" in html
    assert 'data-key="lockdown"' in html


NOW = datetime.fromisoformat("2026-11-23T09:12:00+08:00")
REFUSED = PassageLine(
    passage=PassageId(1),
    at=NOW,
    local=NOW,
    gate=GateId(UUID(int=1)),
    gate_name="Lobby",
    means=Means.CARD,
    opens=False,
    reason=Reason.EXPIRED,
    name=None,
    person=None,
    plate=None,
    plate_kind="plain",
    latch=None,
    has_picture=False,
    score=None,
)
OPENED = replace(REFUSED, opens=True, reason=Reason.ALLOWED)
OLD = replace(REFUSED, at=NOW - timedelta(minutes=11))


@pytest.mark.parametrize(
    ("newest_first", "run"),
    [
        ([REFUSED] * 3, 3),
        ([REFUSED] * 2, None),
        ([OPENED] + [REFUSED] * 5, None),
        ([REFUSED] * 4 + [OPENED] + [REFUSED] * 9, 4),
        ([REFUSED] * 2 + [OLD] * 9, None),
    ],
)
def test_refusals_in_a_row_end_with_an_opening_or_with_time(newest_first: list[PassageLine], run: int | None) -> None:
    found = live.refused_in_a_row(newest_first, NOW)
    assert [count for _gate, count, _last in found] == ([] if run is None else [run])


def test_an_event_keeps_its_lines_apart() -> None:
    assert live.said("passage", "<tr>\n\n<td>", 7) == "event: passage\nid: 7\ndata: <tr>\ndata: <td>\n\n"
