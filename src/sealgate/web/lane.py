"""The lane's screen: what the driver owes and the code to pay with, a ticket where no plate can be read, and a help button.

Known by a secret like the kiosk's. The surprising thing: its microphone is shut until somebody at the desk has taken the
call, and shut again when the call is over; nothing of the voice passes through us. A box's lanes have the same screen, from the
box itself (`app.state.box`): nobody speaks there, and its codes lead to the centre.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from sealgate.domain.people import BadCode
from sealgate.flows import assist, lane
from sealgate.flows.edge_ways import AtBox
from sealgate.flows.kit import House
from sealgate.flows.lane import LaneGate, Screen, Shown
from sealgate.flows.pricing import prices
from sealgate.web import voice
from sealgate.web.frame import environment, render
from sealgate.web.hearing import LOST, Ears
from sealgate.web.i18n import Words, _, words_of
from sealgate.web.kiosk import A_YEAR, TOLD, NoKiosk
from sealgate.web.live import said
from sealgate.web.sessions import opened
from sealgate.web.voice import Side

router = APIRouter(prefix="/lane")
LOOKS = 1.0
"""Seconds between two looks of a box's screen."""

TOPICS = ("passage", "stay", "lot", "call", "payment", voice.TOPIC)
COME_ON: Mapping[bool, str] = {True: _("Come in. Drive up until your plate is read."), False: _("Drive up to the barrier.")}


@router.get("/stream")
@opened
async def stream(request: Request) -> Response:
    """The screen as it changes, and what the desk says to the voice of this page."""
    here = await run_in_threadpool(at_lane, request)
    secret, box = request.cookies.get(cookie(request), ""), _box(request)
    base = await run_in_threadpool(_base, request, here)
    if box is None:
        events = _events(_house(request), here, words_of(request), base, secret)
    else:
        events = _looked_at(_house(request), here, words_of(request), base, secret, box)
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.get("/{secret}")
@opened
def begin(request: Request, secret: str) -> Response:
    """The link from the gate's page. The secret leaves the address at once and stays in a cookie that no script reads."""
    if lane.lane_gate(_house(request), secret) is None:
        return render(request, "kiosk_closed.html", status=404)
    response = RedirectResponse("/lane", 303)
    secure = request.url.scheme == "https"
    response.set_cookie(cookie(request), secret, max_age=A_YEAR, path="/lane", secure=secure, httponly=True, samesite="lax")
    return response


@router.get("")
@opened
def screen(request: Request) -> Response:
    try:
        here = at_lane(request)
    except NoKiosk:
        return render(request, "kiosk_closed.html", status=401)
    return _screen(request, here)


@router.post("/help")
@opened
def press_help(request: Request) -> Response:
    lane.press_help(_house(request), at_lane(request))
    return RedirectResponse("/lane", 303)


@router.post("/ticket")
@opened
def draw_ticket(request: Request) -> Response:
    """A car without a readable plate comes in by a ticket: its code is on this screen, once."""
    here = at_lane(request)
    path = lane.draw_ticket(_house(request), here, _box(request))
    return _screen(request, here, ticket=f"{_base(request, here)}{path}" if path else "")


@router.post("/code")
@opened
def show_code(request: Request, value: Annotated[str, Form(max_length=600)] = "") -> Response:
    """A ticket, a card or a code, as the scanner at the lane types it. What is none of them changes nothing on the screen."""
    here = at_lane(request)
    with suppress(BadCode):
        lane.show_code(_house(request), here, value, prices(_house(request), here.tenant), _box(request))
    return RedirectResponse("/lane", 303)


@router.post("/voice")
@opened
async def speak(request: Request) -> Response:
    """One word of this screen's voice to whoever has the call at this lane; nobody, and it is lost."""
    here = await run_in_threadpool(at_lane, request)
    signal = voice.read_signal(await voice.body_of(request))
    held = await run_in_threadpool(assist.holder_at, _house(request), here.tenant, here.gate)
    if held is not None:
        voice.pass_on(_house(request), here.tenant, held[0], Side.DESK, signal)
    return Response(status_code=204)


def at_lane(request: Request) -> LaneGate:
    """The lane of the screen that asks. Raises `NoKiosk`."""
    secret = request.cookies.get(cookie(request), "")
    here = lane.lane_gate(_house(request), secret) if secret else None
    if here is None:
        raise NoKiosk
    return here


def cookie(request: Request) -> str:
    return "__Secure-sealgate-lane" if request.url.scheme == "https" else "sealgate-lane"


def qr(text: str) -> str:
    """The code as an image that stands in the page."""
    return str(segno.make(text, error="m", micro=False).svg_data_uri(scale=8, border=2))


def _screen(request: Request, here: LaneGate, *, ticket: str = "") -> Response:
    box = _box(request)
    seen = lane.screen(_house(request), here, prices(_house(request), here.tenant), box)
    context = _context(here, seen, _base(request, here), ticket, box)
    response = render(request, "lane.html", **context, ice=voice.ice_of(_house(request)))
    if box is None:
        response.headers.update(voice.MICROPHONE)
    return response


def _context(here: LaneGate, seen: Screen, base: str, ticket: str = "", box: AtBox | None = None) -> dict[str, Any]:
    address = f"{base}{seen.pay}" if seen.pay else ""
    return {
        "lane": here,
        "screen": seen,
        "come_on": COME_ON[here.enters],
        "why": TOLD.get(seen.reason, "") if seen.shown is Shown.REFUSED and seen.reason else "",
        "address": address,
        "pay_code": qr(address) if address else "",
        "ticket": ticket,
        "ticket_code": qr(ticket) if ticket else "",
        "of_box": box is not None,
        "cut_off": box is not None and box.cut_off(),
    }


def _base(request: Request, here: LaneGate) -> str:
    box = _box(request)
    if box is not None:
        return box.base(_house(request), here.tenant)
    return _house(request).address or str(request.base_url).rstrip("/")


def _box(request: Request) -> AtBox | None:
    box: AtBox | None = getattr(request.app.state, "box", None)
    return box


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


async def _events(house: House, here: LaneGate, words: Words, base: str, secret: str) -> AsyncIterator[str]:
    with Ears(house.bus, here.tenant, TOPICS) as ears:
        yield "retry: 1000\n\n" + await run_in_threadpool(_drawn, house, here, words, base)
        while True:
            heard = await ears.heard()
            if any(topic == LOST for topic, _ in heard) or await run_in_threadpool(lane.lane_gate, house, secret) is None:
                break
            if any(topic != voice.TOPIC for topic, _ in heard):
                yield await run_in_threadpool(_drawn, house, here, words, base)
            for topic, message in heard:
                if topic == voice.TOPIC and await run_in_threadpool(_is_for, house, here, message):
                    yield said("voice", json.dumps(message["signal"]))
            yield ": \n\n"
    yield said("over", "")


async def _looked_at(house: House, here: LaneGate, words: Words, base: str, secret: str, box: AtBox) -> AsyncIterator[str]:
    """At a box: nothing is published there, for what it writes waits for the centre; so its own store is looked at."""
    shown = ""
    yield "retry: 1000\n\n"
    while await run_in_threadpool(lane.lane_gate, house, secret) is not None:
        drawn = await run_in_threadpool(_drawn, house, here, words, base, box)
        yield ": \n\n" if drawn == shown else drawn
        shown = drawn
        await asyncio.sleep(LOOKS)
    yield said("over", "")


def _is_for(house: House, here: LaneGate, message: dict[str, Any]) -> bool:
    """Whether the desk says it to this lane: whoever has its call now."""
    held = assist.holder_at(house, here.tenant, here.gate)
    return held is not None and voice.meant_for(message, Side.LANE, held[0])


def _drawn(house: House, here: LaneGate, words: Words, base: str, box: AtBox | None = None) -> str:
    seen = lane.screen(house, here, prices(house, here.tenant), box)
    template = environment(words.language).get_template("lane_panel.html")
    return said("screen", template.render(page=None, **_context(here, seen, base, box=box)))
