"""One gate's loop: look when something moves, follow what is seen, and let `admit_at` decide.

The loop knows no face and no plate: an `Eye` turns frames into sightings. And it outlives a decision that could not be
taken: with a locked database or a sealed vault the gate stays shut, the trouble is told, and the next frame is looked at.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event, Lock
from time import perf_counter
from typing import Protocol

from sealgate.devices.health import CameraHealth
from sealgate.devices.motion import MotionGate
from sealgate.devices.pace import PaceRecord
from sealgate.domain.access import Decision, Reason
from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import GateId
from sealgate.domain.sightings import CodeSighting, Sighting
from sealgate.edge.aiming import Aim
from sealgate.edge.presence import Presence
from sealgate.edge.timings import Stage, Timings
from sealgate.ports import Frame

log = logging.getLogger(__name__)

LINGER = timedelta(seconds=2)

BEGIN_ANEW = timedelta(seconds=4)
"""After so long an eye that was asked for it begins anew."""

MAY_CHANGE = frozenset({Reason.UNKNOWN, Reason.AMBIGUOUS, Reason.UNSURE, Reason.NOT_LIVE, Reason.STALE})
"""A better look may decide otherwise."""

WAITS = frozenset({Reason.UNPAID, Reason.DESK_ASKED, Reason.FULL, Reason.NO_PERMIT, Reason.BANNED})
"""A car stays before the bar with these: it is looked at again although nothing moves, for the world may have changed."""


class Eye(Protocol):
    """Follows what is before one camera. One thread owns it."""

    @property
    def overlooked(self) -> Mapping[str, int]:
        """What was seen and not told of, by why. Any thread may ask."""
        ...

    def see(self, frame: Frame) -> Sequence[Sighting]:
        """What has become a sighting with this frame; often nothing."""
        ...

    def rest(self, at: datetime) -> Sequence[Sighting]:
        """The source has ended: what was seen too seldom to become a sighting so far."""
        ...

    def again(self, at: datetime) -> None:
        """What was told could not be recognised or decided: tell it once more if it is still there in a while."""
        ...


class HealthyCamera(Protocol):
    """A `ports.Camera` that also says how it is."""

    def frames(self) -> Iterator[Frame]: ...
    def close(self) -> None: ...
    def health(self) -> CameraHealth: ...


class CodeReader(Protocol):
    """A reader of cards, QR texts or PINs."""

    def sightings(self) -> Iterator[CodeSighting]:
        """Until `close` is called. Raises `Unreachable`."""
        ...

    def close(self) -> None: ...


class Admitted(Protocol):
    """What became of a sighting; `flows.at_gate.Answer` is one."""

    @property
    def decision(self) -> Decision: ...


Admit = Callable[[Sighting], Admitted]


@dataclass(frozen=True, slots=True)
class GateHealth:
    """`looked` are frames with motion, `opened` and `refused` decisions, `undecided` sightings for which none could be
    taken; `trouble` is the code of the last such failure, None again after a decision. `camera` is None at a card reader."""

    frames: int = 0
    looked: int = 0
    opened: int = 0
    refused: int = 0
    undecided: int = 0
    decided_at: datetime | None = None
    trouble: str | None = None
    camera: CameraHealth | None = None


class Desk:
    """Where one gate's sightings are decided and counted. The loop's thread decides; any thread may ask for the health."""

    def __init__(self, gate: GateId, admit: Admit, timings: Timings) -> None:
        self._gate, self._admit, self._timings = gate, admit, timings
        self._lock = Lock()
        self._health = GateHealth()

    def decide(self, sighting: Sighting) -> Decision | None:
        """The decision that was committed; None where none could be taken."""
        try:
            with self._timings.of(Stage.DECIDE):
                decision = self._admit(sighting).decision
        except (Refused, Fault) as trouble:
            log.exception("gate %s: no decision (%s)", self._gate, trouble.code)
            self._count(undecided=1, trouble=trouble.code)
            return None
        self._count(opened=int(decision.opens), refused=int(not decision.opens), decided_at=sighting.at)
        return decision

    def seen(self, *, looked: bool) -> None:
        with self._lock:
            self._health = replace(self._health, frames=self._health.frames + 1, looked=self._health.looked + looked)

    def health(self, camera: CameraHealth | None = None) -> GateHealth:
        with self._lock:
            return replace(self._health, camera=camera)

    def _count(
        self,
        *,
        opened: int = 0,
        refused: int = 0,
        undecided: int = 0,
        decided_at: datetime | None = None,
        trouble: str | None = None,
    ) -> None:
        with self._lock:
            was = self._health
            self._health = replace(
                was,
                opened=was.opened + opened,
                refused=was.refused + refused,
                undecided=was.undecided + undecided,
                decided_at=decided_at or was.decided_at,
                trouble=trouble,
            )


class GateLoop:
    """A gate with a camera. The thread that calls `run` owns the eyes and the motion gate; the others any may call.

    A picture equal to the one before to the last pixel is not looked at: it shows nothing new, and a camera that hangs, or a
    still that somebody feeds in, must not vote again and again.

    At a lane `presence` tells of a car that stands there and cannot be read.

    After the last motion it goes on looking for `linger`: somebody who has just come to a stand is who we wait for. A car that
    waits (`WAITS`) is looked at every `BEGIN_ANEW` until it is gone: it becomes part of the scene, and is still there.
    """

    def __init__(
        self,
        gate: GateId,
        camera: HealthyCamera,
        eyes: Sequence[Eye],
        admit: Admit,
        *,
        timings: Timings | None = None,
        motion: MotionGate | None = None,
        aim: Aim | None = None,
        presence: Presence | None = None,
        linger: timedelta = LINGER,
    ) -> None:
        self._camera, self._eyes, self._linger = camera, eyes, linger
        self._timings = timings or Timings()
        self._aim, self._presence = aim or Aim(motion=motion), presence
        self.pace = PaceRecord()
        self._desk = Desk(gate, admit, self._timings)
        self._moved_at: datetime | None = None
        self._waits_since: datetime | None = None
        self._newest: Frame | None = None
        self._stopping = Event()

    def run(self) -> None:
        """Until the source ends or `stop` is called. Raises what the camera and the eyes raise."""
        with closing(self._camera):
            frame = None
            for frame in self._camera.frames():
                self.look(frame)
            if frame is not None and not self._stopping.is_set():
                self._decide_rest(frame.at)

    def stop(self) -> None:
        self._stopping.set()
        self._camera.close()

    def health(self) -> GateHealth:
        return self._desk.health(self._camera.health())

    def overlooked(self) -> dict[str, int]:
        """What the eyes saw and did not tell of, by why."""
        counts: Counter[str] = Counter(self._presence.counts if self._presence else {})
        for eye in self._eyes:
            counts.update(eye.overlooked)
        return dict(counts)

    def newest(self) -> Frame | None:
        """What the camera saw last, for whoever handles a call at this gate."""
        return self._newest

    def look(self, frame: Frame) -> None:
        self._newest = frame
        self.pace.beat(frame.at)
        began = perf_counter()
        self._aim.renew(frame.at)
        worth_it = frame.fresh and self._worth_looking(frame)
        self._desk.seen(looked=worth_it)
        if self._presence is not None and frame.fresh:
            self._presence.see(frame.at, self._aim.motion.lasting)
        if not worth_it:
            return
        decided, meant = False, self._aim.cut(frame)
        for eye in self._eyes:
            for sighting in eye.see(meant):
                decision = self._desk.decide(sighting)
                decided = decided or decision is not None
                if self._presence is not None:
                    self._presence.told(frame.at, opened=decision is not None and decision.opens)
                if decision is None or decision.reason in MAY_CHANGE | WAITS:
                    eye.again(frame.at)
                self._waits_since = frame.at if decision is None or decision.reason in WAITS else None
        if decided:
            self._timings.add(Stage.TOTAL, perf_counter() - began)

    def _decide_rest(self, at: datetime) -> None:
        for eye in self._eyes:
            for sighting in eye.rest(at):
                self._desk.decide(sighting)

    def _worth_looking(self, frame: Frame) -> bool:
        with self._timings.of(Stage.MOTION):
            if self._aim.motion.moved(frame.pixels if frame.grey is None else frame.grey):
                self._moved_at = frame.at
        # abs: a clock that was set back must not keep us looking until it has caught up
        if self._moved_at is not None and abs(frame.at - self._moved_at) <= self._linger:
            return True
        return self._waits_since is not None and self._still_waits(frame.at, self._waits_since)

    def _still_waits(self, at: datetime, since: datetime) -> bool:
        """When it is time for another look at the car that waits. One that is not told of then is gone."""
        waited = abs(at - since)
        if waited > BEGIN_ANEW + self._linger:
            self._waits_since = None
        return waited >= BEGIN_ANEW


class CodeLoop:
    """A gate with a card reader, a QR scanner or a keypad."""

    def __init__(self, gate: GateId, reader: CodeReader, admit: Admit, *, timings: Timings | None = None) -> None:
        self._reader = reader
        self._desk = Desk(gate, admit, timings or Timings())

    def run(self) -> None:
        with closing(self._reader):
            for sighting in self._reader.sightings():
                self._desk.decide(sighting)

    def stop(self) -> None:
        self._reader.close()

    def health(self) -> GateHealth:
        return self._desk.health()
