"""How alike two readings of one plate are, and under which keys a stay is found when its plate is misread.

A reader errs in one place, or confuses characters that look alike; two true errors in one reading are so rare that we
do not believe in them. But both passes of a car may be misread, each in another place: for that there are further keys.
The surprising thing: what one key leaves out is a position, not a character put in its place, so the same few keys also find
a reading that lost a character or saw a screw as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from sealgate.domain.plates import PlateText

ALIKE = ("0OQD", "8B", "1I", "5S", "2Z", "6G")
"""Characters that readers take for one another."""

_FOLD = str.maketrans({character: group[0] for group in ALIKE for character in group[1:]})

SUREST, LEAST_SURE = 0.005, 0.5
"""Between these lies the chance that a reading is wrong, whatever score the reader gave it."""

CONFUSED, OTHER, DROPPED = 0.6, 0.06, 0.015
"""Of wrong readings, the share that is: one known confusion; one particular other character; one character too many or too
few. Set by hand: most errors of a reader are known confusions, and another character is any of a few dozen at any of seven
places, some likelier than others."""

SURE = 0.96
"""A reading with less may be wrong: where another car could be meant it bills nobody. It is kept under further keys."""

FURTHER, BESIDE = 0.2, 0.005
"""What each further confusion multiplies; and what a confusion beside another error does, which is for a person to see."""


MOST_ERRORS = 2
"""Between two readings of one plate: one each."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A plate as one camera read it; `score` 0..1 is how sure it was of the whole text."""

    text: PlateText
    at: datetime
    score: float


def folded(text: str) -> str:
    """The text with all characters that look alike made one."""
    return text.translate(_FOLD)


def search_keys(text: str) -> frozenset[str]:
    """The folded text, and the folded text with each position left out.

    Two texts that differ in one place, by known confusions, or in length by one have a key in common. So have some that
    differ more: `likelihood` looks at the texts themselves.

    >>> sorted(search_keys("AB1"))
    ['A1', 'A8', 'A81', '81']
    """
    whole = folded(text)
    return frozenset({whole} | {whole[:place] + whole[place + 1 :] for place in range(len(whole))})


def further_keys(text: str) -> frozenset[str]:
    """The folded text with each two positions left out.

    Two readings of one plate that are wrong in a place each have one in common; also those wrong in one place between them.

    >>> sorted(further_keys("AB1"))
    ['1', '8', 'A']
    """
    whole = folded(text)
    places = combinations(range(len(whole)), 2)
    return frozenset(whole[:one] + whole[one + 1 : other] + whole[other + 1 :] for one, other in places)


def likelihood(reading: Reading, plate: str, score: float = 1.0) -> float:
    """How likely this reading is of a car whose plate was read as `plate` with `score` before; 0 for one error too many."""
    wrong = 1 - (1 - _wrong(reading.score)) * (1 - _wrong(score))
    errors = _errors(reading.text, plate)
    if errors is None:
        return 0.0
    confused, worst = errors
    if worst:
        return wrong * worst * BESIDE**confused
    return wrong * CONFUSED * FURTHER ** (confused - 1) if confused else 1 - wrong


def twice_misread(one: str, other: str) -> bool:
    """Whether both may be readings of one plate, each wrong in one place."""
    one, other = folded(one), folded(other)
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) <= MOST_ERRORS
    return bool((search_keys(one) | further_keys(one)) & (search_keys(other) | further_keys(other)))


def _wrong(score: float) -> float:
    return min(max(1 - score, SUREST), LEAST_SURE)


def _errors(read: str, plate: str) -> tuple[int, float] | None:
    """How many known confusions, and the share of the one other error, if there is one. None: no misreading of it."""
    if len(read) == len(plate):
        odd = [(a, b) for a, b in zip(read, plate, strict=True) if a != b]
        confused = sum(folded(a) == folded(b) for a, b in odd)
        others = len(odd) - confused
        return None if others > 1 or confused > 3 else (confused, OTHER * others)
    if abs(len(read) - len(plate)) == 1:
        short, long = sorted((folded(read), folded(plate)), key=len)
        if any(long[:place] + long[place + 1 :] == short for place in range(len(long))):
            return 0, DROPPED
    return None
