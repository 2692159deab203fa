"""The front door: password, second factor, sign-out, and the one-time link by which an operator comes to be.

The surprising thing: passwords are checked a few at a time on a limiter of their own, because each check takes
64 MiB and a flood of guesses must not keep the rest of the console waiting.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sealgate.domain.errors import Refused
from sealgate.domain.tries import Tries
from sealgate.flows import passkeys, service_settings, signin
from sealgate.flows.kit import House
from sealgate.web.frame import again, render
from sealgate.web.sessions import before_factor, give_cookie, opened, signed_in, take_cookie

STEP = "sealgate-step"
AT_ONCE = 4
router = APIRouter()


class Door:
    """How many passwords are checked at once, and how often one address may be wrong. One for each running console."""

    def __init__(self) -> None:
        self.checks = CapacityLimiter(AT_ONCE)
        self.misses = Tries(20, timedelta(minutes=5))


@router.get("/sign-in")
@opened
def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - the word in the address
    if request.state.signed is not None:
        return RedirectResponse(local(next), 303)
    return _form(request, next)


@router.post("/sign-in")
@opened
async def enter(
    request: Request,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    tenant: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    house, door, address = at_the_door(request)
    try:
        refuse_waiting(house, door, address)
        entered = await run_sync(signin.sign_in, house, tenant or None, login, password, limiter=door.checks)
    except Refused as refused:
        count_miss(house, door, address, refused)
        return said_waiting(ask_again(request, refused, next, login, tenant), refused)
    if entered.session is not None:
        return welcome(request, entered.session, next)
    response = RedirectResponse(f"/sign-in/code?next={quote(local(next))}", 303)
    secure = request.url.scheme == "https"
    response.set_cookie(STEP, entered.step or "", 300, path="/sign-in", secure=secure, httponly=True, samesite="strict")
    return response


@router.get("/sign-in/code")
@opened
def ask_code(request: Request, next: str = "/") -> Response:  # noqa: A002
    if STEP not in request.cookies:
        return RedirectResponse("/sign-in", 303)
    return render(request, "signin_code.html", next=local(next))


@router.post("/sign-in/code")
@opened
def enter_code(
    request: Request,
    code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    house, door, address = at_the_door(request)
    try:
        refuse_waiting(house, door, address)
        session = signin.second_step(house, request.cookies.get(STEP, ""), code)
    except Refused as refused:
        count_miss(house, door, address, refused)
        if isinstance(refused, signin.StepOver):
            return ask_again(request, refused, next)
        return said_waiting(again(request, "signin_code.html", refused, next=local(next)), refused)
    response = welcome(request, session, next)
    response.delete_cookie(STEP, path="/sign-in", httponly=True, samesite="strict")
    return response


@router.post("/sign-out")
@before_factor
def leave(request: Request) -> Response:
    signin.sign_out(request.app.state.house, signed_in(request))
    response = RedirectResponse("/sign-in", 303)
    take_cookie(request, response)
    return response


@router.get("/set-up/{secret}")
@opened
def ask_set_up(request: Request, secret: str) -> Response:
    if not signin.link_is_good(request.app.state.house, secret):
        raise signin.LinkUsed
    service = service_settings.invited_label(request.app.state.house, secret)
    return render(request, "setup.html", secret=secret, name="", login="", service=service)


@router.post("/set-up/{secret}")
@opened
async def set_up(
    request: Request,
    secret: str,
    name: Annotated[str, Form()] = "",
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    house, door, _ = at_the_door(request)

    def make() -> str:
        if not signin.link_is_good(house, secret):
            raise signin.LinkUsed
        return signin.set_up(house, secret, name=name, login=login, password=password)

    try:
        session = await run_sync(make, limiter=door.checks)
    except signin.LinkUsed:
        raise
    except Refused as refused:
        service = service_settings.invited_label(house, secret)
        return again(request, "setup.html", refused, secret=secret, name=name, login=login, service=service)
    return welcome(request, session, "/")


def asking(request: Request) -> str:
    """The address that asks who it is, and remembers where they wanted to go."""
    if request.method != "GET" or request.url.path == "/":
        return "/sign-in"
    query = f"?{request.url.query}" if request.url.query else ""
    return f"/sign-in?next={quote(local(request.url.path + query))}"


def local(address: str) -> str:
    """An address of ours, or the start page: nobody is sent elsewhere after they signed in."""
    plain = address.isascii() and address.isprintable() and "\\" not in address and len(address) <= 1000
    return address if plain and address.startswith("/") and not address.startswith("//") else "/"


def at_the_door(request: Request) -> tuple[House, Door, str]:
    return request.app.state.house, request.app.state.door, request.client.host if request.client else ""


def refuse_waiting(house: House, door: Door, address: str) -> None:
    wait = door.misses.wait(address, house.clock.now())
    if wait:
        raise signin.TooManyTries(wait)


def count_miss(house: House, door: Door, address: str, refused: Refused) -> None:
    if not isinstance(refused, signin.TooManyTries):
        door.misses.missed(address, house.clock.now())


def welcome(request: Request, session: str, next_address: str) -> Response:
    response = RedirectResponse(local(next_address), 303)
    give_cookie(request, response, session)
    return response


def _form(request: Request, next_address: str) -> Response:
    several = len(request.app.state.house.store.tenants()) > 1
    return render(request, "signin.html", **_ways(request), next=local(next_address), login="", tenant="", several=several)


def ask_again(request: Request, refused: Refused, next_address: str, login: str = "", tenant: str = "") -> Response:
    several = len(request.app.state.house.store.tenants()) > 1
    typed = {"next": local(next_address), "login": login, "tenant": tenant, "several": several}
    return again(request, "signin.html", refused, **_ways(request), **typed)


def _ways(request: Request) -> dict[str, Any]:
    """What there is beside the password."""
    house = request.app.state.house
    return {"with_passkey": passkeys.possible(house), "with_service": service_settings.button(house)}


def said_waiting(response: Response, refused: Refused) -> Response:
    """Says for how long, where somebody has to wait."""
    if isinstance(refused, signin.TooManyTries):
        response.headers["Retry-After"] = str(max(1, round(refused.wait.total_seconds())))
    return response
