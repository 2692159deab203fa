"""What a running program keeps in memory: what cameras see now, galleries of faces, turning matrices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from threading import Lock

from sealgate.domain.ids import GateId, SiteId, TenantId
from sealgate.edge.gate import GateLoop
from sealgate.ports import Clock, Gallery, Vector
from sealgate.vision import pictures
from sealgate.vision.matcher import FaissGallery, rotation

DIMENSIONS = 128
NOT_NOW = timedelta(seconds=10)


class Views:
    """What the cameras that run here see now, by gate, for whoever handles a call there. Any thread may ask."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loops: dict[tuple[TenantId, GateId], GateLoop] = {}

    def opened(self, tenant: TenantId, gate: GateId, opens: Callable[[], GateLoop]) -> GateLoop:
        loop = opens()
        self._loops[tenant, gate] = loop
        return loop

    def newest(self, tenant: TenantId, gate: GateId) -> bytes | None:
        """As JPEG; None where no camera runs, or it has stood still for ten seconds: an old picture is not now."""
        loop = self._loops.get((tenant, gate))
        frame = loop.newest() if loop else None
        if frame is None or abs(self._clock.now() - frame.at) > NOT_NOW:
            return None
        return pictures.encode_jpeg(frame.pixels)


class SiteGalleries:
    """One gallery for each site, made when first asked for. Any thread may ask."""

    def __init__(self) -> None:
        self._galleries: dict[tuple[TenantId, SiteId], Gallery] = {}
        self._lock = Lock()

    def of(self, tenant: TenantId, site: SiteId) -> Gallery:
        with self._lock:
            if (tenant, site) not in self._galleries:
                self._galleries[tenant, site] = FaissGallery(DIMENSIONS)
            return self._galleries[tenant, site]


class Turner:
    """Turns a vector by the matrix of a seed, and back; remembers the matrices of the last sites (64 KB each)."""

    def __init__(self) -> None:
        self._matrix = lru_cache(maxsize=256)(rotation)

    def __call__(self, seed: bytes, vector: Vector) -> Vector:
        turned: Vector = self._matrix(seed, len(vector)) @ vector
        return turned

    def back(self, seed: bytes, vector: Vector) -> Vector:
        turned: Vector = self._matrix(seed, len(vector)).T @ vector
        return turned
