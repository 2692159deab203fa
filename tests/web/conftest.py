"""A running console: the real program on SQLite, served by uvicorn on a free port, and the people who use it.

Alice administers Acme, Dora attends its gates, Umbra is another organisation. Time is a clock in the hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from sealgate.app import initialise, running
from sealgate.domain.ids import SiteId, TenantId
from sealgate.domain.operators import Role
from sealgate.flows import rules, signin
from sealgate.flows.kit import House, Signed
from sealgate.settings import Settings
from sealgate.web import console

PASSWORD = "rusty anchors sing at dusk"
MONDAY = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
"""09:12 in Shanghai."""


@dataclass
class HandClock:
    """Time stands still until somebody moves it."""

    at: datetime = MONDAY

    def now(self) -> datetime:
        return self.at

    def move(self, span: timedelta) -> None:
        self.at += span


class Served:
    """An application behind a real socket, in a thread of its own; knows when it is up and stops cleanly."""

    def __init__(self, application: FastAPI) -> None:
        self.up = Event()
        config = uvicorn.Config(application, host="127.0.0.1", port=0, log_config=None, lifespan="off", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._run, name="console")
        self._thread.start()
        assert self.up.wait(60)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(60)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        started = self._server.startup

        async def startup(*args: object, **more: object) -> None:
            await started(*args, **more)  # type: ignore[arg-type]
            self.up.set()

        self._server.startup = startup  # type: ignore[method-assign]
        await self._server.serve()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def house(tmp_path: Path, clock: HandClock) -> Iterator[House]:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys")
    initialise(settings, "Acme")
    with running(settings, faces=None, plates=None, clock=clock) as program:
        yield program.house


@pytest.fixture
def acme(house: House) -> TenantId:
    return house.store.tenants()[0].tenant


@pytest.fixture
def serve() -> Iterator[Callable[[FastAPI], Served]]:
    """Put an application behind a socket, until the test is over."""
    up: list[Served] = []

    def start(application: FastAPI) -> Served:
        up.append(Served(application))
        return up[-1]

    yield start
    for served in up:
        served.stop()


@pytest.fixture
def address(house: House, serve: Callable[[FastAPI], Served]) -> str:
    return serve(console.build(house)).address


def no_fault(answer: httpx.Response) -> httpx.Response:
    """No test of a page may pass on a page that says we failed; those that provoke a fault ask the client itself."""
    assert answer.status_code < 500, answer.text
    return answer


@dataclass
class Browser:
    """What a browser does that matters here: keeps cookies, follows redirects, and says where a request was made."""

    client: httpx.Client

    def get(self, path: str, **more: object) -> httpx.Response:
        return no_fault(self.client.get(path, **more))  # type: ignore[arg-type]

    def post(self, path: str, data: dict[str, object] | None = None, **more: object) -> httpx.Response:
        headers = {"Sec-Fetch-Site": "same-origin", **more.pop("headers", {})}  # type: ignore[dict-item]
        return no_fault(self.client.post(path, data=data, headers=headers, **more))  # type: ignore[arg-type]


@pytest.fixture
def browser(address: str) -> Iterator[Callable[[], Browser]]:
    """Another browser each time it is called."""
    opened: list[httpx.Client] = []

    def another() -> Browser:
        client = httpx.Client(
            base_url=address, follow_redirects=True, headers={"Accept": "text/html", "Accept-Language": "en"}, timeout=120
        )
        opened.append(client)
        return Browser(client)

    yield another
    for client in opened:
        client.close()


def _operator(house: House, link: str, name: str) -> Signed:
    token = signin.set_up(house, link, name=name, login=f"{name.partition(' ')[0].lower()}@example.org", password=PASSWORD)
    signed = signin.who_is(house, token)
    assert signed is not None
    return signed


@pytest.fixture
def alice(house: House, acme: TenantId) -> Signed:
    """The first administrator of Acme."""
    link = signin.first_link(house, acme)
    assert link is not None
    return _operator(house, link, "Alice Ames")


@pytest.fixture
def dora(house: House, alice: Signed) -> Signed:
    """The attendant: watches and opens, changes no rule."""
    return _operator(house, signin.invite_operator(house, alice, frozenset({Role.SECURITY})), "Dora Marsh")


@pytest.fixture
def umbra(house: House) -> Signed:
    """The administrator of another organisation in the same program."""
    link = signin.first_link(house, rules.found(house, "Umbra"))
    assert link is not None
    return _operator(house, link, "Uma Brandt")


@pytest.fixture
def campus(house: House, alice: Signed) -> SiteId:
    return rules.add_site(house, alice, "North Campus", "Asia/Shanghai")


@pytest.fixture
def enter(house: House, browser: Callable[[], Browser]) -> Callable[[Signed], Browser]:
    """A browser in which that operator has signed in."""

    def signed_in(operator: Signed) -> Browser:
        made = browser()
        tenant = next(tenant.name for tenant in house.store.tenants() if tenant.tenant == operator.tenant)
        answer = made.post("/sign-in", {"tenant": tenant, "login": operator.login, "password": PASSWORD, "next": "/account"})
        assert answer.status_code == 200, answer.text
        return made

    return signed_in
