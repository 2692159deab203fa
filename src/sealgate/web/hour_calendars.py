"""Calendars of holidays in the console: those that are there, one taken in from a file, one day added or taken away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.attendance_calendar import MOST_TEXT, Calendar, CalendarDay, SpecialDay
from sealgate.domain.attendance_errors import BadCalendar
from sealgate.domain.errors import Invalid, NotFound, Refused
from sealgate.domain.operators import Permission
from sealgate.flows import hours_calendars, hours_rosters, hours_versions
from sealgate.web.clocks import day_of
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.guard import takes
from sealgate.web.i18n import _

router = APIRouter(prefix="/s/{site}/roster/calendars")
Text = Annotated[str, Form(max_length=200)]
BLANK = {"day": "", "kind": CalendarDay.STATUTORY.value, "name_en": "", "name_zh": "", "instead_of": ""}


@router.get("")
def listed(request: Request, page: AtPage) -> Response:
    return render(request, "roster_calendars.html", **_all(page))


@router.post("")
@takes(MOST_TEXT + (64 << 10))
def take_in(request: Request, page: AtPage, name: Text = "", file: Annotated[UploadFile | None, File()] = None) -> Response:
    """An iCalendar file, or our own CSV, under a name; one of that name is replaced."""
    plain = name.strip().lower()
    try:
        if file is None or not file.filename:
            raise BadCalendar("choose a file", field="file")
        hours_calendars.import_calendar(page.house, page.signed, plain, file.file.read(MOST_TEXT + 1))
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        return again(request, "roster_calendars.html", refused, **_all(page) | {"name": name[:40]})
    return redirect(request, f"{_here(page)}/{plain}", said=_("Taken in. Derive the months that it touches again."))


@router.get("/{name}")
def one(request: Request, page: AtPage, name: str, year: str = "") -> Response:
    return render(request, "roster_calendar.html", **_one(page, name, year))


@router.post("/{name}/days")
def put_day(
    request: Request,
    page: AtPage,
    name: str,
    day: Text = "",
    kind: Text = "",
    name_en: Text = "",
    name_zh: Text = "",
    instead_of: Text = "",
) -> Response:
    given = {"day": day, "kind": kind, "name_en": name_en, "name_zh": name_zh, "instead_of": instead_of}
    try:
        special = typed_day(given, page.signed.name)
        hours_versions.put_day(page.house, page.signed, name, special)
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        return again(request, "roster_calendar.html", refused, **_one(page, name, day[:4]) | {"given": given})
    said = _("Saved. Derive the months that it touches again.")
    return redirect(request, f"{_here(page)}/{name}?year={special.day.year}#d-{special.day}", said=said)


@router.post("/{name}/days/{day}/remove")
def drop_day(request: Request, page: AtPage, name: str, day: date) -> Response:
    hours_versions.drop_day(page.house, page.signed, name, day)
    return redirect(request, f"{_here(page)}/{name}?year={day.year}", said=_("The day is by its weekday again"))


def typed_day(given: Mapping[str, str], who: str) -> SpecialDay:
    """Raises `Invalid`."""
    try:
        kind = CalendarDay(given["kind"])
    except ValueError as error:
        raise Invalid("choose one", field="kind") from error
    instead = day_of(given["instead_of"], "instead_of") if given["instead_of"].strip() else None
    return SpecialDay(day_of(given["day"], "day"), kind, given["name_en"], given["name_zh"], instead, who)


def _all(page: Page) -> dict[str, Any]:
    found = hours_rosters.calendars(page.house, page.signed)
    return {"calendars": [found[name] for name in sorted(found)], "name": "", "may": page.signed.may(Permission.HOUR_RULES)}


def _one(page: Page, name: str, asked: str) -> dict[str, Any]:
    found = hours_rosters.calendars(page.house, page.signed).get(name)
    if found is None:
        raise NotFound("calendar")
    years = years_of(found)
    today = page.local(page.house.clock.now()).date()
    year = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) == 4 else today.year
    if year not in years and years and not asked:
        year = years[-1]
    return {
        "calendar": found,
        "years": sorted({*years, year}),
        "year": year,
        "days": [special for day, special in sorted(found.days.items()) if day.year == year],
        "kinds": list(CalendarDay),
        "given": BLANK | {"day": ""},
        "may": page.signed.may(Permission.HOUR_RULES),
    }


def years_of(calendar: Calendar) -> list[int]:
    return sorted({day.year for day in calendar.days})


def _here(page: Page) -> str:
    return f"/s/{page.here.site}/roster/calendars"
