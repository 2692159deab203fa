"""What opens."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from sealgate.domain.ids import GateId


class LatchAnswer(StrEnum):
    """What the controller said. Accepted is not open: only a position input or a passage says that."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


class Latch(Protocol):
    def release(self, gate: GateId, open_for: timedelta) -> LatchAnswer: ...
