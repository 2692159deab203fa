"""The terms of a lot: its name and spaces, its tariff, its gates, what it does in doubt, and counts made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Invalid, Refused
from sealgate.domain.ids import GateId, LotId, ZoneId
from sealgate.domain.lots import Doubt, GateRole, Lot, SpaceClass
from sealgate.domain.operators import Permission
from sealgate.flows import lots, rules, tariffs
from sealgate.flows.lots import LotTerms
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.gates import NotANumber
from sealgate.web.i18n import _

router = APIRouter(prefix="/s/{site}/garages")
Text = Annotated[str, Form()]


class NotWhole(Invalid):
    code = "form.not-whole"


@dataclass(frozen=True, slots=True)
class Typed:
    """A lot as somebody types it."""

    name: str
    tariff: str
    visitors: str
    doubt: str
    parent: str
    zone: str
    min_certainty: str
    echo: str
    longest: str
    area: str
    spaces: Mapping[str, str]


def typed(
    name: Text = "",
    tariff: Text = "",
    visitors: Text = "yes",
    doubt: Text = Doubt.ASK.value,
    parent: Text = "",
    zone: Text = "",
    min_certainty: Text = "0.93",
    echo: Text = "45",
    longest: Text = "30",
    area: Text = "",
    spaces_visitors: Text = "",
    spaces_permits: Text = "",
    spaces_disabled: Text = "",
    spaces_electric: Text = "",
) -> Typed:
    counts = (spaces_visitors, spaces_permits, spaces_disabled, spaces_electric)
    spaces = {space.value: text[:10] for space, text in zip(SpaceClass, counts, strict=True)}
    return Typed(name, tariff, visitors, doubt, parent, zone, min_certainty, echo, longest, area[:80], spaces)


AsTyped = Annotated[Typed, Depends(typed)]


@router.get("/new")
def ask_lot(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.PARKING_RULES)
    return render(request, "garage_new.html", **_form(page, typed(doubt=Doubt.ASK.value)))


@router.post("")
def add_lot(request: Request, page: AtPage, given: AsTyped) -> Response:
    try:
        made = lots.add_lot(page.house, page.signed, page.here.site, _terms(given))
    except Refused as refused:
        return _again(request, "garage_new.html", refused, _form(page, given))
    return redirect(request, f"/s/{page.here.site}/garages/{made}/settings", said=_("Garage added. Give it its gates."))


@router.get("/{lot}/settings")
def settings(request: Request, page: AtPage, lot: UUID) -> Response:
    return render(request, "garage_settings.html", **_settings(page, LotId(lot)))


@router.post("/{lot}/settings")
def change_lot(request: Request, page: AtPage, lot: UUID, given: AsTyped) -> Response:
    try:
        lots.change_lot(page.house, page.signed, page.here.site, LotId(lot), _terms(given))
    except Refused as refused:
        return _again(request, "garage_settings.html", refused, {**_settings(page, LotId(lot)), "given": given})
    return redirect(request, _address(page, lot), said=_("Saved"))


@router.post("/{lot}/lanes")
def add_lane(request: Request, page: AtPage, lot: UUID, gate: Text = "", role: Text = "") -> Response:
    try:
        found = _word(GateRole, role, "role")
        lots.add_lane(page.house, page.signed, page.here.site, LotId(lot), GateId(_id(gate, "gate")), found)
    except Refused as refused:
        return _again(request, "garage_settings.html", refused, _settings(page, LotId(lot)))
    return redirect(request, f"{_address(page, lot)}/settings", said=_("Gate added"))


@router.post("/{lot}/lanes/{gate}/remove")
def remove_lane(request: Request, page: AtPage, lot: UUID, gate: UUID) -> Response:
    lots.remove_lane(page.house, page.signed, page.here.site, LotId(lot), GateId(gate))
    return redirect(request, f"{_address(page, lot)}/settings", said=_("The gate is no lane any more"))


@router.post("/{lot}/lanes/{gate}/class")
def set_vehicle(request: Request, page: AtPage, lot: UUID, gate: UUID, vehicle: Text = "") -> Response:
    """For whom this lane is: whoever comes in there is of that class of the tariff."""
    try:
        lots.set_vehicle(page.house, page.signed, page.here.site, LotId(lot), GateId(gate), vehicle[:100])
    except Refused as refused:
        return _again(request, "garage_settings.html", refused, _settings(page, LotId(lot)))
    return redirect(request, f"{_address(page, lot)}/settings", said=_("Saved"))


@router.post("/{lot}/count")
def set_count(request: Request, page: AtPage, lot: UUID, space: Text = "", taken: Text = "") -> Response:
    try:
        kind = _word(SpaceClass, space, "space")
        lots.set_count(page.house, page.signed, page.here.site, LotId(lot), kind, whole(taken, "taken"))
    except Refused as refused:
        return _again(request, "garage_settings.html", refused, _settings(page, LotId(lot)))
    return redirect(request, _address(page, lot), said=_("Counted"))


def whole(text: str, field: str) -> int:
    """A whole figure of at most nine digits."""
    if not (text.strip().isdecimal() and len(text.strip()) <= 9):
        raise NotWhole("a whole figure is needed", field=field)
    return int(text)


def _again(request: Request, template: str, refused: Refused, context: dict[str, Any]) -> Response:
    if refused.status in {403, 404}:
        raise refused
    return again(request, template, refused, **context)


def _address(page: Page, lot: UUID) -> str:
    return f"/s/{page.here.site}/garages/{lot}"


def _terms(given: Typed) -> LotTerms:
    spaces = {SpaceClass(name): whole(text, f"spaces_{name}") for name, text in given.spaces.items() if text.strip()}
    return LotTerms(
        name=given.name,
        capacity=spaces,
        tariff=given.tariff or None,
        doubt=_word(Doubt, given.doubt, "doubt"),
        parent=LotId(_id(given.parent, "parent")) if given.parent else None,
        zone=ZoneId(_id(given.zone, "zone")) if given.zone else None,
        visitors=given.visitors == "yes",
        min_certainty=_real(given.min_certainty, "min_certainty"),
        echo=timedelta(seconds=whole(given.echo, "echo")),
        longest=timedelta(days=whole(given.longest, "longest")),
        area=given.area,
    )


def _settings(page: Page, lot: LotId) -> dict[str, Any]:
    record = lots.lot(page.house, page.signed, page.here.site, lot)
    form = _form(page, _as_typed(record.line.lot))
    around = [(name, text) for name, text in form["parents"] if name not in {lot, *record.within}]
    return {**form, "record": record, "line": record.line, "parents": around, "roles": list(GateRole)}


def _form(page: Page, given: Typed) -> dict[str, Any]:
    words, site = page.words, page.here.site
    nothing = ("", words.gettext(_("None: nobody pays")))
    today = page.local(page.house.clock.now()).date()
    others = lots.lots(page.house, page.signed, site)
    return {
        "given": given,
        "spaces": list(SpaceClass),
        "doubts": list(Doubt),
        "tariffs": [nothing, *((line.name, line.name) for line in tariffs.tariffs(page.house, page.signed, today))],
        "parents": [("", words.gettext(_("None"))), *((line.lot.lot, line.lot.name) for line in others)],
        "zones": [("", words.gettext(_("None"))), *((z.zone, z.name) for z in rules.zones(page.house, page.signed, site))],
    }


def _as_typed(lot: Lot) -> Typed:
    return Typed(
        name=lot.name,
        tariff=lot.tariff or "",
        visitors="yes" if lot.visitors else "no",
        doubt=lot.doubt.value,
        parent=str(lot.parent or ""),
        zone=str(lot.zone or ""),
        min_certainty=f"{lot.min_certainty:g}",
        echo=f"{lot.echo.total_seconds():.0f}",
        longest=str(lot.longest.days),
        area=lot.area,
        spaces={space.value: str(lot.capacity[space]) if space in lot.capacity else "" for space in SpaceClass},
    )


def _real(text: str, field: str) -> float:
    try:
        return float(text[:20])
    except ValueError as error:
        raise NotANumber("a figure is needed", field=field) from error


def _id(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("choose one", field=field) from error


def _word(words: Any, text: str, field: str) -> Any:
    try:
        return words(text)
    except ValueError as error:
        raise Invalid("choose one", field=field) from error
