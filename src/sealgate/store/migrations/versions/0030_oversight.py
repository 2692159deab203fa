"""What a session is used from; rights taken in an emergency with their letters; what two people have to agree to.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    op.add_column("sessions", sa.Column("device", sa.Text, nullable=True))
    _table(
        "break_glass",
        "glass_id",
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("reason", sa.LargeBinary, nullable=False),
        sa.Column("begun_at", BIG, nullable=False),
        sa.Column("until", BIG, nullable=False),
        sa.Column("ended_at", BIG, nullable=True),
        _needs("break_glass", "operator_id", "operators", "operator_id"),
    )
    _where("ix_break_glass_open", "break_glass", ["operator_id"], "ended_at IS NULL", unique=True)
    _table(
        "alarm_letters",
        "letter_id",
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("glass_id", ID, nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("tries", BIG, nullable=False),
        sa.Column("sent_at", BIG, nullable=True),
        sa.Column("failed", sa.Text, nullable=True),
        _needs("alarm_letters", "operator_id", "operators", "operator_id"),
        _needs("alarm_letters", "glass_id", "break_glass", "glass_id"),
    )
    _where("ix_alarm_letters_due_at", "alarm_letters", ["due_at"], "sent_at IS NULL AND failed IS NULL", unique=False)
    _table(
        "approvals",
        "approval_id",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("thing", sa.Text, nullable=False),
        sa.Column("row_count", BIG, nullable=False),
        sa.Column("site_id", ID, nullable=True),
        sa.Column("reason", sa.LargeBinary, nullable=False),
        sa.Column("asked_by", ID, nullable=False),
        sa.Column("asked_at", BIG, nullable=False),
        sa.Column("until", BIG, nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", BIG, nullable=True),
        sa.Column("approved", sa.Integer, nullable=True),
        sa.Column("used_at", BIG, nullable=True),
        _needs("approvals", "asked_by", "operators", "operator_id"),
        _needs("approvals", "site_id", "sites", "site_id"),
    )
    op.create_index("ix_approvals_asked_by", "approvals", ["tenant_id", "asked_by", "until"])
    _where("ix_approvals_open", "approvals", ["until"], "decided_at IS NULL", unique=False)


def _table(name: str, key: str, *parts: sa.Column[object] | sa.ForeignKeyConstraint) -> None:
    tenant, own = sa.Column("tenant_id", ID, nullable=False), sa.Column(key, ID, nullable=False)
    op.create_table(name, tenant, own, *parts, sa.PrimaryKeyConstraint("tenant_id", key, name=f"pk_{name}"), sqlite_strict=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text(f"SELECT sealgate_protect(CAST('{name}' AS regclass))"))


def _needs(table: str, column: str, target: str, key: str) -> sa.ForeignKeyConstraint:
    columns, keys = ["tenant_id", column], [f"{target}.tenant_id", f"{target}.{key}"]
    return sa.ForeignKeyConstraint(columns, keys, name=f"fk_{table}_tenant_id_{column}")


def _where(name: str, table: str, columns: list[str], only: str, *, unique: bool) -> None:
    where = sa.text(only)
    op.create_index(name, table, ["tenant_id", *columns], unique=unique, sqlite_where=where, postgresql_where=where)
