"""Requests of people about their own data, as the privacy officer and personnel see them: what is due first, and the answer."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.asking import Regime
from sealgate.domain.errors import Refused
from sealgate.domain.ids import AskId
from sealgate.domain.operators import Permission
from sealgate.flows import asking
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _

router = APIRouter(prefix="/requests")
Text = Annotated[str, Form()]


@router.get("")
def inbox(request: Request, page: AtPage, show: str = "") -> Response:
    answered = show == "answered"
    lines = asking.inbox(page.house, page.signed, answered=answered)
    return render(request, "asks.html", lines=lines, answered=answered, **_rules(page))


@router.post("/rules")
def change_rules(
    request: Request,
    page: AtPage,
    regime: Text = "",
    working_days: Text = "",
    own_contact: Text = "",
    contact: Text = "",
    authority: Text = "",
) -> Response:
    typed: dict[str, object] = {"regime": regime, "working_days": working_days, "own_contact": own_contact == "yes"}
    typed |= {"contact": contact, "authority": authority}
    try:
        asking.change_rules(page.house, page.signed, typed)
    except Refused as refused:
        lines = asking.inbox(page.house, page.signed)
        return again(request, "asks.html", refused, lines=lines, answered=False, **{**_rules(page), "typed": typed})
    return redirect(request, "/requests", said=_("Saved. It holds for what is asked from now on."))


@router.get("/{ask}")
def one(request: Request, page: AtPage, ask: UUID) -> Response:
    return render(request, "ask.html", **_one(page, ask))


@router.post("/{ask}")
def answer(request: Request, page: AtPage, ask: UUID, verdict: Text = "", words: Text = "") -> Response:
    try:
        asking.answer(page.house, page.signed, AskId(ask), grant=verdict == "grant", words=words)
    except Refused as refused:
        return again(request, "ask.html", refused, **{**_one(page, ask), "given": words})
    return redirect(request, "/requests", said=_("Answered. The person reads it on their own page."))


def _one(page: Page, ask: UUID) -> dict[str, Any]:
    line = asking.one(page.house, page.signed, AskId(ask))
    may_erase = page.signed.may(Permission.ERASE)
    return {"line": line, "given": "", "may_erase": may_erase, "zone": page.tz if page.site else None}


def _rules(page: Page) -> dict[str, Any]:
    found = asking.rules_of(page.house, page.signed.tenant)
    return {
        "rules": found,
        "typed": {name: getattr(found, name) for name in ("regime", "working_days", "own_contact", "contact", "authority")},
        "regimes": [(one.value, page.words.say(one)) for one in Regime],
        "may_rule": page.signed.may(Permission.PRIVACY),
        "zone": page.tz if page.site else None,
    }
