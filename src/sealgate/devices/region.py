"""The part of a picture that a camera is to look at: cut out, and grey where it is not meant.

What surprises: a cut-out is smaller, so a detector that shrinks its picture sees a plate in it larger. What lies outside
the corners but inside their box is painted over, for a text at the edge would be read as well as one in the middle.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sealgate.domain.cameras import WHOLE, Region, box_in
from sealgate.ports import Pixels

GREY = 114

Mask = NDArray[np.bool_]


@lru_cache(maxsize=256)
def mask_of(region: Region, height: int, width: int) -> Mask:
    """(height, width), True inside; even-odd, by the middles of the pixels. Everything without a region."""
    if not region:
        return np.ones((height, width), np.bool_)
    across = (np.arange(width) + 0.5) * WHOLE / width
    down = (np.arange(height) + 0.5) * WHOLE / height
    inside = np.zeros((height, width), np.bool_)
    for (ax, ay), (bx, by) in pairwise((*region, region[0])):
        if ay == by:
            continue
        rows = (down > min(ay, by)) & (down <= max(ay, by))
        crossed = ax + (down[rows] - ay) * (bx - ax) / (by - ay)
        inside[rows] ^= across[None, :] < crossed[:, None]
    return inside


def cut_to(region: Region, pixels: Pixels) -> Pixels:
    """A copy of what lies inside, grey around it; the pixels themselves without a region."""
    if not region:
        return pixels
    height, width = pixels.shape[:2]
    x, y, wide, high = box_in(region, width, height)
    part = pixels[y : y + high, x : x + wide].copy()
    part[~mask_of(region, height, width)[y : y + high, x : x + wide]] = GREY
    return part
