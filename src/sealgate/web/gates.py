"""The gates of a site: the list, a new one, and one gate with what it accepts, how sure it must be, and its kiosk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.access import Passback
from sealgate.domain.errors import Invalid, NotFound, Refused
from sealgate.domain.face_use import Standing
from sealgate.domain.ids import GateId, ZoneId
from sealgate.domain.operators import Permission
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.flows import rules
from sealgate.flows.face_use import standing_of
from sealgate.flows.lane import lane_gate
from sealgate.flows.passage import open_by_hand
from sealgate.flows.rules import GateChange, GateRecord, NewGate
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _

router = APIRouter(prefix="/s/{site}/gates")
Text = Annotated[str, Form()]
Several = Annotated[list[str] | None, Form()]


class NotANumber(Invalid):
    code = "form.not-a-number"


@dataclass(frozen=True, slots=True)
class GateForm:
    """A gate as it stands in its form: texts, as they were typed."""

    name: str
    means: list[str]
    passback: str
    open_seconds: str
    min_similarity: str
    min_lead: str
    min_plate_score: str
    source: str = ""
    second: str = ""
    no_source: str = ""
    asks_for_life: str = ""

    def change(self) -> GateChange:
        """Raises `NotANumber`. A camera's field left empty leaves the camera as it is."""
        return GateChange(
            name=self.name,
            means=known_means(self.means),
            passback=Passback.HARD if self.passback == Passback.HARD else Passback.OFF,
            open_seconds=number(self.open_seconds, "open_seconds"),
            min_similarity=number(self.min_similarity, "min_similarity"),
            min_lead=number(self.min_lead, "min_lead"),
            min_plate_score=number(self.min_plate_score, "min_plate_score"),
            asks_for_life=bool(self.asks_for_life),
            source="" if self.no_source else self.source or None,
            second=None if self.no_source else self.second or None,
        )


def gate_form(
    name: Text = "",
    means: Several = None,
    passback: Text = "",
    open_seconds: Text = "",
    min_similarity: Text = "",
    min_lead: Text = "",
    min_plate_score: Text = "",
    source: Text = "",
    second: Text = "",
    no_source: Text = "",
    asks_for_life: Text = "",
) -> GateForm:
    scores = (open_seconds, min_similarity, min_lead, min_plate_score)
    return GateForm(name, means or [], passback, *scores, source, second, no_source, asks_for_life)


@router.get("")
def gates(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.SEE_RULES, Permission.INSTALL)
    lines = rules.gates(page.house, page.signed, page.here.site)
    return render(request, "gates.html", lines=sorted(lines, key=lambda line: (not line.blocked, line.name)))


@router.get("/new")
def ask_gate(request: Request, page: AtPage) -> Response:
    page.signed.need(*rules.INSTALLS)
    return render(request, "gate_new.html", **_choices(page))


@router.post("/zone")
def add_zone(request: Request, page: AtPage, name: Text = "") -> Response:
    """The first zone of a site, on the way to its first gate."""
    rules.add_zone(page.house, page.signed, page.here.site, name)
    return redirect(request, f"/s/{page.here.site}/gates/new", said=_("Zone added"))


@router.post("")
def add_gate(
    request: Request,
    page: AtPage,
    name: Text = "",
    kind: Text = "",
    from_zone: Text = "",
    to_zone: Text = "",
    means: Several = None,
) -> Response:
    try:
        new = NewGate(name, _kind(kind), _zone(from_zone, "from_zone"), _zone(to_zone, "to_zone"), known_means(means))
        gate = rules.add_gate(page.house, page.signed, page.here.site, new)
    except Refused as refused:
        typed = {"name": name, "kind": kind, "from_zone": from_zone, "to_zone": to_zone, "means": means or []}
        return again(request, "gate_new.html", refused, **{**_choices(page), **typed})
    return redirect(request, f"/s/{page.here.site}/gates/{gate}", said=_("Gate added"))


@router.get("/{gate}")
def gate(request: Request, page: AtPage, gate: UUID) -> Response:
    page.signed.need(Permission.SEE_RULES, Permission.INSTALL)
    return render(request, "gate.html", **_context(_gate(page, gate)))


@router.post("/{gate}")
def change(request: Request, page: AtPage, gate: UUID, form: Annotated[GateForm, Depends(gate_form)]) -> Response:
    record = _gate(page, gate)
    try:
        rules.change_gate(page.house, page.signed, record.line.gate, form.change())
    except Refused as refused:
        return again(request, "gate.html", refused, **{**_context(record), "typed": form})
    return redirect(request, f"/s/{page.here.site}/gates/{gate}", said=_("Gate changed"))


@router.post("/{gate}/block")
def block(request: Request, page: AtPage, gate: UUID, blocked: Text = "", why: Text = "") -> Response:
    record = _gate(page, gate)
    rules.block_gate(page.house, page.signed, record.line.gate, blocked=blocked == "yes", why=why)
    said = _("The gate is blocked") if blocked == "yes" else _("The gate decides again")
    return redirect(request, f"/s/{page.here.site}/gates/{gate}", said=said)


@router.post("/{gate}/open")
def open_once(request: Request, page: AtPage, gate: UUID, why: Text = "") -> Response:
    record = _gate(page, gate)
    admission = open_by_hand(page.house, page.signed, record.line.gate, why)
    said = _("Opened once") if admission.latch == "accepted" else _("The latch did not open")
    return redirect(request, f"/s/{page.here.site}/gates/{gate}", said=said)


@router.post("/{gate}/kiosk")
def link_kiosk(request: Request, page: AtPage, gate: UUID) -> Response:
    record = _gate(page, gate)
    secret = rules.kiosk_link(page.house, page.signed, record.line.gate)
    screen = "lane" if lane_gate(page.house, secret) else "kiosk"  # a lane of a garage has a screen of another kind
    return render(request, "gate_kiosk.html", line=record.line, link=f"{request.base_url}{screen}/{secret}")


def known_means(typed: list[str] | None) -> frozenset[Means]:
    return frozenset(means for means in Means if means in (typed or []))


def number(typed: str, field: str) -> float | None:
    """A figure as typed, or None where nothing was. Raises `NotANumber`."""
    text = typed.strip().replace(",", ".")
    if not text:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise NotANumber("a figure is needed", field=field) from error


def _gate(page: Page, gate: UUID) -> GateRecord:
    """The gate, if it is one of the site at hand."""
    record = rules.gate(page.house, page.signed, GateId(gate))
    if record.line.site != page.here.site:
        raise NotFound("gate")
    return record


def _context(record: GateRecord) -> dict[str, Any]:
    figures = (record.open_seconds, record.min_similarity, record.min_lead, record.min_plate_score)
    lively = "yes" if record.min_liveness is not None else ""
    means, passback = sorted(record.line.means), record.line.passback
    written = replace(GateForm(record.line.name, list(means), passback, *map(figure, figures)), asks_for_life=lively)
    return {"gate": record, "line": record.line, "typed": written, "all_means": list(Means)}


def figure(value: float) -> str:
    """0.07, 5: as a number field wants it, whatever the language."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _choices(page: Page) -> dict[str, Any]:
    zones = rules.zones(page.house, page.signed, page.here.site)
    outside = next((str(zone.zone) for zone in zones if zone.outside), "")
    faces = standing_of(page.house, page.signed, page.here.site) is not Standing.OFF
    first: dict[str, Any] = {
        "name": "",
        "kind": GateKind.DOOR,
        "from_zone": outside,
        "to_zone": "",
        "means": [Means.FACE, Means.CARD] if faces else [Means.CARD],
    }
    return {**first, "zones": zones, "kinds": list(GateKind), "all_means": list(Means), "faces": faces}


def _kind(typed: str) -> GateKind:
    try:
        return GateKind(typed)
    except ValueError as error:
        raise Invalid("unknown kind", field="kind") from error


def _zone(typed: str, field: str) -> ZoneId:
    try:
        return ZoneId(UUID(typed))
    except ValueError as error:
        raise Invalid("choose a zone", field=field) from error
