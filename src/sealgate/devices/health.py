"""How a camera is, and in what manner its frames are taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sealgate.devices.backoff import Backoff
from sealgate.devices.streams import Limits
from sealgate.domain.cameras import CameraState


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """`frames` were handed out; `dropped` came when nobody wanted one, or were refused; `stale` of those handed out were equal
    to the one before to the last pixel; `trouble` is the code of the last failure, which may be over."""

    frames: int
    dropped: int
    reconnects: int
    last_frame_at: datetime | None
    state: CameraState
    trouble: str | None = None
    stale: int = 0


@dataclass(frozen=True, slots=True)
class Waits:
    """In seconds. `stall_after`: a connected camera without a picture. `patience`: one that stays away. `frozen_after`: one
    that sends the same picture again and again."""

    stall_after: float = 5.0
    patience: float = 60.0
    frozen_after: float = 10.0
    backoff: Callable[[], Backoff] = Backoff


def untimed(_seconds: float) -> None:
    """Nobody asked what decoding cost."""


@dataclass(frozen=True, slots=True)
class Manner:
    """`fps` bounds how often frames are handed out; None: as they come. `timed` is told the seconds of each decoding."""

    fps: float | None = 5.0
    limits: Limits = field(default_factory=Limits)
    waits: Waits = field(default_factory=Waits)
    timed: Callable[[float], None] = untimed

    def __post_init__(self) -> None:
        if self.fps is not None and not 0 < self.fps <= 1000:
            raise ValueError("fps is more than 0 and at most 1000")

    @property
    def interval(self) -> float:
        """Seconds between two frames, at least."""
        return 1 / self.fps if self.fps else 0.0
