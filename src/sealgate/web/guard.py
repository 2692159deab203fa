"""The wall around every page: whom a request is for and from where, how large and how slow it may be, and what a browser may
do with the answer.

Plain ASGI, because these run for static files and streams too. The surprising thing: there are no form tokens.
Browsers say themselves where a request was made (Sec-Fetch-Site, else Origin), and whatever does not say so is refused.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic
from typing import TypeVar
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sealgate.domain.errors import Refused
from sealgate.web.i18n import _

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
FEATURES = "Permissions-Policy"
"""A page that speaks asks for the microphone itself; every other page has none."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with it browsers send `Origin: null` on forms, and over plain http Origin is all that we have.
    "Referrer-Policy": "same-origin",
    FEATURES: "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class CrossOrigin(Refused):
    """A request that changes something and was not made by a page of ours."""

    code = "request.cross-origin"
    status = 403
    hint = _("Open the page here and send the form again")


class TooLarge(Refused):
    code = "request.too-large"
    status = 413


class TooSlow(Refused):
    """The body came more slowly than any line brings it."""

    code = "request.too-slow"
    status = 408


class UnknownHost(Refused):
    """The request is for a name that is not ours."""

    code = "request.unknown-host"
    status = 421


Handler = TypeVar("Handler", bound=Callable[..., object])
TAKES = "__sealgate_takes__"
SLOWEST = 1024
"""Bytes of a body each second, on the whole."""


class HouseRules:
    """Puts the security headers on every answer; pages are never stored, unless they say otherwise themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    if name != FEATURES or name not in headers:
                        headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self.app(scope, receive, sealed)


class SameOrigin:
    """Refuses a changing request that was not made by a page of this origin. Devices (`/api/`) prove themselves otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        changes = scope["type"] == "http" and scope["method"] not in SAFE
        if changes and not scope["path"].startswith(("/api/", "/scim/")) and not ours(Headers(scope=scope)):
            raise CrossOrigin
        await self.app(scope, receive, send)


def ours(headers: Headers) -> bool:
    """Whether the browser vouches that a page of this very origin made the request.

    Sec-Fetch-Site decides where it is sent (https and localhost); else Origin must name the host that was asked.
    The scheme is not compared: behind a proxy that ends TLS it differs.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin, host = headers.get("origin", ""), headers.get("host", "")
    return bool(host) and urlsplit(origin).netloc == host


class KnownHost:
    """Answers only to names that are ours: a page under a name of somebody else's that leads here must not read what we say.

    A number for a name (`192.0.2.7:8470`) and `localhost` are taken: nobody else can own them.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self.app = app
        self.names = frozenset(name.lower() for name in names) | {"localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if len(hosts) != 1 or not self._ours(hosts[0]):
                raise UnknownHost("not a name of ours", hint="Name it in public_address or hosts")
        await self.app(scope, receive, send)

    def _ours(self, host: str) -> bool:
        name = host_of(host)
        if name in self.names:
            return True
        with suppress(ValueError):
            ip_address(name)
            return True
        return False


def host_of(host: str) -> str:
    """The name in a Host header, without its port and in small letters; a header that is none gives what no name is."""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/?#@\[\]]+)(?::\d{1,5})?", host)
    return found[1].strip("[]").lower().rstrip(".") if found else ""


def takes(most: int) -> Callable[[Handler], Handler]:
    """This route takes a body of up to that many bytes; every other route takes what a form needs."""

    def marked(handler: Handler) -> Handler:
        setattr(handler, TAKES, most)
        return handler

    return marked


@dataclass(frozen=True, slots=True)
class Larger:
    """A route that takes more than a form."""

    path: re.Pattern[str]
    methods: frozenset[str]
    most: int


class Bounded:
    """Refuses a body that is too large, by its announced length or, where that is missing or a lie, as it comes; and one that
    comes too slowly: after `patience` seconds it must have come at `SLOWEST` on the whole.

    `limit` is bytes, for every route that is not among the `larger` ones.
    """

    def __init__(self, app: ASGIApp, limit: int, larger: Sequence[Larger] = (), patience: float = 30.0) -> None:
        self.app = app
        self.limit, self.larger, self.patience = limit, larger, patience

    def limit_of(self, method: str, path: str) -> int:
        if method in SAFE:
            return self.limit
        return max((one.most for one in self.larger if method in one.methods and one.path.match(path)), default=self.limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.limit_of(scope["method"], scope["path"])
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isascii() or not length.isdigit() or len(length) > 18 or int(length) > limit:
            raise TooLarge
        seen, whole, since = 0, False, monotonic()

        async def counted() -> Message:
            nonlocal seen, whole
            if whole:  # nothing more is to come but the news that the other side has gone: that may take for ever
                return await receive()
            try:
                async with asyncio.timeout(max(since + self.patience + seen / SLOWEST - monotonic(), 0)):
                    message = await receive()
            except TimeoutError:
                raise TooSlow from None
            seen += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if seen > limit:
                raise TooLarge
            return message

        await self.app(scope, counted, send)
