"""The second reader: a network of our own that knows plates and nothing else, trained on drawn ones (training/README.md).

It costs a twentieth of the text reader, so that it can look at every line of a picture, and at each in several ways; and
since it learned from other pictures, it errs elsewhere. Where the two disagree nobody is sure (vision/opinions.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sealgate.domain.platepatterns import ALPHABET
from sealgate.ports import Pixels
from sealgate.vision.ctc import Steps
from sealgate.vision.own import OWN_FOLDER, PLATE_READER
from sealgate.vision.runtime import network

WIDE, HIGH = 128, 32
"""Pixels of what it is shown: the whole plate, whatever its shape."""

AT_ONCE = 32
"""So many pictures go into one run: memory stays bounded in front of a wall of posters."""


class SecondReader:
    """Safe to call from several threads."""

    def __init__(self, *, threads: int = 1) -> None:
        self._network = network(PLATE_READER, folder=OWN_FOLDER, threads=threads)
        known = self._network.metadata["character"].splitlines()
        self._columns = [0, *(1 + ALPHABET.index(char) for char in known)]

    def __call__(self, plates: Sequence[Pixels]) -> list[Steps]:
        """For each straightened plate (H, W, 3) what it says step by step; a character that it never learned is never said."""
        found: list[Steps] = []
        for first in range(0, len(plates), AT_ONCE):
            shown = np.stack([_shown(plate) for plate in plates[first : first + AT_ONCE]])
            said = self._network(shown)[0].astype(np.float64)
            steps = np.zeros((*said.shape[:2], 1 + len(ALPHABET)))
            steps[:, :, self._columns] = said
            found.extend(steps)
        return found


def _shown(plate: Pixels) -> NDArray[np.float32]:
    smaller = plate.shape[0] > HIGH * 1.5
    small = cv2.resize(plate, (WIDE, HIGH), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    return np.asarray(small.transpose(2, 0, 1), np.float32)
