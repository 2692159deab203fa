"""A stream that shows now, or a video file played as if it did.

A reader thread reads as fast as the camera sends. A camera that was heard once heals itself; one that was never heard,
that lies, or that stays away for longer than `patience` raises `Unreachable`, and whoever holds it decides what then.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any

from sealgate.devices import streams
from sealgate.devices.failures import CameraFrozen, CameraLies, CameraStalled, CameraUnreachable
from sealgate.devices.health import CameraHealth, Manner
from sealgate.devices.mailbox import Mailbox
from sealgate.devices.sources import Source
from sealgate.devices.streams import Picture
from sealgate.domain.cameras import CameraState
from sealgate.domain.errors import Fault
from sealgate.ports import Clock, Frame, Unreachable

log = logging.getLogger(__name__)

FRAME_WITHOUT_TIME = 1 / 25
LONGEST_GAP = 1.0
"""Seconds: what a video file may make us wait for its next frame, whatever its time stamps say."""
CLOSING = 1.0
STEADY = 20.0
"""Seconds that a connection must have lived for the next back-off to begin from the start."""


@dataclass(frozen=True, slots=True, eq=False)
class _Taken:
    """A picture, and when it came: by the clock, and in monotonic seconds."""

    at: datetime
    came: float
    picture: Picture


class LiveCamera:
    """A stream. Its own reader thread owns the container and all that is read from it; the thread that iterates
    `frames` takes from the mailbox; `health` and `close` may be called by any."""

    def __init__(self, source: Source, clock: Clock, manner: Manner) -> None:
        self._source, self._clock, self._manner = source, clock, manner
        self._mailbox: Mailbox[_Taken] = Mailbox()
        self._closing = Event()
        self._reader = Thread(target=self._read, name=f"camera {source.shown}", daemon=True)
        self._backoff = manner.waits.backoff()
        self._lock = Lock()
        self._state = CameraState.OPENING
        self._trouble: str | None = None
        self._frames = self._unwanted = self._reconnects = self._stale = 0
        self._shown: Any = None  # the frame handed out last, in the codec's colours, and when it was first seen
        self._fresh_at: float | None = None
        self._heard: tuple[datetime, float] | None = None  # when the last picture came: by the clock, and monotonic

    def __repr__(self) -> str:
        return f"LiveCamera({self._source.shown})"

    def frames(self) -> Generator[Frame, None, None]:
        """May be iterated once. Leaving waits a second at most for the reader: one stuck in a read ends with its time-out."""
        self._reader.start()
        due = monotonic()
        try:
            while not self._closing.wait(max(0.0, due - monotonic())):
                taken = self._take()
                if taken is None:
                    return
                # From when it came, not from now: a camera whose pace is ours would else fall behind by each trembling.
                due = max(due, taken.came) + self._manner.interval
                yield self._handed_out(taken)
        finally:
            self.close()
            self._reader.join(CLOSING)

    def close(self) -> None:
        """Says so and does not wait: who iterates `frames` leaves at once."""
        self._closing.set()
        self._mailbox.empty()
        self._mailbox.shut()
        if self._state is not CameraState.FAILED:
            self._state = CameraState.ENDED

    def health(self) -> CameraHealth:
        with self._lock:
            at, then = self._heard or (None, monotonic())
            state, trouble = self._state, self._trouble
            if state is CameraState.LIVE and monotonic() - then > self._manner.waits.stall_after:
                state = CameraState.STALLED
            elif state is CameraState.LIVE and self._frozen():
                state, trouble = CameraState.FROZEN, CameraFrozen.code
            dropped = self._mailbox.overwritten + self._unwanted
            return CameraHealth(self._frames, dropped, self._reconnects, at, state, trouble, self._stale)

    def _frozen(self) -> bool:
        return self._fresh_at is not None and monotonic() - self._fresh_at > self._manner.waits.frozen_after

    def _take(self) -> _Taken | None:
        try:
            return self._mailbox.take(self._manner.waits.patience)
        except TimeoutError:
            self._trouble, self._state = CameraStalled.code, CameraState.FAILED
            raise CameraStalled(f"{self._source.shown}: no picture for {self._manner.waits.patience:g} seconds") from None

    def _handed_out(self, taken: _Taken) -> Frame:
        """In the codec's colours: those of a screen are made where somebody asks for them.

        Of a stream that shows now the first picture is not fresh: whether it is a still fed in, only the next one tells.
        """
        picture, before = taken.picture.frame, self._shown
        fresh = not self._source.live or (before is not None and not streams.equal(before, picture))
        if fresh or self._fresh_at is None:
            self._fresh_at = monotonic()
        self._shown = picture if self._source.live else None
        self._stale += not fresh
        self._frames += 1
        self._manner.timed(taken.picture.took)
        coloured = partial(streams.pixels_of, picture, self._manner.limits)
        return Frame(taken.at, coloured, grey=streams.grey_of(picture), fresh=fresh, live=self._source.live)

    # From here on, the reader thread.

    def _read(self) -> None:
        """Until closed, ended or failed for good. The one catcher of this thread: what it catches, the taker is told."""
        try:
            while not self._closing.is_set():
                trouble = self._read_once()
                if self._closing.is_set() or (trouble is None and not self._source.loop):
                    return self._mailbox.shut()
                if trouble is not None and not self._healing(trouble):
                    return self._fail(trouble)
        except Exception as error:  # noqa: BLE001 - a bug must end `frames`, not leave it waiting
            self._fail(error)

    def _fail(self, failure: Exception) -> None:
        self._state = CameraState.FAILED
        self._trouble = getattr(failure, "code", Fault.code)
        self._mailbox.shut(failure)

    def _read_once(self) -> Unreachable | None:
        """Read until the stream ends or breaks; a stream that shows now and ends has broken."""
        began = monotonic()
        try:
            with streams.opened(self._source, self._manner.limits, self._manner.waits.stall_after) as container:
                self._listen(container)
        except Unreachable as trouble:
            return trouble
        finally:
            if monotonic() - began > STEADY:
                self._backoff.reset()
        return CameraUnreachable(f"{self._source.shown}: the stream ended") if self._source.live else None

    def _listen(self, container: Any) -> None:
        pace = _Pace()
        limits, stall_after = self._manner.limits, self._manner.waits.stall_after
        for picture in streams.pictures(container, self._source, limits, stall_after, self._wanted, self._left_out):
            if not self._source.live:
                self._closing.wait(pace.wait(picture.seconds))
            if self._closing.is_set():
                return
            taken = _Taken(self._clock.now(), monotonic(), picture)
            with self._lock:
                self._heard, self._state = (taken.at, taken.came), CameraState.LIVE
            self._mailbox.put(taken)

    def _wanted(self) -> bool:
        """Whether a picture is worth decoding that came so soon after the last. A camera that floods costs no more than
        one that keeps our pace; six tenths leave room for one whose own pace is ours and trembles."""
        early = self._heard is not None and monotonic() - self._heard[1] < 0.6 * self._manner.interval
        return not (early and self._source.live)  # a file is played at its own pace, however fast it is read

    def _left_out(self) -> None:
        self._unwanted += 1

    def _healing(self, trouble: Unreachable) -> bool:
        """Wait and say True where another try may help."""
        if trouble.permanent or not self._source.live or self._heard is None or isinstance(trouble, CameraLies):
            return False
        with self._lock:
            self._state, self._trouble = CameraState.RECONNECTING, trouble.code
            self._reconnects += 1
        log.warning("camera lost, trying again: %s (%s)", trouble, trouble.code)
        self._closing.wait(self._backoff.next().total_seconds())
        return True


class _Pace:
    """A file is played as a camera would have sent it: by its own time stamps."""

    def __init__(self) -> None:
        self._began: tuple[float, float] | None = None
        self._last = 0.0

    def wait(self, seconds: float | None) -> float:
        """How long to wait before the frame that lies at `seconds` in the file."""
        place = self._last + FRAME_WITHOUT_TIME if seconds is None else seconds
        self._last = place
        if self._began is None:
            self._began = (monotonic(), place)
        wait = self._began[0] + place - self._began[1] - monotonic()
        if not -LONGEST_GAP < wait < LONGEST_GAP:  # the stamps jump, or we could not keep up: go on from here
            self._began = (monotonic(), place)
        return min(max(wait, 0.0), LONGEST_GAP)
