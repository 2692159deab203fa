"""Cars that pay by themselves: which ones, by what, up to how much; inviting a driver to agree, and ending an agreement.

A link is answered to the request that made it; who lists the agreements may send it again.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Invalid, Refused
from sealgate.domain.ids import AgreementId, LotId
from sealgate.domain.lots import Lot
from sealgate.domain.money import BadAmount, Money, parse
from sealgate.flows import agreeing, lots
from sealgate.flows.agreeing import WrongMost
from sealgate.web import pay
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _

router = APIRouter(prefix="/s/{site}/garages/automatic")
Text = Annotated[str, Form()]


@router.get("")
def list_agreements(request: Request, page: AtPage, after: UUID | None = None) -> Response:
    return render(request, "agreements.html", **_context(request, page, AgreementId(after) if after else None))


@router.post("")
def invite(
    request: Request, page: AtPage, lot: Text = "", plate: Text = "", provider: Text = "", most: Text = "", proof: Text = ""
) -> Response:
    given = {"lot": lot, "plate": plate[:64], "provider": provider[:20], "most": most[:20], "proof": proof[:400]}
    try:
        there = LotId(_id(lot, "lot"))
        house, signed = page.house, page.signed
        money = _most(page, there, most)
        path = agreeing.invite(house, signed, page.here.site, there, plate, provider, money, proof)
    except Refused as refused:
        return again(request, "agreements.html", refused, **{**_context(request, page), "given": given})
    return render(
        request, "agreements.html", **{**_context(request, page), "link": f"{pay.base_of(request, page.house)}{path}"}
    )


@router.post("/{agreement}/end")
def end(request: Request, page: AtPage, agreement: UUID) -> Response:
    agreeing.end(page.house, page.signed, AgreementId(agreement))
    return redirect(request, f"/s/{page.here.site}/garages/automatic", said=_("The car pays automatically no more"))


def _context(request: Request, page: Page, after: AgreementId | None = None) -> dict[str, Any]:
    lines, following = agreeing.listed(page.house, page.signed, after)
    return {
        "lines": lines,
        "next": following,
        "first": after is not None,
        "lots": [(str(one.lot), one.name) for one in _billing(page)],
        "offers": [(name, page.words.gettext(text)) for name, text in pay.automatic_ways(page.house)],
        "means": pay.MEANS,
        "base": pay.base_of(request, page.house),
        "given": {**dict.fromkeys(("lot", "plate", "provider", "proof"), ""), "most": "200"},
        "link": "",
    }


def _billing(page: Page) -> list[Lot]:
    return [line.lot for line in lots.lots(page.house, page.signed, page.here.site) if line.lot.bills]


def _most(page: Page, lot: LotId, text: str) -> Money:
    try:
        return parse(text.strip(), agreeing.currency_of(page.house, page.signed.tenant, lot))
    except BadAmount as error:
        raise WrongMost("not a sum of money", field="most") from error


def _id(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("choose one", field=field) from error
