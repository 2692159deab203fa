"""The most likely plate text in what a text reader says step by step (CTC prefix beam search, Graves 2006, Hannun 2014).

The reader gives, for each of some 40 steps from left to right, how likely each character is, or none. Texts are grown
from the left, and only in ways that a plate's pattern allows (domain/platepatterns.py). Everything is a logarithm.

Where a pattern allows 0 and not O, what looks like either counts for 0, and so the other way and for 1 and I: on many
plates they are one drawing, and only the place tells them apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sealgate.domain.platepatterns import ALPHABET, LETTERS, Grammar, Pattern

Steps = NDArray[np.float64]
"""(T, 1 + len(ALPHABET)): likelihoods at each step, none first; a row adds up to 1."""

NEVER = -1e9
FLOOR = 1e-7
SWAP = 0.5
"""The cost of taking O for 0 or I for 1, or back, against what was read: many plates draw them alike."""
IN_NO_SERIES = 0.75
"""No text of a free pattern is surer than this: most are time stamps, or plates with a part hidden."""
WORD = 2.0
"""The cost of a text without a digit: most are slogans and names of cars."""

_TWINS = (("0", "O"), ("1", "I"))
_TWIN_OF = {ALPHABET.index(a): ALPHABET.index(b) for pair in _TWINS for a, b in (pair, pair[::-1])}
_JOINT = {ALPHABET.index(c): 1 + len(ALPHABET) + n for n, pair in enumerate(_TWINS) for c in pair}
"""Index in ALPHABET of a twin: the column that counts for both."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much of what is unlikely is followed: so many `beginnings`, so many `choices` behind each at one step, no choice
    less likely than `least`, no beginning so many logarithms behind the best; a step that is none but for `rest` is none.
    """

    beginnings: int = 6
    choices: int = 4
    least: float = 1e-3
    behind: float = 10.0
    rest: float = 1e-2


QUICK = Effort()
"""A third of the time of following ten beginnings, and on every set the same texts."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`likelihood` is the mean logarithm a character, `cost` what the pattern and swapped twins take off the whole text."""

    text: str
    likelihood: float
    cost: float
    pattern: Pattern
    columns: tuple[int, ...]

    @property
    def score(self) -> float:
        """0..1: how well the picture supports the text; less where the text is in no country's series."""
        return min(1.0, math.exp(self.likelihood)) * (1.0 if self.pattern.country else IN_NO_SERIES)

    @property
    def rank(self) -> float:
        """To order readings by: a mean logarithm a character, with the cost."""
        return self.likelihood - self.cost / len(self.text)


@dataclass(slots=True)
class _Beginning:
    """A text so far, as indices in ALPHABET and as columns of the logs.

    `blank` and `char` are its log likelihood if the last step was none, or its last character.
    """

    text: tuple[int, ...]
    columns: tuple[int, ...]
    alive: int
    blank: float = NEVER
    char: float = NEVER

    def total(self) -> float:
        return _add(self.blank, self.char)


def _add(a: float, b: float) -> float:
    """log(exp(a) + exp(b))"""
    if a < b:
        a, b = b, a
    return a + math.log1p(math.exp(b - a)) if b > NEVER else a


def decode(steps: Steps, grammar: Grammar, *, effort: Effort = QUICK) -> list[Reading]:
    """Readings, best first; empty if nothing fits a pattern."""
    logs = logs_of(steps)
    search = _Search(grammar, effort)
    beginnings = [_Beginning((), (), grammar.all, blank=0.0)]
    for step, order in zip(logs.tolist(), np.argsort(-logs, axis=1).tolist(), strict=True):
        if step[0] > -effort.rest:
            for beginning in beginnings:
                beginning.blank, beginning.char = beginning.total() + step[0], NEVER
        else:
            beginnings = best_of(search.grow(beginnings, step, order), effort)
    return _readings(beginnings, grammar)


def logs_of(steps: Steps) -> NDArray[np.float64]:
    """With the twins' joint columns at the end."""
    joint = [sum(steps[:, 1 + ALPHABET.index(c)] for c in pair) for pair in _TWINS]
    return np.asarray(np.log(np.maximum(np.column_stack([steps, *joint]), FLOOR)))


def best_of(beginnings: list[_Beginning], effort: Effort) -> list[_Beginning]:
    ranked = sorted(((beginning.total(), n) for n, beginning in enumerate(beginnings)), reverse=True)[: effort.beginnings]
    return [beginnings[n] for total, n in ranked if total > ranked[0][0] - effort.behind]


class _Search:
    """One step after the other, for one line of text."""

    def __init__(self, grammar: Grammar, effort: Effort) -> None:
        self._grammar, self._choices, self._least = grammar, effort.choices, math.log(effort.least)
        self._next: dict[tuple[int, int], dict[int, int]] = {}

    def grow(self, beginnings: list[_Beginning], step: list[float], order: list[int]) -> list[_Beginning]:
        """`order`: the columns, likeliest first."""
        grown: dict[tuple[int, ...], _Beginning] = {}
        for old in beginnings:
            total, text = old.total(), old.text
            same = grown.setdefault(text, _Beginning(text, old.columns, old.alive))
            same.blank = _add(same.blank, total + step[0])
            if text:
                same.char = _add(same.char, old.char + step[old.columns[-1]])
            for index, column in self._likely(step, order, old):
                # The same character twice needs a step of none between.
                before = old.blank if text and text[-1] == index else total
                longer = (*text, index)
                new = grown.get(longer)
                if new is None:
                    alive = old.alive & self._grammar.fits[len(text)][index]
                    new = grown[longer] = _Beginning(longer, (*old.columns, column), alive)
                new.char = _add(new.char, before + step[column])
        return list(grown.values())

    def _likely(self, step: list[float], order: list[int], old: _Beginning) -> list[tuple[int, int]]:
        """(index in ALPHABET, column) of the few likeliest characters that may come next; at least one, if any may."""
        key = (old.alive, len(old.text))
        choices = self._next.get(key)
        if choices is None:
            choices = self._next[key] = columns_of(self._grammar.allowed(*key))
        found: list[tuple[int, int]] = []
        for column in order:
            if found and (len(found) == self._choices or step[column] < self._least):
                break
            index = choices.get(column)
            if index is not None:
                found.append((index, column))
        return found


def columns_of(allowed: tuple[int, ...]) -> dict[int, int]:
    """The columns of the logs to look at, each with its index in ALPHABET. A twin that may come alone counts for both."""
    alone = {a for a, b in _TWIN_OF.items() if b not in allowed}
    return {_JOINT[index] if index in alone else index + 1: index for index in allowed}


def _readings(beginnings: list[_Beginning], grammar: Grammar) -> list[Reading]:
    found: dict[str, Reading] = {}
    for beginning in beginnings:
        if beginning.text:
            likelihood = beginning.total() / len(beginning.text)
            for text, alive, swaps in with_twins(beginning, grammar):
                pattern = grammar.complete(alive, len(text))
                if pattern is not None:
                    written = "".join(ALPHABET[i] for i in text)
                    cost = pattern.cost + swaps * SWAP + (WORD if is_word(written) else 0.0)
                    reading = Reading(written, likelihood, cost, pattern, beginning.columns)
                    if written not in found or found[written].rank < reading.rank:
                        found[written] = reading
    return sorted(found.values(), key=lambda reading: -reading.rank)


def is_word(text: str) -> bool:
    """No digit but what may be an O or an I."""
    return all(c in LETTERS or c in "01" for c in text) and any(c in LETTERS for c in text)


def with_twins(beginning: _Beginning, grammar: Grammar) -> list[tuple[tuple[int, ...], int, int]]:
    """(text, patterns that it fits, twins swapped) for the text and its ways to take O for 0, I for 1 and back."""
    ways: list[tuple[tuple[int, ...], int, int]] = [((), grammar.all, 0)]
    for at, index in enumerate(beginning.text):
        choices = (index, _TWIN_OF[index]) if index in _TWIN_OF else (index,)
        ways = [
            ((*text, choice), kept, swaps + (choice != index))
            for text, alive, swaps in ways
            for choice in choices
            if (kept := alive & grammar.fits[at][choice])
        ]
    return ways


def character_scores(steps: Steps, reading: Reading) -> tuple[float, ...]:
    """For each character its likelihood at the step where it is clearest, along the best way through the text (Viterbi)."""
    places = [0]
    for column in reading.columns:
        places += [column, 0]
    said = logs_of(steps)[:, places].tolist()
    may_skip = [i > 1 and i % 2 == 1 and places[i] != places[i - 2] for i in range(len(places))]
    best = [said[0][0], said[0][1], *[NEVER] * (len(places) - 2)]
    came: list[list[int]] = [[0] * len(places)]
    for row in said[1:]:
        back = [_step_back(best, i, may_skip[i]) for i in range(len(places))]
        best = [best[i - b] + row[i] for i, b in enumerate(back)]
        came.append(back)
    at = len(places) - 1 if best[-1] >= best[-2] else len(places) - 2
    scores = [0.0] * len(reading.columns)
    for row, back in zip(reversed(said), reversed(came), strict=True):
        if at % 2:
            scores[at // 2] = max(scores[at // 2], math.exp(row[at]))
        at -= back[at]
    return tuple(min(1.0, score) for score in scores)


def _step_back(best: list[float], at: int, may_skip: bool) -> int:  # noqa: FBT001 - one of a table's columns
    """How many places back the best way to this place came from: 0, 1 or 2."""
    back = 1 if at >= 1 and best[at - 1] > best[at] else 0
    return 2 if may_skip and best[at - 2] > best[at - back] else back
