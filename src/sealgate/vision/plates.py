"""Number plates in a picture: find lines of text, let two readers read them in the grammar of the countries, rank them.

A picture that is itself the shape of a plate is read as one line first. The second reader, which costs little, looks at
every line, and at leaning ones in two ways; the text reader only at those that may be a plate by then. What the detector
splits is joined again: a plate with a gap beside its half, and a plate of two lines one under the other (their steps are
simply read in turn). Where the first look is not sure, a second one looks closer. Surprising: a text in no country's
series is a plate only if there is nothing else; a yard full of slogans and time stamps is otherwise full of plates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sealgate.domain.platepatterns import Grammar, grammar
from sealgate.domain.plates import PlateText
from sealgate.ports import Box, FoundPlate, Pixels
from sealgate.vision.candidates import (
    Candidate,
    Part,
    Spelt,
    apart,
    best_way,
    box_of,
    double,
    in_turn,
    may_be_half,
    meant,
    ranked,
    spelled,
    spelt,
    two_lined,
)
from sealgate.vision.ctc import Steps, character_scores
from sealgate.vision.opinions import weigh
from sealgate.vision.pictures import as_colour
from sealgate.vision.platekinds import kind_of
from sealgate.vision.platelines import one_above_other, plate_shaped, side_by_side
from sealgate.vision.secondreader import SecondReader
from sealgate.vision.straight import leaning, slanting, stacked
from sealgate.vision.textlines import Line, LineDetector, LineReader, cut

LOOKS = (448, 960, 1280)
"""Long sides of the looks at a still: a closer one is made only where the ones before were not sure."""
GLANCES = (416, 640, 768)
"""Long sides of a look at a frame of a video, by how close it is: the first costs a third of the second."""
MOST_LINES = 24
"""So many lines are looked at in one look, the largest: a wall of posters must not hold up the barrier."""
MOST_READ = (3, 8)
"""So many texts of the second reader's, the best, does the text reader look at, in a first look and in a closer one."""

MOST_STACKED = (1, 2)
"""So many lines, likewise, are looked at as plates of two lines that were found as one."""


class Plates:
    """ports.PlateReader. Safe to call from several threads.

    `long_sides` are the sizes of the looks: the next is made where none so far is `sure`, and the picture has more to show.
    Who reads a video takes one look a frame (`glance`): the next frame is the second look.
    """

    def __init__(self, *, long_sides: Sequence[int] = LOOKS, sure: float = 0.9, threads: int = 1) -> None:
        self._detector = LineDetector(threads=threads)
        self._reader = LineReader(threads=threads)
        self._second = SecondReader(threads=threads)
        self._long_sides, self._sure = long_sides, sure

    def read(self, pixels: Pixels, countries: Sequence[str] = ()) -> list[FoundPlate]:
        picture = as_colour(pixels)
        if picture is None:
            return []
        return [self._found(picture, candidate) for candidate in self.candidates(picture, countries)]

    def candidates(self, picture: Pixels, countries: Sequence[str] = ()) -> list[Candidate]:
        """What `read` tells, with what each reader thinks of it: for whoever measures. `picture` is in colour."""
        candidates: list[Candidate] = []
        for look in self._looks(picture, grammar(tuple(sorted(set(countries))))):
            candidates = apart([*candidates, *look])
            if candidates and candidates[0].opinion.score >= self._sure:
                break
        return meant(candidates)

    def glance(
        self, pixels: Pixels, countries: Sequence[str] = (), *, near: Box | None = None, closer: int = 0
    ) -> list[FoundPlate]:
        picture = as_colour(pixels)
        if picture is None:
            return []
        x, y, part = window(picture, near, GLANCES[0]) if near else (0, 0, picture)
        lines = self._detector(part, GLANCES[min(closer, len(GLANCES) - 1)])
        found = self._read_lines(part, lines, grammar(tuple(sorted(set(countries)))), closely=False)
        plates = [self._found(part, candidate) for candidate in meant(apart(found))]
        return [replace(plate, box=(plate.box[0] + x, plate.box[1] + y, *plate.box[2:])) for plate in plates]

    def _looks(self, picture: Pixels, known: Grammar) -> Iterator[list[Candidate]]:
        height, width = picture.shape[:2]
        if 1.8 < width / height < 7 and 12 <= height < 200:
            yield self._whole(picture, known)
        for n, side in enumerate(self._long_sides):
            if n == 0 or max(height, width) > self._long_sides[n - 1]:
                yield self._read_lines(picture, self._detector(picture, side), known, closely=n > 0)

    def _whole(self, picture: Pixels, known: Grammar) -> list[Candidate]:
        """The picture as one plate, straight or slanting."""
        ways = [Line(quad, 1.0) for quad in slanting(picture)]
        parts = self._parts(picture, [ways], known)
        return self._weighed([Spelt((part,), part.second, part.readings, ways[0].quad, 0.0) for part in parts], known, None)

    def _read_lines(self, picture: Pixels, lines: list[Line], known: Grammar, *, closely: bool) -> list[Candidate]:
        lines = sorted((line for line in lines if plate_shaped(line)), key=lambda line: -line.height * line.width)[:MOST_LINES]
        ways = [[line, *leaning(line)] for line in [*lines, *side_by_side(lines)]]
        parts = self._parts(picture, ways, known)
        tall = picture.shape[0]
        pairs = [(upper, lower) for (_, upper), (_, lower) in one_above_other([(part.line, part) for part in parts])]
        texts = spelt(parts, pairs, known, tall)[: MOST_READ[closely]]
        if not any(text.readings[0].pattern.usual for text in texts):
            texts += self._hidden(picture, parts, known, MOST_STACKED[closely])
        return self._weighed(texts, known, tall)

    def _hidden(self, picture: Pixels, parts: Sequence[Part], known: Grammar, most: int) -> list[Spelt]:
        """Plates of two lines that were found as one line."""
        halves = [part for part in parts if two_lined(known) and may_be_half(part)][:most]
        strips = [strip for part in halves for pair in stacked(part.line) for strip in pair]
        shown = [(strip, one) for strip in strips if (one := cut(picture, strip.quad)) is not None]
        if not shown or len(shown) < len(strips):
            return []
        said = self._second([one for _, one in shown])
        found = [Part(strip, one, steps, ()) for (strip, one), steps in zip(shown, said, strict=True)]
        return [double(upper, lower, known) for upper, lower in zip(found[::2], found[1::2], strict=True)]

    def _parts(self, picture: Pixels, ways: Sequence[Sequence[Line]], known: Grammar) -> list[Part]:
        """For each line, in the best of its ways, what the second reader says."""
        every = [(n, line, cut(picture, line.quad)) for n, way in enumerate(ways) for line in way]
        straight = [(n, line, shown) for n, line, shown in every if shown is not None]
        said = self._second([shown for _, _, shown in straight])
        found: list[list[Part]] = [[] for _ in ways]
        for (n, line, shown), steps in zip(straight, said, strict=True):
            found[n].append(Part(line, shown, *spelled(steps, known)))
        return [part for parts in found if (part := best_way(parts)) is not None]

    def _weighed(self, texts: Sequence[Spelt], known: Grammar, tall: int | None) -> list[Candidate]:
        """What both readers make of each; `tall` is the picture's height, None where the picture is the plate."""
        read: dict[Part, Steps] = {}
        found: list[Candidate] = []
        for text in texts:
            for part in text.parts:
                if part not in read:
                    read[part] = self._reader(part.straight)
            first, readings = spelled(in_turn([read[part] for part in text.parts]), known)
            lines = len(text.parts)
            opinion = weigh(readings, first, text.readings, text.second, lines=lines)
            if opinion is not None:
                high = text.parts[-1].line.height
                rank = ranked(opinion.reading, text.quad, high, tall, lines=lines) if tall else opinion.reading.rank
                found.append(Candidate(opinion, first, text.second, text.quad, rank))
        return found

    def _found(self, picture: Pixels, candidate: Candidate) -> FoundPlate:
        reading = candidate.opinion.reading
        sides = (character_scores(steps, reading) for steps in (candidate.first, candidate.second))
        return FoundPlate(
            text=PlateText(reading.text),
            score=candidate.opinion.score,
            scores=tuple((first + second) / 2 for first, second in zip(*sides, strict=True)),
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
