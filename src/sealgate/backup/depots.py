"""Where backups lie: a folder or an object store, behind one port.

The surprising thing: what was put first under a name is what lies there, for ever. Names cannot be guessed before they are
used, so whoever has the server's own credentials can add noise beside our objects and cannot come before them; a store that
locks objects keeps ours beneath anything that is put over them or marked as deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sealgate.domain.errors import Fault, Refused

LARGEST = 96 << 20
"""Bytes of one object that are ever read: no object of ours is longer."""


class NoSuchObject(Fault):
    """Something that a backup is made of is not there, or is not what was put there."""

    code = "backup.object-lost"


class BadDepot(Refused):
    """What is given as the place for backups is none."""

    code = "backup.bad-place"


@dataclass(frozen=True, slots=True)
class Kept:
    """One object: its bytes on the depot, and when it was put there."""

    name: str
    size: int
    at: datetime


class Depot(Protocol):
    """Any thread may call it. Everything raises `Unreachable` where the place does not answer, `DiskFull` where it is full."""

    address: str
    """Where it is, to be shown: holds no secret."""

    @property
    def locks(self) -> bool:
        """Whether it holds an object until its date against everybody, ourselves included."""
        ...

    def begin(self) -> None:
        """Make the place, where it can be made."""
        ...

    def put(self, name: str, data: bytes, until: datetime | None = None) -> None:
        """On the disk over there when it returns. Where something lies under that name already it stays."""
        ...

    def hold(self, name: str, until: datetime) -> None:
        """Lengthen the lock on an object, where objects are locked."""
        ...

    def held_until(self, name: str) -> datetime | None: ...

    def copies(self, name: str) -> Iterator[bytes]:
        """What lies under that name: the newest first, then what lies beneath, the oldest first; or nothing."""
        ...

    def names(self, prefix: str) -> Iterator[Kept]:
        """Every object whose name begins so, also those that somebody marked as deleted."""
        ...

    def delete(self, name: str) -> bool:
        """False where it is held; also for one that is not there."""
        ...
