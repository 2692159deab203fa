"""How often a plate with given signs was read right: a logistic curve, fitted once and kept as data (own/chances.json).

`training/chances.py` fits it to the sets of docs/models.md and says there, by leaving each tenth out in turn, how true it is.
"""

from __future__ import annotations

import json
import math
from functools import cache

from sealgate.vision.own import OWN_FOLDER


@cache
def _weights() -> dict[str, float]:
    return {name: float(value) for name, value in json.loads((OWN_FOLDER / "chances.json").read_text()).items()}


def chance_of(first: float, second: float, lead: float, *, agreed: bool) -> float:
    """0..1. `first` and `second` are mean logarithms a character; `lead` is a difference of ranks."""
    weights = _weights()
    signs = signs_of(first, second, lead, agreed=agreed)
    total = weights["constant"] + sum(weights[name] * value for name, value in signs.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def signs_of(first: float, second: float, lead: float, *, agreed: bool) -> dict[str, float]:
    """What the curve looks at. Likelihoods count by their root: the first tenth of a doubt says more than the next."""
    return {
        "first": math.sqrt(max(0.0, -first)),
        "second": math.sqrt(max(0.0, -second)),
        "lead": lead,
        "agreed": float(agreed),
    }
