"""In which of a site's spaces each face template lies, and which is the newest; nothing there is the first.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("credentials", sa.Column("space", BIG, nullable=True))
    op.add_column("sites", sa.Column("face_space", BIG, nullable=True))
