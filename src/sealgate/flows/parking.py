"""A car at a lane of a lot: it comes in, or pays and goes, or an attendant is asked. Written before opened.

Who leaves is decided by `domain/stays_pairing`, what it costs by the `price` that is handed in, whether money came by the
payments of the stay. The surprising thing: an exit that cannot be told for sure changes no stay at all. It is a call for the
desk, and whoever really left is billed by nobody until somebody has looked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sealgate.domain.access import Reason
from sealgate.domain.ids import CallId, GateId, PassageId, StayId, TenantId
from sealgate.domain.lots import Doubt, SpaceClass
from sealgate.domain.money import Money
from sealgate.domain.sightings import Means, PlateSighting
from sealgate.domain.stays import VISITOR, Cause, Right, Stay, lost, settled
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_pairing import Ask, Paired
from sealgate.domain.stays_passing import Entered, Unclear, echo_of, enter, go, leave
from sealgate.domain.stays_rights import Turned, right_of
from sealgate.flows.kit import House, fingerprint, new_secret, tenant_of
from sealgate.flows.parking_scene import (
    NoLane,
    Scene,
    candidates,
    masks_of,
    open_of,
    papers_of,
    passes_of,
    scene_at,
    stay_token,
    traces_of,
)
from sealgate.flows.parking_writing import (
    Account,
    Price,
    Repeated,
    Seen,
    account,
    begin_stay,
    call,
    change,
    end_unseen,
    note,
    record,
    seen_of,
    settle_calls,
    show_wrong,
    take_space,
    write_bill,
)
from sealgate.flows.passage import open_latch
from sealgate.ports import LatchAnswer
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Actor

__all__ = [
    "Account",
    "Arrival",
    "Drawn",
    "NoLane",
    "Outcome",
    "Price",
    "account",
    "arrive",
    "draw_ticket",
    "let_out",
    "masks_of",
    "passed_unseen",
    "show_ticket",
    "stay_token",
]


class Outcome(StrEnum):
    """What became of one car at one lane."""

    ENTERED = "entered"
    LEFT = "left"
    WAITS = "waits"
    ASKS = "asks"
    TURNED_AWAY = "turned-away"
    ECHO = "echo"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Arrival:
    """`due` is what the display shows; `call` the desk's; `opens` whether the bar goes up, `latch` what it answered."""

    outcome: Outcome
    reason: Reason
    opens: bool = False
    passage: PassageId | None = None
    stay: StayId | None = None
    due: Money | None = None
    call: CallId | None = None
    certainty: float | None = None
    latch: LatchAnswer | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A ticket, drawn by a car whose plate could not be read. `code` is shown once, as a QR; None where it was turned away."""

    arrival: Arrival
    code: str | None


_TURNED = {Turned.BANNED: Reason.BANNED, Turned.FULL: Reason.FULL, Turned.NO_PERMIT: Reason.NO_PERMIT}


def arrive(
    house: House,
    tenant: TenantId,
    sighting: PlateSighting,
    price: Price,
    *,
    second: PlateSighting | None = None,
    vehicle: str = "car",
    wanted: SpaceClass = SpaceClass.VISITORS,
    nonce: bytes | None = None,
) -> Arrival:
    """A plate at a lane. `second` is another camera's view of the same car; `nonce` 16 bytes of an event that may come again.

    Raises `NoLane` for a gate of no lot, `NotFound`, `StayOver` where somebody was first, the store's and vault's faults.
    """

    def decide(scene: Scene) -> Arrival:
        if scene.lane.role.enters:
            return _enter(scene, price, vehicle, wanted)
        return _leave(scene, price)

    return _at(house, tenant, sighting.gate, sighting.at, decide, sighting=sighting, second=second, nonce=nonce)


def draw_ticket(house: House, tenant: TenantId, gate: GateId, *, vehicle: str = "car") -> Drawn:
    """A car without a readable plate comes in by a ticket. Raises `NoLane` at an exit."""
    code = new_secret(tenant)

    def decide(scene: Scene) -> Arrival:
        if not scene.lane.role.enters:
            raise NoLane("entry")
        refused = _shut(scene, entering=True)
        return refused or _begin(scene, Entered(), vehicle, SpaceClass.VISITORS, note(scene), fingerprint(code))

    arrival = _at(house, tenant, gate, house.clock.now(), decide)
    return Drawn(arrival, code if arrival.opens else None)


def show_ticket(
    house: House, tenant: TenantId, gate: GateId, code: str, price: Price, sighting: PlateSighting | None = None
) -> Arrival:
    """A ticket at an exit; `sighting` is what the camera sees there, if anything. Raises as `arrive`."""

    def decide(scene: Scene) -> Arrival:
        row = parking.stay_by_ticket(scene.tx, fingerprint(code)) if tenant_of(code) == tenant else None
        if row is None or row.stay.lot != scene.lot or not row.stay.inside:
            return _turn_away(scene, note(scene), Reason.UNKNOWN, Means.QR)
        return _leave(scene, price, row)

    return _at(house, tenant, gate, house.clock.now(), decide, sighting=sighting)


def let_out(house: House, tenant: TenantId, stay: StayId, gate: GateId, price: Price) -> Arrival:
    """What was due is paid: the car that waits at this exit may go. Raises as `arrive`."""

    def decide(scene: Scene) -> Arrival:
        row = parking.stay(scene.tx, stay)
        if row is None or row.stay.lot != scene.lot or not row.stay.inside or scene.lane.role.enters:
            return _turn_away(scene, note(scene), Reason.UNKNOWN, None)
        return _goes(scene, row, price, note(scene))

    return _at(house, tenant, gate, house.clock.now(), decide)


def passed_unseen(house: House, tenant: TenantId, gate: GateId, at: datetime) -> PassageId:
    """A car passed that nobody could name: the loop counted it, or the bar was opened by hand. Pairing is more careful then."""
    with house.store.begin(tenant, Actor("gate", str(gate))) as tx:
        scene = scene_at(house, tx, gate, at)
        seen = Seen(PassageId(house.counter.next(scene.now)), {})
        _trace(scene, seen)
        journal.write(tx, house.keyring, scene.now, "lane.passed-unseen", object=f"passage:{seen.passage}")
    return seen.passage


def _at(
    house: House,
    tenant: TenantId,
    gate: GateId,
    at: datetime,
    decide: Callable[[Scene], Arrival],
    *,
    sighting: PlateSighting | None = None,
    second: PlateSighting | None = None,
    nonce: bytes | None = None,
) -> Arrival:
    """Decide and write in one transaction, then open."""
    actor = Actor("gate", str(gate))
    try:
        with house.store.begin(tenant, actor) as tx:
            scene = scene_at(house, tx, gate, at, sighting, second, nonce)
            arrival = decide(scene)
            tx.after_commit(house.wake)
    except Repeated:
        return Arrival(Outcome.REPEATED, Reason.STALE)
    if not arrival.opens or arrival.passage is None:
        return arrival
    return replace(arrival, latch=open_latch(house, tenant, actor, scene.policy, arrival.passage))


# --- coming in ------------------------------------------------------------------------------------------------


def _enter(scene: Scene, price: Price, vehicle: str, wanted: SpaceClass) -> Arrival:
    plate = scene.plate
    assert plate is not None
    refused = _shut(scene, entering=True)
    if refused is not None:
        return refused
    echo = echo_of(scene.lane, scene.at, plate, scene.recent)
    if echo is not None:
        return _echo(scene, echo.of.stay)
    token = stay_token(scene.house, scene.tenant, plate)
    live = [row.stay for row in parking.stays_of_plate(scene.tx, token)]
    undecided = parking.undecided_exits(scene.tx, scene.lot, token, scene.at)
    around, within = parking.family(scene.tx, scene.lot)
    unseen = parking.traces_of(scene.tx, scene.lot, scene.at).exits if scene.late else ()
    begun = enter(
        scene.lane,
        scene.at,
        live,
        passes_of(scene, plate),
        undecided,
        around=around,
        within=within,
        unseen_exits=unseen,
    )
    seen = note(scene)
    end_unseen(scene, [stay for stay in live if stay.stay in begun.ends], seen, scene.at)
    show_wrong(scene, begun.wrong, seen)
    if begun.cause is not None:
        return _began_and_ended(scene, begun, vehicle, seen, price)
    return _begin(scene, begun, vehicle, wanted, seen)


def _begin(
    scene: Scene, begun: Entered, vehicle: str, wanted: SpaceClass, seen: Seen, ticket_hash: bytes | None = None
) -> Arrival:
    """Let it in by the right it has; one that is told of late is in already, whatever its right."""
    papers = papers_of(scene, scene.plate, wanted)
    right = right_of(scene.lane.lot, papers, scene.at, scene.policy.tz, scene.policy.holidays)
    means = Means.PLATE if ticket_hash is None else Means.QR
    if isinstance(right, Turned):
        if not scene.late:
            return _turn_away(scene, seen, _TURNED[right], means)
        right = VISITOR
    spaces = scene.lane.lot.capacity.get(right.space)
    limited = right.permit is None and right.reservation is None and not scene.late and spaces is not None
    if not take_space(scene, right.space, (spaces or 0) - papers.held.get(right.space, 0) if limited else None):
        return _turn_away(scene, seen, Reason.FULL, means)
    stay = _new_stay(scene, begun, vehicle, right)
    if right.reservation is not None:
        parking.use_reservation(scene.tx, right.reservation, stay.stay)
    begin_stay(scene, stay, seen, ticket_hash)
    record(scene, seen, "stay.entered", Reason.ALLOWED, opens=not scene.late, stay=stay, means=means)
    return Arrival(Outcome.ENTERED, Reason.ALLOWED, not scene.late, seen.passage, stay.stay)


def _new_stay(scene: Scene, begun: Entered, vehicle: str, right: Right) -> Stay:
    lot = scene.lane.lot
    return Stay(
        stay=StayId(scene.house.new_id()),
        lot=lot.lot,
        entered=scene.at,
        right=right,
        vehicle=vehicle,
        bills=lot.bills,
        outer=begun.outer,
        tailgated=scene.tailgating,
    )


def _began_and_ended(scene: Scene, begun: Entered, vehicle: str, seen: Seen, price: Price) -> Arrival:
    """An entry that was told so late that the car has gone since: how it went is known, or is for the desk."""
    fresh = _new_stay(scene, begun, vehicle, VISITOR)
    if begun.cause is Cause.LEFT and begun.left is not None:
        due = account(scene.tx, fresh, price, begun.left) if fresh.bills else None
        going = go(fresh, begun.left, due.due.minor if due else 0, passed=True)
        stay = going.stay
        begin_stay(scene, stay, seen)
        if due is not None:
            write_bill(scene, stay.stay, due.bill, final=True)
        if begun.call is not None:
            parking.finish_call(scene.tx, begun.call, "entry-came-late", scene.now)
            asked = parking.call(scene.tx, begun.call)
            if asked is not None and asked.passage is not None:
                parking.clear_unseen(scene.tx, asked.passage, scene.now)
        asks = going.call
    else:
        stay, asks = _lost_at_once(fresh, begun)
        begin_stay(scene, stay, seen)
    made = None if asks is None else call(scene, asks, seen, stay=stay.stay)
    record(scene, seen, "stay.told-late", Reason.ALLOWED, opens=False, stay=stay)
    return Arrival(Outcome.ENTERED, Reason.ALLOWED, passage=seen.passage, stay=stay.stay, call=made)


def _lost_at_once(fresh: Stay, begun: Entered) -> tuple[Stay, CallReason | None]:
    if begun.cause is Cause.BY_HAND or begun.cause is None:
        return replace(settled(fresh), left=begun.left), None
    stay = replace(lost(fresh, begun.cause, superseded=begun.superseded), left=begun.left)
    reason = CallReason.EXIT_MISSED if begun.cause is Cause.EXIT_MISSED else CallReason.TWO_VISITS
    return stay, reason if fresh.bills else None


# --- going out ------------------------------------------------------------------------------------------------


def _leave(scene: Scene, price: Price, ticket: parking.StayRow | None = None) -> Arrival:
    refused = _shut(scene, entering=False)
    if refused is not None:
        return refused
    echo = echo_of(scene.lane, scene.at, scene.plate, scene.recent) if scene.plate and ticket is None else None
    if echo is not None:
        return _echo(scene, echo.of.stay)
    passes = passes_of(scene, scene.plate) if scene.plate else []
    found_here = candidates(scene)
    rows = [row for row in found_here if row.stay.left is None]
    token = stay_token(scene.house, scene.tenant, scene.plate) if scene.plate else None
    left = [row.stay for row in found_here if row.stay.left is not None and row.token == token]
    may_nest = bool(parking.family(scene.tx, scene.lot)[1])
    stays = [open_of(scene, row, may_nest=may_nest) for row in rows]
    shown = None if ticket is None else open_of(scene, ticket, may_nest=may_nest)
    traces = traces_of(scene, rows)
    found = leave(scene.lane, scene.at, scene.readings, stays, passes, left=left, ticket=shown, traces=traces)
    seen = note(scene)
    if isinstance(found, Unclear):
        return _ask(scene, found, seen)
    return _pairs(scene, found, price, seen)


def _pairs(scene: Scene, found: Paired, price: Price, seen: Seen) -> Arrival:
    row = parking.stay(scene.tx, found.stay)
    if row is None:  # it was read a moment ago, in this very transaction
        return _ask(scene, Unclear(Ask(CallReason.NO_ENTRY)), seen)
    return replace(_goes(scene, row, price, seen), certainty=found.certainty)


def _goes(scene: Scene, row: parking.StayRow, price: Price, seen: Seen) -> Arrival:
    """It is this stay's car: let it out, or show what is due."""
    before = row.stay
    owed = account(scene.tx, before, price, scene.at) if before.bills else None
    going = go(before, scene.at, owed.due.minor if owed else 0, passed=scene.late, tailgating=scene.tailgating)
    after, plate = going.stay, str(seen_of(scene.house, scene.tenant, row).get("plate") or scene.plate or "")
    has_left = after.left is not None
    change(scene, before, after, seen)
    if owed is not None:
        write_bill(scene, before.stay, owed.bill, final=has_left)
    if has_left:
        settle_calls(scene, before, [text for text in (plate, scene.plate) if text])
    made = None if going.call is None else call(scene, going.call, seen, stay=before.stay)
    reason, action = (Reason.ALLOWED, "stay.left") if has_left else (Reason.UNPAID, "stay.waits")
    record(scene, seen, action, reason, opens=going.opens, stay=before, plate=plate or None)
    outcome = Outcome.LEFT if has_left else Outcome.WAITS
    due = owed.due if owed and not going.opens else None
    return Arrival(outcome, reason, going.opens, seen.passage, before.stay, due, made)


def _ask(scene: Scene, unclear: Unclear, seen: Seen) -> Arrival:
    """Nobody can tell. No stay is touched, but those that this exit shows to be wrong."""
    lot, ask = scene.lane.lot, unclear.ask
    opens = not scene.late and (not lot.bills or lot.doubt is Doubt.OPEN)
    show_wrong(scene, unclear.wrong, seen)
    made = call(scene, ask.reason, seen, plate=scene.plate, likely=ask.candidates) if lot.bills else None
    if opens or scene.late:
        _trace(scene, seen)
        parking.doubt_stays(scene.tx, ask.doubts, scene.at)
    record(scene, seen, "stay.unclear", Reason.DESK_ASKED if made else Reason.ALLOWED, opens=opens)
    reason = Reason.DESK_ASKED if made else Reason.ALLOWED
    return Arrival(Outcome.ASKS if made else Outcome.LEFT, reason, opens, seen.passage, call=made)


# --- either way -----------------------------------------------------------------------------------------------


def _shut(scene: Scene, *, entering: bool) -> Arrival | None:
    """What holds for every car at this gate. A lockdown keeps cars out, not in; a late event has passed already."""
    policy, sighting = scene.policy, scene.sighting
    if scene.late:
        return None
    reason = None
    if policy.blocked:
        reason = Reason.GATE_BLOCKED
    elif entering and policy.lockdown:
        reason = Reason.LOCKDOWN
    elif sighting is not None and Means.PLATE not in policy.means:
        reason = Reason.MEANS_NOT_ACCEPTED
    elif entering and sighting is not None and sighting.score < policy.min_plate_score:
        reason = Reason.UNSURE
    return None if reason is None else _turn_away(scene, note(scene), reason, Means.PLATE if sighting else Means.QR)


def _turn_away(scene: Scene, seen: Seen, reason: Reason, means: Means | None) -> Arrival:
    record(scene, seen, "lane.turned-away", reason, opens=False, means=means)
    return Arrival(Outcome.TURNED_AWAY, reason, passage=seen.passage)


def _echo(scene: Scene, stay: StayId | None) -> Arrival:
    """The same car once more. It still stands there, so the bar goes up again; what is told late changes nothing at all."""
    if scene.late:
        return Arrival(Outcome.ECHO, Reason.ALLOWED, stay=stay)
    seen = note(scene)
    row = None if stay is None else parking.stay(scene.tx, stay)
    record(scene, seen, "lane.read-again", Reason.ALLOWED, opens=True, stay=row.stay if row else None)
    return Arrival(Outcome.ECHO, Reason.ALLOWED, opens=True, passage=seen.passage, stay=stay)


def _trace(scene: Scene, seen: Seen) -> None:
    """A car passed here that nobody could name."""
    parking.add_unseen(scene.tx, seen.passage, scene.lot, enters=scene.lane.role.enters, at=scene.at)
