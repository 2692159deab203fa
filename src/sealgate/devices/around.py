"""What moves around a place in a frame, by the cells of the motion gate: is it a poster, or what carries the plate?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sealgate.devices.region import Mask
from sealgate.ports import Box

MOSTLY = 0.7
"""Of a face's cells as they have always been: who walks by hides a part of a poster, and a face differs from the wall."""


@dataclass(frozen=True, slots=True, eq=False)
class MotionAround:
    """`lasting` as `MotionGate` has it; `width` and `height` of the whole frame in pixels, `left` and `top` of the part that is
    looked at. Of a source that is not `live` nothing is fixed: a picture in a file stands for somebody who is there."""

    lasting: Mask | None
    width: int
    height: int
    left: int = 0
    top: int = 0
    live: bool = True

    def fixed(self, box: Box) -> bool:
        """In the first frame everything is: what it shows may always have been there."""
        if not self.live:
            return False
        return self.lasting is None or float(self.lasting[self._cells(box, self.lasting)].mean()) >= MOSTLY

    def carrier(self, box: Box) -> tuple[int, int] | None:
        if self.lasting is None:
            return None
        blob = _grown(~self.lasting, *self._cells(box, self.lasting))
        if not blob.any():
            return None
        down, across = np.flatnonzero(blob.any(1)), np.flatnonzero(blob.any(0))
        high, wide = self.lasting.shape
        if across[0] == 0 or across[-1] == wide - 1:
            return None
        return int(np.ptp(across) + 1) * self.width // wide, int(np.ptp(down) + 1) * self.height // high

    def _cells(self, box: Box, mask: Mask) -> tuple[slice, slice]:
        high, wide = mask.shape
        x, y = (box[0] + self.left) * wide // self.width, (box[1] + self.top) * high // self.height
        right = -(-(box[0] + self.left + box[2]) * wide // self.width)
        below = -(-(box[1] + self.top + box[3]) * high // self.height)
        return slice(min(y, high - 1), max(below, y + 1)), slice(min(x, wide - 1), max(right, x + 1))


def _grown(changed: Mask, rows: slice, columns: slice) -> Mask:
    """All changed cells that hang together with those of a place; gaps of one cell are bridged."""
    near = _wider(changed)
    blob = np.zeros_like(changed)
    blob[rows, columns] = changed[rows, columns]
    while True:
        more = _wider(blob) & near
        if (more == blob).all():
            return blob & changed
        blob = more


def _wider(mask: Mask) -> Mask:
    """Each cell that is or touches one of the mask, also by a corner."""
    high, wide = mask.shape
    edge = np.zeros((high + 2, wide + 2), np.bool_)
    edge[1:-1, 1:-1] = mask
    rows = edge[:-2] | edge[1:-1] | edge[2:]
    return np.asarray(rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:], np.bool_)
