"""Letters that wait. One is written in the transaction of the fact it tells of, and sent by the worker afterwards.

Two workers may meet at one letter: a claim is a conditional update, and lapses when its owner died.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sealgate.domain.ids import LetterId, TenantId, VisitId
from sealgate.domain.visits_letters import LetterKind
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Store, Tx
from sealgate.store.outbox import WORKER


@dataclass(frozen=True, slots=True)
class LetterRow:
    """`failed` is the code of what made it hopeless."""

    letter: LetterId
    visit: VisitId
    kind: LetterKind
    due_at: datetime
    tries: int = 0
    claimed_until: datetime | None = None
    sent_at: datetime | None = None
    failed: str | None = None


t = s.letters.c
_LETTER = (t.letter_id, t.visit_id, t.kind, t.due_at, t.tries, t.claimed_until, t.sent_at, t.failed)


def add_letter(tx: Tx, row: LetterRow) -> None:
    values = {"letter_id": row.letter, "visit_id": row.visit, "kind": row.kind, "due_at": row.due_at, "tries": row.tries}
    tx.add(s.letters, {**values, "claimed_until": None, "sent_at": row.sent_at, "failed": row.failed})


def letters_of(db: Reader, visit: VisitId) -> list[LetterRow]:
    return db.rows(sa.select(*_LETTER).where(db.mine(s.letters), t.visit_id == visit).order_by(t.letter_id), LetterRow)


def due_letters(db: Reader, now: datetime, limit: int = 50) -> list[LetterRow]:
    """To be sent by now and held by no worker, oldest first."""
    waiting = [t.sent_at.is_(None), t.failed.is_(None), t.due_at <= now, _free(now)]
    query = sa.select(*_LETTER).where(db.mine(s.letters), *waiting)
    return db.rows(query.order_by(t.due_at, t.letter_id).limit(limit), LetterRow)


def claim(store: Store, tenant: TenantId, letter: LetterId, now: datetime, until: datetime) -> bool:
    """Whether the letter is this worker's to send until then. Each claim counts as a try."""
    with store.begin(tenant, WORKER) as tx, tx.upkeep():
        mine = [t.letter_id == letter, t.sent_at.is_(None), t.failed.is_(None), _free(now)]
        return tx.change(s.letters, mine, {"claimed_until": until, "tries": t.tries + 1}) == 1


def mark_sent(store: Store, tenant: TenantId, letter: LetterId, at: datetime) -> None:
    with store.begin(tenant, WORKER) as tx, tx.upkeep():
        tx.change(s.letters, [t.letter_id == letter], {"sent_at": at, "claimed_until": None})


def retry(store: Store, tenant: TenantId, letter: LetterId, due_at: datetime) -> None:
    """It could not be sent now: again at that time."""
    with store.begin(tenant, WORKER) as tx, tx.upkeep():
        tx.change(s.letters, [t.letter_id == letter], {"due_at": due_at, "claimed_until": None})


def failed(store: Store, tenant: TenantId, letter: LetterId, code: str) -> None:
    """It will never be sent."""
    with store.begin(tenant, WORKER) as tx, tx.upkeep():
        tx.change(s.letters, [t.letter_id == letter], {"failed": code, "claimed_until": None})


def _free(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(t.claimed_until.is_(None), t.claimed_until <= now)
