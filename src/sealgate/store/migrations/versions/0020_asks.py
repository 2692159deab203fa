"""What people ask about their own data, and the day by which it is answered.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "asks",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("ask_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("asked_at", BIG, nullable=False),
        sa.Column("due_on", sa.Integer, nullable=False),
        sa.Column("detail", sa.LargeBinary, nullable=False),
        sa.Column("answered_at", BIG, nullable=True),
        sa.Column("answered_by", ID, nullable=True),
        sa.Column("answer", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "ask_id", name="pk_asks"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"], ["people.tenant_id", "people.person_id"], name="fk_asks_tenant_id_person_id"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_asks_person_id", "asks", ["tenant_id", "person_id"])
    op.create_index("ix_asks_state", "asks", ["tenant_id", "state", "due_on"])
    op.create_table(
        "privacy_rules",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("changed_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_privacy_rules"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_privacy_rules_tenant_id"),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in ("asks", "privacy_rules"):
            op.execute(sa.text(f"SELECT sealgate_protect(CAST('{table}' AS regclass))"))
