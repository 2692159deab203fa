"""One-time links and sessions of people who look at their own data.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    _add("own_links", sa.Column("expires_at", BIG, nullable=False), sa.Column("used_at", BIG, nullable=True))
    _add(
        "own_sessions",
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("revoked_at", BIG, nullable=True),
    )


def _add(name: str, *times: sa.Column[int]) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        *times,
        sa.PrimaryKeyConstraint("tenant_id", "secret_hash", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"], ["people.tenant_id", "people.person_id"], name=f"fk_{name}_tenant_id_person_id"
        ),
        sqlite_strict=True,
    )
    op.create_index(f"ix_{name}_person_id", name, ["tenant_id", "person_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text(f"SELECT sealgate_protect(CAST('{name}' AS regclass))"))
