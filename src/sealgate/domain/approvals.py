"""What two people have to agree to: files that name many people, somebody's erasure, a site's face secret.

The surprising thing: where nobody else could agree, one person alone decides. An installation with one operator works; one with
two cannot be robbed by either of them in a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sealgate.domain.operators import Permission, Role, may


class Kind(StrEnum):
    """What is asked for. Stored by these words."""

    ROLL = "people.roll"
    FIGURES = "people.figures"
    BANK = "pay.bank"
    CONCERNED = "breach.list"
    INVOICES = "parking.invoices"
    FORCED = "parking.forced"
    EVERYTHING = "person.export"
    ERASE = "person.erase"
    FACES = "faces.rekey"


NEEDS: Mapping[Kind, Permission] = {
    Kind.ROLL: Permission.SEE_PEOPLE,
    Kind.FIGURES: Permission.PERFORMANCE,
    Kind.BANK: Permission.PAY,
    Kind.CONCERNED: Permission.PRIVACY,
    Kind.INVOICES: Permission.PARKING,
    Kind.FORCED: Permission.SEE_REPORTS,
    Kind.EVERYTHING: Permission.ERASE,
    Kind.ERASE: Permission.ERASE,
    Kind.FACES: Permission.KEYS,
}
"""Who does it has this permission; so has whoever agrees, or they are privacy officer."""

ALWAYS = frozenset({Kind.ERASE, Kind.FACES})
"""Nothing brings these back: their size does not matter."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """From how many `rows` on a file takes two, and how long an answer may take; the same time again to use it."""

    on: bool = True
    rows: int = 100
    lasts: timedelta = timedelta(hours=24)

    def watches(self, kind: Kind, rows: int) -> bool:
        return self.on and (kind in ALWAYS or rows > self.rows)


def may_agree(here: Iterable[Role], everywhere: Iterable[Role], kind: Kind) -> bool:
    """Whether these roles make somebody the second: those in force where the thing is, and those of all sites."""
    return may(here, NEEDS[kind]) or may(everywhere, Permission.PRIVACY)
