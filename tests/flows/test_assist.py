"""The desk far away: Dora and Dan attend Acme's garage from an office; Bob stands at its exit and something is wrong.

The tariff of these tests: 5.00 for each started hour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.devices.simulated import SimulatedLatch
from sealgate.domain.access import Reason
from sealgate.domain.desk import GONE, Act, Waiting, in_order
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import CallId, GateId, LotId, StayId, TenantId
from sealgate.domain.lots import GateRole, Lot, SpaceClass
from sealgate.domain.money import Money
from sealgate.domain.operators import Role
from sealgate.domain.places import GateKind
from sealgate.domain.plates import BadPlate, normalise
from sealgate.domain.sightings import Means, PlateSighting
from sealgate.domain.stays import Cause, Stay, StayState
from sealgate.domain.stays_calls import CallReason, CallState
from sealgate.domain.tariffs import Bill, BillReason, Line
from sealgate.flows import assist, assist_acts, assist_look, lane, openings, parking, reporting, rules, signin
from sealgate.flows.assist import CallTaken, NotTaken, Queue
from sealgate.flows.assist_acts import CarGone, Decided, Decision, NoSuchStay, StayUnknown
from sealgate.flows.kit import House, Signed
from sealgate.flows.lane import LaneGate, Shown
from sealgate.flows.parking import Arrival
from sealgate.flows.passage import NeedsWords
from sealgate.flows.showing import TicketOver
from sealgate.ports import LatchAnswer
from sealgate.privacy import journal
from sealgate.store import parking as rows
from sealgate.store import passages, places
from sealgate.store.engine import Actor

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BOB, NEARLY_BOB, CHARLIE = "沪A8X2F6", "沪A8K2F6", "京N55667"
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
COMING, GOING = b"\xff\xd8\xff coming", b"\xff\xd8\xff going"
PASSWORD = "rusty anchors sing at dusk"


def price(stay: Stay, left: datetime) -> Bill:
    """As the pricing of the house: a share that was let off is taken off."""
    hours = sum(-(-(part.until - part.since) // HOUR) for part in stay.stretches(left))
    whole = 500 * hours
    off = sum(whole * (one.share or 0) // 100 for one in stay.validations)
    lines = [Line(BillReason.STARTED_UNITS, Money(whole, "CNY"), units=hours)]
    if off:
        lines.append(Line(BillReason.SHARE_OFF, Money(-off, "CNY")))
    return Bill(tuple(lines), Money(whole - off, "CNY"))


@dataclass
class Garage:
    """A lot with a lane in and a lane out, and short words for what happens there."""

    house: House
    campus: Any
    lot: Lot
    entry: GateId
    exit: GateId

    @property
    def tenant(self) -> TenantId:
        tenant: TenantId = self.campus.tenant
        return tenant

    def _seen(self, gate: GateId, plate: str, score: float, picture: bytes) -> Arrival:
        sighting = PlateSighting(gate, self.house.clock.now(), normalise(plate), score, "cn-blue", picture=picture)
        return parking.arrive(self.house, self.tenant, sighting, price)

    def comes(self, plate: str, score: float = 0.97) -> StayId:
        stay = self._seen(self.entry, plate, score, COMING).stay
        assert stay is not None
        return stay

    def goes(self, plate: str, score: float = 0.97) -> Arrival:
        return self._seen(self.exit, plate, score, GOING)

    def asks(self, plate: str, score: float) -> CallId:
        """The exit is not sure who that is."""
        call = self.goes(plate, score).call
        assert call is not None
        return call

    def presses_help(self) -> CallId:
        return assist.call(self.house, self.tenant, self.exit, CallReason.HELP)

    def decides(self, who: Signed, call: CallId, act: Act, **given: Any) -> Decided:
        return assist_acts.decide(self.house, who, call, Decision(act, **given), price)

    def stay(self, stay: StayId) -> Stay:
        with self.house.store.read(self.tenant) as db:
            row = rows.stay(db, stay)
        assert row is not None
        return row.stay

    def call(self, call: CallId) -> rows.CallRow:
        with self.house.store.read(self.tenant) as db:
            row = rows.call(db, call)
        assert row is not None
        return row

    def bill(self, stay: StayId) -> rows.BillRow:
        with self.house.store.read(self.tenant) as db:
            row = rows.newest_bill(db, stay)
        assert row is not None
        return row

    def passages(self) -> list[passages.PassageView]:
        with self.house.store.read(self.tenant) as db:
            return passages.page(db, gate=self.exit)

    def journaled(self) -> list[str]:
        with self.house.store.read(self.tenant) as db:
            return [entry.action for entry in journal.entries(db, self.house.keyring)]

    def screen(self, gate: GateId | None = None) -> lane.Screen:
        where = LaneGate(
            self.tenant, gate or self.exit, "Exit", self.lot.site, "Campus", self.lot.lot, "Deck", enters=gate == self.entry
        )
        return lane.screen(self.house, where, price)


@pytest.fixture
def garage(house: House, acme_campus: Any) -> Garage:
    driving = frozenset({Means.PLATE, Means.QR})
    ways = {"Entry": (acme_campus.street, acme_campus.garage), "Way out": (acme_campus.garage, acme_campus.street)}
    gates = [
        rules.add_gate(house, acme_campus.signed, acme_campus.site, rules.NewGate(name, GateKind.BARRIER, *zones, driving))
        for name, zones in ways.items()
    ]
    lot = Lot(
        LotId(house.new_id()), acme_campus.site, "Deck", {SpaceClass.VISITORS: 9}, tariff="hourly", zone=acme_campus.garage
    )
    with house.store.begin(acme_campus.tenant, Actor("system", "test")) as tx:
        rows.add_lot(tx, lot)
        for gate, role in zip(gates, (GateRole.ENTRY, GateRole.EXIT), strict=True):
            rows.add_lane(tx, gate, lot.lot, role)
        journal.write(tx, house.keyring, house.clock.now(), "test.built")
    return Garage(house, acme_campus, lot, *gates)


@pytest.fixture
def attendant(house: House, acme_campus: Any) -> Callable[[str], Signed]:
    """An operator who attends the desk, with an account of their own."""

    def hired(name: str) -> Signed:
        link = signin.invite_operator(house, acme_campus.signed, frozenset({Role.ATTENDANT}))
        token = signin.set_up(house, link, name=name, login=f"{name.lower()}@acme.example", password=PASSWORD)
        signed = signin.who_is(house, token)
        assert signed is not None
        return signed

    return hired


@pytest.fixture
def dora(attendant: Callable[[str], Signed]) -> Signed:
    return attendant("Dora")


@pytest.fixture
def dan(attendant: Callable[[str], Signed]) -> Signed:
    return attendant("Dan")


@pytest.fixture
def unsure(garage: Garage, clock: Any) -> CallId:
    """Bob's car came in two hours ago, and is misread at the exit."""
    garage.comes(BOB, score=0.999)
    clock.move(2 * HOUR - MINUTE)
    return garage.asks(NEARLY_BOB, score=0.999)


# --- the queue -----------------------------------------------------------------------------------------------

ids = st.integers(1, 5).map(lambda n: GateId(UUID(int=n)))
calls = st.builds(
    Waiting,
    st.uuids().map(CallId),
    st.sampled_from(CallReason),
    st.integers(0, 1440).map(lambda minutes: NOON + minutes * MINUTE),
    st.none() | ids,
)


@given(st.lists(calls, max_size=12, unique_by=lambda call: call.call))
def test_who_holds_up_a_lane_comes_first_and_of_equals_the_oldest(waiting: Sequence[Waiting]) -> None:
    order = in_order(waiting)
    assert sorted(call.call for call in order) == sorted(call.call for call in waiting)
    assert [call.blocks for call in order] == sorted((call.blocks for call in order), reverse=True)
    for gate in {call.gate for call in order}:
        at_gate = [call.at for call in order if call.gate == gate and call.blocks]
        assert at_gate == sorted(at_gate)
    gone = [call.at for call in order if not call.blocks]
    assert gone == sorted(gone)


def test_a_car_that_is_gone_never_holds_up_a_lane() -> None:
    gate = GateId(UUID(int=1))
    assert not any(Waiting(CallId(gate), reason, NOON, gate).blocks for reason in GONE)


def test_the_queue_names_lane_and_reason_and_no_plate(house: House, garage: Garage, dora: Signed, unsure: CallId) -> None:
    seen = assist.queue(house, dora)
    assert [(line.call, line.gate_name, line.lot_name, line.blocks) for line in seen.lines] == [
        (unsure, "Way out", "Deck", True)
    ]
    assert seen.waiting == 1
    assert "8K2F6" not in repr(seen)


def test_a_car_at_a_barrier_is_first_however_many_cases_of_gone_cars_are_open(
    house: House, garage: Garage, dora: Signed
) -> None:
    with house.store.begin(garage.tenant, dora.actor) as tx, tx.upkeep():
        for _ in range(230):
            left = CallId(house.new_id()), garage.lot.lot, CallReason.LEFT_OWING, house.clock.now(), garage.exit
            rows.add_call(tx, rows.CallRow(*left))
    pressed = garage.presses_help()
    seen = assist.queue(house, dora)
    assert (seen.lines[0].call, len(seen.lines), seen.waiting) == (pressed, 200, 231)


def test_pressing_the_button_twice_is_one_call(house: House, garage: Garage, dora: Signed) -> None:
    assert garage.presses_help() == garage.presses_help()
    assert len(assist.queue(house, dora).lines) == 1


def test_help_for_a_car_that_waits_already_is_the_same_call(garage: Garage, unsure: CallId) -> None:
    assert garage.presses_help() == unsure


def test_a_door_that_belongs_to_no_lot_calls_nobody(house: House, garage: Garage) -> None:
    with pytest.raises(NotFound):
        assist.call(house, garage.tenant, garage.campus.door, CallReason.HELP)


def test_reception_has_no_desk(house: House, garage: Garage) -> None:
    with pytest.raises(Forbidden):
        assist.queue(house, garage.campus.only(Role.RECEPTION))


def test_umbra_sees_and_takes_nothing_of_acme(house: House, garage: Garage, umbra_campus: Any, unsure: CallId) -> None:
    assert assist.queue(house, umbra_campus.signed) == Queue((), 0, None)
    with pytest.raises(NotFound):
        assist.take(house, umbra_campus.signed, unsure)


# --- one call, one attendant -----------------------------------------------------------------------------------


def test_the_second_attendant_is_told_who_was_first_and_when(
    house: House, garage: Garage, dora: Signed, dan: Signed, unsure: CallId, clock: Any
) -> None:
    assist.take(house, dora, unsure)
    taken_at = clock.now()
    clock.move(MINUTE)
    with pytest.raises(CallTaken) as first:
        assist.take(house, dan, unsure)
    assert (first.value.by, first.value.at, first.value.decided) == (dora.operator, taken_at, False)
    with pytest.raises(CallTaken):
        garage.decides(dan, unsure, Act.OPEN, why="he waits")
    garage.decides(dora, unsure, Act.NOT_OPEN)
    with pytest.raises(CallTaken) as decided:
        assist.take(house, dan, unsure)
    assert (decided.value.by, decided.value.decided) == (dora.operator, True)


def test_of_many_who_take_it_at_once_one_has_it(
    house: House, garage: Garage, attendant: Callable[[str], Signed], unsure: CallId
) -> None:
    everybody = [attendant(f"Dora{number}") for number in range(4)]
    start = Barrier(len(everybody))

    def takes(who: Signed) -> bool:
        start.wait(60)
        try:
            assist.take(house, who, unsure)
        except CallTaken:
            return False
        return True

    with ThreadPoolExecutor(len(everybody)) as threads:
        assert sorted(threads.map(takes, everybody)) == [False, False, False, True]
    assert garage.journaled().count("call.taken") == 1


def test_what_was_handed_over_may_be_taken_by_the_next(
    house: House, garage: Garage, dora: Signed, dan: Signed, unsure: CallId
) -> None:
    assist.take(house, dora, unsure)
    assist.hand_over(house, dora, unsure)
    assist.take(house, dan, unsure)
    with pytest.raises(CallTaken):
        assist.hand_over(house, dora, unsure)


def test_a_call_that_was_left_alone_for_ten_minutes_is_taken_over(
    house: House, garage: Garage, dora: Signed, dan: Signed, unsure: CallId, clock: Any
) -> None:
    assist.take(house, dora, unsure)
    clock.move(9 * MINUTE)
    with pytest.raises(CallTaken):
        assist.take(house, dan, unsure)
    clock.move(MINUTE)
    assist.take(house, dan, unsure)
    assert assist.holder_at(house, garage.tenant, garage.exit) == (unsure, dan.operator)


def test_nothing_sealed_opens_before_the_call_is_taken(house: House, garage: Garage, dora: Signed, unsure: CallId) -> None:
    for look in (
        lambda: assist_look.look(house, dora, unsure, price),
        lambda: assist_look.picture_at_gate(house, dora, unsure),
        lambda: assist_look.ask_entry(house, dora, unsure, StayId(unsure)),
        lambda: garage.decides(dora, unsure, Act.NOT_OPEN),
    ):
        with pytest.raises(NotTaken):
            look()


# --- looking -------------------------------------------------------------------------------------------------


def test_the_attendant_sees_both_readings_the_bill_and_both_pictures(
    house: House, garage: Garage, dora: Signed, unsure: CallId, clock: Any
) -> None:
    assist.take(house, dora, unsure)
    view = assist_look.look(house, dora, unsure, price)
    assert view.read is not None
    assert view.chosen is not None
    assert view.chosen.read is not None
    assert (view.read.plate, view.chosen.read.plate, view.chosen.differs) == (NEARLY_BOB, BOB, 1)
    assert view.read.doubts == view.chosen.read.doubts == (3,)
    assert not view.named
    assert view.account is not None
    assert view.account.due == Money(1000, "CNY")
    assert assist_look.picture_at_gate(house, dora, unsure) == GOING
    ticket = assist_look.ask_entry(house, dora, unsure, view.chosen.stay)
    assert assist_look.picture_of_entry(house, dora, ticket) == COMING
    clock.move(timedelta(seconds=61))
    with pytest.raises(TicketOver):
        assist_look.picture_of_entry(house, dora, ticket)
    assert garage.journaled().count("picture.opened") == 1


def test_where_a_camera_runs_the_lane_is_seen_as_it_is_now(house: House, garage: Garage, dora: Signed) -> None:
    call = garage.presses_help()
    assist.take(house, dora, call)
    assert not assist_look.look(house, dora, call, price).has_picture
    with pytest.raises(NotFound):
        assist_look.picture_at_gate(house, dora, call)
    watched = replace(house, newest=lambda tenant, gate: b"now" if (tenant, gate) == (garage.tenant, garage.exit) else None)
    assert assist_look.look(watched, dora, call, price).live
    assert assist_look.picture_at_gate(watched, dora, call) == b"now"


def test_a_ticket_of_one_attendant_opens_nothing_for_another(
    house: House, garage: Garage, dora: Signed, dan: Signed, unsure: CallId
) -> None:
    assist.take(house, dora, unsure)
    chosen = assist_look.look(house, dora, unsure, price).chosen
    assert chosen is not None
    ticket = assist_look.ask_entry(house, dora, unsure, chosen.stay)
    forged = ticket[:-1] + ("1" if ticket.endswith("0") else "0")
    for wrong in (forged, "x", "a.b", ticket.replace(".", "")):
        with pytest.raises(TicketOver):
            assist_look.picture_of_entry(house, dora, wrong)
    with pytest.raises(TicketOver):
        assist_look.picture_of_entry(house, dan, ticket)


# --- deciding ------------------------------------------------------------------------------------------------


def test_same_car_then_the_bill_goes_to_the_lane(house: House, garage: Garage, dora: Signed, unsure: CallId) -> None:
    assist.take(house, dora, unsure)
    garage.decides(dora, unsure, Act.SAME_CAR)
    named = assist_look.look(house, dora, unsure, price)
    assert named.named
    assert named.chosen is not None
    sent = garage.decides(dora, unsure, Act.SEND_BILL)
    assert (sent.ends, sent.opens, sent.due) == (True, False, Money(1000, "CNY"))
    assert garage.stay(named.chosen.stay).state is StayState.WAITING
    shown = garage.screen()
    assert (shown.shown, shown.due, len(shown.code)) == (Shown.PAY, Money(1000, "CNY"), 6)
    assert garage.call(unsure).outcome == Act.SEND_BILL


def test_another_car_is_never_billed_for_this_stay(house: House, garage: Garage, dora: Signed, unsure: CallId) -> None:
    assist.take(house, dora, unsure)
    garage.decides(dora, unsure, Act.ANOTHER_CAR)
    view = assist_look.look(house, dora, unsure, price)
    assert (view.chosen, view.others, view.account) == (None, (), None)
    with pytest.raises(StayUnknown):
        garage.decides(dora, unsure, Act.SEND_BILL)


def test_a_typed_plate_finds_the_stay(house: House, garage: Garage, dora: Signed, clock: Any) -> None:
    stay = garage.comes(CHARLIE)
    clock.move(HOUR)
    call = garage.presses_help()
    assist.take(house, dora, call)
    with pytest.raises(NoSuchStay):
        garage.decides(dora, call, Act.PLATE, plate="粤B00000")
    with pytest.raises(BadPlate):
        garage.decides(dora, call, Act.PLATE, plate="'; DROP TABLE stays; --")
    garage.decides(dora, call, Act.PLATE, plate="京N·556 67")
    view = assist_look.look(house, dora, call, price)
    assert view.chosen is not None
    assert (view.chosen.stay, view.named) == (stay, True)


def test_a_typed_plate_that_comes_near_is_asked_about(house: House, garage: Garage, dora: Signed, clock: Any) -> None:
    stay = garage.comes(CHARLIE)
    call = garage.presses_help()
    assist.take(house, dora, call)
    garage.decides(dora, call, Act.PLATE, plate="京N55661")
    view = assist_look.look(house, dora, call, price)
    assert view.chosen is not None
    assert (view.chosen.stay, view.named, view.chosen.differs) == (stay, False, 1)


def test_charge_later_opens_and_the_sum_stays_due(
    house: House, garage: Garage, dora: Signed, unsure: CallId, latch: SimulatedLatch
) -> None:
    assist.take(house, dora, unsure)
    stay = assist_look.look(house, dora, unsure, price).chosen
    assert stay is not None
    done = garage.decides(dora, unsure, Act.CHARGE_LATER, why="his phone is flat")
    assert (done.ends, done.opens, done.latch) == (True, True, LatchAnswer.ACCEPTED)
    after = garage.stay(stay.stay)
    assert (after.state, after.cause) == (StayState.WAITING, Cause.LEFT)
    assert garage.bill(stay.stay).total == Money(1000, "CNY")
    assert garage.screen().shown is Shown.OPEN


def test_what_is_waived_stands_on_the_bill(house: House, garage: Garage, dora: Signed, unsure: CallId) -> None:
    assist.take(house, dora, unsure)
    stay = assist_look.look(house, dora, unsure, price).chosen
    assert stay is not None
    garage.decides(dora, unsure, Act.WAIVE, why="lift was out of order")
    bill = garage.bill(stay.stay)
    assert (bill.total, bill.final) == (Money(0, "CNY"), True)
    assert [(line["reason"], line["minor"]) for line in bill.lines] == [("started-units", 1000), ("waived", -1000)]
    assert garage.stay(stay.stay).state is StayState.CLOSED


def test_a_reduced_bill_is_what_the_driver_is_shown(house: House, garage: Garage, dora: Signed, unsure: CallId) -> None:
    assist.take(house, dora, unsure)
    done = garage.decides(dora, unsure, Act.REDUCE, why="found no space for long", share=50)
    assert done.due == Money(500, "CNY")
    assert garage.screen().due == Money(500, "CNY")


def test_every_opening_by_hand_is_forced_with_its_reason_and_listed(
    house: House, garage: Garage, dora: Signed, unsure: CallId, clock: Any
) -> None:
    assist.take(house, dora, unsure)
    done = garage.decides(dora, unsure, Act.OPEN, why="  fire   engine  ")
    newest = garage.passages()[0]
    assert (newest.row.passage, newest.row.reason, newest.row.opens) == (done.passage, Reason.FORCED, True)
    assert "gate.opened-by-hand" in garage.journaled()
    today = clock.now().date()
    listed = openings.forced(house, garage.campus.signed, reporting.Asking(garage.campus.site, today, today))
    assert [(line.by, line.why) for line in listed.lines] == [("Dora", "fire engine")]


@pytest.mark.parametrize("act", sorted(assist_acts.NEEDS_WORDS))
def test_nothing_is_opened_or_let_off_without_words(
    house: House, garage: Garage, dora: Signed, unsure: CallId, act: Act
) -> None:
    assist.take(house, dora, unsure)
    for why in ("", " . ", "x" * 301):
        with pytest.raises(NeedsWords):
            garage.decides(dora, unsure, act, why=why)
    assert garage.call(unsure).state is CallState.CLAIMED


def test_of_two_decisions_of_one_attendant_the_first_holds(
    house: House, garage: Garage, dora: Signed, unsure: CallId, latch: SimulatedLatch
) -> None:
    assist.take(house, dora, unsure)
    garage.decides(dora, unsure, Act.NOT_OPEN)
    with pytest.raises(CallTaken):
        garage.decides(dora, unsure, Act.OPEN, why="twice pressed")
    assert garage.call(unsure).outcome == Act.NOT_OPEN


def test_a_lane_is_blocked_and_given_free_again(house: House, garage: Garage, dora: Signed, unsure: CallId) -> None:
    assist.take(house, dora, unsure)
    garage.decides(dora, unsure, Act.BLOCK)
    with house.store.read(garage.tenant) as db:
        assert places.gate(db, garage.exit).blocked
    assert assist_look.look(house, dora, unsure, price).blocked
    garage.decides(dora, unsure, Act.BLOCK)
    assert not assist_look.look(house, dora, unsure, price).blocked


def test_maintenance_is_called_and_remembered(house: House, garage: Garage, dora: Signed, unsure: CallId, clock: Any) -> None:
    assist.take(house, dora, unsure)
    garage.decides(dora, unsure, Act.MAINTENANCE, why="the bar hangs loose")
    assert assist_look.look(house, dora, unsure, price).asked_for == clock.now()
    assert "call.maintenance" in garage.journaled()


def test_a_car_that_is_gone_cannot_be_sent_a_bill(house: House, garage: Garage, dora: Signed, clock: Any) -> None:
    stay = garage.comes(CHARLIE)
    clock.move(HOUR)
    garage.comes(CHARLIE)  # it comes in again: its exit was missed
    [line] = assist.queue(house, dora).lines
    assert (line.reason, line.blocks) == (CallReason.EXIT_MISSED, False)
    assist.take(house, dora, line.call)
    with pytest.raises(CarGone):
        garage.decides(dora, line.call, Act.SEND_BILL)
    garage.decides(dora, line.call, Act.WAIVE, why="nobody saw it leave")
    assert garage.stay(stay).state is StayState.CLOSED
    assert assist.queue(house, dora).lines == ()


# --- the lane's screen ---------------------------------------------------------------------------------------


def test_the_lane_says_that_somebody_is_asked_and_then_that_they_are_there(house: House, garage: Garage, dora: Signed) -> None:
    assert garage.screen().shown is Shown.IDLE
    call = garage.presses_help()
    assert (garage.screen().shown, garage.screen().taken) == (Shown.ASKED, False)
    assist.take(house, dora, call)
    assert (garage.screen().call, garage.screen().taken) == (call, True)


def test_a_lane_is_known_by_its_newest_secret_only(house: House, garage: Garage) -> None:
    old = rules.kiosk_link(house, garage.campus.signed, garage.exit)
    new = rules.kiosk_link(house, garage.campus.signed, garage.exit)
    known = lane.lane_gate(house, new)
    assert known is not None
    assert (known.gate, known.lot_name, known.enters) == (garage.exit, "Deck", False)
    assert lane.lane_gate(house, old) is None
    assert lane.lane_gate(house, rules.kiosk_link(house, garage.campus.signed, garage.campus.door)) is None


def test_the_entry_says_how_many_spaces_are_left_and_when_there_are_none(house: House, garage: Garage, clock: Any) -> None:
    assert garage.screen(garage.entry).free == 9
    assert garage.screen().free is None
    for number in range(9):
        garage.comes(f"沪B1000{number}")
    clock.move(timedelta(minutes=1))
    assert garage.screen(garage.entry).free == 0


def test_the_entry_shows_each_class_that_is_counted_and_the_way_to_what_lies_within(house: House, garage: Garage) -> None:
    counted = {SpaceClass.VISITORS: 2, SpaceClass.DISABLED: 1, SpaceClass.ELECTRIC: 1}
    upper = Lot(LotId(house.new_id()), garage.lot.site, "Upper deck", counted, parent=garage.lot.lot)
    yard = Lot(LotId(house.new_id()), garage.lot.site, "Yard", parent=garage.lot.lot)
    with house.store.begin(garage.tenant, Actor("system", "test")) as tx:
        for lot in (upper, yard):
            rows.add_lot(tx, lot)
        assert rows.take(tx, upper.lot, SpaceClass.ELECTRIC)
        assert rows.take(tx, upper.lot, SpaceClass.VISITORS)
        journal.write(tx, house.keyring, house.clock.now(), "test.built")
    shown = garage.screen(garage.entry)
    assert (shown.free, shown.decks) == (9, (lane.Deck("Upper deck", 1),))
    inner = LaneGate(garage.tenant, garage.entry, "In", upper.site, "Campus", upper.lot, upper.name, enters=True)
    signs = [(sign.space, sign.free, sign.full) for sign in lane.screen(house, inner, price).signs]
    assert signs == [
        (SpaceClass.VISITORS, 1, False),
        (SpaceClass.DISABLED, 1, False),
        (SpaceClass.ELECTRIC, 0, True),
    ]
    assert (garage.screen().signs, garage.screen().decks) == ((), ())


def test_a_ticket_is_drawn_at_the_entry_and_shown_at_the_exit(house: House, garage: Garage, clock: Any) -> None:
    entry, leaving = (
        lane.lane_gate(house, rules.kiosk_link(house, garage.campus.signed, gate)) for gate in (garage.entry, garage.exit)
    )
    assert entry is not None
    assert leaving is not None
    drawn = lane.draw_ticket(house, entry)
    assert drawn is not None
    clock.move(HOUR - MINUTE)
    arrival = lane.show_code(house, leaving, drawn, price)
    assert isinstance(arrival, Arrival)
    assert arrival.due == Money(500, "CNY")
    assert garage.screen().shown is Shown.PAY
