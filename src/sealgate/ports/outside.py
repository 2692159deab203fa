"""A question to a server outside whose address somebody typed into the console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OutsideAnswer:
    status: int
    body: bytes


class Outside(Protocol):
    """Any thread may ask. Bounded in time and bytes; only https, or http on this very machine; no redirect is followed."""

    def __call__(self, method: str, address: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> OutsideAnswer:
        """Raises `Unreachable` where nobody answers so."""
        ...
