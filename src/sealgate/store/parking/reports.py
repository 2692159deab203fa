"""What reports count: many rows, few columns, nothing that names anybody.

The surprising thing: a stay is found by when it began, for that is what is indexed, so whoever asks for a time says how long
before it a stay may have begun.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.access import Reason
from sealgate.domain.billing import PaymentState, RefundState
from sealgate.domain.ids import CallId, GateId, LotId, PassageId, PermitId, SiteId, StayId
from sealgate.domain.reconciliation import Movement
from sealgate.domain.stays import Cause, RightKind, StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader
from sealgate.store.parking.payments import DifferenceRow

t, p, r, c, g, d = s.stays.c, s.payments.c, s.refunds.c, s.calls.c, s.passages.c, s.differences.c
_LIVE = sa.text("state <> 'closed'")
MOST_ROWS = 1_000_000
"""So many are counted at once. One more is given where there are more, so that nobody takes a part for the whole."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Money that came (`payment`), went back (`refund`), or was taken back by a bank (`chargeback`). `minor` is positive."""

    at: datetime
    lot: LotId
    provider: str
    movement: Movement
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Stood:
    """When a car stood in a lot. `until` None: it stands there still. `seen_leaving` False: when it left, nobody saw."""

    stay: StayId
    lot: LotId
    entered: datetime
    until: datetime | None
    seen_leaving: bool
    by: RightKind
    permit: PermitId | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A call for the desk."""

    call: CallId
    lot: LotId
    at: datetime
    reason: CallReason
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A passage at a lane. `detail` is sealed: who opened it and why, or the plate."""

    passage: PassageId
    gate: GateId
    at: datetime
    reason: Reason
    opens: bool
    detail: Sealed | None


def live_by_state(db: Reader, lot: LotId) -> dict[StayState, int]:
    """How many live stays a lot has in each state."""
    query = sa.select(t.state, sa.func.count()).where(db.mine(s.stays), t.lot_id == lot, _LIVE).group_by(t.state)
    return dict(db.rows(query, lambda state, count: (state, count)))


def moved(db: Reader, lots: Sequence[LotId], since: datetime, until: datetime) -> list[Moved]:
    """All money of these lots' stays from `since` until `until`, each movement at its own instant."""
    return [*_came(db, lots, since, until), *_went_back(db, lots, since, until), *_taken_back(db, lots, since, until)]


def _came(db: Reader, lots: Sequence[LotId], since: datetime, until: datetime) -> list[Moved]:
    query = _payments(db, lots, p.paid_at).where(p.paid_at >= since, p.paid_at < until)
    return db.rows(
        query, lambda at, lot, provider, minor, currency: Moved(at, lot, provider, Movement.PAYMENT, minor, currency)
    )


def _taken_back(db: Reader, lots: Sequence[LotId], since: datetime, until: datetime) -> list[Moved]:
    query = _payments(db, lots, p.disputed_at).where(
        p.state == PaymentState.CHARGED_BACK, p.disputed_at >= since, p.disputed_at < until
    )
    return db.rows(
        query, lambda at, lot, provider, minor, currency: Moved(at, lot, provider, Movement.CHARGEBACK, minor, currency)
    )


def _went_back(db: Reader, lots: Sequence[LotId], since: datetime, until: datetime) -> list[Moved]:
    query = (
        sa.select(r.done_at, t.lot_id, p.provider, r.minor, r.currency)
        .select_from(s.refunds)
        .join(s.payments, sa.and_(p.tenant_id == r.tenant_id, p.payment_id == r.payment_id))
        .join(s.stays, sa.and_(t.tenant_id == p.tenant_id, t.stay_id == p.stay_id))
        .where(db.mine(s.refunds), t.lot_id.in_(lots), r.state == RefundState.DONE, r.done_at >= since, r.done_at < until)
    )
    return db.rows(query, lambda at, lot, provider, minor, currency: Moved(at, lot, provider, Movement.REFUND, minor, currency))


def _payments(db: Reader, lots: Sequence[LotId], at: sa.Column[datetime]) -> sa.Select[tuple[object, ...]]:
    same = sa.and_(t.tenant_id == p.tenant_id, t.stay_id == p.stay_id)
    query = sa.select(at, t.lot_id, p.provider, p.minor, p.currency).select_from(s.payments).join(s.stays, same)
    return query.where(db.mine(s.payments), t.lot_id.in_(lots)).limit(MOST_ROWS + 1)


def stood(db: Reader, lots: Sequence[LotId], earliest: datetime, until: datetime) -> list[Stood]:
    """Stays of these lots that began from `earliest` until `until`, oldest first."""
    query = sa.select(
        t.stay_id, t.lot_id, t.entered_at, t.left_at, t.superseded_at, t.closed_at, t.cause, t.right_kind, t.permit_id
    ).where(db.mine(s.stays), t.lot_id.in_(lots), t.entered_at >= earliest, t.entered_at < until)
    return db.rows(query.order_by(t.entered_at, t.stay_id).limit(MOST_ROWS + 1), _stood)


def asked(db: Reader, lots: Sequence[LotId], since: datetime, until: datetime) -> list[Asked]:
    """Calls for the desk, oldest first."""
    query = sa.select(c.call_id, c.lot_id, c.at, c.reason, c.outcome).where(
        db.mine(s.calls), c.lot_id.in_(lots), c.at >= since, c.at < until
    )
    return db.rows(query.order_by(c.at, c.call_id).limit(MOST_ROWS + 1), Asked)


def forced(
    db: Reader,
    site: SiteId,
    gates: Sequence[GateId],
    since: datetime,
    until: datetime,
    limit: int,
    after: Opened | None = None,
) -> list[Opened]:
    """Openings by hand at these gates of the site, newest first; `after` is the last one of the page before."""
    return _opened(db, _passages(db, site, gates, since, until).where(g.reason == Reason.FORCED), limit, after)


def forced_at(db: Reader, site: SiteId, gates: Sequence[GateId], since: datetime, until: datetime) -> list[datetime]:
    """When gates were opened by hand, all of it, in no order."""
    query = sa.select(g.at).where(*_at_lanes(db, site, gates, since, until), g.reason == Reason.FORCED)
    return db.rows(query, lambda at: at)


def passed(
    db: Reader,
    site: SiteId,
    gates: Sequence[GateId],
    since: datetime,
    until: datetime,
    limit: int,
    after: Opened | None = None,
) -> list[Opened]:
    """All passages at these gates of the site, newest first; `after` is the last one of the page before."""
    return _opened(db, _passages(db, site, gates, since, until), limit, after)


def _passages(db: Reader, site: SiteId, gates: Sequence[GateId], since: datetime, until: datetime) -> sa.Select[Any]:
    return sa.select(g.id, g.gate_id, g.at, g.reason, g.opens, g.detail).where(*_at_lanes(db, site, gates, since, until))


def _at_lanes(
    db: Reader, site: SiteId, gates: Sequence[GateId], since: datetime, until: datetime
) -> tuple[sa.ColumnElement[bool], ...]:
    return db.mine(s.passages), g.site_id == site, g.gate_id.in_(gates), g.at >= since, g.at < until


def _opened(db: Reader, query: sa.Select[Any], limit: int, after: Opened | None) -> list[Opened]:
    if after is not None:
        query = query.where(sa.or_(g.at < after.at, sa.and_(g.at == after.at, g.id < after.passage)))
    return db.rows(query.order_by(g.at.desc(), g.id.desc()).limit(limit), Opened)


def differences(db: Reader, since: date, until: date) -> list[DifferenceRow]:
    """Of statements of these days, both included, settled or not."""
    query = sa.select(
        d.difference_id, d.provider, d.day, d.difference, d.movement, d.currency, d.found_at, d.payment_id,
        d.ours_minor, d.theirs_minor, d.refs, d.settled_at, d.settled_by, d.settled_why,
    ).where(db.mine(s.differences), d.day >= since, d.day <= until)  # fmt: skip
    return db.rows(query.order_by(d.day, d.difference_id).limit(MOST_ROWS + 1), DifferenceRow)


def _stood(
    stay: StayId,
    lot: LotId,
    entered: datetime,
    left: datetime | None,
    superseded: datetime | None,
    closed: datetime | None,
    cause: Cause | None,
    by: RightKind,
    permit: PermitId | None,
) -> Stood:
    until = left or (None if cause is None else superseded or closed or entered)
    return Stood(stay, lot, entered, until, left is not None, by, permit)
