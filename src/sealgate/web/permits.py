"""Who may stand somewhere without being a visitor, and who may not: permits, reservations, coupons, the block list.

A coupon's code is answered to the request that made it, and to no other.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.calendar import DAY
from sealgate.domain.errors import Invalid, Refused
from sealgate.domain.ids import BanId, LotId, PermitId, ReservationId, TimetableId, ZoneId
from sealgate.domain.lots import PermitKind, Reservation, SpaceClass
from sealgate.domain.operators import Permission
from sealgate.flows import driving, lots, permits, rules
from sealgate.flows.permits import CouponTerms, PermitTerms
from sealgate.ports import Token
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _
from sealgate.web.lot_rules import whole
from sealgate.web.passages import moment
from sealgate.web.rules import NotADay
from sealgate.web.ways import drawn

router = APIRouter(prefix="/s/{site}/garages")
Text = Annotated[str, Form()]
Many = Annotated[list[str] | None, Form()]
AHEAD = timedelta(days=31)


@router.get("/permits")
def list_permits(request: Request, page: AtPage, after: UUID | None = None) -> Response:
    lines, following = permits.permits(page.house, page.signed, PermitId(after) if after else None)
    context: dict[str, Any] = {"lines": lines, "next": following, "first": after is not None, "now": page.house.clock.now()}
    return render(request, "permits.html", lots=_lots(page), **context)


@router.get("/permits/new")
def ask_permit(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.PARKING_RULES)
    return render(request, "permit_new.html", **_permit_form(page, _nothing_typed(page)))


@router.post("/permits")
def add_permit(
    request: Request,
    page: AtPage,
    kind: Text = "",
    holder: Text = "",
    plates: Text = "",
    spaces: Text = "1",
    space: Text = "",
    vehicle: Text = "",
    since: Text = "",
    until: Text = "",
    timetable: Text = "",
    lot: Many = None,
    zone: Many = None,
) -> Response:
    given = {
        "kind": kind, "holder": holder[:300], "plates": plates[:20_000], "spaces": spaces, "space": space,
        "vehicle": vehicle[:80], "since": since, "until": until, "timetable": timetable,
        "lots": (lot or [])[:100], "zones": (zone or [])[:100],
    }  # fmt: skip
    try:
        made = permits.add_permit(page.house, page.signed, _terms(page, given))
    except Refused as refused:
        return _again(request, "permit_new.html", refused, _permit_form(page, given))
    return redirect(request, f"{_root(page)}/permits/{made}", said=_("Permit given"))


@router.get("/permits/{permit}")
def show_permit(request: Request, page: AtPage, permit: UUID) -> Response:
    return render(request, "permit.html", **_permit(page, PermitId(permit)))


@router.post("/permits/{permit}/plates")
def add_plate(request: Request, page: AtPage, permit: UUID, plate: Text = "") -> Response:
    try:
        permits.add_plate(page.house, page.signed, PermitId(permit), plate)
    except Refused as refused:
        return _again(request, "permit.html", refused, {**_permit(page, PermitId(permit)), "typed": plate[:64]})
    return redirect(request, f"{_root(page)}/permits/{permit}", said=_("Plate added"))


@router.post("/permits/{permit}/plates/remove")
def remove_plate(request: Request, page: AtPage, permit: UUID, token: Text = "") -> Response:
    permits.remove_plate(page.house, page.signed, PermitId(permit), Token(_hex(token)))
    return redirect(request, f"{_root(page)}/permits/{permit}", said=_("Plate removed"))


@router.post("/permits/{permit}/end")
def end_permit(request: Request, page: AtPage, permit: UUID) -> Response:
    permits.end_permit(page.house, page.signed, PermitId(permit))
    return redirect(request, f"{_root(page)}/permits", said=_("The permit has ended"))


@router.get("/coupons")
def list_coupons(request: Request, page: AtPage) -> Response:
    return render(request, "coupons.html", **_coupons(page))


@router.post("/coupons")
def make_coupon(
    request: Request,
    page: AtPage,
    lot: Text = "",
    shop: Text = "",
    gives: Text = "time",
    minutes: Text = "",
    share: Text = "",
    coupon: Text = "",
    uses: Text = "",
    until: Text = "",
) -> Response:
    given = {"lot": lot, "shop": shop, "gives": gives, "minutes": minutes, "share": share, "coupon": coupon, "uses": uses}
    given["until"] = until
    try:
        terms = CouponTerms(
            shop=shop,
            time=timedelta(minutes=whole(minutes, "minutes")) if gives == "time" else None,
            share=whole(share, "share") if gives == "share" else None,
            coupon=coupon[:100] if gives == "coupon" else "",
            until=_end_of(page, until, "until"),
            uses=whole(uses, "uses") if uses.strip() else None,
        )
        made = permits.make_coupon(page.house, page.signed, page.here.site, LotId(_id(lot, "lot")), terms)
    except Refused as refused:
        return _again(request, "coupons.html", refused, {**_coupons(page), "given": given})
    parts = "-".join(made.code[n : n + 4] for n in range(0, len(made.code), 4))
    base = page.house.address or str(request.base_url).rstrip("/")
    path = driving.coupon_path(page.house, page.signed.tenant, LotId(_id(lot, "lot")), made.code)
    return render(request, "coupon_made.html", code=parts, drawing=drawn(f"{base}{path}"), terms=terms)


@router.get("/bans")
def list_bans(request: Request, page: AtPage) -> Response:
    return render(request, "bans.html", **_bans(page))


@router.post("/bans")
def ban(request: Request, page: AtPage, plate: Text = "", reason: Text = "", lot: Text = "", until: Text = "") -> Response:
    given = {"plate": plate[:64], "reason": reason[:300], "lot": lot, "until": until}
    try:
        where = LotId(_id(lot, "lot")) if lot else None
        end = _end_of(page, until, "until") if until else None
        permits.ban(page.house, page.signed, plate, reason, where, end)
    except Refused as refused:
        return _again(request, "bans.html", refused, {**_bans(page), "given": given})
    return redirect(request, f"{_root(page)}/bans", said=_("On the block list now"))


@router.post("/bans/{ban}/lift")
def lift_ban(request: Request, page: AtPage, ban: UUID) -> Response:
    permits.lift_ban(page.house, page.signed, BanId(ban))
    return redirect(request, f"{_root(page)}/bans", said=_("Off the block list"))


@router.get("/reservations")
def list_reservations(request: Request, page: AtPage) -> Response:
    return render(request, "reservations.html", **_reservations(page))


@router.post("/reservations")
def reserve(
    request: Request, page: AtPage, lot: Text = "", plate: Text = "", since: Text = "", until: Text = "", space: Text = ""
) -> Response:
    given = {"lot": lot, "plate": plate[:64], "since": since, "until": until, "space": space}
    try:
        booking = Reservation(
            reservation=ReservationId(page.house.new_id()),
            lot=LotId(_id(lot, "lot")),
            since=moment(page, since, "since"),
            until=moment(page, until, "until"),
            space=_space(space),
        )
        permits.reserve(page.house, page.signed, page.here.site, booking, plate)
    except Refused as refused:
        return _again(request, "reservations.html", refused, {**_reservations(page), "given": given})
    return redirect(request, f"{_root(page)}/reservations", said=_("A space is held"))


@router.post("/reservations/{reservation}/cancel")
def cancel(request: Request, page: AtPage, reservation: UUID) -> Response:
    permits.cancel_reservation(page.house, page.signed, ReservationId(reservation))
    return redirect(request, f"{_root(page)}/reservations", said=_("Reservation cancelled"))


def _again(request: Request, template: str, refused: Refused, context: dict[str, Any]) -> Response:
    if refused.status in {403, 404}:
        raise refused
    return again(request, template, refused, **context)


def _root(page: Page) -> str:
    return f"/s/{page.here.site}/garages"


def _lots(page: Page) -> list[tuple[LotId, str]]:
    return [(line.lot.lot, line.lot.name) for line in lots.lots(page.house, page.signed, page.here.site)]


def _nothing_typed(page: Page) -> dict[str, Any]:
    found = _lots(page)
    only = [str(found[0][0])] if len(found) == 1 else []
    today = page.local(page.house.clock.now()).date().isoformat()
    texts = dict.fromkeys(("holder", "plates", "until", "timetable", "vehicle"), "")
    return {
        **texts, "kind": PermitKind.PERMIT.value, "spaces": "1", "space": SpaceClass.PERMITS.value,
        "since": today, "lots": only, "zones": [],
    }  # fmt: skip


def _permit_form(page: Page, given: dict[str, Any]) -> dict[str, Any]:
    always = ("", page.words.gettext(_("At any time")))
    tables = rules.timetables(page.house, page.signed)
    zones = rules.zones(page.house, page.signed, page.here.site)
    return {
        "given": given,
        "kinds": list(PermitKind),
        "spaces": list(SpaceClass),
        "lots": _lots(page),
        "zones": [(zone.zone, zone.name) for zone in zones if not zone.outside],
        "timetables": [always, *((table.timetable, table.name) for table in tables)],
    }


def _terms(page: Page, given: dict[str, Any]) -> PermitTerms:
    try:
        kind = PermitKind(given["kind"])
    except ValueError as error:
        raise Invalid("choose one", field="kind") from error
    return PermitTerms(
        kind=kind,
        holder=given["holder"],
        lots=frozenset(LotId(_id(text, "lots")) for text in given["lots"]),
        zones=frozenset(ZoneId(_id(text, "zones")) for text in given["zones"]),
        since=_begin_of(page, given["since"], "since") if given["since"] else None,
        until=_end_of(page, given["until"], "until") if given["until"] else None,
        timetable=TimetableId(_id(given["timetable"], "timetable")) if given["timetable"] else None,
        spaces=whole(given["spaces"], "spaces"),
        space=_space(given["space"]),
        vehicle=given["vehicle"],
        plates=tuple(permits.typed_plates(given["plates"])),
    )


def _permit(page: Page, permit: PermitId) -> dict[str, Any]:
    line, plates = permits.permit(page.house, page.signed, permit)
    zones = {zone.zone: zone.name for zone in rules.zones(page.house, page.signed, page.here.site)}
    names = dict(_lots(page))
    where = [*(names[lot] for lot in line.permit.lots if lot in names)]
    where += [zones[zone] for zone in line.permit.zones if zone in zones]
    hidden = len(line.permit.lots) + len(line.permit.zones) - len(where)
    return {
        "line": line,
        "plates": plates,
        "where": sorted(where),
        "hidden": hidden,
        "now": page.house.clock.now(),
        "typed": "",
    }


def _coupons(page: Page) -> dict[str, Any]:
    week = (page.local(page.house.clock.now()).date() + 7 * DAY).isoformat()
    given = {"lot": "", "shop": "", "gives": "time", "minutes": "120", "share": "", "coupon": "", "uses": "1", "until": week}
    found = permits.coupons(page.house, page.signed, page.here.site)
    named = permits.named_coupons(page.house, page.signed, page.here.site)
    return {
        "rows": found,
        "named": [(name, name) for name in named],
        "lots": _lots(page),
        "now": page.house.clock.now(),
        "given": given,
    }


def _bans(page: Page) -> dict[str, Any]:
    everywhere = ("", page.words.gettext(_("Every garage")))
    return {
        "lines": permits.bans(page.house, page.signed),
        "lots": [everywhere, *_lots(page)],
        "names": dict(_lots(page)),
        "given": dict.fromkeys(("plate", "reason", "lot", "until"), ""),
    }


def _reservations(page: Page) -> dict[str, Any]:
    now = page.house.clock.now()
    lines = permits.reservations(page.house, page.signed, page.here.site, now - DAY, now + AHEAD)
    given = {**dict.fromkeys(("lot", "plate", "since", "until"), ""), "space": SpaceClass.VISITORS.value}
    return {"lines": lines, "lots": _lots(page), "names": dict(_lots(page)), "spaces": list(SpaceClass), "given": given}


def _begin_of(page: Page, text: str, field: str) -> datetime:
    """The instant at which that local day begins."""
    try:
        return datetime.combine(date.fromisoformat(text), time(0), page.tz).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise NotADay("a day is needed", field=field) from error


def _end_of(page: Page, text: str, field: str) -> datetime:
    """The instant at which that local day ends."""
    return _begin_of(page, text, field) + DAY


def _space(text: str) -> SpaceClass:
    try:
        return SpaceClass(text)
    except ValueError as error:
        raise Invalid("choose one", field="space") from error


def _id(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("choose one", field=field) from error


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text[:64])
    except ValueError as error:
        raise Invalid("not a plate of this permit", field="plate") from error
