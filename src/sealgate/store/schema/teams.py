"""Teams and who is in them; review cycles, what is said in them, and goals."""

from __future__ import annotations

from sqlalchemy import Index, Text

from sealgate.domain.teams import TeamKind
from sealgate.store.columns import Day, Id, Instant, SealedBytes, Word
from sealgate.store.schema.accounts import operators
from sealgate.store.schema.making import may, must, needs, table, where
from sealgate.store.schema.people import people
from sealgate.store.schema.places import tenants

teams = table(
    "teams",
    ("team_id",),
    must("team_id", Id),
    must("name", Text),
    must("kind", Word(TeamKind)),
    must("contractor", Text),
    may("operator_id", Id),
    may("person_id", Id),
    may("ended_on", Day),
    needs(tenants),
    needs(operators, "operator_id"),
    needs(people, "person_id"),
    Index("ix_teams_operator_id", "tenant_id", "operator_id"),
)

team_members = table(
    "team_members",
    ("person_id", "since"),
    must("person_id", Id),
    must("since", Day),
    must("team_id", Id),
    may("until", Day),
    must("detail", SealedBytes),
    needs(people, "person_id"),
    needs(teams, "team_id"),
    Index("ix_team_members_team_id", "tenant_id", "team_id"),
    where("uq_team_members_now", "tenant_id", "person_id", unique=True, only="until IS NULL"),
)

review_cycles = table(
    "review_cycles",
    ("cycle_id",),
    must("cycle_id", Id),
    must("name", Text),
    must("since", Day),
    must("until", Day),
    must("made_at", Instant),
    may("closed_at", Instant),
    needs(tenants),
)

reviews = table(
    "reviews",
    ("cycle_id", "person_id"),
    must("cycle_id", Id),
    must("person_id", Id),
    may("said", SealedBytes),
    may("scored_by", Id),
    may("scored_at", Instant),
    may("own", SealedBytes),
    may("own_at", Instant),
    needs(review_cycles, "cycle_id"),
    needs(people, "person_id"),
    Index("ix_reviews_person_id", "tenant_id", "person_id"),
)

goals = table(
    "goals",
    ("goal_id",),
    must("goal_id", Id),
    must("person_id", Id),
    must("detail", SealedBytes),
    must("made_at", Instant),
    may("made_by", Id),
    may("ended_at", Instant),
    needs(people, "person_id"),
    Index("ix_goals_person_id", "tenant_id", "person_id"),
)
