"""A site's program: a thread for each gate's loop, watched. A loop that dies is built anew, each time a little later.

One gate's trouble is never another's. What seems permanent (a wrong password, a wrong path) is tried again too, at the
slowest pace: cameras say such things while they start, and somebody may have corrected the camera and not us.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from threading import Event, Lock, Thread
from time import monotonic
from typing import Generic, Protocol, Self, TypeVar

from sealgate.devices.backoff import Backoff
from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import GateId
from sealgate.edge.gate import GateHealth
from sealgate.ports import Unreachable

log = logging.getLogger(__name__)

STOPPING = timedelta(seconds=2)
STEADY = 60.0
"""Seconds that a loop must have run for its next death to count as the first."""


class Loop(Protocol):
    def run(self) -> None: ...
    def stop(self) -> None: ...
    def health(self) -> GateHealth: ...


OpenLoop = Callable[[], Loop]

LoopName = GateId | tuple[GateId, int]
"""A gate, or one more camera of it by its number."""

Name = TypeVar("Name", bound=LoopName)


class LoopState(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Watched:
    """One gate: `trouble` is the code of what ended the loop last, `gate` the health of the loop that runs or ran last."""

    state: LoopState
    restarts: int = 0
    trouble: str | None = None
    gate: GateHealth | None = None


def patient() -> Backoff:
    return Backoff(first=timedelta(seconds=1), longest=timedelta(minutes=1))


class Agent(Generic[Name]):
    """Runs the loops of some gates. Used as a context, it starts and stops them."""

    def __init__(self, gates: Mapping[Name, OpenLoop], *, backoff: Callable[[], Backoff] = patient) -> None:
        self._keepers = {gate: _Keeper(gate, opens, backoff()) for gate, opens in gates.items()}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        for keeper in self._keepers.values():
            keeper.start()

    def stop(self, within: timedelta = STOPPING) -> bool:
        """End all loops. False where one was still busy after that time; its thread dies with the program."""
        until = monotonic() + within.total_seconds()
        for keeper in self._keepers.values():
            keeper.hang_up()
        return all(keeper.gone(until) for keeper in self._keepers.values())

    def wait(self, timeout: timedelta | None = None) -> bool:
        """Until every loop has ended by itself, as those of files do. False when time ran out."""
        until = None if timeout is None else monotonic() + timeout.total_seconds()
        return all(keeper.gone(until) for keeper in self._keepers.values())

    def health(self) -> dict[Name, Watched]:
        return {gate: keeper.health() for gate, keeper in self._keepers.items()}


class _Keeper:
    """Keeps one gate's loop alive. Its thread owns the loop; the lock guards what others may see of it."""

    def __init__(self, gate: LoopName, opens: OpenLoop, backoff: Backoff) -> None:
        self._gate, self._opens, self._backoff = gate, opens, backoff
        self._thread = Thread(target=self._keep, name=f"gate {gate}", daemon=True)
        self._stopping = Event()
        self._lock = Lock()
        self._loop: Loop | None = None
        self._state = LoopState.STARTING
        self._restarts = 0
        self._trouble: str | None = None

    def start(self) -> None:
        self._thread.start()

    def hang_up(self) -> None:
        self._stopping.set()
        with self._lock:
            loop = self._loop
        if loop is not None:
            loop.stop()

    def gone(self, until: float | None) -> bool:
        if self._thread.ident is not None:
            self._thread.join(None if until is None else max(0.0, until - monotonic()))
        return not self._thread.is_alive()

    def health(self) -> Watched:
        with self._lock:
            loop, state, restarts, trouble = self._loop, self._state, self._restarts, self._trouble
        return Watched(state, restarts, trouble, loop.health() if loop else None)

    def _keep(self) -> None:
        while not self._stopping.is_set():
            began = monotonic()
            trouble = self._run()
            if trouble is None or self._stopping.is_set():
                break
            if monotonic() - began > STEADY:
                self._backoff.reset()
            self._wait(trouble)
        with self._lock:
            self._state = LoopState.ENDED

    def _run(self) -> Exception | None:
        """One life of the loop; None when it ended by itself. The one catcher of a gate's thread."""
        try:
            loop = self._opens()
            with self._lock:
                self._loop, self._state = loop, LoopState.RUNNING
            if self._stopping.is_set():  # told between the opening and now
                loop.stop()
            loop.run()
        except (Refused, Fault) as trouble:
            log.warning("gate %s: the loop ended: %s (%s)", self._gate, trouble, trouble.code)
            return trouble
        except Exception as trouble:
            log.exception("gate %s: the loop died", self._gate)
            return trouble
        return None

    def _wait(self, trouble: Exception) -> None:
        permanent = isinstance(trouble, Refused) or (isinstance(trouble, Unreachable) and trouble.permanent)
        with self._lock:
            self._state, self._trouble = LoopState.WAITING, getattr(trouble, "code", Fault.code)
            self._restarts += 1
        wait = self._backoff.longest if permanent else self._backoff.next()
        self._stopping.wait(wait.total_seconds())
