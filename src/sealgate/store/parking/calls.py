"""Calls for the desk. Claimed by a conditional update, so that two attendants never handle one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sealgate.domain.ids import CallId, GateId, LotId, OperatorId, PassageId, StayId
from sealgate.domain.stays_calls import CallReason, CallState
from sealgate.domain.stays_passing import Undecided
from sealgate.ports import Sealed, Token
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class CallRow:
    """`detail` is sealed: plate, picture, candidates. `token` is that of an undecided exit's plate, until the call is done."""

    call: CallId
    lot: LotId
    reason: CallReason
    at: datetime
    gate: GateId | None = None
    state: CallState = CallState.WAITING
    stay: StayId | None = None
    passage: PassageId | None = None
    token: Token | None = None
    detail: Sealed | None = None
    claimed_by: OperatorId | None = None
    claimed_at: datetime | None = None
    done_at: datetime | None = None
    outcome: str | None = None


c = s.calls.c
_CALL = (
    c.call_id, c.lot_id, c.reason, c.at, c.gate_id, c.state, c.stay_id, c.passage_id, c.token, c.detail,
    c.claimed_by, c.claimed_at, c.done_at, c.outcome,
)  # fmt: skip
_OPEN = sa.text("state <> 'done'")


def add_call(tx: Tx, row: CallRow) -> None:
    values = {
        "call_id": row.call,
        "lot_id": row.lot,
        "reason": row.reason,
        "at": row.at,
        "gate_id": row.gate,
        "state": row.state,
        "stay_id": row.stay,
        "passage_id": row.passage,
        "token": row.token,
        "detail": row.detail,
        "claimed_by": row.claimed_by,
        "claimed_at": row.claimed_at,
        "done_at": row.done_at,
        "outcome": row.outcome,
    }
    tx.add(s.calls, values)


def call(db: Reader, call: CallId) -> CallRow | None:
    return db.row(sa.select(*_CALL).where(db.mine(s.calls), c.call_id == call), CallRow)


def open_calls(db: Reader, lot: LotId | None = None, limit: int = 200) -> list[CallRow]:
    """Waiting and claimed ones, oldest first."""
    query = sa.select(*_CALL).where(db.mine(s.calls), _OPEN)
    if lot is not None:
        query = query.where(c.lot_id == lot)
    return db.rows(query.order_by(c.at, c.call_id).limit(limit), CallRow)


def queued(db: Reader, lots: Iterable[LotId], gone: Iterable[CallReason], limit: int = 200) -> list[CallRow]:
    """Open ones of these lots, those of cars that stand in a lane first, of either the oldest: where more are open than are
    shown, no car at a barrier waits behind cases whose car is `gone`."""
    later = sa.case((sa.or_(c.gate_id.is_(None), c.reason.in_(sorted(gone))), 1), else_=0)
    query = sa.select(*_CALL).where(db.mine(s.calls), _OPEN, c.lot_id.in_(list(lots)))
    return db.rows(query.order_by(later, c.at, c.call_id).limit(limit), CallRow)


def count_waiting(db: Reader, lots: Iterable[LotId]) -> int:
    """Open ones of these lots that nobody has."""
    query = sa.select(sa.func.count()).where(db.mine(s.calls), _OPEN, c.state == CallState.WAITING)
    return int(db.sql.execute(query.where(c.lot_id.in_(list(lots)))).scalar_one())


def calls_of_stay(db: Reader, stay: StayId) -> list[CallRow]:
    query = sa.select(*_CALL).where(db.mine(s.calls), c.stay_id == stay, c.stay_id.is_not(None))
    return db.rows(query.order_by(c.at, c.call_id), CallRow)


def calls_of_plate(db: Reader, token: Token) -> list[CallRow]:
    """Open ones of this very plate, oldest first."""
    query = sa.select(*_CALL).where(db.mine(s.calls), c.token == token, _OPEN)
    return db.rows(query.order_by(c.at, c.call_id), CallRow)


def undecided_exits(db: Reader, lot: LotId, token: Token, since: datetime) -> list[Undecided]:
    """Exits of this very plate from this lot, after `since`, that nobody has decided yet."""
    return [
        Undecided(row.call, row.at, alone=row.reason is CallReason.NO_ENTRY)
        for row in calls_of_plate(db, token)
        if row.lot == lot and row.stay is None and row.at > since and row.state is not CallState.DONE
    ]


def claim_call(tx: Tx, call: CallId, operator: OperatorId, at: datetime) -> bool:
    """False if another attendant was first, or the call was settled by itself."""
    values = {"state": CallState.CLAIMED, "claimed_by": operator, "claimed_at": at}
    return tx.change(s.calls, [c.call_id == call, c.state == CallState.WAITING], values) == 1


def release_call(tx: Tx, call: CallId, operator: OperatorId) -> bool:
    """Put it back into the queue. False if it is not this operator's."""
    mine = [c.call_id == call, c.state == CallState.CLAIMED, c.claimed_by == operator]
    return tx.change(s.calls, mine, {"state": CallState.WAITING, "claimed_by": None, "claimed_at": None}) == 1


def take_over_call(tx: Tx, call: CallId, before: CallRow, operator: OperatorId, at: datetime) -> bool:
    """From the attendant of `before`, who has left it alone. False if they, or a third one, did something since."""
    held = [
        c.call_id == call,
        c.state == CallState.CLAIMED,
        c.claimed_by == before.claimed_by,
        c.claimed_at == before.claimed_at,
    ]
    return tx.change(s.calls, held, {"claimed_by": operator, "claimed_at": at}) == 1


def note_call(tx: Tx, call: CallId, operator: OperatorId, *, stay: StayId | None, detail: Sealed) -> bool:
    """What was found out while it is handled. False if it is not this operator's any more."""
    mine = [c.call_id == call, c.state == CallState.CLAIMED, c.claimed_by == operator]
    return tx.change(s.calls, mine, {"stay_id": stay, "detail": detail}) == 1


def calls_since(db: Reader, since: datetime, limit: int = 500) -> list[CallRow]:
    """All that came in from `since` on, newest first."""
    query = sa.select(*_CALL).where(db.mine(s.calls), c.at >= since)
    return db.rows(query.order_by(c.at.desc(), c.call_id).limit(limit), CallRow)


def open_calls_at(db: Reader, gate: GateId) -> list[CallRow]:
    """Waiting and claimed ones of this gate, newest first."""
    query = sa.select(*_CALL).where(db.mine(s.calls), c.gate_id == gate, _OPEN)
    return db.rows(query.order_by(c.at.desc(), c.call_id), CallRow)


def called_gates(db: Reader, reasons: Iterable[CallReason]) -> set[GateId]:
    """Gates of which a call is open for one of these reasons."""
    query = sa.select(c.gate_id).where(db.mine(s.calls), _OPEN, c.gate_id.is_not(None), c.reason.in_(list(reasons)))
    return set(db.sql.execute(query.distinct()).scalars())


def finish_call(tx: Tx, call: CallId, outcome: str, at: datetime, operator: OperatorId | None = None) -> bool:
    """Done, by the operator who claimed it, or (None) by itself, whoever holds it. False if it was done, or is another's.

    The plate's token is forgotten with it. `outcome` is a word of ours.
    """
    where = [c.call_id == call, c.state != CallState.DONE]
    if operator is not None:
        where.append(c.claimed_by == operator)
    values = {"state": CallState.DONE, "done_at": at, "outcome": outcome, "token": None}
    return tx.change(s.calls, where, values) == 1
