"""Two readers, one text: each likely text of either is weighed by both, and where they disagree nobody is sure.

Surprising: the text that both together find likeliest can be the favourite of neither. `agreed` asks for more: both
alone, each in the countries' grammar, would have told this text, look-alikes counted as equal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sealgate.domain.plates import folded
from sealgate.vision.chances import chance_of
from sealgate.vision.ctc import IN_NO_SERIES, Reading, Steps, logs_of

WEIGHT, WEIGHT_ABROAD, WEIGHT_STACKED = 0.5, 0.1, 0.15
"""What the second reader's word counts for, of one: at home it knows every stroke, elsewhere and in two lines much less."""
HOME = frozenset({"cn"})
KEPT = 3
"""So many likely texts of each reader are weighed."""
NOTHING = -4.0
"""The mean logarithm a character of a text that a reader cannot find in its steps at all, and the least that counts."""
UNSURE = 0.75
"""No text is surer than this on which the two disagree: below what any gate accepts by itself (domain/access.py)."""
MOST_MIXED = 3
"""Places in which two texts may differ to be mixed."""
NO_RIVAL = 3.0
"""The most that a lead over the second best text counts for."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """`first` and `second` are the readers' mean logarithms a character, `lead` what the next best text is behind in rank."""

    reading: Reading
    first: float
    second: float
    lead: float
    agreed: bool

    @property
    def score(self) -> float:
        """0..1: how often a text with these signs is right as a whole."""
        chance = chance_of(self.first, self.second, self.lead, agreed=self.agreed)
        if not self.reading.pattern.usual:
            return chance * IN_NO_SERIES
        return chance if self.agreed else min(chance, UNSURE)


def weigh(ours: Sequence[Reading], first: Steps, theirs: Sequence[Reading], second: Steps, *, lines: int = 1) -> Opinion | None:
    """The best text of two readers' texts, best first, and steps; None if neither found any."""
    said = [*mixed(ours[:1], theirs[:1]), *theirs[:KEPT], *ours[:KEPT]]
    readings = list({reading.text: reading for reading in said}.values())
    if not readings:
        return None
    columns = [reading.columns for reading in readings]
    by_first, by_second = likelihoods(first, columns), likelihoods(second, columns)
    weight = weight_of(readings, lines)
    joint = [_joint(*one, weight) for one in zip(readings, by_first, by_second, strict=True)]
    order = sorted(range(len(joint)), key=lambda n: -joint[n].rank)
    best = joint[order[0]]
    rivals = [joint[n].rank for n in order[1:] if folded(joint[n].text) != folded(best.text)]
    lead = min(best.rank - rivals[0], NO_RIVAL) if rivals else NO_RIVAL
    alone = [side[0].text if side else "" for side in (ours, theirs)]
    agreed = all(folded(text) == folded(best.text) for text in alone)
    return Opinion(best, by_first[order[0]], by_second[order[0]], lead, agreed)


def mixed(ours: Sequence[Reading], theirs: Sequence[Reading]) -> list[Reading]:
    """Texts of one series that take some places from one reader's best and some from the other's."""
    found: list[Reading] = []
    for a, b in zip(ours, theirs, strict=False):
        places = [n for n, (x, y) in enumerate(zip(a.columns, b.columns, strict=False)) if x != y]
        if a.pattern is b.pattern and 1 < len(places) <= MOST_MIXED:
            ways = product((a, b), repeat=len(places))
            found.extend(_with(a, dict(zip(places, chosen, strict=True))) for chosen in ways)
    return found


def _with(reading: Reading, others: dict[int, Reading]) -> Reading:
    """The reading with some places as another has them."""
    text = "".join(others.get(n, reading).text[n] for n in range(len(reading.text)))
    columns = tuple(others.get(n, reading).columns[n] for n in range(len(reading.text)))
    return replace(reading, text=text, columns=columns)


def weight_of(readings: Sequence[Reading], lines: int) -> float:
    """One for all texts of a place: where a plate of home is among them, it may be one."""
    if lines > 1:
        return WEIGHT_STACKED
    return WEIGHT if any(reading.pattern.country in HOME for reading in readings) else WEIGHT_ABROAD


def _joint(reading: Reading, first: float, second: float, weight: float) -> Reading:
    return replace(reading, likelihood=(1 - weight) * first + weight * second)


def likelihoods(steps: Steps, texts: Sequence[tuple[int, ...]]) -> list[float]:
    """For each text, as columns of the logs: the mean logarithm a character that the steps say it, added up over every way."""
    logs = logs_of(steps)
    return [max(NOTHING, _whole(np.exp(logs), text) / len(text)) for text in texts]


def _whole(likely: NDArray[np.float64], text: tuple[int, ...]) -> float:
    """The logarithm of the likelihood of a text (forward algorithm), brought to 1 at each step so that nothing runs out."""
    places = np.zeros(2 * len(text) + 1, np.intp)
    places[1::2] = text
    skips = np.zeros(len(places), bool)
    skips[3::2] = places[3::2] != places[1:-2:2]
    now = np.zeros(len(places))
    now[:2] = likely[0, places[:2]]
    total = 0.0
    for row in likely[1:, places]:
        came = now.copy()
        came[1:] += now[:-1]
        came[2:] += np.where(skips[2:], now[:-2], 0.0)
        now = came * row
        size = now.sum()
        if size <= 0:
            return -math.inf
        total += math.log(size)
        now /= size
    end = now[-1] + now[-2]
    return total + math.log(end) if end > 0 else -math.inf
