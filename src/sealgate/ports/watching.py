"""How the cameras that run here are, and what they see now, for the pages that set them up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sealgate.domain.ids import GateId, TenantId
from sealgate.ports.seeing import Pixels


@dataclass(frozen=True, slots=True)
class CameraReport:
    """`state` is a word of `devices.health.CameraState`; `trouble` the code of the last failure, which may be over.

    `pace` are frames a second, the newest last, each over `step` seconds; `stale` counts pictures equal to the one before to
    the last pixel, `looked` frames in which something moved, `overlooked` what was seen and not told of, by its reason.
    """

    state: str
    frames: int = 0
    looked: int = 0
    dropped: int = 0
    stale: int = 0
    reconnects: int = 0
    last_frame_at: datetime | None = None
    trouble: str | None = None
    pace: tuple[float, ...] = ()
    step: int = 20
    overlooked: Mapping[str, int] = field(default_factory=dict)


class Cameras(Protocol):
    """By gate and number, from 1. Any thread may ask."""

    def now(self, tenant: TenantId, gate: GateId, number: int) -> Pixels | None:
        """What the camera sees; None where it does not run here, or has stood still for ten seconds."""
        ...

    def report(self, tenant: TenantId, gate: GateId, number: int) -> CameraReport | None:
        """None where no such camera runs here."""
        ...


class NoCameras:
    """A program in which none run."""

    def now(self, _tenant: TenantId, _gate: GateId, _number: int) -> Pixels | None:
        return None

    def report(self, _tenant: TenantId, _gate: GateId, _number: int) -> CameraReport | None:
        return None
