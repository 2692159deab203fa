"""Ceilings: the most that a window, a day, so many hours or the whole stay cost.

Charges go through the ceilings in the order of time: first those of their band, then those of the rate as the file has
them; each lets through what keeps its own sum below its most. What one cuts is told as a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from sealgate.domain.tariff_model import Ceiling, Per, Rate
from sealgate.domain.tariff_plan import Piece
from sealgate.domain.tariff_walk import Charge

Bucket = tuple[int | str, ...]


@dataclass(slots=True)
class _Filling:
    """What came to one ceiling in one bucket. `most` None: no ceiling for this one."""

    most: int | None
    seen: int = 0

    def let_through(self, amount: int) -> int:
        """Below zero too: a step that makes a longer stay cheaper takes back what was seen, not what was let through."""
        before, self.seen = self.seen, self.seen + amount
        return amount if self.most is None else min(self.seen, self.most) - min(before, self.most)


@dataclass(slots=True)
class _Held:
    ceiling: Ceiling
    buckets: dict[Bucket, _Filling] = field(default_factory=dict)

    def bucket(self, piece: Piece, entry: int, first_day: int) -> _Filling:
        ceiling = self.ceiling
        name, number = _bucket(ceiling, piece, entry, first_day)
        found = self.buckets.get(name)
        if found is None:
            number = len(self.buckets) if number is None else number
            most = ceiling.most[min(number, len(ceiling.most) - 1)] if ceiling.days.holds(_day(ceiling, piece)) else None
            found = self.buckets[name] = _Filling(most)
        return found


def cuts(rate: Rate, charges: Sequence[Charge], entry: int) -> Iterator[tuple[Ceiling, int]]:
    """What each ceiling takes off, as it happens."""
    held = [_Held(ceiling) for ceiling in all_ceilings(rate)]
    for piece, amount, _, _ in charges:
        if amount == 0:
            continue
        left = amount
        for one in held:
            if _covers(one.ceiling, piece):
                before = left
                left = one.bucket(piece, entry, charges[0].piece.day).let_through(before)
                if left != before:
                    yield one.ceiling, before - left


def all_ceilings(rate: Rate) -> Iterator[Ceiling]:
    for band in rate.bands:
        if band.ceiling is not None:
            yield Ceiling(band.name, (band.ceiling,), Per.WINDOW, bands=frozenset({band.name}))
    yield from rate.ceilings


def durations(rate: Rate) -> Iterable[int]:
    """After how many seconds from entry a ceiling counts anew: pieces are cut there."""
    return {ceiling.seconds for ceiling in rate.ceilings if ceiling.per is None}


def _covers(ceiling: Ceiling, piece: Piece) -> bool:
    return not ceiling.bands or piece.band.name in ceiling.bands


def _bucket(ceiling: Ceiling, piece: Piece, entry: int, first_day: int) -> tuple[Bucket, int | None]:
    """Its name, and the how-manieth it is; None: the next."""
    match ceiling.per:
        case None:
            number = (piece.start - entry) // ceiling.seconds
            return (number,), number
        case Per.WINDOW:
            return (piece.band.name, piece.period, piece.window), None
        case Per.DAY:
            return (piece.day,), piece.day - first_day
        case Per.PERIOD:
            return (piece.period,), piece.period
        case Per.STAY:
            return (), 0


def _day(ceiling: Ceiling, piece: Piece) -> date:
    """The day that decides whether a ceiling holds: that on which the window, or what is charged, began."""
    return date.fromordinal(piece.window // 100 if ceiling.per is Per.WINDOW else piece.day)
