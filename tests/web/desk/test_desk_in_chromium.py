"""Two real browsers: Bob's lane and Dora's desk. They ring, they see, they speak; and no key opens anything by accident.

Chromium's microphone is its own test tone, so what arrives at the other side can be counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, expect

from sealgate.domain.access import Reason
from sealgate.domain.desk import Act
from sealgate.domain.ids import CallId
from sealgate.domain.stays import StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.flows import assist, assist_acts
from sealgate.flows.kit import House, Signed
from sealgate.flows.pricing import prices
from sealgate.store import parking, passages, places

pytestmark = pytest.mark.browser

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
PASSWORD = "rusty anchors sing at dusk"
PATIENT = 120_000
"""Milliseconds that a busy machine may take before we say that something never comes."""

HEARS = "audio => audio.srcObject !== null && !audio.srcObject.getAudioTracks()[0].muted && audio.currentTime > 0.3"


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    assert CHROMIUM.exists(), f"{CHROMIUM} is missing: apt-get install chromium"
    expect.set_options(timeout=PATIENT)
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
    yield browser
    browser.close()


@pytest.fixture
def opened(chromium: Browser, address: str) -> Iterator[Callable[[], Page]]:
    """Another browser each time. Whatever goes wrong in a page fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def another() -> Page:
        context = chromium.new_context(base_url=address, locale="en-GB", viewport={"width": 1440, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
        return page

    yield another
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def desk_of(opened: Callable[[], Page], house: House) -> Callable[[Signed], Page]:
    def signed_in(who: Signed) -> Page:
        page = opened()
        page.goto("/sign-in")
        if page.get_by_label("Organisation").count():
            page.get_by_label("Organisation").fill("Acme")
        page.get_by_label("E-mail").fill(who.login)
        page.get_by_label("Password").fill(PASSWORD)
        page.locator("form button.primary").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        page.goto("/desk")
        expect(page.locator("#desk-line")).to_have_text("Connected")
        return page

    return signed_in


@pytest.fixture
def lane(opened: Callable[[], Page], garage: Any) -> Page:
    page = opened()
    page.goto(garage.lane())
    expect(page.locator("#screen[data-heard]")).to_be_attached()
    return page


def test_the_button_brings_the_lane_onto_the_desk_and_each_decision_takes_it_off(
    lane: Page, desk_of: Callable[[Signed], Page], house: House, dora: Signed, dan: Signed
) -> None:
    desk = desk_of(dora)
    for _ in range(3):
        lane.get_by_role("button", name="Help").click()
        desk.locator("#queue a").wait_for()
        [line] = assist.queue(house, dan).lines
        assist.take(house, dan, line.call)
        desk.locator("#queue a", has_text="Dan Reed").wait_for()
        _done(house, dan, line.call)
        desk.locator("#queue a").wait_for(state="detached")
        assert assist.queue(house, dora).lines == ()
    expect(desk.locator("#queue")).to_contain_text("Nothing waits for you")


def _done(house: House, who: Signed, call: CallId) -> None:
    assist_acts.decide(house, who, call, assist_acts.Decision(Act.NOT_OPEN), prices(house, who.tenant))


def test_dora_takes_the_call_and_they_hear_each_other(lane: Page, desk_of: Callable[[Signed], Page], dora: Signed) -> None:
    desk = desk_of(dora)
    expect(lane.locator("#voice-state")).to_be_hidden()
    lane.get_by_role("button", name="Help").click()
    desk.locator("#queue a").wait_for()
    expect(desk.get_by_role("button", name="Take the first call")).to_be_visible()
    desk.keyboard.press("Enter")
    expect(desk.locator("#voice-state")).to_have_text("Speaking", timeout=PATIENT)
    expect(lane.locator("#voice-state")).to_have_text("Speaking")
    expect(lane.get_by_role("heading", level=1)).to_have_text("Somebody is there")
    for page in (desk, lane):
        audio = page.locator("#voice").element_handle()
        assert audio is not None
        page.wait_for_function(HEARS, arg=audio, timeout=PATIENT)
    desk.keyboard.press("m")
    expect(desk.locator("#mute")).to_have_attribute("aria-pressed", "true")
    desk.keyboard.press("x")
    expect(desk.locator(".toast")).to_contain_text("Not opened")
    expect(lane.locator("#voice-state")).to_be_hidden()
    assert lane.locator("#voice").evaluate("audio => audio.srcObject === null")


def test_a_lane_that_was_away_is_spoken_with_again(lane: Page, desk_of: Callable[[Signed], Page], dora: Signed) -> None:
    desk = desk_of(dora)
    lane.get_by_role("button", name="Help").click()
    desk.locator("#queue a").wait_for()
    desk.keyboard.press("Enter")
    expect(lane.locator("#voice-state")).to_have_text("Speaking", timeout=PATIENT)
    lane.reload()
    expect(lane.locator("#voice-state")).to_have_text("Speaking", timeout=PATIENT)
    expect(desk.locator("#voice-state")).to_have_text("Speaking", timeout=PATIENT)


@pytest.mark.parametrize("deaf", ["desk", "lane"])
def test_words_that_are_lost_on_the_way_are_said_again(
    lane: Page, desk_of: Callable[[Signed], Page], dora: Signed, deaf: str
) -> None:
    desk = desk_of(dora)
    lost: list[str] = []

    def lose(route: Route) -> None:
        """The first three words of this side never arrive."""
        if len(lost) == 3:
            return route.continue_()
        lost.append(json.loads(route.request.post_data or "")["word"])
        return route.abort()

    (lane if deaf == "desk" else desk).route("**/voice", lose)
    lane.get_by_role("button", name="Help").click()
    desk.locator("#queue a").wait_for()
    desk.keyboard.press("Enter")
    for page in (desk, lane):
        expect(page.locator("#voice-state")).to_have_text("Speaking", timeout=PATIENT)
    assert len(lost) == 3
    assert set(lost) <= ({"ready", "answer"} if deaf == "desk" else {"offer"})


def test_enter_counts_though_the_page_is_just_reading_the_call(
    lane: Page, desk_of: Callable[[Signed], Page], house: House, dora: Signed
) -> None:
    desk = desk_of(dora)
    held: list[Route] = []
    free: list[bool] = []

    def hold(route: Route) -> None:
        return route.continue_() if free else held.append(route)

    desk.route("**/desk", hold)
    lane.get_by_role("button", name="Help").click()
    desk.locator("#queue a").wait_for()
    desk.keyboard.press("Enter")
    free.append(True)
    for route in held:
        route.continue_()
    desk.wait_for_url("**/desk/calls/*", timeout=PATIENT)
    expect(desk.locator("#decide")).to_be_visible()
    [line] = assist.queue(house, dora).lines
    assert line.holder_name == dora.name
    assert str(line.call) in desk.url


def test_bobs_misread_plate_is_settled_with_keys_alone(
    desk_of: Callable[[Signed], Page], lane: Page, garage: Any, house: House, dora: Signed, clock: Any
) -> None:
    desk = desk_of(dora)
    garage.asks(clock)
    desk.locator("#queue a").wait_for()
    desk.keyboard.press("j")
    expect(desk.locator("#queue a")).to_be_focused()
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/desk/calls/*")
    desk.get_by_role("button", name="Take the call").wait_for()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Is it the same car?")).to_be_visible()
    live = desk.locator("figure[data-state=open] img")
    assert live.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 640
    desk.keyboard.press("v")
    entry = desk.locator("#entry img")
    assert entry.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 640
    desk.keyboard.press("1")
    expect(desk.get_by_role("heading", name="Whose car is it?")).to_be_visible()
    desk.keyboard.press("s")
    expect(desk.locator(".toast")).to_contain_text("The bill is on the lane’s screen")
    expect(lane.get_by_role("heading", level=1)).to_have_text("To pay: ¥10.00")
    expect(lane.locator("img.qr")).to_be_visible()


def test_a_key_typed_into_a_field_or_held_down_opens_nothing(
    desk_of: Callable[[Signed], Page], garage: Any, house: House, dora: Signed, clock: Any
) -> None:
    desk = desk_of(dora)
    call = garage.asks(clock)
    garage.take(dora, call)
    desk.goto(f"/desk/calls/{call}")
    desk.keyboard.press("p")
    field = desk.get_by_label("Plate", exact=True)
    expect(field).to_be_focused()
    field.fill("")
    desk.keyboard.type("oxow")
    expect(field).to_have_value("oxow")
    desk.keyboard.press("Escape")
    expect(field).not_to_be_focused()
    desk.keyboard.down("o")
    desk.wait_for_timeout(300)
    assert forced(house, garage) == 0
    desk.keyboard.up("o")
    expect(desk.locator(".toast")).to_contain_text("Opened by hand. The bill stays due.")
    assert forced(house, garage) == 1


def test_keys_can_be_switched_off(
    desk_of: Callable[[Signed], Page], garage: Any, house: House, dora: Signed, clock: Any
) -> None:
    desk = desk_of(dora)
    call = garage.asks(clock)
    garage.take(dora, call)
    desk.goto(f"/desk/calls/{call}")
    desk.keyboard.press("?")
    switch = desk.get_by_label("Keys act on this screen")
    switch.uncheck()
    desk.keyboard.press("Escape")
    expect(switch).not_to_be_focused()
    desk.keyboard.press("b")
    desk.keyboard.press("o")
    desk.reload()
    expect(desk.get_by_role("button", name="Block the lane")).to_be_visible()
    assert forced(house, garage) == 0


def test_of_two_who_press_enter_the_second_reads_who_was_first(
    desk_of: Callable[[Signed], Page], garage: Any, dora: Signed, dan: Signed, clock: Any
) -> None:
    call = garage.asks(clock)
    first, second = desk_of(dora), desk_of(dan)
    second.route("**/desk/stream*", lambda route: route.abort())
    second.goto(f"/desk/calls/{call}")
    first.keyboard.press("Enter")
    expect(first.get_by_role("heading", name="Is it the same car?")).to_be_visible()
    second.keyboard.press("Enter")
    expect(second.get_by_role("alert").filter(has_text="Nothing was changed")).to_contain_text("Dora Marsh has had this call")


def test_everything_about_one_call_fits_the_screen(
    desk_of: Callable[[Signed], Page], garage: Any, dora: Signed, clock: Any
) -> None:
    desk = desk_of(dora)
    call = garage.asks(clock)
    garage.take(dora, call)
    desk.goto(f"/desk/calls/{call}")
    expect(desk.locator("figure[data-state=open] img")).to_be_visible()
    assert desk.evaluate("document.documentElement.scrollHeight") <= 900
    assert desk.evaluate("document.documentElement.scrollWidth") <= 1440


def test_the_entry_seals_itself_after_a_minute(
    desk_of: Callable[[Signed], Page], garage: Any, dora: Signed, clock: Any
) -> None:
    desk = desk_of(dora)
    call = garage.asks(clock)
    garage.take(dora, call)
    desk.clock.install()
    desk.goto(f"/desk/calls/{call}")
    desk.keyboard.press("v")
    expect(desk.locator("#entry img")).to_be_visible()
    clock.move(timedelta(seconds=61))
    desk.clock.run_for(61_000)
    expect(desk.locator("#entry img")).to_have_count(0)
    expect(desk.get_by_role("button", name="View for this call")).to_be_visible()


def forced(house: House, garage: Any) -> int:
    with house.store.read(garage.alice.tenant) as db:
        assert places.gate(db, garage.exit).blocked is False
        return sum(view.row.reason is Reason.FORCED for view in passages.page(db, gate=garage.exit))


def ask(desk: Page, name: str, why: str = "") -> None:
    """Answer the dialog that a key has opened."""
    asked = desk.locator(f"#ask-{name}")
    expect(asked).to_be_visible()
    if why:
        asked.locator("input[name=why]").fill(why)
    asked.locator("footer button.primary").click()


def calls(garage: Any, desk: Page, clock: Any, plate: str) -> CallId:
    """A car stands unpaid at the exit and its driver has pressed the button; Dora has taken the call."""
    stay = garage.comes(plate)
    clock.move(timedelta(minutes=90))
    garage.goes(plate)
    call = assist.call(garage.house, garage.alice.tenant, garage.exit, CallReason.HELP, stay=stay)
    desk.goto(f"/desk/calls/{call}")
    desk.get_by_role("button", name="Take the call").wait_for()
    desk.keyboard.press("Enter")
    expect(desk.locator("#bill")).to_be_visible()
    return call


def test_every_decision_of_the_desk_is_one_key(
    desk_of: Callable[[Signed], Page], house: House, dora: Signed, garage: Any, clock: Any
) -> None:
    desk = desk_of(dora)
    for number, (key, said, dialog) in enumerate(
        (
            ("s", "The bill is on the lane’s screen", ""),
            ("o", "The bill stays due", ""),
            ("w", "Waived and opened by hand", "waive"),
            ("r", "Reduced. The new sum is on the lane’s screen.", "reduce"),
            ("l", "The ticket is lost", ""),
            ("x", "Not opened", ""),
        )
    ):
        calls(garage, desk, clock, f"沪B1000{number}")
        desk.keyboard.press(key)
        if dialog == "reduce":
            desk.locator("#ask-reduce input[value='50']").check()
        if dialog:
            ask(desk, dialog, "the lift was broken")
        expect(desk.locator("#toasts")).to_contain_text(said)
    calls(garage, desk, clock, "沪B20000")
    desk.keyboard.press("n")
    expect(desk.locator("#ask-link a").first).to_have_attribute("href", re.compile(r"http://[^/]+/pay/.+/stay/.+"))
    desk.locator("#ask-link footer button").click()
    desk.keyboard.press("b")
    expect(desk.locator("[data-key='b']")).to_contain_text("Give the lane free again")
    desk.keyboard.press("c")
    ask(desk, "maintenance", "the arm is bent")
    expect(desk.locator("#decide")).to_contain_text("Maintenance was called at")
    desk.keyboard.press("b")
    expect(desk.locator("[data-key='b']")).to_contain_text("Block the lane")
    desk.keyboard.press("t")
    desk.locator("#ask-taken input[value=cash]").check()
    ask(desk, "taken")
    expect(desk.locator("#toasts")).to_contain_text("Taken, and in the books.")


def test_the_plate_is_corrected_with_keys_alone(
    desk_of: Callable[[Signed], Page], lane: Page, garage: Any, house: House, dora: Signed, clock: Any
) -> None:
    desk = desk_of(dora)
    stay = garage.comes("沪A8X2F6")
    clock.move(timedelta(minutes=90))
    call = garage.goes("粤B99999").call
    assert call is not None
    desk.goto(f"/desk/calls/{call}")
    desk.get_by_role("button", name="Take the call").wait_for()
    desk.keyboard.press("Enter")
    expect(desk.locator("#plates")).to_be_visible()
    desk.keyboard.press("p")
    expect(desk.get_by_label("Plate", exact=True)).to_be_focused()
    desk.keyboard.press("Control+a")  # what was read stands there, to be corrected
    desk.keyboard.type("沪A8X2F6")
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-key='s']")).to_be_visible()
    desk.keyboard.press("s")
    expect(desk.locator(".toast")).to_contain_text("The bill is on the lane’s screen")
    expect(lane.get_by_role("heading", level=1)).to_have_text("To pay: ¥10.00")
    with house.store.read(garage.alice.tenant) as db:
        row = parking.stay(db, stay)
    assert row is not None
    assert row.stay.state is StayState.WAITING


def test_who_holds_up_a_lane_stands_first_and_of_equals_the_oldest(
    desk_of: Callable[[Signed], Page], garage: Any, house: House, dora: Signed, clock: Any
) -> None:
    """Alice, gone and owing, called first; then two stand before a bar, one after the other."""
    tenant = garage.alice.tenant
    gone = garage.comes("沪A10001")
    oldest = assist.call(house, tenant, garage.exit, CallReason.LEFT_OWING, stay=gone)
    clock.move(timedelta(minutes=10))
    first = assist.call(house, tenant, garage.entry, CallReason.HELP)
    clock.move(timedelta(minutes=1))
    second = assist.call(house, tenant, garage.exit, CallReason.HELP)
    desk = desk_of(dora)
    expect(desk.locator("#queue a")).to_have_count(3)
    drawn = [one.get_attribute("data-call") for one in desk.locator("#queue a").all()]
    assert drawn == [str(first), str(second), str(oldest)]
    desk.keyboard.press("j")
    expect(desk.locator("#queue a").first).to_be_focused()
    desk.keyboard.press("j")
    desk.keyboard.press("k")
    expect(desk.locator("#queue a").first).to_be_focused()
