"""Bob comes, stays and leaves by Acme's lanes; what cars are; what stands there still, slips out or is shut out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sealgate.devices.simulated import SimulatedLatch
from sealgate.domain.access import Reason
from sealgate.domain.errors import NotFound
from sealgate.domain.lots import SpaceClass
from sealgate.domain.money import Money
from sealgate.domain.stays import Stay, StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.tariff_errors import CannotPrice
from sealgate.domain.tariffs import Bill
from sealgate.flows import parking as flow
from sealgate.flows import rules
from sealgate.flows.parking import Outcome
from sealgate.ports import LatchAnswer
from sealgate.privacy import journal
from sealgate.store import parking, passages

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BOB, CHARLIE, ALICE = "沪A12345", "沪A12347", "沪B77731"


def test_bob_comes_stays_an_hour_pays_and_leaves(garage: Any, clock: Any, latch: SimulatedLatch) -> None:
    came = garage.comes(BOB)
    assert (came.outcome, came.reason, came.latch) == (Outcome.ENTERED, Reason.ALLOWED, LatchAnswer.ACCEPTED)
    assert garage.inside() == 1
    clock.move(HOUR)
    waits = garage.goes(BOB)
    assert (waits.outcome, waits.due, waits.opens) == (Outcome.WAITS, Money(500, "CNY"), False)
    assert waits.stay is not None
    garage.pays(waits.stay, 500)
    left = flow.let_out(garage.house, garage.campus.tenant, waits.stay, garage.exit, garage.price)
    assert (left.outcome, left.latch, left.due) == (Outcome.LEFT, LatchAnswer.ACCEPTED, None)
    assert [release.gate for release in latch.releases] == [garage.entry, garage.exit]
    row = garage.stay(came.stay)
    assert (row.stay.state, row.stay.left, row.token, garage.inside()) == (StayState.CLOSED, clock.now(), None, 0)
    with garage.house.store.read(garage.campus.tenant) as db:
        bill = parking.newest_bill(db, row.stay.stay)
    assert bill is not None
    assert (bill.final, bill.total, bill.lines[0]["units"]) == (True, Money(500, "CNY"), 1)


def test_a_short_visit_costs_nothing_and_the_gate_opens_at_once(garage: Any, clock: Any) -> None:
    garage.comes(BOB)
    clock.move(10 * MINUTE)
    left = garage.goes(BOB)
    assert (left.outcome, left.opens, left.certainty is not None and left.certainty > 0.99) == (Outcome.LEFT, True, True)


def test_who_paid_ahead_leaves_within_the_grace_and_pays_again_after_it(garage: Any, clock: Any) -> None:
    came = garage.comes(BOB)
    clock.move(HOUR)
    assert came.stay is not None
    garage.pays(came.stay, 500)
    clock.move(20 * MINUTE)
    assert garage.goes(BOB).due == Money(500, "CNY")
    garage.pays(came.stay, 500)
    clock.move(14 * MINUTE)
    assert garage.goes(BOB).outcome is Outcome.LEFT


def test_what_no_tariff_can_price_is_for_dora(garage: Any, clock: Any) -> None:
    def broken(stay: Stay, left: datetime) -> Bill:
        raise CannotPrice("no tariff is in force", field="tariff")

    came = garage.comes(BOB)
    clock.move(HOUR)
    asked = flow.arrive(garage.house, garage.campus.tenant, garage.sighting(garage.exit, BOB), broken)
    assert (asked.outcome, garage.calls()) == (Outcome.ASKS, [CallReason.WRONG_SUM])
    assert garage.stay(came.stay).stay.state is StayState.OPEN


def test_a_driveway_asks_nobody_for_anything(garage: Any, clock: Any) -> None:
    garage.change(tariff=None)
    assert garage.goes(CHARLIE).opens
    first = garage.comes(BOB)
    clock.move(9 * HOUR)
    garage.comes(BOB)
    clock.move(9 * HOUR)
    assert garage.goes(BOB).outcome is Outcome.LEFT
    assert (garage.stay(first.stay).stay.state, garage.calls(), garage.inside()) == (StayState.CLOSED, [], 0)


def test_the_same_car_read_again_is_one_car(garage: Any, clock: Any, latch: SimulatedLatch) -> None:
    came = garage.comes(BOB)
    clock.move(5 * timedelta(seconds=1))
    again = garage.comes("沪A1234S")
    assert (again.outcome, again.stay, garage.inside()) == (Outcome.ECHO, came.stay, 1)
    clock.move(10 * MINUTE)
    garage.goes(BOB)
    clock.move(5 * timedelta(seconds=1))
    assert garage.goes(BOB).outcome is Outcome.ECHO
    assert (garage.calls(), len(latch.releases)) == ([], 4)


def test_an_event_that_is_told_twice_is_one_event(garage: Any) -> None:
    nonce = bytes(range(16))
    first = garage.comes(BOB, nonce=nonce)
    again = garage.comes(CHARLIE, nonce=nonce)
    assert (first.outcome, again.outcome, garage.inside()) == (Outcome.ENTERED, Outcome.REPEATED, 1)


def test_a_car_that_slips_out_behind_another_is_looked_at(garage: Any, clock: Any) -> None:
    garage.comes(BOB)
    clock.move(50 * MINUTE)
    garage.comes(ALICE)
    clock.move(10 * MINUTE)
    assert garage.goes(ALICE).opens
    clock.move(timedelta(seconds=2))
    behind = garage.goes(BOB)
    assert (behind.outcome, behind.opens, garage.calls()) == (Outcome.WAITS, False, [CallReason.TAILGATING])


def test_a_green_plate_is_a_new_energy_vehicle_and_takes_a_space_with_a_cable_while_there_is_one(garage: Any) -> None:
    garage.change(capacity={SpaceClass.VISITORS: 1, SpaceClass.ELECTRIC: 1})
    came = [
        flow.arrive(garage.house, garage.campus.tenant, replace(garage.sighting(garage.entry, plate), kind=kind), garage.price)
        for plate, kind in (("沪AD12345", "cn-green"), ("沪AD98765", "cn-green"), ("沪B00001", "cn-blue"))
    ]
    stays = [garage.stay(one.stay).stay for one in came[:2]]
    assert [(stay.vehicle, stay.right.space) for stay in stays] == [
        ("new-energy", SpaceClass.ELECTRIC),
        ("new-energy", SpaceClass.VISITORS),
    ]
    assert (came[2].outcome, came[2].reason) == (Outcome.TURNED_AWAY, Reason.FULL)


def test_a_yellow_plate_is_a_large_vehicle_but_for_a_driving_schools(garage: Any) -> None:
    for plate, word in (("沪A88888", "large"), ("沪A1234学", "car")):
        seen = replace(garage.sighting(garage.entry, plate), kind="cn-yellow")
        assert garage.stay(flow.arrive(garage.house, garage.campus.tenant, seen, garage.price).stay).stay.vehicle == word


def test_a_lockdown_keeps_cars_out_and_not_in(garage: Any, clock: Any) -> None:
    garage.comes(BOB)
    rules.lock_down(garage.house, garage.campus.signed, garage.campus.site, on=True, why="drill")
    clock.move(10 * MINUTE)
    assert garage.comes(CHARLIE).reason is Reason.LOCKDOWN
    assert garage.goes(BOB).opens


def test_umbra_sees_nothing_of_acmes_cars(garage: Any, umbra_campus: Any) -> None:
    other = garage.another(campus=umbra_campus)
    garage.comes(BOB)
    assert other.goes(BOB).outcome is Outcome.ASKS
    with pytest.raises(NotFound):
        flow.arrive(garage.house, umbra_campus.tenant, garage.sighting(garage.entry, BOB), garage.price)
    ticket = flow.draw_ticket(garage.house, garage.campus.tenant, garage.entry).code
    assert ticket is not None
    assert flow.show_ticket(garage.house, umbra_campus.tenant, other.exit, ticket, garage.price).reason is Reason.UNKNOWN


def test_a_gate_of_no_lot_is_no_lane(garage: Any) -> None:
    with pytest.raises(flow.NoLane):
        flow.arrive(garage.house, garage.campus.tenant, garage.sighting(garage.campus.door, BOB), garage.price)
    with pytest.raises(flow.NoLane):
        flow.draw_ticket(garage.house, garage.campus.tenant, garage.exit)


def test_every_pass_is_a_passage_and_the_chain_holds(garage: Any, clock: Any) -> None:
    garage.comes(BOB)
    clock.move(HOUR)
    garage.goes(BOB)
    with garage.house.store.read(garage.campus.tenant) as db:
        views = passages.page(db, site=garage.campus.site)
    assert [(view.row.gate, view.row.opens, view.row.reason) for view in views] == [
        (garage.exit, False, Reason.UNPAID),
        (garage.entry, True, Reason.ALLOWED),
    ]
    assert journal.verify(garage.house.store, garage.campus.tenant).whole


def test_a_latch_that_is_away_does_not_undo_the_stay(garage: Any, latch: SimulatedLatch) -> None:
    latch.cut_off = True
    came = garage.comes(BOB)
    assert (came.latch, garage.stay(came.stay).stay.state) == (LatchAnswer.UNREACHABLE, StayState.OPEN)
