"""Reports of a leak.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "leak_reports",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("said", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=True),
        sa.Column("came_at", BIG, nullable=False),
        sa.Column("changed_at", BIG, nullable=False),
        sa.Column("closed_at", BIG, nullable=True),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("tries", BIG, nullable=False),
        sa.Column("claimed_until", BIG, nullable=True),
        sa.Column("told_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "report_id", name="pk_leak_reports"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_leak_reports_tenant_id"),
        sqlite_strict=True,
    )
    op.create_index("uq_leak_reports_secret_hash", "leak_reports", ["tenant_id", "secret_hash"], unique=True)
    untold = sa.text("told_at IS NULL")
    op.create_index(
        "ix_leak_reports_untold", "leak_reports", ["tenant_id", "due_at"], sqlite_where=untold, postgresql_where=untold
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("SELECT sealgate_protect(CAST('leak_reports' AS regclass))"))
