"""A car goes out: it is paired with its stay, and pays or goes; or nobody can tell, and the desk is asked."""

from __future__ import annotations

from dataclasses import replace

from sealgate.domain.access import Reason
from sealgate.domain.lots import Doubt
from sealgate.domain.stays import StayState, gone
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_pairing import Ask, Likely, Paired
from sealgate.domain.stays_passing import OpenedBy, Unclear, go, goes_by, leave, read_better
from sealgate.domain.tariff_errors import CannotPrice
from sealgate.flows.agreement_rows import promise
from sealgate.flows.fleet_charging import charged, trusted
from sealgate.flows.overpaid import close_account
from sealgate.flows.parking_outcomes import Arrival, Outcome, echo_at, read_again, shut, still, trace
from sealgate.flows.parking_scene import Scene, candidates, open_of, passes_of, stay_token, traces_of
from sealgate.flows.parking_writing import (
    Price,
    Seen,
    account,
    call,
    change,
    note,
    record,
    seen_of,
    settle_calls,
    show_wrong,
    write_bill,
)
from sealgate.store import parking


def leaves(scene: Scene, price: Price, ticket: parking.StayRow | None = None) -> Arrival:
    refused = shut(scene, entering=False)
    if refused is not None:
        return refused
    passes = passes_of(scene, scene.plate) if scene.plate else []
    echo = (echo_at(scene) or read_better(scene.lane, scene.at, passes)) if ticket is None else None
    if echo is not None:
        return read_again(scene, echo.of.stay)
    found_here = candidates(scene)
    rows = [row for row in found_here if row.stay.left is None]
    token = stay_token(scene.house, scene.tenant, scene.plate) if scene.plate else None
    left = [row.stay for row in found_here if row.stay.left is not None and row.token == token]
    may_nest = bool(parking.family(scene.tx, scene.lot)[1])
    stays = [open_of(scene, row, may_nest=may_nest) for row in rows]
    shown = None if ticket is None else open_of(scene, ticket, may_nest=may_nest)
    traces = traces_of(scene, rows)
    found = leave(scene.lane, scene.at, scene.readings, stays, passes, left=left, ticket=shown, traces=traces)
    if isinstance(found, Unclear):
        return _asked_still(scene, found) or asks(scene, found, note(scene))
    return _pairs(scene, found, price)


def _pairs(scene: Scene, found: Paired, price: Price) -> Arrival:
    row = parking.stay(scene.tx, found.stay)
    if row is None:  # it was read a moment ago, in this very transaction
        return asks(scene, Unclear(Ask(CallReason.NO_ENTRY)), note(scene))
    waits = _waits_still(scene, row, price)
    return replace(waits or goes(scene, row, price, note(scene)), certainty=found.certainty)


def _asked_still(scene: Scene, unclear: Unclear) -> Arrival | None:
    """It was asked about a moment ago, has not moved, and nobody has answered yet."""
    was = None if unclear.wrong else still(scene, Reason.DESK_ASKED)
    if was is None or scene.plate is None:
        return None
    calls = parking.calls_of_plate(scene.tx, stay_token(scene.house, scene.tenant, scene.plate))
    made = next((row.call for row in calls if row.gate == scene.lane.gate), None)
    return None if made is None else Arrival(Outcome.ASKS, Reason.DESK_ASKED, passage=was.passage, call=made)


def _waits_still(scene: Scene, row: parking.StayRow, price: Price) -> Arrival | None:
    """It was shown what is due a moment ago, has not moved, and has not paid."""
    stay, was = row.stay, still(scene, Reason.UNPAID)
    if was is None or was.stay != stay.stay or stay.state is not StayState.WAITING or scene.late:
        return None
    try:
        due = account(scene.tx, stay, price, scene.at).due
    except CannotPrice:
        return None
    return Arrival(Outcome.WAITS, Reason.UNPAID, passage=was.passage, stay=stay.stay, due=due) if due.minor > 0 else None


def goes(scene: Scene, row: parking.StayRow, price: Price, seen: Seen) -> Arrival:
    """It is this stay's car: let it out, or show what is due. What no tariff can price is for the desk."""
    before = row.stay
    try:
        owed = account(scene.tx, before, price, scene.at) if before.bills else None
    except CannotPrice:
        return asks(scene, Unclear(Ask(CallReason.WRONG_SUM, (Likely(before.stay, 1.0),))), seen)
    owed = owed and charged(scene, before, owed)
    trusts = scene.cut_off and (scene.lane.lot.doubt is Doubt.OPEN or trusted(scene, before))
    due = owed.due.minor if owed else 0
    going = go(before, scene.at, due, passed=scene.late, tailgating=scene.tailgating, trusts=trusts)
    after, entered = going.stay, seen_of(scene.house, scene.tenant, row)
    plate = str(entered.get("plate") or scene.plate or "")
    has_left = after.left is not None
    change(scene, before, after, seen)
    if owed is not None:
        if has_left:
            close_account(scene, before.stay, owed)
        else:
            write_bill(scene, before.stay, owed.bill, final=False)
    if has_left:
        settle_calls(scene, before, filter(None, [plate, *(reading.text for reading in scene.readings)]))
    made = None if going.call is None else call(scene, going.call, seen, stay=before.stay)
    reason, action = (Reason.ALLOWED, "stay.left") if has_left else (Reason.UNPAID, "stay.waits")
    rule = goes_by(before, going, owed.received.minor if owed else 0)
    record(scene, seen, action, reason, opens=going.opens, stay=before, plate=plate or None, rule=rule)
    if owed is not None and not has_left and made is None:
        promise(scene.house, scene.tx, row, str(entered.get("plate", "")), scene.plate or "", owed)
    outcome = Outcome.LEFT if has_left else Outcome.WAITS
    shows = owed.due if owed and not going.opens else None
    return Arrival(outcome, reason, going.opens, seen.passage, before.stay, shows, made)


def goes_owing(scene: Scene, row: parking.StayRow, price: Price, seen: Seen) -> Arrival:
    """It may go before its money came; the stay is over and owes. Raises a kind of `CannotPrice`."""
    before, entered = row.stay, seen_of(scene.house, scene.tenant, row)
    owed, plate = account(scene.tx, before, price, scene.at), str(entered.get("plate", ""))
    change(scene, before, gone(before, scene.at, owing=bool(owed.due)), seen)
    close_account(scene, before.stay, owed)
    settle_calls(scene, before, [plate] if plate else [])
    rule, shown = OpenedBy.LATER, plate or None
    record(scene, seen, "stay.left-owing", Reason.ALLOWED, opens=True, stay=before, plate=shown, means=None, rule=rule)
    return Arrival(Outcome.LEFT, Reason.ALLOWED, True, seen.passage, before.stay, owed.due)


def asks(scene: Scene, unclear: Unclear, seen: Seen) -> Arrival:
    """Nobody can tell. No stay is touched, but those that this exit shows to be wrong."""
    lot, ask = scene.lane.lot, unclear.ask
    opens = not scene.late and (not lot.bills or lot.doubt is Doubt.OPEN)
    show_wrong(scene, unclear.wrong, seen)
    made = call(scene, ask.reason, seen, plate=scene.plate, likely=ask.candidates) if lot.bills else None
    if opens or scene.late:
        trace(scene, seen, of_unread=ask.of_unread(scene.readings))
        parking.doubt_stays(scene.tx, ask.doubts, scene.at)
    told = Reason.DESK_ASKED if made else Reason.ALLOWED
    record(scene, seen, "stay.unclear", told, opens=opens, rule=OpenedBy.DOUBT if lot.bills else OpenedBy.FREE)
    reason = Reason.DESK_ASKED if made else Reason.ALLOWED
    return Arrival(Outcome.ASKS if made else Outcome.LEFT, reason, opens, seen.passage, call=made)
