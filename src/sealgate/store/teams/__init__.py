"""Teams and who is in them, from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from sealgate.domain.ids import OperatorId, PersonId, TeamId
from sealgate.domain.teams import Membership, Team, TeamTerms
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx

__all__ = [
    "MemberRow",
    "add_team",
    "end_membership",
    "end_team",
    "join",
    "led_by",
    "memberships",
    "now_in",
    "people_in",
    "team",
    "teams",
    "update_team",
]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """`detail` is sealed under the person's key: the trade."""

    one: Membership
    detail: Sealed


t, m = s.teams.c, s.team_members.c
_TEAM = (t.team_id, t.name, t.kind, t.contractor, t.operator_id, t.person_id, t.ended_on)
_MEMBER = (m.person_id, m.team_id, m.since, m.until, m.detail)


def add_team(tx: Tx, team: TeamId, terms: TeamTerms) -> None:
    """Raises `NoSuchThing` for a manager who is not there."""
    tx.add(s.teams, {"team_id": team, **_values(terms), "ended_on": None})


def update_team(tx: Tx, team: TeamId, terms: TeamTerms) -> bool:
    return tx.change(s.teams, [t.team_id == team, t.ended_on.is_(None)], _values(terms)) == 1


def end_team(tx: Tx, team: TeamId, day: date) -> bool:
    """With everybody's membership; False if it has ended already, or never was."""
    if tx.change(s.teams, [t.team_id == team, t.ended_on.is_(None)], {"ended_on": day}) != 1:
        return False
    tx.remove(s.team_members, [m.team_id == team, m.since > day])
    tx.change(s.team_members, [m.team_id == team, m.until.is_(None)], {"until": day})
    return True


def team(db: Reader, team: TeamId) -> Team:
    """Raises `NotFound`."""
    return db.the("team", sa.select(*_TEAM).where(db.mine(s.teams), t.team_id == team), _team)


def teams(db: Reader, *, ended: bool = False) -> list[Team]:
    query = sa.select(*_TEAM).where(db.mine(s.teams)).order_by(t.name, t.team_id)
    return db.rows(query if ended else query.where(t.ended_on.is_(None)), _team)


def led_by(db: Reader, operator: OperatorId) -> list[TeamId]:
    query = sa.select(t.team_id).where(db.mine(s.teams), t.operator_id == operator, t.ended_on.is_(None))
    return db.rows(query.order_by(t.team_id), TeamId)


def join(tx: Tx, one: Membership, detail: Sealed) -> None:
    """Raises `AlreadyThere` where the person has joined some team on that very day, or is in one without an end."""
    values = {"person_id": one.person, "since": one.since, "team_id": one.team, "until": one.until, "detail": detail}
    tx.add(s.team_members, values)


def now_in(db: Reader, person: PersonId) -> Membership | None:
    """The membership without an end."""
    query = sa.select(*_MEMBER).where(db.mine(s.team_members), m.person_id == person, m.until.is_(None))
    found = db.row(query, _member)
    return None if found is None else found.one


def end_membership(tx: Tx, person: PersonId, team: TeamId, last: date) -> bool:
    """False where the person is not in that team without an end. One that would end before it began is taken back."""
    here = [m.person_id == person, m.team_id == team, m.until.is_(None)]
    taken_back = tx.remove(s.team_members, [*here, m.since > last])
    return taken_back == 1 or tx.change(s.team_members, here, {"until": last}) == 1


def memberships(
    db: Reader, first: date, last: date, *, team: TeamId | None = None, people: Sequence[PersonId] | None = None
) -> list[MemberRow]:
    """Of everybody who was in a team on a day from `first` through `last`, in the order of joining."""
    there = [m.since <= last, sa.or_(m.until.is_(None), m.until >= first)]
    query = sa.select(*_MEMBER).where(db.mine(s.team_members), *there).order_by(m.since, m.person_id)
    if team is not None:
        query = query.where(m.team_id == team)
    return db.rows(query if people is None else query.where(m.person_id.in_(people)), _member)


def people_in(db: Reader, day: date) -> dict[TeamId, int]:
    """How many are in each team on that day."""
    there = [m.since <= day, sa.or_(m.until.is_(None), m.until >= day)]
    query = sa.select(m.team_id, sa.func.count()).where(db.mine(s.team_members), *there).group_by(m.team_id)
    return dict(db.rows(query, lambda team, count: (team, count)))


def _values(terms: TeamTerms) -> dict[str, Any]:
    return {
        "name": terms.name,
        "kind": terms.kind,
        "contractor": terms.contractor,
        "operator_id": terms.operator,
        "person_id": terms.person,
    }


def _team(team: TeamId, *values: Any) -> Team:
    *terms, ended_on = values
    return Team(team, TeamTerms(*terms), ended_on)


def _member(person: PersonId, team: TeamId, since: date, until: date | None, detail: Sealed) -> MemberRow:
    return MemberRow(Membership(person, team, since, until), detail)
