"""Legal holds.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "legal_holds",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("hold_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("site_id", ID, nullable=True),
        sa.Column("first", sa.Integer, nullable=True),
        sa.Column("last", sa.Integer, nullable=True),
        sa.Column("until", sa.Integer, nullable=False),
        sa.Column("reason", sa.LargeBinary, nullable=False),
        sa.Column("made_by", ID, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("lifted_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "hold_id", name="pk_legal_holds"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_legal_holds_tenant_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"], ["people.tenant_id", "people.person_id"], name="fk_legal_holds_tenant_id_person_id"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["sites.tenant_id", "sites.site_id"], name="fk_legal_holds_tenant_id_site_id"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_legal_holds_person_id", "legal_holds", ["tenant_id", "person_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("SELECT sealgate_protect(CAST('legal_holds' AS regclass))"))
