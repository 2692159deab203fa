"""Derived months: one sealed value for each person and month, replaced whole and only where it changed.

A month that was derived from facts that are old by now must not overwrite a newer one, so each has a revision, and the
update asks for the one that was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from sealgate.domain.ids import PersonId
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class MonthRow:
    """`month` is its first day; `revision` counts from 1."""

    month: date
    person: PersonId
    revision: int
    derived_at: datetime
    days: Sealed


w = s.work_months.c
_ROW = (w.month, w.person_id, w.revision, w.derived_at, w.days)


def months(db: Reader, people: Sequence[PersonId], first: date, last: date) -> list[MonthRow]:
    """Of the months that begin from `first` to `last`, by month and person."""
    query = sa.select(*_ROW).where(db.mine(s.work_months), w.month >= first, w.month <= last, w.person_id.in_(people))
    return db.rows(query.order_by(w.month, w.person_id), MonthRow)


def people_with(db: Reader, month: date, *, after: PersonId | None = None, limit: int = 500) -> list[PersonId]:
    """Whose days of that month are derived, a page at a time."""
    query = sa.select(w.person_id).where(db.mine(s.work_months), w.month == month)
    query = query if after is None else query.where(w.person_id > after)
    return db.rows(query.order_by(w.person_id).limit(limit), PersonId)


def add(tx: Tx, rows: Sequence[MonthRow]) -> set[PersonId]:
    """Those people whose month was not there yet; of the others somebody else was first, and theirs stands."""
    if not rows:
        return set()
    values = [
        {"month": r.month, "person_id": r.person, "revision": 1, "derived_at": r.derived_at, "days": r.days} for r in rows
    ]
    return {person for (person,) in tx.add_unless_there(s.work_months, values, (w.person_id,))}


def replace(tx: Tx, row: MonthRow) -> bool:
    """Whether `row.revision` was still the newest: a correction may have been derived since it was read."""
    values = {"revision": row.revision + 1, "derived_at": row.derived_at, "days": row.days}
    where = [w.month == row.month, w.person_id == row.person, w.revision == row.revision]
    return tx.change(s.work_months, where, values) == 1
