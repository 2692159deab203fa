# ruff: noqa: FURB136 - these run millions of times, and a comparison costs a third of `min`
"""Stretches of minutes as pairs `(begin, end)`, end not included, sorted and apart: cutting, joining, measuring."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Pair = tuple[int, int]
Pairs = Sequence[Pair]


def joined(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    """Sorted, and those that meet or overlap made one."""
    made: list[Pair] = []
    for begin, end in sorted(pairs):
        if made and begin <= made[-1][1]:
            if end > made[-1][1]:
                made[-1] = (made[-1][0], end)
        elif end > begin:
            made.append((begin, end))
    return tuple(made)


def without(pairs: Pairs, taken: Pairs) -> tuple[Pair, ...]:
    """What of `pairs` lies in none of `taken`."""
    left = list(pairs)
    for begin, end in taken:
        left = [piece for b, e in left for piece in ((b, min(e, begin)), (max(b, end), e)) if piece[0] < piece[1]]
    return tuple(left)


def common(pairs: Pairs, others: Pairs) -> list[Pair]:
    """What lies in both."""
    return [
        (begin if begin > b else b, end if end < e else e) for begin, end in pairs for b, e in others if begin < e and b < end
    ]


def within(pairs: Pairs, begin: int, end: int) -> int:
    """How many minutes of `pairs` lie from `begin` to `end`."""
    total = 0
    for b, e in pairs:
        low, high = (b if b > begin else begin), (e if e < end else end)
        if high > low:
            total += high - low
    return total


def shared(pairs: Pairs, others: Pairs) -> int:
    """How many minutes lie in both."""
    total = 0
    for begin, end in pairs:
        for b, e in others:
            if begin < e and b < end:
                total += (end if end < e else e) - (begin if begin > b else b)
    return total


def length(pairs: Pairs) -> int:
    return sum(end - begin for begin, end in pairs)


def first_of(pairs: Pairs, minutes: int) -> tuple[Pair, ...]:
    """The first so many minutes of `pairs`."""
    made: list[Pair] = []
    for begin, end in pairs:
        if minutes <= 0:
            break
        made.append((begin, min(end, begin + minutes)))
        minutes -= end - begin
    return tuple(made)
