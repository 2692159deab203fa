"""A fleet's cars leave without paying at the exit; what they cost stands on its account, and each charge on one statement."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sealgate.domain.access import Validity
from sealgate.domain.fleets import ON_ACCOUNT, BadMonth, end_of_month
from sealgate.domain.ids import PaymentId, PermitId
from sealgate.domain.lots import PermitKind
from sealgate.domain.money import Money
from sealgate.domain.stays import RightKind, StayState
from sealgate.flows import fleet_accounts as fleets
from sealgate.flows import permits, refunds
from sealgate.flows.fleet_accounts import NoFleet, NothingToState, StatementPaid
from sealgate.flows.permits import PermitTerms
from sealgate.flows.pricing import prices
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Actor
from sealgate.store.parking import fleets as rows

HOUR = timedelta(hours=1)
BOB, ALICE, CHARLIE = "沪A12345", "沪B77731", "沪C55566"
TEXT = """
name = "hourly"
currency = "CNY"
time_zone = "Asia/Shanghai"
steps = [{ each = "1h", price = 5 }]
"""


class Fleet:
    """Harbour Works with two cars, and short words for its account."""

    def __init__(self, garage: Any, limit: int | None = None, spaces: int = 2) -> None:
        self.garage, self.house, self.signed = garage, garage.house, garage.campus.signed
        now = self.house.clock.now()
        with self.house.store.begin(garage.campus.tenant, Actor("operator", "dora")) as tx:
            parking.add_tariff(tx, parking.TariffRow("hourly", date(2026, 1, 1), TEXT, now))
            journal.write(tx, self.house.keyring, now, "test.tariff")
        garage.price = prices(self.house, garage.campus.tenant)
        lots = frozenset({garage.lot.lot})
        terms = PermitTerms(PermitKind.FLEET, "Harbour Works", lots, spaces=spaces, plates=(BOB, ALICE))
        self.permit: PermitId = permits.add_permit(self.house, self.signed, terms)
        fleets.open_account(self.house, self.signed, self.permit, limit)

    def view(self) -> fleets.AccountView:
        return fleets.account(self.house, self.signed, self.permit)

    def charges(self) -> int:
        """What was charged less what was taken back, by the payments alone."""
        with self.house.store.read(self.garage.campus.tenant) as db:
            stays = {line.row.stay for line in self.view().loose} | {
                line.row.stay for one in self.view().statements for line in self.lines(one.row.statement)
            }
            paid = [row for stay in stays for row in parking.payments_of(db, stay) if row.provider == ON_ACCOUNT]
            back = [refund for row in paid for refund in parking.refunds_of(db, row.payment)]
        return sum(row.asked.minor for row in paid) - sum(refund.money.minor for refund in back)

    def lines(self, statement: Any) -> list[fleets.EntryLine]:
        return list(fleets.statement_lines(self.house, self.signed, statement))


def test_its_cars_leave_at_once_and_the_tariffs_price_stands_on_the_account(garage: Any, clock: Any) -> None:
    fleet = Fleet(garage)
    came = garage.comes(BOB)
    assert garage.stay(came.stay).stay.right.kind is RightKind.PERMIT
    clock.move(3 * HOUR)
    assert garage.goes(BOB).opens
    stay = garage.stay(came.stay).stay
    assert (stay.state, stay.left) == (StayState.CLOSED, clock.now())
    view = fleet.view()
    assert view.owed == Money(1500, "CNY")
    assert [(line.plate, line.money, line.lot) for line in view.loose] == [(BOB, Money(1500, "CNY"), "Deck")]
    with garage.house.store.read(garage.campus.tenant) as db:
        [payment] = parking.payments_of(db, stay.stay)
    assert (payment.provider, payment.asked) == (ON_ACCOUNT, Money(1500, "CNY"))


def test_beyond_its_limit_and_beyond_its_spaces_a_car_pays_itself(garage: Any, clock: Any) -> None:
    fleet = Fleet(garage, limit=1200, spaces=1)
    garage.comes(BOB)
    second = garage.comes(ALICE)
    assert garage.stay(second.stay).stay.right.kind is RightKind.VISITOR
    clock.move(2 * HOUR)
    assert garage.goes(BOB).opens
    waits = garage.goes(ALICE)
    assert (waits.opens, waits.due) == (False, Money(1000, "CNY"))
    garage.pays(second.stay, 1000)
    assert garage.goes(ALICE).opens
    garage.comes(BOB)
    clock.move(HOUR)
    over = garage.goes(BOB)  # 10.00 are owed, and 5.00 more would be above 12.00
    assert (over.opens, over.due) == (False, Money(500, "CNY"))
    assert fleet.view().owed == Money(1000, "CNY")


def test_suspended_it_is_no_right_and_charges_nothing(garage: Any, clock: Any) -> None:
    fleet = Fleet(garage)
    garage.comes(BOB)
    fleets.suspend(garage.house, fleet.signed, fleet.permit, on=True)
    assert garage.stay(garage.comes(ALICE).stay).stay.right.kind is RightKind.VISITOR
    clock.move(HOUR)
    assert garage.goes(BOB).due == Money(500, "CNY")
    fleets.suspend(garage.house, fleet.signed, fleet.permit, on=False)
    clock.move(2 * HOUR)
    assert garage.goes(BOB).opens
    assert fleet.view().owed == Money(1500, "CNY")


def test_a_charge_stands_on_one_statement_and_what_is_taken_back_on_the_next(garage: Any, clock: Any) -> None:
    fleet, house = Fleet(garage), garage.house
    stays = []
    for plate in (BOB, ALICE):
        stays.append(garage.comes(plate).stay)
        clock.move(2 * HOUR)
        assert garage.goes(plate).opens
    this_month = f"{clock.now():%Y-%m}"
    with pytest.raises(BadMonth):
        fleets.make_statement(house, fleet.signed, fleet.permit, this_month)
    clock.move(timedelta(days=32))
    assert fleets.state_months(house, garage.campus.tenant) == 1
    assert fleets.state_months(house, garage.campus.tenant) == 0
    [first] = fleet.view().statements
    assert (first.total, first.row.entries, first.overdue) == (Money(2000, "CNY"), 2, False)
    assert {line.plate for line in fleet.lines(first.row.statement)} == {BOB, ALICE}
    with house.store.read(garage.campus.tenant) as db:
        charge = parking.payments_of(db, stays[0])[0].payment
    refunds.refund(house, fleet.signed, PaymentId(charge), Money(400, "CNY"), "the bar was stuck")
    assert fleet.view().owed == Money(1600, "CNY")
    fleets.paid(house, fleet.signed, first.row.statement)
    with pytest.raises(StatementPaid):
        fleets.paid(house, fleet.signed, first.row.statement)
    assert fleet.view().owed == Money(-400, "CNY")
    clock.move(timedelta(days=31))
    fleets.state_months(house, garage.campus.tenant)
    second, again = fleet.view().statements
    assert (second.total, again.row.paid_at is not None) == (Money(-400, "CNY"), True)
    assert fleet.charges() == first.row.total + second.row.total
    with pytest.raises(NothingToState):
        fleets.make_statement(house, fleet.signed, fleet.permit, second.row.month)


def test_only_a_fleet_has_an_account_and_umbra_sees_none_of_it(garage: Any, umbra_campus: Any, clock: Any) -> None:
    fleet = Fleet(garage)
    made = garage.permit(CHARLIE, kind=PermitKind.SEASON, valid=Validity())
    with pytest.raises(NoFleet):
        fleets.open_account(garage.house, fleet.signed, made.permit, None)
    with garage.house.store.read(umbra_campus.tenant) as db:
        assert rows.owed(db, fleet.permit) == 0
        assert parking.permit(db, fleet.permit) is None


def test_a_month_ends_on_the_clocks_of_its_garage() -> None:
    from zoneinfo import ZoneInfo

    assert end_of_month("2026-02", ZoneInfo("Asia/Shanghai")).isoformat() == "2026-03-01T00:00:00+08:00"
    for wrong in ("2026-13", "", "26-1", "9999-12"):
        with pytest.raises(BadMonth):
            end_of_month(wrong, ZoneInfo("Asia/Shanghai"))
