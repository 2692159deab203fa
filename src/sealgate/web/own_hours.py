"""One's own hours and leave: each sees their own, asks for a correction, asks for leave."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.attendance import WorkDay, month_bounds
from sealgate.domain.attendance_facts import LeavePart
from sealgate.domain.attendance_leave import LeaveState
from sealgate.domain.attendance_records import RecordState
from sealgate.domain.calendar import zone
from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import HourRecordId, LeaveId
from sealgate.flows import hours, hours_records, hours_review, leave
from sealgate.web.clocks import clock_at, day_of, month_of
from sealgate.web.frame import redirect, tell
from sealgate.web.hours import marks, typed_change
from sealgate.web.i18n import _
from sealgate.web.leave import NOTHING, typed_leave
from sealgate.web.own import TABS, AtMine, Mine, Tab, own_page
from sealgate.web.sessions import for_persons

router = APIRouter(prefix="/my")
Text = Annotated[str, Form()]
Several = Annotated[list[str] | None, Form()]
TABS += [Tab(_("My hours"), "/my/hours"), Tab(_("My leave"), "/my/leave")]


@router.get("/hours")
@for_persons
def month(request: Request, mine: AtMine, month: str = "") -> Response:
    asked = month_of(month, _today(mine))
    first, last = month_bounds(asked.text)
    days = hours.own_days(mine.house, mine.own.tenant, mine.own.person, first, last)
    records = hours_records.own_records(mine.house, mine.own.tenant, mine.own.person, first, last)
    return own_page(
        request,
        mine,
        "own_hours.html",
        month=asked,
        by_day={day.day: day for day in days},
        sums=hours_review.sums(days),
        records=records,
        today=_today(mine),
        clock_at=clock_at,
        zone=zone,
        RecordState=RecordState,
    )


@router.get("/hours/{day}")
@for_persons
def one_day(request: Request, mine: AtMine, day: str) -> Response:
    return own_page(request, mine, "own_day.html", **_day(mine, day_of(day, "day")))


@router.post("/hours/{day}")
@for_persons
def ask(
    request: Request,
    mine: AtMine,
    day: str,
    came: Text = "",
    left: Text = "",
    taken: Several = None,
    why: Text = "",
) -> Response:
    at, own = day_of(day, "day"), mine.own
    try:
        change = typed_change(_work_day(mine, at), at, came, left, taken or [])
        hours_records.ask_correction(mine.house, own.tenant, own.person, at, change, why)
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        given = {"came": came, "left": left, "taken": taken or [], "why": why}
        told = tell(mine.words, refused)
        return own_page(request, mine, "own_day.html", status=told.status, **_day(mine, at, given), trouble=told)
    return redirect(request, f"/my/hours?month={at:%Y-%m}", said=_("Asked. You will read the answer here."))


@router.post("/hours/requests/{record}/withdraw")
@for_persons
def withdraw(request: Request, mine: AtMine, record: UUID) -> Response:
    hours_records.withdraw_correction(mine.house, mine.own.tenant, mine.own.person, HourRecordId(record))
    return redirect(request, "/my/hours", said=_("Taken back"))


@router.get("/leave")
@for_persons
def my_leave(request: Request, mine: AtMine) -> Response:
    return own_page(request, mine, "own_leave.html", **_book(mine))


@router.post("/leave")
@for_persons
def ask_leave(
    request: Request,
    mine: AtMine,
    kind: Text = "",
    first: Text = "",
    last: Text = "",
    part: Text = LeavePart.WHOLE.value,
    span: Text = "",
    why: Text = "",
) -> Response:
    given = {"kind": kind, "first": first, "last": last, "part": part, "span": span, "why": why}
    try:
        leave.ask(mine.house, mine.own.tenant, mine.own.person, typed_leave(given))
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        told = tell(mine.words, refused)
        return own_page(request, mine, "own_leave.html", status=told.status, **_book(mine, given), trouble=told)
    return redirect(request, "/my/leave", said=_("Asked. You will read the answer here."))


@router.post("/leave/{number}/withdraw")
@for_persons
def withdraw_leave(request: Request, mine: AtMine, number: UUID) -> Response:
    leave.withdraw(mine.house, mine.own.tenant, mine.own.person, LeaveId(number))
    return redirect(request, "/my/leave", said=_("Taken back"))


def _day(mine: Mine, at: date, given: dict[str, Any] | None = None) -> dict[str, Any]:
    day = _work_day(mine, at)
    return {
        "day": day,
        "tz": zone(day.zone),
        "marks": marks(day, mine.words),
        "given": given or {"came": "", "left": "", "taken": [], "why": ""},
        "clock_at": clock_at,
    }


def _work_day(mine: Mine, at: date) -> WorkDay:
    found = hours.own_days(mine.house, mine.own.tenant, mine.own.person, at, at)
    if not found:
        raise NotFound("day")
    return found[0]


def _book(mine: Mine, given: dict[str, str] | None = None) -> dict[str, Any]:
    chinese = mine.words.language.value.startswith("zh")
    kinds = leave.kinds_in_use(mine.house, mine.own.tenant)
    return {
        "book": leave.own_book(mine.house, mine.own.tenant, mine.own.person, _today(mine)),
        "kinds": {str(kind.kind): kind.name_zh if chinese and kind.name_zh else kind.name for kind in kinds},
        "parts": list(LeavePart),
        "given": given or NOTHING,
        "today": _today(mine),
        "LeaveState": LeaveState,
    }


def _today(mine: Mine) -> date:
    return mine.house.clock.now().astimezone(mine.tz).date()
