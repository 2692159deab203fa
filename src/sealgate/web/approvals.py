"""The inbox of what takes two people: what waits for this operator's answer, and what they asked for themselves."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.approvals import Kind
from sealgate.domain.errors import Conflict
from sealgate.domain.ids import ApprovalId
from sealgate.flows import approving
from sealgate.flows.approving import Approval
from sealgate.web.asking import purpose_words
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import Words, _
from sealgate.web.taking import TITLES

router = APIRouter(prefix="/approvals")


@router.get("")
def listed(request: Request, page: AtPage) -> Response:
    return render(request, "approvals.html", **_context(page))


@router.post("/{approval}")
def decide(request: Request, page: AtPage, approval: UUID, answer: Annotated[str, Form(max_length=10)] = "") -> Response:
    agreed = answer == "yes"
    try:
        approving.decide(page.house, page.signed, ApprovalId(approval), approved=agreed)
    except Conflict as refused:
        return again(request, "approvals.html", refused, **_context(page))
    return redirect(request, "/approvals", said=_("Agreed. It can be taken once.") if agreed else _("Refused"))


def _context(page: Page) -> dict[str, Any]:
    return {
        "inbox": approving.inbox(page.house, page.signed),
        "own": approving.own(page.house, page.signed),
        "decided": approving.decided(page.house, page.signed),
        "titles": TITLES,
        "what": lambda one: what(page.words, one),
        "reason": lambda one: purpose_words(page.words, one.reason),
        "where": lambda one: where(page, one),
        "eyes": page.house.eyes,
    }


def what(words: Words, one: Approval) -> str:
    """Which one exactly: a day, a month, somebody's name; in the words of whoever reads."""
    parts = one.thing.split(":")
    match one.kind:
        case Kind.ROLL:
            return f"{one.site} · {parts[2]}"
        case Kind.FIGURES:
            return f"{parts[3]} – {parts[4]}"
        case Kind.FORCED:
            return f"{one.site} · {parts[2]} – {parts[3]}"
        case Kind.EVERYTHING | Kind.ERASE:
            return one.about or words.gettext(_("Erased"))
        case _:
            return one.site


def where(page: Page, one: Approval) -> str:
    """The page on which it is asked for and taken; empty where there is no site to show it at."""
    _kind, _colon, thing = one.thing.partition(":")
    here = f"/s/{page.site.site}" if page.site else ""
    match one.kind:
        case Kind.ROLL:
            site, day, team = thing.split(":")
            return f"/s/{site}/teams/roll/file?day={day}&team={team}"
        case Kind.FIGURES:
            site, team, first, last = thing.split(":")
            whole = "" if site else "&whole=yes"
            at = f"/s/{site}" if site else here
            return f"{at}/performance/file?from={first}&to={last}&team={team}{whole}" if at else ""
        case Kind.BANK:
            return f"/payroll/runs/{thing}/bank"
        case Kind.CONCERNED:
            return f"/breaches/{thing}/list"
        case Kind.INVOICES:
            return f"{here}/books/invoices/file" if here else ""
        case Kind.EVERYTHING | Kind.ERASE:
            return f"{here}/people/{thing}/{'export' if one.kind is Kind.EVERYTHING else 'erase'}" if here else ""
        case Kind.FACES:
            return "/keys"
        case Kind.FORCED:
            site, since, until, lot = thing.split(":")
            return f"/s/{site}/reports/forced/file?from={since}&to={until}&lot={lot}"
