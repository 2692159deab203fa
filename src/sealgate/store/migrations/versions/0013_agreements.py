"""Agreements for automatic payment; and which payments are charged by one, without saying by which.

Frozen, like 0001: it takes nothing from schema.py.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")
ACTIVE = sa.text("state = 'active'")
OPEN = sa.text("state IN ('pending', 'ending')")
CHARGING = sa.text("automatic = 1 AND state = 'pending'")


def upgrade() -> None:
    op.create_table(
        "agreements",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("agreement_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("merchant", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("most_minor", BIG, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("signed_at", BIG, nullable=True),
        sa.Column("ended_at", BIG, nullable=True),
        sa.Column("token", sa.LargeBinary, nullable=True),
        sa.Column("plate", sa.LargeBinary, nullable=True),
        sa.Column("refs", sa.LargeBinary, nullable=True),
        sa.Column("proof", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "agreement_id", name="pk_agreements"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_agreements_tenant_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lot_id"], ["lots.tenant_id", "lots.lot_id"], name="fk_agreements_tenant_id_lot_id"
        ),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_agreements_active",
        "agreements",
        ["tenant_id", "token"],
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    )
    op.create_index("ix_agreements_open", "agreements", ["tenant_id", "made_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.add_column("payments", sa.Column("automatic", sa.Integer, nullable=True))
    op.create_index(
        "ix_payments_charging", "payments", ["tenant_id", "started_at"], sqlite_where=CHARGING, postgresql_where=CHARGING
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("SELECT sealgate_protect(CAST('agreements' AS regclass))"))
