"""Something that was asked a moment ago and need not be asked again, with the instants as arguments."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """At most `most` answers by key, each for its time. Held in memory of one process; any thread may call."""

    def __init__(self, most: int = 200) -> None:
        self._most = most
        self._kept: OrderedDict[str, tuple[datetime, T]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, now: datetime) -> T | None:
        with self._lock:
            until, value = self._kept.get(key, (now, None))
            return value if now < until else None

    def put(self, key: str, value: T, now: datetime, keep: timedelta) -> None:
        with self._lock:
            self._kept[key] = (now + keep, value)
            self._kept.move_to_end(key)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def forget(self, key: str) -> None:
        with self._lock:
            self._kept.pop(key, None)
