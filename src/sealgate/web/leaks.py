"""For whoever finds something: security.txt, a page to report it without an account or a script, and the inbox behind it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from sealgate.domain.errors import Refused
from sealgate.domain.ids import LeakId
from sealgate.domain.leaks import MOST, MOST_CONTACT, LeakState
from sealgate.domain.tries import Tries
from sealgate.flows import leaks
from sealgate.flows.kit import House
from sealgate.web.frame import AtPage, again, redirect, render
from sealgate.web.guard import takes
from sealgate.web.i18n import _
from sealgate.web.sessions import opened

router = APIRouter()
AN_HOUR = timedelta(hours=1)
EACH, ALL = 5, 60
"""Reports in an hour from one address, and from all of them."""

TONES = {LeakState.NEW: "unsure", LeakState.IN_HAND: "on", LeakState.FIXED: "plain open", LeakState.NO_LEAK: "wordless plain"}


class Letterbox:
    """How often somebody may put something in. One for each running console."""

    def __init__(self) -> None:
        self.each, self.all = Tries(EACH, AN_HOUR), Tries(ALL, AN_HOUR)


class TooOften(leaks.TooManyReports):
    """`wait` says for how long."""

    code = "leak.too-often"

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too many reports")
        self.wait = wait


@router.get("/.well-known/security.txt")
@opened
def security_txt(request: Request) -> Response:
    house = _house(request)
    address = house.address or str(request.base_url).rstrip("/")
    return PlainTextResponse(house.security.text(address, house.clock.now()))


@router.get("/leak")
@opened
def ask(request: Request) -> Response:
    return render(request, "leak.html", several=_several(request), typed_words="", contact="", organisation="")


@router.post("/leak")
@opened
@takes(256 << 10)
def bring(
    request: Request,
    words: Annotated[str, Form()] = "",
    contact: Annotated[str, Form()] = "",
    organisation: Annotated[str, Form()] = "",
) -> Response:
    house = _house(request)
    try:
        _wait(request, house)
        secret = leaks.bring(house, organisation[:200], words[: MOST + 1], contact[: MOST_CONTACT + 1])
    except Refused as refused:
        typed = {"typed_words": words[:MOST], "contact": contact[:MOST_CONTACT], "organisation": organisation[:200]}
        return again(request, "leak.html", refused, several=_several(request), **typed)
    return RedirectResponse(f"/leak/{secret}", 303)


@router.get("/leak/{secret}")
@opened
def standing(request: Request, secret: str) -> Response:
    house = _house(request)
    found = leaks.standing(house, secret)
    address = house.address or str(request.base_url).rstrip("/")
    return render(request, "leak_standing.html", found=found, link=f"{address}/leak/{secret}", secret=secret, tones=TONES)


@router.get("/leaks")
def inbox(request: Request, page: AtPage) -> Response:
    return render(request, "leaks.html", lines=leaks.inbox(page.house, page.signed), tones=TONES)


@router.get("/leaks/{report}")
def read(request: Request, page: AtPage, report: UUID) -> Response:
    found = leaks.read(page.house, page.signed, LeakId(report))
    return render(request, "leak_read.html", found=found, states=list(LeakState), tones=TONES)


@router.post("/leaks/{report}")
def settle(
    request: Request,
    page: AtPage,
    report: UUID,
    state: Annotated[str, Form(max_length=20)] = "",
    answer: Annotated[str, Form()] = "",
) -> Response:
    leaks.settle(page.house, page.signed, LeakId(report), state, answer)
    return redirect(request, "/leaks", said=_("Saved. The reporter sees it on their page."))


def _wait(request: Request, house: House) -> None:
    """Raises `TooOften`; else this one is counted."""
    box: Letterbox = request.app.state.letterbox
    whose, now = request.client.host if request.client else "", house.clock.now()
    wait = max(box.each.wait(whose, now), box.all.wait("", now))
    if wait:
        raise TooOften(wait)
    box.each.missed(whose, now)
    box.all.missed("", now)


def _several(request: Request) -> bool:
    return len(_house(request).store.tenants()) > 1


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house
