"""Pay: rules of the employer and the country, terms, entries, runs and payslips.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")
MADE = ("pay_policies", "pay_packs", "pay_terms", "pay_entries", "pay_runs", "payslips")


def upgrade() -> None:
    rules()
    runs()
    if op.get_bind().dialect.name == "postgresql":
        for table in MADE:
            op.execute(sa.text("SELECT sealgate_protect(CAST(:made AS regclass))").bindparams(made=table))


def make(name: str, key: tuple[str, ...], needs: str, *columns: sa.Column[Any]) -> None:
    """`needs` is the column that leads to a row elsewhere, or empty: then the tenant is what it needs."""
    there = {"": "tenants", "person_id": "people", "run_id": "pay_runs"}[needs]
    mine = ["tenant_id", *([needs] if needs else [])]
    foreign = sa.ForeignKeyConstraint(mine, [f"{there}.{column}" for column in mine], name=f"fk_{name}_{'_'.join(mine)}")
    keys = sa.PrimaryKeyConstraint("tenant_id", *key, name=f"pk_{name}")
    op.create_table(name, must("tenant_id", ID), *columns, keys, foreign, sqlite_strict=True)


def must(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def may(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def index(name: str, table: str, *columns: str) -> None:
    op.create_index(name, table, ["tenant_id", *columns])


def unique(name: str, table: str, column: str, where: str) -> None:
    only = sa.text(where)
    op.create_index(name, table, ["tenant_id", column], unique=True, sqlite_where=only, postgresql_where=only)


def rules() -> None:
    make("pay_policies", (), "", must("document", sa.Text), must("changed_at", BIG))
    make("pay_packs", ("country",), "", must("country", sa.Text), must("document", sa.Text), must("changed_at", BIG))
    make(
        "pay_terms",
        ("person_id", "since"),
        "person_id",
        must("person_id", ID),
        must("since", sa.Integer),
        must("detail", sa.LargeBinary),
        must("changed_at", BIG),
    )
    index("ix_pay_terms_since", "pay_terms", "since")
    make(
        "pay_entries",
        ("month", "person_id"),
        "person_id",
        must("month", sa.Integer),
        must("person_id", ID),
        must("detail", sa.LargeBinary),
        must("changed_at", BIG),
    )
    index("ix_pay_entries_person_id", "pay_entries", "person_id")


def runs() -> None:
    make(
        "pay_runs",
        ("run_id",),
        "",
        must("run_id", ID),
        must("month", sa.Integer),
        must("kind", sa.Text),
        must("state", sa.Text),
        may("reverses", ID),
        must("revision", BIG),
        must("summary", sa.LargeBinary),
        must("made_at", BIG),
        may("made_by", ID),
        may("checked_at", BIG),
        may("checked_by", ID),
        may("approved_at", BIG),
        may("approved_by", ID),
        may("closed_at", BIG),
        may("closed_by", ID),
    )
    index("ix_pay_runs_month", "pay_runs", "month")
    unique("uq_pay_runs_month", "pay_runs", "month", "kind = 'regular' AND state NOT IN ('reversed', 'dropped')")
    unique("uq_pay_runs_reverses", "pay_runs", "reverses", "reverses IS NOT NULL AND state <> 'dropped'")
    make(
        "payslips",
        ("run_id", "person_id"),
        "run_id",
        must("run_id", ID),
        must("person_id", ID),
        must("month", sa.Integer),
        must("detail", sa.LargeBinary),
    )
    index("ix_payslips_person_month", "payslips", "person_id", "month")
