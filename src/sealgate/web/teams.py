"""Teams: the list with today's head count, a team's own page, and the real-name list with its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.calendar import DAY
from sealgate.domain.errors import Refused
from sealgate.domain.ids import OperatorId, PersonId, TeamId
from sealgate.domain.teams import Team, TeamKind, TeamTerms, days_between
from sealgate.flows import teams
from sealgate.flows.teams import RollLine
from sealgate.web import taking
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import Words, _
from sealgate.web.plots import Item, bar_plot
from sealgate.web.reports import XLSX
from sealgate.web.rules import NotADay
from sealgate.web.sheets import Cell, Sheet, csv_of, xlsx_of
from sealgate.web.taking import AsTyped, Offer

router = APIRouter(prefix="/s/{site}/teams")
Text = Annotated[str, Form(max_length=300)]
Asked = Annotated[str, Query(max_length=40)]
WEEK = timedelta(days=6)


@router.get("")
def listed(request: Request, page: AtPage) -> Response:
    return render(request, "teams.html", lines=teams.teams(page.house, page.signed, page.here.site))


@router.get("/new")
def ask_team(request: Request, page: AtPage) -> Response:
    return render(request, "team_form.html", **_form(page, TeamTerms("")))


@router.post("")
def add_team(
    request: Request,
    page: AtPage,
    name: Text = "",
    kind: Text = "",
    contractor: Text = "",
    manager: Text = "",
    leader: Text = "",
) -> Response:
    terms = _terms(name, kind, contractor, manager)
    try:
        terms = _led(page, terms, leader, None)
        made = teams.add_team(page.house, page.signed, terms)
    except Refused as refused:
        return again(request, "team_form.html", refused, **_form(page, terms))
    return redirect(request, f"{_here(page)}/{made}", said=_("Team added"))


@router.get("/roll")
def roll(request: Request, page: AtPage, day: Asked = "", team: Asked = "") -> Response:
    """The real-name list of a day, and the head counts of the week up to it."""
    asked = _asked(page, day, team)
    lines = teams.roll(page.house, page.signed, page.here.site, asked[0], team=asked[1])
    week = days_between(asked[0] - WEEK, asked[0])
    counts = teams.counts(page.house, page.signed, page.here.site, week[0], week[-1])
    return render(
        request,
        "team_roll.html",
        lines=lines,
        day=asked[0],
        team=asked[1],
        days=week,
        counts=counts if asked[1] is None else [line for line in counts if line[0].team == asked[1]],
        teams=[line.team for line in teams.teams(page.house, page.signed, page.here.site)],
    )


@router.get("/roll/file")
def ask_roll(request: Request, page: AtPage, day: Asked = "", team: Asked = "") -> Response:
    return taking.show(request, page, _roll_offer(page, day, team))


@router.post("/roll/file")
def take_roll(request: Request, page: AtPage, given: AsTyped, day: Asked = "", team: Asked = "") -> Response:
    def made(purpose: str, form: str) -> Response:
        chosen, sheets = _sheets(page, day, team, purpose)
        if form == "csv":
            return _file(csv_of(sheets[0]), "text/csv", f"real-names-{chosen}.csv")
        return _file(xlsx_of(sheets), XLSX, f"real-names-{chosen}.xlsx")

    return taking.take(request, page, _roll_offer(page, day, team), given, made)


@router.get("/{team}")
def show(request: Request, page: AtPage, team: UUID) -> Response:
    return render(request, "team.html", **_record(page, TeamId(team)))


@router.get("/{team}/change")
def ask_change(request: Request, page: AtPage, team: UUID) -> Response:
    found = teams.record(page.house, page.signed, page.here.site, TeamId(team), days=1)
    return render(request, "team_form.html", **_form(page, found.line.team.terms, TeamId(team)))


@router.post("/{team}/change")
def change_team(
    request: Request,
    page: AtPage,
    team: UUID,
    name: Text = "",
    kind: Text = "",
    contractor: Text = "",
    manager: Text = "",
    leader: Text = "",
) -> Response:
    terms = _terms(name, kind, contractor, manager)
    try:
        before = teams.record(page.house, page.signed, page.here.site, TeamId(team), days=1).line.team.terms
        terms = _led(page, terms, leader, before.person)
        teams.change_team(page.house, page.signed, TeamId(team), terms)
    except Refused as refused:
        return again(request, "team_form.html", refused, **_form(page, terms, TeamId(team)))
    return redirect(request, f"{_here(page)}/{team}", said=_("Saved"))


@router.post("/{team}/members")
def put_in(request: Request, page: AtPage, team: UUID, who: Text = "", trade: Text = "", since: Text = "") -> Response:
    given = {"who": who, "trade": trade, "since": since}
    try:
        person = teams.person_called(page.house, page.signed, who)
        teams.put_in(page.house, page.signed, TeamId(team), person, _day(since, "since") or _today(page), trade)
    except Refused as refused:
        return again(request, "team.html", refused, **{**_record(page, TeamId(team)), "given": given})
    return redirect(request, f"{_here(page)}/{team}", said=_("In the team now"))


@router.post("/{team}/members/{person}/end")
def take_out(request: Request, page: AtPage, team: UUID, person: UUID) -> Response:
    """From today on: yesterday was the last day."""
    teams.take_out(page.house, page.signed, TeamId(team), PersonId(person), _today(page) - DAY)
    return redirect(request, f"{_here(page)}/{team}", said=_("Not in the team any more"))


@router.post("/{team}/end")
def end_team(request: Request, page: AtPage, team: UUID) -> Response:
    teams.end_team(page.house, page.signed, page.here.site, TeamId(team))
    return redirect(request, _here(page), said=_("The team has ended"))


def roll_sheet(words: Words, lines: Sequence[RollLine], page: Page) -> Sheet:
    heads = (
        _("Contractor"), _("Team"), _("Name"), _("Staff number"), _("Trade"), _("In the team since"), _("Seen first"),
        _("Seen last"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for line in lines:
        terms, one = line.team.terms, line.member
        times = [None if at is None else page.local(at) for at in (one.first, one.last)]
        rows.append((terms.contractor, terms.name, one.name, one.number, one.trade, one.since, *times))
    return _sheet(words, "real-names", _("Real-name list"), heads, rows)


def counts_sheet(words: Words, days: Sequence[date], counts: Sequence[tuple[Team, tuple[int, ...]]]) -> Sheet:
    heads = (_("Contractor"), _("Team"))
    made = _sheet(words, "head-count", _("Head count"), heads, [(t.terms.contractor, t.terms.name, *row) for t, row in counts])
    return Sheet(made.name, made.title, (*made.heads, *(day.isoformat() for day in days)), made.rows)


def _roll_offer(page: Page, day: str, team: str) -> Offer:
    chosen, only = _asked(page, day, team)
    people = teams.roll_size(page.house, page.signed, chosen, team=only)
    back = f"{_here(page)}/roll?day={chosen}&team={only or ''}"
    return Offer(teams.roll_wanted(people, page.here.site, chosen, only), back)


def _sheets(page: Page, day: str, team: str, purpose: str) -> tuple[date, list[Sheet]]:
    chosen, only = _asked(page, day, team)
    lines = teams.roll_file(page.house, page.signed, page.here.site, chosen, purpose, team=only)
    week = days_between(chosen - WEEK, chosen)
    counts = teams.counts(page.house, page.signed, page.here.site, week[0], week[-1])
    return chosen, [roll_sheet(page.words, lines, page), counts_sheet(page.words, week, counts)]


def _sheet(words: Words, name: str, title: str, heads: Sequence[str], rows: Sequence[tuple[Cell, ...]]) -> Sheet:
    return Sheet(name, words.gettext(title), tuple(words.gettext(head) for head in heads), tuple(rows))


def _record(page: Page, team: TeamId) -> dict[str, Any]:
    found = teams.record(page.house, page.signed, page.here.site, team)
    words, today = page.words, found.counts[-1][0]
    items = [
        Item(words.short_day(day), count, f"{words.short_day(day)}: {words.number(count)}", day == today)
        for day, count in found.counts
    ]
    drawn = bar_plot(items, words.number, whole=True) if any(count for _day, count in found.counts) else None
    return {"found": found, "drawn": drawn, "given": {"who": "", "trade": "", "since": ""}}


def _form(page: Page, terms: TeamTerms, team: TeamId | None = None) -> dict[str, Any]:
    operators = [("", page.words.gettext(_("Nobody yet"))), *teams.managers(page.house, page.signed)]
    return {"terms": terms, "team": team, "kinds": list(TeamKind), "operators": operators}


def _terms(name: str, kind: str, contractor: str, manager: str) -> TeamTerms:
    known = TeamKind(kind) if kind in set(TeamKind) else TeamKind.DEPARTMENT
    try:
        operator = OperatorId(UUID(manager)) if manager else None
    except ValueError:
        operator = None
    return TeamTerms(name, known, contractor, operator)


def _led(page: Page, terms: TeamTerms, leader: str, before: PersonId | None) -> TeamTerms:
    """An operator leads, or else the person who was named, or else whoever did before."""
    if terms.operator is not None:
        return terms
    return replace(terms, person=teams.person_called(page.house, page.signed, leader, "leader") if leader.strip() else before)


def _asked(page: Page, day: str, team: str) -> tuple[date, TeamId | None]:
    try:
        return _day(day, "day") or _today(page), TeamId(UUID(team)) if team else None
    except ValueError as error:
        raise NotADay("not a team", field="team") from error


def _day(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError as error:
        raise NotADay("not a day", field=field) from error


def _today(page: Page) -> date:
    return page.local(page.house.clock.now()).date()


def _here(page: Page) -> str:
    return f"/s/{page.here.site}/teams"


def _file(content: bytes, kind: str, name: str) -> Response:
    kept = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=kind, headers=kept)
