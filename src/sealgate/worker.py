"""The clockwork: a thread that publishes the outbox, so that whoever listens hears of a fact soon after its commit.

A fact is published at least once: a crash between publishing and marking repeats it, and listeners look the fact up by its id.
The thread owns nothing but its own cursor; `wake` may be called by any thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread

from sealgate.domain.errors import Fault
from sealgate.domain.ids import TenantId
from sealgate.ports import Bus, Clock
from sealgate.store import outbox
from sealgate.store.engine import Store

log = logging.getLogger("sealgate.worker")

PAUSE = 0.5
"""Seconds between looks when nobody wakes us: another process may have written."""

BATCH = 500


class Clockwork:
    def __init__(self, store: Store, bus: Bus, clock: Clock) -> None:
        self._store, self._bus, self._clock = store, bus, clock
        self._woken = Event()
        self._over = False
        self._thread = Thread(target=self._run, name="clockwork", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        self._over = True
        self._woken.set()
        self._thread.join(timeout=5)

    def publish_all(self) -> int:
        """Publish what waits, for every tenant; how many facts."""
        return sum(self._drain(tenant.tenant) for tenant in self._store.tenants())

    def _drain(self, tenant: TenantId) -> int:
        with self._store.read(tenant) as db:
            facts = outbox.waiting(db, BATCH)
        for fact in facts:
            self._bus.publish(fact.topic, {"tenant": str(tenant), **fact.payload})
        if facts:
            outbox.mark_published(self._store, tenant, [fact.fact for fact in facts], self._clock.now())
        return len(facts)

    def _run(self) -> None:
        while not self._over:
            self._woken.wait(PAUSE)
            self._woken.clear()
            self._guarded(self.publish_all)

    def _guarded(self, work: Callable[[], int]) -> None:
        """A lost database must not end the clockwork: it says so and tries again."""
        try:
            while not self._over and work() >= BATCH:
                pass
        except Fault:
            log.exception("outbox not published; trying again")
