"""Shifts with their versions, rule sets, calendars: what a derivation reads whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.attendance_shifts import Shift, read_shift, shift_document
from sealgate.domain.ids import ShiftId
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx

h, r, k = s.shifts.c, s.hour_rules.c, s.calendars.c


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A version, and the day from which the shift is no more, where it was removed."""

    shift: Shift
    removed_on: date | None


@dataclass(frozen=True, slots=True)
class Document:
    """A rule set (its versions) or a calendar (its CSV), by name."""

    name: str
    document: Any
    changed_at: datetime


def put_shift(tx: Tx, shift: Shift) -> None:
    """A new shift, or a version of one; a version of the same day is replaced."""
    values = {"name": shift.name, "document": shift_document(shift)}
    if tx.change(s.shifts, [h.shift_id == shift.shift, h.since == shift.since], values) == 0:
        tx.add(s.shifts, {"shift_id": shift.shift, "since": shift.since, "removed_on": None, **values})


def remove_shift(tx: Tx, shift: ShiftId, day: date) -> bool:
    """From that day on it is no more; whether it was there. What was derived before stands."""
    return tx.change(s.shifts, [h.shift_id == shift, h.removed_on.is_(None)], {"removed_on": day}) > 0


def shifts(db: Reader) -> list[ShiftRow]:
    """All versions, removed ones too, by name."""
    query = sa.select(h.shift_id, h.since, h.name, h.document, h.removed_on).where(db.mine(s.shifts))
    return db.rows(query.order_by(h.name, h.shift_id, h.since), _shift)


def put_rules(tx: Tx, name: str, document: list[dict[str, Any]], at: datetime) -> None:
    _put(tx, s.hour_rules, name, document, at)


def rule_sets(db: Reader) -> list[Document]:
    return db.rows(sa.select(r.name, r.document, r.changed_at).where(db.mine(s.hour_rules)).order_by(r.name), Document)


def put_calendar(tx: Tx, name: str, document: str, at: datetime) -> None:
    _put(tx, s.calendars, name, document, at)


def calendars(db: Reader) -> list[Document]:
    return db.rows(sa.select(k.name, k.document, k.changed_at).where(db.mine(s.calendars)).order_by(k.name), Document)


def _put(tx: Tx, table: sa.Table, name: str, document: Any, at: datetime) -> None:
    values = {"document": document, "changed_at": at}
    if tx.change(table, [table.c.name == name], values) == 0:
        tx.add(table, {"name": name, **values})


def _shift(shift: Any, since: date, name: str, document: Any, removed_on: date | None) -> ShiftRow:
    return ShiftRow(read_shift(ShiftId(shift), since, name, document), removed_on)
