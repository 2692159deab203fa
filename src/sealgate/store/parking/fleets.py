"""Fleets' accounts. An entry stands on no statement until one takes it, and never on two: the statement's UPDATE says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from sealgate.domain.fleets import Account, EntryKind
from sealgate.domain.ids import LotId, OperatorId, PermitId, StayId
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx

p, m, e = s.permits.c, s.statements.c, s.account_entries.c


@dataclass(frozen=True, slots=True)
class EntryRow:
    """`minor` is below zero for what was taken back. `name` is the payment's, or the refund's. `statement` None: not yet."""

    name: UUID
    permit: PermitId
    kind: EntryKind
    minor: int
    currency: str
    at: datetime
    stay: StayId
    lot: LotId
    entered: datetime
    left: datetime | None = None
    statement: UUID | None = None


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One month of one account. `total` in minor units, below zero where more was taken back than charged."""

    statement: UUID
    permit: PermitId
    month: str
    made_at: datetime
    due_on: date
    total: int
    currency: str
    entries: int
    paid_at: datetime | None = None
    paid_by: OperatorId | None = None


_ENTRY = (
    e.entry_id, e.permit_id, e.kind, e.minor, e.currency, e.at, e.stay_id, e.lot_id, e.entered_at, e.left_at, e.statement_id,
)  # fmt: skip
_STATEMENT = (
    m.statement_id, m.permit_id, m.month, m.made_at, m.due_on, m.total_minor, m.currency, m.entries, m.paid_at, m.paid_by,
)  # fmt: skip


def set_account(tx: Tx, permit: PermitId, account: Account) -> bool:
    """Open it, or change its terms. False where the permit has ended."""
    values = {
        "account_currency": account.currency,
        "account_limit": account.limit,
        "suspended_at": account.suspended,
    }
    return tx.change(s.permits, [p.permit_id == permit, p.ended_at.is_(None)], values) == 1


def owed(db: Reader, permit: PermitId) -> int:
    """What stands on no statement yet and on those that are not paid. In a write the permit is locked: two of its cars may
    leave at once."""
    if isinstance(db, Tx):
        db.sql.execute(sa.select(p.permit_id).where(db.mine(s.permits), p.permit_id == permit).with_for_update())
    loose = sa.select(sa.func.coalesce(sa.func.sum(e.minor), 0)).where(
        db.mine(s.account_entries), e.permit_id == permit, e.statement_id.is_(None)
    )
    stated = sa.select(sa.func.coalesce(sa.func.sum(m.total_minor), 0)).where(
        db.mine(s.statements), m.permit_id == permit, m.paid_at.is_(None)
    )
    return int(db.sql.execute(loose).scalar_one()) + int(db.sql.execute(stated).scalar_one())


def add_entry(tx: Tx, row: EntryRow) -> None:
    values = {
        "entry_id": row.name,
        "permit_id": row.permit,
        "kind": row.kind,
        "minor": row.minor,
        "currency": row.currency,
        "at": row.at,
        "stay_id": row.stay,
        "lot_id": row.lot,
        "entered_at": row.entered,
        "left_at": row.left,
        "statement_id": row.statement,
    }
    tx.add(s.account_entries, values)


def entry(db: Reader, name: UUID) -> EntryRow | None:
    return db.row(sa.select(*_ENTRY).where(db.mine(s.account_entries), e.entry_id == name), EntryRow)


def loose_entries(db: Reader, permit: PermitId, before: datetime | None = None, limit: int = 500) -> list[EntryRow]:
    """Those that stand on no statement, oldest first."""
    query = sa.select(*_ENTRY).where(db.mine(s.account_entries), e.permit_id == permit, e.statement_id.is_(None))
    if before is not None:
        query = query.where(e.at < before)
    return db.rows(query.order_by(e.at, e.entry_id).limit(limit), EntryRow)


def has_loose(db: Reader, before: datetime) -> list[PermitId]:
    """The accounts with entries of before that instant that stand on no statement."""
    query = sa.select(e.permit_id).where(db.mine(s.account_entries), e.statement_id.is_(None), e.at < before).distinct()
    return db.rows(query.order_by(e.permit_id), lambda permit: permit)


def entries_of(db: Reader, statement: UUID, after: EntryRow | None = None, limit: int = 500) -> list[EntryRow]:
    """Oldest first; `after` is the last one of the page before."""
    query = sa.select(*_ENTRY).where(db.mine(s.account_entries), e.statement_id == statement)
    if after is not None:
        query = query.where(sa.or_(e.at > after.at, sa.and_(e.at == after.at, e.entry_id > after.name)))
    return db.rows(query.order_by(e.at, e.entry_id).limit(limit), EntryRow)


def seen_of_stays(db: Reader, stays: Sequence[StayId]) -> dict[StayId, Sealed]:
    """What was seen at their entries, sealed; of those that keep it still."""
    query = sa.select(s.stays.c.stay_id, s.stays.c.seen)
    query = query.where(db.mine(s.stays), s.stays.c.stay_id.in_(sorted(set(stays))), s.stays.c.seen.is_not(None))
    return dict(db.rows(query, lambda stay, seen: (stay, seen)))


def take_entries(tx: Tx, statement: StatementRow, before: datetime) -> StatementRow | None:
    """The statement, with all entries of its account of before that instant that stood on none. None where there are none,
    or this month has one. Who was first has them: the others find no entry left."""
    there = sa.select(m.statement_id).where(tx.mine(s.statements), m.permit_id == statement.permit, m.month == statement.month)
    if tx.sql.execute(there).first() is not None:
        return None
    still = [e.permit_id == statement.permit, e.statement_id.is_(None), e.at < before, e.currency == statement.currency]
    taken = tx.change(s.account_entries, still, {"statement_id": statement.statement})
    if not taken:
        return None
    summed = sa.select(sa.func.sum(e.minor)).where(tx.mine(s.account_entries), e.statement_id == statement.statement)
    total = int(tx.sql.execute(summed).scalar_one())
    values = {
        "statement_id": statement.statement,
        "permit_id": statement.permit,
        "month": statement.month,
        "made_at": statement.made_at,
        "due_on": statement.due_on,
        "total_minor": total,
        "currency": statement.currency,
        "entries": taken,
        "paid_at": None,
        "paid_by": None,
    }
    tx.add(s.statements, values)
    return StatementRow(
        statement.statement, statement.permit, statement.month, statement.made_at, statement.due_on, total,
        statement.currency, taken,
    )  # fmt: skip


def statement(db: Reader, statement: UUID) -> StatementRow | None:
    return db.row(sa.select(*_STATEMENT).where(db.mine(s.statements), m.statement_id == statement), StatementRow)


def statements_of(db: Reader, permit: PermitId, limit: int = 120) -> list[StatementRow]:
    """Newest month first."""
    query = sa.select(*_STATEMENT).where(db.mine(s.statements), m.permit_id == permit)
    return db.rows(query.order_by(m.month.desc()).limit(limit), StatementRow)


def pay_statement(tx: Tx, statement: UUID, at: datetime, by: OperatorId) -> bool:
    """False where somebody noted its money before."""
    return tx.change(s.statements, [m.statement_id == statement, m.paid_at.is_(None)], {"paid_at": at, "paid_by": by}) == 1
