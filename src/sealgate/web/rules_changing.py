"""The pages on which a zone, a group or a timetable is renamed, changed or removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.face_use import RoomKind
from sealgate.domain.ids import GroupId, TimetableId, ZoneId
from sealgate.domain.operators import Permission
from sealgate.flows import face_use, rules, rules_changing
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _
from sealgate.web.rules import typed
from sealgate.web.week import DAYS, form_week, typed_week

router = APIRouter(prefix="/s/{site}/rules")
Text = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class Named:
    """One thing with a name: `back` is the page it stands on, `goes` what its removal takes along, in marked English."""

    name: str
    address: str
    back: str
    list: str
    goes: str
    room: RoomKind | None = None
    rooms: tuple[RoomKind, ...] = tuple(RoomKind)


@router.get("/zones/{zone}")
def ask_zone(request: Request, page: AtPage, zone: UUID) -> Response:
    return render(request, "rules_one.html", thing=_zone(page, zone), typed="")


@router.post("/zones/{zone}")
def rename_zone(request: Request, page: AtPage, zone: UUID, name: Text = "") -> Response:
    thing = _zone(page, zone)
    try:
        rules_changing.rename_zone(page.house, page.signed, ZoneId(zone), name)
    except Refused as refused:
        return again(request, "rules_one.html", refused, thing=thing, typed=name)
    return redirect(request, thing.back, said=_("Saved"))


@router.post("/zones/{zone}/room")
def set_room(request: Request, page: AtPage, zone: UUID, room: Text = "") -> Response:
    thing = _zone(page, zone)
    try:
        kind = next((one for one in RoomKind if one == room), RoomKind.ORDINARY)
        face_use.set_room(page.house, page.signed, page.here.site, ZoneId(zone), kind)
    except Refused as refused:
        return again(request, "rules_one.html", refused, thing=thing, typed="")
    return redirect(request, thing.back, said=_("Saved"))


@router.post("/zones/{zone}/remove")
def remove_zone(request: Request, page: AtPage, zone: UUID) -> Response:
    thing = _zone(page, zone)
    try:
        rules_changing.remove_zone(page.house, page.signed, ZoneId(zone))
    except Refused as refused:
        return again(request, "rules_one.html", refused, thing=thing, typed="")
    return redirect(request, thing.back, said=_("Zone removed"))


@router.get("/groups/{group}")
def ask_group(request: Request, page: AtPage, group: UUID) -> Response:
    return render(request, "rules_one.html", thing=_group(page, group), typed="")


@router.post("/groups/{group}")
def rename_group(request: Request, page: AtPage, group: UUID, name: Text = "") -> Response:
    thing = _group(page, group)
    try:
        rules_changing.rename_group(page.house, page.signed, GroupId(group), name)
    except Refused as refused:
        return again(request, "rules_one.html", refused, thing=thing, typed=name)
    return redirect(request, thing.back, said=_("Saved"))


@router.post("/groups/{group}/remove")
def remove_group(request: Request, page: AtPage, group: UUID) -> Response:
    thing = _group(page, group)
    try:
        rules_changing.remove_group(page.house, page.signed, GroupId(group))
    except Refused as refused:
        return again(request, "rules_one.html", refused, thing=thing, typed="")
    return redirect(request, thing.back, said=_("Group removed"))


@router.get("/timetables/{table}")
def ask_timetable(request: Request, page: AtPage, table: UUID) -> Response:
    line = _timetable(page, table)
    hours, holidays = form_week(line.week)
    return render(request, "timetable_new.html", name=line.name, typed=hours, days=DAYS, holidays=holidays, table=table)


@router.post("/timetables/{table}")
def change_timetable(
    request: Request,
    page: AtPage,
    table: UUID,
    week: Annotated[dict[str, str], Depends(typed)],
    name: Text = "",
    holidays: Text = "closed",
) -> Response:
    given: dict[str, Any] = {"name": name, "typed": week, "days": DAYS, "holidays": holidays, "table": table}
    try:
        rules_changing.change_timetable(page.house, page.signed, TimetableId(table), name, typed_week(week, holidays))
    except Refused as refused:
        return again(request, "timetable_new.html", refused, **given)
    return redirect(request, f"/s/{page.here.site}/rules/timetables", said=_("Saved"))


@router.post("/timetables/{table}/remove")
def remove_timetable(request: Request, page: AtPage, table: UUID) -> Response:
    line = _timetable(page, table)
    try:
        rules_changing.remove_timetable(page.house, page.signed, TimetableId(table))
    except Refused as refused:
        hours, holidays = form_week(line.week)
        given: dict[str, Any] = {"name": line.name, "typed": hours, "days": DAYS, "holidays": holidays, "table": table}
        return again(request, "timetable_new.html", refused, **given)
    return redirect(request, f"/s/{page.here.site}/rules/timetables", said=_("Timetable removed"))


def _zone(page: Page, zone: UUID) -> Named:
    """Raises `NotFound` also for the zone outside, which cannot be changed."""
    page.signed.need(Permission.CHANGE_RULES)
    lines = rules.zones(page.house, page.signed, page.here.site)
    line = next((line for line in lines if line.zone == zone and not line.outside), None)
    if line is None:
        raise NotFound("zone")
    back = f"/s/{page.here.site}/rules/zones"
    goes = _("Every leave to enter it goes with it. While a gate leads there or away it cannot be removed.")
    return Named(line.name, f"{back}/{zone}", back, _("Zones"), goes, line.room)


def _group(page: Page, group: UUID) -> Named:
    page.signed.need(Permission.CHANGE_RULES)
    line = next((line for line in rules.groups(page.house, page.signed) if line.group == group), None)
    if line is None:
        raise NotFound("group")
    back = f"/s/{page.here.site}/rules"
    goes = _("Its people stay, and lose every leave that only this group has, at all sites and at once.")
    return Named(line.name, f"{back}/groups/{group}", back, _("Groups"), goes)


def _timetable(page: Page, table: UUID) -> rules.TimetableLine:
    page.signed.need(Permission.CHANGE_RULES)
    line = next((line for line in rules.timetables(page.house, page.signed) if line.timetable == table), None)
    if line is None:
        raise NotFound("timetable")
    return line
