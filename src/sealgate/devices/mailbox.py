"""One slot, the newest wins: late rather than wrong.

A reader that falls behind must not work off yesterday's frames. So what nobody took in time is thrown away and
counted. Any thread may put, any may take; the one lock is held for a few instructions only.
"""

from __future__ import annotations

from threading import Condition
from time import monotonic
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Mailbox(Generic[Thing]):
    """Holds at most one thing, or the failure that ended it. Waits are in seconds of the monotonic clock."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._thing: Thing | None = None
        self._failure: BaseException | None = None
        self._shut = False
        self.overwritten = 0

    def put(self, thing: Thing) -> None:
        with self._changed:
            if self._thing is not None:
                self.overwritten += 1
            self._thing = thing
            self._changed.notify_all()

    def shut(self, failure: BaseException | None = None) -> None:
        """Nothing will follow. What lies in the slot is still handed out, then `failure`, if any. The first call counts."""
        with self._changed:
            if not self._shut:
                self._shut, self._failure = True, failure
            self._changed.notify_all()

    def empty(self) -> None:
        with self._changed:
            self._thing = None

    def take(self, patience: float) -> Thing | None:
        """The newest thing; None when it was shut. Raises the failure it was shut with, `TimeoutError` after `patience`."""
        until = monotonic() + patience
        with self._changed:
            while self._thing is None:
                if self._shut:
                    if self._failure is not None:
                        raise self._failure
                    return None
                if not self._changed.wait(until - monotonic()) and monotonic() >= until and self._thing is None:
                    raise TimeoutError
            thing, self._thing = self._thing, None
            return thing
