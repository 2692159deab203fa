"""Following a PostgreSQL database: what each commit wrote is received by `pg_receivewal`, sealed and put, a second later or
before the commit is acknowledged.

The pieces of the log are as those of SQLite: pages by their number, here of the server's log and not of the database. A commit
waits for the depot, not for PostgreSQL's own synchronous standby: that knows no patience, and a gate would stand still with it.

The surprising thing: the server keeps its log for us as long as our slot is there. It goes when we stop; a program that was
killed leaves it, and the next start takes it away.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from sealgate.backup.making import Place, Told, untold
from sealgate.backup.postgres.making import Heads, make
from sealgate.backup.postgres.receiving import PAGE, Receiver
from sealgate.backup.postgres.server import Asking, Shape
from sealgate.backup.shipping import Pace, Shipper, State, Torn
from sealgate.domain.errors import Fault
from sealgate.ports import BlobStore, Clock, Unreachable

if TYPE_CHECKING:
    from sealgate.backup.points import Point

log = logging.getLogger("sealgate.backup")

RECEIVING = 10.0
"""Seconds in which what the server has flushed must have been received."""
LOOKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
"""Seconds between two looks whether it has."""
TOGETHER = 8 << 20
"""Bytes of the log in one piece at most."""
GIVEN_UP = 1 << 30
"""Bytes that were received and not taken at which we let go: the disk at hand must not fill."""


class PostgresFollower(Shipper):
    """`url` is of a role that may receive the log; `folder` is ours alone; `heads` tells how far each journal is."""

    def __init__(
        self,
        to: Place,
        url: str,
        folder: Path,
        blobs: BlobStore,
        clock: Clock,
        heads: Callable[[], Heads],
        *,
        pace: Pace,
        patience: timedelta,
    ) -> None:
        super().__init__(to, blobs, clock, pace=pace, patience=patience)
        self._url, self._heads = url, heads
        self._server, self._receiver = Asking(url), Receiver(url, folder)
        self._shape = Shape(0, 0)
        self._put_to = 0
        self._segment_seq = 0

    def empty_log(self) -> bool:
        return True

    def point(self, told: Told = untold) -> Point:
        """A point at this moment, and the log goes on behind it. Raises `Unreachable`, `DiskFull`, and what stands in the way:
        `NoTools`, `NoReplicationRight`, `NoLogSent`, `LogTaken`, `ToolFailed`."""
        with self._shipping:
            if not self._log:
                self._begin()
            name, seq = self._log, self._segment_seq
        try:
            made = make(
                self._to,
                self._url,
                self._heads(),
                self._blobs,
                self._clock,
                self._shape,
                log=name,
                seq=seq,
                ended=lambda: self._ended(name),
                told=told,
            )
        except BaseException:
            if seq == 0:
                self._drop(name)
            raise
        self._made(name)
        return made

    def _begin(self) -> None:
        self._server.check()
        self._server.hold()
        self._receiver.stop()
        self._shape = self._server.shape()
        start = self._server.new_slot()
        self._put_to = start // self._shape.segment * self._shape.segment
        self._segment_seq = 0
        self._receiver.begin(self._server.slot)
        self._new_log()

    def _ended(self, name: str) -> None:
        """Everything that the base needs of the log is put. Raises `Unreachable`."""
        if not self._ship() or self._log != name:
            raise Unreachable("the backup is behind: what was committed is not taken")

    def _last(self) -> None:
        with suppress(Fault):
            super()._last()
        self._let_server_go()
        self._server.close()

    def _keep_short(self) -> None:
        if self._state is State.BEHIND and self._receiver.size() > GIVEN_UP:
            log.error("the backup begins anew: what was received has grown too much")
            with self._shipping:
                self._log = ""
                self._wants_point.set()
                self._let_server_go()

    def _let_server_go(self) -> None:
        """The server need keep nothing for us any more."""
        self._receiver.away()
        if self._server.slot:
            try:
                self._server.drop_slot()
            except (Fault, psycopg.Error):
                log.exception("the server keeps its log for us still: drop the slot %s", self._server.slot)

    def _put(self, pictures: list[str]) -> None:
        self._receiver.go_on(self._server.slot)
        end = max(self._received(), self._put_to)
        while end - self._put_to > TOGETHER:
            self._put_up_to(self._put_to + TOGETHER, [])
        if end > self._put_to or pictures:
            self._put_up_to(end, pictures)
        self._receiver.forget(end, self._shape)

    def _put_up_to(self, end: int, pictures: list[str]) -> None:
        """What came since, from the start of the page that was not full before."""
        pages = self._receiver.pages(self._put_to // PAGE * PAGE, end, self._shape) if end > self._put_to else {}
        self._put_piece(self._clock.now(), end, pages, pictures)
        if end // self._shape.segment != self._put_to // self._shape.segment:
            self._segment_seq = self._seq - 1
        self._put_to = end

    def _received(self) -> int:
        """How far it was received: not less than the server had flushed when we were called. Raises `Unreachable`, `Torn`."""
        reached = self._server.reached()
        goal, until, looks = reached.flushed, time.monotonic() + RECEIVING, 0
        while reached.received < goal:
            if time.monotonic() > until:
                raise Unreachable("the server's log is not received")
            self._receiver.go_on(self._server.slot)
            time.sleep(LOOKS[min(looks, len(LOOKS) - 1)])
            looks += 1
            reached = self._server.reached()
        if reached.timeline != self._shape.timeline:
            raise Torn("the server's log is another one now")
        return reached.received
