"""Receipts on the driver's page: to read, as a PDF, and the form for an electronic invoice."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sealgate.domain.calendar import zone
from sealgate.domain.errors import Invalid, Refused
from sealgate.domain.invoices import Buyer, invoice_request
from sealgate.flows import driving, receipts
from sealgate.flows.kit import House
from sealgate.web import receipt_pdf
from sealgate.web.i18n import words_of
from sealgate.web.pay import MEANS, AtLot, Toldly, address_of, shown
from sealgate.web.sessions import opened

router = APIRouter(prefix="/pay", route_class=Toldly)
Line = Annotated[str, Form(max_length=400)]


class NoBuyer(Invalid):
    """Neither a person nor a company."""

    code = "invoice.no-buyer"


@router.get("/{lot}/receipt/{held}")
@opened
def receipt(request: Request, here: AtLot, held: str) -> Response:
    found = receipts.receipt(request.app.state.house, here, held)
    can_pdf = receipt_pdf.can_write(found, words_of(request))
    return shown(request, here, "pay_receipt.html", receipt=found, held=held, can_pdf=can_pdf, back=request.url.path)


@router.get("/{lot}/receipt/{held}/pdf")
@opened
def pdf(request: Request, here: AtLot, held: str) -> Response:
    """The same as a file. Raises `CannotWrite` where this machine has no font for what stands on it."""
    house: House = request.app.state.house
    driving.GUESSES.allow(here, address_of(request), house.clock.now())  # making one takes half a second of a core
    found = receipts.receipt(house, here, held)
    made = receipt_pdf.receipt_pdf(found, words_of(request), zone(here.time_zone), MEANS)
    name = f"receipt-{found.number}.pdf"
    return Response(made, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


@router.get("/{lot}/receipt/{held}/invoice")
@opened
def invoice_form(request: Request, here: AtLot, held: str) -> Response:
    found = receipts.receipt(request.app.state.house, here, held)
    asked = found.invoice
    typed = {
        "buyer": asked.buyer.value if asked else Buyer.PERSON.value,
        "title": asked.title if asked else "",
        "tax_number": asked.tax_number if asked else "",
        "email": asked.email if asked else "",
    }
    return shown(request, here, "pay_invoice.html", receipt=found, held=held, back=request.url.path, **typed)


@router.post("/{lot}/receipt/{held}/invoice")
@opened
def ask_invoice(
    request: Request, here: AtLot, held: str, buyer: Line = "", title: Line = "", tax_number: Line = "", email: Line = ""
) -> Response:
    house = request.app.state.house
    found = receipts.receipt(house, here, held)
    try:
        wanted = invoice_request(_buyer(buyer), title, tax_number, email)
        receipts.ask_invoice(house, here, held, wanted)
    except Refused as refused:
        typed = {"buyer": buyer, "title": title, "tax_number": tax_number, "email": email}
        back = f"/pay/{here.secret}/receipt/{held}/invoice"
        return shown(request, here, "pay_invoice.html", refused, receipt=found, held=held, back=back, **typed)
    return RedirectResponse(f"/pay/{here.secret}/receipt/{held}", 303)


def _buyer(typed: str) -> Buyer:
    try:
        return Buyer(typed)
    except ValueError as error:
        raise NoBuyer("choose a person or a company", field="buyer") from error
