"""Which lines of text may be a plate, and which belong together: halves side by side, and two lines of one plate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import TypeVar

import numpy as np

from sealgate.vision.textlines import Line

T = TypeVar("T")

MOST_PAIRS = 24


def plate_shaped(line: Line) -> bool:
    """A plate, or a half of one."""
    return line.height >= 8 and 0.7 < line.width / line.height < 9


def side_by_side(lines: Sequence[Line]) -> list[Line]:
    """Lines made of two, left and right, as high as each other and with a gap no wider than a character and a bit."""
    pairs = [(a, b) for a, b in permutations(lines, 2) if _continues(a, b)][:MOST_PAIRS]
    return [Line(np.array([a.quad[0], b.quad[1], b.quad[2], a.quad[3]], np.float32), min(a.score, b.score)) for a, b in pairs]


def _continues(left: Line, right: Line) -> bool:
    height = max(left.height, right.height)
    gap = right.left - left.right
    end_of_left, start_of_right = left.quad[1:3, 1].mean(), right.quad[[0, 3], 1].mean()
    return (
        min(left.height, right.height) > 0.6 * height
        and abs(end_of_left - start_of_right) < 0.5 * height
        and -0.5 * height < gap < 1.2 * height
        and right.right - left.left < 7 * height
    )


def one_above_other(read: Sequence[tuple[Line, T]]) -> Iterator[tuple[tuple[Line, T], tuple[Line, T]]]:
    """(upper, lower) of what may be a plate of two lines: the upper is no higher and no wider, and close above."""
    pairs = ((a, b) for a, b in permutations(read, 2) if _stands_on(a[0], b[0]))
    return (pair for pair, _ in zip(pairs, range(MOST_PAIRS), strict=False))


def _stands_on(upper: Line, lower: Line) -> bool:
    gap = float(lower.quad[:2, 1].mean() - upper.quad[2:, 1].mean())
    middle = (upper.left + upper.right) / 2
    return (
        0.4 * lower.height < upper.height < 1.3 * lower.height
        and -0.4 * lower.height < gap < 0.6 * lower.height
        and upper.right - upper.left < 1.15 * (lower.right - lower.left)
        and abs(middle - (lower.left + lower.right) / 2) < 0.25 * (lower.right - lower.left)
        and lower.width < 5 * lower.height
    )
