"""Papers that let a car stand somewhere: permits and season tickets, coupons of shops, reservations, and the block list.

The surprising thing: a plate that a permit, a ban or a reservation names is sealed, and found at the gate by a token of its
own kind, so that a stolen copy does not show that the car of a permit is the car of a ban.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sealgate.domain.access import Validity
from sealgate.domain.calendar import parse_timetable
from sealgate.domain.errors import Conflict, Forbidden, Invalid, NotFound
from sealgate.domain.ids import BanId, LotId, PermitId, ReservationId, SiteId, TenantId, TimetableId, ValidationId, ZoneId
from sealgate.domain.lots import BadPermit, BadValidation, Permit, PermitKind, Reservation, SpaceClass, Validation
from sealgate.domain.operators import Permission
from sealgate.domain.plates import normalise
from sealgate.flows.kit import House, Signed, fingerprint, organisation, seal, unseal
from sealgate.flows.lots import NoSuchWord, changed, words_of
from sealgate.flows.parking_scene import ban_token, permit_token, reservation_token
from sealgate.flows.rules import title
from sealgate.ports import Sealed, Token
from sealgate.privacy import journal
from sealgate.store import parking, places
from sealgate.store.engine import Reader, Tx
from sealgate.vault.envelope import Place

MOST_PLATES = 500
MOST_WORDS = 300
PAGE = 50
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing in it is taken for something else."""
LETTERS = 16


class NoPlates(BadPermit):
    code = "permit.no-plates"


class EndsFirst(Invalid):
    """It would end before it begins, or before now."""

    code = "permit.ends-first"


class PlateThere(Conflict):
    """The permit has this plate already."""

    code = "permit.plate-there"


class NoReason(Invalid):
    """Who is turned away may ask why."""

    code = "ban.no-reason"


@dataclass(frozen=True, slots=True)
class PermitTerms:
    """`holder` says who to write to; `timetable` None holds at any time; `plates` as somebody types them."""

    kind: PermitKind
    holder: str
    lots: frozenset[LotId]
    zones: frozenset[ZoneId] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    timetable: TimetableId | None = None
    spaces: int = 1
    space: SpaceClass = SpaceClass.PERMITS
    vehicle: str = ""
    plates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PermitLine:
    """`cars` are the plates it is for, `inside` how many of them stand in a lot now."""

    permit: Permit
    holder: str
    cars: int
    inside: int
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlateLine:
    token: Token
    plate: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """`time` off, a `share` in per cent, or a `coupon` that the lot's tariff names. `uses` None is any number."""

    shop: str
    time: timedelta | None
    share: int | None
    until: datetime
    uses: int | None = 1
    coupon: str = ""


@dataclass(frozen=True, slots=True)
class MadeCoupon:
    """The code is told once; the store keeps its hash."""

    coupon: ValidationId
    code: str


@dataclass(frozen=True, slots=True)
class BanLine:
    ban: BanId
    plate: str
    reason: str
    lot: LotId | None
    until: datetime | None
    added_at: datetime


@dataclass(frozen=True, slots=True)
class BookingLine:
    booking: Reservation
    plate: str
    came: bool
    cancelled: bool


def permits(house: House, signed: Signed, after: PermitId | None = None) -> tuple[list[PermitLine], PermitId | None]:
    """A page of those in force, in the order of making, and where the next one begins."""
    signed.need(Permission.PARKING)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        rows = parking.permits(tx, after=after, limit=PAGE + 1)
        sites = _sites_of_lots(tx)
        lines = [_permit_line(house, tx, row) for row in rows[:PAGE] if _is_here(signed, row.permit, sites)]
        journal.write(tx, house.keyring, house.clock.now(), "permits.listed")
    return lines, rows[PAGE - 1].permit.permit if len(rows) > PAGE else None


def line(house: House, signed: Signed, permit: PermitId) -> PermitLine:
    """Without its plates."""
    signed.need(Permission.PARKING)
    with house.store.read(signed.tenant) as db:
        return _permit_line(house, db, held_permit(db, signed, permit))


def permit(house: House, signed: Signed, permit: PermitId) -> tuple[PermitLine, list[PlateLine]]:
    """The permit with its plates, opened; that somebody looked is journaled."""
    signed.need(Permission.PARKING)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        line = _permit_line(house, tx, held_permit(tx, signed, permit))
        plates = [_plate_line(house, tx.tenant, row) for row in parking.plates_of(tx, permit)]
        journal.write(tx, house.keyring, house.clock.now(), "permit.opened", object=f"permit:{permit}")
    return line, plates


def add_permit(house: House, signed: Signed, terms: PermitTerms) -> PermitId:
    """Raises `BadPermit`, `NoPlates`, `EndsFirst`, `BadPlate`."""
    now, new = house.clock.now(), PermitId(house.new_id())
    _in_order(terms.since or now, terms.until)
    plates = dict.fromkeys(normalise(plate) for plate in terms.plates)
    if not 1 <= len(plates) <= MOST_PLATES:
        raise NoPlates("a permit is for 1 to 500 cars", field="plates")
    holder = _words(terms.holder)

    def write(tx: Tx) -> PermitId:
        made = _made(tx, new, terms)
        may_change(tx, signed, made)
        sealed = seal(house, tx.tenant, organisation(), _holder_place(tx.tenant, new), {"holder": holder})
        parking.add_permit(tx, parking.PermitRow(made, now, holder=sealed))
        for plate in plates:
            _add_plate(house, tx, new, plate)
        return new

    return changed(house, signed, "permit.added", f"permit:{new}", write)


def end_permit(house: House, signed: Signed, permit: PermitId) -> None:
    """At once; its plates are forgotten. A car that stands by it is a visitor from its next entry on."""

    def write(tx: Tx) -> None:
        may_change(tx, signed, held_permit(tx, signed, permit).permit)
        if not parking.end_permit(tx, permit, house.clock.now()):
            raise NotFound("permit")

    changed(house, signed, "permit.ended", f"permit:{permit}", write)


def add_plate(house: House, signed: Signed, permit: PermitId, plate: str) -> None:
    """Raises `PlateThere`, `BadPlate`."""
    text = normalise(plate)

    def write(tx: Tx) -> None:
        row = held_permit(tx, signed, permit)
        may_change(tx, signed, row.permit)
        if row.ended_at is not None:
            raise NotFound("permit")
        if len(parking.plates_of(tx, permit)) >= MOST_PLATES:
            raise NoPlates("a permit is for 1 to 500 cars", field="plate")
        if not _add_plate(house, tx, permit, text):
            raise PlateThere("plate")

    changed(house, signed, "permit.plate-added", f"permit:{permit}", write)


def remove_plate(house: House, signed: Signed, permit: PermitId, token: Token) -> None:
    def write(tx: Tx) -> None:
        may_change(tx, signed, held_permit(tx, signed, permit).permit)
        if not parking.remove_plate(tx, permit, token):
            raise NotFound("plate")

    changed(house, signed, "permit.plate-removed", f"permit:{permit}", write)


def make_coupon(house: House, signed: Signed, site: SiteId, lot: LotId, terms: CouponTerms) -> MadeCoupon:
    """Raises `BadValidation`, `EndsFirst`, `NoSuchWord` for a coupon that the lot's tariff of today does not name."""
    now, new = house.clock.now(), ValidationId(house.new_id())
    given = Validation(new, terms.time, terms.share, terms.coupon)
    if terms.uses is not None and not 1 <= terms.uses <= 1_000_000:
        raise BadValidation("a coupon is used 1 to 1,000,000 times", field="uses")
    _in_order(now, terms.until)
    code = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))

    def write(tx: Tx) -> MadeCoupon:
        _lot_of(tx, site, lot)
        if terms.coupon and terms.coupon not in words_of(tx, parking.lot(tx, lot), now).coupons:
            raise NoSuchWord("the tariff of this garage has no such coupon", field="coupon")
        parking.add_coupon(
            tx, parking.ValidationRow(given, lot, title(terms.shop), coupon_hash(code), now, terms.until, terms.uses)
        )
        return MadeCoupon(new, code)

    return changed(house, signed, "coupon.made", f"validation:{new} lot:{lot}", write)


def coupons(house: House, signed: Signed, site: SiteId) -> list[parking.ValidationRow]:
    """Of all lots of the site, newest first."""
    signed.need(Permission.PARKING)
    with house.store.read(signed.tenant) as db:
        found = [row for lot in parking.lots(db, site) for row in parking.coupons(db, lot.lot)]
    return sorted(found, key=lambda row: row.made_at, reverse=True)


def named_coupons(house: House, signed: Signed, site: SiteId) -> tuple[str, ...]:
    """Those that tariffs of the site's garages name today."""
    signed.need(Permission.PARKING)
    now = house.clock.now()
    with house.store.read(signed.tenant) as db:
        return tuple(sorted({name for lot in parking.lots(db, site) for name in words_of(db, lot, now).coupons}))


def coupon_hash(code: str) -> bytes:
    """Under which a coupon is kept: blanks and dashes dropped, capitals, O and I read as the figures they look like."""
    folded = "".join(letter for letter in code[:64].upper() if letter.isalnum())
    return fingerprint(folded.translate(str.maketrans("OIL", "011")))


def bans(house: House, signed: Signed) -> list[BanLine]:
    """Those in force with their plates, newest first; that somebody looked is journaled."""
    signed.need(Permission.PARKING)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        lines = [_ban_line(house, tx.tenant, row) for row in _bans_here(house, tx, signed)]
        journal.write(tx, house.keyring, house.clock.now(), "bans.listed")
    return lines


def ban(
    house: House, signed: Signed, plate: str, reason: str, lot: LotId | None = None, until: datetime | None = None
) -> BanId:
    """`lot` None: everywhere. Raises `BadPlate`, `NoReason`, `EndsFirst`."""
    text, why, new, now = normalise(plate), _words(reason), BanId(house.new_id()), house.clock.now()
    if not why:
        raise NoReason("a ban has a reason", field="reason")
    _in_order(now, until)

    def write(tx: Tx) -> BanId:
        if lot is not None:
            signed.keep_to(parking.lot(tx, lot).site, "lot")
        elif not signed.may_everywhere(Permission.PARKING_RULES):
            raise Forbidden(Permission.PARKING_RULES.value)
        sealed = [
            seal(house, tx.tenant, organisation(), ban_place(tx.tenant, new, column), {column: value})
            for column, value in (("plate", text), ("reason", why))
        ]
        parking.add_ban(tx, parking.BanRow(new, ban_token(house, tx.tenant, text), sealed[0], sealed[1], now, lot, until))
        return new

    return changed(house, signed, "ban.added", f"ban:{new}", write)


def lift_ban(house: House, signed: Signed, ban: BanId) -> None:
    def write(tx: Tx) -> None:
        row = next((row for row in _bans_here(house, tx, signed) if row.ban == ban), None)
        if row is not None and row.lot is None and not signed.may_everywhere(Permission.PARKING_RULES):
            raise Forbidden(Permission.PARKING_RULES.value)
        if row is None or not parking.lift_ban(tx, ban, house.clock.now()):
            raise NotFound("ban")

    changed(house, signed, "ban.lifted", f"ban:{ban}", write)


def reserve(house: House, signed: Signed, site: SiteId, booking: Reservation, plate: str) -> ReservationId:
    """Hold a space for one car. Raises `EndsFirst`, `BadPlate`."""
    text = normalise(plate)
    _in_order(max(booking.since, house.clock.now()), booking.until)

    def write(tx: Tx) -> ReservationId:
        _lot_of(tx, site, booking.lot)
        sealed = seal(house, tx.tenant, organisation(), reservation_place(tx.tenant, booking.reservation), {"plate": text})
        parking.add_reservation(tx, parking.ReservationRow(booking, sealed, reservation_token(house, tx.tenant, text)))
        return booking.reservation

    return changed(house, signed, "reservation.made", f"reservation:{booking.reservation}", write)


def reservations(house: House, signed: Signed, site: SiteId, since: datetime, until: datetime) -> list[BookingLine]:
    """Those of the site that overlap the time; that somebody looked is journaled."""
    signed.need(Permission.PARKING)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        rows = [row for lot in parking.lots(tx, site) for row in parking.reservations(tx, lot.lot, since, until)]
        lines = [_booking_line(house, tx.tenant, row) for row in rows]
        journal.write(tx, house.keyring, house.clock.now(), "reservations.listed", object=f"site:{site}")
    return sorted(lines, key=lambda line: line.booking.since)


def cancel_reservation(house: House, signed: Signed, reservation: ReservationId) -> None:
    def write(tx: Tx) -> None:
        lot = parking.lot_of_reservation(tx, reservation)
        if lot is not None:
            signed.keep_to(parking.lot(tx, lot).site, "reservation")
        if not parking.cancel_reservation(tx, reservation, house.clock.now()):
            raise NotFound("reservation")

    changed(house, signed, "reservation.cancelled", f"reservation:{reservation}", write)


def plate_place(tenant: TenantId, permit: PermitId, token: Token) -> Place:
    return Place(tenant, "permit_plates", "plate", f"{permit}/{token.hex()}")


def ban_place(tenant: TenantId, ban: BanId, column: str) -> Place:
    return Place(tenant, "bans", column, str(ban))


def reservation_place(tenant: TenantId, reservation: ReservationId) -> Place:
    return Place(tenant, "reservations", "plate", str(reservation))


def _holder_place(tenant: TenantId, permit: PermitId) -> Place:
    return Place(tenant, "permits", "holder", str(permit))


def _made(tx: Tx, new: PermitId, terms: PermitTerms) -> Permit:
    """Once the lots, zones and timetable that it names were found."""
    if not terms.lots <= {lot.lot for lot in parking.lots(tx)}:
        raise NotFound("lot")
    if not terms.zones <= {zone.zone for site in places.sites(tx) for zone in places.zones(tx, site.site)}:
        raise NotFound("zone")
    return Permit(
        permit=new,
        kind=terms.kind,
        lots=terms.lots,
        zones=terms.zones,
        valid=Validity(terms.since, terms.until),
        times=None if terms.timetable is None else parse_timetable(_week(tx, terms.timetable)),
        spaces=terms.spaces,
        space=terms.space,
        vehicle=title(terms.vehicle) if terms.vehicle.strip() else "",
    )


def _week(tx: Tx, timetable: TimetableId) -> dict[str, list[str] | None]:
    found = next((row.week for row in places.timetables(tx) if row.timetable == timetable), None)
    if found is None:
        raise NotFound("timetable")
    return found


def _add_plate(house: House, tx: Tx, permit: PermitId, plate: str) -> bool:
    token = permit_token(house, tx.tenant, plate)
    sealed = seal(house, tx.tenant, organisation(), plate_place(tx.tenant, permit, token), {"plate": plate})
    return parking.add_plate(tx, parking.PlateRow(permit, token, sealed, house.clock.now()))


def held_permit(db: Reader, signed: Signed, permit: PermitId) -> parking.PermitRow:
    """Raises `NotFound`, also for a permit that holds in no lot of the site."""
    row = parking.permit(db, permit)
    if row is None or not _is_here(signed, row.permit, _sites_of_lots(db)):
        raise NotFound("permit")
    return row


def _is_here(signed: Signed, permit: Permit, sites: dict[LotId, SiteId]) -> bool:
    """Whether it holds in a lot of the site at which somebody asks; one without lots holds everywhere."""
    return signed.site is None or not permit.lots or signed.site in {sites.get(lot) for lot in permit.lots}


def may_change(db: Reader, signed: Signed, permit: Permit) -> None:
    """Raises `NotFound` where it holds in a lot of a site at which this operator changes none."""
    mine, sites = signed.sites_with(Permission.PARKING_RULES), _sites_of_lots(db)
    if mine is not None and not {sites.get(lot) for lot in permit.lots} <= mine:
        raise NotFound("lot")


def _sites_of_lots(db: Reader) -> dict[LotId, SiteId]:
    return {lot.lot: lot.site for lot in parking.lots(db)}


def _bans_here(house: House, db: Reader, signed: Signed) -> list[parking.BanRow]:
    """Those in force in lots of the site at which somebody asks, and those that hold in every lot."""
    sites = _sites_of_lots(db)
    found = parking.bans(db, house.clock.now())
    return [row for row in found if row.lot is None or signed.site in {None, sites.get(row.lot)}]


def _lot_of(db: Reader, site: SiteId, lot: LotId) -> None:
    if parking.lot(db, lot).site != site:
        raise NotFound("lot")


def _permit_line(house: House, db: Reader, row: parking.PermitRow) -> PermitLine:
    name = row.permit.permit
    holder = holder_of(house, db, row)
    cars, inside = len(parking.plates_of(db, name)), parking.inside_by_permit(db, name)
    return PermitLine(row.permit, holder, cars, inside, row.created_at, row.ended_at)


def holder_of(house: House, db: Reader, row: parking.PermitRow) -> str:
    """Who to write to; empty where nobody said."""
    return "" if row.holder is None else _opened(house, _holder_place(db.tenant, row.permit.permit), row.holder, "holder")


def _plate_line(house: House, tenant: TenantId, row: parking.PlateRow) -> PlateLine:
    place = plate_place(tenant, row.permit, row.token)
    return PlateLine(row.token, _opened(house, place, row.plate, "plate"), row.added_at)


def _ban_line(house: House, tenant: TenantId, row: parking.BanRow) -> BanLine:
    plate = _opened(house, ban_place(tenant, row.ban, "plate"), row.plate, "plate")
    reason = _opened(house, ban_place(tenant, row.ban, "reason"), row.reason, "reason")
    return BanLine(row.ban, plate, reason, row.lot, row.until, row.added_at)


def _booking_line(house: House, tenant: TenantId, row: parking.ReservationRow) -> BookingLine:
    plate = _opened(house, reservation_place(tenant, row.reservation.reservation), row.plate, "plate")
    return BookingLine(row.reservation, plate, row.stay is not None, row.cancelled_at is not None)


def _opened(house: House, place: Place, sealed: Sealed, key: str) -> str:
    return str(unseal(house, place, sealed)[key])


def _in_order(since: datetime, until: datetime | None) -> None:
    if until is not None and until <= since:
        raise EndsFirst("the end lies after the beginning, and in the future", field="until")


def _words(text: str) -> str:
    """Free words about somebody, on one line."""
    return " ".join(text.split())[:MOST_WORDS]


def typed_plates(text: str) -> Sequence[str]:
    """As people type them into one field: a line or a comma each."""
    return [part.strip() for part in text.replace("，", ",").replace("、", ",").replace("\n", ",").split(",") if part.strip()]
