"""What a stay costs the longer it gets: points for a plot of price over time.

The points are the corners of stairs. A price holds from its point until the next one; the last point ends the curve.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sealgate.domain.money import Money
from sealgate.domain.tariff_errors import StayTooLong
from sealgate.domain.tariff_model import Tariff
from sealgate.domain.tariffs import NOTHING_SPECIAL, Circumstances, price

Point = tuple[int, Money]
"""Minutes since entry, and the price of leaving then."""

MOST_STEPS = 3000
"""Prices that are asked for one curve: some 200 milliseconds."""


def price_curve(
    tariff: Tariff,
    entered: datetime,
    *,
    minutes: int = 24 * 60,
    every: int = 5,
    given: Circumstances = NOTHING_SPECIAL,
) -> tuple[Point, ...]:
    """From 0 to `minutes`, looked at each `every` minutes and at the minute after, where a begun unit shows.

    Payments in `given` are left out: a curve is of those who have not paid. Raises a kind of `CannotPrice`.
    """
    if every < 1 or minutes < 0 or minutes // every > MOST_STEPS:
        raise StayTooLong(f"a curve has at most {MOST_STEPS} steps", field="every", hint="Look less often")
    unpaid = replace(given, paid=())
    points: list[Point] = []
    for minute in _looks(minutes, every):
        cost = price(tariff, entered, entered + timedelta(minutes=minute), unpaid).total
        if not points or cost != points[-1][1]:
            points.append((minute, cost))
    return (*points, (minutes, points[-1][1])) if points[-1][0] < minutes else tuple(points)


def _looks(minutes: int, every: int) -> Iterator[int]:
    for minute in range(0, minutes + 1, every):
        yield minute
        if every > 1 and minute + 1 <= minutes:
            yield minute + 1
    if minutes % every > 1:
        yield minutes
