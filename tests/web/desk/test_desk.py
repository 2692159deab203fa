"""The desk's page and the lane's screen, over HTTP: what they show, to whom, and who was first."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from queue import Queue
from typing import Any
from uuid import UUID

import pytest

from sealgate.domain.ids import StayId
from sealgate.domain.money import Money
from sealgate.domain.operators import Role
from sealgate.domain.stays import StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.tariffs import BillReason
from sealgate.flows import assist, lane, paying, signin, tariffs
from sealgate.flows.kit import House, Signed
from sealgate.flows.paying import ByHand
from sealgate.store import parking
from sealgate.web.voice import BadSignal, read_signal

Enter = Callable[[Signed], Any]
SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n"
OFFER = {"word": "offer", "round": "1", "sdp": SDP}
JSON = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}


def without_lost_price() -> str:
    return """
name = "Harbour"
currency = "CNY"
time_zone = "Asia/Shanghai"
steps = [{ each = "1h", price = 5 }]
"""


def speaks(browser: Any, path: str, signal: object) -> Any:
    return browser.client.post(path, content=json.dumps(signal).encode(), headers=JSON)


def test_an_empty_desk_says_so(enter: Enter, garage: Any, dora: Signed) -> None:
    page = enter(dora).get("/desk")
    assert page.status_code == 200
    assert "Nothing waits for you" in page.text


def test_the_queue_shows_no_plate_until_the_call_is_taken(enter: Enter, garage: Any, dora: Signed, clock: Any) -> None:
    call = garage.asks(clock)
    desk = enter(dora)
    queue = desk.get("/desk").text
    assert "Deck exit" in queue
    assert "The plate is not sure" in queue
    untaken = desk.get(f"/desk/calls/{call}").text
    assert "Nobody has this call yet" in untaken
    assert "8<u>K</u>2F6" not in untaken
    taken = desk.post(f"/desk/calls/{call}/take").text
    assert "8<u>K</u>2F6" in taken
    assert "8<u>X</u>2F6" in taken
    assert "¥10.00" in taken
    assert "1 character differs" in taken


def test_pictures_are_for_whoever_has_the_call(enter: Enter, garage: Any, dora: Signed, dan: Signed, clock: Any) -> None:
    call = garage.asks(clock)
    desk, other = enter(dora), enter(dan)
    assert desk.get(f"/desk/calls/{call}/lane.jpg").status_code == 409
    page = desk.post(f"/desk/calls/{call}/take").text
    assert "When the call was made" in page, "no camera runs this lane: the picture is not live"
    assert "data-live" not in page
    assert desk.get(f"/desk/calls/{call}/lane.jpg?at=1").status_code == 404
    live = desk.get(f"/desk/calls/{call}/lane.jpg")
    assert (live.status_code, live.headers["content-type"], live.headers["cache-control"]) == (200, "image/jpeg", "no-store")
    assert other.get(f"/desk/calls/{call}/lane.jpg").status_code == 409
    stay = re.search(r'name="stay" value="([0-9a-f-]{36})"', page)
    assert stay
    opened = desk.post(f"/desk/calls/{call}/entry", {"stay": stay[1]})
    ticket = re.search(r"/desk/pictures/[^\"]+", opened.text)
    assert ticket
    assert desk.get(ticket[0]).headers["content-type"] == "image/jpeg"
    assert other.get(ticket[0]).status_code == 410
    clock.move(timedelta(seconds=61))
    assert desk.get(ticket[0]).status_code == 410


def test_the_second_is_told_who_and_when(enter: Enter, garage: Any, dora: Signed, dan: Signed, clock: Any) -> None:
    call = garage.asks(clock)
    garage.take(dora, call)
    late = enter(dan).post(f"/desk/calls/{call}/take")
    assert late.status_code == 409
    assert "Dora Marsh has had this call since 11:11. Nothing was changed." in late.text
    first = enter(dora)
    first.post(f"/desk/calls/{call}/not-open")
    later = enter(dan).post(f"/desk/calls/{call}/open", {"why": "he waits"})
    assert later.status_code == 409
    assert "Dora Marsh decided this call at 11:11. Nothing was changed." in later.text


def test_words_that_are_missing_are_asked_for_again(enter: Enter, garage: Any, dora: Signed, clock: Any) -> None:
    call = garage.asks(clock)
    garage.take(dora, call)
    again = enter(dora).post(f"/desk/calls/{call}/waive", {"why": ""})
    assert again.status_code == 422
    assert "data-reopen" in again.text
    assert "Say why" in again.text


def test_a_plate_that_nobody_has_is_told_in_its_field(enter: Enter, garage: Any, dora: Signed, clock: Any) -> None:
    call = garage.asks(clock)
    garage.take(dora, call)
    again = enter(dora).post(f"/desk/calls/{call}/plate", {"plate": "<b>粤B1234</b>"})
    assert again.status_code == 422
    assert 'value="&lt;b&gt;粤B1234&lt;/b&gt;"' in again.text
    assert "No car with this plate is in this lot" in again.text


@pytest.mark.parametrize("share", ["0", "101", "-5", "half", ""])
def test_a_share_is_one_to_a_hundred(enter: Enter, garage: Any, dora: Signed, clock: Any, share: str) -> None:
    call = garage.asks(clock)
    garage.take(dora, call)
    assert enter(dora).post(f"/desk/calls/{call}/reduce", {"why": "no space found", "share": share}).status_code == 422


def test_opening_says_so_and_goes_on_to_the_queue(enter: Enter, garage: Any, dora: Signed, clock: Any) -> None:
    call = garage.asks(clock)
    garage.take(dora, call)
    desk = enter(dora)
    desk.post(f"/desk/calls/{call}/another-car")
    opened = desk.post(f"/desk/calls/{call}/open", {"why": "fire engine"})
    assert str(opened.url).endswith("/desk")
    assert "Opened by hand. Your words are in the journal." in opened.text


def test_a_lost_ticket_costs_what_the_tariff_says_and_the_bill_says_why(
    enter: Enter, garage: Any, house: House, dora: Signed, clock: Any
) -> None:
    garage.draws_ticket()
    clock.move(timedelta(minutes=100))
    call = assist.call(house, dora.tenant, garage.exit, CallReason.HELP)
    garage.take(dora, call)
    desk = enter(dora)
    page = desk.get(f"/desk/calls/{call}").text
    assert "Cars inside with a ticket and no plate" in page
    stay = re.search(r"same-car\?stay=([0-9a-f-]{36})", page)
    assert stay
    known = desk.post(f"/desk/calls/{call}/same-car?stay={stay[1]}").text
    assert "¥10.00" in known
    assert "Ticket lost: ¥50.00 is due" in known
    assert "Its price is on the lane’s screen" in desk.post(f"/desk/calls/{call}/lost-ticket").text
    due = paying.due_of(house, dora.tenant, StayId(UUID(stay[1])), clock.now())
    assert [(line.reason, line.amount) for line in due.bill.lines] == [(BillReason.LOST_TICKET, Money(5000, "CNY"))]
    barrier = lane.lane_gate(house, garage.lane().removeprefix("/lane/"))
    assert barrier is not None
    assert lane.screen(house, barrier, paying.prices(house, dora.tenant)).due == Money(5000, "CNY")
    paying.cash(house, dora, StayId(UUID(stay[1])), Money(5000, "CNY"), ByHand.CASH)
    with house.store.read(dora.tenant) as db:
        row = parking.stay(db, StayId(UUID(stay[1])))
    assert row is not None
    assert row.stay.state in {StayState.PAID, StayState.CLOSED}


def test_a_lot_whose_tariff_has_no_price_for_a_lost_ticket_says_so(
    enter: Enter, garage: Any, house: House, alice: Signed, dora: Signed, clock: Any
) -> None:
    tariffs.save(house, alice, without_lost_price(), date(2026, 11, 23))
    call = garage.asks(clock)
    garage.take(dora, call)
    desk = enter(dora)
    assert "Ticket lost" not in desk.get(f"/desk/calls/{call}").text
    refused = desk.post(f"/desk/calls/{call}/lost-ticket")
    assert refused.status_code == 422
    assert "The tariff has no price for a lost ticket" in refused.text


def test_the_desk_is_for_attendants_of_this_organisation(
    enter: Enter, browser: Callable[[], Any], garage: Any, house: House, alice: Signed, umbra: Signed, clock: Any
) -> None:
    call = garage.asks(clock)
    signed = signin.who_is(
        house,
        signin.set_up(
            house,
            signin.invite_operator(house, alice, frozenset({Role.RECEPTION})),
            name="Rhea Hall",
            login="rhea@example.org",
            password="rusty anchors sing at dusk",
        ),
    )
    assert signed is not None
    assert enter(signed).get("/desk").status_code == 403
    nobody = browser()
    assert "/sign-in" in str(nobody.get("/desk").url)
    stranger = enter(umbra)
    assert "Deck" not in stranger.get("/desk").text
    for path in (f"/desk/calls/{call}", f"/desk/calls/{call}/lane.jpg"):
        assert stranger.get(path).status_code == 404
    for act in ("take", "open", "waive", "hand-over", "nothing"):
        assert stranger.post(f"/desk/calls/{call}/{act}", {"why": "mine now"}).status_code in {404, 422}


def test_only_the_two_pages_that_speak_may_ask_for_the_microphone(
    enter: Enter, browser: Callable[[], Any], garage: Any, dora: Signed
) -> None:
    desk, lane = enter(dora), browser()
    lane.get(garage.lane())
    assert "microphone=(self)" in desk.get("/desk").headers["permissions-policy"]
    assert "microphone=(self)" in lane.get("/lane").headers["permissions-policy"]
    assert "microphone=()" in desk.get("/account").headers["permissions-policy"]
    assert "unsafe" not in desk.get("/desk").headers["content-security-policy"]


# --- the lane ------------------------------------------------------------------------------------------------


def test_the_lane_leaves_no_secret_in_the_address(browser: Callable[[], Any], garage: Any) -> None:
    link = garage.lane()
    screen = browser().get(link)
    assert str(screen.url).endswith("/lane")
    assert link.rsplit("/", 1)[1] not in screen.text
    assert "Help" in screen.text


def test_the_page_of_a_lane_gives_out_the_link_of_its_screen(
    browser: Callable[[], Any], enter: Enter, garage: Any, alice: Signed
) -> None:
    made = enter(alice).post(f"/s/{garage.site}/gates/{garage.exit}/kiosk").text
    link = re.search(r"/lane/[\w-]{64}", made)
    assert link
    assert str(browser().get(link[0]).url).endswith("/lane")


def test_a_screen_without_its_secret_is_told_nothing(browser: Callable[[], Any], garage: Any) -> None:
    stranger = browser()
    assert stranger.get("/lane/" + "x" * 64).status_code == 404
    assert stranger.get("/lane").status_code == 401
    for path in ("/lane/help", "/lane/ticket", "/lane/code"):
        assert stranger.post(path).status_code == 401


def test_the_button_rings_at_the_desk_without_a_script(
    browser: Callable[[], Any], enter: Enter, garage: Any, dora: Signed
) -> None:
    lane = browser()
    lane.get(garage.lane())
    assert "We are asking somebody" in lane.post("/lane/help").text
    assert "The help button" in enter(dora).get("/desk").text


def test_the_lane_shows_the_sum_and_the_code_to_pay_with(
    browser: Callable[[], Any], enter: Enter, garage: Any, dora: Signed, clock: Any
) -> None:
    call = garage.asks(clock)
    garage.take(dora, call)
    enter(dora).post(f"/desk/calls/{call}/send-bill")
    lane = browser()
    shown = lane.get(garage.lane()).text
    assert "To pay: ¥10.00" in shown
    assert re.search(r'class="lane-digits">\d{6}<', shown)
    assert "8X2F6" not in shown


def test_a_ticket_drawn_at_the_entry_is_read_at_the_exit(
    browser: Callable[[], Any], garage: Any, house: House, alice: Signed, clock: Any
) -> None:
    entry, leaving = browser(), browser()
    entry.get(garage.lane(garage.entry))
    leaving.get(garage.lane())
    drawn = entry.post("/lane/ticket").text
    assert "Your ticket" in drawn
    with house.store.read(alice.tenant) as db:
        [row] = parking.live_stays(db, garage.lot)
    assert row.ticket_hash is not None
    assert leaving.post("/lane/code", {"value": "x" * 500}).status_code == 200
    assert "No plate" not in leaving.post("/lane/ticket").text


# --- voice ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 5000,
        b'{"word": "offer", "round": "1"}',
        b'{"word": "offer", "round": "1", "sdp": "hello"}',
        b'{"word": "ready", "round": "1", "sdp": "v=0"}',
        b'{"word": "ready", "round": "<b>"}',
        b'{"word": "ready", "round": 7}',
        b'{"word": "ready", "round": "1", "sdp": {"v": 0}}',
        b'{"word": "shout", "round": "1"}',
    ],
)
def test_what_is_no_signal_is_refused(told: bytes) -> None:
    with pytest.raises(BadSignal):
        read_signal(told)


def test_a_signal_is_carried_between_the_lane_and_whoever_has_its_call(
    browser: Callable[[], Any], enter: Enter, garage: Any, house: House, dora: Signed, dan: Signed
) -> None:
    lane, desk, other = browser(), enter(dora), enter(dan)
    lane.get(garage.lane())
    lane.post("/lane/help")
    [line] = assist.queue(house, dora).lines
    heard: Queue[dict[str, Any]] = Queue()
    with house.bus.subscribe("voice", heard.put):
        assert speaks(lane, "/lane/voice", {"word": "ready", "round": "1"}).status_code == 204
        assert speaks(desk, f"/desk/calls/{line.call}/voice", OFFER).status_code == 409
        garage.take(dora, line.call)
        assert speaks(other, f"/desk/calls/{line.call}/voice", OFFER).status_code == 409
        assert speaks(desk, f"/desk/calls/{line.call}/voice", OFFER).status_code == 204
        assert speaks(desk, f"/desk/calls/{line.call}/voice", {**OFFER, "sdp": SDP + "x" * 40_000}).status_code == 422
        message = heard.get(timeout=60)
    assert (message["to"], message["call"], heard.empty()) == ("lane", str(line.call), True)
