"""Roles that hold at some sites only.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    for table in ("operators", "setup_links"):
        op.add_column(table, sa.Column("site_roles", sa.Text, nullable=False, server_default=sa.text("'{}'")))
