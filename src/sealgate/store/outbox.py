"""Facts that wait to be told. They are written by `Tx.publish`; the worker reads them here and marks them told.

Two workers may both tell one: whoever listens must not mind hearing twice. Nobody misses one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.ids import TenantId
from sealgate.store import schema as s
from sealgate.store.engine import Actor, Reader, Store


@dataclass(frozen=True, slots=True)
class OutboxFact:
    fact: int
    topic: str
    payload: dict[str, Any]
    at: datetime


c = s.outbox.c
WORKER = Actor("system", "worker")


def waiting(db: Reader, limit: int = 100) -> list[OutboxFact]:
    """What has not been told yet, oldest first."""
    query = sa.select(c.id, c.topic, c.payload, c.at).where(db.mine(s.outbox), c.published_at.is_(None))
    return db.rows(query.order_by(c.id).limit(limit), OutboxFact)


def count_waiting(db: Reader) -> int:
    query = sa.select(sa.func.count()).where(db.mine(s.outbox), c.published_at.is_(None))
    return int(db.sql.execute(query).scalar_one())


def mark_published(store: Store, tenant: TenantId, facts: Sequence[int], at: datetime) -> int:
    """How many of them were still waiting. A transaction of its own, and no journal entry: it says nothing about anybody."""
    with store.begin(tenant, WORKER) as tx, tx.upkeep():
        return tx.change(s.outbox, [c.id.in_(facts), c.published_at.is_(None)], {"published_at": at})


def forget_published(store: Store, tenant: TenantId, before: datetime) -> int:
    """Remove what was told before that instant; how many."""
    with store.begin(tenant, WORKER) as tx, tx.upkeep():
        return tx.remove(s.outbox, [c.published_at < before])
