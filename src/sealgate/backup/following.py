"""Following a SQLite database: what each commit writes is in the backup a second later, or before the commit is acknowledged.

The program is the only one on its data, so nothing is lost from the log behind our back: it is brought into the database by us
alone, in the writer's turn, once everything in it has been put. What a commit waits for is our thread: many that wait at once
are put together.

The surprising thing: where the depot does not answer, nobody is kept at a gate. After `patience` the commits go on without the
backup, `standing` says since when, and an alarm is up until it has caught up.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from threading import Condition, Event, RLock, Thread
from typing import TYPE_CHECKING

from sealgate.backup import pieces, wal
from sealgate.backup.making import Place, Told, make, untold
from sealgate.backup.pages import steady
from sealgate.backup.pieces import Piece
from sealgate.backup.wal import NOWHERE
from sealgate.domain.errors import Fault
from sealgate.ports import BlobStore, Clock, Sealed, Unreachable
from sealgate.store.blobs import NoSuchBlob

if TYPE_CHECKING:
    from sealgate.backup.points import Point

log = logging.getLogger("sealgate.backup")

LONGEST_LOG = 4 << 20
"""Bytes of SQLite's log from which it is brought into the database: what SQLite would do by itself."""
GIVEN_UP = 1 << 30
"""Bytes of it at which we let go of what the depot does not take: the disk at hand must not fill."""
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
    """SQLite's log went on without us: another program wrote to the database, or emptied the log. A new point is made."""

    code = "backup.log-torn"


class Follower:
    """Any thread may commit, note a picture or ask; `ship` takes turns.

    `turn()` keeps every writer out while it is held; `checkpoint()` brings SQLite's log into the database and cuts
    it, False where somebody reads just now. Locks are taken in the order turn, `_shipping`, `_news`.
    """

    def __init__(
        self,
        to: Place,
        file: Path,
        blobs: BlobStore,
        clock: Clock,
        turn: Callable[[], AbstractContextManager[object]],
        checkpoint: Callable[[], bool],
        *,
        pace: Pace,
        patience: timedelta,
    ) -> None:
        self._to, self._file, self._blobs, self._clock, self._turn = to, file, blobs, clock, turn
        self._checkpoint = checkpoint
        self._pace, self._patience = pace, patience.total_seconds()
        self._shipping = RLock()
        self._news = Condition()
        self._committed = self._shipped = 0
        self._pictures: list[str] = []
        self._cursor, self._emptied = NOWHERE, NOWHERE
        self._restarts, self._left = 0, False
        self._log, self._seq, self._prev = "", 0, b""
        self._state, self._since = State.STARTING, clock.now()
        self._shipped_at: datetime | None = None
        self._size = 0
        self._over = Event()
        self._wants_point = Event()
        self._thread = Thread(target=self._run, name="backup", daemon=True)

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

    def empty_log(self) -> bool:
        """Bring SQLite's log into the database, after what it holds was put. False where that cannot be done just now."""
        with self._turn(), self._shipping:
            if self._log and not self._ship():
                return False
            emptied = self._checkpoint()
            self._emptied = self._cursor
            self._restarts, self._left = (self._restarts + 1, False) if emptied else (self._restarts, True)
            return emptied

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
        with self._turn():
            self._ship()

    def point(self, told: Told = untold) -> Point:
        """A point at this moment, and the log goes on behind it. Raises `Unreachable`, `DiskFull`."""
        with ExitStack() as stack:
            with self._turn(), self._shipping:
                if self._log and not self._ship() and self._log:
                    raise Unreachable("the backup is behind: what was committed is not taken")
                if not self._log:
                    self._begin()
                name, seq = self._log, self._seq
                pages, heads = stack.enter_context(steady(self._file))
                if pages.cursor != self._cursor:
                    self._cursor, self._restarts, self._left = pages.cursor, 0, False
                at = self._clock.now()
            try:
                made = make(self._to, pages, heads, self._blobs, at, log=name, seq=seq, told=told)
            except BaseException:
                if seq == 0:
                    self._drop(name)
                raise
        with self._news:
            if self._log == name and self._state is State.STARTING:
                self._enter(State.IN_STEP)
        return made

    def standing(self) -> Standing:
        with self._news:
            return Standing(self._state, self._since, self._shipped_at, self._seq, self._size)

    @property
    def wants_point(self) -> bool:
        """Nothing stands beneath the log yet."""
        return self._wants_point.is_set()

    def _begin(self) -> None:
        """A log of its own: the point that is made in this same turn is what it lies behind."""
        self._log, self._seq = pieces.new_log(), 0
        self._prev = pieces.first_of(self._log)
        self._wants_point.clear()
        with self._news:
            self._shipped = self._committed
            self._pictures.clear()
            self._enter(State.STARTING)
            self._news.notify_all()

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
                log.exception("SQLite's log was not emptied; trying again")

    def _drop(self, name: str) -> None:
        """A log with nothing beneath it is none."""
        with self._shipping:
            if self._log == name:
                self._log = ""
                self._wants_point.set()

    def _keep_short(self) -> None:
        if self._cursor.offset > LONGEST_LOG and self._cursor != self._emptied:
            self.empty_log()
        elif self._state is State.BEHIND and wal.length(self._file) > GIVEN_UP:
            self._let_go("SQLite's log has grown too long")

    def _let_go(self, why: str) -> None:
        log.error("the backup begins anew: %s", why)
        with self._turn(), self._shipping:
            self._log = ""
            self._wants_point.set()
            self._checkpoint()

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

    def _put(self, pictures: list[str]) -> None:
        frames = wal.read(self._file, self._cursor)
        if frames.again:
            self._check_ours(frames.cursor)
        if not frames.size and not pictures:
            self._cursor = frames.cursor
            return
        now = self._clock.now()
        until = now + 2 * self._to.lock if self._to.lock and self._to.depot.locks else None
        kept = tuple(name for name in pictures if self._put_picture(name, until))
        piece = Piece(self._seq + 1, self._prev, now, frames.size, frames.pages, kept)
        self._prev, size = pieces.write(self._to.depot, self._to.safe, self._log, piece, until)
        self._seq, self._cursor, self._shipped_at = piece.seq, frames.cursor, now
        self._size += size

    def _check_ours(self, new: wal.Cursor) -> None:
        """SQLite counts in the salt how often its log was begun anew; we count too. Where we found it in use, it may have been
        begun anew by the next commit. Raises `Torn`."""
        restarts, left = self._restarts, self._left
        self._restarts, self._left = 0, False
        if self._cursor.salts:
            begun = (new.number - self._cursor.number) & 0xFFFFFFFF
            if self._cursor != self._emptied or begun not in {restarts, restarts + left}:
                raise Torn("SQLite's log was begun anew by somebody else")

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

    def __init__(self, inner: BlobStore, follower: Follower) -> None:
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
