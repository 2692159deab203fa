"""What a plate looks like: the word for `.plate data-kind` on the screens (cn-blue, cn-green, eu, plain...).

A mainland plate's text tells more than its colour: white and black ones say by a last character what they are. Only
blue and yellow are told apart by looking.
"""

from __future__ import annotations

import cv2
import numpy as np

from sealgate.domain.platepatterns import EUROPE
from sealgate.ports import Pixels
from sealgate.vision.ctc import Reading

KINDS = ("cn-blue", "cn-green", "cn-yellow", "cn-white", "cn-black", "eu", "plain")

NEUTRAL = 128
"""OpenCV's zero of a and b."""

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
    if pattern.name == "armed police":
        return "cn-white"
    if reading.text[-1] in _BY_TAIL:
        return _BY_TAIL[reading.text[-1]]
    if pattern.name.startswith("new energy"):
        return "cn-green"
    return "cn-yellow" if plate is not None and is_warm(plate) else "cn-blue"


def is_warm(plate: Pixels) -> bool:
    """Yellow ground and not blue. By the middle of CIE Lab's b, for a washed out or dim blue has hardly any hue left."""
    lab = cv2.cvtColor(plate, cv2.COLOR_BGR2LAB)
    return float(np.median(lab[:, :, 2])) - NEUTRAL > 3
