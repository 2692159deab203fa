"""Reports of the garages: seven of them, each a drawing, a table, and the same table as a file.

An address holds what was asked (days and lot), never who; the drawing says nothing that the table does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import LotId
from sealgate.domain.operators import Permission
from sealgate.flows import exchange, lots, openings, reporting
from sealgate.flows.reporting import Asking
from sealgate.web import taking
from sealgate.web.frame import AtPage, Page, again, render
from sealgate.web.i18n import Words, _
from sealgate.web.report_sheets import (
    forced_heads,
    forced_row,
    forced_sheet,
    hours_sheet,
    lengths_sheet,
    means_sheet,
    misreads_sheet,
    occupancy_sheet,
    provider_said,
    reconciliation_sheet,
    revenue_sheet,
)
from sealgate.web.reports_drawn import (
    Drawn,
    differences_plot,
    forced_plot,
    lengths_plot,
    means_plot,
    misreads_plot,
    occupancy_plot,
    revenue_plot,
)
from sealgate.web.rules import NotADay
from sealgate.web.sheets import Cell, Sheet, csv_of, csv_pieces, xlsx_of
from sealgate.web.taking import AsTyped, Offer

router = APIRouter(prefix="/s/{site}/reports")
FORTNIGHT = timedelta(days=13)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Report:
    """A drawing (None: nothing to draw) and one table or two, the first of which is the report's own."""

    drawn: Drawn | None
    sheets: tuple[Sheet, ...]
    whole: str = ""


Make = Callable[[Page, Asking], Report]

NAMES = {
    "revenue": _("Revenue"),
    "occupancy": _("Occupancy"),
    "lengths": _("Stay lengths"),
    "means": _("Payment means"),
    "forced": _("Forced openings"),
    "misreads": _("Misreads"),
    "reconciliation": _("Reconciliation"),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the address says; days that are missing are the last fortnight."""

    since: str
    until: str
    lot: UUID | None


def chosen(
    since: Annotated[str, Query(alias="from", max_length=10)] = "",
    until: Annotated[str, Query(alias="to", max_length=10)] = "",
    lot: Annotated[str, Query(max_length=36)] = "",
) -> Chosen:
    try:
        return Chosen(since, until, UUID(lot) if lot else None)
    except ValueError as error:
        raise NotFound("lot") from error


AsChosen = Annotated[Chosen, Depends(chosen)]


@router.get("")
def first(request: Request, page: AtPage, asked: AsChosen) -> Response:
    return _show(request, page, "revenue", asked)


@router.get("/{name}/file")
def ask_file(request: Request, page: AtPage, name: str, asked: AsChosen) -> Response:
    """What names operators is taken for a purpose: openings by hand, and every report in one workbook."""
    return taking.show(request, page, _offer(page, name, asked))


@router.post("/{name}/file")
def take_file(request: Request, page: AtPage, name: str, asked: AsChosen, given: AsTyped) -> Response:
    asking = _asking(page, asked)

    def made(purpose: str, form: str) -> Response:
        lines = openings.every_forced(page.house, page.signed, asking, purpose)
        called = _called(name, asking, form)
        if name == "forced" and form == "csv":
            return as_stream(csv_pieces(forced_heads(page.words), map(forced_row, lines)), "text/csv", called)
        named = forced_sheet(page.words, lines)
        if name == "forced":
            return as_file(xlsx_of([named]), XLSX, called)
        rest = [sheet for key, make in REPORTS.items() if key != "forced" for sheet in make(page, asking).sheets]
        return as_file(xlsx_of([*rest, named]), XLSX, f"reports-{asking.since}-{asking.until}.xlsx")

    return taking.take(request, page, _offer(page, name, asked), given, made)


def _offer(page: Page, name: str, asked: Chosen) -> Offer:
    if name not in {"forced", "all"}:
        raise NotFound("report")
    asking = _asking(page, asked)
    back = f"/s/{page.here.site}/reports/forced?from={asking.since}&to={asking.until}&lot={asking.lot or ''}"
    wanted = openings.forced_wanted(page.house, page.signed, asking)
    return Offer(wanted, back, ("csv", "xlsx") if name == "forced" else ("xlsx",))


@router.get("/apds.json")
def apds(page: AtPage, asked: AsChosen) -> Response:
    """The same time in the terms of ISO/TS 5206-1, without plates."""
    pieces = exchange.export(page.house, page.signed, _asking(page, asked)).pieces()
    return as_stream((piece.encode() for piece in pieces), "application/json", f"apds-{page.here.site}.json")


@router.get("/{name}.csv")
def as_csv(page: AtPage, name: str, asked: AsChosen) -> Response:
    _unnamed(name)
    asking = _asking(page, asked)
    return as_file(csv_of(_report(page, name, asking).sheets[0]), "text/csv", _called(name, asking, "csv"))


@router.get("/{name}.xlsx")
def as_xlsx(page: AtPage, name: str, asked: AsChosen) -> Response:
    _unnamed(name)
    asking = _asking(page, asked)
    return as_file(xlsx_of(_report(page, name, asking).sheets), XLSX, _called(name, asking, "xlsx"))


@router.get("/{name}")
def show(request: Request, page: AtPage, name: str, asked: AsChosen) -> Response:
    return _show(request, page, name, asked)


def _unnamed(name: str) -> None:
    """A report with names goes by its page that asks what for."""
    if name == "forced":
        raise NotFound("report")


def _show(request: Request, page: Page, name: str, asked: Chosen) -> Response:
    page.signed.need(Permission.SEE_REPORTS)
    if name not in REPORTS:
        raise NotFound("report")
    found = [(str(line.lot.lot), line.lot.name) for line in lots.lots(page.house, page.signed, page.here.site)]
    context: dict[str, Any] = {"name": name, "names": NAMES, "lots": found, "asked": _filled(page, asked)}
    context["cell_said"] = _cell(page.words)
    try:
        report = _report(page, name, _asking(page, asked))
    except Refused as refused:
        if refused.status != Refused.status:
            raise
        return again(request, "reports.html", refused, report=None, **context)
    return render(request, "reports.html", report=report, **context)


def _cell(words: Words) -> Callable[[Cell], str]:
    """How a cell is said on the page."""

    def said(cell: Cell) -> str:
        match cell:
            case None:
                return ""
            case datetime():
                return words.stamp(cell)
            case date():
                return words.day(cell)
            case Decimal():
                return f"{cell:,}"
            case int() | float():
                return words.number(cell)
            case _:
                return cell

    return said


def _report(page: Page, name: str, asking: Asking) -> Report:
    if name not in REPORTS:
        raise NotFound("report")
    return REPORTS[name](page, asking)


def _revenue(page: Page, asking: Asking) -> Report:
    lines = reporting.revenue(page.house, page.signed, asking)
    kept = [line for line in lines if line.sum.currency == lines[0].sum.currency]
    today = page.local(page.house.clock.now()).date()
    return Report(revenue_plot(page.words, kept, today) if kept else None, (revenue_sheet(page.words, lines),))


def _occupancy(page: Page, asking: Asking) -> Report:
    found = reporting.occupancy(page.house, page.signed, asking)
    drawn = occupancy_plot(page.words, found) if any(found.hours) else None
    return Report(drawn, (occupancy_sheet(page.words, found), hours_sheet(page.words, found)))


def _lengths(page: Page, asking: Asking) -> Report:
    found = reporting.lengths(page.house, page.signed, asking)
    return Report(lengths_plot(page.words, found) if found.stays else None, (lengths_sheet(page.words, found),))


def _means(page: Page, asking: Asking) -> Report:
    lines = reporting.means(page.house, page.signed, asking)
    names = {line.provider: provider_said(page.words, line.provider) for line in lines}
    return Report(means_plot(page.words, lines, names) if lines else None, (means_sheet(page.words, lines),))


def _forced(page: Page, asking: Asking) -> Report:
    found = openings.forced(page.house, page.signed, asking)
    drawn = forced_plot(page.words, found.by_day, reporting.days_of(asking)) if found.lines else None
    cut = page.words.gettext(_("The newest %(n)s of %(all)s. The CSV has them all."))
    counts = {"n": page.words.number(len(found.lines)), "all": page.words.number(found.by_day.total())}
    return Report(drawn, (forced_sheet(page.words, found.lines),), cut % counts if found.cut else "")


def _misreads(page: Page, asking: Asking) -> Report:
    lines = reporting.misreads(page.house, page.signed, asking)
    drawn = misreads_plot(page.words, lines) if any(line.misread for line in lines) else None
    return Report(drawn, (misreads_sheet(page.words, lines),))


def _reconciliation(page: Page, asking: Asking) -> Report:
    lines = reporting.differences(page.house, page.signed, asking)
    whole = page.words.gettext(_("Of the whole organisation: a provider’s statement knows no garage."))
    drawn = differences_plot(page.words, lines, reporting.days_of(asking)) if lines else None
    return Report(drawn, (reconciliation_sheet(page.words, lines),), whole)


REPORTS: dict[str, Make] = {
    "revenue": _revenue,
    "occupancy": _occupancy,
    "lengths": _lengths,
    "means": _means,
    "forced": _forced,
    "misreads": _misreads,
    "reconciliation": _reconciliation,
}


def _asking(page: Page, asked: Chosen) -> Asking:
    filled = _filled(page, asked)
    return Asking(
        page.here.site, _day(filled["from"], "from"), _day(filled["to"], "to"), LotId(asked.lot) if asked.lot else None
    )


def _filled(page: Page, asked: Chosen) -> dict[str, str]:
    """The form as it stands, with the last fortnight where no day was chosen."""
    now: datetime = page.local(page.house.clock.now())
    until = asked.until or now.date().isoformat()
    since = asked.since or (now.date() - FORTNIGHT).isoformat()
    return {"from": since, "to": until, "lot": str(asked.lot or "")}


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotADay("a day is needed", field=field) from error


def _called(name: str, asking: Asking, ending: str) -> str:
    return f"{name}-{asking.since}-{asking.until}.{ending}"


def as_file(content: bytes, kind: str, name: str) -> Response:
    """To be kept by whoever asked for it, and by no cache."""
    kept = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=kind, headers=kept)


def as_stream(pieces: Iterator[bytes], kind: str, name: str) -> Response:
    """As `as_file`, however long it is: sent while it is made."""
    kept = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type=kind, headers=kept)
