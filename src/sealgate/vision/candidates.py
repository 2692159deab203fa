"""What may be a plate in one picture: lines and pairs of lines with what was read there, and which of them is meant."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sealgate.domain.platepatterns import Grammar
from sealgate.ports import Box, Pixels
from sealgate.vision.ctc import Reading, Steps, decode
from sealgate.vision.opinions import Opinion
from sealgate.vision.pictures import inside
from sealgate.vision.textlines import Line, Quad

MIN_SCORE = 0.3
TWO_LINE_COST = 0.5
TWO_LINE_COUNTRIES = frozenset({"cn", "hk", "mo", "br", "in", "tr", "pt", "it", "gb", "ie"})
LARGER_IS_BETTER = 0.3
"""What twice the height is worth, as a mean logarithm a character: of two cars the nearer one is meant."""
LOWER_IS_NEARER = 1.0
"""What the whole height of the picture is worth: on a level road the nearer car stands lower."""
EDGE = 0.06
EDGE_COST = 0.8
"""Cameras print the time along the upper and lower edge of the picture."""
NUMBER_COST = 0.5
"""For a text without letters in a series of such: telephone numbers, times, house numbers."""
BARE_NUMBER_COST = 4.0
"""The same where no country that is asked for has such a series."""
EMBLEM = 0.3
EMBLEM_COST = 0.1
"""Between the groups of a plate may stand a picture, a seal or a map, that is read as a character. Where nothing else is in a
series, the middle third may be nothing after all, with this likelihood, and at this cost."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A line, straightened, what the second reader says there, and its texts, best first."""

    line: Line
    straight: Pixels
    second: Steps
    readings: Sequence[Reading]


@dataclass(frozen=True, slots=True, eq=False)
class Spelt:
    """One line, or two as one text, as the second reader has it alone; `upper` to `lower`."""

    parts: tuple[Part, ...]
    second: Steps
    readings: Sequence[Reading]
    quad: Quad
    rank: float


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """What both readers think of a place, and what each said step by step."""

    opinion: Opinion
    first: Steps
    second: Steps
    quad: Quad
    rank: float


def best_way(ways: Iterable[Part]) -> Part | None:
    """Of several ways to straighten one line, that in which most sense is read."""
    return max(ways, key=lambda part: part.readings[0].rank if part.readings else -math.inf, default=None)


def spelt(parts: Sequence[Part], pairs: Iterable[tuple[Part, Part]], known: Grammar, tall: int) -> list[Spelt]:
    """Best first. Two lines are tried where a country that is asked for has such plates."""
    found = [one for part in parts if (one := single(part, tall)) is not None]
    if two_lined(known):
        found += [placed(two, tall) for pair in pairs if may_be_plate(two := double(*pair, known))]
    return sorted(found, key=lambda one: -one.rank)


def may_be_plate(two: Spelt) -> bool:
    return bool(two.readings) and two.readings[0].pattern.country in TWO_LINE_COUNTRIES


def placed(text: Spelt, tall: int) -> Spelt:
    """With its rank, by its last line's height and its place in a picture `tall` pixels high."""
    line = text.parts[-1].line
    return replace(text, rank=ranked(text.readings[0], text.quad, line.height, tall, lines=len(text.parts)))


def two_lined(known: Grammar) -> bool:
    return any(pattern.country in TWO_LINE_COUNTRIES for pattern in known.patterns)


def may_be_half(part: Part) -> bool:
    """The lower line of a plate, or both of its lines in one: it says something with digits that is in no series."""
    best = next(iter(part.readings), None)
    return best is not None and not best.pattern.usual and best.score > MIN_SCORE and sum(map(str.isdecimal, best.text)) > 1


def single(part: Part, tall: int) -> Spelt | None:
    line = part.line
    if not part.readings or line.width < 1.5 * line.height:
        return None
    return placed(Spelt((part,), part.second, part.readings, line.quad, 0.0), tall)


def double(upper: Part, lower: Part, known: Grammar) -> Spelt:
    """Two lines as one text."""
    steps = in_turn([upper.second, lower.second])
    quad = np.array([*upper.line.quad[:2], *lower.line.quad[2:]], np.float32)
    return Spelt((upper, lower), steps, decode(steps, known), quad, 0.0)


def spelled(steps: Steps, known: Grammar) -> tuple[Steps, list[Reading]]:
    """The steps and their texts, best first; without an emblem between the groups where that makes a series of it."""
    readings = decode(steps, known)
    if readings and readings[0].pattern.usual:
        return steps, readings
    without = without_emblem(steps)
    others = [replace(r, cost=r.cost + EMBLEM_COST) for r in decode(without, known) if r.pattern.usual]
    if others and (not readings or others[0].rank > readings[0].rank):
        return without, others
    return steps, readings


def without_emblem(steps: Steps) -> Steps:
    third = len(steps) // 3
    middle = steps.copy()
    middle[third : 2 * third + 1, 0] = np.maximum(middle[third : 2 * third + 1, 0], EMBLEM)
    return middle


def in_turn(steps: Sequence[Steps]) -> Steps:
    """The steps of one line after the other, one of none between."""
    between = np.eye(1, steps[0].shape[1])
    return np.concatenate([part for n, said in enumerate(steps) for part in ([between, said] if n else [said])])


def ranked(reading: Reading, quad: Quad, high: float, tall: int, *, lines: int = 1) -> float:
    """A reading's rank in a picture `tall` pixels high: with what its place and the height of its (lower) line say."""
    middle = float(quad[:, 1].mean()) / tall
    rank = reading.rank + LARGER_IS_BETTER * math.log2(20 * max(high, 1.0) / tall) + LOWER_IS_NEARER * (middle - 0.5)
    if not EDGE < middle < 1 - EDGE:
        rank -= EDGE_COST
    if lines > 1:
        rank -= TWO_LINE_COST / len(reading.text)
    if reading.text.isdecimal():
        rank -= (NUMBER_COST if reading.pattern.usual else BARE_NUMBER_COST) / len(reading.text)
    return rank


def meant(candidates: list[Candidate]) -> list[Candidate]:
    """The best, and what else is in a country's series; nothing that is hardly legible."""
    legible = [c for c in candidates if c.opinion.reading.score >= MIN_SCORE]
    return [c for n, c in enumerate(legible) if n == 0 or c.opinion.reading.pattern.usual]


def apart(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Best first; of candidates that overlap, only the best."""
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: -c.rank):
        if not any(overlap(candidate.quad, other.quad) > 0.5 for other in kept):
            kept.append(candidate)
    return kept


def overlap(a: Quad, b: Quad) -> float:
    """The shared part of two upright boxes around quads, as a share of the smaller."""
    sides = np.minimum(a.max(0), b.max(0)) - np.maximum(a.min(0), b.min(0))
    smaller = min(float(np.prod(np.ptp(a, axis=0))), float(np.prod(np.ptp(b, axis=0))))
    return float(np.prod(np.maximum(sides, 0))) / max(smaller, 1e-6)


def box_of(quad: Quad, picture: Pixels) -> Box:
    height, width = picture.shape[:2]
    return inside(np.concatenate([quad.min(0), quad.max(0)]), width, height) or (0, 0, width, height)
