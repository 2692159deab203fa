"""Leave: kinds, requests, minutes given by hand, and how long somebody has worked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.attendance_leave import LeaveKind, LeaveState, kind_document, read_kind
from sealgate.domain.ids import LeaveId, OperatorId, PersonId
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class LeaveRow:
    """From `first` to `last`, both included. `detail` is sealed under the person's key: kind, part, why, answer."""

    leave: LeaveId
    person: PersonId
    first: date
    last: date
    state: LeaveState
    detail: Sealed
    asked_at: datetime
    asked_by: OperatorId | None
    settled_at: datetime | None = None
    settled_by: OperatorId | None = None


@dataclass(frozen=True, slots=True)
class GrantRow:
    grant: Any
    person: PersonId
    day: date
    detail: Sealed
    given_at: datetime
    given_by: OperatorId | None


k, c, g, v = s.leave_kinds.c, s.leaves.c, s.leave_grants.c, s.services.c
_LEAVE = (
    c.leave_id, c.person_id, c.first, c.last, c.state, c.detail, c.asked_at, c.asked_by, c.settled_at, c.settled_by,
)  # fmt: skip
LIVE = (LeaveState.ASKED, LeaveState.APPROVED)


def put_kind(tx: Tx, kind: LeaveKind) -> None:
    values = {"document": kind_document(kind)}
    if tx.change(s.leave_kinds, [k.kind == kind.kind], values) == 0:
        tx.add(s.leave_kinds, {"kind": kind.kind, **values})


def kinds(db: Reader) -> list[LeaveKind]:
    """Those that were put; by their word."""
    return db.rows(sa.select(k.kind, k.document).where(db.mine(s.leave_kinds)).order_by(k.kind), read_kind)


def add(tx: Tx, row: LeaveRow) -> None:
    values = {
        "leave_id": row.leave,
        "person_id": row.person,
        "first": row.first,
        "last": row.last,
        "state": row.state,
        "detail": row.detail,
        "asked_at": row.asked_at,
        "asked_by": row.asked_by,
        "settled_at": row.settled_at,
        "settled_by": row.settled_by,
    }
    tx.add(s.leaves, values)


def leave(db: Reader, leave: LeaveId) -> LeaveRow:
    """Raises `NotFound`."""
    return db.the("leave", _leaves(db).where(c.leave_id == leave), LeaveRow)


def settle(
    tx: Tx,
    leave: LeaveId,
    before: Sequence[LeaveState],
    state: LeaveState,
    detail: Sealed,
    at: datetime,
    by: OperatorId | None,
) -> bool:
    """Whether it was in one of the states `before`: somebody else may have been first."""
    values = {"state": state, "detail": detail, "settled_at": at, "settled_by": by}
    return tx.change(s.leaves, [c.leave_id == leave, c.state.in_(before)], values) == 1


def of_people(
    db: Reader,
    first: date,
    last: date,
    people: Sequence[PersonId] | None = None,
    states: Sequence[LeaveState] = LIVE,
    limit: int = 20_000,
) -> list[LeaveRow]:
    """That touches a day from `first` to `last`, in the order it was asked for."""
    query = _leaves(db).where(c.last >= first, c.first <= last, c.state.in_(states))
    query = query if people is None else query.where(c.person_id.in_(people))
    return db.rows(query.order_by(c.leave_id).limit(limit), LeaveRow)


def waiting(db: Reader, limit: int = 200) -> list[LeaveRow]:
    return db.rows(_leaves(db).where(c.state == LeaveState.ASKED).order_by(c.leave_id).limit(limit), LeaveRow)


def add_grant(tx: Tx, row: GrantRow) -> None:
    values = {
        "grant_id": row.grant,
        "person_id": row.person,
        "day": row.day,
        "detail": row.detail,
        "given_at": row.given_at,
        "given_by": row.given_by,
    }
    tx.add(s.leave_grants, values)


def grants_of(db: Reader, person: PersonId) -> list[GrantRow]:
    query = sa.select(g.grant_id, g.person_id, g.day, g.detail, g.given_at, g.given_by)
    return db.rows(query.where(db.mine(s.leave_grants), g.person_id == person).order_by(g.day, g.grant_id), GrantRow)


def put_service(tx: Tx, person: PersonId, detail: Sealed) -> None:
    if tx.change(s.services, [v.person_id == person], {"detail": detail}) == 0:
        tx.add(s.services, {"person_id": person, "detail": detail})


def service_of(db: Reader, person: PersonId) -> Sealed | None:
    return db.row(sa.select(v.detail).where(db.mine(s.services), v.person_id == person), Sealed)


def _leaves(db: Reader) -> sa.Select[Any]:
    return sa.select(*_LEAVE).where(db.mine(s.leaves))
