"""The words by which rows are sorted, beside those of the domain: stored, counted and translated as they stand here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from sealgate.domain.places import GateKind

__all__ = ["Actor", "ActorKind", "GateKind", "ImportState", "Standing"]

ActorKind = Literal["operator", "gate", "system", "person"]


class Standing(StrEnum):
    """How a person stands at an instant: the first that holds of suspended, coming, ended; else current."""

    CURRENT = "current"
    SUSPENDED = "suspended"
    COMING = "coming"
    ENDED = "ended"


class ImportState(StrEnum):
    """How far a file of people has come: flawed ones go no further, ready ones wait for somebody's yes."""

    FLAWED = "flawed"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `id` is an identity as text (never a name), or a word such as `worker` for the system."""

    kind: ActorKind
    id: str
