"""Who is signed in: the session's cookie, and the rule that every route is closed unless it says otherwise.

The cookie holds a random token and nothing else; the session itself is a row that can be revoked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import SiteId
from sealgate.flows import selfservice, sessions, signin
from sealgate.flows.kit import House, Signed
from sealgate.flows.selfservice import Own
from sealgate.web.i18n import _
from sealgate.web.who_may import Unlisted, Who, admitted, rule_of

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
    """The dependency of the whole console: finds the operator, and refuses where a route is not for whoever asks.

    From here on the operator is the one of the site in the address: only the rights held there are in force.
    """
    token = request.cookies.get(cookie_name(request), "")
    house: House = request.app.state.house
    signed = signin.who_is(house, token) if 0 < len(token) <= 200 and not house.keyring.is_sealed else None
    request.state.signed = signed
    handler = request.scope.get("endpoint")
    rule = rule_of(request.method, request.scope["route"].path)
    if getattr(handler, OPENED, False) and rule.who is Who.ANYONE:
        return
    if getattr(handler, OWNED, False) and rule.who is Who.PERSON:
        request.state.own = _own(request, house)
        return
    if signed is None:
        raise SignInNeeded
    if signed.must_add_factor and not getattr(handler, UNFINISHED, False):
        raise FactorNeeded
    if rule.who is not Who.OPERATOR:  # the table and the handler do not agree: nobody's
        raise Unlisted(f"{rule.method} {rule.path}: {rule.who} in web/who_may.txt, and its handler is closed")
    request.state.signed = admitted(rule, signed, _site_of(request))
    sessions.used(house, signed, request.headers.get("user-agent", ""))


def _site_of(request: Request) -> SiteId | None:
    """The site in the address. Raises `NotFound` for what is no id at all."""
    asked = request.path_params.get("site")
    if asked is None:
        return None
    try:
        return SiteId(UUID(str(asked)))
    except ValueError as error:
        raise NotFound("site") from error


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
