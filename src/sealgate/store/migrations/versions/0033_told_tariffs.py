"""What a tariff is told of a live stay: area, class by lane or permit, its own coupons, points, an earlier stay that day.

Frozen, like 0001: it takes nothing from the schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("lots", sa.Column("area", sa.Text, nullable=True))
    op.add_column("lanes", sa.Column("vehicle", sa.Text, nullable=True))
    op.add_column("permits", sa.Column("vehicle", sa.Text, nullable=True))
    op.add_column("validations", sa.Column("coupon", sa.Text, nullable=True))
    op.add_column("stays", sa.Column("area", sa.Text, nullable=True))
    op.add_column("stays", sa.Column("came_before", sa.Integer, nullable=True))
    op.add_column("stay_validations", sa.Column("coupon", sa.Text, nullable=True))
    op.add_column("stay_validations", sa.Column("points", BIG, nullable=True))
