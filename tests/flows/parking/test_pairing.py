"""Who leaves, where a camera misread, saw nothing or saw the plate next to Bob's: his stay, or a case for Dora."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sealgate.domain.access import Reason
from sealgate.domain.desk import Act
from sealgate.domain.ids import StayId
from sealgate.domain.lots import Doubt
from sealgate.domain.money import Money
from sealgate.domain.stays import Cause, StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.flows import assist, assist_acts
from sealgate.flows import parking as flow
from sealgate.flows.parking import Outcome
from sealgate.ports import LatchAnswer
from sealgate.store import parking

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BOB, CHARLIE, ALICE = "沪A12345", "沪A12347", "沪B77731"


def test_a_misread_exit_is_paired_when_the_reader_was_unsure(garage: Any, clock: Any) -> None:
    came = garage.comes(BOB)
    clock.move(10 * MINUTE)
    left = garage.goes("沪A1Z345", score=0.9)
    assert (left.outcome, left.stay) == (Outcome.LEFT, came.stay)


def test_a_sure_reading_of_the_plate_next_to_bobs_is_not_bob(garage: Any, clock: Any) -> None:
    came = garage.comes(BOB, score=0.999)
    clock.move(10 * MINUTE)
    asked = garage.goes(CHARLIE, score=0.999)
    assert (asked.outcome, asked.reason, asked.opens) == (Outcome.ASKS, Reason.DESK_ASKED, False)
    assert garage.stay(came.stay).stay.state is StayState.OPEN
    assert garage.calls() == [CallReason.UNSURE]
    garage.goes(CHARLIE, score=0.999)
    assert garage.calls() == [CallReason.UNSURE]


def test_two_cars_that_it_could_be_are_for_dora(garage: Any, clock: Any) -> None:
    garage.comes(BOB)
    garage.comes(CHARLIE)
    clock.move(10 * MINUTE)
    assert garage.goes("沪A12348", score=0.9).call is not None
    assert garage.calls() == [CallReason.AMBIGUOUS]


def test_the_second_camera_tells_them_apart(garage: Any, clock: Any) -> None:
    bob = garage.comes(BOB)
    garage.comes(CHARLIE)
    clock.move(10 * MINUTE)
    rear = garage.sighting(garage.exit, BOB, 0.85)
    assert garage.goes("沪A12348", score=0.9, second=rear).stay == bob.stay


def test_charlie_who_was_misread_at_both_ends_does_not_pay_for_bob(garage: Any, clock: Any) -> None:
    bob = garage.comes(BOB)
    garage.comes("沪A1X347", score=0.85)
    clock.move(HOUR)
    asked = garage.goes("沪A1234Y", score=0.85)
    assert (asked.outcome, asked.stay, garage.calls()) == (Outcome.ASKS, None, [CallReason.AMBIGUOUS])
    assert garage.stay(bob.stay).stay.state is StayState.OPEN


def test_charlie_misread_as_bob_while_bob_is_inside_leaves_both_to_dora(garage: Any, clock: Any) -> None:
    """Then it looks as if Bob had left unseen: neither is billed for the other's time, read rightly at the exit or not."""
    garage.comes(BOB)
    clock.move(HOUR)
    garage.comes(BOB, score=0.85)
    clock.move(HOUR)
    assert garage.goes(CHARLIE, score=0.9).outcome is Outcome.ASKS
    assert garage.goes(BOB, score=0.99).outcome is Outcome.ASKS
    assert garage.calls() == [CallReason.EXIT_MISSED, CallReason.TWO_VISITS, CallReason.TWO_VISITS]


def paid_and_gone(garage: Any, plate: str, score: float) -> StayId:
    waits = garage.goes(plate, score=score)
    assert (waits.outcome, waits.due) == (Outcome.WAITS, Money(500, "CNY"))
    assert waits.stay is not None
    garage.pays(waits.stay, 500)
    flow.let_out(garage.house, garage.campus.tenant, waits.stay, garage.exit, garage.price)
    assert garage.stay(waits.stay).stay.state is StayState.CLOSED
    stay: StayId = waits.stay
    return stay


def test_bob_who_leaves_after_another_left_as_bob_shows_that_bill_to_be_wrong(garage: Any, clock: Any) -> None:
    garage.comes(BOB)
    clock.move(HOUR)
    taken = paid_and_gone(garage, "沪A1Z345", 0.9)
    clock.move(10 * MINUTE)
    assert garage.goes(BOB).outcome is Outcome.ASKS
    stay = garage.stay(taken).stay
    assert (stay.state, stay.cause) == (StayState.DISPUTED, Cause.TWO_VISITS)
    assert set(garage.calls()) == {CallReason.TWO_VISITS}


def test_bob_read_rightly_only_while_he_drives_out_is_still_bob(garage: Any, clock: Any) -> None:
    garage.comes(BOB)
    clock.move(HOUR)
    stay = paid_and_gone(garage, "沪A1Z345", 0.9)
    clock.move(timedelta(seconds=5))
    again = garage.goes(BOB)
    assert (again.outcome, again.opens, garage.calls()) == (Outcome.ECHO, True, [])
    assert garage.stay(stay).stay.state is StayState.CLOSED


def test_an_exit_without_an_entry_bills_nobody(garage: Any) -> None:
    asked = garage.goes(BOB)
    assert (asked.outcome, asked.stay, garage.calls()) == (Outcome.ASKS, None, [CallReason.NO_ENTRY])


def test_a_lot_may_let_go_in_doubt_and_bill_later(garage: Any) -> None:
    garage.change(doubt=Doubt.OPEN)
    asked = garage.goes(BOB)
    assert (asked.outcome, asked.opens, asked.latch) == (Outcome.ASKS, True, LatchAnswer.ACCEPTED)
    with garage.house.store.read(garage.campus.tenant) as db:
        assert len(parking.traces_of(db, garage.lot.lot, garage.house.clock.now() - HOUR).exits) == 1


def test_a_second_entry_shows_that_the_exit_was_missed(garage: Any, clock: Any) -> None:
    first = garage.comes(BOB)
    clock.move(5 * HOUR)
    second = garage.comes(BOB)
    assert second.stay != first.stay
    lost = garage.stay(first.stay).stay
    assert (lost.state, lost.cause, lost.left, lost.superseded) == (
        StayState.DISPUTED,
        Cause.EXIT_MISSED,
        None,
        clock.now(),
    )
    assert (garage.calls(), garage.inside()) == ([CallReason.EXIT_MISSED], 1)
    clock.move(10 * MINUTE)
    assert garage.goes(BOB).stay == second.stay


def test_a_stay_that_may_have_ended_in_doubt_is_not_billed_by_itself(garage: Any, clock: Any) -> None:
    garage.change(doubt=Doubt.OPEN)
    garage.comes(BOB, score=0.999)
    clock.move(10 * MINUTE)
    assert garage.goes(CHARLIE, score=0.999).opens
    clock.move(HOUR)
    asked = garage.goes(BOB)
    assert (asked.outcome, asked.due) == (Outcome.ASKS, None)
    assert garage.calls() == [CallReason.UNSURE, CallReason.TWO_VISITS]


class TestCarsThatNobodyCouldName:
    def test_one_that_left_unseen_and_came_back_unread_is_not_billed_as_one_stay(self, garage: Any, clock: Any) -> None:
        garage.comes(BOB)
        clock.move(HOUR)
        flow.passed_unseen(garage.house, garage.campus.tenant, garage.exit, clock.now())
        clock.move(HOUR)
        flow.draw_ticket(garage.house, garage.campus.tenant, garage.entry)
        clock.move(HOUR)
        asked = garage.goes(BOB)
        assert (asked.outcome, asked.due) == (Outcome.ASKS, None)

    def test_a_car_inside_all_the_time_is_not_troubled_by_one_that_left(self, garage: Any, clock: Any) -> None:
        garage.comes(BOB)
        clock.move(HOUR)
        flow.passed_unseen(garage.house, garage.campus.tenant, garage.exit, clock.now())
        clock.move(HOUR)
        assert garage.goes(BOB).due == Money(1000, "CNY")

    def test_an_unread_car_that_may_be_next_to_bobs_leaves_a_misreading_to_dora_unless_bob_has_just_paid(
        self, garage: Any, clock: Any
    ) -> None:
        came = garage.comes(BOB)
        assert came.stay is not None
        flow.passed_unseen(garage.house, garage.campus.tenant, garage.entry, clock.now())
        clock.move(HOUR)
        assert (garage.goes("沪A1Y345", score=0.85).outcome, garage.calls()) == (Outcome.ASKS, [CallReason.UNSURE])
        garage.change(capacity={})
        for number in range(30):  # among many one unread car is not next to everybody
            garage.comes(f"粤{number:02}XWM", at=clock.now() - 5 * MINUTE)
        clock.move(10 * MINUTE)
        garage.pays(came.stay, 1000)
        clock.move(MINUTE)
        assert garage.goes("沪A1Y345", score=0.85).stay == came.stay

    @pytest.mark.parametrize("doubt", list(Doubt))
    def test_one_that_came_in_unread_takes_its_trace_along(self, garage: Any, clock: Any, doubt: Doubt) -> None:
        garage.change(doubt=doubt)
        began = clock.now()
        for _ in range(2):
            clock.move(MINUTE)
            flow.passed_unseen(garage.house, garage.campus.tenant, garage.entry, clock.now())
        clock.move(HOUR)
        asked = garage.goes(ALICE)
        if doubt is Doubt.ASK:
            dora = garage.campus.signed
            assist.take(garage.house, dora, asked.call)
            opens = assist_acts.Decision(Act.OPEN, why="came in unread")
            assist_acts.decide(garage.house, dora, asked.call, opens, garage.price)
        with garage.house.store.read(garage.campus.tenant) as db:
            traces = parking.traces_of(db, garage.lot.lot, began)
        assert (traces.entries, traces.exits) == ((began + 2 * MINUTE,), ())
