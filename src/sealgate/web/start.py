"""Where one arrives: the first page, a site's first page, the reader's language, and a new site."""

from __future__ import annotations

from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.operators import Permission
from sealgate.flows import rules
from sealgate.web.frame import AtPage, again, redirect, render
from sealgate.web.i18n import COOKIE, Language, _
from sealgate.web.sessions import opened
from sealgate.web.signin import local

YEAR = 365 * 24 * 3600
router = APIRouter()


@router.get("/")
def start(page: AtPage) -> Response:
    return RedirectResponse(page.first(), 303)


@router.get("/s/{site}")
def site_start(page: AtPage) -> Response:
    return RedirectResponse(page.first(), 303)


@router.get("/language/{language}")
@opened
def speak(language: str, back: str = "/") -> Response:
    try:
        chosen = Language(language)
    except ValueError as error:
        raise NotFound("language") from error
    response = RedirectResponse(local(back), 303)
    response.set_cookie(COOKIE, chosen, max_age=YEAR, path="/", httponly=True, samesite="lax")
    return response


def languages() -> APIRouter:
    """The way to another language alone, for what has no console."""
    router = APIRouter()
    router.get("/language/{language}")(speak)
    return router


@router.get("/sites/new")
def ask_site(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.CHANGE_RULES)
    return render(request, "site_new.html", name="", time_zone="", time_zones=time_zones())


@router.post("/sites/new")
def add_site(
    request: Request, page: AtPage, name: Annotated[str, Form()] = "", time_zone: Annotated[str, Form()] = ""
) -> Response:
    try:
        site = rules.add_site(page.house, page.signed, name, time_zone.strip())
    except Refused as refused:
        return again(request, "site_new.html", refused, name=name, time_zone=time_zone, time_zones=time_zones())
    return redirect(request, f"/s/{site}/gates", said=_("Site added"))


@cache
def time_zones() -> tuple[str, ...]:
    """The zones that have a place in their name: Asia/Shanghai, not EST5EDT."""
    return tuple(sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))))
