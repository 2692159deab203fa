"""Does anything move? Asked of every frame, so that an empty corridor costs next to nothing.

The picture is looked at through about 80 by 45 cells, each the mean of sixteen green values, and compared with a slow
average of what was there. That the whole picture turns brighter or darker (a cloud, the camera's own exposure) is no motion.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sealgate.ports import Pixels

CELLS_ACROSS = 80
SAMPLES = 4
"""Each cell is sampled 4 by 4: noise of 10 grey levels becomes 2.5."""


class MotionGate:
    """One camera's memory of the empty scene. The thread that reads the camera owns it.

    `min_change` in grey levels (0..255) makes a cell changed, `min_cells` changed cells make motion: a face of 60 pixels
    in 1280x720 covers 14. `forget` is the share of each new frame in the average: who stands still fades in 1/forget frames.
    """

    def __init__(self, *, min_change: float = 12.0, min_cells: int = 6, forget: float = 0.05) -> None:
        self._min_change, self._min_cells, self._forget = min_change, min_cells, forget
        self._scene: NDArray[np.float32] | None = None

    def moved(self, pixels: Pixels) -> bool:
        """True also for the first frame, and for the first after a change of size: nothing is known yet."""
        cells = _cells(pixels)
        if self._scene is None or self._scene.shape != cells.shape:
            self._scene = cells
            return True
        change = cells - self._scene
        change -= np.partition(change, change.size // 2, axis=None)[change.size // 2]  # the median, at a tenth of its price
        self._scene += self._forget * (cells - self._scene)
        return int(np.count_nonzero(np.abs(change) > self._min_change)) >= self._min_cells


def _cells(pixels: Pixels) -> NDArray[np.float32]:
    step = max(1, pixels.shape[1] // (CELLS_ACROSS * SAMPLES))
    green = pixels[::step, ::step, 1].astype(np.uint16)
    if min(green.shape) < SAMPLES:
        return green.astype(np.float32)
    high, wide = (side - side % SAMPLES for side in green.shape)
    rows = sum(green[n:high:SAMPLES] for n in range(1, SAMPLES)) + green[:high:SAMPLES]
    cells = sum(rows[:, n:wide:SAMPLES] for n in range(1, SAMPLES)) + rows[:, :wide:SAMPLES]
    return np.asarray(cells, np.float32) / np.float32(SAMPLES * SAMPLES)
