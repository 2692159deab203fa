"""What became of a difference and of a request for an invoice: who settled it and why, and the number it was issued under.

Frozen, like 0001: it takes nothing from schema.py.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    op.add_column("differences", sa.Column("settled_by", ID, nullable=True))
    op.add_column("differences", sa.Column("settled_why", sa.LargeBinary, nullable=True))
    op.add_column("invoice_requests", sa.Column("number", sa.Text, nullable=True))
