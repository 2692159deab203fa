"""Rules of hours in the console: sets of dated versions, each with its figures in one form.

The surprising thing: a version is sent whole and the set is checked whole, so that a gap or an overlap between versions is
refused whichever of them somebody was changing. Short figures are typed in minutes, long ones as hours (`2:00`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.attendance_rules import STANDARD, Counting, Forgotten, Period, Rounding, Rules, RuleSet, System
from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.operators import Permission
from sealgate.flows import hours_rosters, hours_versions
from sealgate.web.clocks import NotAFigure, day_of, minutes_of, span
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _

router = APIRouter(prefix="/s/{site}/roster/rules")

CHOICES: Mapping[str, type[StrEnum]] = {
    "counting": Counting,
    "forgotten_in": Forgotten,
    "forgotten_out": Forgotten,
    "round_in": Rounding,
    "round_out": Rounding,
    "system": System,
    "period": Period,
}
MINUTES = ("late_grace", "early_grace", "round_step", "auto_break", "overtime_min", "overtime_step")
HOURS = (
    "half_day_after",
    "absent_after",
    "window_before",
    "window_after",
    "longest",
    "auto_break_after",
    "daily_cap",
    "weekly_cap",
    "monthly_cap",
    "period_minutes",
    "day_minutes",
)
SWITCHES = ("overtime_before", "overtime_after", "overtime_needs_approval")


@router.get("")
def listed(request: Request, page: AtPage) -> Response:
    sets = hours_rosters.rule_sets(page.house, page.signed)
    return render(request, "roster_rules.html", sets=[sets[name] for name in sorted(sets)], today=_today(page))


@router.get("/new")
def ask_set(request: Request, page: AtPage) -> Response:
    return _form(request, page, "", _given(Rules("", _today(page))))


@router.post("/new")
async def add_set(request: Request, page: AtPage) -> Response:
    given = await _typed(request)
    name = given.get("name", "").strip()
    try:
        hours_versions.add_rules(page.house, page.signed, name, read_version(given))
    except Refused as refused:
        return _form(request, page, "", given, refused=refused)
    return redirect(request, f"{_here(page)}/{name}", said=_("Saved"))


@router.get("/{name}")
def one(request: Request, page: AtPage, name: str) -> Response:
    return _one(request, page, name)


@router.get("/{name}/versions/new")
def ask_version(request: Request, page: AtPage, name: str) -> Response:
    """As the newest version, from today or the day after it began."""
    newest = _set(page, name).versions[-1]
    given = _given(newest) | {"since": str(max(_today(page), newest.since)), "until": ""}
    return _form(request, page, name, given)


@router.get("/{name}/versions/{since}")
def ask_change(request: Request, page: AtPage, name: str, since: date) -> Response:
    found = next((version for version in _set(page, name).versions if version.since == since), None)
    if found is None:
        raise NotFound("version")
    return _form(request, page, name, _given(found), since)


@router.post("/{name}/versions/new")
async def add_version(request: Request, page: AtPage, name: str) -> Response:
    return _put(request, page, name, await _typed(request), None)


@router.post("/{name}/versions/{since}")
async def change_version(request: Request, page: AtPage, name: str, since: date) -> Response:
    return _put(request, page, name, await _typed(request), since)


@router.post("/{name}/versions/{since}/remove")
def drop_version(request: Request, page: AtPage, name: str, since: date) -> Response:
    try:
        hours_versions.drop_version(page.house, page.signed, name, since)
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        return _one(request, page, name, refused)
    return redirect(request, f"{_here(page)}/{name}", said=_("The version is gone"))


def read_version(given: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, as `domain.attendance_rules.read_rules` takes it. Raises `NotADate`, `NotAFigure`."""
    version: dict[str, Any] = {"since": day_of(given.get("since", ""), "since").isoformat()}
    if given.get("until"):
        version["until"] = day_of(given["until"], "until").isoformat()
    version["calendar"] = given.get("calendar", "")
    version |= {name: given.get(name, "") for name in CHOICES}
    version |= {name: _whole(given.get(name, ""), name) for name in MINUTES}
    version |= {name: minutes_of(given.get(name, ""), name) for name in HOURS}
    return version | {name: given.get(name) == "yes" for name in SWITCHES}


def _put(request: Request, page: Page, name: str, given: dict[str, str], since: date | None) -> Response:
    try:
        hours_versions.put_version(page.house, page.signed, name, read_version(given), since)
    except Refused as refused:
        return _form(request, page, name, given, since, refused)
    return redirect(request, f"{_here(page)}/{name}", said=_("Saved. Derive the months that it touches again."))


def _form(
    request: Request,
    page: Page,
    name: str,
    given: Mapping[str, str],
    since: date | None = None,
    refused: Refused | None = None,
) -> Response:
    """The form of one version; `name` is empty for a new set, `since` the version that is changed."""
    page.signed.need(Permission.HOUR_RULES)
    if refused is not None and refused.status in {403, 404}:
        raise refused
    context: dict[str, Any] = {
        "name": name,
        "since": since,
        "given": {**dict.fromkeys((*CHOICES, *MINUTES, *HOURS, *SWITCHES, "name", "since", "until", "calendar"), ""), **given},
        "choices": CHOICES,
        "calendars": sorted(hours_rosters.calendars(page.house, page.signed)),
    }
    if refused is not None:
        return again(request, "roster_rules_version.html", refused, **context)
    return render(request, "roster_rules_version.html", **context)


def _one(request: Request, page: Page, name: str, refused: Refused | None = None) -> Response:
    context: dict[str, Any] = {"set": _set(page, name), "today": _today(page)}
    if refused is not None:
        return again(request, "roster_rules_one.html", refused, **context)
    return render(request, "roster_rules_one.html", **context)


def _set(page: Page, name: str) -> RuleSet:
    found = hours_rosters.rule_sets(page.house, page.signed).get(name)
    if found is None:
        raise NotFound("rules")
    return found


def _given(rules: Rules) -> dict[str, str]:
    """A version as its form shows it."""
    given = {name: str(getattr(rules, name)) for name in (*MINUTES, *CHOICES)}
    given |= {name: span(getattr(rules, name)) for name in HOURS}
    given |= {name: "yes" if getattr(rules, name) else "" for name in SWITCHES}
    given["name"] = "" if rules.name == STANDARD else rules.name
    return given | {"since": str(rules.since), "until": str(rules.until or ""), "calendar": rules.calendar}


async def _typed(request: Request) -> dict[str, str]:
    return {key: value[:40] for key, value in (await request.form()).items() if isinstance(value, str)}


def _whole(typed: str, field: str) -> int:
    text = typed.strip()
    if not (text.isascii() and text.isdecimal()) or len(text) > 5:
        raise NotAFigure("a whole number of minutes", field=field)
    return int(text)


def _here(page: Page) -> str:
    return f"/s/{page.here.site}/roster/rules"


def _today(page: Page) -> date:
    return page.local(page.house.clock.now()).date()
