"""The whole walk in Chromium, with letters over a real mail server: Bob invites, Vera gets her link, reads the notice, checks
in by her QR code at the kiosk, Bob is told, she checks out; and the roll call outlives the network."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, Page, Playwright

from sealgate.app import initialise, running
from sealgate.cli.listening import listening
from sealgate.domain.operators import Role
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.flows import rules, signin, visit_page
from sealgate.settings import Settings
from sealgate.store import passages

pytestmark = pytest.mark.browser

CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "rusty anchors sing at dusk"
PATIENT = 60_000
"""Milliseconds that a busy machine may take for a step."""


@dataclass
class Inbox:
    """A mail server's handler; `came` is set whenever a letter arrives."""

    letters: list[EmailMessage] = field(default_factory=list)
    came: Event = field(default_factory=Event)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.came.set()
        return "250 OK"

    def next(self) -> EmailMessage:
        """The next letter that nobody has read."""
        while not self.letters:
            assert self.came.wait(60), "no letter came"
            self.came.clear()
        return self.letters.pop(0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    house: Any
    address: str
    here: str
    lobby: Any
    kiosk: str
    session: str
    inbox: Inbox


def opened_doors(site: Site) -> int:
    """How many passages of the lobby opened it."""
    with site.house.store.read(site.house.store.tenants()[0].tenant) as db:
        return sum(view.row.opens for view in passages.page(db, gate=site.lobby))


@contextmanager
def mail(inbox: Inbox) -> Iterator[int]:
    port = free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    inbox, port = Inbox(), free_port()
    with mail(inbox) as smtp:
        settings = Settings(
            data=tmp_path / "data",
            keys=tmp_path / "keys",
            port=port,
            public_address=f"http://127.0.0.1:{port}",
            smtp_host="127.0.0.1",
            smtp_port=smtp,
            smtp_security="none",
            smtp_sender="gate@acme.example",
        )
        initialise(settings, "Acme")
        with running(settings, faces=None, plates=None) as program, listening(program) as server:
            yield _site(program.house, server.address, inbox)


def _site(house: Any, address: str, inbox: Inbox) -> Site:
    link = signin.first_link(house, house.store.tenants()[0].tenant)
    assert link is not None
    admin = signin.who_is(house, signin.set_up(house, link, name="Ada", login="ada@acme.example", password=PASSWORD))
    assert admin is not None
    place = rules.add_site(house, admin, "North Campus", "Asia/Shanghai")
    outside = rules.zones(house, admin, place)[0].zone
    inside = rules.add_zone(house, admin, place, "Building")
    codes = frozenset({Means.QR, Means.CARD})
    lobby = rules.add_gate(house, admin, place, rules.NewGate("Lobby", GateKind.DOOR, outside, inside, codes))
    invited = signin.invite_operator(house, admin, frozenset({Role.RECEPTION}))
    token = signin.set_up(house, invited, name="Bob Ellis", login="bob@acme.example", password=PASSWORD)
    return Site(house, address, f"/s/{place}", lobby, rules.kiosk_link(house, admin, lobby), token, inbox)


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
    yield browser
    browser.close()


def opened(chromium: Browser, site: Site, *, signed_in: bool = False) -> Page:
    context = chromium.new_context(base_url=site.address, locale="en-GB", reduced_motion="reduce")
    if signed_in:
        context.add_cookies([{"name": "sealgate", "value": site.session, "url": site.address}])
    context.set_default_timeout(PATIENT)
    return context.new_page()


def invite(desk: Page, site: Site) -> None:
    local = site.house.clock.now() + timedelta(hours=8)
    desk.goto(f"{site.here}/visits/new")
    desk.get_by_label("Name", exact=True).fill("Vera Lang")
    desk.get_by_label("E-mail").fill("vera@example.org")
    desk.get_by_label("From").fill(f"{local:%Y-%m-%dT%H:%M}")
    desk.get_by_label("Until").fill(f"{local + timedelta(hours=2):%Y-%m-%dT%H:%M}")
    desk.get_by_label("What for").fill("audit")
    desk.get_by_role("button", name="Invite", exact=True).click()
    desk.get_by_role("heading", name="Vera Lang").wait_for()


def test_invited_checked_in_by_qr_the_host_told_checked_out(chromium: Browser, site: Site) -> None:
    desk, phone, kiosk = opened(chromium, site, signed_in=True), opened(chromium, site), opened(chromium, site)
    invite(desk, site)
    letter = site.inbox.next()
    assert letter["To"] == "vera@example.org"
    body = letter.get_body(("plain",))
    assert body is not None
    found = re.search(r"http\S+/visit/(\S+)", body.get_content())
    assert found
    phone.goto(found[0])
    phone.get_by_role("button", name="Yes, show my pass").click()
    phone.get_by_role("img", name="Your QR code").wait_for()
    text = visit_page.page(site.house, found[1]).pass_text  # what a scanner reads off the phone
    kiosk.goto(f"/kiosk/{site.kiosk}")
    kiosk.get_by_role("link", name="I am a visitor").click()
    kiosk.get_by_role("link", name="I am invited").click()
    kiosk.get_by_label("Your code").fill(text)
    kiosk.keyboard.press("Enter")
    kiosk.get_by_role("heading", name="Welcome, Vera").wait_for()
    kiosk.get_by_role("button", name="Check in").click()
    kiosk.get_by_role("heading", name="The gate is open, Vera.").wait_for()
    told = site.inbox.next()
    assert told["To"] == "bob@acme.example"
    assert "Vera Lang has come in" in told["Subject"]
    desk.goto(f"{site.here}/visits")
    desk.get_by_role("button", name="Check out Vera Lang").wait_for()
    phone.reload()
    phone.get_by_role("button", name="Check out").click()
    phone.get_by_role("heading", name="You are checked out").wait_for()


def test_a_scanner_at_the_kiosks_first_screen_lets_a_registered_visitor_in_at_once(chromium: Browser, site: Site) -> None:
    desk, phone, kiosk = opened(chromium, site, signed_in=True), opened(chromium, site), opened(chromium, site)
    invite(desk, site)
    link = desk.locator("#link").inner_text()
    phone.goto(link)
    phone.get_by_role("button", name="Yes, show my pass").click()
    phone.get_by_role("img", name="Your QR code").wait_for()
    text = visit_page.page(site.house, link.rpartition("/")[2]).pass_text
    kiosk.goto(f"/kiosk/{site.kiosk}")
    kiosk.locator("#value").fill(text)
    kiosk.keyboard.press("Enter")
    kiosk.get_by_role("heading", name="Welcome, Vera").wait_for()
    assert kiosk.get_by_role("button", name="Check in").count() == 0, "the pass was scanned: nothing more is asked"
    desk.goto(f"{site.here}/visits")
    desk.get_by_role("button", name="Check out Vera Lang").wait_for()
    assert opened_doors(site) == 1


def test_bob_sees_who_waits_within_his_page_and_lets_them_in(chromium: Browser, site: Site) -> None:
    desk, kiosk = opened(chromium, site, signed_in=True), opened(chromium, site)
    desk.goto(f"{site.here}/visits")
    kiosk.goto(f"/kiosk/{site.kiosk}")
    kiosk.goto("/kiosk/visit/name")
    kiosk.get_by_label("Your name").fill("Charlie Stone")
    kiosk.keyboard.press("Enter")
    kiosk.get_by_label("Their whole name").fill("bob ellis")
    kiosk.get_by_role("button", name="Go on").click()
    kiosk.get_by_role("button", name="Yes, go on").click()
    kiosk.get_by_role("heading", name="Bob Ellis has been asked").wait_for()
    desk.get_by_role("button", name="Let in Charlie Stone", exact=True).click()
    kiosk.get_by_role("heading", name="Welcome, Charlie").wait_for()
    desk.get_by_role("button", name="Let in Charlie Stone", exact=True).wait_for(state="detached")
    desk.goto(f"{site.here}/visits")
    assert desk.get_by_role("button", name="Let in Charlie Stone", exact=True).count() == 0
    assert "Charlie Stone" in desk.locator("main").inner_text()


def test_the_roll_call_opens_without_a_network_once_it_is_kept_and_not_before(chromium: Browser, site: Site) -> None:
    desk = opened(chromium, site, signed_in=True)
    desk.goto(f"{site.here}/muster")
    desk.get_by_role("button", name="Keep for when the network is down").click()
    desk.get_by_text("This page is kept on this computer").wait_for()
    desk.context.set_offline(True)
    desk.reload()
    desk.get_by_role("heading", name="Roll call, North Campus").wait_for()
    desk.get_by_text("No line to Sealgate").wait_for()
    desk.context.set_offline(False)
    desk.reload()
    desk.get_by_role("button", name="Keep for when the network is down").click()
    desk.get_by_text("This page is not kept on this computer").wait_for()
    assert desk.evaluate("caches.has('roll-call')") is False


def test_reception_hears_the_kiosk_on_an_open_page_and_the_kiosk_hears_reception(chromium: Browser, site: Site) -> None:
    """The desk's page is opened before anybody presses, and is not loaded again by us."""
    desk, kiosk = opened(chromium, site, signed_in=True), opened(chromium, site)
    desk.goto(f"{site.here}/visits")
    kiosk.goto(f"/kiosk/{site.kiosk}")
    kiosk.get_by_role("button", name="Call reception").click()
    kiosk.get_by_role("heading", name="Reception is called").wait_for()
    desk.get_by_text("Lobby calls reception").wait_for()
    desk.get_by_role("button", name="I am coming").click()
    kiosk.get_by_role("heading", name="Somebody is coming to you").wait_for()
    desk.get_by_text("Lobby calls reception").wait_for(state="detached")
    assert desk.get_by_role("button", name="I am coming").count() == 0
