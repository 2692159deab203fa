"""The driver's page: opened by a QR at the lot or at the exit, on a phone, without an account and without a script.

Whatever it can do is a form that is sent; every answer is a whole page of a few kilobytes. The plate that somebody types
travels in the form's body and never in an address, where a proxy would write it down.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sealgate.domain.calendar import zone
from sealgate.domain.errors import Refused
from sealgate.domain.stays_calls import CallReason
from sealgate.flows import agreeing, assist, driving, driving_ahead
from sealgate.flows.driving import Shows, Spot, View
from sealgate.flows.driving_ahead import WrongTime
from sealgate.flows.kit import House
from sealgate.flows.paying import StartedPayment
from sealgate.ports import PageCall, PayAddress, QrText
from sealgate.web import paysheet
from sealgate.web.frame import render, tell
from sealgate.web.i18n import _, words_of
from sealgate.web.sessions import opened
from sealgate.web.ways import drawn

BUTTONS: Mapping[str, str] = {
    "wechat": _("Pay with WeChat"),
    "alipay": _("Pay with Alipay"),
    "stripe": _("Pay by card"),
    "simulated": _("Pay with the simulated provider"),
}
"""How the button of each provider says it, in the order of the page."""

MEANS: Mapping[str, str] = {
    "wechat": _("WeChat Pay"),
    "alipay": _("Alipay"),
    "stripe": _("Card"),
    "simulated": _("Simulated payment"),
    "cash": _("Cash"),
    "card-terminal": _("Card terminal"),
    "transfer": _("Bank transfer"),
    "account": _("On account"),
}
LONGEST = 80
AHEAD = timedelta(hours=3)
"""The time that the page proposes to who pays ahead, to the full hour."""


class OtherBrowser(Refused):
    """This way to pay only works inside the provider's own browser."""

    code = "pay.other-browser"


class Toldly(APIRoute):
    """A route of the driver's page: what it refuses is told in the page's own frame, which weighs a tenth of the console's."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except Refused as refused:
                return await run_in_threadpool(trouble, request, refused)

        return told


router = APIRouter(prefix="/pay", route_class=Toldly)


def at_lot(request: Request, lot: str) -> Spot:
    """The lot of the address. Raises `NotFound`."""
    here = driving.spot(request.app.state.house, lot)
    request.state.here = here
    return here


AtLot = Annotated[Spot, Depends(at_lot)]
Typed = Annotated[str, Form(max_length=LONGEST)]


@router.get("/sheet.css")
@opened
def sheet() -> Response:
    return Response(paysheet.sheet(), media_type="text/css", headers={"Cache-Control": "public, max-age=31536000, immutable"})


@router.get("/{lot}")
@opened
def start_page(request: Request, here: AtLot) -> Response:
    return shown(request, here, "pay.html")


@router.get("/{lot}/qr.svg")
@opened
def poster(request: Request, here: AtLot) -> Response:
    """The QR for the lot's walls, to be printed."""
    house: House = request.app.state.house
    return Response(drawn(f"{base_of(request, house)}/pay/{here.secret}"), media_type="image/svg+xml")


@router.post("/{lot}")
@opened
def ask(request: Request, here: AtLot, plate: Typed = "", coupon: Typed = "") -> Response:
    """The sum for a plate, less a shop's code, and nothing else of it."""
    try:
        asked = driving.ask_plate(request.app.state.house, here, plate, address_of(request), coupon)
    except Refused as refused:
        return shown(request, here, "pay.html", refused, plate=plate, coupon=coupon)
    return shown(request, here, "pay_sum.html", asked=asked, ways=ways(request))


@router.post("/{lot}/prove")
@opened
def prove(request: Request, here: AtLot, code: Annotated[str, Form(max_length=400)] = "", coupon: Typed = "") -> Response:
    """A ticket's code, or the exit display's; with a shop's code it is taken off at once."""
    try:
        held = driving.prove(request.app.state.house, here, code, address_of(request))
    except Refused as refused:
        return shown(request, here, "pay.html", refused, code=code, coupon=coupon)
    return use_coupon(request, here, held, coupon) if coupon else RedirectResponse(driving.stay_path(here.secret, held), 303)


@router.get("/{lot}/ticket/{code}")
@opened
def ticket(request: Request, here: AtLot, code: str) -> Response:
    """What a ticket's QR opens."""
    held = driving.prove(request.app.state.house, here, code, address_of(request))
    return RedirectResponse(driving.stay_path(here.secret, held), 303)


@router.get("/{lot}/coupon/{code}")
@opened
def bring_coupon(request: Request, here: AtLot, code: str) -> Response:
    """What the QR of a shop's coupon opens: for which car is it? Nothing is used up yet."""
    return shown(request, here, "pay.html", coupon=code[:LONGEST])


@router.get("/{lot}/stay/{held}")
@opened
def stay(request: Request, here: AtLot, held: str) -> Response:
    _stay, view = driving.passed(request.app.state.house, here, held)
    return _stay_page(request, here, held, view)


@router.post("/{lot}/stay/{held}/coupon")
@opened
def use_coupon(request: Request, here: AtLot, held: str, coupon: Typed = "") -> Response:
    house: House = request.app.state.house
    there, view = driving.passed(house, here, held)
    try:
        driving.use_coupon(house, here, there, coupon, address_of(request))
    except Refused as refused:
        return _stay_page(request, here, held, view, refused, coupon=coupon)
    return RedirectResponse(driving.stay_path(here.secret, held), 303)


@router.post("/{lot}/stay/{held}/help")
@opened
def call_desk(request: Request, here: AtLot, held: str, reason: Typed = "") -> Response:
    """Somebody who stands at a gate calls the desk."""
    house: House = request.app.state.house
    there, view = driving.passed(house, here, held)
    if view.gate is not None:
        wrong = reason == CallReason.WRONG_SUM.value
        assist.call(house, here.tenant, view.gate, CallReason.WRONG_SUM if wrong else CallReason.HELP, stay=there)
    return shown(request, here, "pay_called.html", back=driving.stay_path(here.secret, held))


@router.post("/{lot}/ahead")
@opened
def ahead(request: Request, here: AtLot, plate: Typed = "", held: Typed = "", hours: Typed = "", until: Typed = "") -> Response:
    """What a later time costs, and what happens to who leaves at another one; nothing is paid yet."""
    house: House = request.app.state.house
    if held:
        there, view = driving.passed(house, here, held)
        shows, back = view.shows, driving.stay_path(here.secret, held)
    else:
        there, shows = driving.owing_plate(house, here, plate, address_of(request)), Shows.SUM
        back = f"/pay/{here.secret}"
    chosen = driving_ahead.after_hours(house, int(hours)) if hours.isdecimal() and len(hours) < 3 else local_time(here, until)
    offer = driving_ahead.quote(house, here, there, shows, chosen)
    return shown(request, here, "pay_ahead.html", offer=offer, held=held, plate=plate, ways=ways(request), back=back)


@router.post("/{lot}/start")
@opened
def begin(
    request: Request,
    here: AtLot,
    provider: Typed = "",
    plate: Typed = "",
    held: Typed = "",
    until: Typed = "",
    by: Typed = "",
) -> Response:
    """Go to the provider: for a stay whose address is held, else for a plate.

    `until`: pay ahead, as it was offered. `by` "code": scan, also inside the provider's own app.
    """
    house: House = request.app.state.house
    later = local_time(here, until) if until else None
    if held:
        there, view = driving.passed(house, here, held)
        shows = view.shows
    else:
        there, shows = driving.owing_plate(house, here, plate, address_of(request)), Shows.SUM
    browser, more = request.headers.get("user-agent", ""), urlencode({"until": later.isoformat()}) if later else ""
    base = base_of(request, house)
    inside = None if by == "code" else driving.inside(house, here, there, shows, provider, browser, base, more)
    if inside is not None:
        return elsewhere(request, here, inside.address, inside.back)
    started, back = driving.start(house, here, there, provider, shows, later)
    return _go(request, here, started, back)


@router.get("/{lot}/stay/{held}/inside/{provider}")
@opened
def pay_inside(
    request: Request, here: AtLot, held: str, provider: str, code: str = "", state: str = "", until: str = ""
) -> Response:
    """Back from the provider's own app, which says who pays: its pay function is called by the page, or a code is shown."""
    house: House = request.app.state.house
    there, view = driving.passed(house, here, held)
    payer = driving.inside_payer(house, here, held, provider, code[:200], state[:100])
    later = local_time(here, until[:LONGEST]) if until else None
    started, back = driving.start(house, here, there, provider, view.shows, later, payer)
    call = started.way.way
    if not isinstance(call, PageCall):
        return _go(request, here, started, back)
    given = {"name": call.name, "arguments": json.dumps(dict(call.arguments)), "money": started.money}
    again = later.isoformat() if later else ""
    return shown(request, here, "pay_inside.html", call=given, held=held, provider=provider, until=again, back=back)


def _go(request: Request, here: Spot, started: StartedPayment, back: str) -> Response:
    house: House = request.app.state.house
    match started.way.way:
        case PayAddress(address) if address.startswith("/"):
            return RedirectResponse(address, 303)
        case PayAddress(address):
            return elsewhere(request, here, address, back)
        case QrText(text):
            return shown(
                request, here, "pay_go.html", address="", code=drawn(text), back=f"{base_of(request, house)}{back}", signs=False
            )
        case _:
            raise OtherBrowser


def elsewhere(request: Request, here: Spot, address: str, back: str, *, signs: bool = False) -> Response:
    """A form of ours may not lead to another site, says the Content-Security-Policy; a page of ours may."""
    page = shown(request, here, "pay_go.html", address=address, code="", back=back, signs=signs)
    page.headers["Refresh"] = f"0; url={address}"
    return page


def _stay_page(
    request: Request, here: Spot, held: str, view: View, refused: Refused | None = None, **context: object
) -> HTMLResponse:
    house: House = request.app.state.house
    there = driving.stay_of(house, here, held) if view.details is not None and view.details.plate else None
    pays_itself = None if there is None else agreeing.of_stay(house, here, there)
    offers = automatic_ways(house) if there is not None and not view.gone and pays_itself is None else []
    automatic = {"pays_itself": pays_itself, "offers": offers}
    return shown(request, here, "pay_stay.html", refused, held=held, view=view, ways=ways(request), **automatic, **context)


def shown(request: Request, here: Spot, template: str, refused: Refused | None = None, /, **context: object) -> HTMLResponse:
    """A page at this lot; `refused` is told beside its form."""
    words = words_of(request)
    told = None if refused is None else tell(words, refused)
    own = {"here": here, "back": f"/pay/{here.secret}", "plate": "", "code": "", "coupon": "", "means": MEANS}

    def local(at: datetime) -> datetime:
        return at.astimezone(zone(here.time_zone))

    soon = local(request.app.state.house.clock.now() + AHEAD).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    later = {"hours": driving_ahead.HOURS, "soon": soon.isoformat(timespec="minutes")}
    frame = {**own, **later, "local": local, "sheet": paysheet.address(), "trouble": told}
    page = render(request, template, status=told.status if told else 200, **{**frame, **context})
    wait = getattr(refused, "wait", None)
    if wait is not None:
        page.headers["Retry-After"] = str(max(1, round(wait.total_seconds())))
    return page


def trouble(request: Request, refused: Refused) -> Response:
    """A refusal as a page of its own. Who did not ask for a page gets the console's answer."""
    here = getattr(request.state, "here", None)
    if here is None or "text/html" not in request.headers.get("accept", "text/html"):
        raise refused
    return shown(request, here, "pay_trouble.html", refused)


def local_time(here: Spot, text: str) -> datetime:
    """A time as the page's field has it, on the lot's own clocks. Raises `WrongTime`."""
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone(here.time_zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        raise WrongTime("not a time") from None


def ways(request: Request) -> list[tuple[str, str]]:
    """The providers that this house has: name and button."""
    house: House = request.app.state.house
    return [(name, text) for name, text in BUTTONS.items() if name in house.providers]


def automatic_ways(house: House) -> list[tuple[str, str]]:
    """The providers that can charge a car by itself: name and how it is called."""
    can = agreeing.ways(house)
    return [(name, MEANS[name]) for name in BUTTONS if name in can]


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def base_of(request: Request, house: House) -> str:
    """How browsers reach us: as it was set, else as this one did."""
    return house.address or str(request.base_url).rstrip("/")
