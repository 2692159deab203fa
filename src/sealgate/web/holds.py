"""Legal holds: the list, a new one, and lifting one."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Invalid, Refused
from sealgate.domain.holds import HoldScope
from sealgate.domain.ids import HoldId, PersonId, SiteId
from sealgate.domain.operators import Permission
from sealgate.flows import holds
from sealgate.web.clocks import day_of
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _

router = APIRouter(prefix="/holds")
Text = Annotated[str, Form()]
NOTHING = {"person": "", "name": "", "site": "", "first": "", "last": "", "until": "", "reason": ""}


class NobodyOfThatName(Invalid):
    """Nobody, or more than one, has exactly that name: a hold must not meet somebody else."""

    code = "hold.nobody"


@router.get("")
def holds_page(request: Request, page: AtPage, person: str = "") -> Response:
    return render(request, "holds.html", **_context(page, {**NOTHING, "person": person}))


@router.post("")
def make(
    request: Request,
    page: AtPage,
    person: Text = "",
    name: Text = "",
    site: Text = "",
    first: Text = "",
    last: Text = "",
    until: Text = "",
    reason: Text = "",
) -> Response:
    given = {"person": person, "name": name, "site": site, "first": first, "last": last, "until": until, "reason": reason}
    try:
        scope = HoldScope(_person(page, given), _site(site), _day(first, "first"), _day(last, "last"), day_of(until, "until"))
        holds.hold(page.house, page.signed, scope, reason)
    except Refused as refused:
        return again(request, "holds.html", refused, **_context(page, given))
    return redirect(request, "/holds", said=_("Held"))


@router.post("/{hold}/lift")
def lift(request: Request, page: AtPage, hold: UUID, why: Text = "") -> Response:
    try:
        holds.lift(page.house, page.signed, HoldId(hold), why)
    except Refused as refused:
        return again(request, "holds.html", refused, **_context(page, NOTHING))
    return redirect(request, "/holds", said=_("Lifted. What is due goes with the next round."))


def _context(page: Page, given: dict[str, str]) -> dict[str, Any]:
    lines = holds.lines(page.house, page.signed)
    sites = [("", page.words.gettext(_("All sites"))), *((str(line.site), line.name) for line in page.sites)]
    return {"lines": lines, "given": given, "sites": sites, "may_hold": page.signed.may(Permission.PRIVACY)}


def _person(page: Page, given: dict[str, str]) -> PersonId | None:
    """By the record that led here, else by the whole name."""
    if given["person"]:
        try:
            return PersonId(UUID(given["person"]))
        except ValueError as error:
            raise NobodyOfThatName("nobody", field="name") from error
    if not given["name"].strip():
        return None
    found = holds.found_person(page.house, page.signed, given["name"])
    if found is None:
        raise NobodyOfThatName("nobody, or more than one", field="name")
    return found


def _site(typed: str) -> SiteId | None:
    try:
        return SiteId(UUID(typed)) if typed else None
    except ValueError as error:
        raise Invalid("no site", field="site") from error


def _day(typed: str, field: str) -> date | None:
    return day_of(typed, field) if typed.strip() else None
