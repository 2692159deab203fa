"""Hours for whoever reviews them: a month of everybody, one person's month, one day with all that it came from.

Nobody writes into a day here. Each form makes a record of its own (a correction, a confirmation, an approval), and the day
is derived from it again before the page comes back.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.attendance import Direction, Source, WorkDay, month_bounds
from sealgate.domain.attendance_records import AddedMark, Change, RecordState
from sealgate.domain.calendar import zone
from sealgate.domain.errors import Invalid, NotFound, Refused
from sealgate.domain.ids import GroupId, HourRecordId, PersonId
from sealgate.domain.operators import Permission
from sealgate.flows import hours, hours_records, hours_review, hours_rosters, leave, rules
from sealgate.flows.hours_records import marks_of
from sealgate.web.clocks import clock_at, day_of, instant_on, month_of
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import Words, _

router = APIRouter(prefix="/s/{site}/hours")
Text = Annotated[str, Form()]
Several = Annotated[list[str] | None, Form()]


@router.get("")
def review(request: Request, page: AtPage, month: str = "", group: str = "", after: str = "", only: str = "") -> Response:
    asked = month_of(month, today(page))
    chosen = GroupId(_id(group, "group")) if group else None
    behind = PersonId(_id(after, "after")) if after else None
    found = hours_review.review(page.house, page.signed, asked.text, group=chosen, after=behind)
    rows = [row for row in found.rows if row.sums.unsettled] if only == "unsettled" else found.rows
    return render(
        request,
        "hours.html",
        month=asked,
        found=found,
        rows=rows,
        waiting=hours_records.waiting(page.house, page.signed),
        leaves=leave.waiting(page.house, page.signed),
        kinds=kind_names(page),
        group=group,
        only=only,
        after=after,
        groups=rules.groups(page.house, page.signed),
        may_change=page.signed.may(Permission.CHANGE_HOURS),
    )


@router.post("/derive")
def derive(request: Request, page: AtPage, month: Text = "") -> Response:
    done = hours.derive(page.house, page.signed, month_of(month, today(page)).text)
    said = _("Derived again. Nothing had changed.") if not done.changed else _("Derived again. Some days had changed.")
    return redirect(request, f"/s/{page.here.site}/hours?month={done.month}", said=said)


@router.post("/requests/{record}")
def settle(request: Request, page: AtPage, record: UUID, approved: Text = "", answer: Text = "", back: Text = "") -> Response:
    yes = approved == "yes"
    hours_records.settle_correction(page.house, page.signed, HourRecordId(record), approved=yes, answer=answer)
    said = _("Accepted; the day is derived again") if yes else _("Refused; the person can read why")
    return redirect(request, f"/s/{page.here.site}/hours?month={month_of(back, today(page)).text}", said=said)


@router.get("/{person}")
def month(request: Request, page: AtPage, person: UUID, month: str = "") -> Response:
    return render(request, "hours_person.html", **_month(page, PersonId(person), month))


@router.get("/{person}/{day}")
def one_day(request: Request, page: AtPage, person: UUID, day: str) -> Response:
    return render(request, "hours_day.html", **_day(page, PersonId(person), day_of(day, "day")))


@router.post("/{person}/{day}/correct")
def correct(
    request: Request,
    page: AtPage,
    person: UUID,
    day: str,
    came: Text = "",
    left: Text = "",
    taken: Several = None,
    why: Text = "",
) -> Response:
    who, at = PersonId(person), day_of(day, "day")
    try:
        work_day = _work_day(page, who, at)
        change = typed_change(work_day, at, came, left, taken or [])
        hours_records.correct(page.house, page.signed, who, at, change, why)
    except Refused as refused:
        return _refused(request, page, who, at, refused, {"came": came, "left": left, "taken": taken or [], "why": why})
    return redirect(request, _address(page, who, at), said=_("Corrected; the day is derived again"))


@router.post("/{person}/{day}/confirm")
def confirm(request: Request, page: AtPage, person: UUID, day: str, why: Text = "") -> Response:
    who, at = PersonId(person), day_of(day, "day")
    try:
        hours_records.confirm(page.house, page.signed, who, at, why)
    except Refused as refused:
        return _refused(request, page, who, at, refused, {})
    return redirect(request, _address(page, who, at), said=_("Confirmed"))


@router.post("/{person}/{day}/overtime")
def approve_overtime(request: Request, page: AtPage, person: UUID, day: str, minutes: Text = "", why: Text = "") -> Response:
    who, at = PersonId(person), day_of(day, "day")
    try:
        hours_records.approve_overtime(page.house, page.signed, who, at, _minutes(minutes), why)
    except Refused as refused:
        return _refused(request, page, who, at, refused, {})
    return redirect(request, _address(page, who, at), said=_("Overtime settled"))


def typed_change(work_day: WorkDay, at: date, came: str, left: str, taken: list[str]) -> Change:
    """What somebody typed about a day: a time of coming, one of leaving, and marks that are wrong."""
    tz = zone(work_day.zone)
    added = []
    if came.strip():
        added.append(AddedMark(instant_on(at, came, tz, "came"), Direction.IN))
    if left.strip():
        added.append(AddedMark(instant_on(at, left, tz, "left"), Direction.OUT))
    return Change(added=tuple(added), taken=tuple(Source(one[:80]) for one in taken[:40]))


def marks(work_day: WorkDay, words: Words) -> list[tuple[str, str]]:
    """The marks that may be taken away: their source, and how a page names them."""
    tz, known = zone(work_day.zone), set(marks_of(work_day))
    found = []
    for stretch in work_day.presence:
        for source, minute, said in (
            (stretch.came, stretch.begin, _("Came %(time)s")),
            (stretch.left, stretch.end, _("Left %(time)s")),
        ):
            if source in known:
                found.append((str(source), words.gettext(said, time=clock_at(minute, tz))))
    return found


def today(page: Page) -> date:
    return page.local(page.house.clock.now()).date()


def kind_names(page: Page) -> dict[str, str]:
    """What each kind of leave is called in the reader's language."""
    chinese = page.words.language.value.startswith("zh")
    kinds = leave.kinds(page.house, page.signed)
    return {str(kind.kind): kind.name_zh if chinese and kind.name_zh else kind.name for kind in kinds}


def _month(page: Page, person: PersonId, month: str) -> dict[str, Any]:
    asked = month_of(month, today(page))
    first, last = month_bounds(asked.text)
    days = hours.work_days(page.house, page.signed, [person], first, last).get(person, ())
    row = hours_rosters.grid(page.house, page.signed, first, first, people=[person]).rows
    if not row:
        raise NotFound("person")
    totals, caps = hours.month_totals(days, page.house, page.signed) if days else ((), ())
    return {
        "person": person,
        "name": row[0].name,
        "month": asked,
        "by_day": {day.day: day for day in days},
        "totals": totals,
        "caps": caps,
        "sums": hours_review.sums(days),
        "records": hours_records.records_of(page.house, page.signed, [person], first, last),
        "kinds": kind_names(page),
        "today": today(page),
        "clock_at": clock_at,
        "zone": zone,
    }


def _day(page: Page, person: PersonId, at: date, given: dict[str, Any] | None = None) -> dict[str, Any]:
    work_day = _work_day(page, person, at)
    name = hours_rosters.grid(page.house, page.signed, at, at, people=[person]).rows[0].name
    shifts = {row.shift.shift: row.shift.name for row in hours_rosters.shifts(page.house, page.signed)}
    lines = hours_records.records_of(page.house, page.signed, [person], at, at)
    return {
        "person": person,
        "name": name,
        "day": work_day,
        "tz": zone(work_day.zone),
        "shift_names": [shifts.get(one, "") for one in work_day.shifts],
        "marks": marks(work_day, page.words),
        "records": lines,
        "kinds": kind_names(page),
        "overtime": sum(line.minutes for line in work_day.lines if line.figure.value == "overtime"),
        "approved": sum(line.approved for line in work_day.lines),
        "given": given or {"came": "", "left": "", "taken": [], "why": ""},
        "clock_at": clock_at,
        "may_change": page.signed.may(Permission.CHANGE_HOURS),
        "yesterday": at - timedelta(days=1),
        "tomorrow": at + timedelta(days=1),
        "RecordState": RecordState,
    }


def _work_day(page: Page, person: PersonId, at: date) -> WorkDay:
    found = hours.work_days(page.house, page.signed, [person], at, at).get(person, ())
    if not found:
        raise NotFound("person")
    return found[0]


def _refused(request: Request, page: Page, person: PersonId, at: date, refused: Refused, given: dict[str, Any]) -> Response:
    if refused.status in {403, 404}:
        raise refused
    context = _day(page, person, at, {"came": "", "left": "", "taken": [], "why": ""} | given)
    return again(request, "hours_day.html", refused, **context)


def _address(page: Page, person: PersonId, at: date) -> str:
    return f"/s/{page.here.site}/hours/{person}/{at}"


def _minutes(typed: str) -> int:
    hours_typed, _colon, rest = typed.strip().replace("：", ":").partition(":")
    if not hours_typed.isdecimal() or (rest and not (rest.isdecimal() and len(rest) == 2)) or len(hours_typed) > 3:
        raise Invalid("write 1:30", field="minutes")
    return int(hours_typed) * 60 + int(rest or 0)


def _id(typed: str, field: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError as error:
        raise Invalid("choose one", field=field) from error
