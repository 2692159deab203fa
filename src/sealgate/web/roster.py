"""The roster: a week of shifts by person, changed cell by cell with a form, the keyboard or the mouse; patterns and shifts.

The surprising thing: whatever moves a shift on the grid sends the same form as the page without script; the script only fills
it in. A change is one or two cells, so that what one sees is what was written.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.attendance_rosters import DayShifts, Pattern
from sealgate.domain.attendance_rules import STANDARD
from sealgate.domain.attendance_shifts import Shift, in_force, shift_document
from sealgate.domain.errors import Invalid, NotFound, Refused
from sealgate.domain.ids import GroupId, PersonId, RosterId, ShiftId
from sealgate.domain.operators import Permission
from sealgate.flows import hours_review, hours_rosters, leave, rules
from sealgate.flows.hours_rosters import NewPattern, RosterPage
from sealgate.web.clocks import DAY, WEEK, day_of, week_of
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _

router = APIRouter(prefix="/s/{site}/roster")
Text = Annotated[str, Form()]
Several = Annotated[list[str] | None, Form()]
MOST_WEEKS = 8


@router.get("")
def roster(request: Request, page: AtPage, week: str = "", group: str = "", after: str = "") -> Response:
    return render(request, "roster.html", **_grid(page, week, group, after))


@router.post("")
def put(
    request: Request,
    page: AtPage,
    person: Text = "",
    day: Text = "",
    shifts: Several = None,
    from_person: Text = "",
    from_day: Text = "",
    back: Text = "",
    group: Text = "",
    after: Text = "",
) -> Response:
    """One cell gets these shifts, none for a day off; with `from_…` the cell they came from is emptied."""
    at, who = day_of(day, "day"), PersonId(_id(person, "person"))
    chosen = tuple(ShiftId(_id(one, "shifts")) for one in (shifts or []) if one)
    hours_rosters.assign(page.house, page.signed, [who], [at], chosen, page.here.site)
    if from_person and (from_person, from_day) != (person, day):
        other, then = PersonId(_id(from_person, "from_person")), day_of(from_day, "from_day")
        hours_rosters.assign(page.house, page.signed, [other], [then], (), page.here.site)
    return redirect(request, f"{_back(page, back or str(at), group, after)}#c-{who}-{at}")


@router.post("/clear")
def clear(request: Request, page: AtPage, person: Text = "", day: Text = "", group: Text = "", after: Text = "") -> Response:
    at, who = day_of(day, "day"), PersonId(_id(person, "person"))
    hours_rosters.clear(page.house, page.signed, [who], at, at)
    return redirect(
        request, f"{_back(page, str(at), group, after)}#c-{who}-{at}", said=_("The pattern holds again on this day")
    )


@router.get("/cell")
def cell(request: Request, page: AtPage, person: str, day: str, group: str = "", after: str = "") -> Response:
    page.signed.need(Permission.CHANGE_HOURS)
    at, who = day_of(day, "day"), PersonId(_id(person, "person"))
    found = hours_rosters.grid(page.house, page.signed, at, at, people=[who])
    if not found.rows:
        raise NotFound("person")
    return render(
        request,
        "roster_cell.html",
        name=found.rows[0].name,
        cell=found.rows[0].cells[0],
        shifts=_in_force(found.shifts, at),
        back=_back(page, day, group, after),
        group=group,
        after=after,
    )


@router.get("/shifts")
def shifts(request: Request, page: AtPage) -> Response:
    return render(request, "roster_shifts.html", lines=_shift_lines(page))


@router.get("/shifts/new")
def ask_shift(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.HOUR_RULES)
    return render(request, "roster_shift.html", given=_NOTHING | {"since": str(_today(page))}, shift=None)


@router.get("/shifts/{shift}")
def ask_change(request: Request, page: AtPage, shift: UUID) -> Response:
    page.signed.need(Permission.HOUR_RULES)
    return render(request, "roster_shift.html", given=_form_of(page, shift), shift=shift)


@router.post("/shifts/{shift}")
@router.post("/shifts/new")
def save_shift(
    request: Request,
    page: AtPage,
    shift: UUID | None = None,
    name: Text = "",
    since: Text = "",
    kind: Text = "fixed",
    spans: Text = "",
    unpaid: Text = "",
    paid: Text = "",
    band: Text = "",
    target: Text = "",
) -> Response:
    typed = (name, since, kind, spans, unpaid, paid, band, target)
    given = dict(zip(("name", "since", "kind", "spans", "unpaid", "paid", "band", "target"), typed, strict=True))
    try:
        begins, document = day_of(since, "since"), _document(given)
        if shift is None:
            hours_rosters.add_shift(page.house, page.signed, name, begins, document)
        else:
            hours_rosters.change_shift(page.house, page.signed, ShiftId(shift), name, begins, document)
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        return again(request, "roster_shift.html", refused, given=given, shift=shift)
    return redirect(request, f"/s/{page.here.site}/roster/shifts", said=_("Saved"))


@router.post("/shifts/{shift}/remove")
def remove_shift(request: Request, page: AtPage, shift: UUID, day: Text = "") -> Response:
    try:
        hours_rosters.remove_shift(page.house, page.signed, ShiftId(shift), day_of(day, "day"))
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        return again(request, "roster_shift.html", refused, given=_form_of(page, shift), shift=shift)
    return redirect(request, f"/s/{page.here.site}/roster/shifts", said=_("The shift ends"))


@router.get("/patterns")
def patterns(request: Request, page: AtPage) -> Response:
    today = _today(page)
    lines = hours_review.pattern_lines(page.house, page.signed, today, today + 26 * WEEK)
    return render(request, "roster_patterns.html", lines=lines, today=today, **_choices(page))


@router.get("/patterns/new")
def ask_pattern(request: Request, page: AtPage, weeks: int = 1) -> Response:
    page.signed.need(Permission.CHANGE_HOURS)
    today = _today(page)
    monday = today - today.weekday() * DAY
    given = {"group": "", "since": str(monday), "until": "", "follows": "yes", "rules": STANDARD, "cycle": []}
    return render(request, "roster_pattern.html", given=given, weeks=min(max(weeks, 1), MOST_WEEKS), **_choices(page))


@router.post("/patterns")
def add_pattern(
    request: Request,
    page: AtPage,
    group: Text = "",
    since: Text = "",
    until: Text = "",
    follows: Text = "",
    rule_set: Annotated[str, Form(alias="rules")] = STANDARD,
    cycle: Several = None,
) -> Response:
    typed = (cycle or [])[: 7 * MOST_WEEKS]
    try:
        new = NewPattern(
            site=page.here.site,
            since=day_of(since, "since"),
            until=day_of(until, "until") if until else None,
            group=GroupId(_id(group, "group")),
            cycle=tuple(_day_shifts(one) for one in typed),
            follows_calendar=follows == "yes",
            rules=rule_set,
        )
        hours_rosters.add_pattern(page.house, page.signed, new)
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        given = {"group": group, "since": since, "until": until, "follows": follows, "rules": rule_set, "cycle": typed}
        weeks = max(1, len(typed) // 7)
        return again(request, "roster_pattern.html", refused, given=given, weeks=weeks, **_choices(page))
    return redirect(request, f"/s/{page.here.site}/roster/patterns", said=_("Pattern added"))


@router.post("/patterns/{roster}/end")
def end_pattern(request: Request, page: AtPage, roster: UUID, last: Text = "") -> Response:
    hours_rosters.end_pattern(page.house, page.signed, RosterId(roster), day_of(last, "last"))
    return redirect(request, f"/s/{page.here.site}/roster/patterns", said=_("The pattern ends"))


_NOTHING = {
    "name": "",
    "since": "",
    "kind": "fixed",
    "spans": "",
    "unpaid": "",
    "paid": "",
    "band": "",
    "target": "8:00",
}


def _grid(page: Page, week: str, group: str, after: str) -> dict[str, Any]:
    days = week_of(week, _today(page))
    chosen = GroupId(_id(group, "group")) if group else None
    behind = PersonId(_id(after, "after")) if after else None
    found = hours_rosters.grid(page.house, page.signed, days[0], days[-1], group=chosen, after=behind)
    away = leave.calendar(page.house, page.signed, days[0], days[-1])
    return {
        "grid": found,
        "days": days,
        "today": _today(page),
        "palette": _in_force(found.shifts, days[0]),
        "shift_on": _lookup(found),
        "away": {(line.leave.person, day): line for line in away for day in days if line.leave.first <= day <= line.leave.last},
        "minutes": _minutes(found),
        "group": group,
        "after": after,
        "before_week": str(days[0] - WEEK),
        "after_week": str(days[0] + WEEK),
        "groups": rules.groups(page.house, page.signed),
        "may_change": page.signed.may(Permission.CHANGE_HOURS),
    }


def _lookup(found: RosterPage) -> dict[tuple[ShiftId, date], Shift]:
    """The version of each shift that holds on each day of the grid."""
    by_id: dict[ShiftId, list[Shift]] = {}
    for shift in found.shifts:
        by_id.setdefault(shift.shift, []).append(shift)
    days = {cell.day for row in found.rows for cell in row.cells}
    versions = {(shift, day): in_force(known, day) for shift, known in by_id.items() for day in days}
    return {key: version for key, version in versions.items() if version is not None}


def _minutes(found: RosterPage) -> dict[PersonId, int]:
    """Planned minutes of the week, unpaid breaks taken off."""
    known = _lookup(found)
    sums: dict[PersonId, int] = {}
    for row in found.rows:
        shifts = [known.get((one, cell.day)) for cell in row.cells for one in cell.shifts]
        sums[row.person] = sum(_length(shift) for shift in shifts if shift is not None)
    return sums


def _length(shift: Shift) -> int:
    if shift.band is not None:
        return shift.target
    unpaid = sum(item.span.minutes for item in shift.breaks if not item.paid)
    return sum(one.minutes for one in shift.spans) - unpaid


def _in_force(shifts: tuple[Shift, ...], day: date) -> list[Shift]:
    """One version of each shift, by name: what may be put on a cell."""
    known: dict[ShiftId, list[Shift]] = {}
    for shift in shifts:
        known.setdefault(shift.shift, []).append(shift)
    found = [in_force(versions, day) or min(versions, key=lambda one: one.since) for versions in known.values()]
    return sorted(found, key=lambda shift: (shift.first, shift.name))


def _shift_lines(page: Page) -> list[Shift]:
    today = _today(page)
    lines = hours_rosters.shifts(page.house, page.signed)
    live = tuple(line.shift for line in lines if line.removed_on is None or line.removed_on > today)
    return _in_force(live, today)


def _choices(page: Page) -> dict[str, Any]:
    return {
        "shifts": _shift_lines(page),
        "groups": rules.groups(page.house, page.signed),
        "rule_sets": sorted(hours_rosters.rule_sets(page.house, page.signed)),
        "cycle_name": _cycle_name,
        "may_change": page.signed.may(Permission.CHANGE_HOURS),
    }


def _cycle_name(pattern: Pattern, shifts: list[Shift]) -> list[str]:
    """What each day of the cycle is called, empty for a day off."""
    names = {shift.shift: shift.name for shift in shifts}
    return [" + ".join(names.get(one, "?") for one in day) for day in pattern.cycle]


def _form_of(page: Page, shift: UUID) -> dict[str, str]:
    """The shift as its form shows it, for a change from today on."""
    found = next((line for line in _shift_lines(page) if line.shift == shift), None)
    if found is None:
        raise NotFound("shift")
    return _given_of(found) | {"since": str(_today(page))}


def _given_of(shift: Shift) -> dict[str, str]:
    document = shift_document(shift)
    breaks = document.get("breaks", [])
    hours, minutes = divmod(shift.target or 480, 60)
    return {
        "name": shift.name,
        "kind": shift.kind.value,
        "spans": ", ".join(document["spans"]),
        "unpaid": ", ".join(one["span"] for one in breaks if not one["paid"]),
        "paid": ", ".join(one["span"] for one in breaks if one["paid"]),
        "band": document.get("band", ""),
        "target": f"{hours}:{minutes:02}",
    }


def _document(given: dict[str, str]) -> dict[str, Any]:
    breaks = [{"span": one, "paid": paid} for field, paid in (("unpaid", False), ("paid", True)) for one in _list(given[field])]
    document: dict[str, Any] = {"kind": given["kind"], "spans": _list(given["spans"]), "breaks": breaks}
    if given["kind"] == "flexible":
        hours, _, minutes = given["target"].strip().partition(":")
        if not hours.isdecimal() or (minutes and not minutes.isdecimal()):
            raise Invalid("write 8:00", field="target")
        document |= {"band": given["band"].strip(), "target": int(hours) * 60 + int(minutes or 0)}
    return document


def _list(typed: str) -> list[str]:
    plain = typed[:500].replace("，", ",").replace("：", ":").replace("–", "-").replace("、", ",").replace(" ", "")
    return [one for one in plain.split(",") if one]


def _day_shifts(typed: str) -> DayShifts:
    return (ShiftId(_id(typed, "cycle")),) if typed else ()


def _back(page: Page, week: str, group: str, after: str) -> str:
    day = day_of(week, "week")
    same = "".join(f"&{key}={_id(value, key)}" for key, value in (("group", group), ("after", after)) if value)
    return f"/s/{page.here.site}/roster?week={day}{same}"


def _today(page: Page) -> date:
    return page.local(page.house.clock.now()).date()


def _id(typed: str, field: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError as error:
        raise Invalid("choose one", field=field) from error
