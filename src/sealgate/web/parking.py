"""Garages: what is free, what came in today, and the cars that stand there now.

A list of stays shows plates, so opening it is journaled; looking for one plate asks what for, is posted and never an address.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Refused
from sealgate.domain.ids import LotId
from sealgate.domain.lots import SpaceClass
from sealgate.domain.money import Money
from sealgate.domain.operators import LOOKING, Permission
from sealgate.flows import lots, reporting, stay_record
from sealgate.flows.driving_passes import lot_secret
from sealgate.flows.lots import LotRecord, StayList, Which
from sealgate.flows.reporting import Asking, Today
from sealgate.web.asking import purpose_of, purpose_words
from sealgate.web.frame import AtPage, Page, again, render
from sealgate.web.i18n import _
from sealgate.web.plots import Plot
from sealgate.web.reports_drawn import revenue_plot
from sealgate.web.rules import NotADay
from sealgate.web.ways import drawn

router = APIRouter(prefix="/s/{site}/garages")
Text = Annotated[str, Form()]
FORTNIGHT = timedelta(days=13)

FILTERS = {
    Which.ALL: _("All"),
    Which.LONG: _("Over 24 h"),
    Which.WAITING: _("Wait to pay"),
    Which.PAID: _("Paid"),
    Which.UNSURE: _("At the desk"),
}


@router.get("")
def garages(request: Request, page: AtPage) -> Response:
    found = lots.lots(page.house, page.signed, page.here.site)
    names = {line.lot.lot: line.lot.name for line in found}
    return render(request, "garages.html", lines=found, names=names)


@router.post("/search")
def search(request: Request, page: AtPage, plate: Text = "", purpose: Text = "", note: Text = "", day: Text = "") -> Response:
    """Among the cars that stand there now; or, with a day, among the stays whose car passed a lane on it."""
    given = {"plate": plate[:64], "purpose": purpose, "note": note[:200], "day": day[:10]}
    why = purpose_of(purpose, note)
    try:
        found = _found(page, plate, day, why)
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        return again(request, "garages_find.html", refused, given=given, found=None, purposes=list(LOOKING))
    names = {line.lot.lot: line.lot.name for line in lots.lots(page.house, page.signed, page.here.site)}
    context: dict[str, Any] = {"given": given, "found": found, "names": names, "said": purpose_words(page.words, why)}
    return render(request, "garages_find.html", purposes=list(LOOKING), now=page.house.clock.now(), **context)


@router.get("/search")
def ask_search(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.PARKING)
    given = dict.fromkeys(("plate", "purpose", "note", "day"), "")
    return render(request, "garages_find.html", given=given, found=None, purposes=list(LOOKING))


def _found(page: Page, plate: str, day: str, why: str) -> StayList:
    site = page.here.site
    if not day:
        return lots.search(page.house, page.signed, site, plate, why)
    try:
        on = date.fromisoformat(day)
    except ValueError as error:
        raise NotADay("a day is needed", field="day") from error
    return stay_record.find_past(page.house, page.signed, site, plate, on, why)


@router.get("/{lot}")
def garage(request: Request, page: AtPage, lot: UUID, which: Which = Which.ALL) -> Response:
    """One lot: figures of today, the fortnight's money, how full each class is, and the stays."""
    house, signed, site = page.house, page.signed, page.here.site
    record = lots.lot(house, signed, site, LotId(lot))
    shown = lots.stays(house, signed, site, LotId(lot), which)
    counts = record.line.states
    return render(
        request,
        "garage.html",
        record=record,
        line=record.line,
        inner=[one for one in lots.lots(house, signed, site) if one.lot.parent == record.line.lot.lot],
        today=_today(page, record),
        plot=_fortnight(page, record),
        stays=shown,
        which=which,
        filters=FILTERS,
        total=sum(counts.values()),
        spaces=list(SpaceClass),
        now=house.clock.now(),
    )


@router.get("/{lot}/code")
def code(request: Request, page: AtPage, lot: UUID) -> Response:
    """The lot's QR for its walls, to be printed: drivers open their page by it."""
    record = lots.lot(page.house, page.signed, page.here.site, LotId(lot))
    base = page.house.address or str(request.base_url).rstrip("/")
    address = f"{base}/pay/{lot_secret(page.house, page.signed.tenant, LotId(lot))}"
    return render(request, "garage_code.html", lot=record.line.lot, address=address, drawing=drawn(address))


def _today(page: Page, record: LotRecord) -> dict[str, Any]:
    """The figures as they are said: money, and how it compares with a week ago."""
    found = reporting.today(page.house, page.signed, page.here.site, record.line.lot.lot)
    return {"revenue": _said(page, found), "left": found.left, "calls": found.calls, "alone": _alone(found)}


def _said(page: Page, found: Today) -> tuple[str, str] | None:
    if not found.sums:
        return None
    first = found.sums[0]
    before = next((one.net for one in found.before if one.currency == first.currency), 0)
    change = Money(abs(first.net - before), first.currency)
    text = _("%(money)s more than a week ago by now") if first.net >= before else _("%(money)s less than a week ago by now")
    words = page.words
    return words.whole_money(Money(first.net, first.currency)), words.gettext(text, money=words.whole_money(change))


def _alone(found: Today) -> str | None:
    """How many in a hundred left without a call; None where nobody left."""
    return None if not found.left else f"{100 * max(found.left - found.calls, 0) / found.left:.1f}"


def _fortnight(page: Page, record: LotRecord) -> tuple[Plot, str] | None:
    """Money by day, and what a voice says of it; None for a lot that bills nobody."""
    if not record.line.lot.bills:
        return None
    today = page.local(page.house.clock.now()).date()
    asking = Asking(page.here.site, today - FORTNIGHT, today, record.line.lot.lot)
    lines = reporting.revenue(page.house, page.signed, asking)
    currency = lines[-1].sum.currency if lines else ""
    kept = [line for line in lines if line.sum.currency == currency]
    return revenue_plot(page.words, kept, today) if kept else None
