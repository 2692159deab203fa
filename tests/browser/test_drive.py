"""Drive in, scan, pay on the phone, leave: in a real Chromium whose JavaScript is switched off, as a driver's may be.

Bob's plate is drawn by the renderer that the reader learned from, and read by the real reader from the cameras of both lanes.
And when Bob does not agree with the sum: his phone, Dora's desk and Alice's office on one server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import cv2
import numpy as np
import pytest
import uvicorn
from numpy.random import default_rng
from playwright.sync_api import Browser, BrowserContext, Page, expect

from platereader.drawing import draw
from platereader.glyphs import load as glyphs_of
from platereader.numbers import Kind, Number
from sealgate.app import Program, initialise, running, web_application
from sealgate.devices.simulated import SimulatedLatch
from sealgate.domain.access import Reason
from sealgate.domain.ids import GateId, StayId
from sealgate.domain.lots import GateRole, SpaceClass
from sealgate.domain.operators import Role
from sealgate.domain.places import GateKind
from sealgate.domain.plates import normalise
from sealgate.domain.sightings import Means, PlateSighting
from sealgate.domain.stays import StayState
from sealgate.flows import driving, lots, parking, paying, rules, signin, tariffs
from sealgate.flows.campus import system
from sealgate.flows.kit import Signed
from sealgate.flows.parking import Arrival
from sealgate.settings import Settings
from sealgate.store import parking as rows
from sealgate.store import passages
from sealgate.vision.pictures import code_in, decode, encode_jpeg
from sealgate.vision.plates import Plates

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "shots"
HEAVIEST = 60_000
BOB = "沪A8K2F6"
FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
PASSWORD = "rusty anchors sing at dusk"
LOCALES = {"en": "en-GB", "zh": "zh-CN"}
TARIFF = """
name = "Harbour"
currency = "CNY"
time_zone = "Asia/Shanghai"
free_time = "10m"
after_payment = { leave_within = "15m" }
steps = [{ each = "1h", price = 5 }]
"""


@dataclass
class HandClock:
    at: datetime = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Garage:
    """A garage behind a real server. `page` is what its walls' QR says."""

    program: Program
    clock: HandClock
    latch: SimulatedLatch
    signed: Signed
    entry: GateId
    exit: GateId
    address: str
    page: str

    def comes(self, plate: str) -> StayId:
        arrival = self._passes(self.entry, plate)
        assert arrival.opens
        assert arrival.stay is not None
        return arrival.stay

    def goes(self, plate: str) -> Arrival:
        return self._passes(self.exit, plate)

    def films(self, gate: GateId, picture: Path) -> Reason | None:
        """The camera at that lane sees the picture, and the program does with it what it does; the newest answer there."""
        with self.program.gates({gate: str(picture)}) as cameras:
            assert cameras.wait(timedelta(minutes=3))
        with self.program.house.store.read(self.signed.tenant) as db:
            found = passages.page(db, gate=gate, limit=1)
        return found[0].row.reason if found else None

    def opened(self) -> list[GateId]:
        return [release.gate for release in self.latch.releases]

    def inside(self) -> list[StayId]:
        with self.program.house.store.read(self.signed.tenant) as db:
            return [row.stay.stay for lot in rows.lots(db) for row in rows.live_stays(db, lot.lot)]

    def later(self, minutes: int) -> None:
        self.clock.at += timedelta(minutes=minutes)

    def _passes(self, gate: GateId, plate: str) -> Arrival:
        house, tenant = self.program.house, self.signed.tenant
        seen = PlateSighting(gate, self.clock.at, normalise(plate), 0.98, "cn-blue")
        return parking.arrive(house, tenant, seen, paying.prices(house, tenant))

    def sign(self, stay: StayId) -> driving.ExitSign:
        """What the exit's display shows."""
        return driving.exit_sign(self.program.house, self.signed.tenant, stay)

    def screen(self, gate: GateId) -> str:
        """The link of a lane's screen."""
        return f"/lane/{rules.kiosk_link(self.program.house, self.signed, gate)}"


@pytest.fixture(scope="module")
def reader() -> Plates:
    return Plates(threads=1)


@pytest.fixture(scope="module")
def car_of(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The front of a dark car, 1280 by 720, with that plate; with none where the text is empty."""
    glyphs, folder = glyphs_of(shared_data / "glyphs" / "glyphs", [FONT], [FONT]), tmp_path_factory.mktemp("cars")

    def drawn(text: str) -> Path:
        front = np.full((720, 1280, 3), 60, np.uint8)
        if text:
            plate = draw(Number(Kind.BLUE, text), glyphs, default_rng(2))[:, :, ::-1].clip(0, 255).astype(np.uint8)
            front[470:554, 520:784] = cv2.resize(plate, (264, 84), interpolation=cv2.INTER_AREA)
        path = folder / f"{len(list(folder.iterdir()))}.jpg"
        path.write_bytes(encode_jpeg(front, long_side=1280, quality=95))
        return path

    return drawn


@pytest.fixture
def garage(tmp_path: Path, reader: Plates) -> Iterator[Garage]:
    settings, clock = Settings(data=tmp_path / "data", keys=tmp_path / "keys", simulated_payments=True), HandClock()
    latch = SimulatedLatch()
    initialise(settings, "Acme")
    with running(settings, faces=None, plates=reader, clock=clock, latch=latch) as program, _served(program) as address:
        house = program.house
        signed = system(house, house.store.tenants()[0].tenant)
        site = rules.add_site(house, signed, "Harbour", "Asia/Shanghai")
        tariffs.save(house, signed, TARIFF, date(2026, 1, 1))
        street = next(zone.zone for zone in rules.zones(house, signed, site) if zone.outside)
        deck, means = rules.add_zone(house, signed, site, "Deck"), frozenset({Means.PLATE, Means.QR})
        entry, leaving = (
            rules.add_gate(house, signed, site, rules.NewGate(name, GateKind.BARRIER, *way, means))
            for name, way in (("In", (street, deck)), ("Out", (deck, street)))
        )
        spaces = {SpaceClass.VISITORS: 120, SpaceClass.PERMITS: 10, SpaceClass.DISABLED: 4, SpaceClass.ELECTRIC: 6}
        lot = lots.add_lot(house, signed, site, lots.LotTerms("Garage B1, Harbour Street", spaces, tariff="Harbour"))
        lots.add_lot(house, signed, site, lots.LotTerms("Upper deck", {SpaceClass.VISITORS: 0}, parent=lot))
        lots.add_lane(house, signed, site, lot, entry, GateRole.ENTRY)
        lots.add_lane(house, signed, site, lot, leaving, GateRole.EXIT)
        page = driving.lot_path(house, signed.tenant, lot)
        yield Garage(program, clock, latch, signed, entry, leaving, address, page)


class _served:  # noqa: N801  used like a function
    """The whole program on a free port, in a thread of its own; its address."""

    def __init__(self, program: Program) -> None:
        self.up = Event()
        config = uvicorn.Config(web_application(program), host="127.0.0.1", port=0, log_config=None, lifespan="off", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), name="console")

    def __enter__(self) -> str:
        self._thread.start()
        assert self.up.wait(60)
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(60)

    async def _serve(self) -> None:
        started = self._server.startup

        async def startup(*args: object, **more: object) -> None:
            await started(*args, **more)  # type: ignore[arg-type]
            self.up.set()

        self._server.startup = startup  # type: ignore[method-assign]
        await self._server.serve()


def phone_of(chromium: Browser, garage: Garage, locale: str, *, script: bool = False, theme: str = "light") -> BrowserContext:
    return chromium.new_context(
        base_url=garage.address,
        locale=locale,
        viewport={"width": 390, "height": 844},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        color_scheme=theme,  # type: ignore[arg-type]
        java_script_enabled=script,
    )


@pytest.fixture
def phone(chromium: Browser, garage: Garage) -> Iterator[Page]:
    """A phone that runs no script."""
    context = phone_of(chromium, garage, "en-GB")
    yield context.new_page()
    context.close()


def test_bob_drives_in_scans_pays_and_leaves(garage: Garage, phone: Page, car_of: Callable[[str], Path]) -> None:
    bob = car_of(BOB)
    assert garage.films(garage.entry, bob) is Reason.ALLOWED
    assert len(garage.inside()) == 1
    garage.later(90)
    phone.goto(garage.page)
    phone.get_by_label("Plate").fill("沪A·8K2F6")
    phone.get_by_role("button", name="Show what is due").tap()
    expect(phone.get_by_role("heading", name="¥10.00")).to_be_visible()
    phone.get_by_role("button", name="Pay with the simulated provider").tap()
    phone.get_by_role("button", name="Pay", exact=True).tap()
    expect(phone.get_by_role("heading", name="Paid. Have a good trip.")).to_be_visible()
    expect(phone.locator("main")).to_contain_text("10:57")
    garage.later(10)
    assert garage.films(garage.exit, bob) is Reason.ALLOWED
    assert garage.inside() == []
    assert garage.opened() == [garage.entry, garage.exit]


def test_bob_pays_at_the_exit_and_it_opens_by_itself(garage: Garage, phone: Page, car_of: Callable[[str], Path]) -> None:
    bob = car_of(BOB)
    garage.films(garage.entry, bob)
    (stay,) = garage.inside()
    garage.later(90)
    assert garage.films(garage.exit, bob) is Reason.UNPAID
    assert garage.opened() == [garage.entry]
    phone.goto(garage.page)
    phone.get_by_label("Code of your ticket").fill(garage.sign(stay).code)
    phone.get_by_role("button", name="Show my stay").tap()
    expect(phone.get_by_text("Begun units")).to_be_visible()
    phone.get_by_role("button", name="Pay with the simulated provider").tap()
    phone.get_by_role("button", name="Refuse").tap()
    expect(phone.get_by_text("Refused. You may try again.")).to_be_visible()
    phone.get_by_role("button", name="Pay", exact=True).tap()
    expect(phone.get_by_role("heading", name="Paid. Have a good trip.")).to_be_visible()
    assert garage.opened() == [garage.entry, garage.exit]
    phone.get_by_role("link", name="Receipt for ¥10.00").tap()
    expect(phone.get_by_role("heading", name="Receipt")).to_be_visible()
    expect(phone.locator("main")).to_contain_text("23 Nov 2026, 10:42")
    expect(phone.get_by_role("link", name="Save as PDF")).to_be_visible()


@pytest.fixture
def screen_of(chromium: Browser, garage: Garage) -> Iterator[Callable[[GateId], Page]]:
    """The screen that stands in a lane."""
    opened: list[BrowserContext] = []

    def shown(gate: GateId) -> Page:
        context = chromium.new_context(base_url=garage.address, locale="en-GB", viewport={"width": 1280, "height": 800})
        opened.append(context)
        page = context.new_page()
        page.goto(garage.screen(gate))
        return page

    yield shown
    for context in opened:
        context.close()


def test_a_car_without_a_readable_plate_pays_by_its_tickets_qr(
    garage: Garage, phone: Page, screen_of: Callable[[GateId], Page], car_of: Callable[[str], Path]
) -> None:
    entry, leaving = screen_of(garage.entry), screen_of(garage.exit)
    assert garage.films(garage.entry, car_of("")) is None, "the camera reads nothing"
    SHOTS.mkdir(exist_ok=True)
    expect(entry.locator(".lane-signs")).to_contain_text("Upper deck")
    entry.screenshot(path=SHOTS / "lane-entry.en.light.1280.png")
    entry.set_viewport_size({"width": 390, "height": 844})
    assert entry.evaluate("document.scrollingElement.scrollWidth") <= 390
    entry.get_by_role("button", name="No plate? Take a ticket").click()
    seen = entry.get_by_alt_text("Your ticket").screenshot()
    ticket = code_in(decode(seen))
    assert ticket.startswith(garage.address)
    garage.later(30)
    phone.goto(ticket)
    expect(phone.get_by_role("heading", name="¥5.00")).to_be_visible()
    phone.get_by_role("button", name="Pay with the simulated provider").tap()
    phone.get_by_role("button", name="Pay, and never tell it").tap()
    expect(phone.get_by_role("heading", name="Paid. Have a good trip.")).to_be_visible()
    leaving.locator("#value").fill(ticket)
    leaving.locator("#value").press("Enter")
    expect(leaving.get_by_role("heading", name="Drive on")).to_be_visible()


@pytest.fixture
def hired(garage: Garage) -> Callable[[str, Role], Signed]:
    """Somebody with an account and one role."""

    def with_role(name: str, role: Role) -> Signed:
        house = garage.program.house
        link = signin.invite_operator(house, garage.signed, frozenset({role}))
        login = f"{name.partition(' ')[0].lower()}@example.org"
        signed = signin.who_is(house, signin.set_up(house, link, name=name, login=login, password=PASSWORD))
        assert signed is not None
        return signed

    return with_role


@pytest.fixture
def office_of(chromium: Browser, garage: Garage) -> Iterator[Callable[[Signed], Page]]:
    """Another browser in which that operator has signed in."""
    opened: list[BrowserContext] = []

    def signed_in(who: Signed) -> Page:
        context = chromium.new_context(
            base_url=garage.address, locale="en-GB", viewport={"width": 1440, "height": 900}, permissions=["microphone"]
        )
        opened.append(context)
        page = context.new_page()
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill(who.login)
        page.get_by_label("Password").fill(PASSWORD)
        page.locator("form button.primary").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    yield signed_in
    for context in opened:
        context.close()


def pays_ahead(garage: Garage, phone: Page) -> None:
    """Bob parks for an hour and a half, pays ten yuan on his phone, and drinks a coffee."""
    garage.comes(BOB)
    garage.later(90)
    phone.goto(garage.page)
    phone.get_by_label("Plate").fill(BOB)
    phone.get_by_role("button", name="Show what is due").tap()
    phone.get_by_role("button", name="Pay with the simulated provider").tap()
    phone.get_by_role("button", name="Pay", exact=True).tap()
    expect(phone.get_by_role("heading", name="Paid. Have a good trip.")).to_be_visible()
    garage.later(40)


def test_bob_disputes_the_sum_dora_lowers_it_and_alice_sends_the_rest_back(
    garage: Garage, phone: Page, hired: Callable[[str, Role], Signed], office_of: Callable[[Signed], Page]
) -> None:
    desk = office_of(hired("Dora Marsh", Role.ATTENDANT))
    desk.goto("/desk")
    expect(desk.locator("#desk-line")).to_have_text("Connected")
    pays_ahead(garage, phone)
    stands = garage.goes(BOB)
    assert (stands.reason, stands.stay is not None) == (Reason.UNPAID, True)
    assert stands.stay is not None
    here = garage.sign(stands.stay).path
    phone.goto(here)
    expect(phone.get_by_role("heading", name="¥5.00")).to_be_visible()
    phone.get_by_role("button", name="The sum is wrong").tap()
    expect(phone.get_by_role("heading", name="An attendant was called")).to_be_visible()

    desk.locator("#queue a", has_text="The sum is disputed").wait_for()
    desk.get_by_role("button", name="Take the first call").wait_for()
    desk.keyboard.press("Enter")
    expect(desk.locator("#bill")).to_be_visible()
    expect(desk.locator("#decide")).to_contain_text("¥5.00")
    SHOTS.mkdir(exist_ok=True)
    desk.screenshot(path=SHOTS / "desk-call.en.light.1440.png")
    desk.keyboard.press("r")
    asked = desk.locator("#ask-reduce")
    asked.get_by_text("50 %").click()
    asked.get_by_label("Why").fill("the lift was out of order")
    asked.get_by_role("button", name="Take it off").click()
    expect(desk.locator("#toasts")).to_contain_text("Reduced.")
    with garage.program.house.store.read(garage.signed.tenant) as db:
        row = rows.stay(db, stands.stay)
    assert row is not None
    assert row.stay.state is StayState.CLOSED

    office = office_of(hired("Alice Hall", Role.ADMINISTRATOR))
    office.goto("/")
    office.locator(".nav summary", has_text="Parking").click()
    office.get_by_role("link", name="Books").click()
    office.locator("th.lead a").first.click()
    expect(office.get_by_text("¥2.50 more was paid than the bill says")).to_be_visible()
    office.screenshot(path=SHOTS / "stay-overpaid.en.light.1440.png", full_page=True)
    office.get_by_role("link", name="Send it back…").click()
    office.locator("#why").fill("the lift was out of order")
    office.get_by_role("button", name="Go on…").click()
    office.get_by_role("button", name="Send ¥2.50 back").click()
    expect(office.locator("#payments")).to_contain_text("the lift was out of order")
    expect(office.locator("#payments")).to_contain_text("-¥2.50")

    phone.goto(here)
    phone.get_by_role("link", name="Receipt for ¥10.00").tap()
    expect(phone.locator("main")).to_contain_text("¥2.50 of it was sent back.")


def test_bob_changes_the_language_by_a_link(garage: Garage, phone: Page) -> None:
    phone.goto(garage.page)
    phone.get_by_role("link", name="中文").tap()
    expect(phone.get_by_role("heading", name="停车缴费")).to_be_visible()
    assert phone.url == f"{garage.address}{garage.page}"


def scenes(garage: Garage, stay: StayId, page: Page) -> Iterator[str]:
    """Every step of a driver's way, by name; the page shows it when it is told."""
    page.goto(garage.page)
    yield "pay"
    page.locator("#plate").fill("A")
    page.locator("#plate").press("Enter")
    page.locator(".summary").wait_for()
    yield "pay-wrong"
    page.locator("#plate").fill("沪C99999")
    page.locator("#plate").press("Enter")
    page.locator(".due").wait_for()
    yield "pay-nothing"
    page.goto(garage.page)
    page.locator("#plate").fill(BOB)
    page.locator("#plate").press("Enter")
    page.locator("[name=provider]").first.wait_for()
    yield "pay-sum"
    page.goto(f"{garage.page}/coupon/0123456789ABCDEF")
    page.locator("#coupon").wait_for()
    yield "pay-coupon"
    page.goto(garage.sign(stay).path)
    page.locator("summary").first.click()
    yield "pay-stay"
    page.locator("[name=provider]").first.click()
    page.locator("[name=act]").first.wait_for()
    yield "pay-simulated"
    page.goto(garage.sign(stay).path)
    yield "pay-pending"
    page.locator("[name=reason]").first.click()
    page.locator("h1").wait_for()
    yield "pay-called"
    page.goto(garage.sign(stay).path)
    page.locator("[name=provider]").first.click()
    page.locator("[name=act][value=pay]").click()
    page.locator(".done").wait_for()
    yield "pay-paid"
    page.locator("a[href*='/receipt/']").click()
    page.locator(".facts").wait_for()
    yield "pay-receipt"
    page.locator("a[href$='/invoice']").click()
    page.locator("#email").wait_for()
    yield "pay-invoice"
    page.goto(f"{garage.page}/stay/none")
    yield "pay-trouble"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", LOCALES)
def test_every_step_is_accessible_fits_and_is_light(language: str, theme: str, chromium: Browser, garage: Garage) -> None:
    axe = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    stay = garage.comes(BOB)
    garage.later(90)
    garage.goes(BOB)
    context = phone_of(chromium, garage, LOCALES[language], script=True, theme=theme)
    page, problems = context.new_page(), list[str]()
    weights: dict[str, int] = {}
    page.on("response", lambda response: weights.__setitem__(response.url, len(response.body())) if response.ok else None)
    for name in scenes(garage, stay, page):
        page.wait_for_load_state("load")
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}.{language}.{theme}.390.png", full_page=True)
        problems += [f"{name}: {trouble}" for trouble in _troubles(page, axe)]
    context.close()
    assert not problems, "\n".join(problems)
    sheet = next(size for address, size in weights.items() if "sheet.css" in address)
    pages = {address: size for address, size in weights.items() if "/static/" not in address and "sheet.css" not in address}
    assert sheet + max(pages.values()) < HEAVIEST


def _troubles(page: Page, axe: str) -> Iterator[str]:
    wide = page.evaluate("document.scrollingElement.scrollWidth")
    if wide > 390:
        yield f"scrolls sideways: {wide} px"
    page.evaluate(axe)
    for violation in page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]:
        if violation["impact"] in {"moderate", "serious", "critical"}:
            where = "; ".join(f"{node['target']} {node['failureSummary']}" for node in violation["nodes"][:3])
            yield f"{violation['id']} ({violation['impact']}): {where}"
