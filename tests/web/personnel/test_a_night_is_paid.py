"""Alice rosters Lin for a night by the keyboard, puts a forgotten card right, and Lin's payslip says what the night was worth.

One walk through real pages in a real Chromium, from the roster to the PDF; the second pair of eyes is Frank's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect
from pypdf import PdfReader

from sealgate.domain.ids import GateId, PersonId, SiteId
from sealgate.domain.operators import Role
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.flows import enrol, hours_rosters, pay_terms, rules, selfservice, signin
from sealgate.flows.kit import House, Signed
from sealgate.flows.passage import admit

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
PASSWORD = "rusty anchors sing at dusk"
PATIENT = 60_000
WEDNESDAY = date(2026, 11, 18)


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    assert CHROMIUM.exists(), f"{CHROMIUM} is missing: apt-get install chromium"
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
    yield browser
    browser.close()


@pytest.fixture
def screen(chromium: Browser, address: str) -> Iterator[Callable[[], Page]]:
    """Another person's browser each time; a page whose script fails, fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def another() -> Page:
        context = chromium.new_context(base_url=address, locale="en-GB", viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENT)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        return page

    expect.set_options(timeout=PATIENT)
    yield another
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def door(house: House, alice: Signed, campus: SiteId) -> GateId:
    outside = next(zone.zone for zone in rules.zones(house, alice, campus) if zone.outside)
    works = rules.add_zone(house, alice, campus, "Works")
    crew = rules.add_group(house, alice, "Crew")
    rules.add_grant(house, alice, crew, works, None)
    return rules.add_gate(house, alice, campus, rules.NewGate("Door", GateKind.DOOR, outside, works, frozenset({Means.CARD})))


@pytest.fixture
def lin(house: House, alice: Signed, door: GateId) -> PersonId:
    crew = next(line.group for line in rules.groups(house, alice) if line.name == "Crew")
    person = enrol.enrol(house, alice, enrol.NewPerson("Lin Yuechuan", groups=(crew,)))
    enrol.add_credential(house, alice, person, Means.CARD, "50000001")
    terms = {"since": "2026-01-01", "employed_since": "2026-01-01", "basis": "hourly", "rate": "60.00"}
    pay_terms.set_terms(house, alice, person, terms)
    hours_rosters.add_shift(house, alice, "Night", date(2026, 1, 1), {"kind": "fixed", "spans": ["22:00-06:00"]})
    return person


@pytest.fixture
def frank(house: House, alice: Signed) -> Signed:
    link = signin.invite_operator(house, alice, frozenset({Role.PAYROLL}))
    token = signin.set_up(house, link, name="Frank Ode", login="frank@example.org", password=PASSWORD)
    signed = signin.who_is(house, token)
    assert signed is not None
    return signed


def signs_in(page: Page, operator: Signed) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(operator.login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "/sign-in" not in address)


def test_from_the_roster_to_the_payslip(
    house: House,
    alice: Signed,
    frank: Signed,
    campus: SiteId,
    door: GateId,
    lin: PersonId,
    clock: Any,
    screen: Callable[[], Page],
) -> None:
    clock.at = datetime(2026, 11, 18, 13, 55, tzinfo=UTC)  # 21:55 in Shanghai
    admit(house, alice.tenant, CodeSighting(door, clock.at, Means.CARD, "50000001"))
    clock.at = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)

    desk = screen()
    signs_in(desk, alice)
    desk.goto(f"/s/{campus}/roster?week=2026-11-18")
    cell = desk.locator(f"#c-{lin}-{WEDNESDAY}")
    cell.focus()
    with desk.expect_navigation():
        desk.keyboard.press("1")
    expect(cell).to_contain_text("Night")
    expect(cell).to_be_focused()
    with desk.expect_navigation():
        desk.keyboard.press("Control+z")
    expect(cell).not_to_contain_text("Night")
    desk.locator("[data-key='1']").drag_to(cell)
    expect(cell).to_contain_text("22:00-06:00")
    other = desk.locator(f"#c-{lin}-{WEDNESDAY + timedelta(days=1)}")
    cell.locator("[draggable]").drag_to(other)
    expect(other).to_contain_text("22:00-06:00")
    expect(cell).not_to_contain_text("22:00-06:00")
    other.locator("[draggable]").drag_to(cell)
    expect(cell).to_contain_text("22:00-06:00")

    desk.goto(f"/s/{campus}/hours?month=2026-11")
    desk.get_by_role("button", name="Derive again").click()
    desk.get_by_role("link", name="Lin Yuechuan").click()
    desk.get_by_role("link", name="18 November 2026").click()
    expect(desk.get_by_text("Leaving was assumed", exact=True)).to_be_visible()
    desk.get_by_label("Left at").fill("30:05")
    desk.locator("form[action$='/correct'] [name=why]").fill("Seen at the door by Dora")
    desk.get_by_role("button", name="Correct", exact=True).click()
    expect(desk.get_by_text("21:55–06:05")).to_be_visible()
    expect(desk.get_by_text("Leaving was assumed", exact=True)).to_have_count(0)

    desk.goto("/payroll")
    desk.get_by_label("Month").fill("2026-11")
    desk.get_by_role("button", name="Draft").first.click()
    desk.wait_for_url("**/payroll/runs/*")
    run = desk.url
    desk.get_by_role("button", name="Check").click()
    eyes = screen()
    signs_in(eyes, frank)
    eyes.goto(run)
    presses(eyes, "approve")
    desk.goto(run)
    presses(desk, "close")
    desk.goto(f"{run}/people/{lin}")
    desk.get_by_label("Daily work, such as paying or rostering").check()
    desk.get_by_role("button", name="Show").click()
    expect(desk.get_by_text("¥480.00").first).to_be_visible()  # eight hours at 60
    text = pdf_text(desk, f"{run}/people/{lin}/pdf", {"purpose": "work"})
    assert "Lin Yuechuan" in text
    assert "480.00" in text

    phone = screen()
    phone.goto(f"/my/enter/{selfservice.make_link(house, alice, lin)}")
    phone.get_by_role("button", name="Go in").click()
    phone.get_by_role("link", name="Payslips").click()
    phone.get_by_role("link", name="November 2026").click()
    own = phone.get_by_role("link", name="PDF").get_attribute("href")
    assert own is not None
    assert "480.00" in pdf_text(phone, own)


def presses(page: Page, step: str) -> None:
    """Opens the step's dialog and says yes in it."""
    page.locator(f"[commandfor={step}]").click()
    with page.expect_navigation():
        page.locator(f"#{step} footer button").last.click()


def pdf_text(page: Page, address: str, form: dict[str, str | float | bool] | None = None) -> str:
    """Got, or with a form asked for as our own page asks."""
    ours = {"Sec-Fetch-Site": "same-origin"}
    answer = page.request.post(address, form=form, headers=ours) if form else page.request.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    return "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(answer.body())).pages).replace("\0", "")
