"""Papers: permits with their plates, reservations, validations and bans. Found by standing tokens; plates lie sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sealgate.domain.access import Validity
from sealgate.domain.calendar import parse_timetable, timetable_text
from sealgate.domain.fleets import Account
from sealgate.domain.ids import BanId, LotId, PermitId, PersonId, ReservationId, StayId, ValidationId, ZoneId
from sealgate.domain.lots import Permit, Reservation, SpaceClass, Validation
from sealgate.ports import Sealed, Token
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class PermitRow:
    """`holder` is sealed: who to write to, where `person` is nobody enrolled."""

    permit: Permit
    created_at: datetime
    person: PersonId | None = None
    holder: Sealed | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlateRow:
    permit: PermitId
    token: Token
    plate: Sealed
    added_at: datetime


@dataclass(frozen=True, slots=True)
class BanRow:
    """`lot` None holds everywhere; `until` None has no end. `plate` and `reason` are sealed."""

    ban: BanId
    token: Token
    plate: Sealed
    reason: Sealed
    added_at: datetime
    lot: LotId | None = None
    until: datetime | None = None
    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReservationRow:
    reservation: Reservation
    plate: Sealed
    token: Token | None = None
    stay: StayId | None = None
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ValidationRow:
    """A coupon as a shop gives it. `uses_left` None is any number."""

    validation: Validation
    lot: LotId
    shop: str
    code_hash: bytes
    made_at: datetime
    expires_at: datetime
    uses_left: int | None = 1


p, q, b, r, v = s.permits.c, s.permit_plates.c, s.bans.c, s.reservations.c, s.validations.c
_PERMIT = (
    p.permit_id, p.kind, p.lots, p.zones, p.since, p.until, p.week, p.spaces, p.space,
    p.created_at, p.person_id, p.holder, p.ended_at, p.vehicle,
    p.account_currency, p.account_limit, p.suspended_at,
)  # fmt: skip
_BAN = (b.ban_id, b.token, b.plate, b.reason, b.added_at, b.lot_id, b.until, b.lifted_at)
_RESERVATION = (r.reservation_id, r.lot_id, r.since, r.until, r.space, r.plate, r.token, r.stay_id, r.cancelled_at)
_VALIDATION = (
    v.validation_id, v.minutes, v.share, v.lot_id, v.shop, v.code_hash, v.made_at, v.expires_at, v.uses_left,
    v.coupon,
)  # fmt: skip


def add_permit(tx: Tx, row: PermitRow) -> None:
    permit = row.permit
    values = {
        "permit_id": permit.permit,
        "kind": permit.kind,
        "person_id": row.person,
        "holder": row.holder,
        "lots": sorted(str(lot) for lot in permit.lots),
        "zones": sorted(str(zone) for zone in permit.zones),
        "since": permit.valid.since,
        "until": permit.valid.until,
        "week": None if permit.times is None else timetable_text(permit.times),
        "spaces": permit.spaces,
        "space": permit.space,
        "vehicle": permit.vehicle or None,
        "created_at": row.created_at,
        "ended_at": row.ended_at,
    }
    tx.add(s.permits, values)


def permit(db: Reader, permit: PermitId) -> PermitRow | None:
    return db.row(sa.select(*_PERMIT).where(db.mine(s.permits), p.permit_id == permit), _permit)


def permits(db: Reader, *, after: PermitId | None = None, limit: int = 50, ended: bool = False) -> list[PermitRow]:
    query = sa.select(*_PERMIT).where(db.mine(s.permits))
    if after is not None:
        query = query.where(p.permit_id > after)
    if not ended:
        query = query.where(p.ended_at.is_(None))
    return db.rows(query.order_by(p.permit_id).limit(limit), _permit)


def permits_of_plate(db: Reader, token: Token) -> list[PermitRow]:
    """Those that have not been ended, oldest first. In a write they are locked: two cars may want the last space of one."""
    same = sa.and_(p.tenant_id == q.tenant_id, p.permit_id == q.permit_id)
    query = sa.select(*_PERMIT).join(s.permit_plates, same).where(db.mine(s.permit_plates), q.token == token)
    query = query.where(p.ended_at.is_(None)).order_by(p.created_at, p.permit_id)
    return db.rows(query.with_for_update(of=s.permits) if isinstance(db, Tx) else query, _permit)


def end_permit(tx: Tx, permit: PermitId, at: datetime) -> bool:
    """False if it had ended, or never was. Its plates are forgotten."""
    if tx.change(s.permits, [p.permit_id == permit, p.ended_at.is_(None)], {"ended_at": at}) != 1:
        return False
    tx.remove(s.permit_plates, [q.permit_id == permit])
    return True


def add_plate(tx: Tx, row: PlateRow) -> bool:
    """False where the permit has this plate."""
    values = {"token": row.token, "permit_id": row.permit, "plate": row.plate, "added_at": row.added_at}
    return bool(tx.add_unless_there(s.permit_plates, [values], (q.token,)))


def remove_plate(tx: Tx, permit: PermitId, token: Token) -> bool:
    return tx.remove(s.permit_plates, [q.token == token, q.permit_id == permit]) == 1


def plates_of(db: Reader, permit: PermitId) -> list[PlateRow]:
    query = sa.select(q.permit_id, q.token, q.plate, q.added_at).where(db.mine(s.permit_plates), q.permit_id == permit)
    return db.rows(query.order_by(q.added_at, q.token), PlateRow)


def add_ban(tx: Tx, row: BanRow) -> None:
    values = {
        "ban_id": row.ban,
        "lot_id": row.lot,
        "token": row.token,
        "plate": row.plate,
        "reason": row.reason,
        "until": row.until,
        "added_at": row.added_at,
        "lifted_at": row.lifted_at,
    }
    tx.add(s.bans, values)


def lift_ban(tx: Tx, ban: BanId, at: datetime) -> bool:
    """False if it was lifted already, or never was."""
    return tx.change(s.bans, [b.ban_id == ban, b.lifted_at.is_(None)], {"lifted_at": at}) == 1


def bans(db: Reader, now: datetime) -> list[BanRow]:
    """Those in force, newest first."""
    query = sa.select(*_BAN).where(db.mine(s.bans), *_in_force(now))
    return db.rows(query.order_by(b.added_at.desc(), b.ban_id), BanRow)


def banned(db: Reader, token: Token, lot: LotId, now: datetime) -> bool:
    query = sa.select(b.ban_id).where(db.mine(s.bans), b.token == token, *_in_force(now))
    return db.sql.execute(query.where(sa.or_(b.lot_id.is_(None), b.lot_id == lot)).limit(1)).first() is not None


def _in_force(now: datetime) -> list[sa.ColumnElement[bool]]:
    return [b.lifted_at.is_(None), sa.or_(b.until.is_(None), b.until > now)]


def add_reservation(tx: Tx, row: ReservationRow) -> None:
    booked = row.reservation
    values = {
        "reservation_id": booked.reservation,
        "lot_id": booked.lot,
        "token": row.token,
        "plate": row.plate,
        "since": booked.since,
        "until": booked.until,
        "space": booked.space,
        "stay_id": row.stay,
        "cancelled_at": row.cancelled_at,
    }
    tx.add(s.reservations, values)


def reservations_of_plate(db: Reader, token: Token, lot: LotId) -> list[ReservationRow]:
    """Those that wait for their car, the earliest first."""
    query = sa.select(*_RESERVATION).where(db.mine(s.reservations), r.token == token, r.lot_id == lot, *_waiting())
    return db.rows(query.order_by(r.since, r.reservation_id), _reservation)


def reservations(db: Reader, lot: LotId, since: datetime, until: datetime) -> list[ReservationRow]:
    """Those that overlap the time, used and cancelled ones too."""
    query = sa.select(*_RESERVATION).where(db.mine(s.reservations), r.lot_id == lot, r.since < until, r.until > since)
    return db.rows(query.order_by(r.since, r.reservation_id), _reservation)


def lot_of_reservation(db: Reader, reservation: ReservationId) -> LotId | None:
    query = sa.select(r.lot_id).where(db.mine(s.reservations), r.reservation_id == reservation)
    return db.row(query, lambda lot: lot)


def use_reservation(tx: Tx, reservation: ReservationId, stay: StayId) -> bool:
    """Its car came. False if it was used or cancelled in the meantime."""
    return tx.change(s.reservations, [r.reservation_id == reservation, *_waiting()], {"stay_id": stay}) == 1


def cancel_reservation(tx: Tx, reservation: ReservationId, at: datetime) -> bool:
    return tx.change(s.reservations, [r.reservation_id == reservation, *_waiting()], {"cancelled_at": at}) == 1


def held(db: Reader, lot: LotId, now: datetime) -> dict[SpaceClass, int]:
    """How many spaces are kept at this moment for cars that have not come yet."""
    query = sa.select(r.space, sa.func.count()).where(
        db.mine(s.reservations), r.lot_id == lot, r.since <= now, r.until > now, *_waiting()
    )
    return dict(db.rows(query.group_by(r.space), lambda space, count: (space, count)))


def _waiting() -> list[sa.ColumnElement[bool]]:
    return [r.stay_id.is_(None), r.cancelled_at.is_(None)]


def add_coupon(tx: Tx, row: ValidationRow) -> None:
    given = row.validation
    values = {
        "validation_id": given.validation,
        "lot_id": row.lot,
        "shop": row.shop,
        "code_hash": row.code_hash,
        "minutes": None if given.time is None else int(given.time / timedelta(minutes=1)),
        "share": given.share,
        "coupon": given.coupon or None,
        "uses_left": row.uses_left,
        "made_at": row.made_at,
        "expires_at": row.expires_at,
    }
    tx.add(s.validations, values)


def coupon(db: Reader, code_hash: bytes) -> ValidationRow | None:
    """Used up and expired ones too: the driver is told which."""
    return db.row(sa.select(*_VALIDATION).where(db.mine(s.validations), v.code_hash == code_hash), _coupon)


def use_coupon(tx: Tx, validation: ValidationId, now: datetime) -> bool:
    """Take one use. False if it has expired or somebody took the last one."""
    where = [v.validation_id == validation, v.expires_at > now, sa.or_(v.uses_left.is_(None), v.uses_left > 0)]
    return tx.change(s.validations, where, {"uses_left": v.uses_left - 1}) == 1


def coupons(db: Reader, lot: LotId, limit: int = 100) -> list[ValidationRow]:
    """Newest first."""
    query = sa.select(*_VALIDATION).where(db.mine(s.validations), v.lot_id == lot)
    return db.rows(query.order_by(v.made_at.desc(), v.validation_id).limit(limit), _coupon)


def _permit(*columns: Any) -> PermitRow:
    permit, kind, lots, zones, since, until, week, spaces, space, created_at, person, holder, ended_at, *more = columns
    vehicle, *account = more
    made = Permit(
        permit=permit,
        kind=kind,
        lots=_ids(lots, LotId),
        zones=_ids(zones, ZoneId),
        valid=Validity(since, until),
        times=None if week is None else parse_timetable(week),
        spaces=spaces,
        space=space,
        vehicle=vehicle or "",
        account=Account(*account) if account[0] else None,
    )
    return PermitRow(made, created_at, person, holder, ended_at)


def _ids(texts: Sequence[str], kind: Any) -> frozenset[Any]:
    return frozenset(kind(UUID(text)) for text in texts)


def _reservation(*columns: Any) -> ReservationRow:
    reservation, lot, since, until, space, plate, token, stay, cancelled_at = columns
    return ReservationRow(Reservation(reservation, lot, since, until, space), plate, token, stay, cancelled_at)


def _coupon(*columns: Any) -> ValidationRow:
    validation, minutes, share, lot, shop, code_hash, made_at, expires_at, uses_left, coupon = columns
    given = Validation(validation, None if minutes is None else timedelta(minutes=minutes), share, coupon or "")
    return ValidationRow(given, lot, shop, code_hash, made_at, expires_at, uses_left)
