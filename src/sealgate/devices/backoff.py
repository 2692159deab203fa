"""How long to wait before trying again: longer each time, and never everybody at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import random


@dataclass(slots=True)
class Backoff:
    """Doubles from `first` to `longest`; each wait is between half and the whole of that, so that a hundred cameras
    that lost one switch do not come back in one moment. `dice` gives 0..1. One thread owns it."""

    first: timedelta = timedelta(seconds=0.5)
    longest: timedelta = timedelta(seconds=30)
    dice: Callable[[], float] = random
    tries: int = 0

    def next(self) -> timedelta:
        whole = min(self.first * (1 << min(self.tries, 20)), self.longest)
        self.tries += 1
        return whole * (0.5 + 0.5 * self.dice())

    def reset(self) -> None:
        self.tries = 0
