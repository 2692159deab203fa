"""The rows of reports of a leak, and the letter that each is worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sealgate.domain.ids import LeakId, TenantId
from sealgate.domain.leaks import CLOSED, LeakState
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Store, Tx
from sealgate.store.outbox import WORKER


@dataclass(frozen=True, slots=True)
class LeakRow:
    report: LeakId
    state: LeakState
    said: Sealed
    answer: Sealed | None
    came_at: datetime
    changed_at: datetime
    closed_at: datetime | None = None
    tries: int = 0


r = s.leak_reports.c
_LEAK = (r.report_id, r.state, r.said, r.answer, r.came_at, r.changed_at, r.closed_at, r.tries)


def add_report(tx: Tx, row: LeakRow, secret_hash: bytes) -> None:
    values = {"report_id": row.report, "secret_hash": secret_hash, "state": row.state, "said": row.said}
    values |= {"came_at": row.came_at, "changed_at": row.changed_at, "due_at": row.came_at, "tries": 0}
    tx.add(s.leak_reports, values)


def report(db: Reader, report: LeakId) -> LeakRow:
    """Raises `NotFound`."""
    return db.the("report", sa.select(*_LEAK).where(db.mine(s.leak_reports), r.report_id == report), LeakRow)


def report_by_hash(db: Reader, secret_hash: bytes) -> LeakRow:
    """Raises `NotFound`."""
    return db.the("report", sa.select(*_LEAK).where(db.mine(s.leak_reports), r.secret_hash == secret_hash), LeakRow)


def reports(db: Reader, limit: int = 500) -> list[LeakRow]:
    """The open ones first, each part the newest first."""
    query = sa.select(*_LEAK).where(db.mine(s.leak_reports))
    return db.rows(query.order_by(r.closed_at.is_not(None), r.came_at.desc()).limit(limit), LeakRow)


def count_open(db: Reader) -> int:
    query = sa.select(sa.func.count()).where(db.mine(s.leak_reports), r.closed_at.is_(None))
    return int(db.sql.execute(query).scalar_one())


def settle(tx: Tx, report: LeakId, state: LeakState, answer: Sealed | None, at: datetime) -> bool:
    """False where there is none."""
    values = {"state": state, "answer": answer, "changed_at": at, "closed_at": at if state in CLOSED else None}
    return tx.change(s.leak_reports, [r.report_id == report], values) == 1


def untold(db: Reader, now: datetime, most: int, limit: int = 20) -> list[LeakRow]:
    """Of which nobody was written to yet, and nobody is just writing."""
    waiting = [r.told_at.is_(None), r.due_at <= now, r.tries < most, _free(now)]
    return db.rows(sa.select(*_LEAK).where(db.mine(s.leak_reports), *waiting).order_by(r.came_at).limit(limit), LeakRow)


def claim(store: Store, tenant: TenantId, report: LeakId, now: datetime, until: datetime) -> bool:
    """Whether it is this worker's to tell of until then; another may have been first."""
    with store.begin(tenant, WORKER) as tx, tx.upkeep():
        mine = [r.report_id == report, r.told_at.is_(None), _free(now)]
        return tx.change(s.leak_reports, mine, {"claimed_until": until, "tries": r.tries + 1}) == 1


def told(store: Store, tenant: TenantId, report: LeakId, at: datetime | None, again: datetime) -> None:
    """Somebody was written to at that instant; or, with None, it is tried `again`."""
    with store.begin(tenant, WORKER) as tx, tx.upkeep():
        tx.change(s.leak_reports, [r.report_id == report], {"told_at": at, "due_at": again, "claimed_until": None})


def remove_closed(tx: Tx, before: datetime) -> int:
    return tx.remove(s.leak_reports, [r.closed_at < before])


def _free(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(r.claimed_until.is_(None), r.claimed_until <= now)
