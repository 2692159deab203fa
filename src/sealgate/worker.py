"""The clockwork: a thread that publishes the outbox, so that whoever listens hears of a fact soon after its commit; and rounds,
things done again and again, such as asking payment providers after lost notices.

A fact is published at least once: a crash between publishing and marking repeats it, and listeners look the fact up by its id.
The thread owns nothing but its own cursor; `wake` may be called by any thread. Each round has a thread of its own, for one that
waits on a network must not hold up the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread

from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import TenantId
from sealgate.ports import Bus, Clock
from sealgate.store import outbox
from sealgate.store.engine import Store

log = logging.getLogger("sealgate.worker")

PAUSE = 0.5
"""Seconds between looks when nobody wakes us: another process may have written."""

BATCH = 500


@dataclass(frozen=True, slots=True)
class Round:
    """`work` is done `every` so often, the first time that long after the start. What it raises of ours is logged.
    While the clockwork is to `rest` only those that come `always` are done."""

    name: str
    every: timedelta
    work: Callable[[], object]
    always: bool = False


class Clockwork:
    def __init__(self, store: Store, bus: Bus, clock: Clock, *, rests: Callable[[], bool] = lambda: False) -> None:
        """`rests` tells whether there is nothing that a round could do, as while the vault is sealed."""
        self._store, self._bus, self._clock, self._rests = store, bus, clock, rests
        self._woken = Event()
        self._over = False
        self._publishes = True
        self._ended = Event()
        self._thread = Thread(target=self._run, name="clockwork", daemon=True)
        self._rounds: list[Thread] = []

    def start(self, *, publishes: bool = True) -> None:
        """`publishes` False does the rounds and leaves the outbox alone."""
        self._publishes = publishes
        if publishes:
            self._thread.start()
        for thread in self._rounds:
            thread.start()

    def go_round(self, turn: Round) -> None:
        """Before `start`."""
        self._rounds.append(Thread(target=self._turn, args=(turn,), name=f"round-{turn.name}", daemon=True))

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        self._over = True
        self._woken.set()
        self._ended.set()
        for thread in (*((self._thread,) if self._publishes else ()), *self._rounds):
            thread.join(timeout=5)

    def for_every_tenant(self, work: Callable[[TenantId], object]) -> Callable[[], None]:
        """That work for each organisation; trouble with one is logged and does not keep the others from theirs."""

        def done() -> None:
            for tenant in self._store.tenants():
                if not self._over:
                    _guarded(work, tenant.tenant)

        return done

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
            self._publish(self.publish_all)

    def _turn(self, turn: Round) -> None:
        while not self._ended.wait(turn.every.total_seconds()):
            if self._rests() and not turn.always:
                continue
            try:
                turn.work()
            except (Fault, Refused):
                log.exception("round %s broke off; it comes again", turn.name)

    def _publish(self, work: Callable[[], int]) -> None:
        """A lost database must not end the clockwork: it says so and tries again."""
        try:
            while not self._over and work() >= BATCH:
                pass
        except Fault:
            log.exception("outbox not published; trying again")


def _guarded(work: Callable[[TenantId], object], tenant: TenantId) -> None:
    try:
        work(tenant)
    except (Fault, Refused):
        log.exception("a round broke off for one organisation; it comes again")
