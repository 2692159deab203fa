"""Review cycles, what is said in them, and goals. What is said is sealed under the key of whom it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.ids import CycleId, GoalId, OperatorId, PersonId
from sealgate.domain.performance import Cycle
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """`said` is the manager's (score and words), `own` the person's; None is not said yet."""

    cycle: CycleId
    person: PersonId
    said: Sealed | None
    scored_by: OperatorId | None
    scored_at: datetime | None
    own: Sealed | None
    own_at: datetime | None


@dataclass(frozen=True, slots=True)
class GoalRow:
    goal: GoalId
    person: PersonId
    detail: Sealed
    made_at: datetime
    ended_at: datetime | None


c, r, g = s.review_cycles.c, s.reviews.c, s.goals.c
_CYCLE = (c.cycle_id, c.name, c.since, c.until, c.closed_at)
_REVIEW = (r.cycle_id, r.person_id, r.said, r.scored_by, r.scored_at, r.own, r.own_at)
_GOAL = (g.goal_id, g.person_id, g.detail, g.made_at, g.ended_at)


def add_cycle(tx: Tx, cycle: Cycle, at: datetime) -> None:
    values = {"cycle_id": cycle.cycle, "name": cycle.name, "since": cycle.since, "until": cycle.until}
    tx.add(s.review_cycles, {**values, "made_at": at, "closed_at": None})


def cycles(db: Reader) -> list[Cycle]:
    """The newest first."""
    query = sa.select(*_CYCLE).where(db.mine(s.review_cycles)).order_by(c.until.desc(), c.since.desc(), c.cycle_id)
    return db.rows(query, _cycle)


def cycle(db: Reader, cycle: CycleId) -> Cycle:
    """Raises `NotFound`."""
    return db.the("cycle", sa.select(*_CYCLE).where(db.mine(s.review_cycles), c.cycle_id == cycle), _cycle)


def close_cycle(tx: Tx, cycle: CycleId, at: datetime) -> bool:
    """False if somebody was first."""
    return tx.change(s.review_cycles, [c.cycle_id == cycle, c.closed_at.is_(None)], {"closed_at": at}) == 1


def say(tx: Tx, cycle: CycleId, person: PersonId, said: Sealed, by: OperatorId, at: datetime) -> None:
    _put(tx, cycle, person, {"said": said, "scored_by": by, "scored_at": at})


def say_oneself(tx: Tx, cycle: CycleId, person: PersonId, own: Sealed, at: datetime) -> None:
    _put(tx, cycle, person, {"own": own, "own_at": at})


def reviews_of(db: Reader, people: Sequence[PersonId], cycle: CycleId | None = None) -> list[ReviewRow]:
    query = sa.select(*_REVIEW).where(db.mine(s.reviews), r.person_id.in_(people))
    return db.rows(query if cycle is None else query.where(r.cycle_id == cycle), ReviewRow)


def add_goal(tx: Tx, goal: GoalId, person: PersonId, detail: Sealed, by: OperatorId, at: datetime) -> None:
    """Raises `NoSuchThing` for a person who is not there."""
    values = {"goal_id": goal, "person_id": person, "detail": detail, "made_at": at, "made_by": by, "ended_at": None}
    tx.add(s.goals, values)


def goal(db: Reader, goal: GoalId) -> GoalRow:
    """Raises `NotFound`."""
    return db.the("goal", sa.select(*_GOAL).where(db.mine(s.goals), g.goal_id == goal), GoalRow)


def goals_of(db: Reader, person: PersonId) -> list[GoalRow]:
    """Those that have not ended first, then the newest."""
    query = sa.select(*_GOAL).where(db.mine(s.goals), g.person_id == person)
    return db.rows(query.order_by(g.ended_at.is_not(None), g.goal_id.desc()), GoalRow)


def change_goal(tx: Tx, goal: GoalId, detail: Sealed) -> bool:
    """False for one that has ended."""
    return tx.change(s.goals, [g.goal_id == goal, g.ended_at.is_(None)], {"detail": detail}) == 1


def end_goal(tx: Tx, goal: GoalId, at: datetime) -> bool:
    return tx.change(s.goals, [g.goal_id == goal, g.ended_at.is_(None)], {"ended_at": at}) == 1


def _put(tx: Tx, cycle: CycleId, person: PersonId, values: dict[str, Any]) -> None:
    """The row is made by whoever speaks first; the other adds to it."""
    if tx.change(s.reviews, [r.cycle_id == cycle, r.person_id == person], values) == 1:
        return
    nothing = dict.fromkeys(("said", "scored_by", "scored_at", "own", "own_at"))
    tx.add(s.reviews, {"cycle_id": cycle, "person_id": person, **nothing, **values})


def _cycle(cycle: CycleId, name: str, since: date, until: date, closed_at: datetime | None) -> Cycle:
    return Cycle(cycle, name, since, until, closed_at is not None)
