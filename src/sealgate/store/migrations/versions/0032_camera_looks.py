"""What each camera of a gate looks at; nothing there is the whole picture.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.add_column("gates", sa.Column("looks", sa.Text, nullable=True))
