"""Eight real car parks: every case that was worked by hand comes out as worked, and pricing is no more work than its days."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from sealgate.domain.money import parse
from sealgate.domain.tariff_errors import (
    NotInForce,
    StayBackwards,
    StayTooLong,
    TariffsOverlap,
    UnknownCircumstance,
)
from sealgate.domain.tariff_file import parse_text, read_tariff, tariff_of
from sealgate.domain.tariff_model import Tariff
from sealgate.domain.tariffs import Bill, BillReason, Circumstances, in_force, price, texts

ROOT = Path(__file__).parents[2]
FILES = {file.stem: file for file in sorted((ROOT / "tests" / "data" / "tariffs").glob("*.toml"))}
SHANGHAI = "2026-03-01T08:00+08:00"

SIMPLE = """
name = "Acme"
currency = "CNY"
time_zone = "Asia/Shanghai"
classes = ["car", "bus"]
steps = [{ each = "1h", price = 5 }]
"""


def file_of(lot: str) -> Tariff:
    return read_tariff(FILES[lot].read_text(encoding="utf-8"))


def at(text: str, tariff: Tariff) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=tariff.zone).astimezone(UTC)


def circumstances(row: dict[str, str], tariff: Tariff) -> Circumstances:
    """What the columns `vehicle` and `extra` say in words, as the README beside the cases describes them."""
    vehicle, *tags = row["vehicle"].split(", ")
    extra = dict(item.partition("=")[::2] for item in row["extra"].split(";") if item)
    known = {"area", "points", "lost_ticket", "paid", "sum of parts"}
    assert set(extra) <= known, f"the case says {set(extra) - known}, which this test does not understand"
    left = datetime.fromisoformat(row["exit"])
    paid = [datetime.combine(left, time.fromisoformat(extra["paid"]), tariff.zone)] if "paid" in extra else []
    return Circumstances(
        vehicle=vehicle,
        tags=frozenset(tag.replace(" ", "-") for tag in tags),
        area=extra.get("area", ""),
        points=int(extra.get("points", 0)),
        paid=tuple(paid),
        lost_ticket="lost_ticket" in extra,
    )


def cases(shared_data: Path, lot: str) -> Iterator[tuple[dict[str, str], Bill, Tariff]]:
    tariff = file_of(lot)
    with (shared_data / "tariffs" / f"{lot}.cases.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row, price(tariff, at(row["entry"], tariff), at(row["exit"], tariff), circumstances(row, tariff)), tariff


def test_every_car_park_has_a_tariff_file(shared_data: Path) -> None:
    assert set(FILES) == {file.name.removesuffix(".cases.csv") for file in (shared_data / "tariffs").glob("*.cases.csv")}
    assert len(FILES) == 8


@pytest.mark.parametrize("lot", FILES)
def test_every_case_that_was_worked_by_hand(lot: str, shared_data: Path) -> None:
    found = list(cases(shared_data, lot))
    wrong = [
        (row["case"], row["working"], texts(bill.lines))
        for row, bill, tariff in found
        if bill.total != parse(row["price"], tariff.currency)
    ]
    assert not wrong
    assert len(found) >= 8


@pytest.mark.parametrize("lot", FILES)
def test_the_lines_of_every_case_add_up(lot: str, shared_data: Path) -> None:
    for _, bill, _ in cases(shared_data, lot):
        assert sum(line.amount.minor for line in bill.lines) == bill.total.minor >= 0


@pytest.mark.parametrize("lot", FILES)
def test_no_time_costs_nothing(lot: str) -> None:
    tariff = file_of(lot)
    noon = at("2026-03-03 12:00", tariff)
    bill = price(tariff, noon, noon)
    assert bill.total.minor == 0
    assert bill.lines[0].reason in {BillReason.NOTHING_DUE, BillReason.FREE_TIME}


@pytest.mark.parametrize("lot", FILES)
def test_the_work_of_pricing_grows_with_the_days_and_no_faster(lot: str) -> None:
    """Counted in calls of functions, which no other program's work changes; `sealgate bench garage` has the milliseconds."""
    tariff = file_of(lot)
    month = calls_of(tariff, at("2026-03-13 08:17", tariff), timedelta(days=30))
    longest = calls_of(tariff, at("2023-03-13 08:17", tariff), timedelta(days=1096))
    assert month < 10_000
    assert longest < 40 * month


def calls_of(tariff: Tariff, entered: datetime, stayed: timedelta) -> int:
    calls = 0

    def heard(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(heard)
    try:
        price(tariff, entered, entered + stayed)
    finally:
        sys.setprofile(before)
    return calls


def test_the_documents_examples_are_the_files_that_are_tested() -> None:
    page = (ROOT / "docs" / "tariffs.md").read_text(encoding="utf-8")
    for lot, file in FILES.items():
        assert file.read_text(encoding="utf-8") in page, f"docs/tariffs.md does not show {lot} as it is"


def test_every_fragment_in_the_documents_can_be_used() -> None:
    page = (ROOT / "docs" / "tariffs.md").read_text(encoding="utf-8")
    fragments = [parse_text(text) for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL)]
    assert len(fragments) >= 20
    around = parse_text(SIMPLE) | {"days": {name: {"dates": ["2026-10-01"]} for name in ("holiday", "match-day")}}
    for fragment in fragments:
        priced = fragment.keys() & {"band", "rate", "steps", "flat", "free"}
        ground = {key: value for key, value in around.items() if key != "steps" or not priced}
        tariff_of(fragment if "currency" in fragment else ground | fragment)


class TestWhatCannotBePriced:
    tariff = read_tariff(SIMPLE)
    entered = datetime.fromisoformat(SHANGHAI)

    def test_a_stay_that_ends_before_it_begins(self) -> None:
        with pytest.raises(StayBackwards) as refused:
            price(self.tariff, self.entered, self.entered - timedelta(minutes=1))
        assert refused.value.code == "tariff.stay-backwards"

    def test_a_stay_of_more_than_three_years(self) -> None:
        with pytest.raises(StayTooLong) as refused:
            price(self.tariff, self.entered, self.entered + timedelta(days=1097))
        assert refused.value.code == "tariff.stay-too-long"

    def test_a_time_that_does_not_say_where(self) -> None:
        with pytest.raises(StayBackwards):
            price(self.tariff, self.entered.replace(tzinfo=None), self.entered)

    @pytest.mark.parametrize("year", [1, 1969, 2150])
    def test_a_time_that_nobody_lives_in(self, year: int) -> None:
        entered = self.entered.replace(year=year)
        with pytest.raises(StayBackwards):
            price(self.tariff, entered, entered + timedelta(hours=1))

    def test_a_payment_before_the_entry(self) -> None:
        given = Circumstances(paid=(self.entered - timedelta(hours=1),))
        with pytest.raises(StayBackwards):
            price(self.tariff, self.entered, self.entered + timedelta(hours=1), given)

    @pytest.mark.parametrize(
        "given",
        [
            Circumstances(vehicle="tank"),
            Circumstances(coupons=("cinema",)),
            Circumstances(permit="office"),
        ],
    )
    def test_words_that_the_tariff_does_not_know(self, given: Circumstances) -> None:
        with pytest.raises(UnknownCircumstance) as refused:
            price(self.tariff, self.entered, self.entered + timedelta(hours=1), given)
        assert refused.value.code == "tariff.unknown-circumstance"
        assert refused.value.field


class TestTariffsInTurn:
    """Acme raises its prices on the first of April."""

    old = read_tariff(SIMPLE + "valid_until = 2026-03-31")
    new = read_tariff(SIMPLE.replace("price = 5", "price = 6") + "valid_from = 2026-04-01")

    def test_the_day_of_entry_decides(self) -> None:
        entered = datetime.fromisoformat("2026-03-31T23:30+08:00")
        assert in_force([self.old, self.new], entered) is self.old
        assert in_force([self.old, self.new], entered + timedelta(minutes=30)) is self.new
        bill = price(self.old, entered, entered + timedelta(hours=2))
        assert bill.total == parse(10, "CNY")

    def test_a_tariff_prices_nobody_before_it_is_valid(self) -> None:
        entered = datetime.fromisoformat("2026-03-31T23:30+08:00")
        with pytest.raises(NotInForce):
            price(self.new, entered, entered + timedelta(hours=1))
        with pytest.raises(NotInForce):
            in_force([self.new], entered)

    def test_two_at_once_are_refused(self) -> None:
        with pytest.raises(TariffsOverlap):
            in_force([self.old, self.old], datetime.fromisoformat(SHANGHAI))
