"""From the text of a tariff file to a `Tariff` that can be relied on: `docs/tariffs.md` is the format.

TOML, or the same as a JSON object. Whatever is read has been checked whole: every band of every kind of day, every
name, every step; a tariff that was read prices every stay that its rates are for.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from sealgate.domain.calendar import BadZone, zone
from sealgate.domain.money import CURRENCIES
from sealgate.domain.tariff_checks import check
from sealgate.domain.tariff_dayread import Calendar, read_calendar
from sealgate.domain.tariff_errors import (
    BadCurrency,
    BadPrice,
    BadTime,
    Contradiction,
    DoubleName,
    EndsBeforeStart,
    NotATariff,
    TariffTooLarge,
)
from sealgate.domain.tariff_model import (
    ALL_DAY,
    AfterPayment,
    Coupon,
    Later,
    Permit,
    Points,
    Rounding,
    Takes,
    Tariff,
    Tax,
    TimeOff,
    Way,
)
from sealgate.domain.tariff_rates import RATE_KEYS, read_rates
from sealgate.domain.tariff_table import Table

MOST_TEXT = 200_000
"""Letters. The largest of our own files has three thousand."""


class _Seconds(StrEnum):
    DROPPED = "dropped"
    COUNTED = "counted"


class _Ceilings(StrEnum):
    """Whether they hold after the time was taken off, or before."""

    AFTER = "after"
    BEFORE = "before"


def read_tariff(text: str) -> Tariff:
    """Raises a kind of `BadTariff`, which names the key."""
    return tariff_of(parse_text(text))


def parse_text(text: str) -> dict[str, Any]:
    """The text as tables, nothing checked but that it is TOML or a JSON object of a bearable size."""
    if len(text) > MOST_TEXT:
        raise TariffTooLarge(f"the text has more than {MOST_TEXT} letters")
    try:
        if text.lstrip().startswith("{"):
            found = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
        else:
            found = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError) as error:
        raise NotATariff(str(error)[:200]) from error
    except RecursionError as error:
        raise NotATariff("too many things within each other") from error
    return dict(found)


def tariff_of(data: Mapping[str, Any]) -> Tariff:
    """As `read_tariff`, of tables read already."""
    root = Table(data)
    root.need("currency")
    root.currency = root.text("currency")
    if root.currency not in CURRENCIES:
        raise root.trouble(BadCurrency, "currency", f"{root.currency!r} is no currency")
    calendar = read_calendar(root)
    tariff = _tariff(root, calendar)
    root.mark(*RATE_KEYS)
    root.done()
    check(tariff)
    return tariff


def read_coupon(data: Mapping[str, Any], currency: str) -> Coupon:
    """One coupon that a tariff file might hold. Raises a kind of `BadTariff`."""
    return _coupon(Table(data, "coupon", currency))


def _tariff(root: Table, calendar: Calendar) -> Tariff:
    root.need("name")
    valid_from, valid_until = root.day("valid_from"), root.day("valid_until")
    if valid_from and valid_until and valid_until < valid_from:
        raise root.trouble(EndsBeforeStart, "valid_until", "lies before valid_from")
    return Tariff(
        name=root.text("name"),
        currency=root.currency,
        zone=_zone(root),
        valid_from=valid_from,
        valid_until=valid_until,
        classes=_once(root, "classes"),
        areas=_once(root, "areas"),
        day_starts=root.clock("day_starts", 0),
        seconds_count=root.word("seconds", _Seconds, _Seconds.DROPPED) is _Seconds.COUNTED,
        rates=read_rates(root, calendar),
        coupons=tuple(_coupon(table) for table in root.tables("coupon", 100)),
        points=_points(root),
        permits=tuple(_permit(table, calendar) for table in root.tables("permit", 100)),
        time_off=_time_off(root),
        after_payment=_after_payment(root),
        tax=_tax(root),
        rounding=_rounding(root),
    )


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _zone(root: Table) -> ZoneInfo:
    root.need("time_zone")
    try:
        return zone(root.text("time_zone"))
    except BadZone as error:
        raise root.trouble(BadTime, "time_zone", "an IANA name such as Asia/Shanghai is needed") from error


def _once(root: Table, key: str) -> tuple[str, ...]:
    names = root.names(key)
    if len(set(names)) < len(names):
        raise root.trouble(DoubleName, key, "a name is there twice")
    return names


def _coupon(table: Table) -> Coupon:
    table.need("name")
    given = [key for key in ("time", "share", "amount") if table.has(key)]
    if len(given) != 1:
        raise table.trouble(Contradiction, "time", "exactly one of time, share and amount is needed")
    coupon = Coupon(
        name=table.text("name"),
        seconds=table.duration_or("time", 0),
        share=table.percent("share") if table.has("share") else 0,
        amount=table.price_or("amount", 0),
        most=table.maybe_price("most") if table.has("share") else None,
        unless=frozenset(table.names("unless")),
    )
    table.done()
    return coupon


def _points(root: Table) -> Points | None:
    table = root.table("points")
    if table is None:
        return None
    table.need("each")
    points = Points(
        each=table.whole("each", 0, 1, 10**9),
        seconds=table.duration("time"),
        most=table.maybe_duration("most"),
        unless=frozenset(table.names("unless")),
    )
    table.done()
    return points


def _permit(table: Table, calendar: Calendar) -> Permit:
    table.need("name")
    permit = Permit(
        name=table.text("name"),
        hours=table.hours("hours") or (ALL_DAY,),
        days=calendar.days(table),
        price=table.maybe_price("price"),
        lasts=table.text("lasts"),
    )
    table.done()
    return permit


def _time_off(root: Table) -> TimeOff:
    table = root.table("time_off")
    if table is None:
        return TimeOff()
    takes = table.word("takes", Takes, Takes.START)
    ceilings = table.word("ceilings", _Ceilings, _Ceilings.AFTER)
    if ceilings is _Ceilings.BEFORE and takes is not Takes.FIRST:
        raise table.trouble(Contradiction, "ceilings", 'ceilings before the time off need takes = "first"')
    table.done()
    return TimeOff(takes, after_ceilings=ceilings is _Ceilings.BEFORE)


def _after_payment(root: Table) -> AfterPayment:
    table = root.table("after_payment")
    if table is None:
        return AfterPayment(0)
    rule = AfterPayment(table.duration("leave_within"), table.word("later", Later, Later.GOES_ON), table.flag("free_again"))
    table.done()
    return rule


def _tax(root: Table) -> Tax | None:
    table = root.table("tax")
    if table is None:
        return None
    included = not table.has("included") or table.flag("included")
    table.mark("included")
    tax = Tax(table.text("name", "tax"), table.percent("rate"), included=included)
    table.done()
    return tax


def _rounding(root: Table) -> Rounding | None:
    table = root.table("round")
    if table is None:
        return None
    rule = Rounding(table.price("to"), table.word("way", Way, Way.NEAREST))
    if rule.to == 0:
        raise table.trouble(BadPrice, "to", "a step above zero is needed")
    table.done()
    return rule
