"""Teams: departments of an office, crews of a construction site with their contractor, and who is in them from when to when.

The surprising thing: somebody is in one team at a time, and the past stays: who counts for a team on a day is who was in it
that day, so a head count of last month does not change when somebody moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sealgate.domain.errors import Conflict, Invalid
from sealgate.domain.ids import OperatorId, PersonId, TeamId

MOST_DAYS = 92


class BadTeam(Invalid):
    code = "team.invalid"


class BadTrade(Invalid):
    code = "team.bad-trade"


class TooLong(Invalid):
    """More days at once than a list or a drawing shows."""

    code = "team.too-many-days"


class NotInTeam(Conflict):
    """That person is not in that team now."""

    code = "team.not-a-member"


class TeamEnded(Conflict):
    code = "team.ended"


class JoinsEarlier(Conflict):
    """The person is in a team since a later day already."""

    code = "team.joins-earlier"


class TeamKind(StrEnum):
    DEPARTMENT = "department"
    CREW = "crew"


@dataclass(frozen=True, slots=True)
class TeamTerms:
    """`contractor` is the company that a crew works for; of two managers, at most one of each kind: one who signs in to the
    console, one who does not."""

    name: str
    kind: TeamKind = TeamKind.DEPARTMENT
    contractor: str = ""
    operator: OperatorId | None = None
    person: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Team:
    team: TeamId
    terms: TeamTerms
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """From `since` on, through `until`; None has no end yet."""

    person: PersonId
    team: TeamId
    since: date
    until: date | None = None

    def on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


def checked(terms: TeamTerms) -> TeamTerms:
    """With blanks trimmed. Raises `BadTeam`."""
    name, contractor = " ".join(terms.name.split()), " ".join(terms.contractor.split())
    if not 1 <= len(name) <= 80 or _CONTROL.search(name):
        raise BadTeam("a team's name has 1 to 80 characters", field="name")
    if len(contractor) > 120 or _CONTROL.search(contractor):
        raise BadTeam("a contractor's name has up to 120 characters", field="contractor")
    return TeamTerms(name, terms.kind, contractor, terms.operator, terms.person)


def checked_trade(trade: str) -> str:
    said = " ".join(trade.split())
    if len(said) > 60 or _CONTROL.search(said):
        raise BadTrade("a trade has up to 60 characters", field="trade")
    return said


def days_between(first: date, last: date) -> list[date]:
    """Both included. Raises `TooLong` for more than `MOST_DAYS`, `Invalid` for a last day before the first."""
    count = (last - first).days + 1
    if count < 1:
        raise BadTeam("the last day lies before the first", field="to")
    if count > MOST_DAYS:
        raise TooLong(f"at most {MOST_DAYS} days", field="to")
    return [date.fromordinal(first.toordinal() + n) for n in range(count)]


def head_counts(
    memberships: Iterable[Membership], came: Mapping[date, frozenset[PersonId]], days: Sequence[date]
) -> dict[TeamId, tuple[int, ...]]:
    """How many of each team came on each of the days: whoever was in it that day and passed a gate inwards or out."""
    counts: dict[TeamId, list[int]] = {}
    for one in memberships:
        row = counts.setdefault(one.team, [0] * len(days))
        for place, day in enumerate(days):
            row[place] += one.on(day) and one.person in came.get(day, frozenset())
    return {team: tuple(row) for team, row in counts.items()}
