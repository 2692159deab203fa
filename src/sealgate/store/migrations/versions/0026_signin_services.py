"""Sign-in services of organisations, and who at them is which operator.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "signin_services",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("role_claim", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("enabled", sa.Integer, nullable=False),
        sa.Column("changed_at", BIG, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_signin_services"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_signin_services_tenant_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "outside_identities",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("detail", sa.LargeBinary, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("used_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "token", name="pk_outside_identities"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "operator_id"],
            ["operators.tenant_id", "operators.operator_id"],
            name="fk_outside_identities_tenant_id_operator_id",
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_outside_identities_operator_id", "outside_identities", ["tenant_id", "operator_id"])
    if op.get_bind().dialect.name == "postgresql":
        for table in ("signin_services", "outside_identities"):
            op.execute(sa.text(f"SELECT sealgate_protect(CAST('{table}' AS regclass))"))
