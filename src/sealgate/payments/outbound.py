"""Asking a provider over the network: bounded in time and bytes, to one host only, never following a redirect.

The surprising thing: the answer is read raw and never unpacked, so a small answer cannot become a large one, and the
whole exchange has one time-out, so a server that sends a byte a second does not hold a thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from sealgate.ports import BadAccount, GarbledAnswer, Unreachable

logging.getLogger("httpx").setLevel(logging.WARNING)
"""It writes every address into the log, with its query; and one provider wants its secret there (WeChat's openid)."""

TIMEOUT = timedelta(seconds=10)
MOST_ANSWER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Outbound:
    """One way out, to `base` (scheme, host and port). Holds no connection and no state; any thread may ask."""

    def __init__(self, base: str, timeout: timedelta = TIMEOUT) -> None:
        self.base = base.rstrip("/")
        self.host = checked_host(base)
        self._timeout = timeout.total_seconds()
        self._tls = httpx.create_ssl_context(trust_env=False)

    def ask(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        most: int = MOST_ANSWER_BYTES,
    ) -> Answer:
        """Raises `Unreachable` when nobody answers in time, `GarbledAnswer` for a redirect or more than `most` bytes."""
        until = time.monotonic() + self._timeout
        sent = {"Accept-Encoding": "identity", "User-Agent": "sealgate", **(headers or {})}
        try:
            with (
                httpx.Client(verify=self._tls, timeout=self._timeout, trust_env=False, follow_redirects=False) as client,
                client.stream(method, address, headers=sent, content=body or None) as answer,
            ):
                return Answer(answer.status_code, _checked(answer), _whole(answer, most, until))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"{self.host}: {type(error).__name__}", hint="the provider did not answer") from error


def _checked(answer: httpx.Response) -> dict[str, str]:
    if answer.is_redirect:
        raise GarbledAnswer("a redirect, which no provider sends here", permanent=True)
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise GarbledAnswer("a packed answer that was not asked for")
    return {name.lower(): value for name, value in answer.headers.items()}


def _whole(answer: httpx.Response, most: int, until: float) -> bytes:
    body = bytearray()
    for piece in answer.iter_raw():
        body += piece
        if len(body) > most:
            raise GarbledAnswer(f"more than {most} bytes")
        if time.monotonic() > until:
            raise Unreachable("the answer takes too long")
    return bytes(body)


def checked_host(base: str) -> str:
    """The host of an address that may be asked: https, or http on this machine. Raises `BadAccount`."""
    try:
        parts = urlsplit(base)
        host = parts.hostname or ""
        _ = parts.port  # raises for a port that is no number
    except ValueError:
        raise BadAccount("the provider's address cannot be read") from None
    if not host or parts.username is not None or parts.scheme not in ("http", "https"):
        raise BadAccount("the provider's address is not one")
    if parts.scheme == "http" and not is_this_machine(host):
        raise BadAccount("the provider's address is not https")
    return host


def is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_trouble(answer: Answer) -> None:
    """Raise for what is no answer at all: too many questions, a server in trouble, or an account that is not let in."""
    if answer.status == 429 or answer.status >= 500:
        raise Unreachable(f"the provider answered {answer.status}")
    if answer.status == 401:
        raise Unreachable(
            f"the provider answered {answer.status}", permanent=True, hint="check the account's keys, and this machine's clock"
        )
