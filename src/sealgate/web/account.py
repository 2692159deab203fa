"""One's own account: the password, the second factor, the sessions that are open, language and appearance."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Refused
from sealgate.domain.operators import Permission
from sealgate.flows import factor, passkeys, service_settings, services, sessions
from sealgate.flows import password as passwords
from sealgate.flows.freshly import is_fresh
from sealgate.web.frame import THEMES, AtPage, Page, again, redirect, render
from sealgate.web.i18n import Language, _
from sealgate.web.sessions import before_factor, take_cookie

YEAR = 365 * 24 * 3600
router = APIRouter()


@router.get("/account")
def account(request: Request, page: AtPage) -> Response:
    return render(request, "account.html", **_context(page))


@router.get("/account/factor")
@before_factor
def ask_factor(request: Request, page: AtPage) -> Response:
    return render(request, "account_factor.html", new=factor.new_factor(page.signed))


@router.post("/account/factor")
@before_factor
def add_factor(
    request: Request, page: AtPage, secret: Annotated[str, Form()] = "", code: Annotated[str, Form()] = ""
) -> Response:
    try:
        factor.confirm_factor(page.house, page.signed, secret, code)
    except Refused as refused:
        return again(request, "account_factor.html", refused, new=factor.shown(page.signed, secret[:100]))
    return redirect(request, "/account", said=_("Second factor added"))


@router.post("/account/factor/remove")
def remove_factor(request: Request, page: AtPage, code: Annotated[str, Form()] = "") -> Response:
    try:
        factor.remove_factor(page.house, page.signed, code)
    except Refused as refused:
        return again(request, "account.html", refused, **_context(page))
    return redirect(request, "/account", said=_("Second factor removed"))


@router.post("/account/password")
def change_password(
    request: Request, page: AtPage, old: Annotated[str, Form()] = "", password: Annotated[str, Form()] = ""
) -> Response:
    try:
        passwords.change_password(page.house, page.signed, old, password)
    except Refused as refused:
        return again(request, "account.html", refused, **_context(page))
    return redirect(request, "/account", said=_("Password changed. Your other sessions are over."))


@router.post("/account/sessions/{key}/end")
def end_session(request: Request, page: AtPage, key: str) -> Response:
    sessions.end(page.house, page.signed, key)
    if key == page.signed.session:
        response = redirect(request, "/sign-in")
        take_cookie(request, response)
        return response
    return redirect(request, "/account", said=_("Session ended"))


@router.post("/account/sessions/end-others")
def end_others(request: Request, page: AtPage) -> Response:
    sessions.end_others(page.house, page.signed)
    return redirect(request, "/account", said=_("Signed out everywhere but here"))


@router.post("/account/appearance")
def appear(request: Request, theme: Annotated[str, Form()] = "") -> Response:
    response = redirect(request, "/account")
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=YEAR, path="/", httponly=True, samesite="lax")
    else:
        response.delete_cookie("theme", path="/", httponly=True, samesite="lax")
    return response


def _context(page: Page) -> dict[str, Any]:
    allowed = [permission for permission in Permission if page.signed.may(permission)]
    return {
        "sessions": sessions.mine(page.house, page.signed),
        "allowed": allowed,
        "languages": list(Language),
        "passkeys": passkeys.mine(page.house, page.signed),
        "passkeys_possible": passkeys.possible(page.house),
        "fresh": is_fresh(page.house, page.signed),
        "service": service_settings.label_for(page.house, page.signed),
        "identities": services.linked(page.house, page.signed),
    }
