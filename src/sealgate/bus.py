"""The bus inside one process: who listens right now is told; nobody who speaks ever waits.

Each listener has a queue of its own and a thread that empties it. One that is too slow loses its oldest messages and
is told how many, as `{"bus.lost": n}`, before the next. That is harmless, for a fact is never on the bus alone.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, Lock, Thread, current_thread
from typing import Any

log = logging.getLogger(__name__)

LOST = "bus.lost"
QUEUE = 256
LEAVING = 1.0

Message = dict[str, Any]


class LocalBus:
    """A `ports.Bus`. Any thread may publish and subscribe; `heard` is called on the listener's own thread, in order."""

    def __init__(self, *, queue: int = QUEUE) -> None:
        if queue < 1:
            raise ValueError("a queue holds at least one message")
        self._queue = queue
        self._lock = Lock()
        self._listeners: dict[str, tuple[_Listener, ...]] = {}

    def publish(self, topic: str, message: Message) -> None:
        """Each listener gets a copy of its own (of the dictionary, not of what is in it)."""
        with self._lock:
            listeners = self._listeners.get(topic, ())
        for listener in listeners:
            listener.offer(dict(message))

    @contextmanager
    def subscribe(self, topic: str, heard: Callable[[Message], None]) -> Iterator[None]:
        """Listens until the block is left; what is still queued then is not delivered. An exception of `heard` is logged."""
        listener = _Listener(topic, heard, self._queue)
        with self._lock:
            self._listeners[topic] = (*self._listeners.get(topic, ()), listener)
        listener.start()
        try:
            yield
        finally:
            with self._lock:
                left = tuple(other for other in self._listeners[topic] if other is not listener)
                if left:
                    self._listeners[topic] = left
                else:
                    del self._listeners[topic]
            listener.stop()


class _Listener:
    """A bounded queue and the thread that owns its far end."""

    def __init__(self, topic: str, heard: Callable[[Message], None], queue: int) -> None:
        self._topic, self._heard = topic, heard
        self._waiting: deque[Message] = deque(maxlen=queue)
        self._lost = 0
        self._stopped = False
        self._changed = Condition()
        self._thread = Thread(target=self._deliver, name=f"bus {topic}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def offer(self, message: Message) -> None:
        with self._changed:
            self._lost += len(self._waiting) == self._waiting.maxlen
            self._waiting.append(message)
            self._changed.notify()

    def stop(self) -> None:
        """Waits at most a second for a `heard` that is still busy, and not for itself when called from within it."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread is not current_thread():
            self._thread.join(LEAVING)

    def _deliver(self) -> None:
        while (message := self._next()) is not None:
            try:
                self._heard(message)
            except Exception:
                log.exception("a listener to %r failed", self._topic)

    def _next(self) -> Message | None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._waiting or self._lost)
            if self._stopped:
                return None
            if self._lost:
                lost, self._lost = self._lost, 0
                return {LOST: lost}
            return self._waiting.popleft()
