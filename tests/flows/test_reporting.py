"""What the reports count: money on the day it moved, cars as long as they stood, and no plate anywhere."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sealgate.domain.billing import PaymentState, RefundState
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import CallId, LotId, PaymentId, RefundId, StayId
from sealgate.domain.lots import GateRole, SpaceClass
from sealgate.domain.money import Money
from sealgate.domain.operators import Role
from sealgate.domain.reconciliation import Difference, Movement
from sealgate.domain.stays import Cause, Right, RightKind, Stay, StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.tariff_file import read_tariff
from sealgate.flows import exchange, invoicing, lots, openings, passage, reporting
from sealgate.flows.kit import organisation, seal
from sealgate.flows.reporting import Asking, ReportBackwards, ReportTooLarge, ReportTooLong, Sum
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Actor
from sealgate.store.journal import page as journal_page
from sealgate.store.parking import reports
from sealgate.vault.envelope import Place

MONDAY = date(2026, 3, 2)
NINE = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""09:00 in Shanghai, where the campus is."""
HOUR = timedelta(hours=1)


class Garage:
    """A lot of the campus with an entry, and short ways to write what happened in it."""

    def __init__(self, campus: Any, name: str = "Garage B1") -> None:
        self.campus, self.house, self.signed = campus, campus.house, campus.signed
        terms = lots.LotTerms(name, {SpaceClass.VISITORS: 10})
        self.lot: LotId = lots.add_lot(self.house, self.signed, campus.site, terms)

    def asking(self, since: date = MONDAY, until: date = MONDAY) -> Asking:
        return Asking(self.campus.site, since, until, self.lot)

    def stay(self, entered: datetime, left: datetime | None = None, cause: Cause | None = None) -> StayId:
        name = StayId(self.house.new_id())
        gone = cause or (Cause.LEFT if left else None)
        state = StayState.CLOSED if gone else StayState.OPEN
        right = Right(RightKind.VISITOR, SpaceClass.VISITORS)
        stay = Stay(name, self.lot, entered, state, right, left=left, cause=gone)
        with self._write() as tx:
            row = parking.StayRow(stay, self.campus.site, 0, self.campus.barrier, closed_at=left)
            parking.add_stay(tx, row)
            journal.write(tx, self.house.keyring, entered, "test")
        return name

    def pays(self, stay: StayId, minor: int, at: datetime, provider: str = "wechat", **more: Any) -> PaymentId:
        name = PaymentId(self.house.new_id())
        row = parking.PaymentRow(
            payment=name,
            stay=stay,
            provider=provider,
            merchant="m",
            state=more.pop("state", PaymentState.PAID),
            asked=Money(minor, "CNY"),
            idempotency=str(name),
            started_at=at,
            expires_at=at + HOUR,
            paid_at=at if more.pop("paid", True) else None,
            **more,
        )
        with self._write() as tx:
            parking.add_payment(tx, row)
            journal.write(tx, self.house.keyring, at, "test")
        return name

    def sends_back(self, payment: PaymentId, minor: int, at: datetime) -> None:
        name = RefundId(self.house.new_id())
        place = Place(self.campus.tenant, "refunds", "reference", str(name))
        with self._write() as tx:
            sealed = seal(self.house, tx.tenant, organisation(), place, {"reference": "r"})
            row = parking.RefundRow(name, payment, RefundState.DONE, Money(minor, "CNY"), sealed, at, at)
            parking.add_refund(tx, row)
            journal.write(tx, self.house.keyring, at, "test")

    def calls(self, reason: CallReason, at: datetime) -> None:
        with self._write() as tx:
            parking.add_call(tx, parking.CallRow(CallId(self.house.new_id()), self.lot, reason, at))
            journal.write(tx, self.house.keyring, at, "test")

    def _write(self) -> Any:
        return self.house.store.begin(self.campus.tenant, Actor("system", "test"))


@pytest.fixture
def garage(acme_campus: Any) -> Garage:
    return Garage(acme_campus)


def test_money_counts_on_the_local_day_on_which_it_moved(garage: Garage) -> None:
    stay = garage.stay(NINE, NINE + HOUR)
    payment = garage.pays(stay, 1500, datetime(2026, 3, 2, 15, 59, tzinfo=UTC))  # 23:59 on Monday
    garage.pays(stay, 700, datetime(2026, 3, 2, 16, 1, tzinfo=UTC))  # 00:01 on Tuesday
    garage.sends_back(payment, 500, datetime(2026, 3, 3, 2, tzinfo=UTC))
    found = reporting.revenue(garage.house, garage.signed, garage.asking(MONDAY, MONDAY + timedelta(days=2)))
    assert [line.sum for line in found] == [Sum("CNY", 1500, 0, 1), Sum("CNY", 700, 500, 1), Sum("CNY", 0, 0, 0)]
    assert sum(line.sum.net for line in found) == 1500 + 700 - 500


def test_a_chargeback_is_money_that_went_back(garage: Garage) -> None:
    stay = garage.stay(NINE, NINE + HOUR)
    garage.pays(stay, 900, NINE, state=PaymentState.CHARGED_BACK, disputed_at=NINE + HOUR)
    assert reporting.revenue(garage.house, garage.signed, garage.asking())[0].sum.net == 0


def test_what_was_never_paid_is_no_revenue(garage: Garage) -> None:
    garage.pays(garage.stay(NINE), 900, NINE, state=PaymentState.PENDING, paid=False)
    assert reporting.revenue(garage.house, garage.signed, garage.asking()) == []


def test_the_means_are_told_apart_largest_first(garage: Garage) -> None:
    stay = garage.stay(NINE, NINE + HOUR)
    for minor, provider in ((500, "cash"), (900, "wechat"), (300, "wechat")):
        garage.pays(stay, minor, NINE, provider)
    found = reporting.means(garage.house, garage.signed, garage.asking())
    assert [(line.provider, line.sum.came, line.sum.payments) for line in found] == [("wechat", 1200, 2), ("cash", 500, 1)]


def test_another_lots_money_is_not_in_it(garage: Garage) -> None:
    other = Garage(garage.campus, "Yard")
    other.pays(other.stay(NINE), 900, NINE)
    assert reporting.revenue(garage.house, garage.signed, garage.asking()) == []
    whole = Asking(garage.campus.site, MONDAY, MONDAY)
    assert reporting.revenue(garage.house, garage.signed, whole)[0].sum.came == 900


def test_cars_are_counted_as_long_as_they_stand(garage: Garage) -> None:
    garage.house.clock.move(timedelta(hours=9))  # 18:00
    garage.stay(NINE + timedelta(minutes=30), NINE + timedelta(hours=3))
    garage.stay(NINE + timedelta(minutes=40), NINE + timedelta(minutes=50))
    garage.stay(NINE - timedelta(days=1))
    found = reporting.occupancy(garage.house, garage.signed, garage.asking())
    assert found.days[0].peak == 3
    assert [found.hours[hour] for hour in (0, 9, 10, 12, 13, 23)] == [1, 1, 2, 1, 1, 0]
    assert found.spaces == 10


def test_a_car_whose_exit_nobody_saw_is_not_counted_for_ever(garage: Garage) -> None:
    garage.house.clock.move(timedelta(hours=9))
    garage.stay(NINE, None, Cause.EXIT_MISSED)
    assert reporting.occupancy(garage.house, garage.signed, garage.asking()).hours[15] == 0


def test_stays_are_sorted_by_how_long_they_took(garage: Garage) -> None:
    for minutes in (10, 15, 50, 60, 61, 5000):
        garage.stay(NINE - timedelta(minutes=minutes), NINE)
    garage.stay(NINE - HOUR)
    found = reporting.lengths(garage.house, garage.signed, garage.asking())
    counted = {line.upto: line.stays for line in found.lengths if line.stays}
    assert counted == {timedelta(minutes=15): 2, HOUR: 2, 2 * HOUR: 1, None: 1}
    assert (found.stays, found.middle) == (6, timedelta(minutes=55))


def test_misreads_are_counted_beside_the_cars_that_left(garage: Garage) -> None:
    garage.stay(NINE - HOUR, NINE)
    for reason in (CallReason.NO_PLATE, CallReason.NO_PLATE, CallReason.HELP):
        garage.calls(reason, NINE)
    found = reporting.misreads(garage.house, garage.signed, garage.asking())
    assert (found[0].left, found[0].misread, found[0].calls[CallReason.HELP]) == (1, 2, 1)


def test_openings_by_hand_are_listed_with_who_and_why_and_that_is_journaled(garage: Garage) -> None:
    campus = garage.campus
    lots.add_lane(garage.house, garage.signed, campus.site, garage.lot, campus.barrier, GateRole.ENTRY)
    passage.open_by_hand(garage.house, garage.signed, campus.barrier, why="the bar was stuck")
    found = openings.forced(garage.house, garage.signed, garage.asking())
    assert [(line.gate, line.by, line.why) for line in found.lines] == [("Barrier", "Ada", "the bar was stuck")]
    with garage.house.store.read(campus.tenant) as db:
        assert journal_page(db, limit=1)[0].action == "forced.listed"


def test_a_page_after_another_misses_no_opening_and_repeats_none(garage: Garage, monkeypatch: pytest.MonkeyPatch) -> None:
    campus, clock = garage.campus, garage.house.clock
    lots.add_lane(garage.house, garage.signed, campus.site, garage.lot, campus.barrier, GateRole.ENTRY)
    monkeypatch.setattr(openings, "AT_A_TIME", 2)
    monkeypatch.setattr(exchange, "AT_A_TIME", 2)
    for number in range(6):  # two of them in each second: a page ends between them
        passage.open_by_hand(garage.house, garage.signed, campus.barrier, why=f"stuck {number}")
        clock.move(timedelta(seconds=number % 2))
    found = openings.every_forced(garage.house, garage.signed, garage.asking(), "audit")
    assert [line.why for line in found] == [f"stuck {number}" for number in reversed(range(6))]
    exported = exchange.export(garage.house, garage.signed, garage.asking())
    written = json.loads("".join(exported.pieces()))
    assert written == exported.whole()
    assert len({one["id"] for one in written["observationSets"][0]["observationElements"]}) == 6


def test_a_sum_over_a_part_of_the_rows_is_never_told(garage: Garage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST_ROWS", 2)
    stay = garage.stay(NINE, NINE + HOUR)
    for _ in range(2):
        garage.pays(stay, 100, NINE)
    assert reporting.revenue(garage.house, garage.signed, garage.asking())[0].sum.came == 200
    garage.pays(stay, 100, NINE)
    with pytest.raises(ReportTooLarge):
        reporting.revenue(garage.house, garage.signed, garage.asking())


def test_differences_are_listed_settled_or_not(garage: Garage) -> None:
    with garage._write() as tx:
        row = parking.DifferenceRow(
            garage.house.new_id(), "wechat", MONDAY, Difference.OTHER_SUM, Movement.PAYMENT, "CNY", NINE, ours=500, theirs=600
        )
        parking.add_difference(tx, row)
        journal.write(tx, garage.house.keyring, NINE, "test")
    found = reporting.differences(garage.house, garage.signed, garage.asking())
    assert [(line.ours, line.theirs) for line in found] == [(500, 600)]


def test_today_is_held_against_the_same_hours_a_week_ago(garage: Garage) -> None:
    stay = garage.stay(NINE - timedelta(days=8), NINE - timedelta(days=7))
    garage.pays(stay, 400, NINE - timedelta(days=7, hours=1))
    garage.pays(stay, 9900, NINE - timedelta(days=7) + HOUR)  # later than now, a week ago
    garage.pays(garage.stay(NINE - HOUR, NINE), 600, NINE)
    found = reporting.today(garage.house, garage.signed, garage.campus.site, garage.lot)
    assert ([one.net for one in found.sums], [one.net for one in found.before]) == ([600], [400])
    assert (found.left, found.calls) == (1, 0)


def test_a_report_covers_at_most_93_days_in_their_order(garage: Garage) -> None:
    with pytest.raises(ReportTooLong):
        reporting.revenue(garage.house, garage.signed, garage.asking(MONDAY, MONDAY + timedelta(days=93)))
    with pytest.raises(ReportBackwards):
        reporting.lengths(garage.house, garage.signed, garage.asking(MONDAY, MONDAY - timedelta(days=1)))


def test_reports_are_for_those_who_see_parking_and_never_for_umbra(garage: Garage, umbra_campus: Any) -> None:
    with pytest.raises(Forbidden):
        reporting.revenue(garage.house, garage.campus.only(Role.SECURITY), garage.asking())
    with pytest.raises(NotFound):
        reporting.revenue(garage.house, umbra_campus.signed, garage.asking())


# --- the exchange in the terms of ISO/TS 5206-1 ---------------------------------------------------------------


def test_an_export_has_every_invoice_that_waits(garage: Garage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invoicing, "AT_A_TIME", 2)
    asked = []
    for number in range(5):
        stay = garage.stay(NINE)
        payment, at = garage.pays(stay, 100, NINE), NINE + timedelta(seconds=number // 2)  # two ask in one second
        place = Place(garage.campus.tenant, "invoice_requests", "detail", str(payment))
        with garage._write() as tx:
            words = {"buyer": "person", "title": f"Bob {number}", "tax_number": "", "email": "bob@example.org"}
            parking.put_invoice(
                tx, parking.InvoiceRow(payment, stay, at, seal(garage.house, tx.tenant, organisation(), place, words))
            )
            journal.write(tx, garage.house.keyring, at, "test")
        asked.append(payment)
    found = [one.payment for one in invoicing.export(garage.house, garage.signed, "audit")]
    assert sorted(found) == sorted(asked)


NEEDED = {
    "places": {"id", "version", "name", "layer", "type", "hierarchyElementRecord", "timeZone"},
    "rightSpecifications": {"id", "version", "issuer", "transferable", "hierarchyElements"},
    "assignedRights": {"id", "version", "rightHolder", "rightSpecification"},
    "rateTables": {"rateTableName", "validityStart", "activeTimes", "availability", "rateLineCollections"},
    "sessions": {"id", "version", "actualStart", "initiator", "identifiedCredentials", "segments", "hierachyElement"},
    "observationSets": {"id", "version", "creationDateTime", "creator", "observationElements"},
}


def test_the_exchange_has_what_the_standard_requires_and_no_plate(garage: Garage) -> None:
    garage.stay(NINE, NINE + HOUR)
    found = exchange.export(garage.house, garage.signed, garage.asking()).whole()
    assert set(found) == set(NEEDED)
    for kind, keys in NEEDED.items():
        for thing in found[kind]:
            assert keys <= set(thing), kind
    assert found["sessions"][0]["actualEnd"] == "2026-03-02T10:00:00+08:00"
    assert [place["type"] for place in found["places"]] == ["campus", "parkingPlace"]
    known = {thing["id"] for kind in ("assignedRights", "places", "rightSpecifications") for thing in found[kind]}
    assert {session["segments"][0]["assignedRight"]["id"] for session in found["sessions"]} <= known


def test_our_objects_have_no_key_that_the_samples_of_the_standard_lack(garage: Garage, shared_data: Path) -> None:
    garage.stay(NINE, NINE + HOUR)
    found = exchange.export(garage.house, garage.signed, garage.asking()).whole()
    folder = shared_data / "protocols" / "apds"
    sample = json.loads((folder / "session.json").read_text(encoding="utf-8"))
    session = found["sessions"][0]
    assert set(session) - set(sample) == {"actualEnd", "hierachyElement"}
    assert set(session["segments"][0]) - set(sample["segments"][0]) == {"actualEnd"}
    assert set(session["identifiedCredentials"][0]) == set(sample["identifiedCredentials"][0])
    place = json.loads((folder / "place.json").read_text(encoding="utf-8"))
    assert set(found["places"][1]) - set(place) == {"parentId"}


def test_a_tariff_becomes_a_rate_table_like_the_sample(shared_data: Path) -> None:
    tariff = read_tariff("""
        name = "Hourly"
        currency = "CNY"
        time_zone = "Asia/Shanghai"
        [[band]]
        name = "all day"
        cap = 50
        steps = [{ upto = "15m", total = 0 }, { each = "1h", price = 5 }]
    """)
    since = datetime(2026, 1, 1, tzinfo=tariff.zone)
    made = exchange.rate_table(tariff, since)["rateLineCollections"][0]
    rate = json.loads((shared_data / "protocols" / "apds" / "rate.json").read_text(encoding="utf-8"))
    assert made == rate["rateLineCollections"][0] | {"rateLines": made["rateLines"]}
    lines = rate["rateLineCollections"][0]["rateLines"]
    assert made["rateLines"] == [lines[0], lines[1]]
