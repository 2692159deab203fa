"""The rows of what people ask about their own data, and of the organisation's rules about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.asking import AskKind, AskState
from sealgate.domain.ids import AskId, OperatorId, PersonId
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class AskRow:
    ask: AskId
    person: PersonId
    kind: AskKind
    state: AskState
    asked_at: datetime
    due_on: date
    detail: Sealed
    answered_at: datetime | None = None
    answered_by: OperatorId | None = None
    answer: Sealed | None = None


a = s.asks.c
_ASK = (
    *(a.ask_id, a.person_id, a.kind, a.state, a.asked_at, a.due_on, a.detail),
    *(a.answered_at, a.answered_by, a.answer),
)


def add_ask(tx: Tx, row: AskRow) -> None:
    values = {"ask_id": row.ask, "person_id": row.person, "kind": row.kind, "state": row.state, "asked_at": row.asked_at}
    tx.add(s.asks, {**values, "due_on": row.due_on, "detail": row.detail})


def ask(db: Reader, ask: AskId) -> AskRow:
    """Raises `NotFound`."""
    return db.the("ask", sa.select(*_ASK).where(db.mine(s.asks), a.ask_id == ask), AskRow)


def asks_of(db: Reader, person: PersonId) -> list[AskRow]:
    """Newest first."""
    query = sa.select(*_ASK).where(db.mine(s.asks), a.person_id == person)
    return db.rows(query.order_by(a.asked_at.desc(), a.ask_id.desc()), AskRow)


def asks(db: Reader, *, open_only: bool, kinds: frozenset[AskKind], limit: int) -> list[AskRow]:
    """Open ones by their day, what is due first; all the newest first."""
    query = sa.select(*_ASK).where(db.mine(s.asks), a.kind.in_(sorted(kinds))).limit(limit)
    if open_only:
        return db.rows(query.where(a.state == AskState.OPEN).order_by(a.due_on, a.ask_id), AskRow)
    return db.rows(query.where(a.state != AskState.OPEN).order_by(a.answered_at.desc(), a.ask_id), AskRow)


def count_open(db: Reader) -> int:
    query = sa.select(sa.func.count()).select_from(s.asks).where(db.mine(s.asks), a.state == AskState.OPEN)
    return int(db.sql.execute(query).scalar_one())


def settle(tx: Tx, ask: AskId, state: AskState, at: datetime, by: OperatorId | None, answer: Sealed | None) -> bool:
    """False where it is open no more: another officer, or the person, was first."""
    values = {"state": state, "answered_at": at, "answered_by": by, "answer": answer}
    return tx.change(s.asks, [a.ask_id == ask, a.state == AskState.OPEN], values) == 1


def rules(db: Reader) -> dict[str, Any]:
    """What the organisation chose; empty where it never did."""
    query = sa.select(s.privacy_rules.c.rules).where(db.mine(s.privacy_rules))
    found: dict[str, Any] | None = db.sql.execute(query).scalar_one_or_none()
    return found or {}


def set_rules(tx: Tx, chosen: dict[str, Any], at: datetime) -> None:
    tx.put(s.privacy_rules, [{"rules": chosen, "changed_at": at}])
