"""Latches behind a network relay that takes one HTTP request: most relay boards, Shelly and its like.

Written on a socket and not on an HTTP library for one reason: the whole exchange has one deadline. A relay that sends
a byte every second keeps a library waiting for ever, and somebody stands before the door.
"""

from __future__ import annotations

import base64
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from urllib.parse import unquote, urlsplit

from sealgate.domain.errors import Invalid
from sealgate.domain.ids import GateId
from sealgate.ports import LatchAnswer

LONGEST_ANSWER = 1024
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})\b")


class BadRelay(Invalid):
    code = "latch.bad-address"


@dataclass(frozen=True, slots=True)
class Relay:
    """`request` holds the path and the account, so it is never shown; in it `{seconds}` stands for how long to open."""

    host: str
    port: int
    tls: bool
    request: str = field(repr=False)


def parse_relay(address: str, *, method: str = "GET") -> Relay:
    """Read `http://name:password@10.0.0.9/relay/0?turn=on&timer={seconds}`. Raises `BadRelay`, which quotes nothing."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadRelay("the address of the relay cannot be read", field="latch") from None
    known = parts.scheme in {"http", "https"} and method in {"GET", "POST"}
    if not known or not host or re.search(r"[^\x21-\x7e]", address):
        raise BadRelay("a relay is an http:// or https:// address that takes GET or POST", field="latch")
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", "Content-Length: 0", *_account(parts.netloc)]
    return Relay(host, port or (443 if tls else 80), tls, "\r\n".join(lines) + "\r\n\r\n")


def _account(netloc: str) -> list[str]:
    account, at, _ = netloc.rpartition("@")
    if not at:
        return []
    return ["Authorization: Basic " + base64.b64encode(unquote(account).encode()).decode()]


class HttpLatch:
    """A `ports.Latch`: one relay a gate. 2xx is accepted, another answer refused, none in time unreachable.

    Asks once and never again by itself: whether a relay that did not answer has opened nobody knows.
    """

    def __init__(self, relays: Mapping[GateId, Relay], *, timeout: timedelta = timedelta(seconds=2)) -> None:
        self._relays, self._timeout = dict(relays), timeout.total_seconds()
        self._tls = ssl.create_default_context()

    def release(self, gate: GateId, open_for: timedelta) -> LatchAnswer:
        """A gate without a relay is refused."""
        relay = self._relays.get(gate)
        if relay is None:
            return LatchAnswer.REFUSED
        seconds = max(1, round(open_for.total_seconds()))
        try:
            status = self._ask(relay, relay.request.replace("{seconds}", str(seconds)).encode())
        except OSError:  # refused, cut off, too slow, or a certificate that is not the relay's
            return LatchAnswer.UNREACHABLE
        return LatchAnswer.ACCEPTED if 200 <= status < 300 else LatchAnswer.REFUSED

    def _ask(self, relay: Relay, request: bytes) -> int:
        """The status of the answer. Raises `OSError`, also for an answer that is no HTTP."""
        until = monotonic() + self._timeout
        with socket.create_connection((relay.host, relay.port), timeout=self._timeout) as plain:
            plain.settimeout(_left(until))
            line = self._tls.wrap_socket(plain, server_hostname=relay.host) if relay.tls else plain
            with line:
                line.sendall(request)
                return _status(line, until)


def _status(line: socket.socket, until: float) -> int:
    answer = b""
    while b"\n" not in answer and len(answer) < LONGEST_ANSWER:
        line.settimeout(_left(until))
        piece = line.recv(LONGEST_ANSWER)
        if not piece:
            break
        answer += piece
    if match := _STATUS.match(answer):
        return int(match[1])
    raise ConnectionError("no HTTP answer")


def _left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError
    return left
