"""The organisation's sign-in service on pages: its settings, the button at the front door, the way there and back.

The surprising thing: the way there and the way back are pages, not redirects. A form of ours may lead nowhere else (CSP), and
a cookie that is strictly ours is not sent after a redirect that began elsewhere; a page that goes on by itself is neither.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Invalid, Refused
from sealgate.domain.operators import Permission, Role
from sealgate.domain.signin_service import Service
from sealgate.flows import service_settings, services
from sealgate.flows.service_settings import Found
from sealgate.flows.services import Onward
from sealgate.flows.tickets import GOOD_FOR
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _, words_of
from sealgate.web.sessions import give_cookie, opened
from sealgate.web.signin import ask_again, at_the_door, count_miss, local, refuse_waiting, said_waiting

TICKET = "sealgate-service"
router = APIRouter()


@router.get("/operators/sign-in")
def settings(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.MANAGE_OPERATORS)
    return render(request, "signin_service.html", **_context(page))


async def typed(request: Request) -> tuple[Service, str | None]:
    """The form: the service, and the secret; None leaves the one there is."""
    form = await request.form(max_files=0, max_fields=60)

    def said(name: str, most: int = 1000) -> str:
        return str(form.get(name, ""))[:most]

    values = {value: role for role in Role for value in said(f"role-{role}").split(",")}
    service = Service(
        issuer=said("issuer"),
        client_id=said("client_id"),
        label=said("label"),
        domain=said("domain"),
        role_claim=said("role_claim"),
        roles={value.strip(): role for value, role in values.items() if value.strip()},
        enabled=said("enabled") == "yes",
    )
    secret = said("secret").strip()
    return service, "" if said("no_secret") else secret or None


Typed = Annotated[tuple[Service, str | None], Depends(typed)]


@router.post("/operators/sign-in")
def keep(request: Request, page: AtPage, given: Typed) -> Response:
    try:
        service_settings.keep(page.house, page.signed, *given)
    except Invalid as refused:
        return again(request, "signin_service.html", refused, **_context(page, given[0]))
    return redirect(request, "/operators/sign-in", said=_("Saved"))


@router.post("/operators/sign-in/test")
def try_out(request: Request, page: AtPage, given: Typed) -> Response:
    page.signed.need(Permission.MANAGE_OPERATORS)
    try:
        found = service_settings.try_out(page.house, page.signed, *given)
    except Refused as refused:
        return again(request, "signin_service.html", refused, **_context(page, given[0]))
    return render(request, "signin_service.html", **_context(page, given[0], found))


@router.post("/operators/sign-in/remove")
def remove(request: Request, page: AtPage) -> Response:
    service_settings.remove(page.house, page.signed)
    return redirect(request, "/operators/sign-in", said=_("Sign-in service removed"))


@router.post("/sign-in/service")
@opened
def enter(
    request: Request,
    organisation: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=1000)] = "/",  # noqa: A002 - the word in the address
) -> Response:
    house, door, address = at_the_door(request)
    try:
        refuse_waiting(house, door, address)
        onward = services.begin_entering(house, organisation or None, local(next))
    except Refused as refused:
        count_miss(house, door, address, refused)
        return said_waiting(ask_again(request, refused, next, tenant=organisation), refused)
    return _there(request, onward)


@router.post("/set-up/{secret}/service")
@opened
def come_in(request: Request, secret: str) -> Response:
    return _there(request, services.begin_invited(request.app.state.house, secret))


@router.post("/account/service/link")
def link(request: Request, page: AtPage) -> Response:
    return _there(request, services.begin_linking(page.house, page.signed))


@router.post("/account/service/{key}/unlink")
def unlink(request: Request, page: AtPage, key: str) -> Response:
    services.unlink(page.house, page.signed, key)
    return redirect(request, "/account", said=_("Unlinked"))


@router.get("/sign-in/service/back")
@opened
def come_back(request: Request) -> Response:
    """From the service, with a code or an error. Whatever comes of it, the ticket is used up in this browser."""
    house, door, address = at_the_door(request)
    try:
        refuse_waiting(house, door, address)
        came = services.back(house, request.cookies.get(TICKET, ""), dict(request.query_params))
    except Refused as refused:
        count_miss(house, door, address, refused)
        response: Response = said_waiting(ask_again(request, refused, "/"), refused)
    else:
        response = _onward(request, local(came.next), _("You are in"), _("Your console opens by itself."))
        if came.session is not None:
            give_cookie(request, response, came.session)
    response.delete_cookie(TICKET, path="/sign-in/service", httponly=True, samesite="lax")
    return response


def _there(request: Request, onward: Onward) -> Response:
    response = _onward(request, onward.address, _("To your organisation"), _("You sign in there, and come back by yourself."))
    secure, age = request.url.scheme == "https", int(GOOD_FOR.total_seconds())
    # Lax, for it has to come back with a page that somebody else sends here.
    response.set_cookie(TICKET, onward.ticket, age, path="/sign-in/service", secure=secure, httponly=True, samesite="lax")
    return response


def _onward(request: Request, address: str, title: str, text: str) -> Response:
    words = words_of(request)
    return render(request, "onward.html", address=address, title=words.gettext(title), text=words.gettext(text))


def _context(page: Page, typed_in: Service | None = None, found: Found | None = None) -> dict[str, Any]:
    kept = service_settings.kept(page.house, page.signed)
    given = typed_in or (kept[0] if kept else Service("", "", ""))
    by_role = {role: ", ".join(value for value, one in (given.roles or {}).items() if one is role) for role in Role}
    shown = {name: getattr(given, name) for name in ("issuer", "client_id", "label", "domain", "role_claim", "enabled")}
    return {
        "there": kept is not None,
        "has_secret": kept is not None and kept[1],
        "given": shown,
        "by_role": by_role,
        "roles": list(Role),
        "back": service_settings.back_address(page.house),
        "tested": found,
    }
