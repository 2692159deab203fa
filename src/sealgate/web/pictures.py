"""Sealed pictures: why, then sixty seconds, then sealed again. Each showing is in the journal before the bytes leave.

The surprising thing: an opened picture is no state of the server. What is shown is a figure whose image is fetched
by a ticket bound to this session; when the ticket is over, asking again is all that is left.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import PassageId
from sealgate.domain.operators import LOOKING, Permission
from sealgate.flows import looking
from sealgate.flows.looking import PassageLine
from sealgate.flows.people import PurposeNeeded
from sealgate.web.asking import ask, purpose_of, purpose_words
from sealgate.web.frame import AtPage, Page

router = APIRouter(prefix="/s/{site}/pictures")
Text = Annotated[str, Form()]
Number = Annotated[int, Path(ge=1, lt=1 << 63)]


@router.get("/open/{ticket}")
def picture(page: AtPage, ticket: str) -> Response:
    """The bytes, once the ticket is good: to be shown, not kept."""
    jpeg = looking.open_picture(page.house, page.signed, ticket)
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store", "Content-Disposition": "inline"})


@router.get("/{passage}")
def ask_picture(request: Request, page: AtPage, passage: Number, again: bool = False) -> Response:  # noqa: FBT001, FBT002  FastAPI reads it by name
    page.signed.need(Permission.SEE_PICTURES)
    return _asked(request, page, _line(page, passage), sealed_again=again)


@router.post("/{passage}")
def show_picture(request: Request, page: AtPage, passage: Number, purpose: Text = "", note: Text = "") -> Response:
    line, why = _line(page, passage), purpose_of(purpose, note)
    try:
        ticket = looking.ask_picture(page.house, page.signed, line.passage, why)
    except PurposeNeeded as refused:
        return _asked(request, page, line, note=note, refused=refused)
    here = f"/s/{page.here.site}/pictures"
    response = ask(
        request,
        "picture_open.html",
        back=_back(page),
        line=line,
        src=f"{here}/open/{ticket}",
        again=f"{here}/{passage}?again=true",
        purpose=purpose_words(page.words, why),
        now=page.local(page.house.clock.now()),
    )
    response.headers["Refresh"] = f"60; url={here}/{passage}?again=true"
    return response


def _asked(
    request: Request,
    page: Page,
    line: PassageLine,
    *,
    note: str = "",
    refused: Refused | None = None,
    sealed_again: bool = False,
) -> Response:
    seen_by_script = "hx-request" in request.headers
    return ask(
        request,
        "picture_ask.html",
        status=200 if refused is None or seen_by_script else refused.status,
        back=_back(page),
        line=line,
        purposes=list(LOOKING),
        note=note,
        again=sealed_again,
        trouble=refused,
    )


def _line(page: Page, passage: int) -> PassageLine:
    line = looking.line(page.house, page.signed, PassageId(passage))
    if line is None:
        raise NotFound("passage")
    return line


def _back(page: Page) -> str:
    return f"/s/{page.here.site}/live"
