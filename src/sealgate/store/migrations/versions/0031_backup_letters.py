"""Letters to administrators that the last backup is older than it may be: one a day for each of them.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")
TABLE = "backup_letters"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("tries", BIG, nullable=False),
        sa.Column("sent_at", BIG, nullable=True),
        sa.Column("failed", sa.Text, nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "operator_id"],
            ["operators.tenant_id", "operators.operator_id"],
            name=f"fk_{TABLE}_tenant_id_operator_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "operator_id", "day", name=f"pk_{TABLE}"),
        sqlite_strict=True,
    )
    only = sa.text("sent_at IS NULL AND failed IS NULL")
    op.create_index(f"ix_{TABLE}_due_at", TABLE, ["tenant_id", "due_at"], sqlite_where=only, postgresql_where=only)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text(f"SELECT sealgate_protect(CAST('{TABLE}' AS regclass))"))
