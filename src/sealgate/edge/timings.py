"""How long each stage of a gate takes, kept in a few hundred integers however long it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from math import ceil, log
from threading import Lock
from time import perf_counter

FIRST = 2e-5
GROWTH = 1.07
BUCKETS = 220
"""From 20 microseconds to about a minute; a quantile is exact to 7 %."""


class Stage(StrEnum):
    """`total`: from a decoded frame to the committed decision, only for frames that led to one."""

    DECODE = "decode"
    MOTION = "motion"
    FIND = "find"
    EMBED = "embed"
    TRACK = "track"
    DECIDE = "decide"
    TOTAL = "total"


class Timings:
    """A histogram for each stage. Any thread may add and ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts = {stage: [0] * BUCKETS for stage in Stage}

    def add(self, stage: Stage, seconds: float) -> None:
        bucket = 0 if seconds <= FIRST else min(ceil(log(seconds / FIRST) / log(GROWTH)), BUCKETS - 1)
        with self._lock:
            self._counts[stage][bucket] += 1

    @contextmanager
    def of(self, stage: Stage) -> Iterator[None]:
        began = perf_counter()
        try:
            yield
        finally:
            self.add(stage, perf_counter() - began)

    def count(self, stage: Stage) -> int:
        with self._lock:
            return sum(self._counts[stage])

    def quantile(self, stage: Stage, share: float) -> float | None:
        """Seconds within which that share (0..1) of the stage's runs were done, at most 7 % too high; None: it never ran."""
        with self._lock:
            counts = list(self._counts[stage])
        wanted = max(1, ceil(share * sum(counts)))
        seen = 0
        for bucket, count in enumerate(counts):
            seen += count
            if seen >= wanted:
                return FIRST * float(GROWTH**bucket)
        return None

    def table(self) -> dict[str, dict[str, float | int]]:
        """`{"find": {"n", "ms_p50", "ms_p95"}}` of the stages that ran."""
        rows: dict[str, dict[str, float | int]] = {}
        for stage in Stage:
            half, most = self.quantile(stage, 0.5), self.quantile(stage, 0.95)
            if half is not None and most is not None:
                rows[stage.value] = {"n": self.count(stage), "ms_p50": round(half * 1e3, 2), "ms_p95": round(most * 1e3, 2)}
        return rows
