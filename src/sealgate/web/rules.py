"""Who may enter what, and when: groups and their grants, zones, timetables, holidays, and the lockdown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Invalid, Refused
from sealgate.domain.ids import GrantId, GroupId, TimetableId, ZoneId
from sealgate.domain.operators import Permission
from sealgate.flows import rules
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _
from sealgate.web.week import DAYS, typed_week, week_rows

router = APIRouter(prefix="/s/{site}")
Text = Annotated[str, Form()]


class NotADay(Invalid):
    code = "rules.bad-day"


def typed(
    mon: Text = "",
    tue: Text = "",
    wed: Text = "",
    thu: Text = "",
    fri: Text = "",
    sat: Text = "",
    sun: Text = "",
    own: Text = "",
) -> dict[str, str]:
    """The hours of each day as typed, and of holidays."""
    spans = (mon, tue, wed, thu, fri, sat, sun, own)
    return {day: text[:500] for day, text in zip((*DAYS, "own"), spans, strict=True)}


@router.get("/rules")
def grants(request: Request, page: AtPage) -> Response:
    return render(request, "rules.html", **_grants(page))


@router.post("/rules/groups")
def add_group(request: Request, page: AtPage, name: Text = "") -> Response:
    try:
        rules.add_group(page.house, page.signed, name)
    except Refused as refused:
        return again(request, "rules.html", refused, **_grants(page))
    return redirect(request, f"/s/{page.here.site}/rules", said=_("Group added"))


@router.post("/rules/grants")
def add_grant(request: Request, page: AtPage, group: Text = "", zone: Text = "", timetable: Text = "") -> Response:
    try:
        table = TimetableId(_chosen(timetable, "timetable")) if timetable else None
        rules.add_grant(page.house, page.signed, GroupId(_chosen(group, "group")), ZoneId(_chosen(zone, "zone")), table)
    except Refused as refused:
        return again(request, "rules.html", refused, **_grants(page))
    return redirect(request, f"/s/{page.here.site}/rules", said=_("Leave given"))


@router.post("/rules/grants/{grant}/remove")
def remove_grant(request: Request, page: AtPage, grant: UUID) -> Response:
    rules.remove_grant(page.house, page.signed, GrantId(grant))
    return redirect(request, f"/s/{page.here.site}/rules", said=_("Leave taken back"))


@router.get("/rules/zones")
def zones(request: Request, page: AtPage) -> Response:
    return render(request, "rules_zones.html", **_zones(page))


@router.post("/rules/zones")
def add_zone(request: Request, page: AtPage, name: Text = "") -> Response:
    try:
        rules.add_zone(page.house, page.signed, page.here.site, name)
    except Refused as refused:
        return again(request, "rules_zones.html", refused, **_zones(page))
    return redirect(request, f"/s/{page.here.site}/rules/zones", said=_("Zone added"))


@router.get("/rules/timetables")
def timetables(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.SEE_RULES)
    lines = rules.timetables(page.house, page.signed)
    return render(request, "timetables.html", tables=[(line, week_rows(line.week)) for line in lines])


@router.get("/rules/timetables/new")
def ask_timetable(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.CHANGE_RULES)
    office = dict.fromkeys(DAYS[:5], "08:00-18:00")
    return render(request, "timetable_new.html", name="", typed=office, days=DAYS, holidays="closed", table=None)


@router.post("/rules/timetables")
def add_timetable(
    request: Request, page: AtPage, week: Annotated[dict[str, str], Depends(typed)], name: Text = "", holidays: Text = "closed"
) -> Response:
    try:
        rules.add_timetable(page.house, page.signed, name, typed_week(week, holidays))
    except Refused as refused:
        return again(request, "timetable_new.html", refused, name=name, typed=week, days=DAYS, holidays=holidays, table=None)
    return redirect(request, f"/s/{page.here.site}/rules/timetables", said=_("Timetable added"))


@router.get("/rules/holidays")
def holidays(request: Request, page: AtPage) -> Response:
    return render(request, "rules_holidays.html", **_holidays(page))


@router.post("/rules/holidays")
def add_holiday(request: Request, page: AtPage, day: Text = "", name: Text = "") -> Response:
    try:
        rules.add_holiday(page.house, page.signed, page.here.site, _day(day), name)
    except Refused as refused:
        return again(request, "rules_holidays.html", refused, day=day, name=name, **_holidays(page))
    return redirect(request, f"/s/{page.here.site}/rules/holidays", said=_("Holiday added"))


@router.post("/rules/holidays/{day}/remove")
def remove_holiday(request: Request, page: AtPage, day: str) -> Response:
    rules.remove_holiday(page.house, page.signed, page.here.site, _day(day))
    return redirect(request, f"/s/{page.here.site}/rules/holidays", said=_("Holiday removed"))


@router.post("/lockdown")
def lock_down(request: Request, page: AtPage, on: Text = "", why: Text = "") -> Response:
    rules.lock_down(page.house, page.signed, page.here.site, on=on == "yes", why=why)
    said = _("The site is locked down") if on == "yes" else _("The lockdown is over")
    return redirect(request, f"/s/{page.here.site}", said=said)


def _grants(page: Page) -> dict[str, Any]:
    page.signed.need(Permission.SEE_RULES)
    house, signed, site = page.house, page.signed, page.here.site
    return {
        "grants": rules.grants(house, signed, site),
        "groups": rules.groups(house, signed),
        "zones": [zone for zone in rules.zones(house, signed, site) if not zone.outside],
        "timetables": rules.timetables(house, signed),
    }


def _zones(page: Page) -> dict[str, Any]:
    page.signed.need(Permission.SEE_RULES)
    return {
        "zones": rules.zones(page.house, page.signed, page.here.site),
        "gates": rules.gates(page.house, page.signed, page.here.site),
    }


def _holidays(page: Page) -> dict[str, Any]:
    page.signed.need(Permission.SEE_RULES)
    return {"holidays": rules.holidays(page.house, page.signed, page.here.site)}


def _chosen(typed: str, field: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError as error:
        raise Invalid("choose one", field=field) from error


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise NotADay("a day is needed", field="day") from error
