"""The cameras of a site: how each is, what it looks at, and what it would read in one picture.

The surprising thing: what a camera sees is on no page until somebody asks to look; the page then holds a ticket for five
minutes, and its script asks for a new still each second only while the page is in sight. Without a script the corners of
what is to be read are typed as figures, and the still is the one of the moment.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from babel import Locale
from fastapi import APIRouter, Depends, File, Form, Path, Query, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.cameras import (
    MOST_CORNERS,
    WHOLE,
    CameraLook,
    CameraState,
    Corner,
    Course,
    Keenness,
    Overlooked,
)
from sealgate.domain.errors import Invalid, NotFound, Refused
from sealgate.domain.ids import GateId
from sealgate.domain.operators import Permission
from sealgate.domain.platepatterns import COUNTRIES, countries_of
from sealgate.flows import cameras as flow
from sealgate.flows.camera_trial import Trial
from sealgate.flows.cameras import CameraLine
from sealgate.flows.rules import INSTALLS
from sealgate.ports import CameraReport
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.gates import figure, number
from sealgate.web.guard import takes
from sealgate.web.i18n import Words, _
from sealgate.web.plots import Item, Plot, bar_plot

router = APIRouter(prefix="/s/{site}/cameras")
Text = Annotated[str, Form()]
Several = Annotated[list[str] | None, Form()]
Number = Annotated[int, Path(ge=1, le=2)]
Choice = TypeVar("Choice", Course, Keenness)

PICTURE_LIMIT = 21 << 20
"""Bytes: one picture and the form around it."""

FAULTY = frozenset({CameraState.STALLED, CameraState.FROZEN, CameraState.FAILED})
EVEN = frozenset({CameraState.LIVE})


@dataclass(frozen=True, slots=True)
class AimForm:
    """As it was typed: the corners across and down, in hundredths of the picture."""

    x: list[str]
    y: list[str]
    countries: list[str]
    course: str
    keenness: str

    def look(self) -> CameraLook:
        """Raises `NotANumber`, `BadRegion`, `Invalid`."""
        return CameraLook(self.region(), tuple(self.countries), _choice(Course, self.course), _choice(Keenness, self.keenness))

    @property
    def region_text(self) -> str:
        """The corners as a drawing of 1000 by 1000 wants them; nothing where a figure is none."""
        try:
            return " ".join(f"{x},{y}" for x, y in self.region())
        except Refused:
            return ""

    def region(self) -> tuple[Corner, ...]:
        corners = []
        for x, y in zip(self.x[:MOST_CORNERS], self.y[:MOST_CORNERS], strict=False):
            across, down = number(x, "region"), number(y, "region")
            if across is not None and down is not None:
                corners.append((_thousandths(across), _thousandths(down)))
        return tuple(corners)


def aim_form(
    x: Several = None, y: Several = None, countries: Several = None, course: Text = "", keenness: Text = ""
) -> AimForm:
    return AimForm(x or [], y or [], countries or [], course, keenness)


@dataclass(frozen=True, slots=True)
class Health:
    """What the page says of a camera: its figures in words, the drawing of its pace, and the names of what it left out."""

    report: CameraReport
    state: CameraState
    tone: str
    age: timedelta | None
    pace: Plot | None
    pace_now: float | None
    overlooked: tuple[tuple[Overlooked, int], ...]


@router.get("")
def cameras(request: Request, page: AtPage) -> Response:
    lines = flow.cameras(page.house, page.signed, page.here.site)
    return render(request, "cameras.html", lines=[(line, health(page, line)) for line in lines])


@router.get("/now/{ticket}")
def now(page: AtPage, ticket: str) -> Response:
    """What the camera sees: to be shown, not kept."""
    jpeg = flow.seen_now(page.house, page.signed, ticket)
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store", "Content-Disposition": "inline"})


@router.get("/{gate}/{number}")
def camera(
    request: Request, page: AtPage, gate: UUID, number: Number, view: Annotated[str, Query(max_length=2000)] = ""
) -> Response:
    return render(request, "camera.html", **_context(page, _line(page, gate, number), view))


@router.get("/{gate}/{number}/health")
def camera_health(request: Request, page: AtPage, gate: UUID, number: Number) -> Response:
    line = _line(page, gate, number)
    return render(request, "camera_health.html", line=line, health=health(page, line), here=_address(line))


@router.post("/{gate}/{number}")
def aim(
    request: Request,
    page: AtPage,
    gate: UUID,
    number: Number,
    form: Annotated[AimForm, Depends(aim_form)],
    view: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    page.signed.need(*INSTALLS)
    line = _line(page, gate, number)
    try:
        flow.aim(page.house, page.signed, line, form.look())
    except Refused as refused:
        return again(request, "camera.html", refused, **{**_context(page, line, view), "typed": form})
    return redirect(request, _viewed(line, view), said=_("The camera looks that way now"))


@router.post("/{gate}/{number}/look")
def look(request: Request, page: AtPage, gate: UUID, number: Number) -> Response:
    page.signed.need(*INSTALLS)
    line = _line(page, gate, number)
    return redirect(request, _viewed(line, flow.ask_to_look(page.house, page.signed, line)))


@router.post("/{gate}/{number}/try")
@takes(PICTURE_LIMIT)
def try_picture(
    request: Request, page: AtPage, gate: UUID, number: Number, picture: Annotated[UploadFile | None, File()] = None
) -> Response:
    """One picture, or what the camera sees now. It is read, shown on the page that answers, and forgotten."""
    page.signed.need(*INSTALLS)
    line = _line(page, gate, number)
    data = picture.file.read(PICTURE_LIMIT) if picture is not None and picture.filename else None
    try:
        trial = flow.try_picture(page.house, page.signed, line, data)
    except Refused as refused:
        return again(request, "camera.html", refused, **_context(page, line, ""))
    return render(request, "camera_try.html", **_tried(page, line, trial))


def _tried(page: Page, line: CameraLine, trial: Trial) -> dict[str, Any]:
    height, width = trial.pixels.shape[:2]
    jpeg = base64.b64encode(page.house.encode(trial.pixels)).decode()
    return {
        "line": line,
        "here": _address(line),
        "trial": trial,
        "width": width,
        "height": height,
        "src": f"data:image/jpeg;base64,{jpeg}",
        "region": " ".join(f"{x * width / WHOLE:.0f},{y * height / WHOLE:.0f}" for x, y in line.look.region),
        "seconds": timedelta(seconds=trial.seconds) / timedelta(milliseconds=1),
    }


def health(page: Page, line: CameraLine) -> Health | None:
    """None where the camera does not run in this program."""
    report = line.report
    if report is None:
        return None
    state, now = CameraState(report.state), page.house.clock.now()
    tone = "refused" if state in FAULTY else "open plain" if state in EVEN else "unsure"
    return Health(
        report=report,
        state=state,
        tone=tone,
        age=flow.age(report, now),
        pace=pace_plot(page, report, now) if report.pace else None,
        pace_now=report.pace[-1] if report.pace else None,
        overlooked=tuple((why, report.overlooked[why]) for why in Overlooked if report.overlooked.get(why)),
    )


def pace_plot(page: Page, report: CameraReport, now: datetime) -> Plot:
    """Frames a second, a bar for each step of the last minutes."""
    words, steps = page.words, len(report.pace)
    items = []
    for place, pace in enumerate(report.pace):
        at = page.local(now - (steps - place) * timedelta(seconds=report.step))
        clock = words.clock(at)[:5]
        title = words.gettext(_("%(time)s: %(n)s frames a second"), time=clock, n=words.number(pace))
        items.append(Item(clock, pace, title))
    return bar_plot(items, words.number)


def country_names(words: Words, codes: tuple[str, ...]) -> list[tuple[str, str]]:
    """(code, name) of each, by name; Europe as a whole first."""
    names = Locale.parse(words.language.locale).territories
    europe = words.gettext(_("All of Europe"))
    named = [(code, europe if code == "eu" else str(names.get(code.upper(), code.upper()))) for code in codes]
    return sorted(named, key=lambda one: (one[0] != "eu", one[1]))


def _context(page: Page, line: CameraLine, view: str) -> dict[str, Any]:
    look = line.look
    typed = AimForm(
        [figure(x / 10) for x, _y in look.region],
        [figure(y / 10) for _x, y in look.region],
        list(look.countries),
        look.course,
        look.keenness,
    )
    return {
        "line": line,
        "here": _address(line),
        "health": health(page, line),
        "view": view,
        "typed": typed,
        "most_corners": MOST_CORNERS,
        "countries": country_names(page.words, COUNTRIES),
        "expected": [name for _code, name in country_names(page.words, countries_of(page.here.time_zone))],
        "courses": list(Course),
        "keennesses": list(Keenness),
        "may_aim": page.signed.may(Permission.CHANGE_RULES) or page.signed.may(Permission.INSTALL),
        "now": page.local(page.house.clock.now()),
    }


def _line(page: Page, gate: UUID, number: int) -> CameraLine:
    line = flow.camera(page.house, page.signed, GateId(gate), number)
    if line.site != page.here.site:
        raise NotFound("gate")
    return line


def _address(line: CameraLine) -> str:
    return f"/s/{line.site}/cameras/{line.gate}/{line.number}"


def _viewed(line: CameraLine, view: str) -> str:
    return f"{_address(line)}?{urlencode({'view': view})}" if view else _address(line)


def _choice(kind: type[Choice], typed: str) -> Choice:
    try:
        return kind(typed)
    except ValueError as error:
        raise Invalid("unknown choice", field=kind.__name__.lower()) from error


def _thousandths(hundredths: float) -> int:
    """A figure that is none in a region becomes one outside of every picture."""
    return round(hundredths * 10) if abs(hundredths) <= WHOLE else WHOLE + 1
