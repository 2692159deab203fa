"""Keys of programs in the console: made with a few scopes and an end, shown once, revoked in one touch."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Refused
from sealgate.domain.ids import ApiKeyId
from sealgate.domain.operators import Scope
from sealgate.flows import api_keys
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _

router = APIRouter(prefix="/operators/keys")


@router.get("")
def listed(request: Request, page: AtPage) -> Response:
    return render(request, "api_keys.html", **_context(page))


@router.post("")
def make(
    request: Request,
    page: AtPage,
    name: Annotated[str, Form(max_length=200)] = "",
    scope: Annotated[list[str] | None, Form()] = None,
    days: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    given = {"name": name, "scope": scope or [], "days": days}
    try:
        life = int(days) if days.isascii() and days.isdecimal() else 0
        text = api_keys.make(page.house, page.signed, name, scope or [], life)
    except Refused as refused:
        if refused.status == 403:
            raise
        return again(request, "api_keys.html", refused, **_context(page) | {"given": given})
    shown = render(request, "api_key_made.html", text=text, name=" ".join(name.split()), base=page.house.address)
    shown.headers["Cache-Control"] = "no-store"
    return shown


@router.post("/{key}/revoke")
def revoke(request: Request, page: AtPage, key: UUID) -> Response:
    api_keys.revoke(page.house, page.signed, ApiKeyId(key))
    return redirect(request, "/operators/keys", said=_("Revoked. The key opens nothing any more."))


def _context(page: Page) -> dict[str, Any]:
    return {
        "lines": api_keys.listed(page.house, page.signed),
        "scopes": list(Scope),
        "lives": api_keys.LIVES,
        "given": {"name": "", "scope": [], "days": "90"},
    }
