"""By what right a car comes in: permit, reservation, free space, a ticket where its plate cannot be read; or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sealgate.domain.access import Reason
from sealgate.domain.calendar import parse_timetable
from sealgate.domain.ids import BanId, ReservationId
from sealgate.domain.lots import Reservation
from sealgate.domain.money import Money
from sealgate.domain.stays import RightKind
from sealgate.domain.stays_calls import CallReason
from sealgate.flows import parking as flow
from sealgate.flows import parking_scene
from sealgate.flows.parking import Outcome
from sealgate.ports import Sealed
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Actor

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BOB, ALICE = "沪A12345", "沪B77731"
DORA = Actor("operator", "dora")


def test_a_full_lot_turns_visitors_away_and_lets_permits_in(garage: Any, clock: Any) -> None:
    garage.permit(ALICE)
    for number in range(3):
        assert garage.comes(f"沪C7777{number}").opens
        clock.move(MINUTE)
    refused = garage.comes(BOB)
    assert (refused.outcome, refused.reason, refused.stay) == (Outcome.TURNED_AWAY, Reason.FULL, None)
    assert garage.comes(ALICE).opens
    assert garage.inside() == 4


def test_alice_parks_by_her_permit_for_nothing(garage: Any, clock: Any) -> None:
    garage.permit(ALICE)
    came = garage.comes(ALICE)
    assert garage.stay(came.stay).stay.right.kind is RightKind.PERMIT
    clock.move(9 * HOUR)
    assert garage.goes(ALICE).outcome is Outcome.LEFT


def test_of_two_cars_that_share_a_space_the_second_is_a_visitor(garage: Any, clock: Any) -> None:
    garage.permit(ALICE, BOB)
    kinds = [garage.stay(garage.comes(plate).stay).stay.right.kind for plate in (ALICE, BOB)]
    assert kinds == [RightKind.PERMIT, RightKind.VISITOR]


def test_a_permit_opens_nothing_outside_its_hours_where_visitors_do_not_park(garage: Any, clock: Any) -> None:
    garage.change(visitors=False)
    garage.permit(ALICE, times=parse_timetable({"mon": ["12:00-14:00"]}))
    assert garage.comes(ALICE).reason is Reason.NO_PERMIT
    clock.move(4 * HOUR)
    assert garage.comes(ALICE).outcome is Outcome.ENTERED


def test_a_reserved_space_is_kept_for_its_car(garage: Any, clock: Any) -> None:
    house, tenant, now = garage.house, garage.campus.tenant, garage.house.clock.now()
    booked = Reservation(ReservationId(house.new_id()), garage.lot.lot, now, now + HOUR)
    with house.store.begin(tenant, DORA) as tx:
        token = parking_scene.reservation_token(house, tenant, ALICE)
        parking.add_reservation(tx, parking.ReservationRow(booked, Sealed(b"sealed plate"), token))
        journal.write(tx, house.keyring, now, "test.booked")
    reasons = [garage.comes(f"沪C7777{number}").reason for number in range(3)]
    assert reasons == [Reason.ALLOWED, Reason.ALLOWED, Reason.FULL]
    came = garage.comes(ALICE)
    assert garage.stay(came.stay).stay.right.reservation == booked.reservation


def test_a_banned_car_stays_outside_until_the_ban_ends(garage: Any, clock: Any) -> None:
    house, tenant, now = garage.house, garage.campus.tenant, garage.house.clock.now()
    with house.store.begin(tenant, DORA) as tx:
        token = parking_scene.ban_token(house, tenant, BOB)
        sealed = Sealed(b"sealed")
        parking.add_ban(tx, parking.BanRow(BanId(house.new_id()), token, sealed, sealed, now, until=now + HOUR))
        journal.write(tx, house.keyring, now, "test.banned")
    assert garage.comes(BOB).reason is Reason.BANNED
    clock.move(HOUR)
    assert garage.comes(BOB).opens


def test_an_unreadable_plate_draws_a_ticket_and_leaves_by_it(garage: Any, clock: Any) -> None:
    assert garage.comes(BOB, score=0.3).reason is Reason.UNSURE
    drawn = flow.draw_ticket(garage.house, garage.campus.tenant, garage.entry)
    assert drawn.code is not None
    clock.move(HOUR)
    waits = flow.show_ticket(garage.house, garage.campus.tenant, garage.exit, drawn.code, garage.price)
    assert (waits.outcome, waits.stay, waits.due) == (Outcome.WAITS, drawn.arrival.stay, Money(500, "CNY"))
    assert waits.stay is not None
    garage.pays(waits.stay, 500)
    assert flow.show_ticket(garage.house, garage.campus.tenant, garage.exit, drawn.code, garage.price).opens
    used = flow.show_ticket(garage.house, garage.campus.tenant, garage.exit, drawn.code, garage.price)
    assert (used.outcome, used.reason) == (Outcome.TURNED_AWAY, Reason.UNKNOWN)


def test_a_ticket_in_a_car_that_is_known_is_for_dora(garage: Any, clock: Any) -> None:
    garage.comes(BOB)
    drawn = flow.draw_ticket(garage.house, garage.campus.tenant, garage.entry)
    assert drawn.code is not None
    clock.move(HOUR)
    camera = garage.sighting(garage.exit, BOB)
    shown = flow.show_ticket(garage.house, garage.campus.tenant, garage.exit, drawn.code, garage.price, camera)
    assert (shown.outcome, garage.calls()) == (Outcome.ASKS, [CallReason.OTHER_CAR])
