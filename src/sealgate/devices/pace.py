"""How many frames came, minute by minute: what a page draws of a camera. A few integers, however long it runs."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

STEP = timedelta(seconds=20)
STEPS = 30
"""Ten minutes in all."""


class PaceRecord:
    """Counts by the instants of the frames. The thread that reads the camera owns it; `table` may be asked by any, and may
    miss the frame that is just being counted."""

    def __init__(self) -> None:
        self._counts: deque[tuple[int, int]] = deque(maxlen=STEPS + 1)

    def beat(self, at: datetime) -> None:
        step = int(at.timestamp() // STEP.total_seconds())
        if self._counts and self._counts[-1][0] == step:
            self._counts[-1] = (step, self._counts[-1][1] + 1)
        else:
            self._counts.append((step, 1))

    def table(self, now: datetime) -> tuple[float, ...]:
        """Frames a second in each whole step of the last ten minutes, the newest last; none before the first frame."""
        counts = dict(tuple(self._counts))
        if not counts:
            return ()
        last = int(now.timestamp() // STEP.total_seconds())
        first = max(min(counts), last - STEPS)
        return tuple(round(counts.get(step, 0) / STEP.total_seconds(), 2) for step in range(first, last))
