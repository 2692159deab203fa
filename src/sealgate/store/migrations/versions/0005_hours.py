"""Attendance: shifts, rosters, rules, calendars, records of hours, leave, derived months.

Frozen, like 0001: it takes nothing from the schema. The long function is a table.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")

MADE = (
    "shifts",
    "hour_rules",
    "calendars",
    "rosters",
    "roster_days",
    "hour_records",
    "leave_kinds",
    "leaves",
    "leave_grants",
    "services",
    "work_months",
)


def upgrade() -> None:
    tables()
    if op.get_bind().dialect.name == "postgresql":
        for table in MADE:
            op.execute(sa.text("SELECT sealgate_protect(CAST(:made AS regclass))").bindparams(made=table))


def only(where: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}


def make(name: str, key: tuple[str, ...], *columns: sa.Column[Any], **foreign: str) -> None:
    """`foreign` names the table that each column leads to; without any the tenant is what it needs."""
    parts: list[Any] = [sa.PrimaryKeyConstraint("tenant_id", *key, name=f"pk_{name}")]
    for column, target in foreign.items():
        there = [f"{target}.tenant_id", f"{target}.{column}"]
        parts.append(sa.ForeignKeyConstraint(["tenant_id", column], there, name=f"fk_{name}_tenant_id_{column}"))
    if not foreign:
        parts.append(sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=f"fk_{name}_tenant_id"))
    op.create_table(name, must("tenant_id", ID), *columns, *parts, sqlite_strict=True)


def must(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def may(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def tables() -> None:
    make(
        "shifts",
        ("shift_id", "since"),
        must("shift_id", ID),
        must("since", sa.Integer),
        must("name", sa.Text),
        must("document", sa.Text),
        may("removed_on", sa.Integer),
    )
    make("hour_rules", ("name",), must("name", sa.Text), must("document", sa.Text), must("changed_at", BIG))
    make("calendars", ("name",), must("name", sa.Text), must("document", sa.Text), must("changed_at", BIG))
    make(
        "rosters",
        ("roster_id",),
        must("roster_id", ID),
        may("person_id", ID),
        may("group_id", ID),
        must("site_id", ID),
        must("since", sa.Integer),
        may("until", sa.Integer),
        must("anchor", sa.Integer),
        must("cycle", sa.Text),
        must("follows_calendar", sa.Integer),
        must("rules", sa.Text),
        person_id="people",
        group_id="groups",
        site_id="sites",
    )
    op.create_index("ix_rosters_person_id", "rosters", ["tenant_id", "person_id"])
    make(
        "roster_days",
        ("person_id", "day"),
        must("person_id", ID),
        must("day", sa.Integer),
        must("shifts", sa.Text),
        must("site_id", ID),
        person_id="people",
        site_id="sites",
    )
    op.create_index("ix_roster_days_day", "roster_days", ["tenant_id", "day"])
    make(
        "hour_records",
        ("record_id",),
        must("record_id", ID),
        must("person_id", ID),
        must("day", sa.Integer),
        must("kind", sa.Text),
        must("state", sa.Text),
        must("detail", sa.LargeBinary),
        must("made_at", BIG),
        may("made_by", ID),
        may("settled_at", BIG),
        may("settled_by", ID),
        person_id="people",
    )
    op.create_index("ix_hour_records_person_day", "hour_records", ["tenant_id", "person_id", "day"])
    op.create_index("ix_hour_records_asked", "hour_records", ["tenant_id", "record_id"], **only("state = 'asked'"))
    make("leave_kinds", ("kind",), must("kind", sa.Text), must("document", sa.Text))
    make(
        "leaves",
        ("leave_id",),
        must("leave_id", ID),
        must("person_id", ID),
        must("first", sa.Integer),
        must("last", sa.Integer),
        must("state", sa.Text),
        must("detail", sa.LargeBinary),
        must("asked_at", BIG),
        may("asked_by", ID),
        may("settled_at", BIG),
        may("settled_by", ID),
        person_id="people",
    )
    op.create_index("ix_leaves_person_last", "leaves", ["tenant_id", "person_id", "last"])
    op.create_index("ix_leaves_last", "leaves", ["tenant_id", "last"])
    op.create_index("ix_leaves_asked", "leaves", ["tenant_id", "leave_id"], **only("state = 'asked'"))
    make(
        "leave_grants",
        ("grant_id",),
        must("grant_id", ID),
        must("person_id", ID),
        must("day", sa.Integer),
        must("detail", sa.LargeBinary),
        must("given_at", BIG),
        may("given_by", ID),
        person_id="people",
    )
    op.create_index("ix_leave_grants_person_id", "leave_grants", ["tenant_id", "person_id", "day"])
    make("services", ("person_id",), must("person_id", ID), must("detail", sa.LargeBinary), person_id="people")
    make(
        "work_months",
        ("month", "person_id"),
        must("month", sa.Integer),
        must("person_id", ID),
        must("revision", BIG),
        must("derived_at", BIG),
        must("days", sa.LargeBinary),
        person_id="people",
    )
    op.create_index("ix_work_months_person_id", "work_months", ["tenant_id", "person_id"])
