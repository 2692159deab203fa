"""Attacks from outside: every address of a real server opened without a session, and what it wrote meanwhile.

The surprising thing: an address that is open on purpose (a kiosk's, a driver's) is opened as well. It may answer, but no word
of anybody may be in what it says; an address that is not open may not answer at all. And each must answer: one that did not
says nothing, so that is a find as well.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from sealgate.api import described
from sealgate.app import running, web_application
from sealgate.drills.picturing import decoded
from sealgate.drills.reading import words_in
from sealgate.drills.scene import Attack, Count, Scene
from sealgate.drills.serving import Server
from sealgate.drills.streams import files_in, is_text
from sealgate.settings import Settings
from sealgate.store.schema import metadata
from sealgate.web.sessions import OPENED

CALLERS = 4
PATIENCE = 300.0
"""Seconds for an answer to begin. No address needs one of them; a machine that stands still for minutes may."""

PAUSE = 2.0
"""Seconds without a word after which a stream of events has said what it says to strangers."""

AGAIN = 3
MOST_READ = 1 << 20

HEADS = {"Sec-Fetch-Site": "same-origin", "Accept-Encoding": "identity", "Connection": "close"}
"""A stranger says of himself what he likes: the wall against other pages must not be all that stands. Each question has a
line of its own, for a line that is kept may be closed from the other end just when the next question goes out."""


@dataclass(frozen=True, slots=True)
class Address:
    method: str
    path: str
    is_open: bool


def addresses(settings: Settings, leaking: Sequence[Address] = ()) -> list[Address]:
    """Every method and path of the program's own routes, with identities out of the copy in their places."""
    with running(settings, faces=None, plates=None, publishes=False) as program:
        application = web_application(program)
        names = _identities(program.settings)
    made = [address for route in _routes(application.routes) for address in _filled(route, names)]
    return [*dict.fromkeys(made), *leaking]


def _routes(routes: Sequence[BaseRoute]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        below = getattr(route, "original_router", route)
        yield from _routes(getattr(below, "routes", None) or ())


def _filled(route: APIRoute, names: dict[str, list[str]]) -> Iterator[Address]:
    is_open = bool(getattr(route.endpoint, OPENED, False)) or route.path in described.OPEN
    for number in range(3):
        path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda match, number=number: _value(match[1], names, number), route.path)  # type: ignore[misc]
        for method in sorted(route.methods or {"GET"}):
            yield Address(method, path, is_open)
        if "{" not in route.path:
            return


def _value(name: str, names: dict[str, list[str]], number: int) -> str:
    """A real identity first, then a made-up one, then a small number."""
    real = names.get(name) or names.get(name.removesuffix("_id")) or []
    return (real[0] if real and number == 0 else "", str(uuid4()), "1")[number] or str(uuid4())


def _identities(settings: Settings) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"site": []}
    with closing(sqlite3.connect(settings.data / "sealgate.sqlite")) as sql:
        for table in metadata.sorted_tables:
            for column in table.primary_key:
                name = column.name.removesuffix("_id") if column.name != "id" else table.name.removesuffix("s")
                for (value,) in sql.execute(f'SELECT "{column.name}" FROM "{table.name}" LIMIT 1'):
                    text = str(UUID(bytes=value)) if isinstance(value, bytes) and len(value) == 16 else str(value)
                    found.setdefault(name, []).append(text)
    return found


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is 0 where nothing came."""

    status: int = 0
    head: bytes = b""
    body: bytes = b""


def addresses_of(server: Server, every: Sequence[Address]) -> Attack:
    def run(scene: Scene, count: Count) -> None:
        for address, answer in answers(server, every):
            scene.told(f"{address.method} {address.path}")
            count.tries += 1
            _judge(scene, count, address, answer)

    return Attack("addresses", "Opens every address of the program without a session, each method, with real identities.", run)


def answers(server: Server, every: Sequence[Address], **sent: Any) -> Iterator[tuple[Address, Answer]]:
    """Each address with its answer, in their order; a few are asked at once. `sent` goes with each question."""
    with (
        httpx.Client(base_url=server.address(), timeout=PATIENCE, headers=HEADS, follow_redirects=False) as client,
        ThreadPoolExecutor(CALLERS) as callers,
    ):
        yield from zip(every, callers.map(partial(answered, client, **sent), every), strict=True)


def answered(client: httpx.Client, address: Address, **sent: Any) -> Answer:
    """Asked again where the line broke."""
    for _ in range(AGAIN):
        answer = _answer(client, address, **sent)
        if answer.status:
            return answer
    return Answer()


def _answer(client: httpx.Client, address: Address, **sent: Any) -> Answer:
    """What a stream sent until it paused is its body."""
    body = bytearray()
    try:
        with client.stream(address.method, address.path, **sent) as response:
            head = "\n".join(f"{name}: {value}" for name, value in response.headers.items()).encode()
            if response.headers.get("content-type", "").startswith("text/event-stream"):
                response.request.extensions["timeout"]["read"] = PAUSE
            with suppress(httpx.ReadTimeout):
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MOST_READ:
                        break
            return Answer(response.status_code, head, bytes(body))
    except httpx.HTTPError:
        return Answer()


def _judge(scene: Scene, count: Count, address: Address, answer: Answer) -> None:
    where = f"{address.method} {address.path}"
    if answer.status == 0:
        count.found(where, "an address that did not answer")
    if 200 <= answer.status < 300 and not address.is_open:
        count.found(where, f"an address that is not open answered {answer.status}")
    if answer.status >= 500 and answer.status != 503:
        count.found(where, f"a stranger brought about a fault ({answer.status})")
    for what in words_in(scene.truth, *answer.head.splitlines(), answer.body):
        count.found(where, what)
    if not is_text(answer.body) and decoded(answer.body) is not None:
        count.found(where, "a picture")


def written_by(server: Server) -> Attack:
    def run(scene: Scene, count: Count) -> None:
        count.tries += 1
        for what in words_in(scene.truth, server.log.read_bytes()):
            count.found("the server's log", what)

    return Attack("server's log", "Looks for known words in what the server wrote meanwhile.", run)


def left_by(server: Server) -> Attack:
    """Also what is still open and has no name any more: its bytes lie on the disk."""

    def run(scene: Scene, count: Count) -> None:
        count.tries += 1
        for name, data in _temporary(server):
            count.tries += 1
            for what in words_in(scene.truth, data):
                count.found(name, what)

    return Attack("temporary files", "Looks for known words in the temporary files that the server left or holds open.", run)


def _temporary(server: Server) -> Iterator[tuple[str, bytes]]:
    for path in files_in(server.temporary):
        yield f"temporary/{path.relative_to(server.temporary).as_posix()}", path.read_bytes()
    for link in sorted(Path(f"/proc/{server.process.pid}/fd").iterdir()):
        with suppress(OSError):
            if str(link.readlink()).endswith(" (deleted)"):
                yield "a temporary file without a name", link.read_bytes()
