"""Visitors at the kiosk: one question a step, each step an address, Back always there, cleared after a minute.

What a visitor types before they agree lies in the memory of this program and nowhere else, under a random name, and is
forgotten after two minutes without a touch. A kiosk that was restarted in between begins anew.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import GateId, VisitId
from sealgate.domain.people import Profile
from sealgate.domain.people import checked as checked_profile
from sealgate.domain.visits import VisitState, checked_words
from sealgate.flows import enrol, visit_kiosk
from sealgate.flows.kiosk import KioskGate
from sealgate.flows.kit import House
from sealgate.flows.passage import Admission
from sealgate.flows.visit_agree import NotAgreed, NoticeChanged, SeeReception
from sealgate.web.frame import render, tell
from sealgate.web.guard import takes
from sealgate.web.i18n import words_of
from sealgate.web.kiosk import Said, at_gate, told
from sealgate.web.notices import FACE, text_of
from sealgate.web.sessions import opened
from sealgate.web.visitor import agreement_of, notice
from sealgate.web.ways import ADVICE

router = APIRouter(prefix="/kiosk/visit")
Typed = Annotated[str, Form(max_length=600)]
CLEARED, DONE, POLL = 60, 20, 3
KEPT = timedelta(minutes=2)
MOST = 200


class DraftOver(NotFound):
    """Nobody touched the kiosk for a while, so what was typed is forgotten."""

    code = "kiosk.draft-over"


@dataclass
class Draft:
    """One visitor in front of one kiosk. `form` is what they answered so far; `visit` once there is one."""

    gate: GateId
    started_at: datetime
    touched_at: datetime
    form: dict[str, str] = field(default_factory=dict)
    visit: VisitId | None = None


class Drafts:
    """In memory, bounded: the oldest make room. Any thread may call."""

    def __init__(self) -> None:
        self._drafts: dict[str, Draft] = {}
        self._lock = Lock()

    def begin(self, gate: GateId, now: datetime) -> tuple[str, Draft]:
        name, draft = secrets.token_urlsafe(18), Draft(gate, now, now)
        with self._lock:
            self._forget(now)
            while len(self._drafts) >= MOST:
                self._drafts.pop(next(iter(self._drafts)))
            self._drafts[name] = draft
        return name, draft

    def of(self, name: str, gate: GateId, now: datetime) -> Draft:
        """Raises `DraftOver`, also for another kiosk's."""
        with self._lock:
            self._forget(now)
            draft = self._drafts.get(name)
            if draft is None or draft.gate != gate:
                raise DraftOver("begin again")
            draft.touched_at = now
            return draft

    def end(self, name: str) -> None:
        with self._lock:
            self._drafts.pop(name, None)

    def _forget(self, now: datetime) -> None:
        for name in [name for name, draft in self._drafts.items() if abs(now - draft.touched_at) > KEPT]:
            del self._drafts[name]


DRAFTS = Drafts()


@router.get("")
@opened
def welcome(request: Request) -> Response:
    kiosk = at_gate(request)
    return _step(request, kiosk, "welcome", rules=visit_kiosk.rules_here(_house(request), kiosk))


@router.get("/code")
@opened
def ask_code(request: Request) -> Response:
    return _step(request, at_gate(request), "code")


@router.post("/code")
@opened
def find(request: Request, code: Typed = "") -> Response:
    kiosk, house = at_gate(request), _house(request)
    try:
        found = visit_kiosk.find(house, kiosk, code)
    except Refused as refused:
        return _step(request, kiosk, "code", refused, code=code[:20])
    name, draft = DRAFTS.begin(kiosk.gate, house.clock.now())
    draft.visit = found.visit
    return RedirectResponse(f"/kiosk/visit/{name}/{_next(found)}", 303)


@router.get("/name")
@opened
def ask_name(request: Request) -> Response:
    return _step(request, at_gate(request), "name")


@router.post("/name")
@opened
def take_name(request: Request, name: Typed = "") -> Response:
    kiosk, house = at_gate(request), _house(request)
    try:
        checked_profile(Profile(name))
    except Refused as refused:
        return _step(request, kiosk, "name", refused, given={"name": name})
    secret, draft = DRAFTS.begin(kiosk.gate, house.clock.now())
    draft.form["name"] = name
    return RedirectResponse(f"/kiosk/visit/{secret}/host", 303)


@router.get("/{name}/{step}")
@opened
def show(request: Request, name: str, step: str) -> Response:
    kiosk, house = at_gate(request), _house(request)
    try:
        draft = DRAFTS.of(name, kiosk.gate, house.clock.now())
    except DraftOver:
        return RedirectResponse("/kiosk", 303)
    return _shown(request, kiosk, name, draft, step)


@router.post("/{name}/host")
@opened
def take_host(request: Request, name: str, host: Typed = "", why: Typed = "") -> Response:
    kiosk, draft = _draft(request, name)
    try:
        checked_words(host, "host", 120, needed=True)
        checked_words(why, "why")
    except Refused as refused:
        return _shown(request, kiosk, name, draft, "host", refused, {"host": host, "why": why})
    draft.form.update(host=host, why=why)
    return RedirectResponse(f"/kiosk/visit/{name}/notice", 303)


@router.post("/{name}/notice")
@opened
def take_notice(
    request: Request, name: str, answer: Typed = "", version: Typed = "", minor: Typed = "", forget: Typed = ""
) -> Response:
    kiosk, draft = _draft(request, name)
    if answer != "yes":
        DRAFTS.end(name)
        return _step(request, kiosk, "no", seconds=DONE)
    draft.form.update(answer=answer, version=version, minor=minor, forget=forget)
    rules = visit_kiosk.rules_here(_house(request), kiosk)
    if rules.fields or minor == "yes":
        return RedirectResponse(f"/kiosk/visit/{name}/about", 303)
    return _commit(request, kiosk, name, draft)


@router.post("/{name}/about")
@opened
async def take_answers(request: Request, name: str) -> Response:
    form = {key: str(value)[:300] for key, value in (await request.form()).items()}
    return await run_in_threadpool(_answered, request, name, form)


def _answered(request: Request, name: str, form: dict[str, str]) -> Response:
    kiosk, draft = _draft(request, name)
    kept = {key: value for key, value in form.items() if key not in {"name", "host", "why", "answer", "version"}}
    draft.form.update(kept)
    return _commit(request, kiosk, name, draft)


@router.post("/{name}/in")
@opened
@takes(40 << 20)
def go_in(request: Request, name: str, pictures: Annotated[list[UploadFile] | None, File()] = None) -> Response:
    """By the code, or with pictures by the face: both lead to the same page."""
    kiosk, draft = _draft(request, name)
    looks = [picture.file.read() for picture in (pictures or [])[:5]]
    looks = [look for look in looks if look]
    try:
        admission = visit_kiosk.check_in(_house(request), kiosk, _visit(draft), draft.started_at, looks, FACE)
    except enrol.NoFace as refused:
        advice = [words_of(request).gettext(ADVICE.get(code, code)) for code in refused.advice if code]
        return _shown(request, kiosk, name, draft, "face", refused, advice=advice)
    except Refused as refused:
        return _shown(request, kiosk, name, draft, "face" if looks else "ready", refused)
    return _done(request, kiosk, name, draft, admission)


@router.post("/{name}/out")
@opened
def go_out(request: Request, name: str) -> Response:
    kiosk, draft = _draft(request, name)
    visit_kiosk.check_out(_house(request), kiosk, _visit(draft))
    DRAFTS.end(name)
    return _step(request, kiosk, "left", seconds=DONE)


def _commit(request: Request, kiosk: KioskGate, name: str, draft: Draft) -> Response:
    """All is answered: keep it. What is wrong is asked again at its own step."""
    house, language = _house(request), words_of(request).language
    try:
        if draft.visit is None:
            form = draft.form
            agreed = agreement_of(form)
            made = visit_kiosk.walk_up(house, kiosk, form["name"], form["host"], form["why"], agreed, language)
            draft.visit = made
        else:
            visit_kiosk.agree(house, kiosk, draft.visit, agreement_of(draft.form))
    except (SeeReception, NotAgreed, visit_kiosk.NoWalkUps) as refused:
        DRAFTS.end(name)
        return _step(request, kiosk, "reception", refused, seconds=DONE)
    except NoticeChanged as refused:
        return _shown(request, kiosk, name, draft, "notice", refused)
    except KeyError:
        return RedirectResponse("/kiosk/visit", 303)
    except Refused as refused:
        return _shown(request, kiosk, name, draft, "about", refused, draft.form)
    found = visit_kiosk.at_kiosk(house, kiosk, draft.visit)
    return RedirectResponse(f"/kiosk/visit/{name}/{_next(found)}", 303)


def _next(found: visit_kiosk.AtKiosk) -> str:
    """Where a visitor goes from what is known."""
    if found.must_agree:
        return "notice"
    if found.inside:
        return "leaving"
    if found.state is VisitState.AWAITING:
        return "waiting"
    return "way" if found.offers_face and found.opens else "ready"


def _shown(
    request: Request,
    kiosk: KioskGate,
    name: str,
    draft: Draft,
    step: str,
    refused: Refused | None = None,
    given: dict[str, str] | None = None,
    **more: Any,
) -> Response:
    house = _house(request)
    if step in {"host", "notice", "about"}:
        rules = visit_kiosk.rules_here(house, kiosk)
        seconds = CLEARED * 2 if step == "notice" else CLEARED
        context = {**notice(rules), "given": given or draft.form, "minor": draft.form.get("minor") == "yes"}
        walk = draft.visit is None
        return _step(request, kiosk, step, refused, name=name, seconds=seconds, walk=walk, **context)
    if step not in {"waiting", "way", "ready", "face", "leaving"} or draft.visit is None:
        return RedirectResponse("/kiosk/visit", 303)
    found = visit_kiosk.at_kiosk(house, kiosk, draft.visit)
    if step == "waiting" and found.state is not VisitState.AWAITING:
        if found.state is VisitState.EXPECTED:
            return RedirectResponse(f"/kiosk/visit/{name}/{_next(found)}", 303)
        DRAFTS.end(name)
        return _step(request, kiosk, "reception", seconds=DONE)
    seconds = POLL if step == "waiting" else CLEARED
    text = text_of(FACE, words_of(request).language)
    return _step(request, kiosk, step, refused, name=name, seconds=seconds, found=found, text=text, **{"advice": (), **more})


def _done(request: Request, kiosk: KioskGate, name: str, draft: Draft, admission: Admission | None) -> Response:
    found = visit_kiosk.at_kiosk(_house(request), kiosk, _visit(draft))
    DRAFTS.end(name)
    said = told(words_of(request), admission) if admission else Said("open", "", "")
    return _step(request, kiosk, "done", seconds=DONE, found=found, said=said, went=admission is not None)


def _step(
    request: Request, kiosk: KioskGate, step: str, refused: Refused | None = None, /, *, seconds: int = CLEARED, **more: Any
) -> Response:
    """One step's page. After `seconds` the kiosk is itself again; a visitor who waits is asked after every few."""
    trouble = tell(words_of(request), refused) if refused else None
    context = {"name": "", "given": {}, "code": "", **more}
    page = render(
        request,
        "kiosk_visit.html",
        status=trouble.status if trouble else 200,
        kiosk=kiosk,
        step=step,
        trouble=trouble,
        **context,
    )
    address = f"/kiosk/visit/{context['name']}/waiting" if step == "waiting" else "/kiosk"
    page.headers["Refresh"] = f"{seconds}; url={address}"
    return page


def _draft(request: Request, name: str) -> tuple[KioskGate, Draft]:
    kiosk = at_gate(request)
    return kiosk, DRAFTS.of(name, kiosk.gate, _house(request).clock.now())


def _visit(draft: Draft) -> VisitId:
    if draft.visit is None:
        raise DraftOver("begin again")
    return draft.visit


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house
