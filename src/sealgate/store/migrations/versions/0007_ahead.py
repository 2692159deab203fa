"""A payment may be for a later time that the driver chose.

Frozen, like 0001: it takes nothing from schema.py.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("payments", sa.Column("covers_until", BIG, nullable=True))
