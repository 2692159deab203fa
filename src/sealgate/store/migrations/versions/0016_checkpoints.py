"""Checkpoints of the journal: what it was, in a few signed bytes.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    for name, columns in TABLES.items():
        op.create_table(name, sa.Column("tenant_id", ID, nullable=False), *columns(), sqlite_strict=True)
        if op.get_bind().dialect.name == "postgresql":
            op.execute(sa.text(f"SELECT sealgate_protect(CAST('{name}' AS regclass))"))


def _nodes() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("level", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "level", "number", name="pk_journal_nodes"),
    ]


def _checkpoints() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("size", BIG, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "size", name="pk_journal_checkpoints"),
    ]


def _witnesses() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("said", sa.Text, nullable=True),
        sa.Column("trouble", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_journal_witnesses"),
    ]


TABLES = {"journal_nodes": _nodes, "journal_checkpoints": _checkpoints, "journal_witnesses": _witnesses}
