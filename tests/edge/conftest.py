"""A door with a painted scene: whoever stands there is a square of one colour, and the simulated readers see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from socket import create_server
from threading import Condition
from uuid import UUID

import numpy as np
import pytest

from sealgate.devices.health import CameraHealth
from sealgate.domain.access import Decision, Reason
from sealgate.domain.cameras import CameraState
from sealgate.domain.ids import GateId
from sealgate.domain.sightings import Sighting
from sealgate.ports import Frame, Pixels

NORTH = GateId(UUID(int=1))
EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)

Paint = Callable[..., Pixels]


@pytest.fixture
def paint() -> Paint:
    """A grey hall of 320 by 240 and, where a colour is given, a square of 80 pixels at (x, y)."""

    def painted(colour: tuple[int, int, int] | None = None, *, x: int = 120, y: int = 80, side: int = 80) -> Pixels:
        pixels = np.full((240, 320, 3), 110, np.uint8)
        if colour is not None:
            pixels[y : y + side, x : x + side] = colour
        return pixels

    return painted


class ReelCamera:
    """Shows the frames it was given, five a second by its own clock, and then ends or stays silent."""

    def __init__(self, reel: list[Pixels], *, stays: bool = False, failure: Exception | None = None) -> None:
        self._reel, self._stays, self._failure = reel, stays, failure
        self._changed = Condition()
        self._closed = False
        self.shown = 0

    def frames(self) -> Iterator[Frame]:
        for n, pixels in enumerate(self._reel):
            if self._closed:
                return
            self.shown += 1
            yield Frame(EIGHT + n * timedelta(seconds=0.2), pixels)
        if self._failure is not None:
            raise self._failure
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._stays)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def health(self) -> CameraHealth:
        return CameraHealth(self.shown, 0, 0, None, CameraState.ENDED if self._closed else CameraState.LIVE)


@pytest.fixture
def reel() -> type[ReelCamera]:
    return ReelCamera


@dataclass(frozen=True)
class Answer:
    decision: Decision


@dataclass
class Guard:
    """Stands where `flows.passage.admit` will: lets everybody in, or fails as it was told to, and remembers."""

    sightings: list[Sighting] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    opens: bool = True

    def __call__(self, sighting: Sighting) -> Answer:
        self.sightings.append(sighting)
        if self.failures:
            raise self.failures.pop(0)
        return Answer(Decision(opens=self.opens, reason=Reason.ALLOWED if self.opens else Reason.UNKNOWN))


@pytest.fixture
def guard() -> Guard:
    return Guard()


@pytest.fixture
def north() -> GateId:
    return NORTH


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
def wall_clock() -> WallClock:
    return WallClock()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Somebody who takes every call and says nothing."""
    with create_server(("127.0.0.1", 0), backlog=32) as listening:
        yield int(listening.getsockname()[1])
