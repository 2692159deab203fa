"""The first schema: places, people, passages, journal, accounts.

Frozen: it says how the schema was when it was released, so it takes nothing from schema.py. The long function is a table.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from sealgate.store.migrations.postgres_0001 import STATEMENTS

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    tables()
    if op.get_bind().dialect.name == "postgresql":
        for statement in STATEMENTS:
            op.execute(statement)


def only(where: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}


def tables() -> None:
    op.create_table(
        "tenants",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_tenants"),
        sqlite_strict=True,
    )
    op.create_table(
        "sites",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("lockdown", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "site_id", name="pk_sites"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_sites_tenant_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "zones",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("zone_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("outside", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "zone_id", name="pk_zones"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["sites.tenant_id", "sites.site_id"], name="fk_zones_tenant_id_site_id"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "gates",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("gate_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("from_zone", ID, nullable=False),
        sa.Column("to_zone", ID, nullable=False),
        sa.Column("means", sa.Text, nullable=False),
        sa.Column("min_similarity", REAL, nullable=False),
        sa.Column("min_lead", REAL, nullable=False),
        sa.Column("min_liveness", REAL, nullable=True),
        sa.Column("min_plate_score", REAL, nullable=False),
        sa.Column("passback", sa.Text, nullable=False),
        sa.Column("blocked", sa.Integer, nullable=False),
        sa.Column("open_seconds", REAL, nullable=False),
        sa.Column("source", sa.LargeBinary, nullable=True),
        sa.Column("kiosk_hash", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "gate_id", name="pk_gates"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "from_zone"], ["zones.tenant_id", "zones.zone_id"], name="fk_gates_tenant_id_from_zone"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["sites.tenant_id", "sites.site_id"], name="fk_gates_tenant_id_site_id"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "to_zone"], ["zones.tenant_id", "zones.zone_id"], name="fk_gates_tenant_id_to_zone"
        ),
        sqlite_strict=True,
    )
    op.create_index("uq_gates_kiosk_hash", "gates", ["tenant_id", "kiosk_hash"], unique=True, **only("kiosk_hash IS NOT NULL"))
    op.create_table(
        "holidays",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "site_id", "day", name="pk_holidays"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["sites.tenant_id", "sites.site_id"], name="fk_holidays_tenant_id_site_id"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "timetables",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("timetable_id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("week", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "timetable_id", name="pk_timetables"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_timetables_tenant_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "groups",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "group_id", name="pk_groups"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_groups_tenant_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "grants",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("grant_id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("zone_id", ID, nullable=False),
        sa.Column("timetable_id", ID, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "grant_id", name="pk_grants"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "group_id"], ["groups.tenant_id", "groups.group_id"], name="fk_grants_tenant_id_group_id"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "timetable_id"],
            ["timetables.tenant_id", "timetables.timetable_id"],
            name="fk_grants_tenant_id_timetable_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "zone_id"], ["zones.tenant_id", "zones.zone_id"], name="fk_grants_tenant_id_zone_id"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_grants_group_id", "grants", ["tenant_id", "group_id"])
    op.create_table(
        "people",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("profile", sa.LargeBinary, nullable=False),
        sa.Column("name_token", sa.LargeBinary, nullable=False),
        sa.Column("suspended", sa.Integer, nullable=False),
        sa.Column("valid_since", BIG, nullable=True),
        sa.Column("valid_until", BIG, nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", name="pk_people"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_people_tenant_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_people_name_token", "people", ["tenant_id", "name_token"])
    op.create_table(
        "group_members",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "group_id", "person_id", name="pk_group_members"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "group_id"], ["groups.tenant_id", "groups.group_id"], name="fk_group_members_tenant_id_group_id"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"], ["people.tenant_id", "people.person_id"], name="fk_group_members_tenant_id_person_id"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_group_members_person_id", "group_members", ["tenant_id", "person_id"])
    op.create_table(
        "presence",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", name="pk_presence"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"], ["people.tenant_id", "people.person_id"], name="fk_presence_tenant_id_person_id"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "credentials",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("credential_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("means", sa.Text, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("label", sa.LargeBinary, nullable=True),
        sa.Column("pack", sa.Text, nullable=True),
        sa.Column("site_id", ID, nullable=True),
        sa.Column("since", BIG, nullable=True),
        sa.Column("until", BIG, nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("ended_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "credential_id", name="pk_credentials"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"], ["people.tenant_id", "people.person_id"], name="fk_credentials_tenant_id_person_id"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["sites.tenant_id", "sites.site_id"], name="fk_credentials_tenant_id_site_id"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_credentials_person_id", "credentials", ["tenant_id", "person_id"])
    op.create_index("ix_credentials_site_id", "credentials", ["tenant_id", "site_id", "pack"])
    op.create_index(
        "uq_credentials_token",
        "credentials",
        ["tenant_id", "means", "token"],
        unique=True,
        **only("ended_at IS NULL AND token IS NOT NULL"),
    )
    op.create_table(
        "consents",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("consent_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("notice_version", sa.Text, nullable=False),
        sa.Column("given_at", BIG, nullable=False),
        sa.Column("withdrawn_at", BIG, nullable=True),
        sa.Column("given_by", sa.Text, nullable=False),
        sa.Column("details", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "consent_id", name="pk_consents"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"], ["people.tenant_id", "people.person_id"], name="fk_consents_tenant_id_person_id"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_consents_person_id", "consents", ["tenant_id", "person_id", "purpose"])
    op.create_table(
        "passages",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("gate_id", ID, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("means", sa.Text, nullable=True),
        sa.Column("opens", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=True),
        sa.Column("who", sa.LargeBinary, nullable=True),
        sa.Column("detail", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_passages"),
        sqlite_strict=True,
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index("ix_passages_day_token", "passages", ["tenant_id", "day", "token"], **only("token IS NOT NULL"))
    op.create_index("ix_passages_site_at", "passages", ["tenant_id", "site_id", "at", "id"])
    op.create_table(
        "replays",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("passage_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "day", "nonce", name="pk_replays"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "latch_answers",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("passage_id", BIG, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "passage_id", name="pk_latch_answers"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pictures",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("picture_id", ID, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("key_kind", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "picture_id", name="pk_pictures"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_pictures_day", "pictures", ["tenant_id", "day"])
    op.create_table(
        "journal",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("about", sa.LargeBinary, nullable=True),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("purpose", sa.LargeBinary, nullable=True),
        sa.Column("prev", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name="pk_journal"),
        sqlite_strict=True,
    )
    op.create_index("ix_journal_about", "journal", ["tenant_id", "about", "seq"], **only("about IS NOT NULL"))
    op.create_table(
        "journal_heads",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_journal_heads"),
        sqlite_strict=True,
    )
    op.create_table(
        "outbox",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("published_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_outbox"),
        sqlite_strict=True,
    )
    op.create_index("ix_outbox_waiting", "outbox", ["tenant_id", "id"], **only("published_at IS NULL"))
    op.create_table(
        "operators",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("login_token", sa.LargeBinary, nullable=False),
        sa.Column("profile", sa.LargeBinary, nullable=False),
        sa.Column("password", sa.LargeBinary, nullable=False),
        sa.Column("totp", sa.LargeBinary, nullable=True),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("disabled_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "operator_id", name="pk_operators"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_operators_tenant_id"),
        sqlite_strict=True,
    )
    op.create_index("uq_operators_login_token", "operators", ["tenant_id", "login_token"], unique=True)
    op.create_table(
        "sessions",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("revoked_at", BIG, nullable=True),
        sa.Column("seen_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "secret_hash", name="pk_sessions"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "operator_id"],
            ["operators.tenant_id", "operators.operator_id"],
            name="fk_sessions_tenant_id_operator_id",
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_sessions_operator_id", "sessions", ["tenant_id", "operator_id"])
    op.create_table(
        "setup_links",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("used_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "secret_hash", name="pk_setup_links"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_setup_links_tenant_id"),
        sqlite_strict=True,
    )
