"""Leave: who is away in a month, what waits for an answer, and what one person has left."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.attendance import each_day, month_bounds
from sealgate.domain.attendance_facts import LeavePart
from sealgate.domain.attendance_leave import Grant, LeaveState, Service
from sealgate.domain.errors import Invalid, NotFound, Refused
from sealgate.domain.ids import LeaveId, LeaveKindId, PersonId
from sealgate.domain.operators import Permission
from sealgate.flows import hours_rosters, leave
from sealgate.flows.leave import NewLeave
from sealgate.web.clocks import day_of, minutes_of, month_of
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.hours import kind_names, today
from sealgate.web.i18n import _

router = APIRouter(prefix="/s/{site}/leave")
Text = Annotated[str, Form()]


@router.get("")
def calendar(request: Request, page: AtPage, month: str = "") -> Response:
    return render(request, "leave.html", **_calendar(page, month))


@router.post("/requests/{number}")
def settle(request: Request, page: AtPage, number: UUID, approved: Text = "", answer: Text = "", month: Text = "") -> Response:
    yes = approved == "yes"
    leave.settle(page.house, page.signed, LeaveId(number), approved=yes, answer=answer)
    said = _("Leave approved") if yes else _("Leave refused; the person can read why")
    return redirect(request, f"/s/{page.here.site}/leave?month={month_of(month, today(page)).text}", said=said)


@router.post("/requests/{number}/revoke")
def revoke(request: Request, page: AtPage, number: UUID, why: Text = "", person: Text = "") -> Response:
    leave.revoke(page.house, page.signed, LeaveId(number), why)
    return redirect(request, f"/s/{page.here.site}/leave/{_id(person)}", said=_("Leave taken back"))


@router.get("/{person}")
def one_person(request: Request, page: AtPage, person: UUID) -> Response:
    return render(request, "leave_person.html", **_book(page, PersonId(person)))


@router.post("/{person}")
def ask_for(
    request: Request,
    page: AtPage,
    person: UUID,
    kind: Text = "",
    first: Text = "",
    last: Text = "",
    part: Text = LeavePart.WHOLE.value,
    span: Text = "",
    why: Text = "",
) -> Response:
    who = PersonId(person)
    given = {"kind": kind, "first": first, "last": last, "part": part, "span": span, "why": why}
    try:
        leave.ask_for(page.house, page.signed, who, typed_leave(given))
    except Refused as refused:
        return _refused(request, page, who, refused, given)
    return redirect(request, f"/s/{page.here.site}/leave/{person}", said=_("Asked for; it waits for an answer"))


@router.post("/{person}/service")
def set_service(
    request: Request, page: AtPage, person: UUID, joined: Text = "", working_since: Text = "", left: Text = ""
) -> Response:
    who = PersonId(person)
    try:
        since = day_of(joined, "joined")
        at_all = day_of(working_since, "working_since") if working_since else since
        service = Service(since, at_all, day_of(left, "left") if left else None)
        leave.set_service(page.house, page.signed, who, service)
    except Refused as refused:
        return _refused(request, page, who, refused, {})
    return redirect(request, f"/s/{page.here.site}/leave/{person}", said=_("Saved"))


@router.post("/{person}/grant")
def grant(
    request: Request, page: AtPage, person: UUID, kind: Text = "", day: Text = "", hours: Text = "", why: Text = ""
) -> Response:
    who = PersonId(person)
    try:
        given = Grant(LeaveKindId(kind[:40]), day_of(day, "day"), minutes_of(hours, "hours"), why)
        leave.grant(page.house, page.signed, who, given)
    except Refused as refused:
        return _refused(request, page, who, refused, {})
    return redirect(request, f"/s/{page.here.site}/leave/{person}", said=_("Given"))


def typed_leave(given: dict[str, str]) -> NewLeave:
    """What somebody typed into a form of leave. Raises `Invalid`."""
    try:
        part = LeavePart(given["part"])
    except ValueError as error:
        raise Invalid("choose one", field="part") from error
    first = day_of(given["first"], "first")
    last = day_of(given["last"], "last") if given["last"] else first
    span = given["span"].replace("：", ":").replace("–", "-").replace(" ", "")[:20] if part is LeavePart.HOURS else ""
    return NewLeave(LeaveKindId(given["kind"][:40]), first, last, given["why"][:300], part, span)


NOTHING = {"kind": "", "first": "", "last": "", "part": LeavePart.WHOLE.value, "span": "", "why": ""}


def _calendar(page: Page, month: str) -> dict[str, Any]:
    asked = month_of(month, today(page))
    first, last = month_bounds(asked.text)
    lines = leave.calendar(page.house, page.signed, first, last)
    return {
        "month": asked,
        "days": list(each_day(first, last)),
        "rows": sorted({(line.leave.person, line.name) for line in lines}, key=lambda row: row[1]),
        "away": {
            (line.leave.person, day): line
            for line in lines
            for day in each_day(max(first, line.leave.first), min(last, line.leave.last))
        },
        "waiting": leave.waiting(page.house, page.signed),
        "kinds": kind_names(page),
        "today": today(page),
        "may_change": page.signed.may(Permission.CHANGE_HOURS),
    }


def _book(page: Page, person: PersonId, given: dict[str, str] | None = None) -> dict[str, Any]:
    at = today(page)
    rows = hours_rosters.grid(page.house, page.signed, at, at, people=[person]).rows
    if not rows:
        raise NotFound("person")
    return {
        "person": person,
        "name": rows[0].name,
        "book": leave.book_of(page.house, page.signed, person, at),
        "kinds": kind_names(page),
        "in_use": [kind for kind in leave.kinds(page.house, page.signed) if kind.in_use],
        "parts": list(LeavePart),
        "LeaveState": LeaveState,
        "given": given or NOTHING,
        "today": at,
        "may_change": page.signed.may(Permission.CHANGE_HOURS),
    }


def _refused(request: Request, page: Page, person: PersonId, refused: Refused, given: dict[str, str]) -> Response:
    if refused.status in {403, 404}:
        raise refused
    return again(request, "leave_person.html", refused, **_book(page, person, NOTHING | given))


def _id(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError as error:
        raise Invalid("choose one", field="person") from error
