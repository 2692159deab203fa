"""What any follower of a database does: somebody commits, our thread puts what was committed, and whoever has to waits for it.

The surprising thing: where the depot does not answer, nobody is kept at a gate. After `patience` the commits go on without the
backup, `standing` says since when, and an alarm is up until it has caught up.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Condition, Event, RLock, Thread
from typing import TYPE_CHECKING

from sealgate.backup import pieces
from sealgate.backup.making import Place, Told, untold
from sealgate.backup.pieces import Piece
from sealgate.domain.errors import Fault
from sealgate.ports import BlobStore, Clock, Sealed
from sealgate.store.blobs import NoSuchBlob

if TYPE_CHECKING:
    from sealgate.backup.points import Point

log = logging.getLogger("sealgate.backup")

BREATH = 0.2
PAUSE = timedelta(seconds=1)


class Pace(StrEnum):
    """`COMMIT`: nothing is acknowledged that is not in the backup. `SECOND`: a second later it is."""

    COMMIT = "commit"
    SECOND = "second"


class State(StrEnum):
    """`STARTING` until a point is whole, `IN_STEP`, or `BEHIND`: the depot does not take what there is."""

    STARTING = "starting"
    IN_STEP = "in-step"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True)
class Standing:
    state: State
    since: datetime
    shipped_at: datetime | None
    pieces: int
    size: int


class Torn(Fault):
    """The database's own log went on without us: somebody emptied it, or it is another server's now. A new point is made."""

    code = "backup.log-torn"


class Shipper(ABC):
    """Any thread may commit, note a picture or ask; putting takes turns. Locks are taken in the order `_shipping`, `_news`."""

    def __init__(self, to: Place, blobs: BlobStore, clock: Clock, *, pace: Pace, patience: timedelta) -> None:
        self._to, self._blobs, self._clock = to, blobs, clock
        self._pace, self._patience = pace, patience.total_seconds()
        self._shipping = RLock()
        self._news = Condition()
        self._committed = self._shipped = 0
        self._pictures: list[str] = []
        self._log, self._seq, self._prev = "", 0, b""
        self._state, self._since = State.STARTING, clock.now()
        self._shipped_at: datetime | None = None
        self._size = 0
        self._over = Event()
        self._wants_point = Event()
        self._thread = Thread(target=self._run, name="backup", daemon=True)

    @abstractmethod
    def point(self, told: Told = untold) -> Point:
        """A point at this moment, and the log goes on behind it. Raises `Unreachable`, `DiskFull`."""

    @abstractmethod
    def empty_log(self) -> bool:
        """As `store.engine.Follower` has it."""

    @abstractmethod
    def _put(self, pictures: list[str]) -> None:
        """Put what was committed until now, and these pictures."""

    @abstractmethod
    def _keep_short(self) -> None:
        """Let the log at hand not grow without end."""

    # --- What the store calls ---

    def committed(self) -> int:
        """Said in the writer's turn, after each commit; what `wait` is to be called with."""
        with self._news:
            self._committed += 1
            self._news.notify_all()
            return self._committed

    def wait(self, commit: int) -> None:
        """Until that commit is in the backup; not at all where the pace is a second's, or we are behind."""
        if self._pace is not Pace.COMMIT:
            return
        until = time.monotonic() + self._patience
        with self._news:
            while self._shipped < commit and self._state is State.IN_STEP and not self._over.is_set():
                if not self._news.wait(until - time.monotonic()):
                    self._fall_behind("the depot took longer than a commit may wait")
                    return

    def noted(self, picture: str) -> None:
        """A picture was put into the store. Said before the commit that names it."""
        with self._news:
            self._pictures.append(picture)

    # --- Our own thread ---

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """After the last commit: what is left is put, if the depot takes it."""
        self._over.set()
        with self._news:
            self._news.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=30)
        self._last()

    def _last(self) -> None:
        """Nobody commits any more: put what is left."""
        self._ship()

    def standing(self) -> Standing:
        with self._news:
            return Standing(self._state, self._since, self._shipped_at, self._seq, self._size)

    @property
    def wants_point(self) -> bool:
        """Nothing stands beneath the log yet."""
        return self._wants_point.is_set()

    def _new_log(self) -> None:
        """A log of its own: the point that is made now is what it lies behind."""
        self._log, self._seq = pieces.new_log(), 0
        self._prev = pieces.first_of(self._log)
        self._wants_point.clear()
        with self._news:
            self._shipped = self._committed
            self._pictures.clear()
            self._enter(State.STARTING)
            self._news.notify_all()

    def _made(self, name: str) -> None:
        """A point is whole, and that log lies behind it."""
        with self._news:
            if self._log == name and self._state is State.STARTING:
                self._enter(State.IN_STEP)

    def _run(self) -> None:
        while not self._over.is_set():
            with self._news:
                if self._shipped >= self._committed:
                    self._news.wait(PAUSE.total_seconds())
            if self._pace is Pace.SECOND:
                self._over.wait(PAUSE.total_seconds())
            if self._log and not self._ship():
                self._over.wait(BREATH)
            try:
                self._keep_short()
            except Fault:
                log.exception("the log at hand was not emptied; trying again")

    def _drop(self, name: str) -> None:
        """A log with nothing beneath it is none."""
        with self._shipping:
            if self._log == name:
                self._log = ""
                self._wants_point.set()

    def _ship(self) -> bool:
        """Put what was committed; False, and behind, where it could not be put."""
        with self._shipping:
            if not self._log:
                return False
            with self._news:
                target = self._committed
                pictures, self._pictures = self._pictures, []
            try:
                self._put(pictures)
            except Fault as error:
                with self._news:
                    self._pictures[:0] = pictures
                    self._fall_behind(f"{error} ({error.code})")
                if isinstance(error, Torn):
                    self._log = ""
                    self._wants_point.set()
                return False
            with self._news:
                self._shipped = max(self._shipped, target)
                if self._state is State.BEHIND:
                    log.warning("the backup has caught up")
                    self._enter(State.IN_STEP)
                self._news.notify_all()
            return True

    def _put_piece(self, now: datetime, size: int, pages: dict[int, bytes], pictures: list[str]) -> None:
        until = now + 2 * self._to.lock if self._to.lock and self._to.depot.locks else None
        kept = tuple(name for name in pictures if self._put_picture(name, until))
        piece = Piece(self._seq + 1, self._prev, now, size, pages, kept)
        self._prev, put = pieces.write(self._to.depot, self._to.safe, self._log, piece, until)
        self._seq, self._shipped_at = piece.seq, now
        self._size += put

    def _put_picture(self, name: str, until: datetime | None) -> bool:
        try:
            plain = self._blobs.get(name)
        except NoSuchBlob:
            return False
        there = self._to.safe.picture(name)
        self._to.depot.put(there, self._to.safe.seal(there, plain), until)
        return True

    def _fall_behind(self, why: str) -> None:
        if self._state is State.IN_STEP:
            log.error("the backup is behind: %s", why)
            self._enter(State.BEHIND)
        self._news.notify_all()

    def _enter(self, state: State) -> None:
        if state is not self._state:
            self._state, self._since = state, self._clock.now()


class FollowedBlobs:
    """A `ports.BlobStore` that tells the follower of each new picture."""

    def __init__(self, inner: BlobStore, follower: Shipper) -> None:
        self._inner, self._follower = inner, follower

    def put(self, name: str, sealed: Sealed) -> None:
        self._inner.put(name, sealed)
        self._follower.noted(name)

    def get(self, name: str) -> Sealed:
        return self._inner.get(name)

    def delete(self, name: str) -> None:
        self._inner.delete(name)

    def names(self) -> Iterator[str]:
        return self._inner.names()
