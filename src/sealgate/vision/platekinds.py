"""What a plate looks like: the word for `.plate data-kind` on the screens (cn-blue, cn-green, eu, plain...).

A mainland plate's text tells more than its colour where it tells anything; lamps and dusk make yellow of white.
"""

from __future__ import annotations

import cv2
import numpy as np

from sealgate.domain.platepatterns import EUROPE
from sealgate.ports import Pixels
from sealgate.vision.ctc import Reading

KINDS = ("cn-blue", "cn-green", "cn-yellow", "cn-white", "cn-black", "eu", "plain")

_BY_TAIL = {
    "警": "cn-white",
    "学": "cn-yellow",
    "挂": "cn-yellow",
    "领": "cn-black",
    "使": "cn-black",
    "港": "cn-black",
    "澳": "cn-black",
}


def kind_of(reading: Reading, plate: Pixels | None) -> str:
    """One of KINDS. `plate` is the straightened picture of it; without one the usual colour is taken."""
    pattern = reading.pattern
    if pattern.country in EUROPE and pattern.usual:
        return "eu"
    if pattern.country != "cn":
        return "plain"
    if reading.text[-1] in _BY_TAIL:
        return _BY_TAIL[reading.text[-1]]
    if pattern.name.startswith("new energy"):
        return "cn-green"
    return "cn-blue" if plate is None else colour_of(plate)


def colour_of(plate: Pixels) -> str:
    """By the hue that most of the coloured pixels have; where few are coloured, by whether dark or bright prevails."""
    hue, saturation, value = cv2.split(cv2.cvtColor(plate, cv2.COLOR_BGR2HSV))
    coloured = (saturation > 80) & (value > 40)
    if coloured.mean() > 0.25:
        typical = float(np.median(hue[coloured]))
        return "cn-yellow" if 10 <= typical < 38 else "cn-blue"
    dark, bright = (float(np.percentile(value, share)) for share in (5, 95))
    return "cn-white" if float(np.median(value)) > (dark + bright) / 2 else "cn-black"
