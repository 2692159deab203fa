"""Calls for the desk far away: made, queued, taken by one attendant, looked into, given back.

The surprising thing: who sees the queue sees no plate and no picture. What is sealed of a call opens for the attendant who
took it, from then until it is decided; taking it is the entry in the journal, and the call is the purpose.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from sealgate.domain.calendar import local_day, zone
from sealgate.domain.desk import GONE, LEFT_ALONE, Waiting, in_order
from sealgate.domain.errors import Conflict, NotFound
from sealgate.domain.ids import CallId, GateId, LotId, OperatorId, SiteId, StayId, TenantId
from sealgate.domain.operators import Permission
from sealgate.domain.stays_calls import CallReason, CallState
from sealgate.flows.kit import House, Signed, of_day, seal, unseal
from sealgate.flows.parking_writing import call_place
from sealgate.flows.signin import operator_names
from sealgate.ports import KeyKind
from sealgate.privacy import journal
from sealgate.store import parking, places
from sealgate.store.engine import Actor, Reader, Tx
from sealgate.store.parking import CallRow


class CallTaken(Conflict):
    """Another attendant has this call, or decided it. `by` is who, None where it answered itself; `at` since when."""

    code = "desk.taken"

    def __init__(self, by: OperatorId | None, at: datetime, *, decided: bool) -> None:
        super().__init__("somebody was first")
        self.by, self.at, self.decided = by, at, decided


class NotTaken(Conflict):
    """What is sealed of a call, and its decisions, are for the attendant who took it."""

    code = "desk.not-taken"


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A call as everybody at the desk sees it. `at` and `held_since` are on the site's own clocks; nothing here is sealed."""

    call: CallId
    site: SiteId
    lot: LotId
    lot_name: str
    gate: GateId | None
    gate_name: str
    reason: CallReason
    at: datetime
    waited: timedelta
    blocks: bool
    holder: OperatorId | None = None
    holder_name: str = ""
    held_since: datetime | None = None

    @property
    def taken(self) -> bool:
        return self.holder is not None


@dataclass(frozen=True, slots=True)
class Queue:
    """In the order in which they are looked at, at most 200. `waiting` counts all that nobody has; `median_wait` is the last
    day's."""

    lines: tuple[QueueLine, ...]
    waiting: int
    median_wait: timedelta | None


@dataclass(frozen=True, slots=True)
class Names:
    """What the rows of a queue are called: lots with their sites and zones, gates, operators."""

    lots: dict[LotId, tuple[str, SiteId, str]]
    gates: dict[GateId, str]
    operators: dict[str, str]


def call(
    house: House,
    tenant: TenantId,
    gate: GateId,
    reason: CallReason,
    *,
    stay: StayId | None = None,
    actor: Actor | None = None,
    known: CallId | None = None,
) -> CallId:
    """Ask the desk about this lane; the one open call of a car that stands there already, where there is one.

    `known` is what one that may be told twice is called; told again it changes nothing.
    Raises `NotFound` for a gate of no lot.
    """
    with house.store.begin(tenant, actor or Actor("gate", str(gate))) as tx:
        lane = parking.lane_of(tx, gate)
        if lane is None:
            raise NotFound("lane")
        there = next((row for row in parking.open_calls_at(tx, gate) if as_waiting(row).blocks), None)
        there = there or (parking.call(tx, known) if known else None)
        made = there.call if there else known or CallId(house.new_id())
        if there is None:
            now = house.clock.now()
            parking.add_call(tx, CallRow(made, lane.lot.lot, reason, now, gate, stay=stay))
        journal.write(tx, house.keyring, house.clock.now(), "desk.called", object=f"call:{made} gate:{gate}")
        tell_desk(tx, made, lane.lot.lot)
        tx.after_commit(house.wake)
    return made


def queue(house: House, signed: Signed) -> Queue:
    """The calls of the sites at whose desk this operator sits."""
    sites = signed.need_somewhere(Permission.DESK)
    with house.store.read(signed.tenant) as db:
        now = house.clock.now()
        names = names_of(house, db)
        mine = {lot for lot, (_name, site, _tz) in names.lots.items() if sites is None or site in sites}
        rows = {row.call: row for row in parking.queued(db, mine, GONE)}
        waiting = parking.count_waiting(db, mine)
        lines = [line_of(rows[one.call], names, now) for one in in_order(map(as_waiting, rows.values()))]
        recent = [row for row in parking.calls_since(db, now - timedelta(days=1)) if row.lot in mine]
        took = [(row.claimed_at - row.at).total_seconds() for row in recent if row.claimed_at]
    return Queue(tuple(lines), waiting, timedelta(seconds=median(took)) if took else None)


def at_call(house: House, signed: Signed, call: CallId) -> Signed:
    """The operator at the site of the call. Raises `NotFound`, also for a call of a site at whose desk they do not sit."""
    sites = signed.need_somewhere(Permission.DESK)
    with house.store.read(signed.tenant) as db:
        site = parking.lot(db, the_call(db, call).lot).site
    if sites is not None and site not in sites:
        raise NotFound("call")
    return signed.at(site)


def take(house: House, signed: Signed, call: CallId) -> None:
    """Handle this call from now on. Raises `CallTaken` (who was first, and since when), `NotFound`."""
    signed.need(Permission.DESK)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        row = the_call(tx, call)
        if row.claimed_by == signed.operator and row.state is CallState.CLAIMED:
            return
        if not parking.claim_call(tx, call, signed.operator, now) and not _left_alone(tx, signed, row, now):
            raise told_off(the_call(tx, call))  # another attendant, or the car itself, was first
        journal.write(tx, house.keyring, now, "call.taken", object=f"call:{call}", purpose=row.reason.value)
        tell_desk(tx, call, row.lot)
        tx.after_commit(house.wake)


def hand_over(house: House, signed: Signed, call: CallId) -> None:
    """Back into the queue, for whoever takes it next."""
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = held(tx, signed, call)
        if not parking.release_call(tx, call, signed.operator):
            raise told_off(the_call(tx, call))
        journal.write(tx, house.keyring, house.clock.now(), "call.handed-over", object=f"call:{call}")
        tell_desk(tx, call, row.lot)
        tx.after_commit(house.wake)


def line(house: House, signed: Signed, call: CallId) -> QueueLine:
    """Raises `NotFound`, and `CallTaken` for one that is done."""
    signed.need(Permission.DESK)
    with house.store.read(signed.tenant) as db:
        row = the_call(db, call)
        if row.state is CallState.DONE:
            raise told_off(row)
        return line_of(row, names_of(house, db), house.clock.now())


def holder_at(house: House, tenant: TenantId, gate: GateId) -> tuple[CallId, OperatorId] | None:
    """The call at this lane that somebody handles now, and who: whom the lane's screen speaks with."""
    with house.store.read(tenant) as db:
        taken = (row for row in parking.open_calls_at(db, gate) if row.claimed_by and row.state is CallState.CLAIMED)
        row = next(taken, None)
        return None if row is None or row.claimed_by is None else (row.call, row.claimed_by)


def gate_of_mine(house: House, signed: Signed, call: CallId) -> GateId | None:
    """The lane of a call that this operator handles. Raises `NotTaken`, `CallTaken`, `NotFound`."""
    with house.store.read(signed.tenant) as db:
        return held(db, signed, call).gate


def held(db: Reader, signed: Signed, call: CallId) -> CallRow:
    """The call, which this operator handles. Raises `NotTaken`, `CallTaken`, `NotFound`."""
    signed.need(Permission.DESK)
    row = the_call(db, call)
    if row.state is CallState.WAITING:
        raise NotTaken("take the call first")
    if row.state is CallState.DONE or row.claimed_by != signed.operator:
        raise told_off(row)
    return row


def the_call(db: Reader, call: CallId) -> CallRow:
    row = parking.call(db, call)
    if row is None:
        raise NotFound("call")
    return row


def told_off(row: CallRow) -> CallTaken:
    """Who was first, and when."""
    decided = row.state is CallState.DONE
    return CallTaken(row.claimed_by, (row.done_at if decided else row.claimed_at) or row.at, decided=decided)


def tell_desk(tx: Tx, call: CallId, lot: LotId) -> None:
    """So that every open desk and the lane's screen look again."""
    tx.publish("call", {"lot": str(lot), "call": str(call)})


def as_waiting(row: CallRow) -> Waiting:
    return Waiting(row.call, row.reason, row.at, row.gate)


def names_of(house: House, db: Reader) -> Names:
    zones = {site.site: site.time_zone for site in places.sites(db)}
    lots = {lot.lot: (lot.name, lot.site, zones[lot.site]) for lot in parking.lots(db)}
    return Names(lots, {gate.gate: gate.name for gate in places.gates(db)}, operator_names(house, db))


def line_of(row: CallRow, names: Names, now: datetime) -> QueueLine:
    name, site, tz = names.lots[row.lot]
    made = QueueLine(
        call=row.call,
        site=site,
        lot=row.lot,
        lot_name=name,
        gate=row.gate,
        gate_name=names.gates.get(row.gate, "") if row.gate else "",
        reason=row.reason,
        at=row.at.astimezone(zone(tz)),
        waited=max(now - row.at, timedelta(0)),
        blocks=as_waiting(row).blocks,
    )
    if row.claimed_by is None or row.claimed_at is None:
        return made
    holder = names.operators.get(str(row.claimed_by), "")
    return replace(made, holder=row.claimed_by, holder_name=holder, held_since=row.claimed_at.astimezone(zone(tz)))


def detail_of(house: House, db: Reader, row: CallRow) -> dict[str, Any]:
    """What is sealed of a call: plate, pictures, candidates, and what was found out since."""
    return {} if row.detail is None else unseal(house, call_place(db.tenant, row.call), row.detail)


def keep(house: House, tx: Tx, signed: Signed, row: CallRow, found: dict[str, Any], stay: StayId | None) -> None:
    """Write what was found out beside the call. Raises `CallTaken` where it was taken over since."""
    tz = zone(places.site(tx, parking.lot(tx, row.lot).site).time_zone)
    owner: tuple[KeyKind, str] = of_day(parking.lot(tx, row.lot).site, local_day(row.at, tz))
    detail = seal(house, tx.tenant, owner, call_place(tx.tenant, row.call), detail_of(house, tx, row) | found)
    if not parking.note_call(tx, row.call, signed.operator, stay=stay, detail=detail):
        raise told_off(the_call(tx, row.call))
    tell_desk(tx, row.call, row.lot)


def stay_named(detail: dict[str, Any], row: CallRow) -> StayId | None:
    """The stay that the call is about: named by the decision at the gate or by the attendant, else the best candidate left."""
    if row.stay is not None:
        return row.stay
    turned_down = set(detail.get("not", ()))
    left = [one["stay"] for one in detail.get("candidates", ()) if one["stay"] not in turned_down]
    return StayId(UUID(left[0])) if left else None


def _left_alone(tx: Tx, signed: Signed, row: CallRow, now: datetime) -> bool:
    """Take it over from somebody who has held it for ten minutes without a decision."""
    stale = row.state is CallState.CLAIMED and row.claimed_at is not None and now - row.claimed_at >= LEFT_ALONE
    return stale and parking.take_over_call(tx, row.call, row, signed.operator, now)
