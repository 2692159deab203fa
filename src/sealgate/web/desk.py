"""The desk far away: one page for staff who watch many lots. The queue, one call with its pictures and bill, the decisions.

The surprising thing: whether two attendants want one call is never asked of this page. It posts, and whoever was second gets
the page back with who was first and when. The stream only tells that something changed; what changed is read anew.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sealgate.domain.desk import Act
from sealgate.domain.errors import Refused
from sealgate.domain.ids import CallId, StayId
from sealgate.domain.money import Money
from sealgate.domain.operators import Permission
from sealgate.flows import assist, assist_acts, assist_look, paying, signin
from sealgate.flows.assist import CallTaken, QueueLine
from sealgate.flows.assist_acts import Decided, Decision
from sealgate.flows.assist_look import CallView
from sealgate.flows.kit import House
from sealgate.flows.paying import ByHand
from sealgate.flows.pricing import prices
from sealgate.ports import LatchAnswer
from sealgate.web import voice
from sealgate.web.frame import AtPage, Page, environment, redirect, render
from sealgate.web.hearing import LOST, Ears
from sealgate.web.i18n import _
from sealgate.web.live import said
from sealgate.web.report_sheets import provider_said
from sealgate.web.sessions import cookie_name
from sealgate.web.stays import link_shown
from sealgate.web.telling import Told, tell
from sealgate.web.voice import Side

router = APIRouter(prefix="/desk")
Text = Annotated[str, Form(max_length=1000)]
TOPICS = ("call", "stay", voice.TOPIC)
FIELDS = {Act.PLATE: "plate", Act.REDUCE: "share", Act.DESCRIBE: "vehicle", Act.POINTS: "points"}
"""The dialog that a refused decision opens again: by its field, and for all others the words."""

DONE: Mapping[Act, str] = {
    Act.SAME_CAR: _("It is the same car. The bill is below."),
    Act.ANOTHER_CAR: _("Noted: another car"),
    Act.PLATE: _("The plate is noted"),
    Act.SEND_BILL: _("The bill is on the lane’s screen"),
    Act.OPEN: _("Opened by hand. Your words are in the journal."),
    Act.CHARGE_LATER: _("Opened by hand. The bill stays due."),
    Act.WAIVE: _("Waived and opened by hand. Your words are in the journal."),
    Act.REDUCE: _("Reduced. The new sum is on the lane’s screen."),
    Act.LOST_TICKET: _("The ticket is lost. Its price is on the lane’s screen."),
    Act.DESCRIBE: _("Noted. The bill below goes by it."),
    Act.POINTS: _("The points are on the bill below"),
    Act.NOT_OPEN: _("Not opened. The call is done."),
    Act.BLOCK: _("Done. The journal has it."),
    Act.MAINTENANCE: _("Maintenance is called"),
}
TAKEN = _("Taken, and in the books. The barrier opens if the car waits to pay.")
DEAF = _("The barrier does not answer. It is recorded as opened; call maintenance.")


def at_call(page: AtPage, call: UUID) -> Page:
    """The page at the site of the call: there its operator has to be at the desk."""
    return replace(page, signed=assist.at_call(page.house, page.signed, CallId(call)))


AtCall = Annotated[Page, Depends(at_call)]


@router.get("")
def desk(request: Request, page: AtPage) -> Response:
    return _desk(request, page)


@router.get("/stream")
async def stream(request: Request, page: AtPage, call: UUID | None = None) -> Response:
    """Says when the queue or this call changed, and what the lane says to the voice of this page."""
    token = request.cookies.get(cookie_name(request), "")
    if call:
        await run_in_threadpool(assist.at_call, page.house, page.signed, CallId(call))
    events = _events(page, token, CallId(call) if call else None)
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.get("/pictures/{ticket}")
def entry_picture(page: AtPage, ticket: str) -> Response:
    return _jpeg(assist_look.picture_of_entry(page.house, page.signed, ticket))


@router.get("/calls/{call}")
def one_call(request: Request, page: AtCall, call: UUID) -> Response:
    try:
        return _call(request, page, assist.line(page.house, page.signed, CallId(call)))
    except CallTaken as first:
        return _told_who(request, page, first)


@router.post("/calls/{call}/take")
def take(request: Request, page: AtCall, call: UUID) -> Response:
    try:
        assist.take(page.house, page.signed, CallId(call))
    except CallTaken as first:
        return _told_who(request, page, first)
    return redirect(request, f"/desk/calls/{call}")


@router.post("/calls/{call}/hand-over")
def hand_over(request: Request, page: AtCall, call: UUID) -> Response:
    try:
        assist.hand_over(page.house, page.signed, CallId(call))
    except CallTaken as first:
        return _told_who(request, page, first)
    return redirect(request, "/desk", _("Handed over: it waits in the queue again"))


@router.post("/calls/{call}/entry")
def view_entry(request: Request, page: AtCall, call: UUID, stay: Annotated[UUID, Form()]) -> Response:
    """The entry's picture for sixty seconds. Without a script the page comes back with it and seals it by itself."""
    ticket = assist_look.ask_entry(page.house, page.signed, CallId(call), StayId(stay))
    view = _view(page, CallId(call))
    if "hx-request" in request.headers:
        return render(request, "desk_entry.html", call=view, entry=f"/desk/pictures/{ticket}", now=_now(page, view.line))
    response = _call(request, page, view.line, entry=f"/desk/pictures/{ticket}")
    response.headers["Refresh"] = f"60; url=/desk/calls/{call}"
    return response


@router.get("/calls/{call}/entry")
def sealed_entry(request: Request, page: AtCall, call: UUID) -> Response:
    view = _view(page, CallId(call))
    return render(request, "desk_entry.html", call=view, entry="", now=_now(page, view.line))


@router.get("/calls/{call}/lane.jpg")
def lane_now(page: AtCall, call: UUID, at: Annotated[str, Query(max_length=40)] = "") -> Response:
    """`at`: the page asks again, for what its camera sees now and nothing older."""
    return _jpeg(assist_look.picture_at_gate(page.house, page.signed, CallId(call), live=bool(at)))


@router.post("/calls/{call}/voice")
async def speak(request: Request, page: AtCall, call: UUID) -> Response:
    """One word of this page's voice to the lane's, for whoever has the call."""
    signal = voice.read_signal(await voice.body_of(request))
    await run_in_threadpool(assist.gate_of_mine, page.house, page.signed, CallId(call))
    voice.pass_on(page.house, page.signed.tenant, CallId(call), Side.LANE, signal)
    return Response(status_code=204)


@router.post("/calls/{call}/link")
def pay_link(request: Request, page: AtCall, call: UUID) -> Response:
    """The call comes back with a link for its driver."""
    try:
        view = _view(page, CallId(call))
    except CallTaken as first:
        return _told_who(request, page, first)
    if view.chosen is None:
        return _again(request, page, CallId(call), None, assist_acts.StayUnknown("the car is not known yet"))
    return _call(request, page, view.line, link=link_shown(request, page, view.line.site, view.chosen.stay))


@router.post("/calls/{call}/taken")
def taken(
    request: Request,
    page: AtCall,
    call: UUID,
    means: Annotated[ByHand, Form()],
    minor: Annotated[int, Form(ge=0, le=10**12)],
    currency: Annotated[str, Form(max_length=3)],
) -> Response:
    """Somebody at the lane took what is due, in cash or otherwise; a car that waits to pay goes."""
    try:
        view = _view(page, CallId(call))
        if view.chosen is None:
            raise assist_acts.StayUnknown("the car is not known yet")
        paying.cash(page.house, page.signed, view.chosen.stay, Money(minor, currency), means)
    except CallTaken as first:
        return _told_who(request, page, first)
    except Refused as refused:
        if refused.status not in {409, 422}:
            raise
        return _again(request, page, CallId(call), None, refused)
    return redirect(request, "/desk", TAKEN)


@router.post("/calls/{call}/{act}")
def decide(
    request: Request,
    page: AtCall,
    call: UUID,
    act: Act,
    why: Text = "",
    plate: Annotated[str, Form(max_length=100)] = "",
    share: Annotated[str, Form(max_length=5)] = "",
    vehicle: Annotated[str, Form(max_length=100)] = "",
    area: Annotated[str, Form(max_length=100)] = "",
    points: Annotated[str, Form(max_length=9)] = "",
    stay: UUID | None = None,
) -> Response:
    named = StayId(stay) if stay else None
    given = Decision(act, why, plate, _figure(share), named, vehicle, area, _figure(points))
    try:
        decided = assist_acts.decide(page.house, page.signed, CallId(call), given, prices(page.house, page.signed.tenant))
    except CallTaken as first:
        return _told_who(request, page, first)
    except Refused as refused:
        if refused.status not in {409, 422}:
            raise
        return _again(request, page, CallId(call), given, refused)
    return redirect(request, "/desk" if decided.ends else f"/desk/calls/{call}", _toast(act, decided))


def _figure(typed: str) -> int:
    return int(typed) if typed.isdecimal() else 0


def _toast(act: Act, decided: Decided) -> str:
    return DEAF if decided.opens and decided.latch is not LatchAnswer.ACCEPTED else DONE[act]


def _desk(request: Request, page: Page, *, status: int = 200, told: str = "", **more: Any) -> Response:
    shown = {"line": None, "call": None, "entry": "", "trouble": None, "failed": None, "given": None, "tz": None, "link": None}
    queue = assist.queue(page.house, page.signed)
    context = {**shown, **more, "queue": queue, "told": told, "ice": voice.ice_of(page.house), "Act": Act}
    context["takes"] = [(means, provider_said(page.words, means)) for means in ByHand]
    response = render(request, "desk.html", status=status, **context)
    response.headers.update(voice.MICROPHONE)
    return response


def _call(request: Request, page: Page, line: QueueLine, *, entry: str = "", **more: Any) -> Response:
    mine = line.holder == page.signed.operator
    view = _view(page, line.call) if mine else None
    return _desk(request, page, line=line, call=view, entry=entry, now=_now(page, line), **more)


def _again(request: Request, page: Page, call: CallId, given: Decision | None, refused: Refused) -> Response:
    """The same call, with what was typed and why it was refused. `given` None: money that was taken by hand."""
    told = tell(page.words, refused)
    at = Told(told.status, told.code, told.message, told.hint, FIELDS.get(given.act, "why") if given else "")
    line = assist.line(page.house, page.signed, call)
    return _call(request, page, line, status=told.status, trouble=at, failed=given.act if given else "taken", given=given)


def _told_who(request: Request, page: Page, first: CallTaken) -> Response:
    """The desk, with who was first."""
    with page.house.store.read(page.signed.tenant) as db:
        name = signin.operator_names(page.house, db).get(str(first.by), "")
    at = page.words.clock(first.at.astimezone(page.tz if page.site else None))[:5]
    if not name:
        told = page.words.gettext(_("This call answered itself at %(time)s. Nothing was changed."), time=at)
    elif first.decided:
        told = page.words.gettext(_("%(name)s decided this call at %(time)s. Nothing was changed."), name=name, time=at)
    else:
        told = page.words.gettext(_("%(name)s has had this call since %(time)s. Nothing was changed."), name=name, time=at)
    return _desk(request, page, status=first.status, told=told)


def _view(page: Page, call: CallId) -> CallView:
    return assist_look.look(page.house, page.signed, call, prices(page.house, page.signed.tenant))


def _now(page: Page, line: QueueLine) -> Any:
    return page.house.clock.now().astimezone(line.at.tzinfo)


def _jpeg(jpeg: bytes) -> Response:
    """To be shown, not kept."""
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store", "Content-Disposition": "inline"})


async def _events(page: Page, token: str, call: CallId | None) -> AsyncIterator[str]:
    with Ears(page.house.bus, page.signed.tenant, TOPICS) as ears:
        yield "retry: 1000\n\n" + await run_in_threadpool(_queue_drawn, page)
        while True:
            heard = await ears.heard()
            if not await run_in_threadpool(_still_welcome, page.house, token):
                break
            topics = {topic for topic, _ in heard}
            if LOST in topics:
                break
            for _topic, message in heard:
                if voice.meant_for(message, Side.DESK, call):
                    yield said("voice", json.dumps(message["signal"]))
            if "call" in topics:
                yield await run_in_threadpool(_queue_drawn, page)
            if "stay" in topics or any(message.get("call") == str(call) for topic, message in heard if topic == "call"):
                yield said("changed", "")
            yield ": \n\n"
    yield said("over", "")


def _queue_drawn(page: Page) -> str:
    queue = assist.queue(page.house, page.signed)
    template = environment(page.words.language).get_template("desk_queue.html")
    return said("queue", template.render(page=page, queue=queue, line=None))


def _still_welcome(house: House, token: str) -> bool:
    signed = signin.who_is(house, token)
    return signed is not None and signed.sites_with(Permission.DESK) != frozenset()
