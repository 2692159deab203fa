"""The walls from the route table: every address of ours, present and future, carries the headers and bounds what it takes."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import Message
from tests import aside

from sealgate.app import initialise, running, web_application
from sealgate.domain.ids import SiteId
from sealgate.flows.kit import House, Signed
from sealgate.settings import Settings
from sealgate.web import console
from sealgate.web.guard import HEADERS, SAFE, Bounded, KnownHost

Enters = Callable[[Signed], Any]
PIECE = 64 * 1024


def routes_of(app: FastAPI) -> Iterator[APIRoute]:
    """Every route of the application, also of the machines' entrances."""

    def below(found: list[BaseRoute]) -> Iterator[APIRoute]:
        for route in found:
            inner = getattr(route, "original_router", route)
            if isinstance(route, APIRoute):
                yield route
            yield from below(getattr(inner, "routes", None) or [])

    yield from below(list(app.routes))


def address(route: APIRoute, site: SiteId) -> str:
    path = re.sub(r"\{site\}", str(site), route.path)
    path = re.sub(r"\{day\}", "2026-01-01", path)
    return re.sub(r"\{\w+(:\w+)?\}", str(UUID(int=7)), path)


@pytest.fixture
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The application as `sealgate serve` joins it."""
    folder = tmp_path_factory.mktemp("whole")
    settings = Settings(data=folder / "data", keys=folder / "keys")
    initialise(settings, "Acme")
    with running(settings, faces=None, plates=None) as program:
        yield web_application(program)


class Line:
    """A client that speaks ASGI: it says how many bytes were taken off it, and what was answered."""

    def __init__(self, pieces: Iterator[bytes], *, stalls: bool = False) -> None:
        self.pieces, self.stalls = pieces, stalls
        self.taken = 0
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    async def receive(self) -> Message:
        piece = next(self.pieces, None)
        if piece is None:
            if self.stalls:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": b"", "more_body": False}
        self.taken += len(piece)
        return {"type": "http.request", "body": piece, "more_body": True}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"")


def asked(app: FastAPI, method: str, path: str, line: Line, **headers: str) -> Line:
    given = {"host": "127.0.0.1", "sec-fetch-site": "same-origin", "accept": "application/json", **headers}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
        "scheme": "http",
        "http_version": "1.1",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 9),
        "root_path": "",
        "app": app,
    }
    aside.run(app(scope, line.receive, line.send))
    return line


def flood(kind: str = "") -> Iterator[bytes]:
    if kind.startswith("multipart"):
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    while True:
        yield b"a" * PIECE


KINDS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", "application/octet-stream")


def test_every_route_that_takes_a_body_bounds_it(whole: FastAPI) -> None:
    """Whatever a stranger says it sends: either nothing is read, or 413 comes and no more was taken than the limit allows."""
    site, tried, read = SiteId(UUID(int=9)), 0, 0
    limits = Bounded(whole, console.FORM_LIMIT, whole.state.larger)
    for route in routes_of(whole):
        for method in sorted((route.methods or set()) - SAFE):
            path = address(route, site)
            limit = limits.limit_of(method, path)
            assert limit <= 40 << 20, route.path
            for kind in (KINDS[0], KINDS[1 + tried % 3]):
                line = asked(whole, method, path, Line(flood(kind)), content_type=kind)
                assert line.status < 500, (method, route.path, line.status, line.body[:200])
                assert line.status == 413 or line.taken == 0, (method, route.path, line.status, line.taken)
                assert line.status != 413 or json.loads(line.body)["code"].count(".") == 1, (route.path, line.body)
                assert line.taken <= limit + 2 * PIECE, (route.path, line.taken)
                read += line.status == 413
            tried += 1
    assert tried > 150
    assert read > 150


def test_what_is_announced_as_too_large_is_refused_before_a_byte_is_taken(whole: FastAPI) -> None:
    for length in (str(console.FORM_LIMIT + 1), "9" * 30, "²", "-1", "0x10"):
        line = asked(whole, "POST", "/sign-in", Line(flood()), content_length=length.encode("utf-8").decode("latin-1"))
        assert (line.status, line.taken) == (413, 0), length


def test_only_routes_that_take_files_take_more_than_a_form(whole: FastAPI) -> None:
    larger = [one for one in whole.state.larger if one.most > console.FORM_LIMIT]
    assert len(larger) < 14
    smaller = {one.path.pattern for one in whole.state.larger} - {one.path.pattern for one in larger}
    assert smaller == {"^/leak$"}  # a stranger's, without an account


def test_a_body_that_does_not_come_is_not_waited_for(house: House) -> None:
    impatient = console.build(house, patience=0.05)
    line = asked(impatient, "POST", "/sign-in", Line(iter([b"login=a"]), stalls=True), content_type=KINDS[0])
    assert line.status == 408
    assert json.loads(line.body)["code"] == "request.too-slow"


def test_every_answer_of_every_route_carries_the_wall(
    whole: FastAPI, house: House, campus: SiteId, alice: Signed, enter: Enters
) -> None:
    inside = enter(alice)
    seen = {200: 0, 303: 0}
    for route in routes_of(console.build(house)):
        if "GET" not in (route.methods or ()) or route.path.endswith(("/events", "/stream", "/look")):
            continue
        with inside.client.stream("GET", address(route, campus), follow_redirects=False) as answer:
            assert answer.status_code < 500, (route.path, answer.status_code)
            seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
            for name, value in HEADERS.items():
                given = answer.headers[name.lower()]
                assert name == "Permissions-Policy" or given == value, (route.path, name, given)
            assert "unsafe" not in answer.headers["content-security-policy"], route.path
            kept = answer.headers["cache-control"]
            assert "no-store" in kept or route.path.endswith((".js", ".css")), (route.path, kept)
    assert seen[200] > 40
    assert len(HEADERS) >= 7
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD"):
        line = asked(whole, method, "/api/v1/nothing", Line(iter([])))
        assert line.status >= 400
        assert line.headers["x-content-type-options"] == "nosniff"
        assert line.headers["cache-control"] == "no-store"


OURS = (
    "127.0.0.1",
    "127.0.0.1:8470",
    "[::1]:8470",
    "localhost",
    "LOCALHOST:1",
    "gate.example.org",
    "gate.example.org.:443",
    "desk.lan",
)
THEIRS = (
    "evil.example",
    "gate.example.org.evil.example",
    "evil.example:gate.example.org",
    "",
    "a b",
    "gate.example.org/",
    "u@desk.lan",
    "[::1",
)


@pytest.mark.parametrize("host", OURS)
def test_our_own_names_are_answered(house: House, host: str) -> None:
    app = console.build(house, hosts=["gate.example.org", "desk.lan"])
    assert asked(app, "GET", "/sign-in", Line(iter([])), host=host).status == 200


@pytest.mark.parametrize("host", THEIRS)
def test_a_name_that_is_not_ours_is_refused(house: House, host: str) -> None:
    """Also against rebinding: a page of evil.example whose name leads here is told nothing."""
    line = asked(console.build(house, hosts=["gate.example.org", "desk.lan"]), "GET", "/sign-in", Line(iter([])), host=host)
    assert line.status == 421
    assert json.loads(line.body)["code"] == "request.unknown-host"


def test_two_host_headers_are_one_too_many(house: House) -> None:
    async def never(*_: object) -> None:
        raise AssertionError

    scope = {"type": "http", "headers": [(b"host", b"localhost"), (b"host", b"evil.example")]}
    with pytest.raises(Exception, match="not a name of ours"):
        aside.run(KnownHost(never, ())(scope, never, never))  # type: ignore[arg-type]
