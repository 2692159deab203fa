"""People who are kept in step with a directory outside.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "synced_people",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("user_token", sa.LargeBinary, nullable=False),
        sa.Column("external_token", sa.LargeBinary, nullable=True),
        sa.Column("detail", sa.LargeBinary, nullable=False),
        sa.Column("active", sa.Integer, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("changed_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", name="pk_synced_people"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["people.tenant_id", "people.person_id"],
            name="fk_synced_people_tenant_id_person_id",
        ),
        sqlite_strict=True,
    )
    op.create_index("uq_synced_people_user_token", "synced_people", ["tenant_id", "user_token"], unique=True)
    op.create_index("ix_synced_people_external_token", "synced_people", ["tenant_id", "external_token"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("SELECT sealgate_protect(CAST('synced_people' AS regclass))"))
