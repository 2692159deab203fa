"""Following a SQLite database: what each commit writes is in the backup a second later, or before the commit is acknowledged.

The program is the only one on its data, so nothing is lost from the log behind our back: it is brought into the database by us
alone, in the writer's turn, once everything in it has been put. What a commit waits for is our thread: many that wait at once
are put together.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sealgate.backup import wal
from sealgate.backup.making import Place, Told, make, untold
from sealgate.backup.pages import steady
from sealgate.backup.shipping import Pace, Shipper, State, Torn
from sealgate.backup.wal import NOWHERE
from sealgate.ports import BlobStore, Clock, Unreachable

if TYPE_CHECKING:
    from sealgate.backup.points import Point

log = logging.getLogger("sealgate.backup")

LONGEST_LOG = 4 << 20
"""Bytes of SQLite's log from which it is brought into the database: what SQLite would do by itself."""
GIVEN_UP = 1 << 30
"""Bytes of it at which we let go of what the depot does not take: the disk at hand must not fill."""


class Follower(Shipper):
    """`turn()` keeps every writer out while it is held; `checkpoint()` brings SQLite's log into the database and cuts
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
        super().__init__(to, blobs, clock, pace=pace, patience=patience)
        self._file, self._turn, self._checkpoint = file, turn, checkpoint
        self._cursor, self._emptied = NOWHERE, NOWHERE
        self._restarts, self._left = 0, False

    def empty_log(self) -> bool:
        """Bring SQLite's log into the database, after what it holds was put. False where that cannot be done just now."""
        with self._turn(), self._shipping:
            if self._log and not self._ship():
                return False
            emptied = self._checkpoint()
            self._emptied = self._cursor
            self._restarts, self._left = (self._restarts + 1, False) if emptied else (self._restarts, True)
            return emptied

    def point(self, told: Told = untold) -> Point:
        """A point at this moment, and the log goes on behind it. Raises `Unreachable`, `DiskFull`."""
        with ExitStack() as stack:
            with self._turn(), self._shipping:
                if self._log and not self._ship() and self._log:
                    raise Unreachable("the backup is behind: what was committed is not taken")
                if not self._log:
                    self._new_log()
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
        self._made(name)
        return made

    def _last(self) -> None:
        with self._turn():
            self._ship()

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

    def _put(self, pictures: list[str]) -> None:
        frames = wal.read(self._file, self._cursor)
        if frames.again:
            self._check_ours(frames.cursor)
        if not frames.size and not pictures:
            self._cursor = frames.cursor
            return
        now = self._clock.now()
        self._put_piece(now, frames.size, frames.pages, pictures)
        self._cursor = frames.cursor

    def _check_ours(self, new: wal.Cursor) -> None:
        """SQLite counts in the salt how often its log was begun anew; we count too. Where we found it in use, it may have been
        begun anew by the next commit. Raises `Torn`."""
        restarts, left = self._restarts, self._left
        self._restarts, self._left = 0, False
        if self._cursor.salts:
            begun = (new.number - self._cursor.number) & 0xFFFFFFFF
            if self._cursor != self._emptied or begun not in {restarts, restarts + left}:
                raise Torn("SQLite's log was begun anew by somebody else")
