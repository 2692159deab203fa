"""One's own payslips: of closed runs only, to read and as a PDF."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.ids import PayRunId
from sealgate.domain.money import Money
from sealgate.flows import pay_slips
from sealgate.web import pay_lines, payslip_pdf
from sealgate.web.own import AtMine, own_page
from sealgate.web.sessions import for_persons

router = APIRouter(prefix="/my/payslips")


@router.get("")
@for_persons
def list_own(request: Request, mine: AtMine) -> Response:
    found = pay_slips.payslips_of(mine.house, mine.own.tenant, mine.own.person)
    return own_page(request, mine, "own_payslips.html", found=found, lines=pay_lines)


@router.get("/{run}")
@for_persons
def show_own(request: Request, mine: AtMine, run: UUID) -> Response:
    found = pay_slips.own_payslip(mine.house, mine.own.tenant, mine.own.person, PayRunId(run))
    employer = found.policy.employer or mine.own.organisation
    can_pdf = payslip_pdf.can_write(found, mine.words)
    context: dict[str, Any] = {"lines": pay_lines, "money": Money, "organisation": employer}
    return own_page(request, mine, "own_payslip.html", found=found, can_pdf=can_pdf, **context)


@router.get("/{run}/pdf")
@for_persons
def own_file(mine: AtMine, run: UUID) -> Response:
    found = pay_slips.own_payslip(mine.house, mine.own.tenant, mine.own.person, PayRunId(run))
    made = payslip_pdf.payslip_pdf(found, found.policy.employer or mine.own.organisation, mine.words)
    name = f"payslip-{found.slip.month:%Y-%m}.pdf"
    return Response(made, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})
