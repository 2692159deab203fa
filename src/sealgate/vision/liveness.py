"""Is a face alive? Thin and honest: one still tells nothing, and most of what a camera sees tells nothing either.

Two cues are taken from several looks at one face. Frames that are equal to the last pixel are no camera's: every sensor
has noise, so that is a picture fed in, and the only ground on which life is denied. And a head that turns moves its nose
against eyes and mouth as no flat picture does when it is turned: that speaks for life. A bent photograph or a screen
that shows a film passes; there are no figures on real attacks (docs/models.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import cv2
import numpy as np

from sealgate.ports import FoundFace, Pixels, Vector

IDENTICAL = 3
"""So many equal frames in a row are a replay. A slow camera's grabber may deliver one frame twice, not three times."""

TURNED = 0.08
"""By how much of the distance of the eyes the nose leaves its place on the flat face; landmarks jitter by 0.02."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """`landmarks` are (5, 2), in pixels; `thumb`, the face at 24 x 24, tells frames apart."""

    landmarks: Vector
    thumb: Pixels


def look_at(pixels: Pixels, face: FoundFace) -> Look:
    x, y, width, height = face.box
    cut = pixels[y : y + height, x : x + width]
    return Look(face.landmarks, cast("Pixels", cv2.resize(cut, (24, 24), interpolation=cv2.INTER_AREA)))


def life(looks: Sequence[Look]) -> float | None:
    """0 where it is a replay, above 0.5 where a head was seen to turn (1 is a clear turn), None where nothing can be told."""
    if replayed(looks):
        return 0.0
    turn = max((nose_shift(a.landmarks, b.landmarks) for a in looks[:1] for b in looks[1:]), default=0.0)
    return min(1.0, 0.5 * turn / TURNED) if turn >= TURNED else None


def replayed(looks: Sequence[Look]) -> bool:
    """Whether so many looks in a row are equal to the last pixel."""
    run = 1
    for before, now in pairwise(looks):
        run = run + 1 if np.array_equal(before.thumb, now.thumb) else 1
        if run >= IDENTICAL:
            return True
    return False


def nose_shift(before: Vector, now: Vector) -> float:
    """How far the nose is from where a flat face would have it, in distances of the eyes.

    A flat picture, however it is held, carries eyes, nose and mouth corners by one affine map (as far as perspective is
    weak): the map is taken from eyes and mouth, and the nose is compared with it.
    """
    corners = [0, 1, 3, 4]
    known = np.column_stack([before[corners], np.ones(4)])
    carried, *_ = np.linalg.lstsq(known, now[corners].astype(np.float64), rcond=None)
    expected = np.append(before[2], 1.0) @ carried
    eyes = float(np.linalg.norm(now[1] - now[0]))
    return float(np.linalg.norm(now[2] - expected)) / max(eyes, 1.0)
