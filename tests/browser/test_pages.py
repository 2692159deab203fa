"""Every page, as people meet it: both languages, light and dark, desk and phone.

Each is looked at by axe, must not scroll sideways, and leaves its screenshot in `shots/`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "shots"
README_PICTURE = ROOT / "docs" / "pictures" / "live.png"
LOCALES = {"en": "en-GB", "zh": "zh-CN"}
SIZES = {1440: {"width": 1440, "height": 900}, 390: {"width": 390, "height": 844}}
HEAVIEST = 100_000
"""Bytes on the wire of any page, without pictures."""


@pytest.fixture(scope="session")
def axe() -> str:
    source = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    assert source.exists(), f"{source} is missing: run npm ci"
    return source.read_text(encoding="utf-8")


def test_the_live_page_is_the_readmes_screenshot(enter: Callable[..., Page], at_work: Any) -> None:
    """Written into the docs only where the environment asks for it, so that a test run changes no tracked file."""
    page = enter()
    page.goto("/")
    picture = page.screenshot()
    assert picture.startswith(b"\x89PNG")
    if os.environ.get("SEALGATE_README_PICTURE"):
        README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
        README_PICTURE.write_bytes(picture)


GOES_ON = ("kiosk", "emergency")
"""Scenes that go on from each other, so that none of them can be left out."""

ALL = [(width, theme, language) for width in SIZES for theme in ("light", "dark") for language in LOCALES]
EACH_ONCE = [(1440, "light", "en"), (390, "dark", "zh"), (1440, "dark", "zh"), (390, "light", "en")]
"""Every page meets both widths, both themes and both languages, in two looks: every second page in the first two, the others
in the last two. `make shots` takes all eight of each.
"""


@pytest.mark.parametrize(("width", "theme", "language"), ALL if os.environ.get("SEALGATE_ALL_SHOTS") else EACH_ONCE)
def test_every_page_is_accessible_and_fits_its_screenshot(
    width: int, theme: str, language: str, enter: Callable[..., Page], at_work: Any, axe: str
) -> None:
    looks = {"locale": LOCALES[language], "theme": theme, "size": SIZES[width]}
    console, doorstep = enter(**looks), enter(**looks, nobody=True)
    problems: list[str] = []
    for page, scenes in ((console, at_work.scenes(console)), (doorstep, at_work.doorsteps(doorstep))):
        for number, (name, scene) in enumerate(scenes):
            if _left_out(number, name, width, theme):
                continue
            scene()
            page.wait_for_load_state("load")
            _shoot(page, f"{name}.{language}.{theme}.{width}", whole=name != "kiosk-open")
            problems += [f"{name}: {trouble}" for trouble in [*_sideways(page, width), *_barriers(page, axe)]]
    assert not problems, "\n".join(problems)


def _left_out(number: int, name: str, width: int, theme: str) -> bool:
    if name.startswith(GOES_ON) or os.environ.get("SEALGATE_ALL_SHOTS"):
        return False
    return number % 2 == ((width, theme) in ((1440, "light"), (390, "dark")))


def test_no_page_weighs_more_than_a_hundred_kilobytes(enter: Callable[..., Page], at_work: Any) -> None:
    page = enter()
    with _scales(page) as weighed:
        for name, scene in at_work.scenes(page):
            scene()
            page.wait_for_load_state("load")
            weight = weighed()
            assert weight < HEAVIEST, f"{name} weighs {weight} bytes"


class _scales:  # noqa: N801  used like a function
    """Counts the bytes that come over the wire, pictures aside; each reading starts anew."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._kinds: dict[str, str] = {}
        self._bytes = 0

    def __enter__(self) -> Callable[[], int]:
        self._session.send("Network.enable")
        self._session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        self._session.on("Network.responseReceived", self._received)
        self._session.on("Network.loadingFinished", self._finished)
        return self._reading

    def __exit__(self, *_: object) -> None:
        self._session.detach()

    def _received(self, event: dict[str, Any]) -> None:
        self._kinds[event["requestId"]] = event["type"]

    def _finished(self, event: dict[str, Any]) -> None:
        if self._kinds.get(event["requestId"]) not in {"Image", "EventSource"}:
            self._bytes += int(event["encodedDataLength"])

    def _reading(self) -> int:
        weight, self._bytes = self._bytes, 0
        return weight


def _shoot(page: Page, name: str, *, whole: bool) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=whole)


def _sideways(page: Page, width: int) -> Iterator[str]:
    wide = page.evaluate("document.scrollingElement.scrollWidth")
    if wide > width:
        yield f"scrolls sideways: {wide} px"


def _barriers(page: Page, axe: str) -> Iterator[str]:
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    for violation in found["violations"]:
        if violation["impact"] in {"serious", "critical"}:
            where = "; ".join(f"{node['target']} {node['failureSummary']}" for node in violation["nodes"][:3])
            yield f"{violation['id']} ({violation['impact']}): {where}"
