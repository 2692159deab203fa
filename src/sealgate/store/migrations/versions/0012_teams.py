"""Teams and who is in them; review cycles, what is said in them, and goals.

Frozen, like 0001: it takes nothing from schema.py.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")
TABLES = ("teams", "team_members", "review_cycles", "reviews", "goals")


def must(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def may(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def made(name: str, key: tuple[str, ...], *parts: Any) -> None:
    key_of = sa.PrimaryKeyConstraint("tenant_id", *key, name=f"pk_{name}")
    op.create_table(name, must("tenant_id", ID), *parts, key_of, sqlite_strict=True)


def to(name: str, target: str, *columns: tuple[str, str]) -> sa.ForeignKeyConstraint:
    ours, theirs = ["tenant_id", *(c[0] for c in columns)], [f"{target}.tenant_id", *(f"{target}.{c[1]}" for c in columns)]
    return sa.ForeignKeyConstraint(ours, theirs, name=f"fk_{name}_{'_'.join(ours)}")


def upgrade() -> None:
    person, operator = ("person_id", "person_id"), ("operator_id", "operator_id")
    made(
        "teams",
        ("team_id",),
        must("team_id", ID),
        must("name", sa.Text),
        must("kind", sa.Text),
        must("contractor", sa.Text),
        may("operator_id", ID),
        may("person_id", ID),
        may("ended_on", sa.Integer),
        to("teams", "tenants"),
        to("teams", "operators", operator),
        to("teams", "people", person),
    )
    op.create_index("ix_teams_operator_id", "teams", ["tenant_id", "operator_id"])
    made(
        "team_members",
        ("person_id", "since"),
        must("person_id", ID),
        must("since", sa.Integer),
        must("team_id", ID),
        may("until", sa.Integer),
        must("detail", sa.LargeBinary),
        to("team_members", "people", person),
        to("team_members", "teams", ("team_id", "team_id")),
    )
    op.create_index("ix_team_members_team_id", "team_members", ["tenant_id", "team_id"])
    now = sa.text("until IS NULL")
    op.create_index(
        "uq_team_members_now", "team_members", ["tenant_id", "person_id"], unique=True, sqlite_where=now, postgresql_where=now
    )
    made(
        "review_cycles",
        ("cycle_id",),
        must("cycle_id", ID),
        must("name", sa.Text),
        must("since", sa.Integer),
        must("until", sa.Integer),
        must("made_at", BIG),
        may("closed_at", BIG),
        to("review_cycles", "tenants"),
    )
    made(
        "reviews",
        ("cycle_id", "person_id"),
        must("cycle_id", ID),
        must("person_id", ID),
        may("said", sa.LargeBinary),
        may("scored_by", ID),
        may("scored_at", BIG),
        may("own", sa.LargeBinary),
        may("own_at", BIG),
        to("reviews", "review_cycles", ("cycle_id", "cycle_id")),
        to("reviews", "people", person),
    )
    op.create_index("ix_reviews_person_id", "reviews", ["tenant_id", "person_id"])
    made(
        "goals",
        ("goal_id",),
        must("goal_id", ID),
        must("person_id", ID),
        must("detail", sa.LargeBinary),
        must("made_at", BIG),
        may("made_by", ID),
        may("ended_at", BIG),
        to("goals", "people", person),
    )
    op.create_index("ix_goals_person_id", "goals", ["tenant_id", "person_id"])
    if op.get_bind().dialect.name == "postgresql":
        for name in TABLES:
            op.execute(sa.text(f"SELECT sealgate_protect(CAST('{name}' AS regclass))"))
