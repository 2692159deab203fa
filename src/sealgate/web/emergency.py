"""Rights taken in an emergency: the page that gives them, and the report of what was done under them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Refused
from sealgate.domain.ids import GlassId
from sealgate.domain.operators import EMERGENCY
from sealgate.flows import emergency
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _

router = APIRouter(prefix="/emergency")


@router.get("")
def emergencies(request: Request, page: AtPage) -> Response:
    return render(request, "emergency.html", **_context(page, ""))


@router.post("")
def take(request: Request, page: AtPage, reason: Annotated[str, Form(max_length=1000)] = "") -> Response:
    try:
        emergency.take(page.house, page.signed, reason)
    except Refused as refused:
        return again(request, "emergency.html", refused, **_context(page, reason))
    return redirect(request, "/", said=_("You have emergency rights for 60 minutes"))


@router.get("/{glass}")
def report(request: Request, page: AtPage, glass: UUID) -> Response:
    return render(request, "emergency_report.html", report=emergency.report(page.house, page.signed, GlassId(glass)))


@router.post("/{glass}/end")
def end(request: Request, page: AtPage, glass: UUID) -> Response:
    emergency.end(page.house, page.signed, GlassId(glass))
    return redirect(request, "/emergency", said=_("Handed back"))


def _context(page: Page, given: str) -> dict[str, Any]:
    lines = emergency.listed(page.house, page.signed)
    mine = next((line for line in lines if line.operator == page.signed.operator and line.ended_at is None), None)
    return {"lines": lines, "mine": mine, "rights": EMERGENCY, "given": given}
