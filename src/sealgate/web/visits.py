"""Visits in the console: the board of a day, inviting, one visit, the block list, and what the site asks of visitors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Invalid, NotFound, Refused
from sealgate.domain.ids import GateId, VisitBlockId, VisitId
from sealgate.domain.operators import Permission
from sealgate.domain.visits import Absent
from sealgate.domain.visits_asking import Asked, BadRules, VisitField, VisitRules
from sealgate.domain.visits_blocks import BadBlock, BlockKind
from sealgate.domain.visits_letters import CHINESE, ENGLISH
from sealgate.flows import reception, rules, visit, visit_blocks, visit_kiosk, visit_rules
from sealgate.web.directory import day_of
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _
from sealgate.web.pay import base_of

router = APIRouter(prefix="/s/{site}/visits")
Text = Annotated[str, Form(max_length=1000)]
Several = Annotated[list[str] | None, Form()]
HOURS = timedelta(hours=2)


class BadMoment(Invalid):
    """Not a day and a time."""

    code = "form.not-a-moment"


@router.get("")
def board(request: Request, page: AtPage, day: str = "") -> Response:
    shown = _day(day)
    seen = visit.board(page.house, page.signed, page.here.site, shown)
    sees_all = page.signed.may(Permission.VISITS)
    return render(
        request,
        "visits.html",
        board=seen,
        today=seen.now.date(),
        step=timedelta(days=1),
        medians=visit_kiosk.medians(page.house, page.signed, page.here.site) if sees_all else None,
        sees_all=sees_all,
        calls=reception.waiting(page.house, page.signed, page.here.site),
    )


@router.get("/new")
def ask_visit(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.HOST)
    return render(request, "visit_new.html", **_form(page))


@router.post("/new")
def add_visit(
    request: Request,
    page: AtPage,
    name: Text = "",
    since: Text = "",
    until: Text = "",
    gates: Several = None,
    why: Text = "",
    company: Text = "",
    email: Text = "",
    phone: Text = "",
    host: Text = "",
    language: Text = "",
) -> Response:
    words = {"name": name, "why": why, "company": company, "email": email, "phone": phone, "host": host, "language": language}
    given = {**words, "since": since, "until": until, "gates": gates or []}
    try:
        new = visit.NewVisit(
            name=name,
            since=moment_of(page, since, "since"),
            until=moment_of(page, until, "until"),
            gates=_gates(gates or ()),
            why=why,
            company=company,
            email=email,
            phone=phone,
            host=host,
            language=language,
        )
        made = visit.invite(page.house, page.signed, page.here.site, new)
    except visit.Blocked as refused:
        return again(request, "visit_new.html", refused, **_form(page, given), reasons=refused.reasons)
    except Refused as refused:
        return again(request, "visit_new.html", refused, **_form(page, given))
    said = _("Invited. The letter is on its way.") if made.mailed else _("Invited. Copy the link and send it.")
    return redirect(request, address(page, made.visit), said=_("Reception has to look first") if made.flagged else said)


@router.get("/blocks")
def blocks(request: Request, page: AtPage) -> Response:
    return render(request, "visit_blocks.html", **_blocks(page))


@router.post("/blocks")
def add_block(
    request: Request, page: AtPage, kind: Text = "", value: Text = "", reason: Text = "", until: Text = ""
) -> Response:
    given = {"kind": kind, "reason": reason, "until": until, "value": value}
    try:
        if kind not in set(BlockKind):
            raise Invalid("not a way to know somebody", field="kind")
        end = day_of(page, until, "until", end=True)
        if end is None:
            raise BadBlock("an end is needed", field="until")
        today = page.local(page.house.clock.now()).date()
        visit_blocks.block(page.house, page.signed, BlockKind(kind), value, reason, end, today)
    except Refused as refused:
        if refused.status == 403:
            raise
        return again(request, "visit_blocks.html", refused, **{**_blocks(page), "given": given})
    return redirect(request, f"{here(page)}/blocks", said=_("Blocked. What you typed is not kept, only a token of it."))


@router.post("/blocks/{block}/lift")
def lift_block(request: Request, page: AtPage, block: UUID) -> Response:
    visit_blocks.lift(page.house, page.signed, VisitBlockId(block))
    return redirect(request, f"{here(page)}/blocks", said=_("Lifted"))


@router.get("/rules")
def ask_rules(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.SEE_RULES)
    return render(request, "visit_rules.html", **_rules(page))


@router.post("/rules")
async def change_rules(request: Request, page: AtPage) -> Response:
    form = await request.form()
    given = {name: str(value)[:400] for name, value in form.items() if isinstance(value, str)}
    try:
        visit_rules.change_rules(page.house, page.signed, page.here.site, read_form(given))
    except Refused as refused:
        if refused.status == 403:
            raise
        return again(request, "visit_rules.html", refused, **{**_rules(page), "given": given})
    return redirect(request, f"{here(page)}/rules", said=_("Saved. Visitors read the new notice from now on."))


@router.get("/{visit_id}")
def record(request: Request, page: AtPage, visit_id: UUID) -> Response:
    found = visit.record(page.house, page.signed, VisitId(visit_id))
    base = base_of(request, page.house)
    return render(
        request,
        "visit.html",
        record=found,
        link=f"{base}/visit/{found.link}" if found.link else "",
        mails=page.house.post is not None,
    )


@router.post("/{visit_id}/{act}")
def act(request: Request, page: AtPage, visit_id: UUID, act: str) -> Response:
    one, signed = VisitId(visit_id), page.signed
    acts: Mapping[str, tuple[Callable[[], None], str]] = {
        "approve": (partial(visit.answer, page.house, signed, one, yes=True), _("Let in")),
        "refuse": (partial(visit.answer, page.house, signed, one, yes=False), _("Not let in")),
        "cancel": (partial(visit.cancel, page.house, signed, one), _("Cancelled. The pass opens nothing any more.")),
        "check-in": (partial(visit.check_in, page.house, signed, one), _("Checked in")),
        "check-out": (partial(visit.check_out, page.house, signed, one), _("Checked out")),
    }
    if act not in acts:
        raise NotFound("act")
    done, said = acts[act]
    done()
    back = request.query_params.get("back", "")
    return redirect(request, here(page) if back == "board" else address(page, one), said=said)


def here(page: Page) -> str:
    return f"/s/{page.here.site}/visits"


def address(page: Page, one: VisitId) -> str:
    return f"{here(page)}/{one}"


def moment_of(page: Page, typed: str, field: str) -> datetime:
    """A local day and time as a browser sends them. Raises `BadMoment`."""
    try:
        local = datetime.fromisoformat(typed.strip())
    except ValueError as error:
        raise BadMoment("not a day and a time", field=field) from error
    if local.tzinfo is not None:
        raise BadMoment("the site's own clock is meant", field=field)
    try:
        return local.replace(tzinfo=page.tz).astimezone(UTC)
    except OverflowError as error:
        raise BadMoment("not a day and a time", field=field) from error


def read_form(given: Mapping[str, str]) -> VisitRules:
    """The rules as the form sends them. Raises `BadRules` for what is no figure."""
    fields = {
        name: Asked(given.get(f"{name}-purpose", ""), _whole(given, f"{name}-days"))
        for name in VisitField
        if given.get(f"{name}-on") == "yes"
    }
    absent = given.get("absent", "")
    if absent not in set(Absent):
        raise BadRules("choose one", field="absent")
    return VisitRules(
        fields=fields,
        keep_days=_whole(given, "keep_days"),
        duty=given.get("duty", ""),
        walk_ups=given.get("walk_ups") == "yes",
        face=given.get("face") == "yes",
        absent=Absent(absent),
        wait_minutes=_whole(given, "wait_minutes"),
        remind_minutes=_whole(given, "remind_minutes"),
    )


def _whole(given: Mapping[str, str], name: str) -> int:
    text = given.get(name, "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise BadRules("a whole figure", field=name)
    return int(text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _gates(typed: Sequence[str]) -> tuple[GateId, ...]:
    try:
        return tuple(GateId(UUID(gate)) for gate in typed[:200])
    except ValueError as error:
        raise Invalid("not a gate", field="gates") from error


def _form(page: Page, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    with page.house.store.read(page.signed.tenant) as db:
        inward = visit.inward_gates(db, page.here.site)
    lines = [line for line in rules.gates(page.house, page.signed, page.here.site) if line.gate in set(inward)]
    now = page.local(page.house.clock.now())
    begin = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    fresh = {"since": f"{begin:%Y-%m-%dT%H:%M}", "until": f"{begin + HOURS:%Y-%m-%dT%H:%M}"}
    blank = dict.fromkeys(("name", "why", "company", "email", "phone", "host"), "")
    language = CHINESE if page.words.language == CHINESE else ENGLISH
    doors = [str(line.gate) for line in lines if line.kind != "barrier"]
    return {
        "given": given or {**blank, **fresh, "gates": doors, "language": language},
        "gates": lines,
        "reasons": (),
        "languages": [(ENGLISH, "English"), (CHINESE, "中文")],
        "least": f"{datetime.combine(now.date(), time()):%Y-%m-%dT%H:%M}",
        "mails": page.house.post is not None,
    }


def _blocks(page: Page) -> dict[str, Any]:
    blank = dict.fromkeys(("reason", "until", "value"), "")
    return {
        "blocks": visit_blocks.listed(page.house, page.signed),
        "kinds": list(BlockKind),
        "given": {**blank, "kind": BlockKind.EMAIL.value},
    }


def _rules(page: Page) -> dict[str, Any]:
    return {
        "rules": visit_rules.rules_of(page.house, page.signed.tenant, page.here.site),
        "fields": list(VisitField),
        "absents": list(Absent),
        "given": None,
    }
