"""Letters that backups are late: written down once a day for each operator, claimed, sent. Every race ends in a row count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from sealgate.domain.ids import OperatorId
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx

b = s.backup_letters.c


@dataclass(frozen=True, slots=True)
class BackupLetterRow:
    operator: OperatorId
    day: date
    tries: int


def told_since(db: Reader, since: datetime) -> set[OperatorId]:
    """Whom a letter was written to after that."""
    query = sa.select(b.operator_id).where(db.mine(s.backup_letters), b.day >= since.date()).distinct()
    return {OperatorId(one) for one in db.sql.execute(query).scalars()}


def add(tx: Tx, operators: Sequence[OperatorId], day: date, due: datetime) -> int:
    """How many were not told on that day yet."""
    row = {"day": day, "due_at": due, "tries": 0, "sent_at": None, "failed": None}
    rows = [{"operator_id": operator, **row} for operator in operators]
    return len(tx.add_unless_there(s.backup_letters, rows, (b.operator_id,)))


def due(db: Reader, now: datetime, limit: int = 50) -> list[BackupLetterRow]:
    query = sa.select(b.operator_id, b.day, b.tries).where(db.mine(s.backup_letters), *_waiting(now))
    return db.rows(query.order_by(b.due_at, b.operator_id).limit(limit), BackupLetterRow)


def claim(tx: Tx, row: BackupLetterRow, now: datetime, until: datetime) -> bool:
    """Whether it is ours to send until then; another worker may have been first."""
    with tx.upkeep():
        return tx.change(s.backup_letters, [*_that(row), *_waiting(now)], {"due_at": until, "tries": b.tries + 1}) == 1


def settle(tx: Tx, row: BackupLetterRow, at: datetime, failed: str) -> None:
    """It went, or it never will: `failed` is why."""
    with tx.upkeep():
        tx.change(s.backup_letters, _that(row), {"failed": failed} if failed else {"sent_at": at})


def _that(row: BackupLetterRow) -> list[sa.ColumnElement[bool]]:
    return [b.operator_id == row.operator, b.day == row.day]


def _waiting(now: datetime) -> list[sa.ColumnElement[bool]]:
    return [b.sent_at.is_(None), b.failed.is_(None), b.due_at <= now]
