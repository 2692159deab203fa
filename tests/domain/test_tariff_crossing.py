"""A begun unit that runs over the end of its band: ten an hour by day, four by night, the change at 20:00 and 08:00."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.tariff_file import read_tariff
from sealgate.domain.tariff_model import Crossing
from sealgate.domain.tariffs import Circumstances, price

RUNNING_ON = [crossing for crossing in Crossing if crossing.runs_on]

TARIFF = """
name = "Acme"
currency = "CNY"
time_zone = "Asia/Shanghai"
crossing = "{crossing}"

[[band]]
name = "day"
hours = "08:00-20:00"
steps = [{{ each = "1h", price = 10{step} }}]
{more}

[[band]]
name = "night"
hours = "20:00-08:00"
{night}
{more}

[[permit]]
name = "dinner"
hours = "19:00-19:30"
"""
BY_THE_HOUR = 'steps = [{ each = "1h", price = 4 }]'


def cost(
    crossing: str, since: str, until: str, *, night: str = BY_THE_HOUR, more: str = "", step: str = "", permit: str = ""
) -> str:
    tariff = read_tariff(TARIFF.format(crossing=crossing, night=night, more=more, step=step))
    entered, left = (datetime.fromisoformat(f"2026-03-{text}+08:00") for text in (since, until))
    return price(tariff, entered, left, Circumstances(permit=permit)).total.text.removesuffix(".00")


@pytest.mark.parametrize(
    ("crossing", "yuan"),
    [
        ("split", "14"),
        ("joined", "14"),
        ("start", "10"),
        ("end", "4"),
        ("dearer", "10"),
        ("cheaper", "4"),
        ("longer", "4"),
        ("share", "5.50"),
    ],
)
def test_an_hour_of_which_a_quarter_lies_before_eight(crossing: str, yuan: str) -> None:
    assert cost(crossing, "02T19:45", "02T20:45") == yuan


@pytest.mark.parametrize(
    ("crossing", "yuan"),
    [("split", "10"), ("start", "10"), ("end", "4"), ("dearer", "10"), ("cheaper", "4"), ("longer", "4"), ("share", "5.50")],
)
def test_the_whole_unit_decides_and_not_when_the_car_leaves(crossing: str, yuan: str) -> None:
    assert cost(crossing, "02T19:45", "02T19:50") == yuan


def test_only_the_dearer_price_waits_until_the_car_is_there() -> None:
    assert cost("dearer", "02T07:45", "02T07:59") == "4"
    assert cost("dearer", "02T07:45", "02T08:01") == "10"


@pytest.mark.parametrize("crossing", RUNNING_ON)
def test_the_next_unit_begins_where_the_one_that_ran_on_ends(crossing: str) -> None:
    first = cost(crossing, "02T19:45", "02T20:45")
    assert float(cost(crossing, "02T19:45", "02T20:46")) == float(first) + 4
    assert float(cost(crossing, "02T19:45", "02T21:45")) == float(first) + 4


def test_minutes_that_are_joined_are_rounded_once() -> None:
    more = 'clock = "all"\nrestart = "stay"'
    assert cost("joined", "02T19:45", "02T20:45", more=more) == "10"
    assert cost("joined", "02T19:45", "02T20:46", more=more) == "14"
    assert cost("joined", "02T19:30", "03T08:30", more=more) == "58"


def test_units_that_are_split_on_one_clock_are_used_up() -> None:
    more = 'clock = "all"\nrestart = "stay"'
    assert cost("split", "02T19:45", "02T20:45", more=more) == "14"
    assert cost("split", "02T19:45", "02T21:01", more=more) == "18"


@pytest.mark.parametrize("crossing", RUNNING_ON)
def test_a_flat_night_begins_on_time(crossing: str) -> None:
    flat = 'flat = 3\nper = "window"'
    assert cost(crossing, "02T19:45", "02T19:50", night=flat) == "10"
    assert cost(crossing, "02T19:45", "02T20:01", night=flat) == "13"


@pytest.mark.parametrize(
    ("crossing", "yuan"), [("start", "10"), ("end", "0"), ("share", "2.50"), ("dearer", "10"), ("longer", "0")]
)
def test_a_free_night_costs_nothing_for_its_part(crossing: str, yuan: str) -> None:
    assert cost(crossing, "02T19:45", "02T20:45", night="free = true") == yuan


@pytest.mark.parametrize(("until", "yuan"), [("02T19:59", "0"), ("02T20:44", "0"), ("02T20:45", "10"), ("02T21:44", "10")])
def test_a_unit_that_counts_only_when_full_may_become_full_after_the_change(until: str, yuan: str) -> None:
    night = 'steps = [{ each = "1h", price = 4, counts = "full" }]'
    assert cost("start", "02T19:45", until, night=night, step=', counts = "full"') == yuan


def test_a_permits_hours_end_a_unit() -> None:
    """Bob has his dinner on the house from 19:00 to 19:30."""
    assert cost("split", "02T18:30", "02T19:50", permit="dinner") == "20"
    assert cost("joined", "02T18:30", "02T19:50", permit="dinner") == "10"
    assert cost("start", "02T18:45", "02T19:40", permit="dinner") == "10"


def test_a_unit_may_run_over_a_whole_band() -> None:
    tariff = read_tariff(
        TARIFF.format(crossing="start", night=BY_THE_HOUR, more="", step="").replace(
            'each = "1h", price = 10', 'each = "24h", price = 10'
        )
    )
    entered = datetime.fromisoformat("2026-03-02T12:00+08:00")
    bills = [price(tariff, entered, entered + timedelta(hours=hours)).total.minor for hours in (1, 20, 24, 25)]
    assert bills == [1000, 1000, 1000, 2000]


@given(st.sampled_from(RUNNING_ON), st.integers(0, 1439), st.integers(1, 3000))
def test_where_both_prices_are_the_same_the_rule_makes_no_difference(crossing: Crossing, start: int, stayed: int) -> None:
    """Units run on from entry to exit as if there were one band."""
    tariff = read_tariff(TARIFF.format(crossing=crossing, night=BY_THE_HOUR.replace("4", "10"), more="", step=""))
    entered = datetime.fromisoformat("2026-03-02T00:00+08:00") + timedelta(minutes=start)
    assert price(tariff, entered, entered + timedelta(minutes=stayed)).total.minor == -(-stayed // 60) * 1000
