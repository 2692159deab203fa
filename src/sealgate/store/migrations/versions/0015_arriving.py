"""People of a file that is being enrolled: there, and seen by nobody until all of them are.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")
ARRIVING = sa.text("arriving IS NOT NULL")


def upgrade() -> None:
    op.add_column("people", sa.Column("arriving", ID, nullable=True))
    op.create_index("ix_people_arriving", "people", ["tenant_id", "arriving"], sqlite_where=ARRIVING, postgresql_where=ARRIVING)
