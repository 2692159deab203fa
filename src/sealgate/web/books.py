"""The books: payments and what went back, what a provider's statement says otherwise, requests for electronic invoices.

An address holds days and filters, never who. A statement's file is read and forgotten; what differs is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Query, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Fault, NotFound, Refused
from sealgate.domain.ids import PaymentId
from sealgate.domain.money import Money
from sealgate.domain.operators import Permission
from sealgate.flows import books, invoicing, reconciling
from sealgate.flows.books import Asked, Paid
from sealgate.web import taking
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.guard import takes
from sealgate.web.i18n import _
from sealgate.web.report_sheets import invoice_heads, invoice_row, invoices_sheet, provider_said
from sealgate.web.reports import XLSX, as_file, as_stream
from sealgate.web.rules import NotADay
from sealgate.web.sheets import csv_pieces, xlsx_of
from sealgate.web.taking import AsTyped, Offer

router = APIRouter(prefix="/s/{site}/books")
Text = Annotated[str, Form(max_length=1000)]
FORTNIGHT = timedelta(days=13)
MONTH = timedelta(days=30)

KINDS = {
    Paid.ALL: _("Paid"),
    Paid.BACK: _("Sent back"),
    Paid.UNDER_WAY: _("On its way back"),
    Paid.CHARGED_BACK: _("Charged back"),
    Paid.BY_HAND: _("Taken by hand"),
    Paid.UNPAID: _("Did not come"),
}
STATES = {"open": _("Unsettled"), "settled": _("Settled"), "all": _("All")}
SETTLED = {"open": False, "settled": True, "all": None}


@dataclass(frozen=True, slots=True)
class Days:
    """As typed; what is missing is filled in by each page."""

    since: str
    until: str


def days(
    since: Annotated[str, Query(alias="from", max_length=10)] = "", until: Annotated[str, Query(alias="to", max_length=10)] = ""
) -> Days:
    return Days(since, until)


AsDays = Annotated[Days, Depends(days)]


@router.get("")
def payments(
    request: Request, page: AtPage, asked: AsDays, which: Paid = Paid.ALL, number: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    page.signed.need(Permission.PARKING)
    typed = _filled(page, asked, FORTNIGHT)
    context: dict[str, Any] = {"which": which, "kinds": KINDS, "asked": typed, "number": number, **_common(page)}
    try:
        found = books.payments(page.house, page.signed, _asked(page, typed), which, number)
    except Refused as refused:
        if refused.status != 422:
            raise
        return again(request, "books.html", refused, found=None, **context)
    return render(request, "books.html", found=found, **context)


@router.get("/differences")
def differences(
    request: Request,
    page: AtPage,
    asked: AsDays,
    state: Annotated[str, Query(max_length=10)] = "open",
    provider: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    return _differences(request, page, asked, state, provider)


@router.post("/differences/statement")
@takes(40 << 20)
def statement(
    request: Request,
    page: AtPage,
    provider: Text = "",
    day: Text = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Compare one day with the provider's statement: fetched, or read from the file that came with the form."""
    page.signed.need(Permission.REFUND)
    content = file.file.read() if file is not None and file.filename else None
    given = {"provider": provider, "day": day}
    try:
        found = reconciling.reconcile(page.house, page.signed.tenant, provider, _day(day, "day"), page.signed, content)
    except (Refused, Fault) as trouble:
        if isinstance(trouble, Refused) and trouble.status == 403:
            raise
        return _differences(request, page, Days("", ""), "open", "", trouble, given)
    said = _("Compared. What differs is listed.") if found else _("Compared. Nothing differs.")
    return redirect(request, f"{_here(page)}/differences?state=all&from={day}&to={day}&provider={provider}", said)


@router.get("/differences/{difference}")
def difference(request: Request, page: AtPage, difference: UUID) -> Response:
    return _difference(request, page, difference)


@router.post("/differences/{difference}/settle")
def settle(request: Request, page: AtPage, difference: UUID, why: Text = "") -> Response:
    try:
        reconciling.settle_difference(page.house, page.signed, difference, why)
    except Refused as refused:
        if refused.status not in {409, 422}:
            raise
        return _difference(request, page, difference, refused, why)
    return redirect(request, f"{_here(page)}/differences", _("Settled. Your words are in the journal."))


@router.get("/invoices")
def invoices(request: Request, page: AtPage, issued: bool = False) -> Response:  # noqa: FBT001, FBT002  FastAPI reads it by name
    found = invoicing.requests(page.house, page.signed, issued=issued)
    return render(request, "invoices.html", found=found, issued=issued, most=invoicing.MOST_SHOWN, **_common(page))


@router.get("/invoices/file")  # before the page of an invoice, whose address it would be
def ask_invoices(request: Request, page: AtPage) -> Response:
    return taking.show(request, page, _offer(page))


@router.post("/invoices/file")
def take_invoices(request: Request, page: AtPage, given: AsTyped) -> Response:
    def made(purpose: str, form: str) -> Response:
        wanted = invoicing.export(page.house, page.signed, purpose)
        if form == "csv":
            rows = (invoice_row(page.words, one, page.local) for one in wanted)
            return as_stream(csv_pieces(invoice_heads(page.words), rows), "text/csv", "invoices.csv")
        return as_file(xlsx_of([invoices_sheet(page.words, wanted, page.local)]), XLSX, "invoices.xlsx")

    return taking.take(request, page, _offer(page), given, made)


@router.get("/invoices/{payment}")
def invoice(request: Request, page: AtPage, payment: UUID) -> Response:
    return _invoice(request, page, PaymentId(payment))


@router.post("/invoices/{payment}/issued")
def issued(request: Request, page: AtPage, payment: UUID, number: Text = "") -> Response:
    try:
        invoicing.issued(page.house, page.signed, PaymentId(payment), number)
    except Refused as refused:
        if refused.status not in {409, 422}:
            raise
        return _invoice(request, page, PaymentId(payment), refused, number)
    return redirect(request, f"{_here(page)}/invoices", _("Issued. The driver’s receipt shows the number."))


def _differences(
    request: Request,
    page: Page,
    asked: Days,
    state: str,
    provider: str,
    trouble: Exception | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    page.signed.need(Permission.PARKING)
    if state not in SETTLED:
        raise NotFound("state")
    typed = _filled(page, asked, MONTH)
    yesterday = page.local(page.house.clock.now()).date() - timedelta(days=1)
    context: dict[str, Any] = {
        "asked": typed,
        "state": state,
        "states": STATES,
        "provider": provider,
        "providers": [(name, provider_said(page.words, name)) for name in page.house.providers],
        "most": books.MOST_SHOWN,
        "given": given or {"provider": "", "day": yesterday.isoformat()},
        **_common(page),
    }
    try:
        span = _asked(page, typed)
        found = books.differences(page.house, page.signed, span.since, span.until, provider=provider, settled=SETTLED[state])
    except Refused as refused:
        if refused.status != 422:
            raise
        return again(request, "differences.html", refused, found=[], **context)
    if trouble is not None:
        return again(request, "differences.html", trouble, found=found, **context)
    return render(request, "differences.html", found=found, **context)


def _difference(request: Request, page: Page, name: UUID, refused: Refused | None = None, why: str = "") -> Response:
    record = books.difference(page.house, page.signed, name)
    context: dict[str, Any] = {"record": record, "row": record.line.row, "why": why[:300], **_common(page)}
    if refused is not None:
        return again(request, "difference.html", refused, **context)
    return render(request, "difference.html", **context)


def _invoice(request: Request, page: Page, payment: PaymentId, refused: Refused | None = None, number: str = "") -> Response:
    found = invoicing.request(page.house, page.signed, payment)
    context: dict[str, Any] = {"found": found, "number": number[:40], **_common(page)}
    if refused is not None:
        return again(request, "invoice.html", refused, **context)
    return render(request, "invoice.html", **context)


def _offer(page: Page) -> Offer:
    return Offer(invoicing.file_wanted(page.house, page.signed), f"{_here(page)}/invoices")


def _common(page: Page) -> dict[str, Any]:
    return {
        "said_means": lambda means: provider_said(page.words, means),
        "sum_of": lambda minor, currency: page.words.money(Money(minor, currency)),
        "waits": books.unsettled(page.house, page.signed),
    }


def _asked(page: Page, typed: dict[str, str]) -> Asked:
    return Asked(page.here.site, _day(typed["from"], "from"), _day(typed["to"], "to"))


def _filled(page: Page, asked: Days, span: timedelta) -> dict[str, str]:
    today = page.local(page.house.clock.now()).date()
    return {"from": asked.since or (today - span).isoformat(), "to": asked.until or today.isoformat()}


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotADay("a day is needed", field=field) from error


def _here(page: Page) -> str:
    return f"/s/{page.here.site}/books"
