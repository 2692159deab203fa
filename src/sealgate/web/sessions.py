"""Who is signed in: the session's cookie, and the rule that every route is closed unless it says otherwise.

The cookie holds a random token and nothing else; the session itself is a row that can be revoked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Refused
from sealgate.flows import selfservice, signin
from sealgate.flows.kit import House, Signed
from sealgate.flows.selfservice import Own
from sealgate.web.i18n import _

Handler = TypeVar("Handler", bound=Callable[..., object])
OPENED = "__sealgate_opened__"
OWNED = "__sealgate_for_persons__"
UNFINISHED = "__sealgate_before_factor__"


class SignInNeeded(Refused):
    """Nobody is signed in, or the session has ended or was revoked."""

    code = "signin.needed"
    status = 401
    hint = _("Sign in")


class FactorNeeded(Refused):
    """The password is short, so a second factor must be set up before anything else is shown."""

    code = "signin.factor-first"
    status = 403
    hint = _("Add a second factor")


class NotEntered(Refused):
    """There is no session of a person's own: the link was not opened in this browser, or it is over."""

    code = "own.not-entered"
    status = 401
    hint = _("Ask reception or personnel for a new link")


def opened(handler: Handler) -> Handler:
    """This route answers people who are not signed in. Every other route is closed."""
    setattr(handler, OPENED, True)
    return handler


def before_factor(handler: Handler) -> Handler:
    """This route answers operators who still have to add their second factor."""
    setattr(handler, UNFINISHED, True)
    return handler


def for_persons(handler: Handler) -> Handler:
    """This route is of one's own pages: it answers a person with a session of their own, and no operator."""
    setattr(handler, OWNED, True)
    return handler


def closed(request: Request) -> None:
    """The dependency of the whole console: finds the operator, and refuses where a route is not for whoever asks."""
    token = request.cookies.get(cookie_name(request), "")
    house: House = request.app.state.house
    signed = signin.who_is(house, token) if 0 < len(token) <= 200 else None
    request.state.signed = signed
    handler = request.scope.get("endpoint")
    if getattr(handler, OPENED, False):
        return
    if getattr(handler, OWNED, False):
        request.state.own = _own(request, house)
        return
    if signed is None:
        raise SignInNeeded
    if signed.must_add_factor and not getattr(handler, UNFINISHED, False):
        raise FactorNeeded


def _own(request: Request, house: House) -> Own:
    token = request.cookies.get(own_cookie_name(request), "")
    found = selfservice.who_is(house, token) if 0 < len(token) <= 200 else None
    if found is None:
        raise NotEntered
    return found


def signed_in(request: Request) -> Signed:
    """The operator; for a route that is closed."""
    signed: Signed | None = getattr(request.state, "signed", None)
    if signed is None:
        raise SignInNeeded
    return signed


def cookie_name(request: Request) -> str:
    """`__Host-` binds a cookie to this host and to https; a browser refuses that name over http."""
    return "__Host-sealgate" if request.url.scheme == "https" else "sealgate"


def own_cookie_name(request: Request) -> str:
    return "__Host-sealgate-own" if request.url.scheme == "https" else "sealgate-own"


def give_cookie(request: Request, response: Response, token: str) -> None:
    """No lifetime: it goes with the browser, and the session's own end is in its row."""
    secure = request.url.scheme == "https"
    response.set_cookie(cookie_name(request), token, path="/", secure=secure, httponly=True, samesite="strict")


def take_cookie(request: Request, response: Response) -> None:
    secure = request.url.scheme == "https"
    response.delete_cookie(cookie_name(request), path="/", secure=secure, httponly=True, samesite="strict")
