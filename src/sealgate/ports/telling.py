"""Who is told: listeners of this moment, people who are not here, and the witness outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sealgate.domain.errors import Conflict, Fault


class Bus(Protocol):
    """Tells whoever listens right now. Never the only place a fact is."""

    def publish(self, topic: str, message: dict[str, Any]) -> None: ...
    def subscribe(self, topic: str, heard: Callable[[dict[str, Any]], None]) -> AbstractContextManager[None]: ...


@dataclass(frozen=True, slots=True)
class Appointment:
    """What a calendar takes in. `name` stays the same when it is sent again; a cancelled one is taken out again."""

    name: str
    title: str
    place: str
    since: datetime
    until: datetime
    address: str = ""
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """Plain text to one address. `name` stays the same when a letter is sent again, so that a receiver may know it again."""

    name: str
    to: str
    subject: str
    text: str
    appointment: Appointment | None = None


class Post(Protocol):
    """Takes letters to people who are not here. Any thread may call."""

    def send(self, letter: Letter) -> None:
        """When it returns, somebody else has it in their hands. Raises `Unreachable`; `permanent`: it will never go."""
        ...


class WitnessAhead(Conflict):
    """The witness has taken `size` entries of this journal, and we said another number."""

    code = "witness.ahead"

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the witness has seen {size} entries", hint="Look for an older copy that was put in the journal's place"
        )
        self.size = size


class WitnessRefused(Fault):
    """The witness did not take a checkpoint: it does not continue the one before, or is not signed by whom it knows."""

    code = "witness.refused"


class Witness(Protocol):
    """Somebody outside who keeps checkpoints of the journal, so that a past that was rewritten does not agree with them."""

    @property
    def name(self) -> str: ...

    def take(self, note: str, old: int, proof: Sequence[bytes]) -> str:
        """Take a checkpoint that continues the one of `old` entries, 0 for none; its signature lines, or nothing.

        Raises `WitnessAhead` where it has another one than `old`, `WitnessRefused`, `Unreachable`.
        """
        ...

    def kept(self, origin: str) -> list[str]:
        """The notes of that journal that it has kept, the oldest first; none where it shows none. Raises `Unreachable`."""
        ...
