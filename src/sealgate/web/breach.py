"""The breach kit: a breach with its clock, what the copy shows, whom to tell and with which words, and the list of people."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, tzinfo
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.breach import BadBreach, Breach, Taken
from sealgate.domain.errors import Invalid, Refused
from sealgate.domain.ids import BreachId, SiteId
from sealgate.flows import asking, breach, face_notice
from sealgate.web import papers, taking
from sealgate.web.clocks import day_of, instant_on
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import Language, Words, _, words_in
from sealgate.web.papers import Block
from sealgate.web.taking import AsTyped, Offer

router = APIRouter(prefix="/breaches")
Text = Annotated[str, Form()]
BOTH = (Language.ZH, Language.EN)
NOTHING = {"taken": Taken.COPY.value, "site": "", "first": "", "last": "", "found_on": "", "found_at": "", "words": ""}


@router.get("")
def breaches(request: Request, page: AtPage) -> Response:
    now = page.house.clock.now().astimezone(_tz(page))
    given = {**NOTHING, "found_on": now.date().isoformat(), "found_at": f"{now:%H:%M}"}
    return render(request, "breaches.html", **_context(page, given))


@router.post("")
def open_breach(
    request: Request,
    page: AtPage,
    taken: Text = "",
    site: Text = "",
    first: Text = "",
    last: Text = "",
    found_on: Text = "",
    found_at: Text = "",
    words: Text = "",
) -> Response:
    given = {"taken": taken, "site": site, "first": first, "last": last, "found_on": found_on, "found_at": found_at}
    given["words"] = words
    try:
        made = breach.open_breach(page.house, page.signed, _typed(page, given), words)
    except Refused as refused:
        return again(request, "breaches.html", refused, **_context(page, given))
    return redirect(request, f"/breaches/{made}", said=_("Opened. The clock runs from when it was found."))


@router.get("/{one}")
def kit(request: Request, page: AtPage, one: UUID) -> Response:
    line = breach.one(page.house, page.signed, BreachId(one))
    reach = breach.reach(page.house, page.signed, line.breach)
    return render(request, "breach.html", line=line, reach=reach, tz=_tz(page), letters=("authority", "people"))


@router.post("/{one}/told")
def told(request: Request, page: AtPage, one: UUID, whom: Text = "") -> Response:
    breach.told(page.house, page.signed, BreachId(one), people=whom == "people")
    return redirect(request, f"/breaches/{one}", said=_("Written down"))


@router.get("/{one}/letters/{whom}")
def letter(page: AtPage, one: UUID, whom: str) -> Response:
    """In both languages, to be signed and sent: to the authority, or to the people concerned."""
    line = breach.one(page.house, page.signed, BreachId(one))
    reach = breach.reach(page.house, page.signed, line.breach)
    write = _to_people if whom == "people" else _to_authority
    rules = asking.rules_of(page.house, page.signed.tenant)
    name = face_notice.organisation(page.house, page.signed.tenant)
    facts = _Facts(name, rules.contact, rules.authority, line, reach, _tz(page))
    title = _("To the people concerned") if whom == "people" else _("Report of a breach of personal data")
    made = papers.in_both(title, {lang: write(facts, words_in(lang)) for lang in BOTH}, page.house.clock.now())
    named = {"Content-Disposition": f'inline; filename="letter-{"people" if whom == "people" else "authority"}.pdf"'}
    return Response(made, media_type="application/pdf", headers=named)


@router.get("/{one}/list")
def ask_people(request: Request, page: AtPage, one: UUID) -> Response:
    return taking.show(request, page, _offer(page, one))


@router.post("/{one}/list")
def take_people(request: Request, page: AtPage, one: UUID, given: AsTyped) -> Response:
    return taking.take(request, page, _offer(page, one), given, lambda purpose, _form: _people(page, one, purpose))


def _offer(page: Page, one: UUID) -> Offer:
    return Offer(breach.list_wanted(page.house, page.signed, BreachId(one)), f"/breaches/{one}", ("csv",))


def _people(page: Page, one: UUID, purpose: str) -> Response:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("name", "phone", "email", "first_day", "last_day"))
    for line in breach.addressees(page.house, page.signed, BreachId(one), purpose):
        table.writerow((*map(_plain, (line.name, line.phone, line.email)), line.first or "", line.last or ""))
    named = {"Content-Disposition": 'attachment; filename="concerned.csv"', "Cache-Control": "no-store"}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=named)


class _Facts:
    """What both letters say, before it is said in a language."""

    def __init__(
        self, name: str, contact: str, authority: str, line: breach.BreachLine, reach: breach.Reach, tz: tzinfo
    ) -> None:
        self.name, self.contact, self.authority, self.line, self.reach, self.tz = name, contact, authority, line, reach, tz

    def when(self, words: Words) -> str:
        one = self.line.breach
        if one.first is None or one.last is None:
            return words.gettext(_("everything stored at that moment"))
        return f"{words.day(one.first)} – {words.day(one.last)}"

    def kinds(self, words: Words) -> str:
        """What of the columns can be read with that copy, in words; the same purpose once."""
        said = dict.fromkeys(words.gettext(entry.purpose) for entry, readable, rows in self.reach.columns if readable and rows)
        return words.gettext(_("; ")).join(said) or "–"


def _to_authority(facts: _Facts, words: Words) -> Sequence[Block]:
    say, one = words.gettext, facts.line.breach
    return [
        *([Block(text=facts.authority)] if facts.authority else []),
        Block(say(_("Organisation")), facts.name),
        Block(say(_("Found")), words.stamp(one.found_at.astimezone(facts.tz))),
        Block(say(_("To be reported by")), words.stamp(one.due_at.astimezone(facts.tz))),
        Block(say(_("What happened")), facts.line.words),
        Block(say(_("What was taken")), words.say(one.taken)),
        Block(say(_("Of which days")), facts.when(words)),
        Block(say(_("How many people")), words.number(facts.reach.people)),
        Block(say(_("What can be read of them")), facts.kinds(words)),
        *([] if one.taken.opens else [Block(text=say(_SEALED))]),
        Block(say(_("Measures")), say(_BY_HAND) + LINE),
        Block(say(_("Who answers for it")), facts.contact or "–"),
    ]


def _to_people(facts: _Facts, words: Words) -> Sequence[Block]:
    say, one = words.gettext, facts.line.breach
    return [
        Block(
            text=say(
                _("Something that we keep about you may have come into the wrong hands. You are told what, and what to do.")
            )
        ),
        Block(say(_("What happened")), facts.line.words),
        Block(say(_("Found")), words.stamp(one.found_at.astimezone(facts.tz))),
        Block(say(_("Of which days")), facts.when(words)),
        Block(say(_("What can be read")), facts.kinds(words)),
        Block(say(_("What it may mean")), say(_HARM_OPEN if one.taken.opens else _HARM_SEALED)),
        Block(say(_("What we did")), say(_BY_HAND) + LINE),
        Block(say(_("What you can do")), say(_DO)),
        Block(say(_("Who answers for it")), facts.contact or facts.name),
    ]


LINE = " " + "_" * 60
"""What was done only the organisation knows: nobody is told what we suppose."""

_BEGIN = _("Something that we keep about you may have come into the wrong hands. You are told what, and what to do.")
_BY_HAND = _("To be completed by hand:")
_DO = _("Distrust calls and letters that know too much. Have your card changed. Ask us.")
_SEALED = _("The copy is sealed: without its keys it names nobody.")
_HARM_SEALED = _("Without the keys nobody learns from it who you are. You are told all the same.")
_HARM_OPEN = _("Somebody may know your name, how to reach you, and when you came and went.")


def _typed(page: Page, given: dict[str, str]) -> Breach:
    try:
        taken = Taken(given["taken"])
        site = SiteId(UUID(given["site"])) if given["site"] else None
    except ValueError as error:
        raise Invalid("choose", field="taken") from error
    if not given["found_on"]:
        raise BadBreach("when was it found?", field="found_on")
    found = instant_on(day_of(given["found_on"], "found_on"), given["found_at"] or "00:00", _tz(page), "found_at")
    first, last = _day(given["first"], "first"), _day(given["last"], "last")
    return Breach(BreachId(UUID(int=0)), found.astimezone(UTC), taken, site, first, last)


def _day(typed: str, field: str) -> date | None:
    return day_of(typed, field) if typed.strip() else None


def _tz(page: Page) -> tzinfo:
    return page.tz if page.site else UTC


def _plain(text: str) -> str:
    """No spreadsheet takes it for a formula."""
    return "'" + text if text[:1] in {"=", "+", "-", "@"} else text


def _context(page: Page, given: dict[str, str]) -> dict[str, Any]:
    sites = [("", page.words.gettext(_("All sites"))), *((str(line.site), line.name) for line in page.sites)]
    kinds = [(one.value, page.words.say(one)) for one in Taken]
    return {"lines": breach.breaches(page.house, page.signed), "given": given, "sites": sites, "kinds": kinds, "tz": _tz(page)}
