"""When somebody said that the ticket of a stay is lost.

Frozen, like 0001: it takes nothing from schema.py.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("stays", sa.Column("ticket_lost_at", BIG, nullable=True))
