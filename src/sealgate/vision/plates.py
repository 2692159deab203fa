"""Number plates in a picture: find lines of text, read each in the grammar of the countries asked for, and rank them.

A picture that is itself the shape of a plate is read as one line first. What the detector splits is joined again: a
plate with a gap beside its half, and a plate of two lines one under the other (their steps are simply read in turn).
Where the first look is not sure, a second one looks closer. Surprising: a text in no country's series is a plate only
if there is nothing else; a yard full of slogans and time stamps is otherwise full of plates.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sealgate.domain.platepatterns import Grammar, grammar
from sealgate.domain.plates import PlateText
from sealgate.ports import Box, FoundPlate, Pixels
from sealgate.vision.ctc import Reading, Steps, character_scores, decode
from sealgate.vision.pictures import as_colour, inside
from sealgate.vision.platekinds import kind_of
from sealgate.vision.platelines import one_above_other, plate_shaped, side_by_side
from sealgate.vision.textlines import Line, LineDetector, LineReader, Quad, cut

MIN_SCORE = 0.3
GLANCES = (416, 640, 768)
"""Long sides of a look at a frame of a video, by how close it is: the first costs a third of the second."""
MOST_LINES = 24
"""So many lines are read in one look, the largest: a wall of posters must not hold up the barrier."""

TWO_LINE_COST = 0.5
TWO_LINE_COUNTRIES = frozenset({"cn", "hk", "mo", "br", "in", "tr", "pt", "it", "gb", "ie"})
LARGER_IS_BETTER = 0.1
"""What twice the height is worth, as a mean logarithm a character: of two cars the nearer one is meant."""
EDGE = 0.06
EDGE_COST = 0.3
"""Cameras print the time along the upper and lower edge of the picture."""
NUMBER_COST = 0.5
"""For a text without letters: telephone numbers, times, house numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A reading and where it was read."""

    reading: Reading
    steps: Steps
    quad: Quad
    rank: float


class Plates:
    """ports.PlateReader. Safe to call from several threads.

    `long_side` is the size of the first look, `closer` that of the second, made where the first is below `sure`; none is
    made if it is not larger. Who reads a video takes one look a frame (`glance`): the next frame is the second look.
    """

    def __init__(self, *, long_side: int = 640, closer: int = 960, sure: float = 0.9, threads: int = 1) -> None:
        self._detector = LineDetector(threads=threads)
        self._reader = LineReader(threads=threads)
        self._long_side, self._closer, self._sure = long_side, closer, sure

    def read(self, pixels: Pixels, countries: Sequence[str] = ()) -> list[FoundPlate]:
        picture = as_colour(pixels)
        if picture is None:
            return []
        known = grammar(tuple(sorted(set(countries))))
        candidates: list[Candidate] = []
        for look in self._looks(picture, known):
            candidates = apart(sorted([*candidates, *look], key=lambda c: -c.rank))
            if candidates and candidates[0].reading.score >= self._sure:
                break
        return [self._found(picture, candidate) for candidate in meant(candidates)]

    def glance(
        self, pixels: Pixels, countries: Sequence[str] = (), *, near: Box | None = None, closer: int = 0
    ) -> list[FoundPlate]:
        picture = as_colour(pixels)
        if picture is None:
            return []
        x, y, part = window(picture, near, GLANCES[0]) if near else (0, 0, picture)
        lines = self._detector(part, GLANCES[min(closer, len(GLANCES) - 1)])
        found = self._read_lines(part, lines, grammar(tuple(sorted(set(countries)))))
        plates = [self._found(part, candidate) for candidate in meant(apart(sorted(found, key=lambda c: -c.rank)))]
        return [replace(plate, box=(plate.box[0] + x, plate.box[1] + y, *plate.box[2:])) for plate in plates]

    def _looks(self, picture: Pixels, known: Grammar) -> Iterator[list[Candidate]]:
        height, width = picture.shape[:2]
        if 1.8 < width / height < 7 and 12 <= height < 200:
            yield self._whole(picture, known)
        yield self._read_lines(picture, self._detector(picture, self._long_side), known)
        if min(max(height, width), self._closer) > self._long_side:
            yield self._read_lines(picture, self._detector(picture, self._closer), known)

    def _whole(self, picture: Pixels, known: Grammar) -> list[Candidate]:
        height, width = picture.shape[:2]
        quad = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        steps = self._reader(picture)
        return [Candidate(reading, steps, quad, reading.rank) for reading in decode(steps, known)[:1]]

    def _read_lines(self, picture: Pixels, lines: list[Line], known: Grammar) -> list[Candidate]:
        lines = sorted((line for line in lines if plate_shaped(line)), key=lambda line: -line.height * line.width)[:MOST_LINES]
        read = [(line, steps) for line in [*lines, *side_by_side(lines)] if (steps := self._steps(picture, line)) is not None]
        tall = picture.shape[0]
        found = [candidate for line, steps in read for candidate in single(line, steps, known, tall)]
        return found + [candidate for pair in one_above_other(read) for candidate in double(*pair, known, tall)]

    def _steps(self, picture: Pixels, line: Line) -> Steps | None:
        straight = cut(picture, line.quad)
        return None if straight is None else self._reader(straight)

    def _found(self, picture: Pixels, candidate: Candidate) -> FoundPlate:
        reading = candidate.reading
        return FoundPlate(
            text=PlateText(reading.text),
            score=reading.score,
            scores=character_scores(candidate.steps, reading),
            box=box_of(candidate.quad, picture),
            kind=kind_of(reading, cut(picture, candidate.quad)),
        )


def window(picture: Pixels, near: Box, long_side: int) -> tuple[int, int, Pixels]:
    """A part of the picture with the box in its middle: left, top, pixels.

    So wide that the detector need not shrink it and sees every pixel; wider only around a box that would fill it.
    """
    height, width = picture.shape[:2]
    side = max(long_side, near[2] * 2)
    wide, high = min(width, side), min(height, side * 9 // 16)
    x = min(max(near[0] + near[2] // 2 - wide // 2, 0), width - wide)
    y = min(max(near[1] + near[3] // 2 - high // 2, 0), height - high)
    return x, y, picture[y : y + high, x : x + wide]


def single(line: Line, steps: Steps, known: Grammar, tall: int) -> Iterator[Candidate]:
    if line.width < 1.5 * line.height:
        return
    for reading in decode(steps, known)[:1]:
        yield Candidate(reading, steps, line.quad, ranked(reading, line, tall))


def double(upper: tuple[Line, Steps], lower: tuple[Line, Steps], known: Grammar, tall: int) -> Iterator[Candidate]:
    """Two lines as one text: the steps of the upper, one of none, the steps of the lower."""
    between = np.eye(1, upper[1].shape[1])
    steps = np.concatenate([upper[1], between, lower[1]])
    for reading in decode(steps, known)[:1]:
        if reading.pattern.country in TWO_LINE_COUNTRIES:
            quad = np.array([*upper[0].quad[:2], *lower[0].quad[2:]], np.float32)
            yield Candidate(reading, steps, quad, ranked(reading, lower[0], tall) - TWO_LINE_COST / len(reading.text))


def ranked(reading: Reading, line: Line, tall: int) -> float:
    """A reading's rank in a picture `tall` pixels high: with what its place and size say."""
    rank = reading.rank + LARGER_IS_BETTER * math.log2(20 * max(line.height, 1.0) / tall)
    if not EDGE < line.middle / tall < 1 - EDGE:
        rank -= EDGE_COST
    return rank - (NUMBER_COST / len(reading.text) if reading.text.isdecimal() else 0.0)


def meant(candidates: list[Candidate]) -> list[Candidate]:
    """The best, and what else is in a country's series; nothing that is hardly legible."""
    legible = [c for c in candidates if c.reading.score >= MIN_SCORE]
    return [c for n, c in enumerate(legible) if n == 0 or c.reading.pattern.usual]


def apart(candidates: list[Candidate]) -> list[Candidate]:
    """Of candidates that overlap, only the first."""
    kept: list[Candidate] = []
    for candidate in candidates:
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
