"""What can only be seen of a tariff as a whole: that on every kind of day exactly one band holds at every minute, that
every rate can be reached, and that the names in it fit each other.

Kinds of days are found by looking at the days around every edge: each end of a range of dates, and each end of a part of
the year in so many years that it falls on each weekday.
"""

from __future__ import annotations

from datetime import date

from sealgate.domain.tariff_errors import BadTariff, TariffTooLarge, UnknownName, UnreachableRate
from sealgate.domain.tariff_model import Moment, Rate, Tariff
from sealgate.domain.tariff_plan import Signature, lay_out, on_days

MOST_KINDS = 400
"""Kinds of days, each with its neighbours. A tariff with the holidays of two years has some forty."""
CYCLE = range(2012, 2040)
"""Twenty-eight years in which every date falls on every weekday."""


def check(tariff: Tariff) -> None:
    for number, rate in enumerate(tariff.rates, 1):
        _check_names(tariff, rate, number)
        _check_bands(tariff, rate, number)
    for number, rate in enumerate(tariff.rates[:-1], 1):
        if _fits_everybody(rate):
            path = f"rate[{number + 1}]"
            raise UnreachableRate(f"{path}: rate {number} ({rate.name}) fits everybody, so this is never used", field=path)


def _check_names(tariff: Tariff, rate: Rate, number: int) -> None:
    for key, used, known in (("classes", rate.classes, tariff.classes), ("areas", rate.areas, tariff.areas)):
        unknown = used - set(known)
        if unknown:
            path = f"rate[{number}].{key}"
            raise UnknownName(f"{path}: {min(unknown)!r} is not among the tariff's {key}", field=path)


def _check_bands(tariff: Tariff, rate: Rate, number: int) -> None:
    path = f"rate[{number}].band" if len(tariff.rates) > 1 else "band"
    for on, day in _kinds(rate).items():
        try:
            lay_out(rate.bands, on, tariff.day_starts)
        except BadTariff as error:
            raise type(error)(f"{path}: on a day such as {day:%a %Y-%m-%d}, {error}", field=path) from error


def _kinds(rate: Rate) -> dict[Signature, date]:
    """Every kind of day, with the first that was found of it."""
    kinds: dict[Signature, date] = {}
    known = {ordinal: on_days(rate.bands, date.fromordinal(ordinal)) for ordinal in _days(rate)}
    for ordinal, today in known.items():
        yesterday, tomorrow = known.get(ordinal - 1), known.get(ordinal + 1)
        if yesterday is not None and tomorrow is not None:
            kinds.setdefault((yesterday, today, tomorrow), date.fromordinal(ordinal))
        if len(kinds) > MOST_KINDS:
            raise TariffTooLarge(f"rate {rate.name!r} has more than {MOST_KINDS} kinds of days", field="days")
    return kinds


def _days(rate: Rate) -> list[int]:
    """Ordinals: more than a week on both sides of every edge, so that each side is seen on every weekday."""
    sets = {band.days for band in rate.bands}
    edges = {edge for days in sets for edge in days.edges()}
    seasons = {edge for days in sets for edge in days.season_edges()}
    edges |= {_on(year, season) for season in seasons for year in CYCLE} or {date(CYCLE[0], 1, 1).toordinal()}
    return sorted({edge + shift for edge in edges for shift in range(-9, 10)})


def _on(year: int, season: int) -> int:
    month, day = divmod(season, 100)
    leap_day = (month, day) == (2, 29) and year % 4
    return date(year, month, 28 if leap_day else day).toordinal()


def _fits_everybody(rate: Rate) -> bool:
    words = (rate.classes, rate.areas, rate.tags, rate.permits, rate.coupons)
    return not any(words) and rate.entered == Moment() and rate.valid_from is None and rate.valid_until is None
