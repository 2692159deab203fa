"""What a tariff knows reaches the bill of a live stay: the same bill as `sealgate tariff try` with the same circumstances."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from sealgate.domain.access import Validity
from sealgate.domain.desk import Act
from sealgate.domain.ids import ValidationId
from sealgate.domain.lots import PermitKind, Validation
from sealgate.domain.stays import Stay
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.tariff_file import read_tariff
from sealgate.domain.tariffs import Bill, Circumstances, price
from sealgate.flows import assist, assist_acts, lots, permits
from sealgate.flows import parking as flow
from sealgate.flows.assist_acts import Decision
from sealgate.flows.lots import NoSuchWord
from sealgate.flows.permits import CouponTerms
from sealgate.flows.pricing import prices
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Actor

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BOB, ALICE = "沪A12345", "沪B77731"
TEXT = """
name = "hourly"
currency = "CNY"
time_zone = "Asia/Shanghai"
classes = ["car", "motorcycle", "large"]
areas = ["deck", "valet"]
free_time = { lasts = "30m", once = "day" }

[[rate]]
name = "motorcycle"
classes = ["motorcycle"]
flat = 1
per = "stay"

[[rate]]
name = "valet"
areas = ["valet"]
steps = [{ each = "1h", price = 10 }]

[[rate]]
name = "staff"
permits = ["staff"]
steps = [{ each = "1h", price = 2 }]

[[rate]]
name = "film night"
coupons = ["film night"]
flat = 3
per = "stay"

[[rate]]
name = "all"
steps = [{ each = "1h", price = 5 }]

[[coupon]]
name = "cinema"
share = "50%"

[points]
each = 500
time = "1h"
most = "3h"
"""
TARIFF = read_tariff(TEXT)


@pytest.fixture
def priced(garage: Any) -> Any:
    """The garage with that tariff, priced as a gate prices."""
    house, now = garage.house, garage.house.clock.now()
    with house.store.begin(garage.campus.tenant, Actor("operator", "dora")) as tx:
        parking.add_tariff(tx, parking.TariffRow("hourly", date(2026, 1, 1), TEXT, now))
        journal.write(tx, house.keyring, now, "test.tariff")
    garage.price = prices(house, garage.campus.tenant)
    return garage


def live(garage: Any, arrival: Any) -> tuple[Stay, Bill]:
    stay = garage.stay(arrival.stay).stay
    return stay, garage.price(stay, garage.house.clock.now())


def tried(garage: Any, stay: Stay, **given: Any) -> Bill:
    return price(TARIFF, stay.entered, garage.house.clock.now(), Circumstances(**given))


def gives(garage: Any, arrival: Any, **what: Any) -> None:
    now = garage.house.clock.now()
    with garage.house.store.begin(garage.campus.tenant, Actor("operator", "dora")) as tx:
        assert parking.add_validation(tx, arrival.stay, Validation(ValidationId(garage.house.new_id()), **what), now)
        journal.write(tx, garage.house.keyring, now, "test.given")


def test_a_lane_for_motorcycles_prices_them_so_with_a_plate_and_with_a_ticket(priced: Any, clock: Any) -> None:
    campus = priced.campus
    lots.set_vehicle(priced.house, campus.signed, campus.site, priced.lot.lot, priced.entry, "motorcycle")
    with pytest.raises(NoSuchWord):
        lots.set_vehicle(priced.house, campus.signed, campus.site, priced.lot.lot, priced.entry, "spaceship")
    came, drawn = priced.comes(BOB), flow.draw_ticket(priced.house, campus.tenant, priced.entry)
    clock.move(3 * HOUR)
    for arrival in (came, drawn.arrival):
        stay, bill = live(priced, arrival)
        assert bill == tried(priced, stay, vehicle="motorcycle")
        assert bill.total.text == "1.00"


def test_a_permit_says_the_class_of_its_cars_before_the_lane_does(priced: Any, clock: Any) -> None:
    campus = priced.campus
    lots.set_vehicle(priced.house, campus.signed, campus.site, priced.lot.lot, priced.entry, "large")
    priced.permit(ALICE, vehicle="motorcycle")
    assert live(priced, priced.comes(ALICE))[0].vehicle == "motorcycle"
    assert live(priced, priced.comes(BOB))[0].vehicle == "large"


def test_a_part_of_the_garage_has_its_own_price(priced: Any, clock: Any) -> None:
    priced.change(area="valet")
    came = priced.comes(BOB)
    clock.move(2 * HOUR)
    stay, bill = live(priced, came)
    assert bill == tried(priced, stay, area="valet")
    assert bill.total.text == "20.00"


def test_staff_outside_the_hours_of_their_permit_pay_their_own_rate(priced: Any, clock: Any) -> None:
    priced.permit(ALICE, kind=PermitKind.STAFF, valid=priced_until(priced, HOUR))
    came = priced.comes(ALICE)
    clock.move(3 * HOUR)
    stay, bill = live(priced, came)
    only = ((stay.entered + HOUR, clock.now()),)
    assert bill == tried(priced, stay, permit="staff", tags=frozenset({"permit", "permits", "staff"}), only=only)
    assert bill.total.text == "4.00"


def priced_until(garage: Any, lasts: timedelta) -> Validity:
    return Validity(None, garage.house.clock.now() + lasts)


@pytest.mark.parametrize(
    ("what", "told", "total"),
    [
        ({"coupon": "cinema"}, {"coupons": ("cinema",)}, "10.00"),
        ({"coupon": "film night"}, {"coupons": ("film night",)}, "3.00"),
        ({"points": 1300}, {"points": 1300}, "10.00"),
        ({"points": 90_000}, {"points": 90_000}, "5.00"),
    ],
)
def test_what_is_given_to_a_driver_is_a_line_of_the_bill(
    priced: Any, clock: Any, what: dict[str, Any], told: dict[str, Any], total: str
) -> None:
    came = priced.comes(BOB)
    clock.move(4 * HOUR)
    gives(priced, came, **what)
    stay, bill = live(priced, came)
    assert bill == tried(priced, stay, **told)
    assert bill.total.text == total
    listed = lots.stays(priced.house, priced.campus.signed, priced.campus.site, priced.lot.lot)
    assert [line.due for line in listed.lines] == [bill.total], "the list says what the car's page says"


def test_the_desk_tells_points_class_and_area_and_what_is_said_again_holds(priced: Any, clock: Any) -> None:
    campus, came = priced.campus, priced.comes(BOB)
    clock.move(4 * HOUR)
    priced.goes(BOB)
    call = assist.call(priced.house, campus.tenant, priced.exit, CallReason.HELP, stay=came.stay)
    assist.take(priced.house, campus.signed, call)

    def decides(act: Act, **given: Any) -> Bill:
        assist_acts.decide(priced.house, campus.signed, call, Decision(act, **given), priced.price)
        return live(priced, came)[1]

    for points in (500, 1300, 1300):
        bill = decides(Act.POINTS, points=points)
    assert bill == tried(priced, live(priced, came)[0], points=1300)
    assert decides(Act.DESCRIBE, vehicle="motorcycle").total.text == "1.00"
    bill = decides(Act.DESCRIBE, vehicle="car", area="valet")
    assert bill == tried(priced, live(priced, came)[0], area="valet", points=1300)
    assert bill.total.text == "20.00"
    for unknown in ({"vehicle": "spaceship"}, {"area": "roof"}):
        with pytest.raises(NoSuchWord):
            decides(Act.DESCRIBE, **unknown)


def test_a_shop_gives_a_coupon_of_the_tariff_and_no_other(priced: Any, clock: Any) -> None:
    campus, until = priced.campus, clock.now() + 24 * HOUR
    made = permits.make_coupon(
        priced.house, campus.signed, campus.site, priced.lot.lot, CouponTerms("Cinema", None, None, until, coupon="cinema")
    )
    with priced.house.store.read(campus.tenant) as db:
        row = parking.coupon(db, permits.coupon_hash(made.code))
    assert row is not None
    assert row.validation.coupon == "cinema"
    assert permits.named_coupons(priced.house, campus.signed, campus.site) == ("cinema", "film night")
    terms = CouponTerms("Cinema", None, None, until, coupon="theatre")
    with pytest.raises(NoSuchWord):
        permits.make_coupon(priced.house, campus.signed, campus.site, priced.lot.lot, terms)


def test_free_time_is_had_once_a_day_by_one_car(priced: Any, clock: Any, at_nine: Callable[[], None]) -> None:
    at_nine()
    first = priced.comes(BOB)
    clock.move(20 * MINUTE)
    assert live(priced, first)[1].total.minor == 0
    assert priced.goes(BOB).opens
    clock.move(HOUR)
    again, other = priced.comes(BOB), priced.comes(ALICE)
    clock.move(20 * MINUTE)
    stay, bill = live(priced, again)
    assert stay.came_before
    assert bill == tried(priced, stay, came_before=True) == tried(priced, stay, free_used=True)
    assert bill.total.text == "5.00"
    assert live(priced, other)[1].total.minor == 0
    priced.pays(again.stay, 500)
    assert priced.goes(BOB).opens
    clock.move(24 * HOUR)
    assert not live(priced, priced.comes(BOB))[0].came_before


def test_a_car_that_came_yesterday_and_left_this_morning_has_its_free_time_today(
    priced: Any, clock: Any, at_nine: Callable[[], None]
) -> None:
    at_nine()
    clock.move(14 * HOUR)
    came = priced.comes(BOB)
    clock.move(2 * HOUR)
    priced.pays(came.stay, 1000)
    assert priced.goes(BOB).opens
    clock.move(HOUR)
    assert not live(priced, priced.comes(BOB))[0].came_before


@pytest.fixture
def at_nine(clock: Any) -> Callable[[], None]:
    """Nine in the morning in Shanghai."""

    def move() -> None:
        clock.move(timedelta(hours=(25 - clock.now().hour) % 24) - timedelta(minutes=clock.now().minute))

    return move
