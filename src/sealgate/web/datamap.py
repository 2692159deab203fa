"""The data map: the inventory as a page, and the times for which an organisation keeps things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Refused
from sealgate.domain.operators import Permission
from sealgate.domain.retention import BOUNDS, Kept
from sealgate.flows import holds, retention
from sealgate.privacy.inventory import INVENTORY, Personal
from sealgate.privacy.inventory import Form as Lies
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _

router = APIRouter(prefix="/data-map")
Text = Annotated[str, Form()]

AREAS: Mapping[str, frozenset[str]] = {
    _("People"): frozenset(
        {"people", "imports", "synced_people", "group_members", "presence", "credentials", "consents", "asks", "legal_holds"}
    ),
    _("Visits and blocks"): frozenset({"visits", "visit_blocks"}),
    _("Passages and gates"): frozenset({"passages", "replays", "gates", "edges", "face_uses", "face_assessments"}),
    _("Parking"): frozenset(
        {"permits", "permit_plates", "validations", "bans", "reservations", "agreements", "stays", "stay_masks", "readings"}
        | {"payments", "invoice_requests", "refunds", "differences", "calls"}
    ),
    _("Hours and leave"): frozenset(
        {"rosters", "roster_days", "hour_records", "leaves", "leave_grants", "services", "work_months"}
    ),
    _("Teams and reviews"): frozenset({"teams", "team_members", "reviews", "goals"}),
    _("Payroll"): frozenset({"pay_terms", "pay_entries", "pay_runs", "payslips"}),
    _("Operators and journal"): frozenset(
        {"leak_reports", "journal", "breaches", "operators", "api_keys", "sessions", "own_links", "own_sessions", "setup_links"}
        | {"passkeys", "spent_tickets", "signin_services", "outside_identities"}
        | {"break_glass", "alarm_letters", "backup_letters", "approvals"}
    ),
}
"""Every table of the inventory is in one of them: a test says so."""

NAMES: Mapping[Kept, str] = {
    Kept.PASSAGES: _("Passages and pictures"),
    Kept.PAPERS: _("Permits, bans, bookings and coupons after their end"),
    Kept.HOURS: _("Hours, leave and rosters"),
    Kept.ACCOUNTS: _("Payments and bills"),
}


@dataclass(frozen=True, slots=True)
class Area:
    """`slug` is for the address within the page."""

    slug: str
    name: str
    lines: Sequence[Personal]


def areas() -> list[Area]:
    return [
        Area(f"area-{number}", name, [entry for entry in INVENTORY if entry.table in tables])
        for number, (name, tables) in enumerate(AREAS.items(), 1)
    ]


@router.get("")
def data_map(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.SEE_JOURNAL)
    return render(request, "data_map.html", **_context(page))


@router.post("")
def change(
    request: Request,
    page: AtPage,
    passages: Text = "",
    papers: Text = "",
    hours: Text = "",
    accounts: Text = "",
) -> Response:
    typed: dict[str, object] = {"passages": passages, "papers": papers, "hours": hours, "accounts": accounts}
    try:
        retention.change_times(page.house, page.signed, typed)
    except Refused as refused:
        return again(request, "data_map.html", refused, **{**_context(page), "typed": typed})
    return redirect(request, "/data-map", said=_("Times saved"))


def _context(page: Page) -> dict[str, Any]:
    found = retention.status(page.house, page.signed.tenant)
    return {
        "areas": areas(),
        "standing": found,
        "names": NAMES,
        "bounds": BOUNDS,
        "typed": {kept.value: str(found.times.of(kept)) for kept in Kept},
        "plain": Lies.PLAIN,
        "held": [line for line in holds.lines(page.house, page.signed) if line.in_force],
        "may_change": page.signed.may(Permission.CHANGE_RULES),
    }
