"""Words for places."""

from __future__ import annotations

from enum import StrEnum


class GateKind(StrEnum):
    DOOR = "door"
    TURNSTILE = "turnstile"
    BARRIER = "barrier"
    KIOSK = "kiosk"
