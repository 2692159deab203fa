"""What people wrote about a day. A record is never changed but in its state, and that once: by a conditional update."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.attendance_records import RecordKind, RecordState
from sealgate.domain.ids import HourRecordId, OperatorId, PersonId
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class RecordRow:
    """`detail` is sealed under the person's key: the change, why, and the answer."""

    record: HourRecordId
    person: PersonId
    day: date
    kind: RecordKind
    state: RecordState
    detail: Sealed
    made_at: datetime
    made_by: OperatorId | None
    settled_at: datetime | None = None
    settled_by: OperatorId | None = None


c = s.hour_records.c
_ROW = (
    c.record_id, c.person_id, c.day, c.kind, c.state, c.detail, c.made_at, c.made_by, c.settled_at, c.settled_by,
)  # fmt: skip


def add(tx: Tx, row: RecordRow) -> None:
    values = {
        "record_id": row.record,
        "person_id": row.person,
        "day": row.day,
        "kind": row.kind,
        "state": row.state,
        "detail": row.detail,
        "made_at": row.made_at,
        "made_by": row.made_by,
        "settled_at": row.settled_at,
        "settled_by": row.settled_by,
    }
    tx.add(s.hour_records, values)


def record(db: Reader, record: HourRecordId) -> RecordRow:
    """Raises `NotFound`."""
    return db.the("hour record", _query(db).where(c.record_id == record), RecordRow)


def settle(tx: Tx, record: HourRecordId, state: RecordState, detail: Sealed, at: datetime, by: OperatorId | None) -> bool:
    """Whether it still waited: somebody else may have settled it, or the person withdrawn it."""
    values = {"state": state, "detail": detail, "settled_at": at, "settled_by": by}
    return tx.change(s.hour_records, [c.record_id == record, c.state == RecordState.ASKED], values) == 1


def of_people(
    db: Reader, people: Sequence[PersonId], first: date, last: date, state: RecordState | None = None
) -> list[RecordRow]:
    """About days from `first` to `last`, in the order they were made."""
    query = _query(db).where(c.person_id.in_(people), c.day >= first, c.day <= last)
    query = query if state is None else query.where(c.state == state)
    return db.rows(query.order_by(c.record_id), RecordRow)


def waiting(db: Reader, limit: int = 200) -> list[RecordRow]:
    """Asked for and not settled, oldest first."""
    return db.rows(_query(db).where(c.state == RecordState.ASKED).order_by(c.record_id).limit(limit), RecordRow)


def _query(db: Reader) -> sa.Select[Any]:
    return sa.select(*_ROW).where(db.mine(s.hour_records))
