"""Something was taken: which copy, since when we know, and by when the authority has to know too.

GDPR art. 33: within 72 hours of becoming aware; art. 34 and PIPL art. 57: the people too, at once, unless measures keep the
harm away. The surprising thing: whether the keys were taken decides nearly all of it. A copy without them shows what stands
in the inventory as plain and nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sealgate.domain.errors import Invalid
from sealgate.domain.ids import BreachId, SiteId

WITHIN = timedelta(hours=72)
LONGEST = timedelta(days=366)


class BadBreach(Invalid):
    """A breach says what happened, when it was found, and of which days."""

    code = "breach.not-whole"


class Taken(StrEnum):
    """What somebody has: a copy of the data alone, the data with its keys, or what a screen showed (as with its keys)."""

    COPY = "copy"
    COPY_AND_KEYS = "copy-and-keys"
    SCREEN = "screen"

    @property
    def opens(self) -> bool:
        return self is not Taken.COPY


@dataclass(frozen=True, slots=True)
class Breach:
    """`site` None: all. `first` and `last` None: everything that was stored at `found_at`."""

    breach: BreachId
    found_at: datetime
    taken: Taken
    site: SiteId | None
    first: date | None
    last: date | None
    authority_told_at: datetime | None = None
    people_told_at: datetime | None = None

    @property
    def due_at(self) -> datetime:
        return self.found_at + WITHIN

    def hours_left(self, now: datetime) -> int:
        """Whole hours until the authority has to know; negative when that is over."""
        return int((self.due_at - now) // timedelta(hours=1))


def checked(breach: Breach, now: datetime) -> Breach:
    """Raises `BadBreach`, which names the field."""
    if not now - LONGEST <= breach.found_at <= now:
        raise BadBreach("found within the last year, and not ahead", field="found")
    if (breach.first is None) != (breach.last is None):
        raise BadBreach("a period has two ends", field="last" if breach.last is None else "first")
    if breach.first and breach.last and not breach.first <= breach.last <= breach.first + LONGEST * 10:
        raise BadBreach("the end lies before the beginning", field="last")
    return breach
