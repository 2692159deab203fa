"""What every socket shares: sealed bytes, tokens, the clock, and a device that did not answer."""

from __future__ import annotations

from datetime import datetime
from typing import NewType, Protocol

from sealgate.domain.errors import Fault

Sealed = NewType("Sealed", bytes)
"""Bytes that only the vault opens (docs/format.md). The store takes personal values in no other form."""

Token = NewType("Token", bytes)
"""16 bytes that stand for a value in an equality search."""


class Unreachable(Fault):
    code = "port.unreachable"

    def __init__(self, message: str = "", *, permanent: bool = False, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.permanent = permanent


class Clock(Protocol):
    def now(self) -> datetime:
        """An aware instant in UTC."""
        ...
