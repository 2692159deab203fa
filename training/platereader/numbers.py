"""What is written on a plate that is to be drawn: its kind, its text, and in how many lines.

Shares are of what a gate in China sees, with rare kinds oversampled so that they are learned at all; a fifth are plates
of other countries (foreign.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from numpy.random import Generator

from platereader.foreign import SERIES
from sealgate.domain.platepatterns import DIGITS, PROVINCES, Pattern, expanded

_OFFICES = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
_SERIAL_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_ELECTRIC = "DDDDFFABCEGHJK"
_DIGIT_SHARE = 0.72


class Kind(StrEnum):
    BLUE = "blue"
    GREEN = "green"
    GREEN_LARGE = "green-large"
    YELLOW = "yellow"
    REAR_UPPER = "rear-upper"
    REAR_LOWER = "rear-lower"
    WHITE = "white"
    BLACK = "black"
    OTHER = "other"


_SHARES = {
    Kind.BLUE: 0.50,
    Kind.GREEN: 0.11,
    Kind.GREEN_LARGE: 0.02,
    Kind.YELLOW: 0.07,
    Kind.REAR_UPPER: 0.02,
    Kind.REAR_LOWER: 0.03,
    Kind.WHITE: 0.03,
    Kind.BLACK: 0.04,
    Kind.OTHER: 0.18,
}
_KINDS, _WEIGHTS = tuple(_SHARES), tuple(_SHARES.values())


@dataclass(frozen=True, slots=True)
class Number:
    kind: Kind
    text: str


def drawn_from(chance: Generator) -> Number:
    kind = _KINDS[int(chance.choice(len(_KINDS), p=_WEIGHTS))]
    return Number(kind, _text(kind, chance))


def _text(kind: Kind, chance: Generator) -> str:
    begins = _one(PROVINCES, chance) + _one(_OFFICES, chance)
    match kind:
        case Kind.GREEN:
            second = _one(_SERIAL_LETTERS, chance) if chance.random() < 0.2 else _one(DIGITS, chance)
            return begins + _one(_ELECTRIC, chance) + second + _digits(4, chance)
        case Kind.GREEN_LARGE:
            return begins + _digits(5, chance) + _one(_ELECTRIC, chance)
        case Kind.YELLOW:
            return begins + (_serial(4, chance) + _one("挂学", chance) if chance.random() < 0.35 else _serial(5, chance))
        case Kind.REAR_UPPER:
            return begins
        case Kind.REAR_LOWER:
            return _serial(4, chance) + "挂" if chance.random() < 0.3 else _serial(5, chance)
        case Kind.WHITE:
            return begins + _serial(4, chance) + "警"
        case Kind.BLACK:
            return _black(begins, chance)
        case Kind.OTHER:
            return "".join(_one(allowed, chance) for allowed in _foreign()[int(chance.integers(len(_foreign())))].places)
    return begins + _serial(5, chance)


def _black(begins: str, chance: Generator) -> str:
    way = chance.random()
    if way < 0.5:
        return "粤Z" + _serial(4, chance) + _one("港澳", chance)
    if way < 0.7:
        return begins + _digits(4, chance) + "领"
    if way < 0.85:
        return _digits(6, chance) + "使"
    return begins + _serial(5, chance)


@cache
def _foreign() -> tuple[Pattern, ...]:
    return tuple(p for country, texts in SERIES.items() for text in texts for p in expanded(country, "", text, 0.0))


def _serial(places: int, chance: Generator) -> str:
    return "".join(_one(DIGITS if chance.random() < _DIGIT_SHARE else _SERIAL_LETTERS, chance) for _ in range(places))


def _digits(places: int, chance: Generator) -> str:
    return "".join(_one(DIGITS, chance) for _ in range(places))


def _one(choices: str, chance: Generator) -> str:
    return choices[int(chance.integers(len(choices)))]
