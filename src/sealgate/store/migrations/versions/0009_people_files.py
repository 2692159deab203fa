"""Files of people before they are enrolled, and the token by which a staff number is found.

Frozen, like 0001: it takes nothing from schema.py.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")
GIVEN = sa.text("number_token IS NOT NULL")


def upgrade() -> None:
    op.add_column("people", sa.Column("number_token", sa.LargeBinary, nullable=True))
    op.create_index(
        "uq_people_number_token",
        "people",
        ["tenant_id", "number_token"],
        unique=True,
        sqlite_where=GIVEN,
        postgresql_where=GIVEN,
    )
    op.create_table(
        "imports",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("import_id", ID, nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("people", BIG, nullable=False),
        sa.Column("done", BIG, nullable=False),
        sa.Column("flawed", BIG, nullable=False),
        sa.Column("problems", sa.Text, nullable=False),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("touched_at", BIG, nullable=False),
        sa.Column("file", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "import_id", name="pk_imports"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_imports_tenant_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_imports_made_at", "imports", ["tenant_id", "made_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("SELECT sealgate_protect(CAST('imports' AS regclass))"))
