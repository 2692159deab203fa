"""Places and who may enter them when: sites, zones, gates, timetables, groups and grants.

Every gate has a way in that is not a face; a change that would leave only the face is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sealgate.domain.access import Passback
from sealgate.domain.calendar import parse_timetable, timetable_text, zone
from sealgate.domain.errors import Invalid, NotFound
from sealgate.domain.face_use import RoomKind
from sealgate.domain.ids import GateId, GrantId, GroupId, PersonId, SiteId, TenantId, TimetableId, ZoneId
from sealgate.domain.operators import Permission
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.flows.face_need import need_no_private_room, need_on, note_facts
from sealgate.flows.faces import least_likeness
from sealgate.flows.kit import House, Signed, fingerprint, new_secret, organisation, seal, unseal
from sealgate.flows.people import whereabouts
from sealgate.ports import Sealed
from sealgate.privacy import journal
from sealgate.store import places
from sealgate.store.engine import Actor, Tx
from sealgate.store.face_use import sites_due
from sealgate.vault.envelope import Place

Made = TypeVar("Made")
INSTALLS = (Permission.CHANGE_RULES, Permission.INSTALL)
"""Either will do for zones, gates, cameras and edges."""


class BadTitle(Invalid):
    code = "rules.bad-name"


class FaceOnly(Invalid):
    """A gate needs another way in than the face."""

    code = "gate.face-only"


class SameZone(Invalid):
    code = "gate.same-zone"


class BadThreshold(Invalid):
    code = "gate.bad-threshold"


@dataclass(frozen=True, slots=True)
class SiteLine:
    site: SiteId
    name: str
    time_zone: str
    lockdown: bool
    assessment_due: bool = False


@dataclass(frozen=True, slots=True)
class ZoneLine:
    zone: ZoneId
    name: str
    outside: bool
    room: RoomKind = RoomKind.ORDINARY


@dataclass(frozen=True, slots=True)
class GateLine:
    gate: GateId
    site: SiteId
    name: str
    kind: GateKind
    from_zone: str
    to_zone: str
    means: frozenset[Means]
    blocked: bool
    passback: Passback
    kiosk: bool


@dataclass(frozen=True, slots=True)
class GateRecord:
    line: GateLine
    min_similarity: float
    min_lead: float
    min_liveness: float | None
    min_plate_score: float
    open_seconds: float
    has_source: bool
    faces: int = 0
    least_likeness: float = 0.0
    """What is asked for among so many `faces`, whatever the gate asks for; 0 where this program reads no faces."""


@dataclass(frozen=True, slots=True)
class NewGate:
    name: str
    kind: GateKind
    from_zone: ZoneId
    to_zone: ZoneId
    means: frozenset[Means]
    passback: Passback = Passback.OFF


LIVELY = 0.5
"""What a gate that asks for life wants: a head that was seen to turn."""


@dataclass(frozen=True, slots=True)
class GateChange:
    """What is None stays. Similarity 0.5..1, lead 0..0.5, scores 0..1, seconds 1..60; `source` "" takes the cameras away.

    `second` is another camera that looks at the same lane of a lot; elsewhere nobody looks through it.
    """

    name: str | None = None
    means: frozenset[Means] | None = None
    passback: Passback | None = None
    min_similarity: float | None = None
    min_lead: float | None = None
    min_plate_score: float | None = None
    asks_for_life: bool | None = None
    open_seconds: float | None = None
    source: str | None = None
    second: str | None = None


@dataclass(frozen=True, slots=True)
class GroupLine:
    group: GroupId
    name: str
    members: int


@dataclass(frozen=True, slots=True)
class GrantLine:
    grant: GrantId
    group: str
    zone: str
    timetable: str | None


@dataclass(frozen=True, slots=True)
class TimetableLine:
    timetable: TimetableId
    name: str
    week: dict[str, list[str] | None]


@dataclass(frozen=True, slots=True)
class HolidayLine:
    day: date
    name: str


@dataclass(frozen=True, slots=True)
class RollCall:
    """Who is inside now, by zone: the list for an evacuation."""

    at: datetime
    inside: tuple[tuple[str, PersonId], ...]


def found(house: House, name: str) -> TenantId:
    """A new organisation; for `init` and `demo`."""
    tenant = TenantId(house.new_id())
    with house.store.begin(tenant, Actor("system", "init")) as tx:
        places.add_tenant(tx, title(name), house.clock.now())
        journal.write(tx, house.keyring, house.clock.now(), "tenant.founded", object=f"tenant:{tenant}")
    return tenant


def sites(house: House, signed: Signed) -> list[SiteLine]:
    """Those at which this operator has something to do."""
    with house.store.read(signed.tenant) as db:
        due, rows = sites_due(db), [r for r in places.sites(db) if signed.works_at(r.site)]
        return [SiteLine(r.site, r.name, r.time_zone, r.lockdown, r.site in due) for r in rows]


def add_site(house: House, signed: Signed, name: str, time_zone: str) -> SiteId:
    """A site with its outside zone. Raises `BadZone` for an unknown time zone."""
    zone(time_zone)
    site = SiteId(house.new_id())

    def write(tx: Tx) -> SiteId:
        places.add_site(tx, places.SiteRow(site, title(name), time_zone))
        places.add_zone(tx, places.ZoneRow(ZoneId(house.new_id()), site, "Outside", outside=True))
        return site

    return change_rule(house, signed, "site.added", f"site:{site}", write)


def zones(house: House, signed: Signed, site: SiteId) -> list[ZoneLine]:
    with house.store.read(signed.tenant) as db:
        return [ZoneLine(r.zone, r.name, r.outside, r.room) for r in places.zones(db, site)]


def add_zone(house: House, signed: Signed, site: SiteId, name: str, room: RoomKind = RoomKind.ORDINARY) -> ZoneId:
    new = ZoneId(house.new_id())

    def write(tx: Tx) -> ZoneId:
        places.site(tx, site)
        places.add_zone(tx, places.ZoneRow(new, site, title(name), room=room))
        return new

    return change_rule(house, signed, "zone.added", f"zone:{new}", write, permission=INSTALLS)


def gates(house: House, signed: Signed, site: SiteId) -> list[GateLine]:
    with house.store.read(signed.tenant) as db:
        names = {z.zone: z.name for z in places.zones(db, site)}
        return [_gate_line(row, names) for row in places.gates(db, site)]


def gate(house: House, signed: Signed, gate: GateId) -> GateRecord:
    with house.store.read(signed.tenant) as db:
        row = places.gate(db, gate)
        names = {z.zone: z.name for z in places.zones(db, row.site)}
        least = least_likeness(house, db, row.site)
    return GateRecord(
        faces=len(house.galleries.of(signed.tenant, row.site)),
        least_likeness=least,
        line=_gate_line(row, names),
        min_similarity=row.min_similarity,
        min_lead=row.min_lead,
        min_liveness=row.min_liveness,
        min_plate_score=row.min_plate_score,
        open_seconds=row.open_seconds,
        has_source=row.source is not None,
    )


def add_gate(house: House, signed: Signed, site: SiteId, new: NewGate) -> GateId:
    _another_way_in(new.means)
    if new.from_zone == new.to_zone:
        raise SameZone("a gate leads from one zone to another", field="to_zone")
    gate = GateId(house.new_id())

    def write(tx: Tx) -> GateId:
        here = {z.zone for z in places.zones(tx, site)}
        if not {new.from_zone, new.to_zone} <= here:
            raise NotFound("zone")
        if Means.FACE in new.means:
            need_on(house, tx, site)
            need_no_private_room(tx, site, {new.from_zone, new.to_zone})
        row = places.GateRow(
            gate=gate,
            site=site,
            name=title(new.name),
            kind=new.kind,
            from_zone=new.from_zone,
            to_zone=new.to_zone,
            means=new.means,
            passback=new.passback,
            min_similarity=house.faces.min_similarity if house.faces else 1.0,
            min_lead=house.faces.min_lead if house.faces else 0.0,
        )
        places.add_gate(tx, row)
        note_facts(house, tx, site)
        return gate

    return change_rule(house, signed, "gate.added", f"gate:{gate}", write, permission=INSTALLS)


def change_gate(house: House, signed: Signed, gate: GateId, change: GateChange) -> None:
    if change.means is not None:
        _another_way_in(change.means)
    _between(change.min_similarity, 0.5, 1.0, "min_similarity")
    _between(change.min_lead, 0.0, 0.5, "min_lead")
    _between(change.min_plate_score, 0.0, 1.0, "min_plate_score")
    _between(change.open_seconds, 1.0, 60.0, "open_seconds")
    values: dict[str, Any] = {
        field: value
        for field in ("means", "passback", "min_similarity", "min_lead", "min_plate_score", "open_seconds")
        if (value := getattr(change, field)) is not None
    }
    if change.asks_for_life is not None:
        values["min_liveness"] = LIVELY if change.asks_for_life else None
    if change.name is not None:
        values["name"] = title(change.name)
    for source in filter(None, (change.source, change.second)):
        if len(source) > 1000:
            raise Invalid("too long", field="source")

    def write(tx: Tx) -> None:
        before = places.gate(tx, gate)
        looks = bool(change.source or change.second) or Means.FACE in (change.means or ())
        if looks:
            need_no_private_room(tx, before.site, {before.from_zone, before.to_zone})
        if Means.FACE in (change.means or frozenset()) - before.means:
            need_on(house, tx, before.site)
        if change.source is not None or change.second is not None:
            values["source"] = _changed_sources(house, tx, gate, change)
        if values:
            places.update_gate(tx, gate, **values)
        note_facts(house, tx, before.site)

    change_rule(house, signed, "gate.changed", f"gate:{gate}", write, permission=INSTALLS)


def sources_of(house: House, tenant: TenantId, gate: GateId) -> tuple[str, ...]:
    """The addresses of the gate's cameras, opened: for the program that reads them, never for a screen. Two at most."""
    with house.store.read(tenant) as db:
        row = places.gate(db, gate)
    return opened_sources(house, tenant, gate, row.source)


def block_gate(house: House, signed: Signed, gate: GateId, *, blocked: bool, why: str = "") -> None:
    def write(tx: Tx) -> None:
        if not places.update_gate(tx, gate, blocked=blocked):
            raise NotFound("gate")

    action = "gate.blocked" if blocked else "gate.unblocked"
    change_rule(house, signed, action, f"gate:{gate}", write, permission=Permission.OPEN_GATES, why=why)


def lock_down(house: House, signed: Signed, site: SiteId, *, on: bool, why: str) -> None:
    """No gate of the site lets anybody in while it lasts; whoever is inside can always leave."""

    def write(tx: Tx) -> None:
        if not places.set_lockdown(tx, site, lockdown=on):
            raise NotFound("site")
        tx.publish("site", {"site": str(site), "lockdown": on})

    action = "site.locked-down" if on else "site.reopened"
    change_rule(house, signed, action, f"site:{site}", write, permission=Permission.LOCK_DOWN, why=why)


def groups(house: House, signed: Signed) -> list[GroupLine]:
    with house.store.read(signed.tenant) as db:
        return [GroupLine(r.group, r.name, r.members) for r in places.groups(db)]


def add_group(house: House, signed: Signed, name: str) -> GroupId:
    group = GroupId(house.new_id())

    def write(tx: Tx) -> GroupId:
        places.add_group(tx, group, title(name))
        return group

    return change_rule(house, signed, "group.added", f"group:{group}", write)


def grants(house: House, signed: Signed, site: SiteId) -> list[GrantLine]:
    with house.store.read(signed.tenant) as db:
        group_names = {r.group: r.name for r in places.groups(db)}
        zone_names = {z.zone: z.name for z in places.zones(db, site)}
        tables = {t.timetable: t.name for t in places.timetables(db)}
        return [
            GrantLine(r.grant, group_names[r.group], zone_names[r.zone], tables[r.timetable] if r.timetable else None)
            for r in places.grants(db)
            if r.zone in zone_names
        ]


def add_grant(house: House, signed: Signed, group: GroupId, zone_id: ZoneId, timetable: TimetableId | None) -> GrantId:
    grant = GrantId(house.new_id())

    def write(tx: Tx) -> GrantId:
        if signed.site is not None and zone_id not in {zone.zone for zone in places.zones(tx, signed.site)}:
            raise NotFound("zone")
        places.add_grant(tx, places.GrantRow(grant, group, zone_id, timetable))
        return grant

    return change_rule(house, signed, "grant.added", f"grant:{grant}", write)


def remove_grant(house: House, signed: Signed, grant: GrantId) -> None:
    def write(tx: Tx) -> None:
        here = None if signed.site is None else {zone.zone for zone in places.zones(tx, signed.site)}
        row = next((row for row in places.grants(tx) if row.grant == grant and (here is None or row.zone in here)), None)
        if row is None or not places.remove_grant(tx, grant):
            raise NotFound("grant")

    change_rule(house, signed, "grant.removed", f"grant:{grant}", write)


def timetables(house: House, signed: Signed) -> list[TimetableLine]:
    with house.store.read(signed.tenant) as db:
        return [TimetableLine(r.timetable, r.name, r.week) for r in places.timetables(db)]


def add_timetable(house: House, signed: Signed, name: str, week: dict[str, object]) -> TimetableId:
    """`week` as `domain.calendar.parse_timetable` reads it. Raises `BadTimetable`."""
    table = timetable_text(parse_timetable(week))
    timetable = TimetableId(house.new_id())

    def write(tx: Tx) -> TimetableId:
        places.add_timetable(tx, places.TimetableRow(timetable, title(name), table))
        return timetable

    return change_rule(house, signed, "timetable.added", f"timetable:{timetable}", write)


def holidays(house: House, signed: Signed, site: SiteId) -> list[HolidayLine]:
    with house.store.read(signed.tenant) as db:
        return [HolidayLine(r.day, r.name) for r in places.holidays(db, site)]


def add_holiday(house: House, signed: Signed, site: SiteId, day: date, name: str) -> None:
    def write(tx: Tx) -> None:
        places.site(tx, site)
        places.add_holiday(tx, site, day, title(name))

    change_rule(house, signed, "holiday.added", f"site:{site}:{day}", write)


def remove_holiday(house: House, signed: Signed, site: SiteId, day: date) -> None:
    def write(tx: Tx) -> None:
        if not places.remove_holiday(tx, site, day):
            raise NotFound("holiday")

    change_rule(house, signed, "holiday.removed", f"site:{site}:{day}", write)


def kiosk_link(house: House, signed: Signed, gate: GateId) -> str:
    """A new secret for the kiosk of this gate; an older one stops working."""
    secret = new_secret(signed.tenant)

    def write(tx: Tx) -> str:
        if not places.update_gate(tx, gate, kiosk_hash=fingerprint(secret)):
            raise NotFound("gate")
        return secret

    return change_rule(house, signed, "kiosk.linked", f"gate:{gate}", write, permission=INSTALLS)


def roll_call(house: House, signed: Signed) -> RollCall:
    signed.need(Permission.WATCH)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        inside = whereabouts(house, tx)
        journal.write(tx, house.keyring, house.clock.now(), "roll-call.taken", object=f"people:{len(inside)}")
    return RollCall(house.clock.now(), tuple(sorted((name, person) for person, name in inside.items())))


def title(name: str) -> str:
    """The name of a place or rule, which is nobody's personal data. Raises `BadTitle`."""
    words = " ".join(name.split())
    if not 1 <= len(words) <= 80 or re.search(r"[\x00-\x1f\x7f]", words):
        raise BadTitle("a name has 1 to 80 characters", field="name")
    return words


def change_rule(
    house: House,
    signed: Signed,
    action: str,
    thing: str,
    write: Callable[[Tx], Made],
    *,
    permission: Permission | tuple[Permission, ...] = Permission.CHANGE_RULES,
    why: str = "",
) -> Made:
    """Every change of a rule: asked for, written and journaled in one way. Nothing is kept of one that raises.

    Of several permissions any will do.
    """
    signed.need(*((permission,) if isinstance(permission, Permission) else permission))
    with house.store.begin(signed.tenant, signed.actor) as tx:
        made = write(tx)
        journal.write(tx, house.keyring, house.clock.now(), action, object=thing, purpose=" ".join(why.split())[:300])
        tx.after_commit(house.wake)
    return made


def _another_way_in(means: frozenset[Means]) -> None:
    if not means - {Means.FACE}:
        raise FaceOnly("a gate needs a way in that is not a face", field="means", hint="Add card, QR, PIN or plate")


def _between(value: float | None, low: float, high: float, field: str) -> None:
    if value is not None and not low <= value <= high:
        raise BadThreshold(f"{low:g} to {high:g}", field=field)


def _gate_line(row: places.GateRow, zones: dict[ZoneId, str]) -> GateLine:
    return GateLine(
        row.gate,
        row.site,
        row.name,
        row.kind,
        zones[row.from_zone],
        zones[row.to_zone],
        row.means,
        row.blocked,
        row.passback,
        row.kiosk_hash is not None,
    )


def opened_sources(house: House, tenant: TenantId, gate: GateId, sealed: Sealed | None) -> tuple[str, ...]:
    if sealed is None:
        return ()
    opened = unseal(house, _source_place(tenant, gate), sealed)
    return tuple(str(opened[name]) for name in ("source", "second") if opened.get(name))


def _changed_sources(house: House, tx: Tx, gate: GateId, change: GateChange) -> Sealed | None:
    """Both addresses lie sealed in one column."""
    if change.source is not None and not change.source.strip():
        return None
    before = (*opened_sources(house, tx.tenant, gate, places.gate(tx, gate).source), "", "")
    first, second = (
        old if new is None else new.strip() for old, new in zip(before, (change.source, change.second), strict=False)
    )
    return sealed_sources(house, tx.tenant, gate, first, second)


def sealed_sources(house: House, tenant: TenantId, gate: GateId, first: str, second: str = "") -> Sealed:
    return seal(house, tenant, organisation(), _source_place(tenant, gate), {"source": first, "second": second})


def _source_place(tenant: TenantId, gate: GateId) -> Place:
    return Place(tenant, "gates", "source", str(gate))
