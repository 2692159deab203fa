"""Attacks from outside: a real server on the copy, every address opened without a session, every port called.

The surprising thing: an address that is open on purpose (a kiosk's, a driver's) is opened as well. It may answer, but no word
of anybody may be in what it says; an address that is not open may not answer at all.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from sealgate.app import running, web_application
from sealgate.domain.errors import Fault
from sealgate.drills.picturing import decoded
from sealgate.drills.reading import needles_of_truth
from sealgate.drills.scene import Attack, Count, Scene
from sealgate.drills.streams import is_text, unwrapped
from sealgate.settings import Settings
from sealgate.store.schema import metadata
from sealgate.web.sessions import OPENED

STARTING = 120.0
ANSWERS = 5.0
AGAIN = 5
MOST_READ = 1 << 20
SERVE = "from sealgate.cli import main; main()"

HEADS = {"Sec-Fetch-Site": "same-origin", "Accept-Encoding": "identity"}
"""A stranger says of himself what he likes: the wall against other pages must not be all that stands."""

PROBES = (
    b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    b"GET /\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT sealgate:5432 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /static/../../../../sealgate.sqlite HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /static/%2e%2e/%2e%2e/sealgate.sqlite HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /static/..%2f..%2fsealgate.sqlite HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET //etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /blobs/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /sealgate.sqlite HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 127.0.0.1\r\nX-Original-URL: /people\r\nConnection: close\r\n\r\n",
    b"GET /people HTTP/1.1\r\nHost: x\r\nCookie: sealgate=" + b"A" * 64 + b"\r\nConnection: close\r\n\r\n",
    b"GET /people HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\nConnection: close\r\n\r\n",
    b"\x00\x00\x00\x08\x04\xd2\x16\x2f",  # PostgreSQL's request for TLS
    b"*1\r\n$4\r\nINFO\r\n",  # Redis
    secrets.token_bytes(256),
)


class NoServer(Fault):
    """The server on the copy did not start, so nobody can call it."""

    code = "drill.no-server"


@dataclass(frozen=True, slots=True)
class Server:
    """A running one. `log` is the file of all that it writes."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path


@dataclass(frozen=True, slots=True)
class Address:
    method: str
    path: str
    is_open: bool


@contextmanager
def served(settings: Settings, log: Path, program: str = SERVE) -> Iterator[Server]:
    """`sealgate serve` on that folder, as anybody would start it, on a free port. Raises `NoServer`."""
    words = ["serve", "--data", settings.data, "--keys", settings.keys_folder, "--port", "0"]
    own = {name: value for name, value in os.environ.items() if not name.startswith("SEALGATE_")}
    if settings.passphrase is not None:
        own["SEALGATE_PASSPHRASE"] = settings.passphrase.get_secret_value()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *map(str, words)],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**own, "PYTHONUNBUFFERED": "1"},
        )
        try:
            yield Server(_address(process, log), process, log)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + STARTING
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(r"Console: (http\S+?)/\s", log.read_text(errors="replace")):
            return found[1]
        time.sleep(0.1)
    raise NoServer("the server on the copy did not start", hint=log.read_text(errors="replace")[-400:].strip())


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
    is_open = bool(getattr(route.endpoint, OPENED, False)) or route.path == "/healthz"
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


def attacks_on(server: Server, every: Sequence[Address]) -> tuple[Attack, ...]:
    def call(scene: Scene, count: Count) -> None:
        with httpx.Client(base_url=server.address, timeout=ANSWERS, headers=HEADS, follow_redirects=False) as client:
            for address in every:
                scene.told(f"{address.method} {address.path}")
                count.tries += 1
                _judge(scene, count, address, *_answered(client, address))

    def ports(scene: Scene, count: Count) -> None:
        mine = int(server.address.rpartition(":")[2])
        for host, port in _listening(server.process.pid):
            where = f"{host}:{port}"
            if port != mine:
                count.found(where, "a port that listens beside the console's")
            if not (host.startswith("127.") or host == "::1") and not server.address.startswith("https"):
                count.found(where, "a port that is open to the network without TLS")
            for probe in PROBES:
                count.tries += 1
                told = _spoken(host, port, probe)
                _words(scene, count, where, told)
                if b"SQLite format 3" in told or b"root:x:0" in told:
                    count.found(where, "a file of the machine")

    def log(scene: Scene, count: Count) -> None:
        count.tries += 1
        _words(scene, count, "the server's log", server.log.read_bytes())

    return (
        Attack("addresses", "Opens every address of the program without a session, each method, with real identities.", call),
        Attack("ports", "Calls every port that the server listens on, with what strangers send.", ports),
        Attack("server's log", "Looks for known words in what the server wrote meanwhile.", log),
    )


def _answered(client: httpx.Client, address: Address) -> tuple[int, bytes, bytes]:
    """Asked again where nothing came: a busy machine must not hide what is open."""
    answer = _answer(client, address)
    for _ in range(AGAIN):
        if answer[0] != 0:
            break
        answer = _answer(client, address)
    return answer


def _answer(client: httpx.Client, address: Address) -> tuple[int, bytes, bytes]:
    """Status, head and body; what a stream sent until it paused is its body."""
    body = bytearray()
    try:
        with client.stream(address.method, address.path) as response:
            head = "\n".join(f"{name}: {value}" for name, value in response.headers.items()).encode()
            with suppress(httpx.TimeoutException):
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MOST_READ:
                        break
            return response.status_code, head, bytes(body)
    except httpx.HTTPError:
        return 0, b"", bytes(body)


def _judge(scene: Scene, count: Count, address: Address, status: int, head: bytes, body: bytes) -> None:
    where = f"{address.method} {address.path}"
    if 200 <= status < 300 and not address.is_open:
        count.found(where, f"an address that is not open answered {status}")
    if status >= 500 and status != 503:
        count.found(where, f"a stranger brought about a fault ({status})")
    _words(scene, count, where, head + b"\n\n" + body)
    if decoded(body) is not None:
        count.found(where, "a picture")


def _words(scene: Scene, count: Count, where: str, told: bytes) -> None:
    needles = needles_of_truth(scene.truth)
    for hit in needles.hits(told, in_text=is_text(told)):
        count.found(where, hit.needle.kind)
    for _at, how, inner in unwrapped(told, 2):
        for hit in needles.hits(inner, in_text=is_text(inner)):
            count.found(where, f"{hit.needle.kind}, {how}")


def _listening(pid: int) -> list[tuple[str, int]]:
    """Where a process listens, by what Linux says of it."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            if found := re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink())):
                inodes.add(found[1])
    made = []
    for name, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
                parts = line.split()
                if parts[3] == "0A" and parts[9] in inodes:
                    host, port = parts[1].split(":")
                    raw = b"".join(bytes.fromhex(host[at : at + 8])[::-1] for at in range(0, len(host), 8))
                    made.append((socket.inet_ntop(family, raw), int(port, 16)))
    return made


def _spoken(host: str, port: int, probe: bytes) -> bytes:
    told = bytearray()
    with suppress(OSError), socket.create_connection((host, port), timeout=ANSWERS) as line:
        line.settimeout(1.0)
        line.sendall(probe)
        line.shutdown(socket.SHUT_WR)
        while len(told) < MOST_READ and (chunk := line.recv(65_536)):
            told += chunk
    return bytes(told)
