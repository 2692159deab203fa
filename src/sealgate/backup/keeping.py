"""The backups of a running program: points at their hours, what the rule does not keep any more, and how all of it stands."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Protocol

from sealgate.backup import checking, points, pruning
from sealgate.backup.checking import Verified
from sealgate.backup.making import Place, Told, untold
from sealgate.backup.points import Point
from sealgate.backup.pruning import Keep
from sealgate.backup.shipping import Pace, Standing, State
from sealgate.domain.errors import Conflict, Fault, Refused
from sealgate.domain.ids import TenantId
from sealgate.ports import Clock

log = logging.getLogger("sealgate.backup")
LOOK = 1.0
"""Seconds between looks whether a point is due."""
AGAIN = timedelta(seconds=30)
"""After one that could not be made."""


class Verifying(Conflict):
    """The backups are being read back already."""

    code = "backup.verifying"


class Source(Protocol):
    """What is backed up: it makes points, and goes on with a log behind the last."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def point(self, told: Told = untold) -> Point: ...
    def standing(self) -> Standing: ...

    @property
    def wants_point(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """How often a point is made, which are kept, how old the last may become before an alarm is up, and the log's pace."""

    every: timedelta = timedelta(hours=24)
    keep: Keep = field(default_factory=Keep)
    alarm: timedelta = timedelta(hours=26)
    pace: Pace = Pace.SECOND


@dataclass(frozen=True, slots=True)
class Look:
    """How backups stand now. `points` are the newest first; `trouble` is the code of what went wrong last, empty where nothing
    did; `late` says that the last point is older than it may be."""

    address: str
    locks: bool
    pace: Pace
    standing: Standing
    points: tuple[Point, ...]
    age: timedelta | None
    late: bool
    trouble: str
    verifying: bool
    verified: Verified | None
    verified_at: datetime | None

    @property
    def alarm(self) -> bool:
        return self.late or self.standing.state is State.BEHIND


class Backups:
    """Any thread may ask; one of its own makes points."""

    def __init__(self, to: Place, source: Source, rules: Rules, clock: Clock) -> None:
        self._to, self._source, self._rules, self._clock = to, source, rules, clock
        self._points: tuple[Point, ...] = ()
        self._made_at: datetime | None = None
        self._not_before: datetime | None = None
        self._began = clock.now()
        self._trouble = ""
        self._locks = False
        self._making = Lock()
        self._verifying = Lock()
        self._verified: tuple[Verified, datetime] | None = None
        self._started, self._over = Event(), Event()
        self._thread = Thread(target=self._run, name="backups", daemon=True)

    def start(self, _how: str = "") -> None:
        """With a commit's pace a point is whole before anything is acknowledged, unless the depot does not answer. Once."""
        if self._started.is_set():
            return
        self._started.set()
        if self._rules.pace is Pace.COMMIT:
            self._make_due()
        self._source.start()
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._started.is_set():
            self._thread.join(timeout=60)
            self._source.stop()

    def make_now(self, told: Told = untold) -> Point:
        """Raises `Unreachable`, `DiskFull`."""
        with self._making:
            made = self._source.point(told)
            self._made_at = self._clock.now()
            self._read_points()
            self._trouble = ""
        return made

    def verify_soon(self) -> None:
        """In a thread of its own; `look` tells the result. Raises `Verifying`."""
        if not self._verifying.acquire(blocking=False):
            raise Verifying("the backups are being read already")
        Thread(target=self._verify, name="backup-verify", daemon=True).start()

    def look(self) -> Look:
        now = self._clock.now()
        known = self._points
        age = now - known[0].at if known else None
        late = (now - self._began if age is None else age) > self._rules.alarm
        verified, verified_at = self._verified or (None, None)
        return Look(
            self._to.depot.address,
            self._locks,
            self._rules.pace,
            self._source.standing(),
            known,
            age,
            late,
            self._trouble,
            self._verifying.locked(),
            verified,
            verified_at,
        )

    def of(self, tenant: TenantId) -> Sequence[Point]:
        """The backups that hold something of that organisation, newest first."""
        return [point for point in self._points if any(head == tenant for head, _ in point.heads) or not point.heads]

    def _run(self) -> None:
        while not self._over.wait(LOOK):
            now = self._clock.now()
            if self._not_before is not None and now < self._not_before:
                continue
            if self._source.wants_point or self._made_at is None or now - self._made_at >= self._rules.every:
                self._make_due()
            elif self.look().late:
                log.error("the last backup is older than %s", self._rules.alarm)
                self._not_before = now + timedelta(hours=1)

    def _make_due(self) -> None:
        try:
            self._read_points()
            self.make_now()
            pruned = pruning.prune(self._to, self._rules.keep, self._clock.now())
            if pruned.points:
                self._read_points()
            self._not_before = None
        except (Fault, Refused) as error:
            log.exception("no backup was made; trying again")
            self._trouble = error.code
            self._not_before = self._clock.now() + AGAIN

    def _read_points(self) -> None:
        self._points = tuple(points.points(self._to.depot, self._to.safe))
        self._locks = self._to.depot.locks

    def _verify(self) -> None:
        try:
            self._verified = checking.verify(self._to), self._clock.now()
        except (Fault, Refused) as error:
            log.exception("the backups were not read back")
            self._verified = Verified(lost=[f"{error} ({error.code})"]), self._clock.now()
        finally:
            self._verifying.release()
