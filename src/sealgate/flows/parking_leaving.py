"""A car goes out: it is paired with its stay, and pays or goes; or nobody can tell, and the desk is asked."""

from __future__ import annotations

from dataclasses import replace

from sealgate.domain.access import Reason
from sealgate.domain.lots import Doubt
from sealgate.domain.stays import gone
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_pairing import Ask, Likely, Paired
from sealgate.domain.stays_passing import Unclear, echo_of, go, leave
from sealgate.domain.tariff_errors import CannotPrice
from sealgate.flows.agreement_rows import promise
from sealgate.flows.overpaid import close_account
from sealgate.flows.parking_outcomes import Arrival, Outcome, read_again, shut, trace
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
    echo = echo_of(scene.lane, scene.at, scene.plate, scene.recent) if scene.plate and ticket is None else None
    if echo is not None:
        return read_again(scene, echo.of.stay)
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
    return replace(goes(scene, row, price, seen), certainty=found.certainty)


def goes(scene: Scene, row: parking.StayRow, price: Price, seen: Seen) -> Arrival:
    """It is this stay's car: let it out, or show what is due. What no tariff can price is for the desk."""
    before = row.stay
    try:
        owed = account(scene.tx, before, price, scene.at) if before.bills else None
    except CannotPrice:
        return _ask(scene, Unclear(Ask(CallReason.WRONG_SUM, (Likely(before.stay, 1.0),))), seen)
    going = go(before, scene.at, owed.due.minor if owed else 0, passed=scene.late, tailgating=scene.tailgating)
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
        settle_calls(scene, before, [text for text in (plate, scene.plate) if text])
    made = None if going.call is None else call(scene, going.call, seen, stay=before.stay)
    reason, action = (Reason.ALLOWED, "stay.left") if has_left else (Reason.UNPAID, "stay.waits")
    record(scene, seen, action, reason, opens=going.opens, stay=before, plate=plate or None)
    if owed is not None and not has_left and made is None:
        promise(scene.house, scene.tx, row, str(entered.get("plate", "")), scene.plate or "", owed)
    outcome = Outcome.LEFT if has_left else Outcome.WAITS
    due = owed.due if owed and not going.opens else None
    return Arrival(outcome, reason, going.opens, seen.passage, before.stay, due, made)


def goes_owing(scene: Scene, row: parking.StayRow, price: Price, seen: Seen) -> Arrival:
    """It may go before its money came; the stay is over and owes. Raises a kind of `CannotPrice`."""
    before, entered = row.stay, seen_of(scene.house, scene.tenant, row)
    owed, plate = account(scene.tx, before, price, scene.at), str(entered.get("plate", ""))
    change(scene, before, gone(before, scene.at, owing=bool(owed.due)), seen)
    close_account(scene, before.stay, owed)
    settle_calls(scene, before, [plate] if plate else [])
    record(scene, seen, "stay.left-owing", Reason.ALLOWED, opens=True, stay=before, plate=plate or None, means=None)
    return Arrival(Outcome.LEFT, Reason.ALLOWED, True, seen.passage, before.stay, owed.due)


def _ask(scene: Scene, unclear: Unclear, seen: Seen) -> Arrival:
    """Nobody can tell. No stay is touched, but those that this exit shows to be wrong."""
    lot, ask = scene.lane.lot, unclear.ask
    opens = not scene.late and (not lot.bills or lot.doubt is Doubt.OPEN)
    show_wrong(scene, unclear.wrong, seen)
    made = call(scene, ask.reason, seen, plate=scene.plate, likely=ask.candidates) if lot.bills else None
    if opens or scene.late:
        trace(scene, seen)
        parking.doubt_stays(scene.tx, ask.doubts, scene.at)
    record(scene, seen, "stay.unclear", Reason.DESK_ASKED if made else Reason.ALLOWED, opens=opens)
    reason = Reason.DESK_ASKED if made else Reason.ALLOWED
    return Arrival(Outcome.ASKS if made else Outcome.LEFT, reason, opens, seen.passage, call=made)
