"""The simulated provider's own pay page: pays, refuses, repeats, delays, pays another amount or forgets, as one presses.

It is the far side of a payment, so it knows nothing of stays and lots. The surprising thing: what it tells us goes through the
same door as a real provider's notice, signed and verified, only not over a network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol, runtime_checkable
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sealgate.domain.agreements import Consent
from sealgate.domain.billing import News
from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import TenantId
from sealgate.domain.money import Money
from sealgate.flows import paying
from sealgate.flows.kit import House
from sealgate.web import paysheet
from sealgate.web.frame import render
from sealgate.web.i18n import _
from sealgate.web.sessions import opened

ACTS: Mapping[str, str] = {
    "pay": _("Pay"),
    "refuse": _("Refuse"),
    "repeat": _("Pay, and tell it three times"),
    "delay": _("Pay, and tell it a minute later"),
    "other-sum": _("Pay another amount"),
    "forget": _("Pay, and never tell it"),
    "charge-back": _("Take the money back"),
}
NEWS: Mapping[News, str] = {
    News.WAITING: _("Nothing was paid yet."),
    News.FAILED: _("Refused. You may try again."),
    News.PAID: _("Paid."),
    News.CLOSED: _("This order is closed."),
    News.CHARGED_BACK: _("The money was taken back."),
}


SIGNS: Mapping[str, str] = {
    "sign": _("Agree"),
    "refuse-to-sign": _("Do not agree"),
    "sign-and-forget": _("Agree, and never tell it"),
    "let-charges-pass": _("Let charges pass"),
    "decline-charges": _("Decline charges"),
    "delay-charges": _("Take a while for charges"),
    "answer-no-charges": _("Answer no charges"),
    "cancel": _("Withdraw the agreement"),
}
CONSENTS: Mapping[Consent, str] = {
    Consent.WAITING: _("Nothing is agreed yet."),
    Consent.SIGNED: _("Agreed."),
    Consent.REFUSED: _("Not agreed."),
    Consent.WITHDRAWN: _("Withdrawn."),
}


class Paper(Protocol):
    """What an agreement's page shows; `money` is the most of one charge."""

    @property
    def subject(self) -> str: ...
    @property
    def money(self) -> Money: ...
    @property
    def consent(self) -> Consent: ...
    @property
    def return_address(self) -> str: ...
    @property
    def acts(self) -> Sequence[StrEnum]: ...


class Sale(Protocol):
    """What the page shows; `acts` are its buttons."""

    @property
    def subject(self) -> str: ...
    @property
    def money(self) -> Money: ...
    @property
    def news(self) -> News: ...
    @property
    def return_address(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def acts(self) -> Sequence[StrEnum]: ...


Post = Callable[[str, Mapping[str, str], bytes], int]


@runtime_checkable
class Pages(Protocol):
    """A provider with a pay page in this program."""

    def page(self, handle: str) -> Sale | None: ...
    def act(self, handle: str, act: StrEnum) -> None: ...
    def deliver(self, post: Post) -> int: ...
    def sign_page(self, handle: str) -> Paper | None: ...
    def act_on_agreement(self, handle: str, act: StrEnum) -> None: ...


router = APIRouter(prefix="/simulated-pay")


@router.get("/{handle}")
@opened
def show(request: Request, handle: str) -> Response:
    pages, sale = _sale(request, handle)
    acts = [(act.value, ACTS[act.value]) for act in sale.acts]
    page = render(
        request, "simulated_pay.html", sale=sale, acts=acts, news=NEWS.get(sale.news, ""), sheet=paysheet.address(), back=""
    )
    page.background = BackgroundTask(deliver, pages, request.app.state.house)
    return page


@router.post("/{handle}")
@opened
def act(request: Request, handle: str, act: Annotated[str, Form(max_length=20)] = "") -> Response:
    """Do it, tell it, and go back to where the driver came from; a refusal stays here, so that one may try again."""
    pages, sale = _sale(request, handle)
    chosen = next((one for one in sale.acts if one.value == act), None)
    if chosen is None:
        raise NotFound("act")
    pages.act(handle, chosen)
    deliver(pages, request.app.state.house)
    address = f"/simulated-pay/{handle}" if chosen.value in {"refuse", "charge-back"} else sale.return_address
    return RedirectResponse(address, 303)


@router.get("/agreement/{handle}")
@opened
def show_agreement(request: Request, handle: str) -> Response:
    _pages, paper = _paper(request, handle)
    acts = [(act.value, SIGNS[act.value]) for act in paper.acts]
    said = CONSENTS.get(paper.consent, "")
    return render(request, "simulated_sign.html", paper=paper, acts=acts, said=said, sheet=paysheet.address(), back="")


@router.post("/agreement/{handle}")
@opened
def act_on_agreement(request: Request, handle: str, act: Annotated[str, Form(max_length=20)] = "") -> Response:
    """Do it and tell it; after signing back to where the driver came from."""
    pages, paper = _paper(request, handle)
    chosen = next((one for one in paper.acts if one.value == act), None)
    if chosen is None:
        raise NotFound("act")
    pages.act_on_agreement(handle, chosen)
    deliver(pages, request.app.state.house)
    back = chosen.value in {"sign", "refuse-to-sign", "sign-and-forget"}
    return RedirectResponse(paper.return_address if back else f"/simulated-pay/agreement/{handle}", 303)


def _paper(request: Request, handle: str) -> tuple[Pages, Paper]:
    pages = request.app.state.house.providers.get("simulated")
    paper = pages.sign_page(handle) if isinstance(pages, Pages) else None
    if paper is None or not isinstance(pages, Pages):
        raise NotFound("agreement")
    return pages, paper


def _sale(request: Request, handle: str) -> tuple[Pages, Sale]:
    """Raises `NotFound` where there is no such provider, or no such order."""
    pages = request.app.state.house.providers.get("simulated")
    sale = pages.page(handle) if isinstance(pages, Pages) else None
    if sale is None or not isinstance(pages, Pages):
        raise NotFound("order")
    return pages, sale


def deliver(pages: Pages, house: House) -> None:
    """Hand over what is due. One that is not taken comes again."""

    def post(address: str, headers: Mapping[str, str], body: bytes) -> int:
        provider, tenant = address.split("/")[-2:]
        try:
            return paying.hear(house, TenantId(UUID(tenant)), provider, headers, body).status
        except Refused as refusal:
            return refusal.status

    pages.deliver(post)
