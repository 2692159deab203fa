"""What an edge said last, for the page that lists them.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("edges", sa.Column("heard_at", BIG, nullable=True))
    op.add_column("edges", sa.Column("waiting", BIG, nullable=True))
    op.add_column("edges", sa.Column("version", sa.Text, nullable=True))
    op.add_column("edges", sa.Column("copied_at", BIG, nullable=True))
    op.add_column("edges", sa.Column("behind", sa.Integer, nullable=True))
