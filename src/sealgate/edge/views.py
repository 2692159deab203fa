"""Two cameras that look at one lane: each tells the other what it saw of the car that is there now.

Nobody waits for the other. What is seen first is decided at once; what comes second is decided together with it, and either
knows it for the same car or, where the first look was not enough, for what both of them saw.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from sealgate.domain.sightings import PlateSighting, Sighting
from sealgate.domain.stays_reading import Reading, likelihood

SAME_CAR = timedelta(seconds=5)
"""So far apart two cameras may see one passing car."""


class LaneViews:
    """What each camera of one lane told last. Any thread may call it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: dict[int, PlateSighting] = {}

    def beside(self, view: int, sighting: Sighting) -> PlateSighting | None:
        """Remember this one; what the other camera saw of the same car a moment ago, if it did."""
        if not isinstance(sighting, PlateSighting):
            return None
        with self._lock:
            self._last[view] = sighting
            others = [seen for number, seen in self._last.items() if number != view]
        return next((seen for seen in others if of_one_car(sighting, seen)), None)

    def told_since(self, at: datetime) -> bool:
        """Whether any camera of the lane has told of a car since then, or just before."""
        with self._lock:
            return any(seen.at >= at - SAME_CAR for seen in self._last.values())


def of_one_car(a: PlateSighting, b: PlateSighting) -> bool:
    """Seen at nearly one time, and no more different than misreadings are."""
    return abs(a.at - b.at) <= SAME_CAR and likelihood(Reading(a.text, a.at, a.score), b.text, b.score) > 0
