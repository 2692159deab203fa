"""What a running program keeps in memory: what cameras see now, galleries of faces, turning matrices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from threading import Lock

from sealgate.devices.pace import STEP
from sealgate.domain.cameras import CameraState
from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import GateId, SiteId, TenantId
from sealgate.edge.gate import GateLoop
from sealgate.ports import CameraReport, Clock, Gallery, Pixels, Vector
from sealgate.vision import pictures
from sealgate.vision.matcher import FaissGallery, rotation

DIMENSIONS = 128
NOT_NOW = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Broken:
    """A camera whose loop could not be opened: `trouble` is the code of why."""

    trouble: str


class Views:
    """What the cameras that run here see now, and how they are, by gate and number. Any thread may ask."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loops: dict[tuple[TenantId, GateId, int], GateLoop | Broken] = {}

    def opened(self, tenant: TenantId, gate: GateId, number: int, opens: Callable[[], GateLoop]) -> GateLoop:
        try:
            loop = opens()
        except (Refused, Fault) as trouble:
            self._loops[tenant, gate, number] = Broken(trouble.code)
            raise
        self._loops[tenant, gate, number] = loop
        return loop

    def newest(self, tenant: TenantId, gate: GateId) -> bytes | None:
        """As JPEG, of the gate's first camera."""
        pixels = self.now(tenant, gate, 1)
        return None if pixels is None else pictures.encode_jpeg(pixels)

    def now(self, tenant: TenantId, gate: GateId, number: int) -> Pixels | None:
        """None where no camera runs, or it has stood still for ten seconds: an old picture is not now."""
        loop = self._loops.get((tenant, gate, number))
        frame = loop.newest() if isinstance(loop, GateLoop) else None
        if frame is None or abs(self._clock.now() - frame.at) > NOT_NOW:
            return None
        return frame.pixels

    def report(self, tenant: TenantId, gate: GateId, number: int) -> CameraReport | None:
        loop = self._loops.get((tenant, gate, number))
        if loop is None:
            return None
        if isinstance(loop, Broken):
            return CameraReport(CameraState.FAILED, trouble=loop.trouble)
        health = loop.health()
        if health.camera is None:
            return None
        return CameraReport(
            state=health.camera.state.value,
            frames=health.camera.frames,
            looked=health.looked,
            dropped=health.camera.dropped,
            stale=health.camera.stale,
            reconnects=health.camera.reconnects,
            last_frame_at=health.camera.last_frame_at,
            trouble=health.camera.trouble,
            pace=loop.pace.table(self._clock.now()),
            step=int(STEP.total_seconds()),
            overlooked=loop.overlooked(),
        )


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
