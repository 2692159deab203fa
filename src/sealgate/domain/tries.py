"""How often somebody may guess: a sliding window, with the instants as arguments."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from threading import Lock


class Tries:
    """At most `limit` misses for one key in `window`. Remembers at most `keys` keys, the oldest forgotten first.

    Held in memory of one process, so a restart forgives; any thread may call.
    """

    def __init__(self, limit: int, window: timedelta, keys: int = 10_000) -> None:
        self._limit, self._window, self._keys = limit, window, keys
        self._misses: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def wait(self, key: str, now: datetime) -> timedelta:
        """How long until the next try; zero when it may be made now."""
        with self._lock:
            misses = self._recent(key, now)
            if len(misses) < self._limit:
                return timedelta(0)
            return max(misses[0] + self._window - now, timedelta(seconds=1))

    def missed(self, key: str, now: datetime) -> None:
        with self._lock:
            misses = self._recent(key, now)
            misses.append(now)
            self._misses[key] = misses
            self._misses.move_to_end(key)
            if len(self._misses) > self._keys:
                self._misses.popitem(last=False)

    def forgive(self, key: str) -> None:
        with self._lock:
            self._misses.pop(key, None)

    def _recent(self, key: str, now: datetime) -> deque[datetime]:
        misses = self._misses.get(key, deque(maxlen=self._limit))
        while misses and now - misses[0] >= self._window:
            misses.popleft()
        return misses
