"""A real Chromium in front of a real `sealgate demo`. What a newcomer has, and nothing else.

Chromium's camera is a film made from one real face, read from the shared pictures at test time and never kept.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize, expect
from tests.browser.scenes_of_law import OURS, Law, of_law
from tests.browser.scenes_of_law import named as _named
from tests.browser.scenes_of_law import post as _post

from sealgate.flows.campus import card_number

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PASSWORD = "rusty anchors sing at dusk"
LOGIN = "nora@example.org"
WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENT = 60_000
"""Milliseconds after which we say that something never comes."""

STARTING = 240.0
"""Seconds that a demo may take to load its models and print its address on a busy machine."""


@dataclass
class Demo:
    """A running `sealgate demo`: its output so far, and the links it printed."""

    process: subprocess.Popen[str]
    output: str = ""

    def link(self, pattern: str) -> str:
        found = re.search(pattern, self.output)
        assert found, f"no {pattern} in the demo's output:\n{self.output}"
        return found.group(0)

    @property
    def set_up(self) -> str:
        return self.link(r"http\S+/set-up/\S+")

    @property
    def kiosk(self) -> str:
        return self.link(r"http\S+/kiosk/\S+")

    @property
    def address(self) -> str:
        return self.set_up.split("/set-up/")[0]


@contextmanager
def demonstrating(data: Path, *options: str) -> Iterator[Demo]:
    """`sealgate demo` on a free port, ended by Ctrl-C as a person would; it must end cleanly."""
    command = [str(Path(sys.executable).with_name("sealgate")), "demo", "--port", "0", "--data", str(data), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    demo = Demo(process)
    lines: Queue[str] = Queue()
    assert process.stdout is not None
    reader = Thread(target=_read, args=(process.stdout, lines), daemon=True)
    reader.start()
    try:
        while not ("/set-up/" in demo.output and "/kiosk/" in demo.output):
            demo.output += _next_line(lines, demo)
        yield demo
    finally:
        process.send_signal(signal.SIGINT)
        try:
            status = process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        reader.join(5)
        process.stdout.close()
    assert status == 0, demo.output


def _read(out: IO[str], lines: Queue[str]) -> None:
    for line in out:
        lines.put(line)


def _next_line(lines: Queue[str], demo: Demo) -> str:
    try:
        return lines.get(timeout=STARTING)
    except Empty:
        raise AssertionError(f"the demo did not print its links:\n{demo.output}") from None


@pytest.fixture(scope="session")
def face_film(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of one face on a plain wall, 640 x 480, breathing a little, for Chromium's camera."""
    face = cv2.imread(str(shared_data / "faces" / "web" / "0034.png"))
    assert face is not None
    face = cv2.resize(face, (360, 360), interpolation=cv2.INTER_CUBIC)
    film = tmp_path_factory.mktemp("film") / "face.y4m"
    with film.open("wb") as out:
        out.write(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n")
        for step in range(20):
            frame = np.full((480, 640, 3), (188, 190, 192), np.uint8)
            left, top = 140 + abs(10 - step) // 4, 70
            frame[top : top + 360, left : left + 360] = face
            out.write(b"FRAME\n" + cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes())
    return film


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, face_film: Path) -> Iterator[Browser]:
    assert CHROMIUM.exists(), f"{CHROMIUM} is missing: apt-get install chromium"
    camera = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={face_film}",
    )
    expect.set_options(timeout=PATIENT)
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *camera])
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for all tests that only look."""
    with demonstrating(tmp_path_factory.mktemp("demo") / "data", "--quiet") as running:
        yield running


@pytest.fixture
def fresh_demo(tmp_path: Path) -> Iterator[Demo]:
    """A demo of its own, whose set-up link nobody has used."""
    with demonstrating(tmp_path / "data") as running:
        yield running


@pytest.fixture(scope="session")
def signed_in(chromium: Browser, demo: Demo) -> dict[str, object]:
    """The storage of a browser in which Nora, the first administrator, has signed in."""
    context = chromium.new_context(locale="en-GB", viewport=WIDE)
    page = context.new_page()
    _set_up(page, demo)
    state = dict(context.storage_state())
    context.close()
    return state


@pytest.fixture
def enter(chromium: Browser, demo: Demo, signed_in: dict[str, object]) -> Iterator[Callable[..., Page]]:
    """Nora's browser in a language, a theme and a size; or one in which `nobody` is signed in."""
    opened: list[BrowserContext] = []

    def in_console(*, locale: str = "en-GB", theme: str = "light", size: ViewportSize = WIDE, nobody: bool = False) -> Page:
        context = chromium.new_context(
            base_url=demo.address,
            storage_state=None if nobody else signed_in,  # type: ignore[arg-type]
            locale=locale,
            color_scheme=theme,  # type: ignore[arg-type]
            viewport=size,
            reduced_motion="reduce",
            permissions=["camera"],
        )
        opened.append(context)
        return context.new_page()

    yield in_console
    for context in opened:
        context.close()


@pytest.fixture(scope="session")
def set_up() -> Callable[[Page, Demo], None]:
    return _set_up


def _set_up(page: Page, demo: Demo, name: str = "Nora Newman") -> None:
    """Use the printed link: an account with a long password, and signed in."""
    page.goto(demo.set_up)
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail").fill(LOGIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go in").click()
    page.wait_for_url("**/s/*/live")


@dataclass(frozen=True)
class Week:
    """Of the demo's garage: its lot, a stay of which a part went back, that payment's refund page, a difference's page."""

    lot: str
    stay: str
    refund: str
    difference: str


@dataclass
class AtWork:
    """A demo in the middle of a day: somebody recognised, somebody let in by hand, strangers refused, a gate blocked."""

    demo: Demo
    site: str
    person: str
    gate: str
    lane: str
    invitation: str
    lot: str
    week: Week
    law: Law

    @property
    def here(self) -> str:
        return f"/s/{self.site}"

    def scenes(self, page: Page) -> Iterator[tuple[str, Callable[[], object]]]:
        """Every page by name, and how one gets there."""
        person = f"{self.here}/people/{self.person}"
        for name, address in {
            "live": f"{self.here}/live",
            "live-forced": f"{self.here}/live?show=forced",
            "people": f"{self.here}/people",
            "enrol": f"{self.here}/people/new",
            "people-import": f"{self.here}/people/import",
            "teams": f"{self.here}/teams",
            "team-new": f"{self.here}/teams/new",
            "team-roll": f"{self.here}/teams/roll",
            "performance": f"{self.here}/performance",
            "performance-person": f"{self.here}/performance/people/{self.person}",
            "performance-cycles": f"{self.here}/performance/cycles",
            "person": person,
            "person-erase": f"{person}/erase",
            "person-change": f"{person}/change",
            "consent": f"{person}/consent",
            "face": f"{person}/face",
            "suspend": f"{person}/suspend",
            "visits": f"{self.here}/visits",
            "visit-new": f"{self.here}/visits/new",
            "visit-blocks": f"{self.here}/visits/blocks",
            "visit-rules": f"{self.here}/visits/rules",
            "muster": f"{self.here}/muster",
            "roster": f"{self.here}/roster",
            "roster-shifts": f"{self.here}/roster/shifts",
            "roster-patterns": f"{self.here}/roster/patterns",
            "roster-pattern": f"{self.here}/roster/patterns/new?weeks=2",
            "hour-rules": f"{self.here}/roster/rules",
            "hour-rules-set": f"{self.here}/roster/rules/standard",
            "hour-rules-version": f"{self.here}/roster/rules/standard/versions/new",
            "calendars": f"{self.here}/roster/calendars",
            "calendar": f"{self.here}/roster/calendars/cn",
            "hours": f"{self.here}/hours",
            "hours-person": f"{self.here}/hours/{self.person}",
            "leave": f"{self.here}/leave",
            "leave-person": f"{self.here}/leave/{self.person}",
            "pay-runs": "/payroll",
            "pay-people": "/payroll/people",
            "passages": f"{self.here}/passages",
            "gates": f"{self.here}/gates",
            "gate": f"{self.here}/gates/{self.gate}",
            "cameras": f"{self.here}/cameras",
            "camera": f"{self.here}/cameras/{self.lane}/1",
            "gate-open": f"{self.here}/live/gates/{self.gate}/open",
            "gate-new": f"{self.here}/gates/new",
            "rules": f"{self.here}/rules",
            "rules-zones": f"{self.here}/rules/zones",
            "rules-timetables": f"{self.here}/rules/timetables",
            "rules-timetable-new": f"{self.here}/rules/timetables/new",
            "rules-holidays": f"{self.here}/rules/holidays",
            "garages": f"{self.here}/garages",
            "garage": f"{self.here}/garages/{self.lot}",
            "garage-new": f"{self.here}/garages/new",
            "garage-settings": f"{self.here}/garages/{self.lot}/settings",
            "garage-code": f"{self.here}/garages/{self.lot}/code",
            "garage-find": f"{self.here}/garages/search",
            "permits": f"{self.here}/garages/permits",
            "permit-new": f"{self.here}/garages/permits/new",
            "reservations": f"{self.here}/garages/reservations",
            "coupons": f"{self.here}/garages/coupons",
            "bans": f"{self.here}/garages/bans",
            "tariffs": f"{self.here}/tariffs",
            "tariff": f"{self.here}/tariffs/at/Courtyard",
            "tariff-new": f"{self.here}/tariffs/new",
            "books": f"{self.here}/books",
            "differences": f"{self.here}/books/differences?state=all",
            "invoices": f"{self.here}/books/invoices",
            "garage-week": f"{self.here}/garages/{self.week.lot}",
            "stay": f"{self.here}/garages/stays/{self.week.stay}",
            "refund": self.week.refund,
            "difference": self.week.difference,
            "report-forced": f"{self.here}/reports/forced",
            "reports": f"{self.here}/reports",
            "report-occupancy": f"{self.here}/reports/occupancy",
            "report-misreads": f"{self.here}/reports/misreads",
            "site-new": "/sites/new",
            "operators": "/operators",
            "api-keys": "/operators/keys",
            "emergency": "/emergency",
            "approvals": "/approvals",
            "file-with-names": f"{self.here}/teams/roll/file",
            "backups": "/backups",
            "doctor": "/doctor",
            "keys": "/keys",
            "account": "/account",
            "account-factor": "/account/factor",
            "nothing": f"{self.here}/nothing",
        }.items():
            yield name, lambda address=address: page.goto(address)  # type: ignore[misc]
        yield from self.law.scenes(page)
        yield "people-nobody", lambda: self._search_people(page)
        yield "operator", lambda: self._operator(page)
        yield "passages-found", lambda: self._search_passages(page)
        yield "picture-ask", lambda: self._ask_picture(page)
        yield "picture-open", lambda: self._open_picture(page)
        yield "kiosk-open", lambda: self._kiosk(page)
        yield "kiosk", lambda: self._kiosk_again(page)
        yield "kiosk-help", lambda: page.goto("/kiosk/help")
        for name in ("", "/code", "/name"):
            yield f"kiosk-visit{name.replace('/', '-')}", lambda name=name: page.goto(f"/kiosk/visit{name}")  # type: ignore[misc]
        yield from self.law.emergency(page)

    def doorsteps(self, page: Page) -> Iterator[tuple[str, Callable[[], object]]]:
        """What somebody meets who is not signed in."""
        for name, address in {
            "sign-in": "/sign-in",
            "set-up": self.invitation,
            "set-up-used": self.demo.set_up,
            "no-kiosk": "/kiosk",
        }.items():
            yield name, lambda address=address: page.goto(address)  # type: ignore[misc]
        yield from self.law.doorsteps(page)

    def _search_people(self, page: Page) -> None:
        page.goto(f"{self.here}/people")
        page.locator("input[type=search]").fill("Nobody At All")
        page.keyboard.press("Enter")
        page.locator("#people .empty").wait_for()

    def _operator(self, page: Page) -> None:
        page.goto("/operators")
        page.goto(str(page.locator("th.lead a").first.get_attribute("href")))

    def _search_passages(self, page: Page) -> None:
        page.goto(f"{self.here}/passages")
        page.locator("input[name=purpose]").first.check()
        page.locator("#search footer button").click()
        page.locator("#results table").wait_for()

    def _ask_picture(self, page: Page) -> None:
        page.goto(f"{self.here}/live")
        page.locator("#passages-rows .seal-thumb").first.click()
        page.locator("dialog[open] form").wait_for()

    def _open_picture(self, page: Page) -> None:
        self._ask_picture(page)
        page.locator("dialog[open] input[type=radio]").nth(1).check()
        page.locator("dialog[open] footer button").click()
        page.locator("dialog[open] img").evaluate("picture => picture.decode()")

    def _kiosk_again(self, page: Page) -> None:
        """Somebody has gone in and still stands there: the kiosk rests."""
        page.locator("#answer-done").click()
        page.locator("#answer").wait_for(state="hidden")

    def _kiosk(self, page: Page) -> None:
        page.goto(self.demo.kiosk)
        page.locator("#answer:not([hidden])").wait_for(timeout=PATIENT)


@pytest.fixture(scope="session")
def at_work(chromium: Browser, demo: Demo, signed_in: dict[str, object], shared_data: Path) -> AtWork:
    return _at_work(chromium, demo, signed_in, shared_data)


def _at_work(chromium: Browser, demo: Demo, signed_in: dict[str, object], shared_data: Path) -> AtWork:
    context = chromium.new_context(base_url=demo.address, storage_state=signed_in, locale="en-GB")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/")
    site = re.search(r"/s/([0-9a-f-]{36})/", page.url)
    assert site
    here = f"/s/{site[1]}"
    person, gates = _named(page, f"{here}/people", "Alice Marsh"), _gates(page, here)
    record = f"{here}/people/{person}"
    _post(page, f"{record}/consent", {"answer": "yes", "version": "face-1", "given_by": "person"})
    face = (shared_data / "faces" / "web" / "0034.png").read_bytes()
    _send(page, f"{record}/face", {"pictures": {"name": "face.png", "mimeType": "image/png", "buffer": face}})
    made = _post(page, f"{record}/ways", {"means": "pin"})
    pin = re.search(r">(\d{6})<", made)
    assert pin
    page.request.get(demo.kiosk)
    for number in (0, 2, 4, 6):
        _post(page, "/kiosk/code", {"value": card_number(number)})
    _post(page, "/kiosk/code", {"value": pin[1]})
    looked = page.request.post("/kiosk/look", data=_jpeg(face), headers={**OURS, "Content-Type": "image/jpeg"})
    assert looked.json()["state"] == "open", looked.text()
    _post(page, f"{here}/live/gates/{gates['Turnstile']}/open", {"why": "parcel for reception"})
    looks = "name=Garage+lane&means=plate&means=qr&source=rtsp%3A%2F%2F10.0.0.7%2Fstream"
    form = {**OURS, "Content-Type": "application/x-www-form-urlencoded"}
    assert page.request.post(f"{here}/gates/{gates['Garage lane']}", data=looks, headers=form).ok
    _post(page, f"{here}/gates/{gates['Garage lane']}/block", {"blocked": "yes", "why": "works on the lane"})
    for wrong in ("111222", "111223", "111224"):
        _post(page, "/kiosk/code", {"value": wrong})
    invited = re.search(r"http[^<\s\"]+/set-up/[\w-]+", _post(page, "/operators/invite", {"role": "security"}))
    assert invited
    lot, week, law = _garage(page, here), _week(page, here), of_law(page, chromium, here, person)
    context.close()
    return AtWork(demo, site[1], person, gates["Lobby"], gates["Garage lane"], invited[0], lot, week, law)


def _week(page: Page, here: str) -> Week:
    """What the demo's own garage has behind it: a payment of which something went back, and a difference."""
    page.goto(f"{here}/garages")
    lot = str(page.get_by_role("link", name="Garage", exact=True).get_attribute("href")).rsplit("/", 1)[1]
    page.goto(f"{here}/books?which=back")
    stay = str(page.locator("th.lead a").first.get_attribute("href")).split("/stays/")[1].partition("#")[0]
    page.goto(f"{here}/garages/stays/{stay}")
    refund = str(page.get_by_role("link", name="Send back…").first.get_attribute("href"))
    page.goto(f"{here}/books/differences?state=all")
    difference = str(page.locator("th.lead a").first.get_attribute("href"))
    return Week(lot, stay, refund, difference)


TARIFF = """\
name = "Courtyard"
currency = "CNY"
time_zone = "Asia/Shanghai"
[[band]]
name = "day and night"
steps = [{ each = "1h", price = 5 }]
"""


def _garage(page: Page, here: str) -> str:
    """A garage with a tariff, a permit, a coupon and a car on the block list; its identity."""
    _post(page, f"{here}/tariffs", {"text": TARIFF, "since": "2026-01-01"})
    made = page.request.post(
        f"{here}/garages", form={"name": "Courtyard", "tariff": "Courtyard", "spaces_visitors": "20"}, headers=OURS
    )
    found = re.search(r"/garages/([0-9a-f-]{36})/", made.url)
    assert found, made.text()
    permit = {"kind": "fleet", "holder": "Courier Co", "plates": "沪A12345", "spaces": "1", "space": "permits"}
    given = page.request.post(f"{here}/garages/permits", form={**permit, "lot": found[1]}, headers=OURS)
    _post(page, f"{given.url}/account", {"limit": "5000"})
    coupon = {"shop": "Book shop", "gives": "time", "minutes": "60", "uses": "3", "until": "2099-01-01"}
    _post(page, f"{here}/garages/coupons", {**coupon, "lot": found[1]})
    _post(page, f"{here}/garages/bans", {"plate": "沪B99999", "reason": "left without paying", "lot": found[1]})
    return found[1]


def _gates(page: Page, here: str) -> dict[str, str]:
    page.goto(f"{here}/gates")
    links = page.locator("main a[href*='/gates/']").all()
    return {link.inner_text().strip(): str(link.get_attribute("href")).rsplit("/", 1)[1] for link in links}


def _send(page: Page, address: str, files: dict[str, Any]) -> None:
    answer = page.request.post(address, multipart=files, headers=OURS)
    assert answer.ok, f"{address}: {answer.status} {answer.text()}"


def _jpeg(picture: bytes) -> bytes:
    """A face as a kiosk's camera would send it: larger, on a wall."""
    face = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert face is not None
    wall = np.full((480, 640, 3), 190, np.uint8)
    wall[60:420, 140:500] = cv2.resize(face, (360, 360), interpolation=cv2.INTER_CUBIC)
    coded, jpeg = cv2.imencode(".jpg", wall)
    assert coded
    return jpeg.tobytes()
