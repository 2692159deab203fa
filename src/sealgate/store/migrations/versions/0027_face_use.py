"""What a site uses faces for, its assessments and filing; which zones are private rooms.

A site whose gates took faces before has no row here: flows/face_use.py reads that as "assessment due", and its gates go on.
Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    op.add_column("zones", sa.Column("room", sa.Text, nullable=False, server_default="ordinary"))
    op.create_table(
        "face_uses",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("necessity", sa.Text, nullable=False),
        sa.Column("written_by", ID, nullable=True),
        sa.Column("written_at", BIG, nullable=True),
        sa.Column("due_since", BIG, nullable=True),
        sa.Column("stopped_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "site_id", name="pk_face_uses"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["sites.tenant_id", "sites.site_id"], name="fk_face_uses_tenant_id_site_id"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "face_assessments",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("assessment_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("made_by", ID, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("risks", sa.Text, nullable=False),
        sa.Column("replaced_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "assessment_id", name="pk_face_assessments"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["sites.tenant_id", "sites.site_id"], name="fk_face_assessments_tenant_id_site_id"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_face_assessments_site_id", "face_assessments", ["tenant_id", "site_id", "made_at"])
    op.create_table(
        "face_filings",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("reached_at", BIG, nullable=True),
        sa.Column("filed_on", sa.Integer, nullable=True),
        sa.Column("number", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_face_filings"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_face_filings_tenant_id"),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in ("face_uses", "face_assessments", "face_filings"):
            op.execute(sa.text(f"SELECT sealgate_protect(CAST('{table}' AS regclass))"))
