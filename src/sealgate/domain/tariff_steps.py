"""Steps: what so-and-so much time costs, as one function of the time that a clock has run.

The surprising thing: a stretch of time from `p` to `q` on the clock costs `price_until(q) - price_until(p)`. So a begun
hour is paid when it begins, and whatever interrupts the clock in its middle does not make it be paid twice.
Times are whole seconds, amounts minor units.
"""

from __future__ import annotations

from dataclasses import dataclass

from sealgate.domain.money import rounded


@dataclass(frozen=True, slots=True)
class Step:
    """From `start` until `until` on the clock (None: for ever), after steps that cost `base` together.

    By units: each `each` seconds cost `price`, charged in portions of `by` (a price for an hour, charged by the minute).
    A portion counts once `least` seconds of it have passed: 1 is "started", `by` is "only when full".
    `cap` is the most for each `cap_every` seconds of this step; portions begin anew in each of those.
    `total`: the price is `price` altogether from here on, whatever came before. `whole`: the units are counted from
    the beginning of the clock and replace what came before.
    """

    start: int
    until: int | None
    base: int
    price: int
    each: int = 0
    by: int = 0
    least: int = 1
    total: bool = False
    whole: bool = False
    cap: int = 0
    cap_every: int = 0

    def earned(self, position: int) -> int:
        """What this step adds to a stay of `position` seconds: below zero only where a step says `cheaper`."""
        if position <= self.start:
            return 0
        if self.total:
            return self.price - self.base
        end = position if self.until is None else min(position, self.until)
        if self.whole:
            return self._amount(end) - self.base
        return self._capped(end - self.start)

    def units(self, since: int, until: int) -> int:
        """How many portions lie between two positions: for the words on the bill."""
        if self.total:
            return 0
        origin = 0 if self.whole else self.start
        end = until if self.until is None else min(until, self.until)
        return self._counted(max(end - origin, 0)) - self._counted(max(since - origin, 0))

    def unit_at(self, position: int) -> tuple[int, int | None]:
        """Begin and end of the portion that `position` (after `start`) lies in, its begin included; no end: for ever."""
        if self.total:
            return self.start, self.until
        origin = 0 if self.whole else self.start
        block = (position - origin) // self.cap_every * self.cap_every if self.cap_every else 0
        begin = origin + block + (position - origin - block) // self.by * self.by
        ends = [begin + self.by]
        if self.cap_every:
            ends.append(origin + block + self.cap_every)
        if self.until is not None:
            ends.append(self.until)
        return begin, min(ends)

    def _capped(self, seconds: int) -> int:
        if not self.cap_every:
            return self._amount(seconds)
        blocks, rest = divmod(seconds, self.cap_every)
        return blocks * min(self._amount(self.cap_every), self.cap) + min(self._amount(rest), self.cap)

    def _amount(self, seconds: int) -> int:
        portions = self._counted(seconds)
        return portions * self.price if self.by == self.each else rounded(portions * self.by * self.price, self.each)

    def _counted(self, seconds: int) -> int:
        full, part = divmod(seconds, self.by)
        return full + (part >= self.least)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Steps one after the other; the last has no end."""

    steps: tuple[Step, ...]

    def price_until(self, position: int) -> int:
        return sum(step.earned(position) for step in self.steps)

    def price_between(self, since: int, until: int) -> int:
        return self.price_until(until) - self.price_until(since)

    def step_at(self, position: int) -> Step:
        """The step whose time begins or runs at `position`."""
        return next(step for step in self.steps if step.until is None or position < step.until)

    def begun_unit(self, position: int) -> tuple[int, int | None] | None:
        """The portion in whose middle `position` lies; None between two."""
        begin, end = self.step_at(position).unit_at(position)
        return None if begin == position else (begin, end)

    def used_up(self, position: int) -> int:
        """Where the clock stands when a begun portion is not carried on: at its end if it counted, at its begin if not."""
        unit = self.begun_unit(position)
        if unit is None:
            return position
        step = self.step_at(position)
        if not step.total and position - unit[0] < step.least:
            return unit[0]
        return position if unit[1] is None else unit[1]
