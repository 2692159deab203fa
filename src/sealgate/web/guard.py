"""The wall around every page: where a request may come from, how large it is, and what a browser may do with the answer.

Plain ASGI, because these run for static files and streams too. The surprising thing: there are no form tokens.
Browsers say themselves where a request was made (Sec-Fetch-Site, else Origin), and whatever does not say so is refused.
"""

from __future__ import annotations

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
        if changes and not scope["path"].startswith("/api/") and not ours(Headers(scope=scope)):
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


class Bounded:
    """Refuses a body of more than `limit` bytes, by its announced length or, where that is missing or a lie, as it comes."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdigit() or int(length) > self.limit:
            raise TooLarge
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.limit:
                raise TooLarge
            return message

        await self.app(scope, counted, send)
