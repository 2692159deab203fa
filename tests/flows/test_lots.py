"""Lots, permits, coupons, bans and tariffs as the console makes them: Ada makes the rules, Dora only looks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from sealgate.domain.access import Reason
from sealgate.domain.calendar import DAY
from sealgate.domain.errors import Forbidden, Invalid, NotFound
from sealgate.domain.ids import GateId, LotId, ReservationId
from sealgate.domain.lots import BadLot, BadPermit, BadValidation, GateRole, PermitKind, Reservation, SpaceClass
from sealgate.domain.operators import Role
from sealgate.domain.plates import BadPlate, normalise
from sealgate.domain.sightings import PlateSighting
from sealgate.domain.stays import RightKind
from sealgate.domain.tariff_errors import BadPrice, NotInForce
from sealgate.flows import lots, parking, permits, pricing, tariffs
from sealgate.flows.lots import LaneTaken, LotTerms, Which
from sealgate.flows.people import PurposeNeeded
from sealgate.flows.permits import CouponTerms, EndsFirst, NoPlates, NoReason, PermitTerms, PlateThere
from sealgate.flows.tariffs import DayPassed, OtherName
from sealgate.store import parking as rows
from sealgate.store.journal import page as journal_page

MONDAY = date(2026, 3, 2)
TARIFF = """\
name = "Visitors"
currency = "CNY"
time_zone = "Asia/Shanghai"
[[band]]
name = "day and night"
steps = [{ each = "1h", price = 5 }]
"""
ALICES, BOBS, CHARLIES = "沪A12345", "沪B54321", "沪C11111"


@pytest.fixture
def lot(acme_campus: Any) -> LotId:
    """Garage B1 by the tariff "Visitors": 2 spaces for visitors, 1 for permits, with an entry."""
    campus = acme_campus
    tariffs.save(campus.house, campus.signed, TARIFF, MONDAY)
    terms = LotTerms("Garage B1", {SpaceClass.VISITORS: 2, SpaceClass.PERMITS: 1}, tariff="Visitors")
    made = lots.add_lot(campus.house, campus.signed, campus.site, terms)
    lots.add_lane(campus.house, campus.signed, campus.site, made, campus.barrier, GateRole.ENTRY)
    return made


@pytest.fixture
def drive_in(acme_campus: Any, lot: LotId) -> Callable[[str], parking.Arrival]:
    house, tenant = acme_campus.house, acme_campus.tenant

    def arrive(plate: str) -> parking.Arrival:
        sighting = PlateSighting(acme_campus.barrier, house.clock.now(), normalise(plate), 0.99)
        arrived = parking.arrive(house, tenant, sighting, pricing.prices(house, tenant))
        house.clock.move(timedelta(minutes=1))
        return arrived

    return arrive


def newest_action(campus: Any) -> str:
    with campus.house.store.read(campus.tenant) as db:
        return journal_page(db, limit=1)[0].action


# --- lots -----------------------------------------------------------------------------------------------------


def test_a_lot_is_added_listed_and_changed(acme_campus: Any, lot: LotId) -> None:
    campus = acme_campus
    lots.change_lot(campus.house, campus.signed, campus.site, lot, LotTerms("Garage B2", {SpaceClass.VISITORS: 7}))
    line = lots.lots(campus.house, campus.signed, campus.site)[0]
    assert (line.lot.name, line.spaces, line.free, line.lot.tariff) == ("Garage B2", 7, 7, None)
    assert newest_action(campus) == "lot.changed"


def test_a_yard_that_counts_nothing_is_never_full(acme_campus: Any) -> None:
    campus = acme_campus
    made = lots.add_lot(campus.house, campus.signed, campus.site, LotTerms("Loading yard"))
    assert lots.lot(campus.house, campus.signed, campus.site, made).line.free is None


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"tariff": "Nowhere"}, "tariff"),
        ({"capacity": {SpaceClass.VISITORS: -1}}, "capacity"),
        ({"capacity": {SpaceClass.VISITORS: 100_001}}, "capacity"),
        ({"min_certainty": 0.4}, "min_certainty"),
        ({"echo": timedelta(minutes=11)}, "echo"),
        ({"longest": timedelta(minutes=59)}, "longest"),
    ],
)
def test_terms_outside_their_bounds_are_refused(acme_campus: Any, terms: dict[str, Any], field: str) -> None:
    with pytest.raises(BadLot) as refused:
        lots.add_lot(acme_campus.house, acme_campus.signed, acme_campus.site, LotTerms("Garage", **terms))
    assert refused.value.field == field


def test_a_lot_never_lies_in_a_lot_that_lies_in_it(acme_campus: Any, lot: LotId) -> None:
    campus = acme_campus
    inner = lots.add_lot(campus.house, campus.signed, campus.site, LotTerms("Inner", parent=lot))
    with pytest.raises(BadLot) as refused:
        lots.change_lot(campus.house, campus.signed, campus.site, lot, LotTerms("Garage B1", parent=inner))
    assert refused.value.field == "parent"


def test_a_gate_has_one_role_in_one_lot(acme_campus: Any, lot: LotId) -> None:
    campus = acme_campus
    other = lots.add_lot(campus.house, campus.signed, campus.site, LotTerms("Yard"))
    with pytest.raises(LaneTaken):
        lots.add_lane(campus.house, campus.signed, campus.site, other, campus.barrier, GateRole.EXIT)
    with pytest.raises(BadLot):
        lots.add_lane(campus.house, campus.signed, campus.site, other, campus.door, GateRole.NESTED_IN)
    lots.remove_lane(campus.house, campus.signed, campus.site, lot, campus.barrier)
    lots.add_lane(campus.house, campus.signed, campus.site, other, campus.barrier, GateRole.EXIT)
    record = lots.lot(campus.house, campus.signed, campus.site, other)
    assert [(lane.name, lane.role) for lane in record.lanes] == [("Barrier", GateRole.EXIT)]
    assert campus.barrier not in dict(record.without_role)


def test_what_was_counted_on_the_ground_replaces_the_counter(acme_campus: Any, lot: LotId) -> None:
    campus = acme_campus
    lots.set_count(campus.house, campus.signed, campus.site, lot, SpaceClass.VISITORS, 2)
    assert lots.lot(campus.house, campus.signed, campus.site, lot).line.free == 1
    with pytest.raises(BadLot):
        lots.set_count(campus.house, campus.signed, campus.site, lot, SpaceClass.VISITORS, -1)


def test_umbra_finds_none_of_it_and_dora_changes_nothing(acme_campus: Any, umbra_campus: Any, lot: LotId) -> None:
    campus = acme_campus
    with pytest.raises(NotFound):
        lots.lot(campus.house, umbra_campus.signed, umbra_campus.site, lot)
    dora = campus.only(Role.ATTENDANT)
    assert lots.lots(campus.house, dora, campus.site)[0].lot.lot == lot
    with pytest.raises(Forbidden):
        lots.change_lot(campus.house, dora, campus.site, lot, LotTerms("Mine"))
    with pytest.raises(Forbidden):
        lots.stays(campus.house, campus.only(Role.SECURITY), campus.site, lot)


# --- stays ----------------------------------------------------------------------------------------------------


def test_the_list_of_stays_shows_plates_and_what_is_due_and_is_journaled(
    acme_campus: Any, lot: LotId, drive_in: Callable[[str], Any]
) -> None:
    campus = acme_campus
    drive_in(ALICES)
    campus.house.clock.move(timedelta(minutes=90))
    found = lots.stays(campus.house, campus.signed, campus.site, lot)
    assert [(line.plate, line.due and line.due.text, line.gate) for line in found.lines] == [(ALICES, "10.00", "Barrier")]
    assert newest_action(campus) == "stays.watched"


def test_only_what_stands_there_for_a_day_is_long(acme_campus: Any, lot: LotId, drive_in: Callable[[str], Any]) -> None:
    campus = acme_campus
    drive_in(ALICES)
    campus.house.clock.move(DAY)
    drive_in(BOBS)
    long = lots.stays(campus.house, campus.signed, campus.site, lot, Which.LONG)
    assert [line.plate for line in long.lines] == [ALICES]
    assert lots.stays(campus.house, campus.signed, campus.site, lot, Which.PAID).lines == ()


def test_a_car_is_found_by_its_whole_plate_and_a_purpose(acme_campus: Any, lot: LotId, drive_in: Callable[[str], Any]) -> None:
    campus = acme_campus
    drive_in(ALICES)
    found = lots.search(campus.house, campus.signed, campus.site, "沪A·123 45", "lost-property: an umbrella")
    assert [line.plate for line in found.lines] == [ALICES]
    assert newest_action(campus) == "stays.searched"
    assert lots.search(campus.house, campus.signed, campus.site, "沪A1234", "incident").lines == ()
    with pytest.raises(PurposeNeeded):
        lots.search(campus.house, campus.signed, campus.site, ALICES, "")


def test_umbra_does_not_find_acmes_car(acme_campus: Any, umbra_campus: Any, lot: LotId, drive_in: Callable[[str], Any]) -> None:
    drive_in(ALICES)
    assert lots.search(umbra_campus.house, umbra_campus.signed, umbra_campus.site, ALICES, "incident").lines == ()


# --- permits, bans, reservations, coupons ---------------------------------------------------------------------


def fleet(lot: LotId, *plates: str, **more: Any) -> PermitTerms:
    return PermitTerms(PermitKind.FLEET, "Courier Co", frozenset({lot}), plates=plates, **more)


def right_of(campus: Any, lot: LotId, plate: str) -> RightKind:
    found = lots.stays(campus.house, campus.signed, campus.site, lot).lines
    return next(line.stay.right.kind for line in found if line.plate == plate)


def test_two_cars_share_one_space_and_the_second_is_a_visitor(
    acme_campus: Any, lot: LotId, drive_in: Callable[[str], Any]
) -> None:
    campus = acme_campus
    made = permits.add_permit(campus.house, campus.signed, fleet(lot, ALICES, BOBS))
    drive_in(ALICES)
    drive_in(BOBS)
    assert (right_of(campus, lot, ALICES), right_of(campus, lot, BOBS)) == (RightKind.PERMIT, RightKind.VISITOR)
    line, plates = permits.permit(campus.house, campus.signed, made)
    assert (line.cars, line.inside, {plate.plate for plate in plates}) == (2, 1, {ALICES, BOBS})
    assert newest_action(campus) == "permit.opened"


def test_an_ended_permit_forgets_its_plates(acme_campus: Any, lot: LotId, drive_in: Callable[[str], Any]) -> None:
    campus = acme_campus
    made = permits.add_permit(campus.house, campus.signed, fleet(lot, ALICES))
    permits.end_permit(campus.house, campus.signed, made)
    drive_in(ALICES)
    assert right_of(campus, lot, ALICES) is RightKind.VISITOR
    assert permits.permit(campus.house, campus.signed, made)[1] == []
    with pytest.raises(NotFound):
        permits.end_permit(campus.house, campus.signed, made)


def test_a_plate_is_added_once_and_removed(acme_campus: Any, lot: LotId) -> None:
    campus = acme_campus
    made = permits.add_permit(campus.house, campus.signed, fleet(lot, ALICES))
    permits.add_plate(campus.house, campus.signed, made, BOBS)
    with pytest.raises(PlateThere):
        permits.add_plate(campus.house, campus.signed, made, BOBS)
    bobs = next(plate for plate in permits.permit(campus.house, campus.signed, made)[1] if plate.plate == BOBS)
    permits.remove_plate(campus.house, campus.signed, made, bobs.token)
    assert [plate.plate for plate in permits.permit(campus.house, campus.signed, made)[1]] == [ALICES]


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"plates": ()}, NoPlates),
        ({"plates": ("沪A' OR 1=1; --" * 5,)}, BadPlate),
        ({"spaces": 0}, BadPermit),
        ({"until": "past"}, EndsFirst),
        ({"lots": frozenset()}, BadPermit),
    ],
)
def test_a_permit_that_does_not_fit_is_refused(
    acme_campus: Any, lot: LotId, more: dict[str, Any], error: type[Invalid]
) -> None:
    now = acme_campus.house.clock.now()
    given = {"plates": (ALICES,), "lots": frozenset({lot}), **more}
    if more.get("until"):
        given["until"] = now - timedelta(days=1)
    with pytest.raises(error):
        permits.add_permit(acme_campus.house, acme_campus.signed, PermitTerms(PermitKind.STAFF, "Nobody", **given))


def test_permits_come_a_page_at_a_time(acme_campus: Any, lot: LotId, monkeypatch: pytest.MonkeyPatch) -> None:
    campus = acme_campus
    monkeypatch.setattr(permits, "PAGE", 2)
    for number in range(3):
        permits.add_permit(campus.house, campus.signed, fleet(lot, f"沪A0000{number}"))
    first, following = permits.permits(campus.house, campus.signed)
    second, end = permits.permits(campus.house, campus.signed, following)
    assert (len(first), len(second), end) == (2, 1, None)


def test_a_banned_car_stays_outside_until_the_ban_is_lifted(
    acme_campus: Any, lot: LotId, drive_in: Callable[[str], parking.Arrival]
) -> None:
    campus = acme_campus
    made = permits.ban(campus.house, campus.signed, ALICES, "left three times without paying", lot)
    assert drive_in(ALICES).reason is Reason.BANNED
    assert [(line.plate, line.reason) for line in permits.bans(campus.house, campus.signed)] == [
        (ALICES, "left three times without paying")
    ]
    permits.lift_ban(campus.house, campus.signed, made)
    assert permits.bans(campus.house, campus.signed) == []
    campus.house.clock.move(timedelta(minutes=5))
    assert drive_in(ALICES).reason is Reason.ALLOWED
    with pytest.raises(NoReason):
        permits.ban(campus.house, campus.signed, BOBS, "  ")


def test_a_reservation_keeps_a_space_for_its_car(
    acme_campus: Any, lot: LotId, drive_in: Callable[[str], parking.Arrival]
) -> None:
    campus = acme_campus
    now = campus.house.clock.now()
    booking = Reservation(ReservationId(campus.house.new_id()), lot, now, now + timedelta(hours=3))
    permits.reserve(campus.house, campus.signed, campus.site, booking, ALICES)
    lots.set_count(campus.house, campus.signed, campus.site, lot, SpaceClass.VISITORS, 1)
    assert drive_in(BOBS).reason is Reason.FULL
    assert drive_in(ALICES).reason is Reason.ALLOWED
    lines = permits.reservations(campus.house, campus.signed, campus.site, now, now + DAY)
    assert [(line.plate, line.came) for line in lines] == [(ALICES, True)]


BADGES = """
name = "Badges"
currency = "CNY"
time_zone = "Asia/Shanghai"
[[rate]]
name = "badge"
tags = ["disabled"]
steps = [{ each = "1h", price = 1 }]
[[rate]]
name = "everybody"
steps = [{ each = "1h", price = 5 }]
"""


def test_who_holds_a_marked_space_pays_its_rate_and_a_zones_permit_nothing(acme_campus: Any) -> None:
    campus = acme_campus
    house, signed, now = campus.house, campus.signed, campus.house.clock.now()
    tariffs.save(house, signed, BADGES, MONDAY)
    spaces = {SpaceClass.VISITORS: 2, SpaceClass.DISABLED: 1}
    lot = lots.add_lot(house, signed, campus.site, LotTerms("Ramp", spaces, tariff="Badges", zone=campus.garage))
    lots.add_lane(house, signed, campus.site, lot, campus.barrier, GateRole.ENTRY)
    booking = Reservation(ReservationId(house.new_id()), lot, now, now + timedelta(hours=3), SpaceClass.DISABLED)
    permits.reserve(house, signed, campus.site, booking, ALICES)
    of_zone = PermitTerms(PermitKind.STAFF, "Cleaners", frozenset(), frozenset({campus.garage}), plates=(CHARLIES,))
    permits.add_permit(house, signed, of_zone)
    price = pricing.prices(house, campus.tenant)
    due = []
    for plate in (ALICES, BOBS, CHARLIES):
        sighting = PlateSighting(campus.barrier, house.clock.now(), normalise(plate), 0.99)
        came = parking.arrive(house, campus.tenant, sighting, price)
        assert came.stay is not None
        with house.store.read(campus.tenant) as db:
            row = rows.stay(db, came.stay)
        assert row is not None
        due.append((row.stay.right.space, price(row.stay, house.clock.now() + timedelta(minutes=50)).total.minor))
        house.clock.move(timedelta(minutes=1))
    assert due == [(SpaceClass.DISABLED, 100), (SpaceClass.VISITORS, 500), (SpaceClass.VISITORS, 0)]


def test_a_coupon_is_found_by_its_code_however_it_is_typed(acme_campus: Any, lot: LotId) -> None:
    campus = acme_campus
    until = campus.house.clock.now() + DAY
    terms = CouponTerms("Book shop", timedelta(hours=2), None, until, 3)
    made = permits.make_coupon(campus.house, campus.signed, campus.site, lot, terms)
    typed = "-".join(made.code[n : n + 4] for n in range(0, 16, 4)).lower()
    with campus.house.store.read(campus.tenant) as db:
        found = rows.coupon(db, permits.coupon_hash(typed))
    assert found is not None
    assert (found.shop, found.validation.time, found.uses_left) == ("Book shop", timedelta(hours=2), 3)
    assert made.code not in str(permits.coupons(campus.house, campus.signed, campus.site))


@pytest.mark.parametrize(("time", "share", "uses"), [(None, None, 1), (timedelta(1), 5, 1), (None, 101, 1), (None, 5, 0)])
def test_a_coupon_gives_time_or_a_share_a_number_of_times(
    acme_campus: Any, lot: LotId, time: timedelta | None, share: int | None, uses: int
) -> None:
    campus = acme_campus
    terms = CouponTerms("Cinema", time, share, campus.house.clock.now() + DAY, uses)
    with pytest.raises(BadValidation):
        permits.make_coupon(campus.house, campus.signed, campus.site, lot, terms)


# --- tariffs --------------------------------------------------------------------------------------------------


def test_a_new_version_holds_from_its_day_and_the_old_one_stays(acme_campus: Any, lot: LotId) -> None:
    campus = acme_campus
    dearer = TARIFF.replace("price = 5", "price = 8")
    tariffs.save(campus.house, campus.signed, dearer, MONDAY + 2 * DAY, name="Visitors")
    line = tariffs.tariffs(campus.house, campus.signed, MONDAY)[0]
    assert (line.now, line.coming, line.lots) == (MONDAY, (MONDAY + 2 * DAY,), ("Garage B1",))
    assert [one.text for one in tariffs.versions(campus.house, campus.signed, "Visitors")] == [dearer, TARIFF]


def test_a_version_of_the_past_of_another_name_or_not_in_force_is_refused(acme_campus: Any, lot: LotId) -> None:
    campus = acme_campus
    with pytest.raises(DayPassed):
        tariffs.save(campus.house, campus.signed, TARIFF, MONDAY - DAY, name="Visitors")
    with pytest.raises(OtherName):
        tariffs.save(campus.house, campus.signed, TARIFF, MONDAY + DAY, name="Season")
    with pytest.raises(NotInForce):
        tariffs.save(campus.house, campus.signed, f"valid_from = 2027-01-01\n{TARIFF}", MONDAY + DAY)
    with pytest.raises(BadPrice):
        tariffs.save(campus.house, campus.signed, TARIFF.replace("price = 5", "price = -5"), MONDAY + DAY)
    assert len(tariffs.versions(campus.house, campus.signed, "Visitors")) == 1


def test_dora_reads_tariffs_and_writes_none(acme_campus: Any, lot: LotId) -> None:
    campus = acme_campus
    dora = campus.only(Role.ATTENDANT)
    assert tariffs.tariffs(campus.house, dora, MONDAY)[0].name == "Visitors"
    with pytest.raises(Forbidden):
        tariffs.save(campus.house, dora, TARIFF, MONDAY + DAY)


def test_another_sites_gate_and_zone_are_not_taken(acme_campus: Any, umbra_campus: Any, lot: LotId) -> None:
    campus = acme_campus
    with pytest.raises(NotFound):
        lots.add_lane(campus.house, campus.signed, campus.site, lot, GateId(umbra_campus.door), GateRole.EXIT)
    with pytest.raises(BadLot):
        lots.change_lot(campus.house, campus.signed, campus.site, lot, LotTerms("Garage", zone=umbra_campus.office))
