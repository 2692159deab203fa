"""Pay runs in the console: drafted, checked, approved by somebody else, closed; their payslips, and the files for
bank and books.

An address names a run and a person by identity, never anybody by name; files are made when they are asked for and not kept.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import PayRunId, PersonId
from sealgate.domain.money import Money
from sealgate.domain.operators import TAKING, Permission
from sealgate.domain.payroll_run import FindingKind
from sealgate.flows import pay_slips, payday
from sealgate.flows.payday import Run
from sealgate.flows.people import PurposeNeeded
from sealgate.web import pay_lines, payslip_pdf, taking
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _
from sealgate.web.reports import as_file
from sealgate.web.sheets import Sheet, csv_of
from sealgate.web.taking import AsTyped, Offer

router = APIRouter(prefix="/payroll")
Text = Annotated[str, Form(max_length=400)]


@router.get("")
def list_runs(request: Request, page: AtPage) -> Response:
    return render(request, "payroll.html", **_runs(page))


@router.post("/draft")
def draft(request: Request, page: AtPage, month: Text = "") -> Response:
    try:
        run = payday.draft(page.house, page.signed, month)
    except Refused as refused:
        if refused.status == 403:
            raise
        return again(request, "payroll.html", refused, **_runs(page) | {"typed": month})
    return redirect(request, f"/payroll/runs/{run}", said=_("Drafted: look at what is marked, then check"))


@router.get("/runs/{run}")
def show_run(request: Request, page: AtPage, run: UUID, only: Annotated[str, Query(max_length=20)] = "") -> Response:
    return render(request, "payroll_run.html", **_run(page, PayRunId(run)), only=only)


@router.post("/runs/{run}/draft")
def draft_anew(request: Request, page: AtPage, run: UUID) -> Response:
    found, _people = payday.record(page.house, page.signed, PayRunId(run))
    payday.draft(page.house, page.signed, f"{found.row.month:%Y-%m}")
    return redirect(request, f"/payroll/runs/{run}", said=_("Drafted anew"))


@router.post("/runs/{run}/check")
def check(request: Request, page: AtPage, run: UUID, revision: Text = "") -> Response:
    return _step(request, page, run, _("Checked: somebody else can approve it now"), lambda found: payday.check(
        page.house, page.signed, found, _whole(revision)
    ))  # fmt: skip


@router.post("/runs/{run}/approve")
def approve(request: Request, page: AtPage, run: UUID, revision: Text = "") -> Response:
    return _step(request, page, run, _("Approved"), lambda found: payday.approve(
        page.house, page.signed, found, _whole(revision)
    ))  # fmt: skip


@router.post("/runs/{run}/close")
def close(request: Request, page: AtPage, run: UUID) -> Response:
    said = _("Closed: everybody can see their own payslip")
    return _step(request, page, run, said, lambda found: payday.close(page.house, page.signed, found))


@router.post("/runs/{run}/drop")
def drop(request: Request, page: AtPage, run: UUID) -> Response:
    payday.drop(page.house, page.signed, PayRunId(run))
    return redirect(request, "/payroll", said=_("Given up: the month can be drafted anew"))


@router.post("/runs/{run}/reverse")
def reverse(request: Request, page: AtPage, run: UUID, why: Text = "") -> Response:
    made = payday.reverse(page.house, page.signed, PayRunId(run), why)
    return redirect(request, f"/payroll/runs/{made}", said=_("The reversing run is drafted: have it checked and approved"))


@router.get("/runs/{run}/bank")
def ask_bank_file(request: Request, page: AtPage, run: UUID) -> Response:
    return taking.show(request, page, _bank_offer(page, run))


@router.post("/runs/{run}/bank")
def take_bank_file(request: Request, page: AtPage, run: UUID, given: AsTyped) -> Response:
    return taking.take(request, page, _bank_offer(page, run), given, lambda purpose, _form: _bank_file(page, run, purpose))


def _bank_offer(page: Page, run: UUID) -> Offer:
    wanted = pay_slips.transfers_wanted(page.house, page.signed, PayRunId(run))
    return Offer(wanted, f"/payroll/runs/{run}", ("csv",))


def _bank_file(page: Page, run: UUID, purpose: str) -> Response:
    row, currency, lines = pay_slips.transfers(page.house, page.signed, PayRunId(run), purpose)
    month, gettext = f"{row.month:%Y-%m}", page.words.gettext
    heads = tuple(map(gettext, (_("Name"), _("Number"), _("Account"), _("Amount"), _("Currency"), _("Reference"))))
    cells = tuple(
        (line.name, line.number, line.account, _decimal(line.minor, currency), currency, f"PAY {month}") for line in lines
    )
    return as_file(csv_of(Sheet("bank", "bank", heads, cells)), "text/csv", f"bank-{month}.csv")


@router.get("/runs/{run}/journal.csv")
def journal_file(page: AtPage, run: UUID) -> Response:
    row, currency, lines = pay_slips.book(page.house, page.signed, PayRunId(run))
    month, gettext = f"{row.month:%Y-%m}", page.words.gettext
    heads = tuple(map(gettext, (_("Month"), _("Account"), _("Debit"), _("Credit"), _("Currency"))))
    cells = tuple(
        (month, page.words.say(line.account), _decimal(line.debit, currency), _decimal(line.credit, currency), currency)
        for line in lines
    )
    return as_file(csv_of(Sheet("journal", "journal", heads, cells)), "text/csv", f"journal-{month}.csv")


@router.get("/runs/{run}/people/{person}")
def ask_slip(request: Request, page: AtPage, run: UUID, person: UUID) -> Response:
    """A payslip of somebody else opens for a purpose."""
    return _ask_slip(request, page, run, person)


@router.post("/runs/{run}/people/{person}")
def show_slip(request: Request, page: AtPage, run: UUID, person: UUID, given: AsTyped) -> Response:
    try:
        found = pay_slips.payslip(page.house, page.signed, PayRunId(run), PersonId(person), given.words)
    except PurposeNeeded as refused:
        return _ask_slip(request, page, run, person, refused)
    can_pdf = payslip_pdf.can_write(found, page.words)
    employer = _employer(page, found)
    shown: dict[str, Any] = {"found": found, "lines": pay_lines, "money": Money, "can_pdf": can_pdf, "organisation": employer}
    return render(request, "payslip.html", given=given, **shown)


@router.post("/runs/{run}/people/{person}/pdf")
def slip_file(page: AtPage, run: UUID, person: UUID, given: AsTyped) -> Response:
    found = pay_slips.payslip(page.house, page.signed, PayRunId(run), PersonId(person), given.words)
    made = payslip_pdf.payslip_pdf(found, _employer(page, found), page.words)
    name = f"payslip-{found.slip.month:%Y-%m}.pdf"
    return Response(made, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


def _ask_slip(request: Request, page: Page, run: UUID, person: UUID, refused: Refused | None = None) -> Response:
    found, people = payday.record(page.house, page.signed, PayRunId(run))
    name = next((one.name for one in people if one.person == person and one.slip is not None), None)
    if name is None:
        raise NotFound("payslip")
    context: dict[str, Any] = {"name": name, "month": found.row.month, "back": f"/payroll/runs/{run}", "purposes": TAKING}
    if refused is not None:
        return again(request, "payslip_ask.html", refused, **context)
    return render(request, "payslip_ask.html", **context)


def _step(request: Request, page: Page, run: UUID, said: str, take: Any) -> Response:
    """One step of a run; a refusal other than of the operator comes back on the run's page."""
    try:
        take(PayRunId(run))
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        return again(request, "payroll_run.html", refused, **_run(page, PayRunId(run)), only="")
    return redirect(request, f"/payroll/runs/{run}", said=said)


def _runs(page: Page) -> dict[str, Any]:
    found = payday.runs(page.house, page.signed)
    last = page.house.clock.now().date().replace(day=1) - timedelta(days=1)
    return {"runs": found, "typed": f"{last:%Y-%m}", "month": last, "lines": pay_lines}


def _run(page: Page, run: PayRunId) -> dict[str, Any]:
    found, people = payday.record(page.house, page.signed, run)
    return {
        "run": found,
        "people": people,
        "names": payday.names(page.house, page.signed),
        "lines": pay_lines,
        "look": [kind for kind in FindingKind if kind in found.summary.findings],
        "eyes": {found.row.made_by, found.row.checked_by},
        "may_approve": page.signed.may(Permission.APPROVE_PAY),
        "sum": _money(found),
    }


def _money(found: Run) -> dict[str, Money]:
    sums, currency = found.summary.sums, found.summary.currency
    figures = {"gross": sums.gross, "taken_off": sums.taken_off, "net": sums.net, "employer": sums.employer}
    return {name: Money(minor, currency) for name, minor in figures.items()}


def _decimal(minor: int, currency: str) -> Decimal:
    return Decimal(Money(minor, currency).text)


def _employer(page: Page, found: pay_slips.Payslip) -> str:
    return found.policy.employer or pay_slips.organisation(page.house, page.signed.tenant)


def _whole(text: str) -> int:
    """A revision that was typed by nobody: what is none is one that never was."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
