"""Searching the past: asked with a purpose, written in the journal, found by equality.

A search is posted, never an address: names and plates would stand in histories and logs. Nothing is searched
because the page was opened.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Invalid, Refused
from sealgate.domain.ids import GateId, PassageId
from sealgate.domain.operators import LOOKING, Permission
from sealgate.flows import looking, rules
from sealgate.flows.looking import PassageQuery
from sealgate.web.asking import purpose_of, purpose_words
from sealgate.web.frame import AtPage, Page, again, render
from sealgate.web.i18n import _

router = APIRouter(prefix="/s/{site}/passages")
Text = Annotated[str, Form()]
PAGE = 50


class BadTime(Invalid):
    code = "form.not-a-time"


@router.get("")
def ask_search(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.SEARCH_PASSAGES)
    return render(request, "passages.html", found=None, **_form(page, today(page)))


@router.post("")
def search(
    request: Request,
    page: AtPage,
    purpose: Text = "",
    note: Text = "",
    since: Text = "",
    until: Text = "",
    gate: Text = "",
    name: Text = "",
    plate: Text = "",
    before: Text = "",
) -> Response:
    given = {"purpose": purpose, "note": note, "since": since, "until": until, "gate": gate, "name": name, "plate": plate}
    why = purpose_of(purpose, note)
    try:
        found = looking.search(page.house, page.signed, page.here.site, why, _query(page, given, before))
    except Refused as refused:
        if refused.status != Invalid.status or "hx-request" in request.headers:
            raise
        return again(request, "passages.html", refused, found=None, **_form(page, given))
    said = purpose_words(page.words, why)
    return render(request, "passages.html", found=found, purpose=said, **_form(page, given))


def today(page: Page) -> dict[str, str]:
    """The form as it opens: the local day until now, and no purpose."""
    now = page.local(page.house.clock.now())
    midnight = now.replace(hour=0, minute=0)
    end = now + timedelta(minutes=1)
    nothing = dict.fromkeys(("purpose", "note", "gate", "name", "plate"), "")
    return {**nothing, "since": _typed(midnight), "until": _typed(end)}


def _typed(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")


def moment(page: Page, typed: str, field: str) -> datetime:
    """A local time as a browser's input writes it, 2026-11-23T09:12."""
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=page.tz).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadTime("not a time", field=field) from error


def _query(page: Page, given: dict[str, str], before: str) -> PassageQuery:
    return PassageQuery(
        since=moment(page, given["since"], "since"),
        until=moment(page, given["until"], "until"),
        gate=_gate(given["gate"]),
        name=given["name"][:120],
        plate=given["plate"][:64],
        before=PassageId(int(before)) if before.isdecimal() and len(before) < 20 else None,
        limit=PAGE,
    )


def _gate(typed: str) -> GateId | None:
    try:
        return GateId(UUID(typed)) if typed else None
    except ValueError as error:
        raise Invalid("not a gate", field="gate") from error


def _form(page: Page, given: dict[str, str]) -> dict[str, Any]:
    lines = rules.gates(page.house, page.signed, page.here.site)
    gates = [("", page.words.gettext(_("Every gate"))), *((str(line.gate), line.name) for line in lines)]
    return {"given": given, "gates": gates, "purposes": list(LOOKING)}
