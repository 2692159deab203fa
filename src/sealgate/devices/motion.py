"""Does anything move? Asked of every frame, so that an empty corridor costs next to nothing.

The picture is looked at through about 80 by 45 cells, each the mean of sixteen grey or green values, and compared with a slow
average of what was there. That the whole picture turns brighter or darker (a cloud, the camera's own exposure) is no motion.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sealgate.devices.region import Mask, mask_of
from sealgate.domain.cameras import Keenness, Region
from sealgate.ports import Pixels

CELLS_ACROSS = 80
SAMPLES = 4
"""Each cell is sampled 4 by 4: noise of 10 grey levels becomes 2.5."""

BY_KEENNESS = {Keenness.CALM: (20.0, 16), Keenness.USUAL: (12.0, 6), Keenness.KEEN: (7.0, 3)}
"""Grey levels that make a cell changed, and changed cells that make motion."""


LEARNT, LEARNT_WHERE_CHANGED = 0.002, 0.0004
"""Of each frame, into what lasts: at five a second minutes, and the better part of an hour for what stands before it."""


class MotionGate:
    """One camera's memory of the empty scene. The thread that reads the camera owns it.

    `min_change` in grey levels (0..255) makes a cell changed, `min_cells` changed cells make motion: a face of 60 pixels
    in 1280x720 covers 14. `forget` is the share of each new frame in the average: who stands still fades in 1/forget frames.
    Only what lies in the `region` counts. `lasting` are the cells of the last frame that are as they have been for minutes, or
    since the beginning.
    """

    def __init__(self, *, min_change: float = 12.0, min_cells: int = 6, forget: float = 0.05, region: Region = ()) -> None:
        self._min_change, self._min_cells, self._forget, self._region = min_change, min_cells, forget, region
        self._scene: NDArray[np.float32] | None = None
        self._lasting: NDArray[np.float32] | None = None
        self.lasting: Mask | None = None

    def moved(self, pixels: Pixels) -> bool:
        """True also for the first frame, and for the first after a change of size: nothing is known yet.

        `pixels` are in colour or (height, width) in grey; a change from one to the other may look like motion once.
        """
        cells = _cells(pixels)
        if self._scene is None or self._scene.shape != cells.shape:
            self._scene, self._lasting, self.lasting = cells, cells.copy(), None
            return True
        change = cells - self._scene
        change -= _median(change)
        self._remember(cells)
        self._scene += self._forget * (cells - self._scene)
        changed = np.abs(change) > self._min_change
        if self._region:
            changed &= mask_of(self._region, *cells.shape)
        return int(np.count_nonzero(changed)) >= self._min_cells

    def _remember(self, cells: NDArray[np.float32]) -> None:
        """What has been there for minutes. Whoever stands before it hardly gets into it: what differs is learnt more slowly."""
        assert self._lasting is not None
        change = cells - self._lasting
        change -= _median(change)
        self.lasting = np.abs(change) <= self._min_change
        self._lasting += np.where(self.lasting, LEARNT, LEARNT_WHERE_CHANGED).astype(np.float32) * (cells - self._lasting)

    @classmethod
    def of(cls, keenness: Keenness, region: Region = ()) -> MotionGate:
        min_change, min_cells = BY_KEENNESS[keenness]
        return cls(min_change=min_change, min_cells=min_cells, region=region)


def _median(change: NDArray[np.float32]) -> np.float32:
    """That of all cells, also outside of a region: a lamp that goes on there is not what brightens the picture."""
    middle: np.float32 = np.partition(change, change.size // 2, axis=None)[change.size // 2]  # a tenth of np.median's price
    return middle


def _cells(pixels: Pixels) -> NDArray[np.float32]:
    step = max(1, pixels.shape[1] // (CELLS_ACROSS * SAMPLES))
    grey = (pixels[::step, ::step] if pixels.ndim == 2 else pixels[::step, ::step, 1]).astype(np.uint16)
    if min(grey.shape) < SAMPLES:
        return grey.astype(np.float32)
    high, wide = (side - side % SAMPLES for side in grey.shape)
    rows = sum(grey[n:high:SAMPLES] for n in range(1, SAMPLES)) + grey[:high:SAMPLES]
    cells = sum(rows[:, n:wide:SAMPLES] for n in range(1, SAMPLES)) + rows[:, :wide:SAMPLES]
    return np.asarray(cells, np.float32) / np.float32(SAMPLES * SAMPLES)
