"""Tenants, sites with their zones and holidays. What is not there raises `NotFound`, also when it is another tenant's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from sealgate.domain.face_use import RoomKind
from sealgate.domain.ids import SiteId, ZoneId
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx
from sealgate.store.journal import start_journal


@dataclass(frozen=True, slots=True)
class SiteRow:
    site: SiteId
    name: str
    time_zone: str
    lockdown: bool = False


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """`outside`: nobody counts as inside there, and a gate into it is a way out."""

    zone: ZoneId
    site: SiteId
    name: str
    outside: bool = False
    room: RoomKind = RoomKind.ORDINARY


@dataclass(frozen=True, slots=True)
class HolidayRow:
    day: date
    name: str


s_, z, h = s.sites.c, s.zones.c, s.holidays.c
_SITE = (s_.site_id, s_.name, s_.time_zone, s_.lockdown)
_NOT_OUTSIDE = z.outside == sa.literal(False, z.outside.type)
_ZONE = (z.zone_id, z.site_id, z.name, z.outside, z.room)


def add_tenant(tx: Tx, name: str, at: datetime) -> None:
    """Make the tenant of this transaction: `store.begin` with its new identity comes before the tenant itself."""
    tx.add(s.tenants, {"name": name, "created_at": at})
    start_journal(tx)


def tenant_name(db: Reader) -> str:
    """Of the organisation whose rows these are."""
    return db.the("tenant", sa.select(s.tenants.c.name).where(db.mine(s.tenants)), str)


def add_site(tx: Tx, row: SiteRow) -> None:
    tx.add(s.sites, {"site_id": row.site, "name": row.name, "time_zone": row.time_zone, "lockdown": row.lockdown})


def site(db: Reader, site: SiteId) -> SiteRow:
    return db.the("site", sa.select(*_SITE).where(db.mine(s.sites), s_.site_id == site), SiteRow)


def sites(db: Reader) -> list[SiteRow]:
    return db.rows(sa.select(*_SITE).where(db.mine(s.sites)).order_by(s_.name, s_.site_id), SiteRow)


def set_lockdown(tx: Tx, site: SiteId, *, lockdown: bool) -> bool:
    """Whether there is such a site."""
    return tx.change(s.sites, [s_.site_id == site], {"lockdown": lockdown}) == 1


def face_space(tx: Tx, site: SiteId) -> int:
    """The number of the site's secret that faces are turned by, and nobody changes it until this transaction ends."""
    query = sa.select(s_.face_space).where(tx.mine(s.sites), s_.site_id == site).with_for_update(read=True)
    return tx.sql.execute(query).scalar() or 1


def set_face_space(tx: Tx, site: SiteId, space: int) -> bool:
    """On to the next; False where it is not the next any more, or there is no such site."""
    before = sa.func.coalesce(s_.face_space, 1) == space - 1
    return tx.change(s.sites, [s_.site_id == site, before], {"face_space": space}) == 1


def add_zone(tx: Tx, row: ZoneRow) -> None:
    tx.add(s.zones, {"zone_id": row.zone, "site_id": row.site, "name": row.name, "outside": row.outside, "room": row.room})


def set_room(tx: Tx, zone: ZoneId, room: RoomKind) -> bool:
    """What kind of place it is; False where there is none, and for the one outside."""
    return tx.change(s.zones, [z.zone_id == zone, _NOT_OUTSIDE], {"room": room}) == 1


def rename_zone(tx: Tx, zone: ZoneId, name: str) -> bool:
    """False where there is none, and for the one outside, which bears our name."""
    return tx.change(s.zones, [z.zone_id == zone, _NOT_OUTSIDE], {"name": name}) == 1


def remove_zone(tx: Tx, zone: ZoneId) -> bool:
    """The leaves to enter it go with it; False as for `rename_zone`. Raises `NoSuchThing` while a gate leads there or away."""
    tx.remove(s.grants, [s.grants.c.zone_id == zone])
    return tx.remove(s.zones, [z.zone_id == zone, _NOT_OUTSIDE]) == 1


def zones(db: Reader, site: SiteId) -> list[ZoneRow]:
    query = sa.select(*_ZONE).where(db.mine(s.zones), z.site_id == site)
    return db.rows(query.order_by(z.name, z.zone_id), ZoneRow)


def all_zones(db: Reader) -> list[ZoneRow]:
    """Of every site."""
    return db.rows(sa.select(*_ZONE).where(db.mine(s.zones)).order_by(z.name, z.zone_id), ZoneRow)


def add_holiday(tx: Tx, site: SiteId, day: date, name: str) -> None:
    """Raises `AlreadyThere` where that day is one."""
    tx.add(s.holidays, {"site_id": site, "day": day, "name": name})


def holidays(db: Reader, site: SiteId) -> list[HolidayRow]:
    query = sa.select(h.day, h.name).where(db.mine(s.holidays), h.site_id == site)
    return db.rows(query.order_by(h.day), HolidayRow)


def remove_holiday(tx: Tx, site: SiteId, day: date) -> bool:
    return tx.remove(s.holidays, [h.site_id == site, h.day == day]) == 1
