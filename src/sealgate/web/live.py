"""The live page and its stream: each passage slides in within a second of its decision.

The surprising thing: the bus calls from the thread of whoever published, so a listener only puts a number into
a bounded queue of the event loop; everything that reads the store runs in a worker thread. Opening the page
writes a journal entry, and so does connecting its stream; the rows that follow are part of that watching.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import GateId, PassageId
from sealgate.domain.operators import Permission
from sealgate.flows import looking, passage, rules, signin
from sealgate.flows.looking import PassageLine, Watch
from sealgate.flows.rules import GateLine
from sealgate.web.asking import ask
from sealgate.web.frame import AtPage, Page, environment, redirect, render
from sealgate.web.i18n import Words, _
from sealgate.web.sessions import cookie_name
from sealgate.web.telling import tell

router = APIRouter()

BEAT = 10.0
"""Seconds without a word after which a comment is sent: proxies keep the line, and an ended session is noticed."""

WAITING = 200
"""Passages that may wait for one slow reader; beyond it the page is told to load anew."""

SHOWN = 50
IN_A_ROW = 3
LATELY = timedelta(minutes=10)


class Show(StrEnum):
    """Which rows: the address keeps it."""

    ALL = "all"
    STOPPED = "stopped"
    FORCED = "forced"


SHOWS = {Show.ALL: _("All"), Show.STOPPED: _("Not opened"), Show.FORCED: _("Forced")}


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something true now that needs somebody. `key` names it, so that it is said once."""

    key: str
    tone: str
    words: str
    detail: str
    href: str = ""
    act: str = ""


@router.get("/s/{site}/live")
def live(request: Request, page: AtPage, show: Show = Show.ALL) -> Response:
    seen = looking.watch(page.house, page.signed, page.here.site, limit=SHOWN)
    gates = rules.gates(page.house, page.signed, page.here.site)
    newest = seen.lines[0].passage if seen.lines else 0
    return render(
        request,
        "live.html",
        watch=seen,
        lines=[line for line in seen.lines if fits(line, show)],
        gates=sorted(gates, key=lambda gate: (not gate.blocked, gate.name)),
        alarms=alarms(page, seen, seen.lines),
        show=show,
        shows=SHOWS,
        stream=f"/s/{page.here.site}/live/stream?after={newest}&show={show}",
    )


@router.get("/s/{site}/live/gates/{gate}/open")
def ask_to_open(request: Request, page: AtPage, gate: UUID) -> Response:
    page.signed.need(Permission.OPEN_GATES)
    return _asked_to_open(request, page, gate_here(page, gate))


@router.post("/s/{site}/live/gates/{gate}/open")
def open_once(request: Request, page: AtPage, gate: UUID, why: Annotated[str, Form(max_length=1000)] = "") -> Response:
    line = gate_here(page, gate)
    try:
        passage.open_by_hand(page.house, page.signed, line.gate, why)
    except passage.NeedsWords as refused:
        return _asked_to_open(request, page, line, why=why, refused=refused)
    return redirect(request, f"/s/{page.here.site}/live", _("Opened once. Your words are in the journal."))


def _asked_to_open(request: Request, page: Page, gate: GateLine, *, why: str = "", refused: Refused | None = None) -> Response:
    told = tell(page.words, refused) if refused else None
    status = 200 if refused is None or "hx-request" in request.headers else refused.status
    back = f"/s/{page.here.site}/live"
    return ask(request, "live_open.html", status=status, back=back, gate=gate, why=why, trouble=told)


def gate_here(page: Page, gate: UUID) -> GateLine:
    """The gate, where it is one of this site; a gate of elsewhere is answered like none."""
    record = rules.gate(page.house, page.signed, GateId(gate)).line
    if record.site != page.here.site:
        raise NotFound("gate")
    return record


@router.get("/s/{site}/live/stream")
async def stream(
    request: Request,
    page: AtPage,
    after: Annotated[int, Query(ge=0, lt=1 << 63)] = 0,
    show: Show = Show.ALL,
    last_event_id: Annotated[str, Header(max_length=20)] = "",
) -> Response:
    """Rows as server-sent events. `after` is the newest row that the page has, or what the browser says when it comes back."""
    page.signed.need(Permission.WATCH)
    newest = max(after, int(last_event_id)) if last_event_id.isdigit() else after
    token = request.cookies.get(cookie_name(request), "")
    events = Listener(page, token, show).events(PassageId(newest))
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


class Listener:
    """One open page. Its queue belongs to the event loop; the bus reaches it only through `call_soon_threadsafe`."""

    def __init__(self, page: Page, token: str, show: Show) -> None:
        self._page, self._token, self._show = page, token, show
        self._loop = asyncio.get_running_loop()
        self._news: asyncio.Queue[int] = asyncio.Queue(WAITING)
        self._overrun = False
        self._lately: list[PassageLine] = []

    async def events(self, newest: PassageId) -> AsyncIterator[str]:
        with ExitStack() as hearing:
            for topic in ("passage", "site"):
                hearing.enter_context(self._page.house.bus.subscribe(topic, self._hear))
            yield await self._opening(newest)
            while not self._overrun:
                heard = await self._heard()
                if not await run_in_threadpool(self._still_welcome):
                    break
                yield await run_in_threadpool(self._said, heard)
        yield said("over", "")

    def _hear(self, message: dict[str, Any]) -> None:
        """Called by whichever thread publishes. A message of another organisation or site is not for this page."""
        if "bus.lost" in message:
            self._loop.call_soon_threadsafe(self._lost)
        elif message.get("tenant") == str(self._page.signed.tenant) and message.get("site") == str(self._page.here.site):
            self._loop.call_soon_threadsafe(self._note, int(message.get("passage", 0)))

    def _lost(self) -> None:
        self._overrun = True
        self._note(0)

    def _note(self, number: int) -> None:
        try:
            self._news.put_nowait(number)
        except asyncio.QueueFull:
            self._overrun = True

    async def _heard(self) -> list[int]:
        """What has come since; empty after a beat of silence."""
        try:
            first = await asyncio.wait_for(self._news.get(), BEAT)
        except TimeoutError:
            return []
        numbers = [first]
        while not self._news.empty():
            numbers.append(self._news.get_nowait())
        return list(dict.fromkeys(numbers))

    def _still_welcome(self) -> bool:
        signed = signin.who_is(self._page.house, self._token)
        return signed is not None and signed.at(self._page.here.site).may(Permission.WATCH)

    async def _opening(self, newest: PassageId) -> str:
        """What was missed between the page and its stream, and the figures as they are now."""
        seen = await run_in_threadpool(looking.watch, self._page.house, self._page.signed, self._page.here.site, SHOWN)
        self._lately = list(seen.lines)
        missed = [line for line in reversed(seen.lines) if line.passage > newest]
        return "retry: 1000\n\n" + "".join(map(self._row, missed)) + self._state(seen)

    def _said(self, heard: Sequence[int]) -> str:
        lines = [looking.line(self._page.house, self._page.signed, PassageId(number)) for number in heard if number]
        self._remember([line for line in lines if line])
        rows = "".join(self._row(line) for line in lines if line)
        return rows + self._state(looking.tally(self._page.house, self._page.signed, self._page.here.site)) + ": \n\n"

    def _remember(self, lines: Sequence[PassageLine]) -> None:
        new = {line.passage: line for line in lines}
        kept = [line for line in self._lately if line.passage not in new]
        self._lately = sorted([*new.values(), *kept], key=lambda line: -line.passage)[:SHOWN]

    def _row(self, line: PassageLine) -> str:
        if not fits(line, self._show):
            return ""
        return said("passage", self._drawn("live_row.html", line=line), line.passage)

    def _state(self, seen: Watch) -> str:
        bells = alarms(self._page, seen, self._lately)
        figures = self._drawn("live_figures.html", watch=seen)
        return said("figures", figures) + said("alarms", self._drawn("live_alarms.html", alarms=bells))

    def _drawn(self, template: str, **context: Any) -> str:
        return environment(self._page.words.language).get_template(template).render(page=self._page, **context)


def said(event: str, html: str, number: int | None = None) -> str:
    """One server-sent event; a line break within the markup would end it, so each line has its own `data:`."""
    name = f"id: {number}\n" if number is not None else ""
    data = "".join(f"data: {line}\n" for line in html.splitlines() if line.strip()) or "data:\n"
    return f"event: {event}\n{name}{data}\n"


def fits(line: PassageLine, show: Show) -> bool:
    match show:
        case Show.ALL:
            return True
        case Show.STOPPED:
            return not line.opens
        case Show.FORCED:
            return line.opens and line.means is None


def alarms(page: Page, seen: Watch, lately: Sequence[PassageLine]) -> list[Alarm]:
    """Trouble first: the lockdown, gates that refuse one after another, gates that are blocked."""
    words, gates = page.words, f"/s/{page.here.site}/gates"
    to_gates = words.gettext(_("To the gates"))
    bells = []
    if seen.lockdown:
        detail = words.gettext(_("No gate lets anybody in. Whoever is inside may leave."))
        bells.append(Alarm("lockdown", "bad", words.gettext(_("The site is locked down")), detail, gates, to_gates))
    bells += [_in_a_row_alarm(words, name, count, last) for name, count, last in refused_in_a_row(lately, seen.now)]
    for name in seen.gates_blocked:
        title = words.gettext(_("%(gate)s is blocked"), gate=name)
        detail = words.gettext(_("It opens for nobody until somebody unblocks it."))
        bells.append(Alarm(f"blocked {name}", "warn", title, detail, gates, to_gates))
    return bells


def _in_a_row_alarm(words: Words, gate: str, count: int, last: PassageLine) -> Alarm:
    title = words.gettext(_("%(count)s refusals in a row at %(gate)s"), count=count, gate=gate)
    detail = words.gettext(_("The last at %(time)s: %(reason)s"), time=words.clock(last.local), reason=words.say(last.reason))
    return Alarm(f"refused {gate} {count}", "bad", title, detail)


def refused_in_a_row(lately: Sequence[PassageLine], now: datetime) -> list[tuple[str, int, PassageLine]]:
    """Gates at which the newest passages of the last ten minutes were all refused, three or more; how many, and the newest.

    `lately` is newest first.
    """
    runs: dict[GateId, list[PassageLine]] = {}
    ended: set[GateId] = set()
    for line in lately:
        if line.opens or now - line.at > LATELY:
            ended.add(line.gate)
        elif line.gate not in ended:
            runs.setdefault(line.gate, []).append(line)
    return [(run[0].gate_name, len(run), run[0]) for run in runs.values() if len(run) >= IN_A_ROW]


__all__ = ["Alarm", "Show", "alarms", "fits", "refused_in_a_row", "router", "said"]
