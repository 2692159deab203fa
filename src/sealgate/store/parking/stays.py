"""Stays: begun, found, changed, closed.

What finds a stay lives only while it is live: its token and its masks are gone in the same transaction that closes it. So a
million closed stays cost the search nothing, and a stolen copy cannot look a plate up among them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sealgate.domain.ids import GateId, LotId, PassageId, PermitId, SiteId, StayId, ValidationId
from sealgate.domain.lots import Stretch, Validation
from sealgate.domain.stays import Right, Stay, StayState
from sealgate.domain.stays_pairing import Traces
from sealgate.ports import Sealed, Token
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx, of_tenant
from sealgate.store.passages import PassageRow

MOST_NEAR = 64
"""So many stays are looked at for one reading. More have never been alike; the certainty would be nothing then anyway."""

MOST_TRACES = 500


@dataclass(frozen=True, slots=True)
class StayRow:
    """A stay, and what is kept beside it. `day` is the number of the site's local day on which it began.

    `seen` and `seen_leaving` are sealed: plate, score and picture at the entry and at the exit. `ticket_hash` is the SHA-256
    of the ticket's code.
    """

    stay: Stay
    site: SiteId
    day: int
    entry_gate: GateId
    token: Token | None = None
    ticket_hash: bytes | None = None
    seen: Sealed | None = None
    exit_gate: GateId | None = None
    closed_at: datetime | None = None
    seen_leaving: Sealed | None = None


t, m, v, r, u = s.stays.c, s.stay_masks.c, s.stay_validations.c, s.readings.c, s.unseen.c
k, lot_ = s.lot_counters.c, s.lots.c
g = s.passages.c
_PASSAGE = (g.id, g.site_id, g.gate_id, g.day, g.at, g.means, g.opens, g.reason, g.token, g.who, g.detail)
_STAY = (
    t.stay_id, t.lot_id, t.entered_at, t.state, t.right_kind, t.space, t.permit_id, t.reservation_id, t.vehicle, t.left_at,
    t.cause, t.superseded_at, t.outer_id, t.paid_until, t.doubted_at, t.ticket_lost_at, t.tailgated, t.site_id, t.day,
    t.entry_gate, t.token, t.ticket_hash, t.seen, t.exit_gate, t.closed_at, t.seen_leaving, t.area, t.came_before,
)  # fmt: skip
_BILLS = (
    sa.select(lot_.tariff.is_not(None))
    .where(lot_.tenant_id == t.tenant_id, lot_.lot_id == t.lot_id)
    .correlate(s.stays)
    .scalar_subquery()
)
_LIVE = sa.text("state <> 'closed'")
"""As the partial index has it: with a bound value it would not be used."""

_given = sa.bindparam
# What is asked at every arrival, put together once: that costs more than the answer.
_OF_TENANT = sa.select(*_STAY, _BILLS).where(of_tenant(s.stays))
_STAY_NAMED = _OF_TENANT.where(t.stay_id == _given("stay"))
_STAY_LOCKED = _STAY_NAMED.with_for_update(of=s.stays)
_OF_PLATE = _OF_TENANT.where(t.token == _given("token")).order_by(t.entered_at, t.stay_id)
_WITH_MASKS = sa.select(m.stay_id).where(of_tenant(s.stay_masks), m.mask.in_(_given("masks", expanding=True)))
_LIKE = _OF_TENANT.where(t.stay_id.in_(_WITH_MASKS)).order_by(t.entered_at.desc(), t.stay_id).limit(MOST_NEAR)
_VALIDATIONS = (
    sa.select(v.validation_id, v.minutes, v.share, v.coupon, v.points)
    .where(of_tenant(s.stay_validations), v.stay_id == _given("stay"))
    .order_by(v.at, v.validation_id)
)
_NESTED = sa.select(t.entered_at, sa.func.coalesce(t.left_at, t.entered_at)).where(
    of_tenant(s.stays), t.outer_id == _given("stay")
)
_PASSES_OWN = (
    sa.select(*_PASSAGE)
    .where(of_tenant(s.passages), g.day == _given("day"), g.token == _given("token"))
    .order_by(g.at.desc(), g.id.desc())
    .limit(_given("most", type_=sa.Integer))
)
_READ_AS = sa.select(r.passage_id).where(of_tenant(s.readings), r.day == _given("day"), r.token == _given("token"))
_PASSES_READ = (
    sa.select(*_PASSAGE)
    .where(of_tenant(s.passages), g.id.in_(_READ_AS))
    .order_by(g.at.desc(), g.id.desc())
    .limit(_given("most", type_=sa.Integer))
)
_UNSEEN = (
    sa.select(u.enters, u.at)
    .where(of_tenant(s.unseen), u.lot_id == _given("lot"), u.cleared_at.is_(None), u.at >= _given("since"))
    .order_by(u.at.desc())
    .limit(MOST_TRACES)
)
_UNREAD = (
    sa.select(t.entered_at)
    .where(of_tenant(s.stays), t.lot_id == _given("lot"), t.token.is_(None), t.cause.is_(None), t.entered_at >= _given("since"))
    .order_by(t.entered_at.desc())
    .limit(MOST_TRACES)
)
_INSIDE = sa.select(sa.func.coalesce(sa.func.sum(k.taken), 0)).where(of_tenant(s.lot_counters), k.lot_id == _given("lot"))


def add_stay(tx: Tx, row: StayRow, masks: Iterable[Token] = ()) -> None:
    """Raises `AlreadyThere` where this plate has a stay in this lot that has not ended, or the ticket is taken."""
    stay = row.stay
    values = {
        "stay_id": stay.stay,
        "lot_id": stay.lot,
        "site_id": row.site,
        "day": row.day,
        "entered_at": stay.entered,
        "entry_gate": row.entry_gate,
        "right_kind": stay.right.kind,
        "space": stay.right.space,
        "permit_id": stay.right.permit,
        "reservation_id": stay.right.reservation,
        "outer_id": stay.outer,
        "vehicle": stay.vehicle,
        "area": stay.area or None,
        "came_before": stay.came_before or None,
        "tailgated": stay.tailgated,
        "ticket_hash": row.ticket_hash,
        "seen": row.seen,
        **_changing(stay),
        "exit_gate": row.exit_gate,
        "seen_leaving": row.seen_leaving,
        "closed_at": row.closed_at,
        "token": None if stay.state is StayState.CLOSED else row.token,
    }
    tx.add(s.stays, values)
    if stay.state is not StayState.CLOSED:
        tx.add_unless_there(s.stay_masks, [{"mask": mask, "stay_id": stay.stay} for mask in masks], (m.mask,))


def add_masks(tx: Tx, stay: StayId, masks: Iterable[Token]) -> None:
    """A live stay is found under these too."""
    tx.add_unless_there(s.stay_masks, [{"mask": mask, "stay_id": stay} for mask in masks], (m.mask,))


def change_stay(tx: Tx, before: Stay, after: Stay, at: datetime, **columns: Any) -> bool:
    """Write `after` where the row still is as `before`. False: another gate, the desk or a payment was first.

    `columns` are further columns to set (`exit_gate`, `seen_leaving`). What is closed loses its token and masks here.
    """
    still = [t.stay_id == before.stay, t.state == before.state, _same(t.cause, before.cause)]
    values = {**_changing(after), **columns}
    if after.state is StayState.CLOSED:
        values |= {"token": None, "closed_at": at}
    if tx.change(s.stays, still, values) != 1:
        return False
    if after.state is StayState.CLOSED:
        tx.remove(s.stay_masks, [m.stay_id == after.stay])
    return True


def describe_stay(tx: Tx, stay: StayId, vehicle: str, area: str) -> bool:
    """Its class and its part of the garage as an attendant sees them. False where it is closed: its bill is made."""
    values = {"vehicle": vehicle, "area": area or None}
    return tx.change(s.stays, [t.stay_id == stay, t.state != StayState.CLOSED], values) == 1


def doubt_stays(tx: Tx, stays: Sequence[StayId], at: datetime) -> int:
    """An exit went through that may have been any of theirs; how many of them are still live."""
    return tx.change(s.stays, [t.stay_id.in_(stays), t.state != StayState.CLOSED], {"doubted_at": at})


def stay(db: Reader, stay: StayId) -> StayRow | None:
    """With its validations and the times it was away in lots within its own. In a write it is locked until the commit."""
    found = db.ask(_STAY_LOCKED if isinstance(db, Tx) else _STAY_NAMED, _row, stay=stay)
    return _whole(db, found[0]) if found else None


def stay_by_ticket(db: Reader, ticket_hash: bytes) -> StayRow | None:
    """Closed ones too: a receipt is asked for afterwards."""
    row = db.row(_select(db).where(t.ticket_hash == ticket_hash), _row)
    return None if row is None else _whole(db, row)


def stays_of_plate(db: Reader, token: Token) -> list[StayRow]:
    """The live ones in any lot, oldest first."""
    return db.ask(_OF_PLATE, _row, token=token)


def stays_like(db: Reader, masks: Sequence[Token]) -> list[StayRow]:
    """The live ones that have a mask in common, newest first: at most `MOST_NEAR`. A mask belongs to one lot.

    Not `distinct`: SQLite would read all masks in the order of their stays to have that.
    """
    return db.ask(_LIKE, _row, masks=list(masks))


def live_stays(
    db: Reader, lot: LotId, *, states: Sequence[StayState] = (), since: datetime | None = None, limit: int = 100
) -> list[StayRow]:
    """Those that are not closed, oldest first; of the named states only, where some are named."""
    query = _select(db).where(t.lot_id == lot, _LIVE)
    if states:
        query = query.where(t.state.in_(states))
    if since is not None:
        query = query.where(t.entered_at > since)
    return db.rows(query.order_by(t.entered_at, t.stay_id).limit(limit), _row)


def unread_stays(db: Reader, lot: LotId, limit: int = 12) -> list[StayRow]:
    """Cars inside that have a ticket and no plate, newest first."""
    query = _select(db).where(t.lot_id == lot, t.token.is_(None), t.cause.is_(None))
    return db.rows(query.order_by(t.entered_at.desc(), t.stay_id).limit(limit), _row)


def inside_by_permit(db: Reader, permit: PermitId) -> int:
    """How many cars stand inside by it, in all lots."""
    query = sa.select(sa.func.count()).where(db.mine(s.stays), t.permit_id == permit, t.cause.is_(None))
    return int(db.sql.execute(query).scalar_one())


def nested_inside(db: Reader, outer: StayId) -> bool:
    """Whether nobody saw the car come out of a lot within."""
    query = sa.select(t.stay_id).where(db.mine(s.stays), t.outer_id == outer, t.left_at.is_(None)).limit(1)
    return db.sql.execute(query).first() is not None


def add_validation(tx: Tx, stay: StayId, validation: Validation, at: datetime) -> bool:
    """False where this stay has had it."""
    return bool(tx.add_unless_there(s.stay_validations, [_as_row(stay, validation, at)], (v.stay_id,)))


def put_validation(tx: Tx, stay: StayId, validation: Validation, at: datetime) -> None:
    """Over the one of the same id, where this stay has had it."""
    tx.put(s.stay_validations, [_as_row(stay, validation, at)])


def _as_row(stay: StayId, validation: Validation, at: datetime) -> dict[str, Any]:
    return {
        "stay_id": stay,
        "validation_id": validation.validation,
        "minutes": None if validation.time is None else int(validation.time / timedelta(minutes=1)),
        "share": validation.share,
        "coupon": validation.coupon or None,
        "points": validation.points,
        "at": at,
    }


def add_reading(tx: Tx, day: int, token: Token, passage: PassageId) -> None:
    """Under another plate than the passage's own; both tokens are of that day."""
    tx.add(s.readings, {"day": day, "token": token, "passage_id": passage})


def passes_of(db: Reader, day: int, token: Token, limit: int = 50) -> list[PassageRow]:
    """One plate's passages of one day, as what it was taken for or as it was read; newest first.

    A statement of its own beside `passages.page`, for it runs at every arrival and is put together only once.
    """
    given = {"day": day, "token": token, "most": limit}
    found = {row.passage: row for query in (_PASSES_OWN, _PASSES_READ) for row in db.ask(query, PassageRow, **given)}
    return sorted(found.values(), key=lambda row: -row.passage)


def add_unseen(tx: Tx, passage: PassageId, lot: LotId, *, enters: bool, at: datetime) -> None:
    """A car passed that nobody could name."""
    tx.add(s.unseen, {"passage_id": passage, "lot_id": lot, "enters": enters, "at": at, "cleared_at": None})


def clear_unseen(tx: Tx, passage: PassageId, at: datetime) -> bool:
    """Somebody found out who it was. False where it was known already, or never was one."""
    return tx.change(s.unseen, [u.passage_id == passage, u.cleared_at.is_(None)], {"cleared_at": at}) == 1


def clear_unread(tx: Tx, lot: LotId, since: datetime, at: datetime) -> bool:
    """One that came in unread, since then, has gone. Which one nobody knows: the trace that is the oldest goes. False where
    there is none, or another exit was first."""
    query = sa.select(u.passage_id).where(tx.mine(s.unseen), u.lot_id == lot, u.enters == 1, u.cleared_at.is_(None))
    query = query.where(u.at > since, u.at <= at).order_by(u.at, u.passage_id).limit(1)
    found = tx.sql.execute(query).scalar()
    return found is not None and clear_unseen(tx, PassageId(found), at)


def traces_of(db: Reader, lot: LotId, since: datetime) -> Traces:
    """What is known of cars that nobody could name, from `since` on; cars with a ticket and no plate among them."""
    seen = db.ask(_UNSEEN, lambda enters, at: (enters, at), lot=lot, since=since)
    tickets = db.ask(_UNREAD, lambda at: at, lot=lot, since=since)
    [inside] = db.ask(_INSIDE, int, lot=lot)
    return Traces(
        inside=inside,
        entries=(*(at for enters, at in seen if enters), *tickets),
        exits=tuple(at for enters, at in seen if not enters),
    )


def _select(db: Reader) -> sa.Select[Any]:
    return sa.select(*_STAY, _BILLS).where(db.mine(s.stays))


def _same(column: sa.Column[Any], value: Any) -> sa.ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


def _changing(stay: Stay) -> dict[str, Any]:
    """What a stay's way through its states changes."""
    return {
        "state": stay.state,
        "left_at": stay.left,
        "cause": stay.cause,
        "superseded_at": stay.superseded,
        "paid_until": stay.paid_until,
        "doubted_at": stay.doubted,
        "ticket_lost_at": stay.ticket_lost,
    }


def _whole(db: Reader, row: StayRow) -> StayRow:
    stay = row.stay
    return replace(
        row,
        stay=replace(
            stay,
            validations=tuple(db.ask(_VALIDATIONS, _validation, stay=stay.stay)),
            away=tuple(sorted(db.ask(_NESTED, Stretch, stay=stay.stay))),
        ),
    )


def whole_stays(db: Reader, rows: Sequence[StayRow]) -> list[StayRow]:
    """Rows of a list with what `stay` gives one by one: their validations, and when they were away. Two queries for all."""
    ids = [row.stay.stay for row in rows]
    given, away = defaultdict[StayId, list[Validation]](list), defaultdict[StayId, list[Stretch]](list)
    validations = sa.select(v.stay_id, v.validation_id, v.minutes, v.share, v.coupon, v.points)
    for stay, *what in db.sql.execute(
        validations.where(db.mine(s.stay_validations), v.stay_id.in_(ids)).order_by(v.at, v.validation_id)
    ):
        given[stay].append(_validation(*what))
    nested = sa.select(t.outer_id, t.entered_at, sa.func.coalesce(t.left_at, t.entered_at))
    for stay, *part in db.sql.execute(nested.where(db.mine(s.stays), t.outer_id.in_(ids))):
        away[stay].append(Stretch(*part))
    return [
        replace(
            row,
            stay=replace(row.stay, validations=tuple(given[row.stay.stay]), away=tuple(sorted(away[row.stay.stay]))),
        )
        for row in rows
    ]


def _validation(
    validation: ValidationId, minutes: int | None, share: int | None, coupon: str | None, points: int | None
) -> Validation:
    return Validation(validation, None if minutes is None else timedelta(minutes=minutes), share, coupon or "", points)


def _row(*columns: Any) -> StayRow:
    (
        stay, lot, entered, state, kind, space, permit, reservation, vehicle, left, cause, superseded, outer, paid_until,
        doubted, ticket_lost, tailgated, site, day, entry_gate, token, ticket_hash, seen, exit_gate, closed_at, seen_leaving,
        area, came_before, bills,
    ) = columns  # fmt: skip
    made = Stay(
        stay=stay,
        lot=lot,
        entered=entered,
        state=state,
        right=Right(kind, space, permit, reservation),
        vehicle=vehicle,
        area=area or "",
        came_before=bool(came_before),
        bills=bool(bills),
        left=left,
        cause=cause,
        superseded=superseded,
        outer=outer,
        paid_until=paid_until,
        doubted=doubted,
        ticket_lost=ticket_lost,
        tailgated=tailgated,
    )
    return StayRow(made, site, day, entry_gate, token, ticket_hash, seen, exit_gate, closed_at, seen_leaving)
