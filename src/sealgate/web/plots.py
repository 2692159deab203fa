"""Drawings of figures: bars and stairs, laid out here in the units of an SVG, drawn by `plot.html`.

The surprising thing: nothing is drawn that is not in a table beside it. A plot is for the eye; its `<desc>` says the same in a
sentence, and each bar its figure in a `<title>`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

WIDTH, HEIGHT = 760, 250
LEFT, RIGHT, TOP, BOTTOM = 60, 756, 20, 215
MOST_LABELS = 14
WIDE = 6
"""Half widths of a label, beyond which fewer of them fit on a phone."""

HALF_WIDTH, BETWEEN = 6.0, 8.0
"""In units of the drawing: half a Chinese character of a label, and the least room between two labels."""

SLOT_SHARE = 0.67
"""How much of its slot a bar fills."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across, or a label below, with its place in units of the drawing. `minor` ones go first where room is short."""

    at: float
    text: str
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    title: str
    now: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """`path` is a line over the bars or alone; `spots` are the corners of stairs, each with its words."""

    across: tuple[Tick, ...]
    below: tuple[Tick, ...]
    bars: tuple[Bar, ...] = ()
    path: str = ""
    spots: tuple[Bar, ...] = ()
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One bar: what it is of, how much, and what its title says. `now` is the one that is still growing."""

    label: str
    value: float
    title: str
    now: bool = False


def bar_plot(items: Sequence[Item], said: Callable[[float], str], limit: float | None = None, *, whole: bool = False) -> Plot:
    """Bars beside each other from 0 up; `said` writes a figure of the axis, `limit` is a line across (a capacity).

    `whole`: what is counted has no halves, so the axis shows none.
    """
    most = max([item.value for item in items] + [limit or 0], default=0)
    top = 4 * nice(max(ceil(most / 4), 1)) if whole else nice(most)
    slot = (RIGHT - LEFT) / max(len(items), 1)
    width = min(slot * SLOT_SHARE, 34)
    bars = tuple(
        Bar(
            round(LEFT + slot * n + (slot - width) / 2, 1),
            round(_y(item.value, top), 1),
            round(width, 1),
            round(BOTTOM - _y(item.value, top), 1),
            item.title,
            item.now,
        )
        for n, item in enumerate(items)
    )
    broadest = max((_breadth(item.label) for item in items), default=0)
    every = max(-(-len(items) // MOST_LABELS), ceil((broadest * HALF_WIDTH + BETWEEN) / slot))
    apart = 3 if len(items) > MOST_LABELS or broadest > WIDE else 2
    below = tuple(
        Tick(round(LEFT + slot * (n + 0.5), 1), item.label, minor=(n // every) % apart != 0)
        for n, item in enumerate(items)
        if n % every == 0
    )
    return Plot(_across(top, said), below, bars, limit=None if limit is None else round(_y(limit, top), 1))


def stairs_plot(
    points: Sequence[tuple[int, float, str]], end: int, said: Callable[[float], str], labels: Sequence[tuple[int, str]]
) -> Plot:
    """A value that holds from its point until the next: (minute, value, title), up to minute `end`."""
    top = nice(max((value for _, value, _ in points), default=0))
    corners = [(_x(minute, end), _y(value, top), title) for minute, value, title in points]
    path = "".join(
        f"{'M' if n == 0 else 'H'}{x:.1f}{f' {y:.1f}' if n == 0 else f'V{y:.1f}'}" for n, (x, y, _) in enumerate(corners)
    )
    spots = tuple(Bar(round(x - 4, 1), round(y - 4, 1), 8, 8, title) for x, y, title in corners)
    below = tuple(Tick(round(_x(minute, end), 1), text, minor=n % 2 == 1) for n, (minute, text) in enumerate(labels))
    return Plot(_across(top, said), below, path=f"{path}H{RIGHT}" if path else "", spots=spots)


def _breadth(text: str) -> int:
    """In half widths: a Chinese character is as wide as two letters."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


def nice(most: float) -> float:
    """The end of an axis: the next of 4, 8, 10, 20, 40, 60, 80, 100... at or above, so that its quarters are short figures."""
    if most <= 0:
        return 4
    step = 1.0
    while most > 10 * step:
        step *= 10
    return next(step * part for part in (1, 2, 4, 6, 8, 10) if most <= part * step)


def _across(top: float, said: Callable[[float], str]) -> tuple[Tick, ...]:
    return tuple(Tick(round(_y(top * n / 4, top), 2), said(top * n / 4), minor=n % 2 == 1) for n in range(5))


def _y(value: float, top: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * max(value, 0) / top


def _x(minute: int, end: int) -> float:
    return LEFT + (RIGHT - LEFT) * minute / max(end, 1)
