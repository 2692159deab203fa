"""A kiosk's call for reception, and the keys of programs that invite visitors.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reception_calls",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("gate_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("pressed_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "gate_id", name="pk_reception_calls"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["sites.tenant_id", "sites.site_id"], name="fk_reception_calls_tenant_id_site_id"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "gate_id"], ["gates.tenant_id", "gates.gate_id"], name="fk_reception_calls_tenant_id_gate_id"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_reception_calls_site_id", "reception_calls", ["tenant_id", "site_id"])
    op.create_table(
        "api_keys",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("key_id", ID, nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("used_at", BIG, nullable=True),
        sa.Column("revoked_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "key_id", name="pk_api_keys"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "operator_id"],
            ["operators.tenant_id", "operators.operator_id"],
            name="fk_api_keys_tenant_id_operator_id",
        ),
        sqlite_strict=True,
    )
    op.create_index("uq_api_keys_secret_hash", "api_keys", ["tenant_id", "secret_hash"], unique=True)
    op.create_index("ix_api_keys_operator_id", "api_keys", ["tenant_id", "operator_id"])
    if op.get_bind().dialect.name == "postgresql":
        for table in ("reception_calls", "api_keys"):
            op.execute(sa.text(f"SELECT sealgate_protect(CAST('{table}' AS regclass))"))
