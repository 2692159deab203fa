"""A car comes in: by the right it has, and with what its coming says of its other stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sealgate.domain.access import Reason
from sealgate.domain.calendar import local_day
from sealgate.domain.ids import StayId
from sealgate.domain.lots import SpaceClass, space_of
from sealgate.domain.plates import vehicle_of
from sealgate.domain.sightings import Means
from sealgate.domain.stays import VISITOR, Cause, Right, Stay, lost, settled
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_passing import Echo, Entered, OpenedBy, Passing, enter, go
from sealgate.domain.stays_rights import Papers, Turned, right_of
from sealgate.domain.tariff_errors import CannotPrice
from sealgate.flows.overpaid import close_account
from sealgate.flows.parking_outcomes import Arrival, Outcome, echo_at, read_again, shut, turn_away, turned_still
from sealgate.flows.parking_scene import Scene, papers_of, passes_of, stay_token
from sealgate.flows.parking_writing import (
    Price,
    Seen,
    account,
    begin_stay,
    call,
    end_unseen,
    note,
    record,
    see_better,
    seen_of,
    show_wrong,
    take_space,
)
from sealgate.store import parking

_TURNED = {Turned.BANNED: Reason.BANNED, Turned.FULL: Reason.FULL, Turned.NO_PERMIT: Reason.NO_PERMIT}


def enters(scene: Scene, price: Price, vehicle: str = "", wanted: SpaceClass | None = None) -> Arrival:
    """`vehicle` and `wanted` are told by the plate, unless given."""
    plate, sighting = scene.plate, scene.sighting
    assert plate is not None
    assert sighting is not None
    vehicle, wanted = vehicle or scene.lane.vehicle or vehicle_of(plate, sighting.kind), wanted or space_of(sighting.kind)
    refused = shut(scene, entering=True)
    if refused is not None:
        return refused
    echo = echo_at(scene)
    if echo is not None:
        return _once_more(scene, echo)
    token = stay_token(scene.house, scene.tenant, plate)
    live = [row.stay for row in parking.stays_of_plate(scene.tx, token)]
    undecided = parking.undecided_exits(scene.tx, scene.lot, token, scene.at)
    around, within = parking.family(scene.tx, scene.lot)
    unseen = parking.traces_of(scene.tx, scene.lot, scene.at).exits if scene.late else ()
    passes = passes_of(scene, plate)
    begun = enter(
        scene.lane,
        scene.at,
        live,
        passes,
        undecided,
        around=around,
        within=within,
        unseen_exits=unseen,
    )
    begun = replace(begun, came_before=came_before(scene, passes))
    if not (begun.ends or begun.wrong or begun.cause):
        return begins(scene, begun, vehicle, wanted)
    seen = note(scene)
    end_unseen(scene, [stay for stay in live if stay.stay in begun.ends], seen, scene.at)
    show_wrong(scene, begun.wrong, seen)
    if begun.cause is not None:
        return _began_and_ended(scene, begun, vehicle, wanted, seen, price)
    return begins(scene, begun, vehicle, wanted, seen)


def came_before(scene: Scene, passes: Sequence[Passing]) -> bool:
    """Whether the same car came into this lot and left it earlier on this local day."""
    tz = scene.policy.tz
    today = local_day(scene.at, tz)
    left = (was for was in passes if was.lot == scene.lot and not was.enters and was.opened and was.at < scene.at)
    return any(was.entered is not None and local_day(was.entered, tz) == today == local_day(was.at, tz) for was in left)


def _once_more(scene: Scene, echo: Echo) -> Arrival:
    """Another look at the car that is coming in: its stay takes the plate, where it had none or one read less surely."""
    row = None if echo.sure or scene.late or echo.of.stay is None else parking.stay(scene.tx, echo.of.stay)
    if row is None or not row.stay.inside or scene.sighting is None:
        return read_again(scene, echo.of.stay)
    was, seen = seen_of(scene.house, scene.tenant, row), note(scene)
    if not was.get("plate") or float(was.get("score", 1.0)) < scene.sighting.score:
        see_better(scene, row, was, seen)
    return read_again(scene, echo.of.stay, seen)


def begins(
    scene: Scene,
    begun: Entered,
    vehicle: str,
    wanted: SpaceClass,
    seen: Seen | None = None,
    ticket_hash: bytes | None = None,
    means: Means = Means.PLATE,
) -> Arrival:
    """Let it in by the right it has; one that is told of late is in already, whatever its right.

    `seen` None: nothing was written of it yet, and nothing is where it only still stands there.
    """
    papers = papers_of(scene, scene.plate, wanted)
    right = _right(scene, papers)
    if isinstance(right, Turned):
        if not scene.late:
            return _turned(scene, seen, _TURNED[right], means)
        right = VISITOR
    spaces = scene.lane.lot.capacity.get(right.space)
    limited = right.permit is None and right.reservation is None and not scene.late and spaces is not None
    if not take_space(scene, right.space, (spaces or 0) - papers.held.get(right.space, 0) if limited else None):
        return _turned(scene, seen, Reason.FULL, means)
    seen = seen or note(scene)
    stay = _new_stay(scene, begun, _class_of(papers, right) or vehicle, right)
    if right.reservation is not None:
        parking.use_reservation(scene.tx, right.reservation, stay.stay)
    begin_stay(scene, stay, seen, ticket_hash)
    rule = OpenedBy(right.kind.value)
    record(scene, seen, "stay.entered", Reason.ALLOWED, opens=not scene.late, stay=stay, means=means, rule=rule)
    return Arrival(Outcome.ENTERED, Reason.ALLOWED, not scene.late, seen.passage, stay.stay)


def _class_of(papers: Papers, right: Right) -> str:
    """By the permit that it stands by, where that says so."""
    return next((use.permit.vehicle for use in papers.permits if use.permit.permit == right.permit), "")


def _turned(scene: Scene, seen: Seen | None, reason: Reason, means: Means) -> Arrival:
    told = turned_still(scene, reason) if seen is None else None
    return told or turn_away(scene, seen or note(scene), reason, means)


def _right(scene: Scene, papers: Papers) -> Right | Turned:
    return right_of(scene.lane.lot, papers, scene.at, scene.policy.tz, scene.policy.holidays)


def _new_stay(scene: Scene, begun: Entered, vehicle: str, right: Right) -> Stay:
    lot = scene.lane.lot
    return Stay(
        stay=scene.named or StayId(scene.house.new_id()),
        lot=lot.lot,
        entered=scene.at,
        right=right,
        vehicle=vehicle,
        area=lot.area,
        came_before=begun.came_before,
        bills=lot.bills,
        outer=begun.outer,
        tailgated=scene.tailgating,
    )


def _began_and_ended(scene: Scene, begun: Entered, vehicle: str, wanted: SpaceClass, seen: Seen, price: Price) -> Arrival:
    """An entry that was told so late that the car has gone since: how it went is known, or is for the desk."""
    right = _right(scene, papers_of(scene, scene.plate, wanted))
    fresh = _new_stay(scene, begun, vehicle, VISITOR if isinstance(right, Turned) else right)
    found = _left_already(scene, fresh, begun, seen, price) if begun.cause is Cause.LEFT else None
    if found is None:
        found = _lost_at_once(fresh, begun)
        begin_stay(scene, found[0], seen)
    stay, asks = found
    made = None if asks is None else call(scene, asks, seen, stay=stay.stay)
    record(scene, seen, "stay.told-late", Reason.ALLOWED, opens=False, stay=stay)
    return Arrival(Outcome.ENTERED, Reason.ALLOWED, passage=seen.passage, stay=stay.stay, call=made)


def _left_already(scene: Scene, fresh: Stay, begun: Entered, seen: Seen, price: Price) -> tuple[Stay, CallReason | None] | None:
    """Its exit waited at the desk: that call is answered now. None where no tariff can price it."""
    if begun.left is None or begun.call is None:
        return None
    try:
        owed = account(scene.tx, fresh, price, begun.left) if fresh.bills else None
    except CannotPrice:
        return None
    going = go(fresh, begun.left, owed.due.minor if owed else 0, passed=True)
    begin_stay(scene, going.stay, seen)
    if owed is not None:
        close_account(scene, going.stay.stay, owed)
    asked = parking.call(scene.tx, begun.call)
    parking.finish_call(scene.tx, begun.call, "entry-came-late", scene.now)
    if asked is not None and asked.passage is not None:
        parking.clear_unseen(scene.tx, asked.passage, scene.now)
    return going.stay, going.call


def _lost_at_once(fresh: Stay, begun: Entered) -> tuple[Stay, CallReason | None]:
    if begun.cause is Cause.BY_HAND:
        return replace(settled(fresh), left=begun.left), None
    cause = Cause.TWO_VISITS if begun.cause is Cause.TWO_VISITS else Cause.EXIT_MISSED
    stay = replace(lost(fresh, cause, superseded=begun.superseded), left=begun.left)
    reason = CallReason.EXIT_MISSED if cause is Cause.EXIT_MISSED else CallReason.TWO_VISITS
    return stay, reason if fresh.bills else None
