"""The kiosk: a screen at a gate that nobody signs in to. A link opened once gives it its cookie, and with that it may
ask for this one gate and nothing else.

It never learns more than the first name of whoever stands there, whether the gate opened, and why not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from sealgate.domain.access import Reason
from sealgate.domain.errors import Refused
from sealgate.domain.head_turns import Turn
from sealgate.domain.ids import GateId
from sealgate.domain.people import BadCode
from sealgate.domain.sightings import Means
from sealgate.flows import kiosk
from sealgate.flows.at_gate import Answer
from sealgate.flows.kiosk import KioskGate, NothingSeen
from sealgate.flows.kiosk_life import Asked
from sealgate.flows.kit import House
from sealgate.ports import LatchAnswer
from sealgate.web.frame import render
from sealgate.web.guard import takes
from sealgate.web.i18n import Words, _, words_of
from sealgate.web.sessions import opened

router = APIRouter(prefix="/kiosk")
LOOK_LIMIT = 2 * 1024 * 1024
A_YEAR = 366 * 24 * 3600

ADVICE: Mapping[str, str] = {
    "": "",
    "come-closer": _("Come a little closer."),
    "hold-still": _("Hold still for a moment."),
    "face-off": _("This gate opens by code."),
    "face-rests": _("Too many tries with a face here. Use a code, or ask reception."),
}

ASKS: Mapping[Turn, str] = {
    Turn.LEFT: _("Turn your head to your left."),
    Turn.RIGHT: _("Turn your head to your right."),
    Turn.AHEAD: _("Look at the camera again."),
}

TOLD: Mapping[Reason, str] = {
    Reason.STALE: _("That took too long. Try again."),
    Reason.LOCKDOWN: _("The site is locked down. Follow the instructions of security."),
    Reason.GATE_BLOCKED: _("This gate is closed. Use another one."),
    Reason.MEANS_NOT_ACCEPTED: _("This gate does not take that. Try another way in."),
    Reason.NOT_LIVE: _("A picture cannot come in. Take off what covers your face, or use a code."),
    Reason.UNSURE: _("Not clear enough. Try again, or use a code."),
    Reason.UNKNOWN: _("Not known here. Use a code, or ask reception."),
    Reason.AMBIGUOUS: _("Two people look alike to the camera. Use a card or code."),
    Reason.SUSPENDED: _("Your ways in are suspended. Ask reception."),
    Reason.NOT_YET: _("Your time here has not begun. Ask reception."),
    Reason.EXPIRED: _("Your time here has ended. Ask reception."),
    Reason.CREDENTIAL_ENDED: _("This card or code has ended. Ask reception."),
    Reason.NO_CONSENT: _("Your face is not used here. Use a card or code."),
    Reason.NOT_HERE: _("This gate is not for you. Ask reception."),
    Reason.OUTSIDE_HOURS: _("Not at this hour. Ask reception."),
    Reason.ALREADY_INSIDE: _("You are inside already, as far as we know. Ask reception."),
    Reason.BANNED: _("This car cannot come in. Ask the desk."),
    Reason.FULL: _("The lot is full. Wait until a space is free."),
    Reason.NO_PERMIT: _("Only cars with a permit come in here. Ask the desk."),
    Reason.UNPAID: _("Not paid yet. Scan the code and pay, then the gate opens."),
    Reason.DESK_ASKED: _("We could not tell which car this is. Somebody at the desk is looking."),
    Reason.TOO_MANY_TRIES: _("Too many wrong codes here. Wait five minutes, or ask reception."),
}
"""What somebody in front of the gate is told, and what they can do. Every refusal has its words; a test counts them."""


class NoKiosk(Refused):
    """This browser is no kiosk, or its link was replaced."""

    code = "kiosk.unknown"
    status = 401


class LookTooLarge(Refused):
    code = "kiosk.look-too-large"
    status = 413


class StillLooking(Refused):
    """One look at a time: the picture before is still being looked at."""

    code = "kiosk.still-looking"
    status = 429


@dataclass(frozen=True, slots=True)
class Said:
    """`state` is open, refused or waiting: nothing to decide about, `detail` says why. `turn` is a way to turn the head."""

    state: str
    heading: str = ""
    detail: str = ""
    turn: str = ""


class Gaze:
    """One look at a time for each gate: a kiosk that floods waits for itself and for nobody else. Any thread may call."""

    def __init__(self) -> None:
        self._busy: set[GateId] = set()
        self._lock = Lock()

    def take(self, gate: GateId) -> bool:
        with self._lock:
            free = gate not in self._busy
            self._busy.add(gate)
            return free

    def leave(self, gate: GateId) -> None:
        with self._lock:
            self._busy.discard(gate)


GAZE = Gaze()


@router.get("/{secret}")
@opened
def begin(request: Request, secret: str) -> Response:
    """The link from the gate's page. The secret leaves the address at once and stays in a cookie that no script reads."""
    if kiosk.kiosk_gate(request.app.state.house, secret) is None:
        return render(request, "kiosk_closed.html", status=404)
    response = RedirectResponse("/kiosk", 303)
    secure = request.url.scheme == "https"
    response.set_cookie(cookie(request), secret, max_age=A_YEAR, path="/kiosk", secure=secure, httponly=True, samesite="lax")
    return response


@router.get("")
@opened
def screen(request: Request) -> Response:
    try:
        gate = at_gate(request)
    except NoKiosk:
        return render(request, "kiosk_closed.html", status=401)
    return _screen(request, gate)


@router.post("/look")
@opened
@takes(LOOK_LIMIT)
async def look(request: Request) -> Response:
    """One JPEG of the kiosk's camera, up to 2 MB; the answer is words to show."""
    gate = await run_in_threadpool(at_gate, request)
    picture = await _picture(request)
    return JSONResponse(_spoken(await run_in_threadpool(_looked, request, gate, picture)))


@router.post("/code")
@opened
def code(request: Request, value: Annotated[str, Form(max_length=600)] = "") -> Response:
    """A PIN as typed, or a card or QR text as a reader typed it. Answers words, or without a script the whole screen."""
    gate, words = at_gate(request), words_of(request)
    try:
        answer = told(words, kiosk.show_code(_house(request), gate, means_of_text(value, gate.means), value))
    except BadCode:
        answer = Said("waiting", detail=words.gettext(_("That is not a code of ours. Check it and try again.")))
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(_spoken(answer))
    return _screen(request, gate, answer)


def told(words: Words, admission: Answer) -> Said:
    """An admission in the words of the gate: the first name only, and never a score."""
    decision, name = admission.decision, admission.first_name
    if decision.opens and admission.latch is LatchAnswer.ACCEPTED:
        heading = words.gettext(_("Welcome, %(name)s"), name=name) if name else words.gettext(_("Welcome"))
        return Said("open", heading, words.gettext(_("The gate is open.")))
    if decision.opens:
        detail = words.gettext(_("It does not answer. Use another gate, or ask reception."))
        return Said("refused", words.gettext(_("The gate did not open")), detail)
    heading = words.gettext(_("Not opened, %(name)s"), name=name) if name else words.gettext(_("Not opened"))
    return Said("refused", heading, words.gettext(TOLD[decision.reason]))


def means_of_text(value: str, accepted: frozenset[Means]) -> Means:
    """What a text is: our QR codes begin with `SG1.`, a PIN is up to six digits, as we make them, anything else is a card."""
    text = value.strip()
    if text.startswith("SG1."):
        return Means.QR
    if text.isdigit() and len(text) <= 6 and Means.PIN in accepted:
        return Means.PIN
    return Means.CARD


def cookie(request: Request) -> str:
    return "__Secure-sealgate-kiosk" if request.url.scheme == "https" else "sealgate-kiosk"


def at_gate(request: Request) -> KioskGate:
    """The gate of the kiosk that asks. Raises `NoKiosk`."""
    secret = request.cookies.get(cookie(request), "")
    gate = kiosk.kiosk_gate(_house(request), secret) if secret else None
    if gate is None:
        raise NoKiosk
    return gate


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


def _spoken(said: Said) -> dict[str, str]:
    """A turn only where one is asked for."""
    return {name: value for name, value in asdict(said).items() if value or name != "turn"}


def _looked(request: Request, gate: KioskGate, picture: bytes) -> Said:
    if not GAZE.take(gate.gate):
        raise StillLooking
    try:
        seen = kiosk.look(_house(request), gate, picture)
    finally:
        GAZE.leave(gate.gate)
    words = words_of(request)
    if isinstance(seen, Asked):
        return Said("waiting", detail=words.gettext(ASKS[seen.turn]), turn=seen.turn)
    if isinstance(seen, NothingSeen):
        return Said("waiting", detail=words.gettext(ADVICE.get(seen.advice, "")))
    return told(words, seen)


async def _picture(request: Request) -> bytes:
    """The body, refused as soon as it grows too large."""
    picture = bytearray()
    async for chunk in request.stream():
        picture += chunk
        if len(picture) > LOOK_LIMIT:
            raise LookTooLarge
    return bytes(picture)


def _screen(request: Request, gate: KioskGate, answer: Said | None = None) -> Response:
    shown = answer if answer and answer.state != "waiting" else None
    wrong = answer.detail if answer and answer.state == "waiting" else ""
    response = render(request, "kiosk.html", kiosk=gate, looks=Means.FACE in gate.means, answer=shown, wrong=wrong)
    if shown:
        response.headers["Refresh"] = "8; url=/kiosk"
    return response
