"""Breaches, with the clock by which the authority is told.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "breaches",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("breach_id", ID, nullable=False),
        sa.Column("found_at", BIG, nullable=False),
        sa.Column("taken", sa.Text, nullable=False),
        sa.Column("site_id", ID, nullable=True),
        sa.Column("first", sa.Integer, nullable=True),
        sa.Column("last", sa.Integer, nullable=True),
        sa.Column("words", sa.LargeBinary, nullable=False),
        sa.Column("made_by", ID, nullable=False),
        sa.Column("authority_told_at", BIG, nullable=True),
        sa.Column("people_told_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "breach_id", name="pk_breaches"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_breaches_tenant_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["sites.tenant_id", "sites.site_id"], name="fk_breaches_tenant_id_site_id"
        ),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("SELECT sealgate_protect(CAST('breaches' AS regclass))"))
