"""Rights taken in an emergency with their letters, and what two people have to agree to. Every race ends in a row count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from sealgate.domain.ids import ApprovalId, GlassId, OperatorId, SiteId
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx
from sealgate.store.journal import Entry


@dataclass(frozen=True, slots=True)
class GlassRow:
    """`ended_at` None: nobody has written yet that it is over; `until` says when it is."""

    glass: GlassId
    operator: OperatorId
    reason: Sealed
    begun_at: datetime
    until: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlarmRow:
    letter: UUID
    operator: OperatorId
    glass: GlassId
    tries: int


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """`thing` says what is asked for in ids, `row_count` how much of it. `approved` None: nobody has decided."""

    approval: ApprovalId
    kind: str
    thing: str
    row_count: int
    site: SiteId | None
    reason: Sealed
    asked_by: OperatorId
    asked_at: datetime
    until: datetime
    decided_by: OperatorId | None = None
    decided_at: datetime | None = None
    approved: bool | None = None
    used_at: datetime | None = None


g, a, p, j = s.break_glass.c, s.alarm_letters.c, s.approvals.c, s.journal.c
_GLASS = (g.glass_id, g.operator_id, g.reason, g.begun_at, g.until, g.ended_at)
_APPROVAL = (
    p.approval_id, p.kind, p.thing, p.row_count, p.site_id, p.reason, p.asked_by, p.asked_at, p.until,
    p.decided_by, p.decided_at, p.approved, p.used_at,
)  # fmt: skip


def add_glass(tx: Tx, row: GlassRow) -> None:
    """Raises `AlreadyThere` where this operator has one that is not ended."""
    values = {"glass_id": row.glass, "operator_id": row.operator, "reason": row.reason, "begun_at": row.begun_at}
    tx.add(s.break_glass, values | {"until": row.until, "ended_at": None})


def end_glass(tx: Tx, glass: GlassId, at: datetime) -> bool:
    """False where somebody, or the clock, ended it before."""
    return tx.change(s.break_glass, [g.glass_id == glass, g.ended_at.is_(None)], {"ended_at": at}) == 1


def glass(db: Reader, glass: GlassId) -> GlassRow | None:
    return db.row(sa.select(*_GLASS).where(db.mine(s.break_glass), g.glass_id == glass), GlassRow)


def glasses(db: Reader, limit: int = 50) -> list[GlassRow]:
    """The newest first."""
    query = sa.select(*_GLASS).where(db.mine(s.break_glass)).order_by(g.begun_at.desc(), g.glass_id)
    return db.rows(query.limit(limit), GlassRow)


def open_glasses(db: Reader) -> list[GlassRow]:
    """Those that nobody has ended; their time may be over."""
    return db.rows(sa.select(*_GLASS).where(db.mine(s.break_glass), g.ended_at.is_(None)).order_by(g.begun_at), GlassRow)


def glass_of(db: Reader, operator: OperatorId, now: datetime) -> GlassRow | None:
    """The one under which this operator acts now."""
    mine = sa.select(*_GLASS).where(db.mine(s.break_glass), g.operator_id == operator, g.ended_at.is_(None), g.until > now)
    return db.row(mine, GlassRow)


def done_by(db: Reader, operator: OperatorId, since: datetime, until: datetime, limit: int) -> list[Entry]:
    """What the journal has of an operator in that time, in order."""
    query = sa.select(j.seq, j.at, j.actor_kind, j.actor_id, j.action, j.about, j.object, j.purpose, j.prev, j.hash)
    query = query.where(db.mine(s.journal), j.actor_kind == "operator", j.actor_id == str(operator))
    return db.rows(query.where(j.at >= since, j.at <= until).order_by(j.seq).limit(limit), Entry)


def add_letter(tx: Tx, letter: UUID, operator: OperatorId, glass: GlassId, due: datetime) -> None:
    values = {"letter_id": letter, "operator_id": operator, "glass_id": glass, "due_at": due}
    tx.add(s.alarm_letters, values | {"tries": 0, "sent_at": None, "failed": None})


def due_letters(db: Reader, now: datetime, limit: int = 50) -> list[AlarmRow]:
    query = sa.select(a.letter_id, a.operator_id, a.glass_id, a.tries).where(db.mine(s.alarm_letters), *_waiting(now))
    return db.rows(query.order_by(a.due_at, a.letter_id).limit(limit), AlarmRow)


def claim_letter(tx: Tx, letter: UUID, now: datetime, until: datetime) -> bool:
    """Whether it is ours to send until then; another worker may have been first."""
    with tx.upkeep():
        values = {"due_at": until, "tries": a.tries + 1}
        return tx.change(s.alarm_letters, [a.letter_id == letter, *_waiting(now)], values) == 1


def letter_sent(tx: Tx, letter: UUID, at: datetime) -> None:
    with tx.upkeep():
        tx.change(s.alarm_letters, [a.letter_id == letter], {"sent_at": at})


def letter_failed(tx: Tx, letter: UUID, code: str) -> None:
    with tx.upkeep():
        tx.change(s.alarm_letters, [a.letter_id == letter], {"failed": code})


def add_approval(tx: Tx, row: ApprovalRow) -> None:
    values = {
        "approval_id": row.approval,
        "kind": row.kind,
        "thing": row.thing,
        "row_count": row.row_count,
        "site_id": row.site,
        "reason": row.reason,
        "asked_by": row.asked_by,
        "asked_at": row.asked_at,
        "until": row.until,
        "decided_by": None,
        "decided_at": None,
        "approved": None,
        "used_at": None,
    }
    tx.add(s.approvals, values)


def approval(db: Reader, approval: ApprovalId) -> ApprovalRow | None:
    return db.row(sa.select(*_APPROVAL).where(db.mine(s.approvals), p.approval_id == approval), ApprovalRow)


def open_approvals(db: Reader, now: datetime) -> list[ApprovalRow]:
    """Those that wait for a second person, the oldest first."""
    query = sa.select(*_APPROVAL).where(db.mine(s.approvals), p.decided_at.is_(None), p.until > now)
    return db.rows(query.order_by(p.asked_at, p.approval_id), ApprovalRow)


def approvals_of(db: Reader, operator: OperatorId, limit: int = 20) -> list[ApprovalRow]:
    """What this operator asked for, the newest first."""
    query = sa.select(*_APPROVAL).where(db.mine(s.approvals), p.asked_by == operator)
    return db.rows(query.order_by(p.asked_at.desc(), p.approval_id).limit(limit), ApprovalRow)


def decide(tx: Tx, approval: ApprovalId, by: OperatorId, at: datetime, *, approved: bool, until: datetime) -> bool:
    """False where it was decided before, has expired, or is one's own: the condition is in the update, so nobody slips by."""
    still = [p.approval_id == approval, p.decided_at.is_(None), p.until > at, p.asked_by != by]
    return tx.change(s.approvals, still, {"decided_by": by, "decided_at": at, "approved": approved, "until": until}) == 1


def approvals_by(db: Reader, operator: OperatorId, limit: int = 20) -> list[ApprovalRow]:
    """What this operator decided, the newest first."""
    query = sa.select(*_APPROVAL).where(db.mine(s.approvals), p.decided_by == operator)
    return db.rows(query.order_by(p.decided_at.desc(), p.approval_id).limit(limit), ApprovalRow)


def use(tx: Tx, operator: OperatorId, kind: str, thing: str, rows: int, at: datetime) -> ApprovalId | None:
    """Take what was approved for exactly this, once; None where there is nothing to take or another request was first.

    What has grown to more than double since somebody agreed is another thing.
    """
    ready = [p.asked_by == operator, p.kind == kind, p.thing == thing, p.row_count * 2 >= rows]
    ready += [p.approved == True, p.used_at.is_(None), p.until > at]  # noqa: E712
    query = sa.select(p.approval_id).where(tx.mine(s.approvals), *ready).order_by(p.decided_at).limit(1)
    found = tx.row(query, ApprovalId)
    if found is None or tx.change(s.approvals, [p.approval_id == found, *ready], {"used_at": at}) != 1:
        return None
    return found


def _waiting(now: datetime) -> list[sa.ColumnElement[bool]]:
    return [a.sent_at.is_(None), a.failed.is_(None), a.due_at <= now]
