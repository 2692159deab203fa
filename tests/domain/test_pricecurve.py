"""The editor's plot: stairs of price over time, and what a curve costs to draw."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.money import Money
from sealgate.domain.pricecurve import price_curve
from sealgate.domain.tariff_errors import StayTooLong
from sealgate.domain.tariff_file import read_tariff
from sealgate.domain.tariffs import Circumstances, price

TARIFF = read_tariff("""
name = "Acme"
currency = "CNY"
time_zone = "Asia/Shanghai"
free_time = "15m"
steps = [{ each = "1h", price = 5 }]

[after_payment]
leave_within = "20m"
""")
MONDAY = datetime.fromisoformat("2026-03-02T08:00+08:00")
FILES = sorted((Path(__file__).parents[1] / "data" / "tariffs").glob("*.toml"))


def test_a_price_holds_from_its_point_until_the_next() -> None:
    assert price_curve(TARIFF, MONDAY, minutes=150) == (
        (0, Money(0, "CNY")),
        (16, Money(500, "CNY")),
        (61, Money(1000, "CNY")),
        (121, Money(1500, "CNY")),
        (150, Money(1500, "CNY")),
    )


def test_a_curve_of_no_time_is_one_point() -> None:
    assert price_curve(TARIFF, MONDAY, minutes=0) == ((0, Money(0, "CNY")),)


def test_a_curve_is_of_those_who_have_not_paid() -> None:
    paid = Circumstances(paid=(MONDAY + timedelta(minutes=30),))
    assert price_curve(TARIFF, MONDAY, minutes=150, given=paid) == price_curve(TARIFF, MONDAY, minutes=150)


@pytest.mark.parametrize(("minutes", "every"), [(60 * 24 * 31, 5), (10, 0), (-1, 5)])
def test_a_curve_of_too_many_points_is_refused(minutes: int, every: int) -> None:
    with pytest.raises(StayTooLong):
        price_curve(TARIFF, MONDAY, minutes=minutes, every=every)


@given(st.integers(1, 600), st.integers(1, 30))
def test_every_point_is_a_price_and_no_two_neighbours_are_the_same(minutes: int, every: int) -> None:
    points = price_curve(TARIFF, MONDAY, minutes=minutes, every=every)
    assert all(price(TARIFF, MONDAY, MONDAY + timedelta(minutes=minute)).total == cost for minute, cost in points)
    assert all(one != other for (_, one), (_, other) in pairwise(points[:-1]))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_day_of_every_shipped_tariff_can_be_drawn(file: Path) -> None:
    tariff = read_tariff(file.read_text(encoding="utf-8"))
    points = price_curve(tariff, datetime(2026, 3, 6, 17, 30, tzinfo=tariff.zone))
    assert points[-1][0] == 24 * 60
