"""Putting chunks and pictures into a depot, each once, a few at a time.

A run that broke off is taken up again by running it anew: what it had put is found there and not put twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Semaphore
from types import TracebackType
from typing import Self

from sealgate.backup.depots import Depot
from sealgate.backup.safe import CHUNK_BYTES, Safe, chunk_name

AT_ONCE = 4
ID_BYTES = 32
NAME_BYTES = 16
"""Of a picture in the store."""


class Putting:
    """One run. The thread that began it owns it; `count` and `size` are of what it put.

    With `lock` everything is locked twice that long, and what lay there already is locked again when `renews` says so: so that
    between two renewals nothing that a point names is locked for less than `lock`.
    """

    def __init__(
        self, depot: Depot, safe: Safe, now: datetime, lock: timedelta | None, *, renews: bool, fresh: set[str]
    ) -> None:
        """`fresh` are the objects that the newest point names: their locks are known."""
        self._depot, self._safe = depot, safe
        self.until = now + 2 * lock if lock and depot.locks else None
        self._renews, self._fresh = renews, fresh
        self._there = {kept.name for prefix in ("chunks/", "pictures/") for kept in depot.names(prefix)}
        self._seen: set[str] = set()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="backup")
        self._room = Semaphore(2 * AT_ONCE)
        self._running: list[Future[None]] = []
        self.gone: set[str] = set()
        self.count = self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._threads.shutdown(wait=True, cancel_futures=kind is not None)

    def chunk(self, data: bytes) -> bytes:
        """Its id; it is there once `settle` came back."""
        chunk = self._safe.id_of(data)
        self._object(chunk_name(chunk), lambda: data)
        return chunk

    def picture(self, name: str, read: Callable[[str], bytes | None]) -> None:
        """What `read` answers None for is not put, and stands in `gone`."""

        def given() -> bytes | None:
            data = read(name)
            if data is None:
                self.gone.add(name)
            return data

        self._object(self._safe.picture(name), given)

    def listed(self, parts: Iterable[bytes]) -> tuple[bytes, ...]:
        """Put a long list of equally long parts, cut into chunks; the ids of these."""
        return tuple(self.chunk(piece) for piece in _pieces(parts))

    def settle(self) -> None:
        """Wait until all of it is there. Raises what went wrong."""
        for running in self._running:
            running.result()
        self._running.clear()

    def _object(self, name: str, read: Callable[[], bytes | None]) -> None:
        if name in self._seen:
            return
        self._seen.add(name)
        if name not in self._there:
            self._begin(lambda: self._put(name, read()))
        elif self.until is not None and (self._renews or name not in self._fresh):
            self._begin(lambda until=self.until: self._depot.hold(name, until))  # type: ignore[misc]

    def _begin(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            finally:
                self._room.release()

        self._room.acquire()
        if len(self._running) > 1000:
            self.settle()
        self._running.append(self._threads.submit(run))

    def _put(self, name: str, plain: bytes | None) -> None:
        if plain is None:
            return
        sealed = self._safe.seal(name, plain)
        self._depot.put(name, sealed, self.until)
        self.count += 1
        self.size += len(sealed)


def listed(depot: Depot, safe: Safe, parts: Iterable[bytes], length: int) -> Iterator[bytes]:
    """What `Putting.listed` put: parts of `length` bytes each. Raises `NoSuchObject`."""
    for part in parts:
        piece = safe.chunk(depot, part)
        yield from (piece[at : at + length] for at in range(0, len(piece), length))


def _pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    piece = bytearray()
    for part in parts:
        if len(piece) + len(part) > CHUNK_BYTES:
            yield bytes(piece)
            piece.clear()
        piece += part
    if piece:
        yield bytes(piece)
