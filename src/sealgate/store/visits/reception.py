"""Calls for reception that are open: at most one for a gate, and none once somebody comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sealgate.domain.ids import GateId, SiteId
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx

c, g = s.reception_calls.c, s.gates.c


@dataclass(frozen=True, slots=True)
class ReceptionRow:
    gate: GateId
    gate_name: str
    pressed_at: datetime


def call_reception(tx: Tx, gate: GateId, site: SiteId, at: datetime, stale: datetime) -> bool:
    """Whether it is a new call: one that was pressed after `stale` and is open still stands as it is."""
    if tx.add_unless_there(s.reception_calls, [{"gate_id": gate, "site_id": site, "pressed_at": at}], (c.gate_id,)):
        return True
    return tx.change(s.reception_calls, [c.gate_id == gate, c.pressed_at <= stale], {"pressed_at": at}) == 1


def answer_reception(tx: Tx, site: SiteId, gate: GateId) -> bool:
    """False where somebody was first."""
    return tx.remove(s.reception_calls, [c.site_id == site, c.gate_id == gate]) == 1


def reception_calls(
    db: Reader, since: datetime, *, site: SiteId | None = None, gate: GateId | None = None
) -> list[ReceptionRow]:
    """Those pressed after `since`, the longest first."""
    query = sa.select(c.gate_id, g.name, c.pressed_at).where(db.mine(s.reception_calls), c.pressed_at > since)
    query = query.join(s.gates, sa.and_(g.tenant_id == c.tenant_id, g.gate_id == c.gate_id))
    if site is not None:
        query = query.where(c.site_id == site)
    if gate is not None:
        query = query.where(c.gate_id == gate)
    return db.rows(query.order_by(c.pressed_at, c.gate_id), ReceptionRow)
