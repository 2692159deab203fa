"""Lots, their lanes and counters, and the tariffs in force.

A counter moves by a conditional update, so of two cars that want the last space one gets it, and none falls below zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sealgate.domain.errors import NotFound
from sealgate.domain.ids import GateId, LotId, SiteId
from sealgate.domain.lots import Doubt, GateRole, Lane, Lot, SpaceClass
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx, of_tenant

t, n, k, f = s.lots.c, s.lanes.c, s.lot_counters.c, s.tariffs.c
_LOT = (
    t.lot_id, t.site_id, t.name, t.capacity, t.tariff, t.doubt, t.parent_id, t.zone_id, t.visitors,
    t.min_certainty, t.echo_seconds, t.longest_days, t.area,
)  # fmt: skip

# What is asked of every car, put together once.
_NAMED = sa.select(*_LOT).where(of_tenant(s.lots), t.lot_id == sa.bindparam("lot"))
_PARENTS = sa.select(t.lot_id, t.parent_id).where(of_tenant(s.lots))
_LANE = (
    sa.select(n.gate_id, n.role, n.vehicle, *_LOT)
    .join(s.lots, sa.and_(t.tenant_id == n.tenant_id, t.lot_id == n.lot_id))
    .where(of_tenant(s.lanes), n.gate_id == sa.bindparam("gate"))
)
_LANE_LOCKED = _LANE.with_for_update(of=s.lots)
_TARIFF_ON = (
    sa.select(f.name, f.since, f.document, f.added_at)
    .where(of_tenant(s.tariffs), f.name == sa.bindparam("name"), f.since <= sa.bindparam("day"))
    .order_by(f.since.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class TariffRow:
    """One version of a tariff: in force from the local day `since` until the next version's. `document` is its file."""

    name: str
    since: date
    document: Any
    added_at: datetime


def add_lot(tx: Tx, lot: Lot) -> None:
    """With a counter at 0 for each class."""
    tx.add(s.lots, {"lot_id": lot.lot, "site_id": lot.site, **_values(lot)})
    for space in SpaceClass:
        tx.add(s.lot_counters, {"lot_id": lot.lot, "space": space, "taken": 0})


def update_lot(tx: Tx, lot: Lot) -> bool:
    """Change all but its site; whether there is such a lot."""
    return tx.change(s.lots, [t.lot_id == lot.lot], _values(lot)) == 1


def lot(db: Reader, lot: LotId) -> Lot:
    """Raises `NotFound`."""
    found = db.ask(_NAMED, _lot, lot=lot)
    if not found:
        raise NotFound("lot")
    return found[0]


def lots(db: Reader, site: SiteId | None = None) -> list[Lot]:
    """Of one site, or of all, by name."""
    query = sa.select(*_LOT).where(db.mine(s.lots)).order_by(t.name, t.lot_id)
    return db.rows(query if site is None else query.where(t.site_id == site), _lot)


def add_lane(tx: Tx, gate: GateId, lot: LotId, role: GateRole, vehicle: str = "") -> None:
    """Raises `AlreadyThere` for a gate that has a role, `NoSuchThing`."""
    tx.add(s.lanes, {"gate_id": gate, "lot_id": lot, "role": role, "vehicle": vehicle or None})


def set_vehicle(tx: Tx, gate: GateId, vehicle: str) -> bool:
    """Which class of vehicle comes in there; empty: what the plate tells."""
    return tx.change(s.lanes, [n.gate_id == gate], {"vehicle": vehicle or None}) == 1


def vehicles_of(db: Reader, lot: LotId) -> dict[GateId, str]:
    """The lanes of the lot that are for one class of vehicle, each with it."""
    query = sa.select(n.gate_id, n.vehicle).where(db.mine(s.lanes), n.lot_id == lot, n.vehicle.is_not(None))
    return dict(db.rows(query, lambda gate, vehicle: (gate, vehicle)))


def remove_lane(tx: Tx, gate: GateId) -> bool:
    return tx.remove(s.lanes, [n.gate_id == gate]) == 1


def lanes_of(db: Reader, lot: LotId) -> list[tuple[GateId, GateRole]]:
    query = sa.select(n.gate_id, n.role).where(db.mine(s.lanes), n.lot_id == lot)
    return db.rows(query.order_by(n.role, n.gate_id), lambda gate, role: (gate, role))


def lane_of(db: Reader, gate: GateId) -> Lane | None:
    """None where the gate is no lane. In a write the lot is locked: one lot decides one car after the other."""
    query = _LANE_LOCKED if isinstance(db, Tx) else _LANE
    return next(iter(db.ask(query, _lane, gate=gate)), None)


def _lane(gate: GateId, role: GateRole, vehicle: str | None, *columns: Any) -> Lane:
    return Lane(gate, _lot(*columns), role, vehicle or "")


def roles(db: Reader, gates: Iterable[GateId]) -> dict[GateId, tuple[LotId, GateRole]]:
    """What each of the gates is to its lot; those that are no lanes are missing. Locks nothing."""
    query = sa.select(n.gate_id, n.lot_id, n.role).where(db.mine(s.lanes), n.gate_id.in_(sorted(set(gates))))
    return {gate: (lot, role) for gate, lot, role in db.sql.execute(query)}


def family(db: Reader, lot: LotId) -> tuple[frozenset[LotId], frozenset[LotId]]:
    """The lots around this one, and the lots within it."""
    parents: dict[LotId, LotId | None] = dict(db.ask(_PARENTS, lambda lot, parent: (lot, parent)))
    within = frozenset(other for other in parents if lot in _ancestors(parents, other))
    return _ancestors(parents, lot), within


def _ancestors(parents: Mapping[LotId, LotId | None], lot: LotId) -> frozenset[LotId]:
    found: set[LotId] = set()
    above = parents.get(lot)
    while above is not None and above not in found and above != lot:
        found.add(above)
        above = parents.get(above)
    return frozenset(found)


def taken(db: Reader, lot: LotId) -> dict[SpaceClass, int]:
    """How many stand in it, by class."""
    query = sa.select(k.space, k.taken).where(db.mine(s.lot_counters), k.lot_id == lot)
    return dict(db.rows(query, lambda space, taken: (space, taken)))


def take(tx: Tx, lot: LotId, space: SpaceClass, limit: int | None = None) -> bool:
    """One more. False where `limit` is reached: somebody at another gate took the last space."""
    where = [k.lot_id == lot, k.space == space]
    if limit is not None:
        where.append(k.taken < limit)
    return tx.change(s.lot_counters, where, {"taken": k.taken + 1}) == 1


def give_back(tx: Tx, lot: LotId, space: SpaceClass) -> bool:
    """One less, never below 0: then it was False, and the counter was corrected by hand before."""
    return tx.change(s.lot_counters, [k.lot_id == lot, k.space == space, k.taken > 0], {"taken": k.taken - 1}) == 1


def set_taken(tx: Tx, lot: LotId, space: SpaceClass, taken: int) -> bool:
    """What somebody counted on the ground."""
    return tx.change(s.lot_counters, [k.lot_id == lot, k.space == space], {"taken": max(taken, 0)}) == 1


def add_tariff(tx: Tx, row: TariffRow) -> None:
    """Raises `AlreadyThere` for a second version of one day: a tariff that was in force is never changed."""
    tx.add(s.tariffs, {"name": row.name, "since": row.since, "document": row.document, "added_at": row.added_at})


def tariff_on(db: Reader, name: str, day: date) -> TariffRow | None:
    """The version in force on that local day."""
    return next(iter(db.ask(_TARIFF_ON, TariffRow, name=name, day=day)), None)


def tariffs(db: Reader, name: str | None = None) -> list[TariffRow]:
    """All versions, the newest of each name first."""
    query = sa.select(f.name, f.since, f.document, f.added_at).where(db.mine(s.tariffs))
    if name is not None:
        query = query.where(f.name == name)
    return db.rows(query.order_by(f.name, f.since.desc()), TariffRow)


def _values(lot: Lot) -> dict[str, Any]:
    return {
        "name": lot.name,
        "capacity": {space.value: spaces for space, spaces in lot.capacity.items()},
        "tariff": lot.tariff,
        "doubt": lot.doubt,
        "parent_id": lot.parent,
        "zone_id": lot.zone,
        "visitors": lot.visitors,
        "min_certainty": lot.min_certainty,
        "echo_seconds": lot.echo.total_seconds(),
        "longest_days": lot.longest / timedelta(days=1),
        "area": lot.area or None,
    }


def _lot(*columns: Any) -> Lot:
    lot, site, name, capacity, tariff, doubt, parent, zone, visitors, certainty, echo, longest, area = columns
    return Lot(
        lot=lot,
        site=site,
        name=name,
        capacity={SpaceClass(space): spaces for space, spaces in capacity.items()},
        tariff=tariff,
        doubt=Doubt(doubt),
        parent=parent,
        zone=zone,
        visitors=visitors,
        min_certainty=certainty,
        echo=timedelta(seconds=echo),
        longest=timedelta(days=longest),
        area=area or "",
    )
