"""A fleet's stays are charged to its account and paid by a statement each month.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    op.add_column("permits", sa.Column("account_currency", sa.Text, nullable=True))
    op.add_column("permits", sa.Column("account_limit", BIG, nullable=True))
    op.add_column("permits", sa.Column("suspended_at", BIG, nullable=True))
    _table(
        "statements",
        "statement_id",
        sa.Column("permit_id", ID, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("due_on", sa.Integer, nullable=False),
        sa.Column("total_minor", BIG, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("entries", BIG, nullable=False),
        sa.Column("paid_at", BIG, nullable=True),
        sa.Column("paid_by", ID, nullable=True),
        _needs("statements", "permit_id", "permits", "permit_id"),
    )
    op.create_index("uq_statements_month", "statements", ["tenant_id", "permit_id", "month"], unique=True)
    _where("ix_statements_open", "statements", ["permit_id"], "paid_at IS NULL")
    _table(
        "account_entries",
        "entry_id",
        sa.Column("permit_id", ID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("minor", BIG, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("stay_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("entered_at", BIG, nullable=False),
        sa.Column("left_at", BIG, nullable=True),
        sa.Column("statement_id", ID, nullable=True),
    )
    op.create_index("ix_account_entries_statement_id", "account_entries", ["tenant_id", "statement_id"])
    _where("ix_account_entries_open", "account_entries", ["permit_id", "at"], "statement_id IS NULL")


def _table(name: str, key: str, *parts: sa.Column[object] | sa.ForeignKeyConstraint) -> None:
    tenant, own = sa.Column("tenant_id", ID, nullable=False), sa.Column(key, ID, nullable=False)
    op.create_table(name, tenant, own, *parts, sa.PrimaryKeyConstraint("tenant_id", key, name=f"pk_{name}"), sqlite_strict=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text(f"SELECT sealgate_protect(CAST('{name}' AS regclass))"))


def _needs(table: str, column: str, target: str, key: str) -> sa.ForeignKeyConstraint:
    columns, keys = ["tenant_id", column], [f"{target}.tenant_id", f"{target}.{key}"]
    return sa.ForeignKeyConstraint(columns, keys, name=f"fk_{table}_tenant_id_{column}")


def _where(name: str, table: str, columns: list[str], only: str) -> None:
    where = sa.text(only)
    op.create_index(name, table, ["tenant_id", *columns], sqlite_where=where, postgresql_where=where)
