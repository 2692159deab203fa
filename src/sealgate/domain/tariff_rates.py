"""The rates of a tariff file: whom each is for, and its bands, steps, ceilings, fees and offers.

What stands at the top of the file holds for every rate that does not say otherwise; `like` takes another rate's rules
as the ground. A rate's own prices (`band`, `steps`, `flat`) replace those it would inherit.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sealgate.domain.tariff_bands import OWN_PRICES, PRICE_KEYS, read_bands
from sealgate.domain.tariff_dayread import Calendar
from sealgate.domain.tariff_errors import (
    Contradiction,
    DoubleName,
    EndsBeforeStart,
    UnknownName,
)
from sealgate.domain.tariff_model import (
    Band,
    Ceiling,
    Fee,
    FreeTime,
    Hours,
    LostTicket,
    Moment,
    Offer,
    Per,
    Rate,
)
from sealgate.domain.tariff_table import Table

MOST_RATES = 60
SHORTEST_COUNT = 3600
"""Seconds after which a period or ceiling may begin anew: a long stay has at most so many of them."""

RULE_KEYS = PRICE_KEYS | {"period", "ceiling", "fee", "offer", "free_time", "lost_ticket", "minimum", "pays"}
RATE_KEYS = RULE_KEYS | {"rate"}
"""What may stand at the top of the file and is read here."""


class _Outstayed(StrEnum):
    LOST = "lost"
    KEPT = "kept"


class _Each(StrEnum):
    STAY = "stay"
    PERIOD = "period"


class _Once(StrEnum):
    STAY = "stay"
    DAY = "day"


class _LostWay(StrEnum):
    INSTEAD = "instead"
    ADDED = "added"
    AT_LEAST = "at-least"


def read_rates(root: Table, calendar: Calendar) -> tuple[Rate, ...]:
    """Without `rate` the top of the file is the only one."""
    ground = {key: root.data[key] for key in RULE_KEYS if key in root.data}
    if not root.has("rate"):
        root.mark("rate")
        return (_rate(Table(ground, "", root.currency), calendar, "all"),)
    tables = root.tables("rate", MOST_RATES)
    merged: dict[str, Mapping[str, Any]] = {}
    rates: list[Rate] = []
    for number, table in enumerate(tables, 1):
        name = table.text("name", f"rate {number}")
        if name in merged:
            raise table.trouble(DoubleName, "name", f"there are two rates {name!r}")
        data = merged[name] = _merge(_ground(table, merged, ground), table.data)
        rates.append(_rate(Table(data, table.path, root.currency), calendar, name))
    return tuple(rates)


def _ground(table: Table, earlier: Mapping[str, Mapping[str, Any]], ground: Mapping[str, Any]) -> Mapping[str, Any]:
    like = table.text("like")
    if not like:
        return ground
    if like not in earlier:
        raise table.trouble(UnknownName, "like", f"no rate {like!r} stands above")
    return {key: value for key, value in earlier[like].items() if key in RULE_KEYS}


def _merge(ground: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in ground.items() if key not in PRICE_KEYS or not (OWN_PRICES | {"band"}) & set(own)}
    return {**kept, **own}


def _rate(table: Table, calendar: Calendar, name: str) -> Rate:
    table.mark("name", "like")
    valid_from, valid_until = table.day("valid_from"), table.day("valid_until")
    if valid_from and valid_until and valid_until < valid_from:
        raise table.trouble(EndsBeforeStart, "valid_until", "lies before valid_from")
    period, is_day = _period(table)
    bands = read_bands(table, calendar)
    rate = Rate(
        name=name,
        bands=bands,
        classes=frozenset(table.names("classes")),
        areas=frozenset(table.names("areas")),
        tags=frozenset(table.names("tags")),
        permits=frozenset(table.names("permits")),
        coupons=frozenset(table.names("coupons")),
        entered=_moment(table, "entered", calendar),
        valid_from=valid_from,
        valid_until=valid_until,
        period=period,
        period_is_day=is_day,
        ceilings=tuple(_ceiling(inner, calendar, bands) for inner in table.tables("ceiling", 20)),
        fees=tuple(_fee(inner, calendar) for inner in table.tables("fee", 20)),
        offers=tuple(_offer(inner, calendar) for inner in table.tables("offer", 20)),
        free_time=_free_time(table),
        lost_ticket=_lost_ticket(table),
        minimum=table.price_or("minimum", 0),
        pays=table.percent("pays", 1000) if table.has("pays") else 10_000,
    )
    table.mark("pays")
    table.done()
    return rate


def _period(table: Table) -> tuple[int, bool]:
    """Seconds, or 0 and whether each local day is one."""
    value = table.text("period", "stay")
    if value in {"stay", "day"}:
        return 0, value == "day"
    return table.duration("period", SHORTEST_COUNT), False


def _ceiling(table: Table, calendar: Calendar, bands: tuple[Band, ...]) -> Ceiling:
    per, seconds = _per(table)
    named = frozenset(table.names("bands"))
    unknown = named - {band.name for band in bands}
    if unknown:
        raise table.trouble(UnknownName, "bands", f"there is no band {min(unknown)!r}")
    if table.has("price") == table.has("prices"):
        raise table.trouble(Contradiction, "price", "exactly one of price and prices is needed")
    most = table.prices_or_none("prices") if table.has("prices") else (table.price("price"),)
    table.mark("prices", "price")
    found = Ceiling(table.text("name", "ceiling"), most, per, seconds, named, calendar.days(table))
    table.done()
    return found


def _per(table: Table) -> tuple[Per | None, int]:
    """A word of `Per`, or so many seconds from entry."""
    table.need("per")
    text = table.text("per")
    return (Per(text), 0) if text in set(Per) else (None, table.duration("per", SHORTEST_COUNT))


def _fee(table: Table, calendar: Calendar) -> Fee:
    table.need("name")
    hours = table.one_span("hours")
    if table.has("at"):
        if hours is not None:
            raise table.trouble(Contradiction, "at", "either at or hours")
        hours = Hours(table.clock("at", 0), 1)
    table.mark("at")
    fee = Fee(
        name=table.text("name"),
        price=table.price("price"),
        hours=hours,
        days=calendar.days(table),
        least=table.duration_or("least", 1),
        once=table.flag("once"),
    )
    table.done()
    return fee


def _offer(table: Table, calendar: Calendar) -> Offer:
    table.need("name")
    offer = Offer(
        name=table.text("name"),
        price=table.price("price"),
        entered=_moment(table, "entered", calendar),
        left=_moment(table, "left", calendar),
        longest=table.maybe_duration("longest"),
        always=table.flag("always"),
    )
    table.done()
    return offer


def _moment(table: Table, key: str, calendar: Calendar) -> Moment:
    inner = table.table(key)
    if inner is None:
        return Moment()
    moment = Moment(calendar.days(inner), inner.one_span("hours"))
    inner.done()
    return moment


def _free_time(table: Table) -> FreeTime | None:
    """`"15m"`, or a table that says what becomes of it when somebody stays longer."""
    if isinstance(table.value("free_time"), str):
        return FreeTime(table.duration("free_time"))
    inner = table.table("free_time")
    if inner is None:
        return None
    outstayed = inner.word("outstayed", _Outstayed, _Outstayed.LOST)
    each = inner.word("each", _Each, _Each.STAY)
    once = inner.word("once", _Once, _Once.STAY)
    free = FreeTime(inner.duration("lasts"), outstayed is _Outstayed.KEPT, each is _Each.PERIOD, once is _Once.DAY)
    inner.done()
    return free


def _lost_ticket(table: Table) -> LostTicket | None:
    inner = table.table("lost_ticket")
    if inner is None:
        return None
    way = inner.word("way", _LostWay, _LostWay.INSTEAD)
    rule = LostTicket(inner.price("price"), way is _LostWay.ADDED, way is _LostWay.AT_LEAST, inner.duration_or("each", 0))
    inner.done()
    return rule
