"""Legal holds: what must not be erased for a while, because somebody may have to prove it.

A hold is on one person, on the days of one site or of all, or on one person's part of such days. The surprising thing: it
keeps no face. A template ends with its consent, held or not, for no law wants a way in kept as evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sealgate.domain.errors import Conflict, Invalid
from sealgate.domain.ids import PersonId, SiteId

LONGEST = timedelta(days=5 * 366)


class BadHold(Invalid):
    """A hold names a person or days, says why, and ends."""

    code = "hold.not-whole"


class HoldOver(Conflict):
    """The hold has ended, or was lifted already."""

    code = "hold.over"


@dataclass(frozen=True, slots=True)
class HoldScope:
    """`person` None: everybody's. `first` and `last` None: all days. `site` None: every site. `until` is its last day."""

    person: PersonId | None
    site: SiteId | None
    first: date | None
    last: date | None
    until: date

    def covers(self, site: SiteId, day: date) -> bool:
        """Whether that local day of that site is held (of the person, where there is one)."""
        return self.site in {None, site} and (self.first or date.min) <= day <= (self.last or date.max)


@dataclass(frozen=True, slots=True)
class Holding:
    """All holds that are in force."""

    scopes: tuple[HoldScope, ...] = ()

    @property
    def people(self) -> frozenset[PersonId]:
        return frozenset(scope.person for scope in self.scopes if scope.person is not None)

    def of(self, person: PersonId) -> tuple[HoldScope, ...]:
        return tuple(scope for scope in self.scopes if scope.person == person)


def checked_scope(scope: HoldScope, today: date) -> HoldScope:
    """Raises `BadHold`, which names the field."""
    if (scope.first is None) != (scope.last is None):
        raise BadHold("a period has two ends", field="last" if scope.last is None else "first")
    if scope.first is not None and scope.last is not None and scope.last < scope.first:
        raise BadHold("the end lies before the beginning", field="last")
    if scope.person is None and scope.first is None:
        raise BadHold("a person or a period", field="name")
    if not today <= scope.until <= today + LONGEST:
        raise BadHold("it ends within five years", field="until")
    return scope
