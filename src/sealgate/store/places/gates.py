"""Gates, and the policy by which one decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from sealgate.domain.access import GatePolicy, Passback
from sealgate.domain.calendar import zone as time_zone
from sealgate.domain.cameras import CameraLook, looks_text, parse_looks
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import GateId, SiteId, ZoneId
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx
from sealgate.store.places.sites import holidays

_COLUMNS = {"gate": "gate_id", "site": "site_id"}
"""Where a field's column has another name."""


@dataclass(frozen=True, slots=True)
class GateRow:
    """As `domain.access.GatePolicy` reads it. With `min_similarity` at 1.0 no face opens: a reader's own number comes first.

    `source` is the camera's address with its credentials, sealed; `looks` what each camera looks at, the first one first;
    `kiosk_hash` the SHA-256 of the kiosk page's secret.
    """

    gate: GateId
    site: SiteId
    name: str
    kind: GateKind
    from_zone: ZoneId
    to_zone: ZoneId
    means: frozenset[Means]
    min_similarity: float = 1.0
    min_lead: float = 0.05
    min_liveness: float | None = None
    min_plate_score: float = 0.8
    passback: Passback = Passback.OFF
    blocked: bool = False
    open_seconds: float = 5.0
    source: Sealed | None = None
    looks: tuple[CameraLook, ...] = ()
    kiosk_hash: bytes | None = None


_FIELDS = tuple(GateRow.__dataclass_fields__)
_GATE = tuple(s.gates.c[_COLUMNS.get(name, name)] for name in _FIELDS)
g = s.gates.c


def add_gate(tx: Tx, row: GateRow) -> None:
    tx.add(s.gates, _values({name: getattr(row, name) for name in _FIELDS}))


def update_gate(tx: Tx, gate: GateId, **values: Any) -> bool:
    """Change the named fields of `GateRow`; whether there is such a gate."""
    return tx.change(s.gates, [g.gate_id == gate], _values(values)) == 1


def gate(db: Reader, gate: GateId) -> GateRow:
    """Raises `NotFound`."""
    return db.the("gate", sa.select(*_GATE).where(db.mine(s.gates), g.gate_id == gate), _gate)


def gates(db: Reader, site: SiteId | None = None) -> list[GateRow]:
    """Of one site, or of all."""
    query = sa.select(*_GATE).where(db.mine(s.gates)).order_by(g.name, g.gate_id)
    return db.rows(query if site is None else query.where(g.site_id == site), _gate)


def gate_by_kiosk(db: Reader, kiosk_hash: bytes) -> GateRow | None:
    return db.row(sa.select(*_GATE).where(db.mine(s.gates), g.kiosk_hash == kiosk_hash), _gate)


def policy_of(db: Reader, gate: GateId) -> GatePolicy:
    """The rules of one gate and its site: one query, and one for the holidays. Raises `NotFound`."""
    found = db.sql.execute(_policy_query(db, gate)).first()
    if found is None:
        raise NotFound("gate")
    *columns, tz, lockdown, outside = found
    row = _gate(*columns)
    return GatePolicy(
        gate=row.gate,
        site=row.site,
        tz=time_zone(tz),
        to_zone=row.to_zone,
        means=row.means,
        min_similarity=row.min_similarity,
        min_lead=row.min_lead,
        min_liveness=row.min_liveness,
        min_plate_score=row.min_plate_score,
        passback=row.passback,
        lockdown=lockdown,
        blocked=row.blocked,
        open_for=timedelta(seconds=row.open_seconds),
        holidays=frozenset(holiday.day for holiday in holidays(db, row.site)),
        leaving=outside,
    )


def _policy_query(db: Reader, gate: GateId) -> sa.Select[Any]:
    site, zone = s.sites.c, s.zones.c
    return (
        sa.select(*_GATE, site.time_zone, site.lockdown, zone.outside)
        .join(s.sites, sa.and_(site.tenant_id == g.tenant_id, site.site_id == g.site_id))
        .join(s.zones, sa.and_(zone.tenant_id == g.tenant_id, zone.zone_id == g.to_zone))
        .where(db.mine(s.gates), g.gate_id == gate)
    )


def _values(fields: dict[str, Any]) -> dict[str, Any]:
    """A row's fields as its columns."""
    values = {_COLUMNS.get(name, name): value for name, value in fields.items()}
    if "looks" in values:
        values["looks"] = looks_text(values["looks"]) or None
    return {**values, "means": sorted(values["means"])} if "means" in values else values


def _gate(*columns: Any) -> GateRow:
    fields = dict(zip(_FIELDS, columns, strict=True))
    means = frozenset(Means(word) for word in fields["means"])
    return GateRow(**{**fields, "means": means, "looks": parse_looks(fields["looks"])})
