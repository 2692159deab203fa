"""Which band holds when: one local day laid out in minutes, then in seconds of the world.

The surprising thing: hours are wall-clock time and units are real time. A band from 22:00 to 06:00 holds seven or nine
hours when clocks change, and those are what is charged. Where the clock leaps over a band's edge, the edge is the leap;
where an hour comes twice, the edge is its first time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sealgate.domain.tariff_days import EVERY_DAY
from sealgate.domain.tariff_errors import GapBetweenBands, OverlappingBands
from sealgate.domain.tariff_model import Band, Rate, Tariff

MINUTES = 1440
A_DAY = timedelta(days=1)
Signature = tuple[tuple[bool, ...], tuple[bool, ...], tuple[bool, ...]]
"""For yesterday, today and tomorrow: on which bands' days they lie."""


class Part(NamedTuple):
    """A part of one day, in minutes from its midnight; `shift` and `span`: which passing of the band's hours it belongs to."""

    start: int
    end: int
    band: Band
    shift: int
    span: int


class Piece(NamedTuple):
    """A part of a stay in one band, in seconds since 1970. `window` numbers the passings of its hours, `day` is an ordinal."""

    start: int
    end: int
    band: Band
    window: int
    day: int
    period: int = 0
    waived: bool = False


def on_days(bands: tuple[Band, ...], day: date) -> tuple[bool, ...]:
    return tuple(band.days is EVERY_DAY or band.days.holds(day) for band in bands)


def signature(bands: tuple[Band, ...], day: date) -> Signature:
    return on_days(bands, day - A_DAY), on_days(bands, day), on_days(bands, day + A_DAY)


def lay_out(bands: tuple[Band, ...], on: Signature, starts: int) -> tuple[Part, ...]:
    """The day from minute `starts` to the same of the next day. Of two bands the one of higher rank holds.

    Raises `OverlappingBands` and `GapBetweenBands`.
    """
    windows = sorted(_windows(bands, on, starts), key=lambda part: part.start)
    edges = sorted({starts, starts + MINUTES, *(p.start for p in windows), *(p.end for p in windows)})
    parts: list[Part] = []
    active: list[Part] = []
    ahead = iter([*windows, None])
    coming = next(ahead)
    for start, end in pairwise(edges):
        active = [part for part in active if part.end > start]
        while coming is not None and coming.start <= start:
            active.append(coming)
            coming = next(ahead)
        winner = _winner(active, start, end)
        if parts and parts[-1][2:] == winner[2:]:
            parts[-1] = parts[-1]._replace(end=end)
        else:
            parts.append(winner._replace(start=start, end=end))
    return tuple(parts)


def _windows(bands: tuple[Band, ...], on: Signature, starts: int) -> Iterator[Part]:
    for shift, day in zip((-1, 0, 1), on, strict=True):
        for band, holds in zip(bands, day, strict=True):
            if not holds:
                continue
            for span, hours in enumerate(band.hours):
                begin = max(hours.start + shift * MINUTES, starts)
                end = min(hours.end + shift * MINUTES, starts + MINUTES)
                if begin < end:
                    yield Part(begin, end, band, shift, span)


def _winner(active: list[Part], start: int, end: int) -> Part:
    if not active:
        raise GapBetweenBands(f"no band holds from {clock(start)} to {clock(end)}", field="band")
    first = max(active, key=lambda part: part.band.rank)
    for other in active:
        if other is not first and other.band.rank == first.band.rank:
            names = f"{first.band.name!r} and {other.band.name!r}"
            raise OverlappingBands(f"{names} both hold from {clock(start)} to {clock(end)}", field="band")
    return first


def clock(minute: int) -> str:
    hours, minutes = divmod(minute % MINUTES, 60)
    return f"{hours:02}:{minutes:02}"


def pieces(tariff: Tariff, rate: Rate, since: int, until: int) -> list[Piece]:
    """The time from `since` to `until` in the bands of `rate`, one piece for each band, window and local day."""
    found: list[Piece] = []
    known: dict[Signature, tuple[Part, ...]] = {}
    day = service_day(tariff, since)
    on = signature(rate.bands, day)
    begin = instant(day, tariff.day_starts, tariff.zone)
    while begin < until:
        tomorrow = day + A_DAY
        end = instant(tomorrow, tariff.day_starts, tariff.zone)
        if on not in known:
            known[on] = lay_out(rate.bands, on, tariff.day_starts)
        found.extend(_real(known[on], tariff, day, begin, end, since, until))
        day, begin, on = tomorrow, end, (on[1], on[2], on_days(rate.bands, tomorrow + A_DAY))
    return found


def _real(parts: Iterable[Part], tariff: Tariff, day: date, begin: int, end: int, since: int, until: int) -> Iterator[Piece]:
    """One laid-out day as pieces. On all but two days of a year a minute of the clock is a minute of the world."""
    ordinal, even = day.toordinal(), end - begin == 60 * MINUTES
    start = begin
    for part in parts:
        last = part.end == tariff.day_starts + MINUTES
        if even or last:
            stop = begin + 60 * (part.end - tariff.day_starts) if even else end
        else:
            stop = max(start, instant(day, part.end, tariff.zone))
        a, b = max(start, since), min(stop, until)
        if a < b:
            yield Piece(a, b, part.band, (ordinal + part.shift) * 100 + part.span, ordinal)
        start = stop


def service_day(tariff: Tariff, at: int) -> date:
    """The tariff's local day at that instant: its date, or the one before while the day has not started."""
    local = datetime.fromtimestamp(at, tariff.zone)
    day = local.date()
    return day if at >= instant(day, tariff.day_starts, tariff.zone) else day - A_DAY


def instant(day: date, minute: int, zone: ZoneInfo) -> int:
    """The second at which that minute of the local day begins; `minute` may lie on the next day."""
    naive = datetime.combine(day, time()) + timedelta(minutes=minute)
    early = naive.replace(tzinfo=zone)
    before, after = early.utcoffset(), early.replace(fold=1).utcoffset()
    assert before is not None
    assert after is not None
    at = int((naive.replace(tzinfo=UTC) - before).timestamp())
    return at if after <= before else _leap(at - int((after - before).total_seconds()), at, zone)


def _leap(low: int, high: int, zone: ZoneInfo) -> int:
    """The instant between the two at which the clock is put forward: the wall never shows what was asked for."""
    summer = datetime.fromtimestamp(high, zone).utcoffset()
    while low < high:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == summer:
            high = middle
        else:
            low = middle + 1
    return low
