"""Edges: boxes at a site, each with a link of its own to the centre.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "edges",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("edge_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("auth_hash", sa.LargeBinary, nullable=False),
        sa.Column("link_key", sa.LargeBinary, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("ended_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "edge_id", name="pk_edges"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["sites.tenant_id", "sites.site_id"], name="fk_edges_tenant_id_site_id"
        ),
        sqlite_strict=True,
    )
    op.create_index("uq_edges_auth_hash", "edges", ["tenant_id", "auth_hash"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("SELECT sealgate_protect(CAST('edges' AS regclass))"))
