"""Performance: people and teams over a time, one person with goals and reviews, the cycles; and one's own page of it.

The figures in an address are days and a team, never who; every drawing has its table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Invalid, NotFound, Refused
from sealgate.domain.ids import CycleId, GoalId, PersonId, SiteId, TeamId
from sealgate.domain.performance import MAX_SCORE, MIN_SCORE, BadScore, Figures, Goal
from sealgate.flows import performance
from sealgate.flows.performance import Overview
from sealgate.web import own, taking
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import Words, _
from sealgate.web.own import AtMine, Mine, own_page
from sealgate.web.plots import Item, Plot, bar_plot
from sealgate.web.reports import XLSX
from sealgate.web.rules import NotADay
from sealgate.web.sessions import for_persons
from sealgate.web.sheets import Cell, Sheet, csv_of, xlsx_of
from sealgate.web.taking import AsTyped, Offer
from sealgate.web.telling import tell

router = APIRouter(prefix="/s/{site}/performance")
mine_router = APIRouter(prefix="/my/performance")
own.TABS.append(own.Tab(_("Performance"), "/my/performance"))

Text = Annotated[str, Form(max_length=5_000)]
MONTHS_BACK = 5
Drawn = tuple[Plot, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says; days that are missing are the last half year."""

    since: str
    until: str
    team: str
    whole: str


def asked(
    since: Annotated[str, Query(alias="from", max_length=10)] = "",
    until: Annotated[str, Query(alias="to", max_length=10)] = "",
    team: Annotated[str, Query(max_length=36)] = "",
    whole: Annotated[str, Query(max_length=3)] = "",
) -> Asked:
    return Asked(since, until, team, "yes" if whole == "yes" else "")


AsAsked = Annotated[Asked, Depends(asked)]


@router.get("")
def listed(request: Request, page: AtPage, ask: AsAsked) -> Response:
    filled = _filled(page, ask)
    try:
        found = _overview(page, ask)
    except Refused as refused:
        if refused.status != Refused.status:
            raise
        return again(request, "performance.html", refused, found=None, asked=filled, drawn=None, **_said(page.words))
    drawn = attendance_plot(page.words, found.months)
    return render(request, "performance.html", found=found, asked=filled, drawn=drawn, **_said(page.words))


@router.get("/file")
def ask_file(request: Request, page: AtPage, ask: AsAsked) -> Response:
    return taking.show(request, page, _offer(page, ask))


@router.post("/file")
def take_file(request: Request, page: AtPage, ask: AsAsked, given: AsTyped) -> Response:
    def made(purpose: str, form: str) -> Response:
        found = _overview(page, ask, purpose)
        name = f"performance-{_name(page, ask)}.{form}"
        if form == "csv":
            return _file(csv_of(figures_sheet(page.words, found)), "text/csv", name)
        return _file(xlsx_of([figures_sheet(page.words, found), months_sheet(page.words, found.months)]), XLSX, name)

    return taking.take(request, page, _offer(page, ask), given, made)


@router.get("/cycles")
def list_cycles(request: Request, page: AtPage) -> Response:
    return render(request, "performance_cycles.html", cycles=performance.cycles(page.house, page.signed), given=_NO_CYCLE)


@router.post("/cycles")
def add_cycle(request: Request, page: AtPage, name: Text = "", since: Text = "", until: Text = "") -> Response:
    given = {"name": name, "since": since, "until": until}
    try:
        performance.add_cycle(page.house, page.signed, name, _day(since, "since"), _day(until, "until"))
    except Refused as refused:
        known = performance.cycles(page.house, page.signed)
        return again(request, "performance_cycles.html", refused, cycles=known, given=given)
    return redirect(request, f"{_here(page)}/cycles", said=_("The reviews are open"))


@router.post("/cycles/{cycle}/close")
def close_cycle(request: Request, page: AtPage, cycle: UUID) -> Response:
    performance.close_cycle(page.house, page.signed, CycleId(cycle))
    return redirect(request, f"{_here(page)}/cycles", said=_("Closed: its scores count from now on"))


@router.get("/people/{person}")
def show(request: Request, page: AtPage, person: UUID, ask: AsAsked) -> Response:
    return render(request, "performance_person.html", **_person(page, PersonId(person), ask))


@router.post("/people/{person}/goals")
def add_goal(request: Request, page: AtPage, person: UUID, title: Text = "", measure: Text = "", due: Text = "") -> Response:
    try:
        goal = Goal(title, measure, _day(due, "due") if due else None)
        performance.add_goal(page.house, page.signed, PersonId(person), goal)
    except Refused as refused:
        given = {"title": title, "measure": measure, "due": due}
        context = {**_person(page, PersonId(person), _NOTHING_ASKED), "given": given}
        return again(request, "performance_person.html", refused, **context)
    return redirect(request, f"{_here(page)}/people/{person}", said=_("Goal set"))


@router.post("/goals/{goal}/progress")
def move_goal(request: Request, page: AtPage, goal: UUID, progress: Text = "") -> Response:
    whose = performance.move_goal(page.house, page.signed, GoalId(goal), _whole(progress, "progress"))
    return redirect(request, f"{_here(page)}/people/{whose}", said=_("Saved"))


@router.post("/goals/{goal}/end")
def end_goal(request: Request, page: AtPage, goal: UUID) -> Response:
    whose = performance.end_goal(page.house, page.signed, GoalId(goal))
    return redirect(request, f"{_here(page)}/people/{whose}", said=_("The goal is over"))


@router.post("/people/{person}/reviews/{cycle}")
def score(request: Request, page: AtPage, person: UUID, cycle: UUID, score: Text = "", words: Text = "") -> Response:
    try:
        value = _whole(score, "score")
        performance.score(page.house, page.signed, CycleId(cycle), PersonId(person), value, words)
    except Refused as refused:
        if refused.status != Refused.status:
            raise
        context = {**_person(page, PersonId(person), _NOTHING_ASKED), "typed": {"cycle": cycle, "score": score, "words": words}}
        return again(request, "performance_person.html", refused, **context)
    return redirect(request, f"{_here(page)}/people/{person}", said=_("Said. The person can read it."))


@mine_router.get("")
@for_persons
def my_performance(request: Request, mine: AtMine) -> Response:
    return own_page(request, mine, "own_performance.html", **_mine(mine))


@mine_router.post("/{cycle}")
@for_persons
def my_words(request: Request, mine: AtMine, cycle: UUID, words: Text = "") -> Response:
    try:
        performance.say_oneself(mine.house, mine.own, CycleId(cycle), words)
    except Refused as refused:
        told = tell(mine.words, refused)
        context = {**_mine(mine), "trouble": told, "typed": {"cycle": cycle, "words": words}}
        return own_page(request, mine, "own_performance.html", status=told.status, **context)
    return redirect(request, "/my/performance", said=_("Saved"))


def figures_sheet(words: Words, found: Overview) -> Sheet:
    names = {team.team: team.terms.name for team in found.teams}
    heads = (_("Name"), _("Team"), *_FIGURE_HEADS, _("Score"))
    rows = tuple((line.name, names[line.team], *_cells(line.figures), line.score) for line in found.people)
    return _sheet(words, "performance", _("Performance"), heads, rows)


def months_sheet(words: Words, months: Mapping[date, Figures]) -> Sheet:
    rows = tuple((month, *_cells(figures)) for month, figures in months.items())
    return _sheet(words, "months", _("By month"), (_("Month"), *_FIGURE_HEADS), rows)


def attendance_plot(words: Words, months: Mapping[date, Figures]) -> Drawn | None:
    """The attendance of each month in per cent; None where nothing was due."""
    known = [(month, figures.attendance) for month, figures in months.items()]
    items = [
        Item(f"{month:%Y-%m}", float(100 * share), f"{month:%Y-%m}: {percent(words, share)}")
        for month, share in known
        if share is not None
    ]
    if not items:
        return None
    least = min(item.value for item in items)
    return bar_plot(items, words.number, 100), words.gettext(_("Never below %(share)s."), share=f"{least:.1f} %")


def hours_plot(words: Words, months: Mapping[date, Figures]) -> Drawn | None:
    """Hours there against hours planned, month by month."""
    items = []
    for month, figures in months.items():
        said = words.gettext(
            _("%(worked)s of %(planned)s planned"), worked=hours(words, figures.worked), planned=hours(words, figures.planned)
        )
        items.append(Item(f"{month:%Y-%m}", figures.worked / 60, f"{month:%Y-%m}: {said}"))
    if not any(item.value for item in items):
        return None
    total = sum(months.values(), Figures())
    said = words.gettext(
        _("%(worked)s of %(planned)s planned"), worked=hours(words, total.worked), planned=hours(words, total.planned)
    )
    return bar_plot(items, words.number), said


def percent(words: Words, share: Fraction | None) -> str:
    """97.4 %; a dash where there is nothing to divide by."""
    return "–" if share is None else f"{words.number(float(round(100 * share, 1)))} %"


def hours(words: Words, minutes: int) -> str:
    """168.5 h; 45,137 h from a thousand on."""
    places = 1 if abs(minutes) < 60_000 else None
    return words.gettext(_("%(n)s h"), n=words.number(float(round(Fraction(minutes, 60), places))))


_FIGURE_HEADS = (
    _("Attendance, per cent"), _("Punctuality, per cent"), _("Days due"), _("Days there"), _("Hours planned"), _("Hours there"),
    _("Minutes late"), _("Overtime, hours"), _("Of it approved"), _("Leave, hours"),
)  # fmt: skip


def _cells(figures: Figures) -> tuple[Cell, ...]:
    return (
        _per_cent(figures.attendance),
        _per_cent(figures.punctuality),
        Decimal(figures.due) / 2,
        Decimal(figures.came) / 2,
        _in_hours(figures.planned),
        _in_hours(figures.worked),
        figures.late,
        _in_hours(figures.overtime),
        _in_hours(figures.overtime_approved),
        _in_hours(figures.leave),
    )


def _per_cent(share: Fraction | None) -> Decimal | None:
    return None if share is None else (Decimal(100 * share.numerator) / share.denominator).quantize(Decimal("0.1"))


def _in_hours(minutes: int) -> Decimal:
    return (Decimal(minutes) / 60).quantize(Decimal("0.01"))


def _sheet(words: Words, name: str, title: str, heads: Sequence[str], rows: tuple[tuple[Cell, ...], ...]) -> Sheet:
    return Sheet(name, words.gettext(title), tuple(words.gettext(head) for head in heads), rows)


_NO_CYCLE = {"name": "", "since": "", "until": ""}
_NOTHING_ASKED = Asked("", "", "", "")


def _said(words: Words) -> dict[str, Any]:
    return {"percent": lambda share: percent(words, share), "hours": lambda minutes: hours(words, minutes)}


def _person(page: Page, person: PersonId, ask: Asked) -> dict[str, Any]:
    filled = _filled(page, ask)
    found = performance.person(page.house, page.signed, person, _day(filled["from"], "from"), _day(filled["to"], "to"))
    return {
        "found": found,
        "asked": filled,
        "attended": attendance_plot(page.words, found.months),
        "worked": hours_plot(page.words, found.months),
        "given": {"title": "", "measure": "", "due": ""},
        "typed": {"cycle": None, "score": "", "words": ""},
        "scores": range(MIN_SCORE, MAX_SCORE + 1),
        **_said(page.words),
    }


def _mine(mine: Mine) -> dict[str, Any]:
    today = mine.house.clock.now().astimezone(mine.tz).date()
    found = performance.mine(mine.house, mine.own, _months_back(today), today)
    return {
        "found": found,
        "attended": attendance_plot(mine.words, found.months),
        "worked": hours_plot(mine.words, found.months),
        "typed": {"cycle": None, "words": ""},
        **_said(mine.words),
    }


def _overview(page: Page, ask: Asked, purpose: str | None = None) -> Overview:
    site, team, first, last = _meant(page, ask)
    return performance.overview(page.house, page.signed, first, last, team=team, site=site, purpose=purpose)


def _offer(page: Page, ask: Asked) -> Offer:
    site, team, first, last = _meant(page, ask)
    people = performance.figures_size(page.house, page.signed, first, last, team=team, site=site)
    query = f"?from={first}&to={last}&team={team or ''}{'' if site else '&whole=yes'}"
    return Offer(performance.figures_wanted(people, first, last, team, site), _here(page) + query)


def _meant(page: Page, ask: Asked) -> tuple[SiteId | None, TeamId | None, date, date]:
    filled = _filled(page, ask)
    try:
        team = TeamId(UUID(ask.team)) if ask.team else None
    except ValueError as error:
        raise NotFound("team") from error
    return None if ask.whole else page.here.site, team, _day(filled["from"], "from"), _day(filled["to"], "to")


def _filled(page: Page, ask: Asked) -> dict[str, str]:
    today = page.local(page.house.clock.now()).date()
    since = ask.since or _months_back(today).isoformat()
    return {"from": since, "to": ask.until or today.isoformat(), "team": ask.team, "whole": ask.whole}


def _months_back(today: date) -> date:
    """The first day of the month that many months ago."""
    months = today.year * 12 + today.month - 1 - MONTHS_BACK
    return date(months // 12, months % 12 + 1, 1)


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotADay("a day is needed", field=field) from error


def _whole(text: str, field: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 3:
        raise BadScore("a whole number is needed", field=field) if field == "score" else Invalid("not a number", field=field)
    return int(text)


def _name(page: Page, ask: Asked) -> str:
    filled = _filled(page, ask)
    return f"{filled['from']}-{filled['to']}"


def _here(page: Page) -> str:
    return f"/s/{page.here.site}/performance"


def _file(content: bytes, kind: str, name: str) -> Response:
    kept = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=kind, headers=kept)
