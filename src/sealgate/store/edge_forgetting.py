"""At an edge: what happened long enough ago goes. `day` is a number of `calendar.day_number`; what is of earlier ones goes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from sealgate.domain.stays import StayState
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx

OF_STAYS = (s.stay_masks, s.stay_validations, s.bills, s.payments)


def days_with_cars(db: Reader) -> set[int]:
    """The days on which a stay began that has not ended."""
    c = s.stays.c
    query = sa.select(c.day).where(db.mine(s.stays), c.state != StayState.CLOSED).distinct()
    return set(db.sql.execute(query).scalars())


def oldest_waiting(db: Reader) -> datetime | None:
    """When the oldest fact came about that the centre has not got."""
    c = s.outbox.c
    found = db.sql.execute(sa.select(sa.func.min(c.at)).where(db.mine(s.outbox), c.published_at.is_(None))).scalar_one()
    return found if found is None or isinstance(found, datetime) else None


def forget(tx: Tx, day: int, before: datetime) -> int:
    """Passages of earlier days, stays that ended before that instant, and what belongs to either; how many of both."""
    p, t = s.passages.c, s.stays.c
    early = sa.select(p.id).where(tx.mine(s.passages), p.day < day)
    tx.remove(s.latch_answers, [s.latch_answers.c.passage_id.in_(early)])
    gone = tx.remove(s.passages, [p.day < day])
    tx.remove(s.readings, [s.readings.c.day < day])
    tx.remove(s.replays, [s.replays.c.day < day])
    tx.remove(s.unseen, [s.unseen.c.at < before])
    tx.remove(s.calls, [s.calls.c.at < before])
    gone += tx.remove(s.stays, [t.state == StayState.CLOSED, t.closed_at < before])
    here = sa.select(t.stay_id).where(tx.mine(s.stays))
    for table in OF_STAYS:
        tx.remove(table, [table.c.stay_id.not_in(here)])
    return gone
