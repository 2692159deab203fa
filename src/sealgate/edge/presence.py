"""Does a car stand before the bar? Told by what differs from the empty lane, whether its plate can be read or not.

Two things come of it. A car that stands there and of which neither camera nor reader has told anything is one without a
legible plate: the desk is called, as the driver would by the button. And one that is still there long after the bar rose
has stayed under it, or has come to a halt: that is counted and shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import numpy as np

from sealgate.devices.region import Mask
from sealgate.domain.cameras import Overlooked

UNREAD_AFTER = timedelta(seconds=15)
"""Time to take a ticket, to hold a card or to be read at a second look."""

STAYED_AFTER = timedelta(seconds=30)
"""After the bar rose; it stays up for a minute at most, and usually for five seconds."""

GONE_AFTER = timedelta(seconds=2)

CAR_AREA, CAR_WIDTH = 0.05, 0.2
"""Of the picture, at least; and no higher than wide, as people are."""


class Presence:
    """One lane as one camera sees it. `unread` is called once for each car of which nothing was told; it says whether that is
    so. The thread of the gate's loop owns it."""

    def __init__(self, unread: Callable[[datetime], bool]) -> None:
        self._unread = unread
        self._counts: Counter[Overlooked] = Counter()
        self._since: datetime | None = None
        self._seen_at: datetime | None = None
        self._opened_at: datetime | None = None
        self._named = False

    @property
    def counts(self) -> Mapping[str, int]:
        """Any thread may ask."""
        return {why.value: times for why, times in self._counts.copy().items()}

    def told(self, at: datetime, *, opened: bool) -> None:
        """Its plate was read, and a decision taken or tried."""
        self._named = True
        self._opened_at = at if opened else self._opened_at

    def see(self, at: datetime, lasting: Mask | None) -> None:
        """With each frame: `lasting` as `MotionGate` has it."""
        if lasting is not None and is_car(~lasting):
            self._since, self._seen_at = self._since or at, at
        elif self._seen_at is not None and abs(at - self._seen_at) > GONE_AFTER:
            self._leave()
        if self._since is None:
            return
        if not self._named and abs(at - self._since) >= UNREAD_AFTER:
            self._named = True  # once, whatever comes of it
            self._counts[Overlooked.NO_PLATE] += self._unread(self._since)
        if self._opened_at is not None and abs(at - self._opened_at) >= STAYED_AFTER:
            self._opened_at = None
            self._counts[Overlooked.STAYED] += 1

    def _leave(self) -> None:
        self._since = self._seen_at = self._opened_at = None
        self._named = False


def is_car(changed: Mask) -> bool:
    """Whether what differs from the empty lane is as large and as wide as a car."""
    high, wide = changed.shape
    if np.count_nonzero(changed) < CAR_AREA * high * wide:
        return False
    down, across = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    width, height = int(np.ptp(across)) + 1, int(np.ptp(down)) + 1
    return width >= CAR_WIDTH * wide and width >= height
