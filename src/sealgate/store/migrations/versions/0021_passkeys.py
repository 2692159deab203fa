"""Passkeys, and the tickets of signing in that were used.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "passkeys",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("passkey_id", ID, nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("detail", sa.LargeBinary, nullable=False),
        sa.Column("counter", BIG, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("used_at", BIG, nullable=True),
        sa.Column("copied_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "passkey_id", name="pk_passkeys"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "operator_id"],
            ["operators.tenant_id", "operators.operator_id"],
            name="fk_passkeys_tenant_id_operator_id",
        ),
        sqlite_strict=True,
    )
    op.create_index("uq_passkeys_token", "passkeys", ["tenant_id", "token"], unique=True)
    op.create_index("ix_passkeys_operator_id", "passkeys", ["tenant_id", "operator_id"])
    op.create_table(
        "spent_tickets",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("ticket_hash", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_hash", name="pk_spent_tickets"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_spent_tickets_tenant_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_spent_tickets_expires_at", "spent_tickets", ["tenant_id", "expires_at"])
    if op.get_bind().dialect.name == "postgresql":
        for table in ("passkeys", "spent_tickets"):
            op.execute(sa.text(f"SELECT sealgate_protect(CAST('{table}' AS regclass))"))
