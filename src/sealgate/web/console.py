"""The console joined: routes, the wall around them, and the one place where an error becomes an answer."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Collection, Sequence
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sealgate.domain.errors import Fault, Invalid, NotFound, Refused
from sealgate.flows.kit import House
from sealgate.vault.errors import VaultSealed
from sealgate.web import (
    account,
    agreements,
    api_keys,
    approvals,
    asks,
    backups,
    books,
    breach,
    cameras,
    datamap,
    desk,
    directory,
    doctor,
    edges,
    emergency,
    erasing,
    face_use,
    fleets,
    gates,
    holds,
    hour_calendars,
    hour_rules,
    hours,
    journal_page,
    keys,
    kiosk,
    kiosk_help,
    kiosk_visits,
    lane,
    leaks,
    leave,
    live,
    lot_rules,
    muster,
    operators,
    own,
    own_asks,
    own_hours,
    own_payslips,
    parking,
    passages,
    passkeys,
    pay,
    pay_automatic,
    pay_receipts,
    payroll,
    payroll_people,
    people_import,
    performance,
    permits,
    pictures,
    records,
    reports,
    roster,
    rules,
    rules_changing,
    services,
    signin,
    simulated_pay,
    start,
    stays,
    tariffs,
    teams,
    unsealing,
    visit_notices,
    visitor,
    visits,
    ways,
)
from sealgate.web.frame import render
from sealgate.web.guard import TAKES, Bounded, HouseRules, KnownHost, Larger, SameOrigin, TooLarge
from sealgate.web.i18n import words_of
from sealgate.web.sessions import FactorNeeded, SignInNeeded, closed
from sealgate.web.telling import Told, tell

LOG = logging.getLogger("sealgate.web")
FORM_LIMIT = 1024 * 1024
"""Bytes: what any form of ours needs, and what a stranger may make us read. Routes that take files say so (`guard.takes`)."""

ROUTERS = (
    start.router,
    signin.router,
    account.router,
    passkeys.router,
    services.router,
    api_keys.router,  # before the page of an operator, whose address it would be
    operators.router,
    emergency.router,
    approvals.router,
    datamap.router,
    backups.router,
    doctor.router,
    leaks.router,
    keys.router,
    gates.router,
    cameras.router,
    roster.router,
    hour_rules.router,
    hour_calendars.router,
    hours.router,
    leave.router,
    rules.router,
    rules_changing.router,
    live.router,
    people_import.router,  # before the page of a person, whose address it would be
    erasing.router,
    directory.router,
    teams.router,
    performance.router,
    performance.mine_router,
    ways.router,
    passages.router,
    pictures.router,
    own.router,
    own_hours.router,
    own_payslips.router,
    own_asks.router,
    asks.router,
    holds.router,
    breach.router,
    records.router,
    journal_page.router,
    face_use.router,
    kiosk_visits.router,
    kiosk_help.router,
    kiosk.router,
    visit_notices.router,  # before the page of a visit, whose address it would be
    visits.router,
    visitor.router,
    muster.router,
    desk.router,
    lane.router,
    fleets.router,
    permits.router,
    agreements.router,
    edges.router,
    lot_rules.router,
    stays.router,
    books.router,
    parking.router,
    tariffs.router,
    reports.router,
    payroll.router,
    payroll_people.router,
    pay.router,
    pay_automatic.router,
    pay_receipts.router,
    simulated_pay.router,
)


def build(
    house: House,
    *,
    routers: Sequence[APIRouter] = ROUTERS,
    form_limit: int = FORM_LIMIT,
    patience: float = 30.0,
    hosts: Collection[str] = (),
) -> FastAPI:
    """The web application over one house. Without `routers` it is only the walls around what somebody puts in.

    `form_limit` is bytes, `patience` the seconds that a body may be late, `hosts` names of ours beside that of `house.address`.
    """
    app = FastAPI(title="Sealgate", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.house = house
    app.state.door = signin.Door()
    app.state.letterbox = leaks.Letterbox()
    app.state.larger = larger = []
    console = APIRouter(dependencies=[Depends(closed)])
    for router in routers:
        console.include_router(router)
        larger += _larger(router)
    app.include_router(console)
    if routers:
        app.include_router(unsealing.router)
    app.mount("/static", Static(directory=str(files("sealgate.web") / "static")))
    for family in (Refused, Fault, HTTPException, RequestValidationError):
        app.add_exception_handler(family, answer)
    app.add_middleware(GZipMiddleware, minimum_size=800)
    app.add_middleware(unsealing.Shut, house=house)
    app.add_middleware(SameOrigin)
    app.add_middleware(Bounded, limit=form_limit, larger=larger, patience=patience)
    app.add_middleware(KnownHost, names={*hosts, urlsplit(house.address).hostname or "localhost"})
    app.add_middleware(Catcher)
    app.add_middleware(HouseRules)
    return app


def join(app: FastAPI, router: APIRouter, *, most: int = 0) -> None:
    """Put a machines' entrance beside the console, within the same walls. `most` is the bytes of a body, where a form's do
    not suffice."""
    app.include_router(router)
    app.state.larger += _larger(router, most)


def _larger(router: APIRouter, most: int = 0) -> list[Larger]:
    routes = [route for route in router.routes if isinstance(route, APIRoute)]
    taken = [(route, getattr(route.endpoint, TAKES, most)) for route in routes]
    return [Larger(route.path_regex, frozenset(route.methods or ()), size) for route, size in taken if size]


class Static(StaticFiles):
    """Our own files. One that was asked for by its digest never changes, so it may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        kept = b"v=" in scope["query_string"] and response.status_code == 200
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        return response


_MUCH = re.compile("exceeded maximum|Too many")
"""What the parser of forms says of a field, or of fields, beyond its own bounds."""


class Catcher:
    """Whatever was raised outside the routes (by the wall, or as a bug) becomes an answer here, like all the rest."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            response = answer(Request(scope, receive), error)
            await response(scope, receive, send)


def answer(request: Request, error: Exception) -> Response:
    """A refusal is told and a fault is logged; as a page, as problem+json, or as a notice for htmx to show."""
    error = _ours(error)
    told = tell(words_of(request), error, _logged(error))
    if isinstance(error, SignInNeeded | FactorNeeded) and not wants_json(request):
        return _elsewhere(request, error)
    if wants_json(request):
        return problem(told, error)
    if isinstance(error, VaultSealed) and unsealing.leads_here(request.scope):
        return RedirectResponse(unsealing.PAGE, 303)
    template = "trouble.html" if "hx-request" in request.headers else "error.html"
    response = render(request, template, status=told.status, told=told)
    response.headers.update(_extra(error))
    return response


def _ours(error: Exception) -> Exception:
    """What the framework raised, in our words: an address that is none, a value that does not fit, a body cut short by us."""
    if isinstance(error, RequestValidationError):
        places = [part["loc"] for part in error.errors()]
        return NotFound("path") if any(place[0] == "path" for place in places) else Invalid(str(places[:5]))
    if isinstance(error, HTTPException) and isinstance(error.__cause__, Refused):
        return error.__cause__
    if isinstance(error, HTTPException) and _MUCH.search(str(error.detail)):
        return TooLarge(str(error.detail))
    return error


def _logged(error: Exception) -> str:
    """The id under which our own trouble is in the log; empty for refusals, which are nobody's trouble, and while sealed."""
    if isinstance(error, Refused | HTTPException | VaultSealed):
        return ""
    fault = secrets.token_hex(4)
    LOG.error("fault %s: %s", fault, getattr(error, "code", type(error).__name__), exc_info=error)
    return fault


def _extra(error: Exception) -> dict[str, str]:
    """`Retry-After` where the refusal says how long to wait, and what an HTTP error brought along."""
    headers = dict(getattr(error, "headers", None) or {})
    wait = getattr(error, "wait", None)
    return {**headers, "Retry-After": str(max(1, round(wait.total_seconds())))} if wait else headers


def _elsewhere(request: Request, error: Exception) -> Response:
    address = "/account/factor" if isinstance(error, FactorNeeded) else signin.asking(request)
    if "hx-request" in request.headers:
        return Response(status_code=200, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


def wants_json(request: Request) -> bool:
    accept = request.headers.get("accept", "")
    return request.url.path.startswith(("/api/", "/scim/")) or ("json" in accept and "text/html" not in accept)


def problem(told: Told, error: Exception) -> JSONResponse:
    """RFC 9457, with our stable code."""
    body: dict[str, Any] = {
        "type": f"urn:sealgate:{told.code}",
        "title": told.message,
        "status": told.status,
        "code": told.code,
    }
    optional = {"hint": told.hint, "field": told.field, "fault": told.fault}
    body |= {name: value for name, value in optional.items() if value}
    return JSONResponse(body, told.status, headers=_extra(error), media_type="application/problem+json")
