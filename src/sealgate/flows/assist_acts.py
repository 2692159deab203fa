"""What an attendant decides about a call: one transaction for the stay, the bill, the passage, the call and the journal.

The surprising thing: a bill that is waived is not lowered in place. The final bill carries the sum and, as a line of its own,
what was let off, so that the books say both. And every opening by hand is a passage with the reason `forced` and the words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid5

from sealgate.domain.access import Reason
from sealgate.domain.desk import Act
from sealgate.domain.errors import Conflict, Invalid, Refused
from sealgate.domain.ids import CallId, PassageId, StayId, ValidationId
from sealgate.domain.lots import Validation
from sealgate.domain.money import Money
from sealgate.domain.plates import normalise
from sealgate.domain.stays import Stay, StayOver, StayState, gone, settled, shown
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_pairing import Likely
from sealgate.domain.tariffs import Bill, BillReason, Line
from sealgate.flows.assist import detail_of, held, keep, stay_named, tell_desk, the_call, told_off
from sealgate.flows.fleet_charging import charged
from sealgate.flows.kit import House, Signed
from sealgate.flows.lots import NoSuchWord, words_of
from sealgate.flows.overpaid import close_account
from sealgate.flows.parking_outcomes import trace
from sealgate.flows.parking_scene import Scene, masks_of, scene_at, stay_token
from sealgate.flows.parking_writing import Account, Price, Seen, account, change, record, settle_calls, write_bill
from sealgate.flows.passage import NeedsWords, open_latch
from sealgate.ports import LatchAnswer
from sealgate.privacy import journal
from sealgate.store import parking, places
from sealgate.store.engine import Tx
from sealgate.store.parking import CallRow, StayRow

NEEDS_WORDS = frozenset({Act.OPEN, Act.CHARGE_LATER, Act.WAIVE, Act.REDUCE, Act.MAINTENANCE})
PICTURES = ("plate", "score", "kind", "picture", "second_plate", "second_score", "second_kind", "second_picture")


class NoSuchStay(Invalid):
    """No car with such a plate is in this lot."""

    code = "desk.no-such-stay"


class StayUnknown(Refused):
    """This decision needs a car that is known."""

    code = "desk.stay-unknown"


class NoLostPrice(Refused):
    """The tariff of this lot has no price for a lost ticket."""

    code = "desk.no-lost-price"


class CarGone(Conflict):
    """The car is not at the gate any more, or the call is about no gate."""

    code = "desk.car-gone"


@dataclass(frozen=True, slots=True)
class Decision:
    """`why` in words, for what opens or waives; `plate` as typed; `share` per cent off; `stay` which is meant.

    `vehicle` and `area` are words of the tariff; `points` of a member, to be used for this stay.
    """

    act: Act
    why: str = ""
    plate: str = ""
    share: int = 0
    stay: StayId | None = None
    vehicle: str = ""
    area: str = ""
    points: int = 0


@dataclass(frozen=True, slots=True)
class Decided:
    """`ends`: the call is done. `passage` was opened; `latch` is what the barrier answered. `due` is what the driver sees."""

    ends: bool = False
    opens: bool = False
    passage: PassageId | None = None
    due: Money | None = None
    latch: LatchAnswer | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One call being decided, with everything that a decision reads."""

    house: House
    tx: Tx
    signed: Signed
    row: CallRow
    detail: Mapping[str, Any]
    given: Decision
    why: str
    price: Price
    now: datetime


def decide(house: House, signed: Signed, call: CallId, given: Decision, price: Price) -> Decided:
    """Raises `NotTaken`, `CallTaken`, `NeedsWords`, `NoSuchStay`, `StayUnknown`, `NoLostPrice`, `CarGone`, `StayOver` and
    `BadPlate`."""
    why = " ".join(given.why.split())
    if given.act in NEEDS_WORDS and not 3 <= len(why) <= 300:
        raise NeedsWords("say why in 3 to 300 characters")
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        row = held(tx, signed, call)
        case = Case(house, tx, signed, row, detail_of(house, tx, row), given, why, price, now)
        decided = _ACTS[given.act](case)
        thing = f"call:{call}" + (f" stay:{row.stay}" if row.stay else "")
        journal.write(tx, house.keyring, now, f"call.{given.act.value}", object=thing, purpose=why)
        tell_desk(tx, call, row.lot)
        tx.after_commit(house.wake)
        policy = places.policy_of(tx, row.gate) if decided.opens and row.gate else None
    if policy is None or decided.passage is None:
        return decided
    return replace(decided, latch=open_latch(house, signed.tenant, signed.actor, policy, decided.passage))


# --- who is it -----------------------------------------------------------------------------------------------


def _same_car(case: Case) -> Decided:
    keep(case.house, case.tx, case.signed, case.row, {}, _stay_of(case).stay.stay)
    return Decided()


def _another_car(case: Case) -> Decided:
    turned_down = [*case.detail.get("not", ()), str(_stay_of(case).stay.stay)]
    keep(case.house, case.tx, case.signed, case.row, {"not": turned_down}, None)
    return Decided()


def _plate(case: Case) -> Decided:
    """The plate as the attendant reads it: the stay that has it, else those that come near."""
    text = normalise(case.given.plate)
    exact = parking.stays_of_plate(case.tx, stay_token(case.house, case.tx.tenant, text))
    here = [row for row in exact if row.stay.lot == case.row.lot and row.stay.inside]
    near = here or _near(case, text)
    if not near:
        raise NoSuchStay("no car with this plate is in this lot", field="plate")
    likely = [Likely(row.stay.stay, 1.0 if here else 0.0) for row in near]
    found = {
        "typed": text,
        "not": [],
        "candidates": [{"stay": str(one.stay), "certainty": one.certainty} for one in likely],
    }
    keep(case.house, case.tx, case.signed, case.row, found, near[0].stay.stay if len(here) == 1 else None)
    return Decided()


def _near(case: Case, text: str) -> list[StayRow]:
    masks = masks_of(case.house, case.tx.tenant, case.row.lot, [text])
    return [row for row in parking.stays_like(case.tx, masks) if row.stay.inside][:5]


# --- what becomes of it --------------------------------------------------------------------------------------


def _send_bill(case: Case) -> Decided:
    """The lane's screen shows the sum and the code to pay with; what is paid already goes."""
    row, scene = _at_the_gate(case)
    return _bill_shown(case, row, scene, _resumed(row.stay))


def _bill_shown(case: Case, row: StayRow, scene: Scene, before: Stay) -> Decided:
    """`before` is the stay as it is billed; `row` as it still lies in the store."""
    owed = _account(case, before)
    owed = owed and charged(scene, before, owed)
    _finish(case, case.given.act)
    if owed is None or not owed.due:
        return _leaves(case, scene, row, gone(before, case.now, owing=False), owed, Reason.ALLOWED)
    seen = _seen(case)
    change(scene, row.stay, shown(before), seen)
    write_bill(scene, before.stay, owed.bill, final=False)
    record(scene, seen, "stay.waits", Reason.UNPAID, opens=False, stay=before, plate=case.detail.get("plate"))
    return Decided(ends=True, due=owed.due)


def _charge_later(case: Case) -> Decided:
    """It may go, and what is due stays due. A car that has gone already only leaves the queue."""
    row = _stay_of(case)
    if not row.stay.inside:
        _finish(case, Act.CHARGE_LATER)
        return Decided(ends=True)
    row, scene = _at_the_gate(case)
    before = _resumed(row.stay)
    owed = _account(case, before)
    _finish(case, Act.CHARGE_LATER)
    after = gone(before, case.now, owing=owed is not None and bool(owed.due))
    return _leaves(case, scene, row, after, owed, Reason.FORCED)


def _waive(case: Case) -> Decided:
    """Nothing is due any more. A car that has gone already is done with."""
    row = _stay_of(case)
    if not row.stay.inside:
        _finish(case, Act.WAIVE)
        scene = _scene(case)
        change(scene, row.stay, settled(row.stay))
        return Decided(ends=True)
    row, scene = _at_the_gate(case)
    before = _resumed(row.stay)
    owed = _account(case, before)
    _finish(case, Act.WAIVE)
    let_off = None if owed is None else replace(owed, bill=waived(owed))
    return _leaves(case, scene, row, gone(before, case.now, owing=False), let_off, Reason.FORCED)


def waived(owed: Account) -> Bill:
    """The bill with what is still due as a line that takes it off.

    >>> from sealgate.domain.money import Money
    >>> bill = Bill((Line(BillReason.FLAT, Money(1200, "CNY")),), Money(1200, "CNY"))
    >>> waived(Account(bill, received=Money(500, "CNY"), due=Money(700, "CNY"))).total
    Money(minor=500, currency='CNY')
    """
    off = Line(BillReason.WAIVED, -owed.due)
    return replace(owed.bill, lines=(*owed.bill.lines, off), total=owed.bill.total - owed.due)


def _reduce(case: Case) -> Decided:
    """A share of the price is let off, and the driver is shown what is left."""
    row, _ = _at_the_gate(case)
    made = Validation(ValidationId(case.house.new_id()), share=case.given.share)
    parking.add_validation(case.tx, row.stay.stay, made, case.now)
    return _send_bill(case)


def _describe(case: Case) -> Decided:
    """Of what class it is, and in which part of the garage it stands. The bill is another one; nothing is decided by it."""
    row = _stay_of(case)
    known = words_of(case.tx, parking.lot(case.tx, row.stay.lot), row.stay.entered)
    vehicle, area = case.given.vehicle or row.stay.vehicle, case.given.area or row.stay.area
    if (case.given.vehicle and vehicle not in known.classes) or (case.given.area and area not in known.areas):
        raise NoSuchWord("the tariff does not know this", field="vehicle")
    if not parking.describe_stay(case.tx, row.stay.stay, vehicle, area):
        raise StayOver("its bill is made")
    return Decided()


def _points(case: Case) -> Decided:
    """A member's points, as the attendant takes them over the telephone. Said again they are not added up: the last holds."""
    row = _stay_of(case)
    if not words_of(case.tx, parking.lot(case.tx, row.stay.lot), row.stay.entered).points:
        raise NoSuchWord("the tariff takes no points", field="points")
    made = Validation(ValidationId(uuid5(row.stay.stay, "points")), points=case.given.points)
    parking.put_validation(case.tx, row.stay.stay, made, case.now)
    return Decided()


def _lost_ticket(case: Case) -> Decided:
    """The driver has no ticket any more: what the tariff asks for that is shown, whatever the stay costs otherwise."""
    row, scene = _at_the_gate(case)
    before = replace(_resumed(row.stay), ticket_lost=case.now)
    if not asks_for_lost(before, case.price, case.now):
        raise NoLostPrice("the tariff has no price for a lost ticket")
    return _bill_shown(case, row, scene, before)


def asks_for_lost(stay: Stay, price: Price, at: datetime) -> bool:
    """Whether the bill of a stay without its ticket says so."""
    return stay.bills and any(line.reason is BillReason.LOST_TICKET for line in price(stay, stay.left or at).lines)


def _open(case: Case) -> Decided:
    """Nobody knows who it is, and it goes all the same."""
    scene = _scene(case)
    _finish(case, Act.OPEN)
    seen = _seen(case)
    trace(scene, seen, of_unread=case.row.reason is CallReason.NO_ENTRY)
    record(scene, seen, "gate.opened-by-hand", Reason.FORCED, opens=True, plate=case.detail.get("plate"), means=None)
    return Decided(ends=True, opens=True, passage=seen.passage)


def _not_open(case: Case) -> Decided:
    _finish(case, Act.NOT_OPEN)
    return Decided(ends=True)


def _block(case: Case) -> Decided:
    """Shut the lane to everybody, or give it free again."""
    gate = places.gate(case.tx, _gate(case))
    places.update_gate(case.tx, gate.gate, blocked=not gate.blocked)
    action = "gate.unblocked" if gate.blocked else "gate.blocked"
    journal.write(case.tx, case.house.keyring, case.now, action, object=f"gate:{gate.gate}", purpose=case.why)
    return Decided()


def _maintenance(case: Case) -> Decided:
    """Somebody has to come to the lane: told to whoever listens, and remembered with the call."""
    gate = _gate(case)
    keep(case.house, case.tx, case.signed, case.row, {"maintenance": case.now.isoformat()}, case.row.stay)
    case.tx.publish("maintenance", {"gate": str(gate), "call": str(case.row.call)})
    return Decided()


_ACTS: Mapping[Act, Callable[[Case], Decided]] = {
    Act.SAME_CAR: _same_car,
    Act.ANOTHER_CAR: _another_car,
    Act.PLATE: _plate,
    Act.SEND_BILL: _send_bill,
    Act.OPEN: _open,
    Act.CHARGE_LATER: _charge_later,
    Act.WAIVE: _waive,
    Act.REDUCE: _reduce,
    Act.LOST_TICKET: _lost_ticket,
    Act.DESCRIBE: _describe,
    Act.POINTS: _points,
    Act.NOT_OPEN: _not_open,
    Act.BLOCK: _block,
    Act.MAINTENANCE: _maintenance,
}


# --- parts ---------------------------------------------------------------------------------------------------


def _leaves(case: Case, scene: Scene, row: StayRow, after: Stay, owed: Account | None, reason: Reason) -> Decided:
    """The stay ends with its final bill, and the barrier goes up for it."""
    seen = _seen(case)
    change(scene, row.stay, after, seen)
    if owed is not None:
        close_account(scene, after.stay, owed)
    plate = case.detail.get("plate")
    settle_calls(scene, after, [plate] if plate else [])
    action = "gate.opened-by-hand" if reason is Reason.FORCED else "stay.left"
    record(scene, seen, action, reason, opens=True, stay=after, plate=plate, means=None)
    return Decided(ends=True, opens=True, passage=seen.passage)


def _seen(case: Case) -> Seen:
    """What the camera saw when the call was made, and who opened, and why."""
    what = {name: case.detail[name] for name in PICTURES if name in case.detail}
    return Seen(PassageId(case.house.counter.next(case.now)), what | {"why": case.why, "by": case.signed.name})


def _finish(case: Case, act: Act) -> None:
    """First of all: of two decisions of one call the second changes nothing."""
    if not parking.finish_call(case.tx, case.row.call, act.value, case.now, case.signed.operator):
        raise told_off(the_call(case.tx, case.row.call))


def _stay_of(case: Case) -> StayRow:
    wanted = case.given.stay or stay_named(dict(case.detail), case.row)
    row = None if wanted is None else parking.stay(case.tx, wanted)
    if row is None or row.stay.lot != case.row.lot:
        raise StayUnknown("the car is not known yet")
    return row


def _at_the_gate(case: Case) -> tuple[StayRow, Scene]:
    row = _stay_of(case)
    if not row.stay.inside:
        raise CarGone("the car has left")
    return row, _scene(case)


def _scene(case: Case) -> Scene:
    return scene_at(case.house, case.tx, _gate(case), case.now)


def _gate(case: Case) -> Any:
    if case.row.gate is None:
        raise CarGone("this call is about no gate")
    return case.row.gate


def _account(case: Case, stay: Stay) -> Account | None:
    fresh = parking.stay(case.tx, stay.stay)
    validated = stay if fresh is None else replace(stay, validations=fresh.stay.validations)
    return account(case.tx, validated, case.price, case.now) if stay.bills else None


def _resumed(stay: Stay) -> Stay:
    """A dispute is settled by deciding."""
    return replace(stay, state=StayState.OPEN) if stay.state is StayState.DISPUTED else stay
