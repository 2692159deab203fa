"""One's own data beyond the record: what one asked and by when, every look, one's passages, and all of it as a file."""

from __future__ import annotations

import tempfile
from typing import IO, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.asking import AskField, AskKind, AskState
from sealgate.domain.attendance import month_bounds
from sealgate.domain.errors import Invalid, Refused
from sealgate.domain.ids import AskId, PassageId
from sealgate.flows import asking, holds, own_looks
from sealgate.flows import export as exporting
from sealgate.flows.people import JournalLine
from sealgate.web.clocks import month_of
from sealgate.web.doings import doings
from sealgate.web.erasing import IN_MEMORY, zipped
from sealgate.web.frame import redirect, tell
from sealgate.web.i18n import _
from sealgate.web.own import TABS, AtMine, Mine, Tab, own_page
from sealgate.web.sessions import for_persons

router = APIRouter(prefix="/my")
Text = Annotated[str, Form()]
TABS += [Tab(_("My passages"), "/my/passages"), Tab(_("Who looked"), "/my/looks"), Tab(_("Requests"), "/my/requests")]
NOTHING = {"kind": "", "field": AskField.NAME.value, "value": "", "words": ""}


@router.get("/requests")
@for_persons
def requests(request: Request, mine: AtMine, kind: str = "") -> Response:
    return own_page(request, mine, "own_asks.html", **_requests(mine, {**NOTHING, "kind": kind}))


@router.post("/requests")
@for_persons
def ask(request: Request, mine: AtMine, kind: Text = "", field: Text = "", value: Text = "", words: Text = "") -> Response:
    given = {"kind": kind, "field": field, "value": value, "words": words}
    try:
        what, which = _kind(kind), _field(field)
        asking.ask(mine.house, mine.own, what, words, field=which, value=value)
    except Refused as refused:
        return _again(request, mine, refused, given=given)
    return redirect(request, "/my/requests", said=_("Asked. The day of the answer stands beside it."))


@router.post("/requests/{ask}/take-back")
@for_persons
def take_back(request: Request, mine: AtMine, ask: UUID) -> Response:
    asking.take_back(mine.house, mine.own, AskId(ask))
    return redirect(request, "/my/requests", said=_("Taken back"))


@router.post("/contact")
@for_persons
def change_contact(request: Request, mine: AtMine, phone: Text = "", email: Text = "") -> Response:
    try:
        asking.change_my_contact(mine.house, mine.own, phone, email)
    except Refused as refused:
        return _again(request, mine, refused, contact={"phone": phone, "email": email})
    return redirect(request, "/my/requests", said=_("Saved"))


@router.get("/looks")
@for_persons
def looks(request: Request, mine: AtMine, before: int | None = None) -> Response:
    found, more = own_looks.looks(mine.house, mine.own, before)
    lines = [JournalLine(look.at, look.who, look.action, look.purpose, look.own) for look in found]
    told = [(doings(mine.words, [line])[0], look) for line, look in zip(lines, found, strict=True)]
    return own_page(request, mine, "own_looks.html", told=told, more=more, first=before is None)


@router.get("/passages")
@for_persons
def passages(request: Request, mine: AtMine, month: str = "") -> Response:
    asked = month_of(month, mine.house.clock.now().astimezone(mine.tz).date())
    first, last = month_bounds(asked.text)
    lines = own_looks.my_passages(mine.house, mine.own, first, last)
    return own_page(request, mine, "own_passages.html", lines=lines, month=asked)


@router.get("/passages/{passage}/picture")
@for_persons
def picture(mine: AtMine, passage: int) -> Response:
    jpeg = own_looks.my_picture(mine.house, mine.own, PassageId(passage))
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.get("/everything")
@for_persons
def everything(mine: AtMine) -> Response:
    file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed when all was sent
    try:
        exporting.export(mine.house, mine.own.tenant, mine.own.actor, mine.own.person, file)
    except BaseException:
        file.close()
        raise
    return zipped(file)


def _kind(typed: str) -> AskKind:
    try:
        return AskKind(typed)
    except ValueError as error:
        raise Invalid("choose", field="kind") from error


def _field(typed: str) -> AskField:
    try:
        return AskField(typed or AskField.OTHER)
    except ValueError as error:
        raise Invalid("choose", field="field") from error


def _again(request: Request, mine: Mine, refused: Refused, **given: Any) -> Response:
    told = tell(mine.words, refused)
    context = {**_requests(mine, NOTHING), **given, "trouble": told}
    return own_page(request, mine, "own_asks.html", status=told.status, **context)


def _requests(mine: Mine, given: dict[str, str]) -> dict[str, Any]:
    found = asking.my_contact(mine.house, mine.own)
    return {
        "asks": asking.my_asks(mine.house, mine.own),
        "rules": asking.rules_of(mine.house, mine.own.tenant),
        "may_change": found.may_change,
        "contact": {"phone": found.phone, "email": found.email},
        "given": given,
        "fields": [(one.value, mine.words.say(one)) for one in AskField],
        "AskState": AskState,
        "holds": holds.my_holds(mine.house, mine.own),
    }
