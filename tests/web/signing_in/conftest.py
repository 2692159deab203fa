"""A console under a name, as passkeys and sign-in services need it, and a real Chromium in front of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey
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


SERVICE = Path(__file__).with_name("op.mjs")
CLIENT, SECRET = "sealgate", "not a word: 7%+/="
STARTING = 120.0
"""Seconds that Node may take on a busy machine."""


def new_key(name: str) -> dict[str, Any]:
    return dict(RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"}).as_dict(private=True))


@dataclass
class SignInService:
    """npm's oidc-provider in a process of its own. `people` are by their subject there."""

    back: str
    people: dict[str, dict[str, Any]]
    keys: list[dict[str, Any]] = field(default_factory=lambda: [new_key("first")])
    thin: bool = False
    port: int | None = None
    process: subprocess.Popen[str] | None = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        node = shutil.which("node")
        if node is None or not (Path(__file__).parents[3] / "node_modules" / "oidc-provider").is_dir():
            pytest.fail("Node or oidc-provider is missing: apt-get install npm, then make front")
        given: dict[str, Any] = {
            "client": CLIENT,
            "secret": SECRET,
            "back": self.back,
            "people": self.people,
            "keys": self.keys,
        }
        given |= {"thin": self.thin, "port": self.port}
        command = [node, str(SERVICE), json.dumps(given)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the sign-in service did not start"
        self.port = json.loads(line)["port"]

    def stop(self) -> None:
        if self.process is not None:
            self.process.communicate(timeout=STARTING)  # closes its input, which ends it
            self.process = None


@pytest.fixture
def service(address: str) -> Iterator[SignInService]:
    """At which Alice and Dora have accounts; it tells names and groups in the token."""
    people = {
        "a-17": {"name": "Alice Ames", "email": "alice@acme.example", "groups": ["gate-admins"]},
        "d-42": {"name": "Dora Marsh", "email": "dora@acme.example", "groups": ["gate-guards", "choir"]},
        "m-66": {"name": "Mallory", "email": "alice@acme.example", "groups": ["gate-admins"]},
        "c-08": {"name": "Charlie", "email": "charlie@elsewhere.example", "groups": []},
    }
    made = SignInService(f"{address}/sign-in/service/back", people)
    made.start()
    yield made
    made.stop()
