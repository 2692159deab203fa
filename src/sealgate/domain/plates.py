"""Plate texts: one writing for one plate, so that equal plates have equal tokens."""

from __future__ import annotations

import unicodedata
from typing import NewType

from sealgate.domain.errors import Invalid

PlateText = NewType("PlateText", str)
"""Upper case, letters and digits only, 2 to 12 characters: `京A12345`, `BMW1234`."""


class BadPlate(Invalid):
    code = "plate.invalid"


def normalise(text: str) -> PlateText:
    """Full width to half width, spaces, dots and dashes dropped, upper case. Raises `BadPlate`.

    >>> normalise("京A·123 45")
    '京A12345'
    """
    if len(text) > 64:
        raise BadPlate("too long", field="plate")
    kept = "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c.isalnum())
    if not 2 <= len(kept) <= 12:
        raise BadPlate("a plate has 2 to 12 letters and digits", field="plate", hint="Type the plate without dots and spaces")
    return PlateText(kept)


_FOLD = str.maketrans({"O": "0", "Q": "0", "I": "1"})


def folded(text: str) -> str:
    """The text with characters that look alike made equal (O=0=Q, I=1): for counting near misses, not for tokens."""
    return text.translate(_FOLD)


NEW_ENERGY, LARGE, CAR = "new-energy", "large", "car"


def vehicle_of(text: str, kind: str) -> str:
    """The vehicle's class as a tariff may name it, as far as a plate tells: `kind` is what the plate looks like.

    Green is a new-energy vehicle; yellow a large one, but for a driving school's car.

    >>> vehicle_of("沪AD12345", "cn-green"), vehicle_of("沪A1234学", "cn-yellow")
    ('new-energy', 'car')
    """
    if kind == "cn-green":
        return NEW_ENERGY
    return LARGE if kind == "cn-yellow" and not text.endswith("学") else CAR
