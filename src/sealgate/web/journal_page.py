"""The journal as a page: whether it is whole, who keeps signed copies, a search, a proof of a line, a file of many."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Invalid, Refused
from sealgate.domain.ids import OperatorId, PersonId
from sealgate.flows import journal_page, people, signin
from sealgate.flows.journal_page import JournalQuery
from sealgate.web.asking import purpose_words
from sealgate.web.clocks import day_of
from sealgate.web.doings import ACTORS, ALL
from sealgate.web.frame import AtPage, Page, again, render
from sealgate.web.i18n import _

router = APIRouter(prefix="/journal")
Text = Annotated[str, Form()]
MONTH = timedelta(days=31)


class NobodyKnown(Invalid):
    """Nobody has that name, or more than one: a search about somebody must not show somebody else."""

    code = "journal.nobody"


@router.get("")
def journal(request: Request, page: AtPage) -> Response:
    given = _given(page)
    return _shown(request, page, given, _query(page, given))


@router.post("")
def search(
    request: Request,
    page: AtPage,
    first: Text = "",
    last: Text = "",
    name: Text = "",
    operator: Text = "",
    kind: Text = "",
    before: Text = "",
    take: Text = "",
) -> Response:
    """By form, for whom was searched stands in no address."""
    given = {**_given(page), "first": first, "last": last, "name": name, "operator": operator, "kind": kind, "before": before}
    try:
        query = _query(page, given)
    except Refused as refused:
        return again(request, "journal.html", refused, **_context(page, given, [], None))
    if take:
        return _file(page, query)
    return _shown(request, page, given, query)


@router.post("/check")
def check(request: Request, page: AtPage) -> Response:
    audit = journal_page.check(page.house, page.signed)
    given = _given(page)
    lines, more = journal_page.search(page.house, page.signed, _query(page, given))
    return render(request, "journal.html", **{**_context(page, given, lines, more), "audit": audit})


@router.get("/{entry}/proof")
def proof(page: AtPage, entry: int) -> Response:
    made = journal_page.prove_for(page.house, page.signed, entry)
    text = json.dumps({**asdict(made), "checkpoint": made.note}, indent=1)
    named = {"Content-Disposition": f'attachment; filename="journal-{entry}.json"', "Cache-Control": "no-store"}
    return Response(text, media_type="application/json", headers=named)


def _shown(request: Request, page: Page, given: dict[str, str], query: JournalQuery) -> Response:
    lines, more = journal_page.search(page.house, page.signed, query)
    return render(request, "journal.html", **_context(page, given, lines, more))


def _file(page: Page, query: JournalQuery) -> Response:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("entry", "at", "who", "action", "object", "purpose"))
    lines, older = journal_page.taken_along(page.house, page.signed, query)
    for line in lines:
        table.writerow((line.seq, line.local.isoformat(), *map(_plain, (line.who, line.action, line.object, line.purpose))))
    if older:
        table.writerow(("", "", page.words.gettext(_("Older entries are left out: choose fewer days.")), "", "", ""))
    named = {"Content-Disposition": 'attachment; filename="journal.csv"', "Cache-Control": "no-store"}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=named)


def _plain(text: str) -> str:
    """No spreadsheet takes it for a formula."""
    return "'" + text if text[:1] in {"=", "+", "-", "@"} else text


def _given(page: Page) -> dict[str, str]:
    today = _today(page)
    days = {"first": (today - MONTH).isoformat(), "last": today.isoformat()}
    return {**days, "name": "", "operator": "", "kind": "", "before": ""}


def _today(page: Page) -> date:
    now = page.house.clock.now()
    return (page.local(now) if page.site else now).date()


def _query(page: Page, given: dict[str, str]) -> JournalQuery:
    try:
        operator = OperatorId(UUID(given["operator"])) if given["operator"] else None
    except ValueError as error:
        raise Invalid("no operator", field="operator") from error
    before = int(given["before"]) if given["before"].isascii() and given["before"].isdigit() else None
    first, last = day_of(given["first"], "first"), day_of(given["last"], "last")
    return JournalQuery(first, last, _person(page, given["name"]), operator, given["kind"].strip()[:60], before)


def _person(page: Page, name: str) -> PersonId | None:
    if not name.strip():
        return None
    found = people.people_called(page.house, page.signed.tenant, name.strip()[:120])
    if len(found) != 1:
        raise NobodyKnown("nobody, or more than one", field="name")
    return found[0]


def _context(page: Page, given: dict[str, str], lines: list[Any], more: int | None) -> dict[str, Any]:
    said = [(line, _said(page, line.who, line.action), purpose_words(page.words, line.purpose)) for line in lines]
    everybody = [("", page.words.gettext(_("Everybody")))]
    return {
        "lines": said,
        "more": more,
        "given": given,
        "standing": journal_page.standing(page.house, page.signed),
        "operators": [*everybody, *signin.names(page.house, page.signed)],
        "kinds": journal_page.KINDS,
        "audit": None,
    }


def _said(page: Page, who: str, action: str) -> str:
    """In words where there are some; else the action as it is written."""
    named = page.words.gettext(ACTORS[who]) if who in ACTORS else who
    return page.words.gettext(ALL[action], who=named) if action in ALL else f"{named}: {action}"
