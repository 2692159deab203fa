"""What is charged of a stay: its pieces, less permit hours, free time and time that a coupon pays for.

They are cut wherever something is counted anew.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice

from sealgate.domain.tariff_model import FreeTime, Permit, Rate, Takes, Tariff
from sealgate.domain.tariff_plan import A_DAY, Piece, instant, service_day

Span = tuple[int, int]
"""Two seconds since 1970, the end not included."""


def length(pieces: Iterable[Piece]) -> int:
    return sum(piece.end - piece.start for piece in pieces)


def in_periods(rate: Rate, pieces: Sequence[Piece], entry: int) -> list[Piece]:
    """Numbered by the period in which they lie, and cut where one ends."""
    if rate.period_is_day:
        return [piece._replace(period=piece.day - pieces[0].day) for piece in pieces]
    if not rate.period:
        return list(pieces)
    cut = cut_every(pieces, entry, rate.period)
    return [piece._replace(period=(piece.start - entry) // rate.period) for piece in cut]


def cut_every(pieces: Iterable[Piece], origin: int, every: int) -> Iterator[Piece]:
    for piece in pieces:
        start = piece.start
        edge = origin + ((start - origin) // every + 1) * every
        while edge < piece.end:
            yield piece._replace(start=start, end=edge)
            start, edge = edge, edge + every
        yield piece if start == piece.start else piece._replace(start=start)


def within(pieces: Iterable[Piece], spans: Sequence[Span]) -> Iterator[Piece]:
    """What lies in the spans. Both are in order and do not overlap among themselves."""
    behind = 0
    for piece in pieces:
        while behind < len(spans) and spans[behind][1] <= piece.start:
            behind += 1
        for since, until in islice(spans, behind, None):
            if since >= piece.end:
                break
            yield piece._replace(start=max(piece.start, since), end=min(piece.end, until))


def seconds_within(pieces: Sequence[Piece], spans: Iterable[Span]) -> Iterator[int]:
    """How much of the pieces lies in each of the spans; those are in order and may overlap."""
    ends = [piece.end for piece in pieces]
    for since, until in spans:
        seconds = 0
        for piece in islice(pieces, bisect_right(ends, since), None):
            if piece.start >= until:
                break
            seconds += min(piece.end, until) - max(piece.start, since)
        yield seconds


def outside(spans: Iterable[Span], since: int, until: int) -> list[Span]:
    """What of `since` to `until` lies in none of the spans."""
    found: list[Span] = []
    at = since
    for start, end in sorted(spans):
        if at < start:
            found.append((at, min(start, until)))
        at = max(at, end)
    return [*found, (at, until)] if at < until else found


def permit_hours(tariff: Tariff, permits: Sequence[Permit], since: int, until: int) -> Iterator[Span]:
    day = service_day(tariff, since) - A_DAY
    while instant(day, 0, tariff.zone) < until:
        for permit in permits:
            if permit.days.holds(day):
                for hours in permit.hours:
                    yield instant(day, hours.start, tariff.zone), instant(day, hours.end, tariff.zone)
        day += A_DAY


def after_free_time(free: FreeTime, pieces: Sequence[Piece]) -> list[Piece]:
    """What is left to charge. Measured is the time in `pieces`, in bands that cost nothing too."""
    if not free.each_period:
        return _after_free(free, pieces)
    periods = groupby(pieces, key=lambda piece: piece.period)
    return [left for _, inside in periods for left in _after_free(free, list(inside))]


def _after_free(free: FreeTime, pieces: Sequence[Piece]) -> list[Piece]:
    if length(pieces) <= free.lasts:
        return []
    return list(after(pieces, free.lasts)) if free.kept else list(pieces)


def after(pieces: Iterable[Piece], seconds: int) -> Iterator[Piece]:
    """Without the first so many seconds."""
    for piece in pieces:
        taken = min(seconds, piece.end - piece.start)
        seconds -= taken
        if piece.start + taken < piece.end:
            yield piece._replace(start=piece.start + taken) if taken else piece


def time_taken_off(pieces: Sequence[Piece], seconds: int, takes: Takes) -> list[Piece]:
    """Pieces without the time that a coupon or points pay for; with `FIRST` it stays there, marked as waived."""
    if takes is Takes.ENTRY:
        return list(after(pieces, seconds))
    if takes is Takes.LAST:
        backwards = list(
            _first_charged([piece._replace(start=-piece.end, end=-piece.start) for piece in reversed(pieces)], seconds)
        )
        kept = [piece._replace(start=-piece.end, end=-piece.start) for piece in reversed(backwards)]
        return [piece for piece in kept if not piece.waived]
    marked = list(_first_charged(pieces, seconds))
    return marked if takes is Takes.FIRST else [piece for piece in marked if not piece.waived]


def _first_charged(pieces: Iterable[Piece], seconds: int) -> Iterator[Piece]:
    """The same pieces, the first so many seconds that cost something marked as waived."""
    for piece in pieces:
        taken = 0 if piece.band.free else min(seconds, piece.end - piece.start)
        seconds -= taken
        if taken:
            yield piece._replace(end=piece.start + taken, waived=True)
        if piece.start + taken < piece.end:
            yield piece._replace(start=piece.start + taken)
