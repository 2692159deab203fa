"""A console under a name, as passkeys and sign-in services need it, and a real Chromium in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from sealgate.flows.kit import House
from sealgate.web import console

PATIENT = 60_000
"""Milliseconds after which we say that something never comes."""


@pytest.fixture
def address(house: House, serve: Callable[[Any], Any]) -> str:
    """By a name: browsers make passkeys for no number."""
    application = console.build(house)
    named = serve(application).address.replace("127.0.0.1", "localhost")
    application.state.house = replace(house, address=named)
    return str(named)


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    path = Path("/usr/bin/chromium")
    if not path.exists():
        pytest.fail("Chromium is missing: apt-get install chromium")
    browser = playwright.chromium.launch(executable_path=str(path), args=["--no-sandbox", "--disable-gpu", "--disable-quic"])
    yield browser
    browser.close()


@pytest.fixture
def tab(chromium: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """A new browser each time it is called, in a language and a width."""
    opened: list[BrowserContext] = []

    def another(locale: str = "en-GB", width: int = 1280, theme: str = "light") -> Page:
        context = chromium.new_context(
            base_url=address,
            locale=locale,
            viewport={"width": width, "height": 900},
            color_scheme=theme,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENT)
        opened.append(context)
        return context.new_page()

    yield another
    for context in opened:
        context.close()
