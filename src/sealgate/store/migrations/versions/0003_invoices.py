"""Requests for electronic invoices: one for each payment, its words sealed.

Frozen, like 0001: it takes nothing from schema.py.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")
OPEN = sa.text("done_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "invoice_requests",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("stay_id", ID, nullable=False),
        sa.Column("asked_at", BIG, nullable=False),
        sa.Column("detail", sa.LargeBinary, nullable=False),
        sa.Column("done_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "payment_id", name="pk_invoice_requests"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_invoice_requests_open", "invoice_requests", ["tenant_id", "asked_at"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("SELECT sealgate_protect(CAST('invoice_requests' AS regclass))"))
