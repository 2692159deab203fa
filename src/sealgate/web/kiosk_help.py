"""Reception, one touch away at every step of a kiosk: who presses is told that it was called, and then that somebody comes."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sealgate.flows import reception
from sealgate.flows.kit import House
from sealgate.web.frame import render
from sealgate.web.kiosk import NoKiosk, at_gate
from sealgate.web.sessions import opened

router = APIRouter(prefix="/kiosk/help")
ASKED, TOLD = 3, 20
"""Seconds after which the page looks whether somebody comes, and after which it clears once somebody does."""


@router.post("")
@opened
def press(request: Request) -> Response:
    reception.call(_house(request), at_gate(request))
    return RedirectResponse("/kiosk/help", 303)


@router.get("")
@opened
def called(request: Request) -> Response:
    try:
        kiosk = at_gate(request)
    except NoKiosk:
        return render(request, "kiosk_closed.html", status=401)
    waits = reception.is_called(_house(request), kiosk)
    page = render(request, "kiosk_help.html", kiosk=kiosk, waits=waits)
    page.headers["Refresh"] = f"{ASKED}; url=/kiosk/help" if waits else f"{TOLD}; url=/kiosk"
    return page


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house
