"""A fleet's account on the console: its terms, what stands open, and its statements as page, CSV, XLSX and PDF."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Refused
from sealgate.domain.fleets import month_before
from sealgate.domain.ids import PermitId
from sealgate.domain.money import Money, parse
from sealgate.domain.operators import Permission
from sealgate.flows import fleet_accounts as fleets
from sealgate.flows import permits
from sealgate.flows.fleet_accounts import EntryLine, StatementView, WrongLimit
from sealgate.web import statement_pdf
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import Words, _
from sealgate.web.report_sheets import cut_said
from sealgate.web.reports import XLSX, as_file, as_stream
from sealgate.web.sheets import Cell, Sheet, bounded, csv_pieces, xlsx_of

router = APIRouter(prefix="/s/{site}/garages")
Text = Annotated[str, Form()]
HEADS = (_("Left"), _("Garage"), _("Plate"), _("Entered"), _("What"), _("Sum"), _("Currency"))


@router.get("/permits/{permit}/account")
def account(request: Request, page: AtPage, permit: UUID) -> Response:
    return render(request, "fleet_account.html", **_account(page, PermitId(permit)))


@router.post("/permits/{permit}/account")
def open_account(request: Request, page: AtPage, permit: UUID, limit: Text = "") -> Response:
    try:
        fleets.open_account(page.house, page.signed, PermitId(permit), _limit(page, PermitId(permit), limit))
    except Refused as refused:
        return _again(request, page, permit, refused, limit[:20])
    return redirect(request, _address(page, permit), said=_("Saved"))


@router.post("/permits/{permit}/account/suspend")
def suspend(request: Request, page: AtPage, permit: UUID) -> Response:
    fleets.suspend(page.house, page.signed, PermitId(permit), on=True)
    return redirect(request, _address(page, permit), said=_("Suspended: its cars pay themselves"))


@router.post("/permits/{permit}/account/resume")
def resume(request: Request, page: AtPage, permit: UUID) -> Response:
    fleets.suspend(page.house, page.signed, PermitId(permit), on=False)
    return redirect(request, _address(page, permit), said=_("Its cars are charged to it again"))


@router.post("/permits/{permit}/statements")
def make_statement(request: Request, page: AtPage, permit: UUID, month: Text = "") -> Response:
    try:
        made = fleets.make_statement(page.house, page.signed, PermitId(permit), month[:7])
    except Refused as refused:
        return _again(request, page, permit, refused)
    return redirect(request, f"/s/{page.here.site}/garages/statements/{made}", said=_("The statement is made"))


@router.get("/statements/{statement}")
def statement(request: Request, page: AtPage, statement: UUID) -> Response:
    return render(request, "fleet_statement.html", **_statement(page, statement))


@router.post("/statements/{statement}/paid")
def paid(request: Request, page: AtPage, statement: UUID) -> Response:
    try:
        fleets.paid(page.house, page.signed, statement)
    except Refused as refused:
        if refused.status != 409:
            raise
        return again(request, "fleet_statement.html", refused, **_statement(page, statement))
    return redirect(request, f"/s/{page.here.site}/garages/statements/{statement}", said=_("Noted as paid"))


@router.get("/statements/{statement}/file.csv")
def as_csv(page: AtPage, statement: UUID) -> Response:
    view = fleets.statement(page.house, page.signed, statement)
    rows = (_row(page, line) for line in fleets.statement_lines(page.house, page.signed, statement))
    return as_stream(csv_pieces(_heads(page.words), rows), "text/csv", _called(view, "csv"))


@router.get("/statements/{statement}/file.xlsx")
def as_xlsx(page: AtPage, statement: UUID) -> Response:
    view = fleets.statement(page.house, page.signed, statement)
    rows = (_row(page, line) for line in fleets.statement_lines(page.house, page.signed, statement))
    kept = bounded(rows, len(HEADS), cut_said(page.words))
    sheet = Sheet("statement", page.words.gettext(_("Statement")), _heads(page.words), kept)
    return as_file(xlsx_of([sheet]), XLSX, _called(view, "xlsx"))


@router.get("/statements/{statement}/file.pdf")
def as_pdf(page: AtPage, statement: UUID) -> Response:
    """Raises `CannotWrite` where this machine has no font for what stands on it."""
    view = fleets.statement(page.house, page.signed, statement)
    lines = fleets.statement_lines(page.house, page.signed, statement)
    made = statement_pdf.statement_pdf(view, lines, page.words, page.local)
    return as_file(made, "application/pdf", _called(view, "pdf"))


def _account(page: Page, permit: PermitId) -> dict[str, Any]:
    view = fleets.account(page.house, page.signed, permit)
    line = permits.line(page.house, page.signed, permit)
    last = month_before(page.local(page.house.clock.now()).date())
    limit = ""
    if view.account is not None and view.account.limit is not None:
        limit = Money(view.account.limit, view.currency).text
    return {"view": view, "line": line, "limit": limit, "month": last, "money": Money}


def _statement(page: Page, statement: UUID) -> dict[str, Any]:
    view = fleets.statement(page.house, page.signed, statement)
    lines = []
    for line in fleets.statement_lines(page.house, page.signed, statement):
        lines.append(line)
        if len(lines) == fleets.MOST_SHOWN:
            break
    return {"view": view, "lines": lines, "most": fleets.MOST_SHOWN}


def _again(request: Request, page: Page, permit: UUID, refused: Refused, limit: str | None = None) -> Response:
    if refused.status in {403, 404}:
        raise refused
    context = _account(page, PermitId(permit))
    if limit is not None:
        context["limit"] = limit
    return again(request, "fleet_account.html", refused, **context)


def _address(page: Page, permit: UUID) -> str:
    return f"/s/{page.here.site}/garages/permits/{permit}/account"


def _limit(page: Page, permit: PermitId, typed: str) -> int | None:
    """In minor units of the account's currency; empty is no limit. Raises `WrongLimit`."""
    if not typed.strip():
        return None
    currency = fleets.account(page.house, page.signed, permit).currency
    try:
        return parse(typed.strip()[:20], currency).minor
    except (Refused, InvalidOperation) as error:
        raise WrongLimit("a sum is needed", field="limit") from error


def _heads(words: Words) -> tuple[str, ...]:
    return tuple(words.gettext(head) for head in HEADS)


def _row(page: Page, line: EntryLine) -> tuple[Cell, ...]:
    row = line.row
    left = None if row.left is None else page.local(row.left).replace(tzinfo=None, microsecond=0)
    entered = page.local(row.entered).replace(tzinfo=None, microsecond=0)
    what = page.words.gettext(_("Taken back") if line.back else _("Stay"))
    return (left, line.lot, line.plate, entered, what, Decimal(line.money.text), row.currency)


def _called(view: StatementView, ending: str) -> str:
    return f"statement-{view.line.row.month}-{view.line.number}.{ending}"


__all__ = ["Permission", "router"]
