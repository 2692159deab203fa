"""Visits: invitations and walk-ups, what sites ask, the block list, letters that wait; and credentials for some gates only.

Frozen, like 0001: it takes nothing from schema.py. The long function is a table.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")
MADE = ("visit_rules", "visits", "visit_blocks", "letters")


def upgrade() -> None:
    op.add_column("credentials", sa.Column("gates", sa.Text, nullable=True))
    tables()
    if op.get_bind().dialect.name == "postgresql":
        for table in MADE:
            op.execute(sa.text("SELECT sealgate_protect(CAST(:made AS regclass))").bindparams(made=table))


def only(where: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}


def tables() -> None:
    op.create_table(
        "visit_rules",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "site_id", "revision", name="pk_visit_rules"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["sites.tenant_id", "sites.site_id"], name="fk_visit_rules_tenant_id_site_id"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "visits",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("visit_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("host_person", ID, nullable=True),
        sa.Column("host_operator", ID, nullable=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since", BIG, nullable=False),
        sa.Column("until", BIG, nullable=False),
        sa.Column("gates", sa.Text, nullable=False),
        sa.Column("walk_up", sa.Integer, nullable=False),
        sa.Column("forget", sa.Integer, nullable=False),
        sa.Column("flagged", sa.Integer, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("asked_at", BIG, nullable=False),
        sa.Column("answered_at", BIG, nullable=True),
        sa.Column("came_at", BIG, nullable=True),
        sa.Column("left_at", BIG, nullable=True),
        sa.Column("remind_at", BIG, nullable=True),
        sa.Column("strip_at", BIG, nullable=True),
        sa.Column("erase_at", BIG, nullable=False),
        sa.Column("way", sa.Text, nullable=True),
        sa.Column("took_ms", BIG, nullable=True),
        sa.Column("link_hash", sa.LargeBinary, nullable=False),
        sa.Column("answer_hash", sa.LargeBinary, nullable=True),
        sa.Column("code_token", sa.LargeBinary, nullable=True),
        sa.Column("id_token", sa.LargeBinary, nullable=True),
        sa.Column("detail", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "visit_id", name="pk_visits"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["sites.tenant_id", "sites.site_id"], name="fk_visits_tenant_id_site_id"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"], ["people.tenant_id", "people.person_id"], name="fk_visits_tenant_id_person_id"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_visits_until", "visits", ["tenant_id", "site_id", "until"])
    op.create_index("ix_visits_erase_at", "visits", ["tenant_id", "erase_at"])
    op.create_index("ix_visits_strip_at", "visits", ["tenant_id", "strip_at"], **only("strip_at IS NOT NULL"))
    op.create_index("ix_visits_person_id", "visits", ["tenant_id", "person_id"])
    op.create_index("uq_visits_link_hash", "visits", ["tenant_id", "link_hash"], unique=True)
    op.create_index("ix_visits_here", "visits", ["tenant_id", "site_id"], **only("state IN ('inside', 'overstayed')"))
    op.create_index("ix_visits_asked", "visits", ["tenant_id", "asked_at"], **only("state = 'awaiting-approval'"))
    op.create_index(
        "uq_visits_answer_hash", "visits", ["tenant_id", "answer_hash"], unique=True, **only("answer_hash IS NOT NULL")
    )
    op.create_index(
        "uq_visits_code_token", "visits", ["tenant_id", "code_token"], unique=True, **only("code_token IS NOT NULL")
    )
    op.create_table(
        "visit_blocks",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("block_id", ID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.LargeBinary, nullable=False),
        sa.Column("added_at", BIG, nullable=False),
        sa.Column("until", BIG, nullable=False),
        sa.Column("lifted_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "block_id", name="pk_visit_blocks"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_visit_blocks_tenant_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_visit_blocks_token", "visit_blocks", ["tenant_id", "token"], **only("lifted_at IS NULL"))
    op.create_table(
        "letters",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("letter_id", ID, nullable=False),
        sa.Column("visit_id", ID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("tries", BIG, nullable=False),
        sa.Column("claimed_until", BIG, nullable=True),
        sa.Column("sent_at", BIG, nullable=True),
        sa.Column("failed", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "letter_id", name="pk_letters"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "visit_id"], ["visits.tenant_id", "visits.visit_id"], name="fk_letters_tenant_id_visit_id"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_letters_visit_id", "letters", ["tenant_id", "visit_id"])
    op.create_index("ix_letters_waiting", "letters", ["tenant_id", "due_at"], **only("sent_at IS NULL AND failed IS NULL"))
