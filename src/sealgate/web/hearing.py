"""Listening to the bus from a page's stream: whatever thread publishes, the event loop hears it, and never too much of it.

The surprising thing: a listener that was too slow is not given what it missed. It is told that it missed something, and its
page loads anew: what a page shows follows from the store, never from what was heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Any, Self

from sealgate.domain.ids import TenantId
from sealgate.ports import Bus

BEAT = 10.0
"""Seconds without a word after which a comment is sent: proxies keep the line, and an ended session is noticed."""

WAITING = 200
LOST = "lost"
Heard = tuple[str, dict[str, Any]]


class Ears:
    """One open stream of one organisation. Its queue belongs to the event loop; the bus's threads only knock at it."""

    def __init__(self, bus: Bus, tenant: TenantId, topics: Sequence[str]) -> None:
        self._bus, self._tenant, self._topics = bus, str(tenant), topics
        self._loop = asyncio.get_running_loop()
        self._news: asyncio.Queue[Heard] = asyncio.Queue(WAITING)
        self._subscribed = ExitStack()

    def __enter__(self) -> Self:
        for topic in self._topics:
            self._subscribed.enter_context(self._bus.subscribe(topic, partial(self._knock, topic)))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._subscribed.close()

    async def heard(self) -> list[Heard]:
        """What has come since; empty after a beat of silence. `LOST` for a topic says that something was missed."""
        try:
            news = [await asyncio.wait_for(self._news.get(), BEAT)]
        except TimeoutError:
            return []
        while not self._news.empty():
            news.append(self._news.get_nowait())
        return news

    def _knock(self, topic: str, message: dict[str, Any]) -> None:
        if "bus.lost" in message:
            self._loop.call_soon_threadsafe(self._put, (LOST, {}))
        elif message.get("tenant") == self._tenant:
            self._loop.call_soon_threadsafe(self._put, (topic, message))

    def _put(self, news: Heard) -> None:
        if self._news.full():
            self._news.get_nowait()
            news = (LOST, {})
        self._news.put_nowait(news)
