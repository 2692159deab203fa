"""Parking: lots and lanes, stays with their masks, permits, bills, payments, calls for the desk.

Frozen, like 0001: it takes nothing from schema.py. The long function is a table.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Uuid().with_variant(sa.LargeBinary(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")

MADE = (
    "tariffs",
    "lots",
    "lanes",
    "lot_counters",
    "permits",
    "permit_plates",
    "validations",
    "bans",
    "reservations",
    "differences",
    "stays",
    "stay_masks",
    "stay_validations",
    "readings",
    "unseen",
    "bills",
    "payments",
    "refunds",
    "calls",
)


def upgrade() -> None:
    tables()
    if op.get_bind().dialect.name == "postgresql":
        for table in MADE:
            op.execute(sa.text("SELECT sealgate_protect(CAST(:made AS regclass))").bindparams(made=table))


def only(where: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}


def tables() -> None:
    op.create_table(
        "tariffs",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("since", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("added_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", "since", name="pk_tariffs"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_tariffs_tenant_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "lots",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("capacity", sa.Text, nullable=False),
        sa.Column("tariff", sa.Text, nullable=True),
        sa.Column("doubt", sa.Text, nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("zone_id", ID, nullable=True),
        sa.Column("visitors", sa.Integer, nullable=False),
        sa.Column("min_certainty", REAL, nullable=False),
        sa.Column("echo_seconds", REAL, nullable=False),
        sa.Column("longest_days", REAL, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "lot_id", name="pk_lots"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["sites.tenant_id", "sites.site_id"], name="fk_lots_tenant_id_site_id"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "zone_id"], ["zones.tenant_id", "zones.zone_id"], name="fk_lots_tenant_id_zone_id"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "lanes",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("gate_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "gate_id", name="pk_lanes"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "gate_id"], ["gates.tenant_id", "gates.gate_id"], name="fk_lanes_tenant_id_gate_id"
        ),
        sa.ForeignKeyConstraint(["tenant_id", "lot_id"], ["lots.tenant_id", "lots.lot_id"], name="fk_lanes_tenant_id_lot_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_lanes_lot_id", "lanes", ["tenant_id", "lot_id"])
    op.create_table(
        "lot_counters",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("space", sa.Text, nullable=False),
        sa.Column("taken", BIG, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "lot_id", "space", name="pk_lot_counters"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lot_id"], ["lots.tenant_id", "lots.lot_id"], name="fk_lot_counters_tenant_id_lot_id"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "permits",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("permit_id", ID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("holder", sa.LargeBinary, nullable=True),
        sa.Column("lots", sa.Text, nullable=False),
        sa.Column("zones", sa.Text, nullable=False),
        sa.Column("since", BIG, nullable=True),
        sa.Column("until", BIG, nullable=True),
        sa.Column("week", sa.Text, nullable=True),
        sa.Column("spaces", BIG, nullable=False),
        sa.Column("space", sa.Text, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("ended_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "permit_id", name="pk_permits"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_permits_tenant_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"], ["people.tenant_id", "people.person_id"], name="fk_permits_tenant_id_person_id"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_permits_person_id", "permits", ["tenant_id", "person_id"])
    op.create_table(
        "permit_plates",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("permit_id", ID, nullable=False),
        sa.Column("plate", sa.LargeBinary, nullable=False),
        sa.Column("added_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "token", "permit_id", name="pk_permit_plates"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "permit_id"], ["permits.tenant_id", "permits.permit_id"], name="fk_permit_plates_tenant_id_permit_id"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_permit_plates_permit_id", "permit_plates", ["tenant_id", "permit_id"])
    op.create_table(
        "validations",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("validation_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.Column("minutes", BIG, nullable=True),
        sa.Column("share", BIG, nullable=True),
        sa.Column("uses_left", BIG, nullable=True),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "validation_id", name="pk_validations"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lot_id"], ["lots.tenant_id", "lots.lot_id"], name="fk_validations_tenant_id_lot_id"
        ),
        sqlite_strict=True,
    )
    op.create_index("uq_validations_code_hash", "validations", ["tenant_id", "code_hash"], unique=True)
    op.create_table(
        "bans",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("ban_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=True),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("plate", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.LargeBinary, nullable=False),
        sa.Column("until", BIG, nullable=True),
        sa.Column("added_at", BIG, nullable=False),
        sa.Column("lifted_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "ban_id", name="pk_bans"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_bans_tenant_id"),
        sa.ForeignKeyConstraint(["tenant_id", "lot_id"], ["lots.tenant_id", "lots.lot_id"], name="fk_bans_tenant_id_lot_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_bans_token", "bans", ["tenant_id", "token"], **only("lifted_at IS NULL"))
    op.create_table(
        "reservations",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("reservation_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=True),
        sa.Column("plate", sa.LargeBinary, nullable=False),
        sa.Column("since", BIG, nullable=False),
        sa.Column("until", BIG, nullable=False),
        sa.Column("space", sa.Text, nullable=False),
        sa.Column("stay_id", ID, nullable=True),
        sa.Column("cancelled_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "reservation_id", name="pk_reservations"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lot_id"], ["lots.tenant_id", "lots.lot_id"], name="fk_reservations_tenant_id_lot_id"
        ),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_reservations_held",
        "reservations",
        ["tenant_id", "lot_id", "until"],
        **only("stay_id IS NULL AND cancelled_at IS NULL"),
    )
    op.create_index(
        "ix_reservations_token", "reservations", ["tenant_id", "token"], **only("stay_id IS NULL AND cancelled_at IS NULL")
    )
    op.create_table(
        "differences",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("difference_id", ID, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("difference", sa.Text, nullable=False),
        sa.Column("movement", sa.Text, nullable=False),
        sa.Column("payment_id", ID, nullable=True),
        sa.Column("ours_minor", BIG, nullable=True),
        sa.Column("theirs_minor", BIG, nullable=True),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("refs", sa.LargeBinary, nullable=True),
        sa.Column("found_at", BIG, nullable=False),
        sa.Column("settled_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "difference_id", name="pk_differences"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_differences_tenant_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_differences_open", "differences", ["tenant_id", "day"], **only("settled_at IS NULL"))
    op.create_table(
        "stays",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("stay_id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("entered_at", BIG, nullable=False),
        sa.Column("entry_gate", ID, nullable=False),
        sa.Column("left_at", BIG, nullable=True),
        sa.Column("exit_gate", ID, nullable=True),
        sa.Column("closed_at", BIG, nullable=True),
        sa.Column("cause", sa.Text, nullable=True),
        sa.Column("superseded_at", BIG, nullable=True),
        sa.Column("paid_until", BIG, nullable=True),
        sa.Column("doubted_at", BIG, nullable=True),
        sa.Column("right_kind", sa.Text, nullable=False),
        sa.Column("space", sa.Text, nullable=False),
        sa.Column("permit_id", ID, nullable=True),
        sa.Column("reservation_id", ID, nullable=True),
        sa.Column("outer_id", ID, nullable=True),
        sa.Column("vehicle", sa.Text, nullable=False),
        sa.Column("tailgated", sa.Integer, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=True),
        sa.Column("ticket_hash", sa.LargeBinary, nullable=True),
        sa.Column("seen", sa.LargeBinary, nullable=True),
        sa.Column("seen_leaving", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "stay_id", name="pk_stays"),
        sqlite_strict=True,
    )
    op.create_index("ix_stays_live", "stays", ["tenant_id", "lot_id", "entered_at"], **only("state <> 'closed'"))
    op.create_index("ix_stays_lot_entered", "stays", ["tenant_id", "lot_id", "entered_at"])
    op.create_index("ix_stays_outer", "stays", ["tenant_id", "outer_id"], **only("outer_id IS NOT NULL"))
    op.create_index("ix_stays_permit", "stays", ["tenant_id", "permit_id"], **only("permit_id IS NOT NULL AND cause IS NULL"))
    op.create_index("ix_stays_token", "stays", ["tenant_id", "token"], **only("token IS NOT NULL"))
    op.create_index(
        "ix_stays_unread", "stays", ["tenant_id", "lot_id", "entered_at"], **only("token IS NULL AND cause IS NULL")
    )
    op.create_index(
        "uq_stays_inside", "stays", ["tenant_id", "lot_id", "token"], unique=True, **only("token IS NOT NULL AND cause IS NULL")
    )
    op.create_index(
        "uq_stays_ticket_hash", "stays", ["tenant_id", "ticket_hash"], unique=True, **only("ticket_hash IS NOT NULL")
    )
    op.create_table(
        "stay_masks",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("mask", sa.LargeBinary, nullable=False),
        sa.Column("stay_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "mask", "stay_id", name="pk_stay_masks"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_stay_masks_stay_id", "stay_masks", ["tenant_id", "stay_id"])
    op.create_table(
        "stay_validations",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("stay_id", ID, nullable=False),
        sa.Column("validation_id", ID, nullable=False),
        sa.Column("minutes", BIG, nullable=True),
        sa.Column("share", BIG, nullable=True),
        sa.Column("at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "stay_id", "validation_id", name="pk_stay_validations"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "readings",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("passage_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "day", "token", "passage_id", name="pk_readings"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unseen",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("passage_id", BIG, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("enters", sa.Integer, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("cleared_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "passage_id", name="pk_unseen"),
        sqlite_strict=True,
    )
    op.create_index("ix_unseen_open", "unseen", ["tenant_id", "lot_id", "at"], **only("cleared_at IS NULL"))
    op.create_table(
        "bills",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("bill_id", ID, nullable=False),
        sa.Column("stay_id", ID, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("lines", sa.Text, nullable=False),
        sa.Column("total_minor", BIG, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("final", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "bill_id", name="pk_bills"),
        sqlite_strict=True,
    )
    op.create_index("ix_bills_stay_id", "bills", ["tenant_id", "stay_id", "bill_id"])
    op.create_index("uq_bills_final", "bills", ["tenant_id", "stay_id"], unique=True, **only("final = 1"))
    op.create_table(
        "payments",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("stay_id", ID, nullable=False),
        sa.Column("bill_id", ID, nullable=True),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("merchant", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("minor", BIG, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("idempotency", sa.Text, nullable=False),
        sa.Column("started_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("paid_at", BIG, nullable=True),
        sa.Column("refunded_told", BIG, nullable=False),
        sa.Column("disputed_at", BIG, nullable=True),
        sa.Column("ref_token", sa.LargeBinary, nullable=True),
        sa.Column("refs", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "payment_id", name="pk_payments"),
        sqlite_strict=True,
    )
    op.create_index("ix_payments_paid_at", "payments", ["tenant_id", "provider", "paid_at"])
    op.create_index("ix_payments_pending", "payments", ["tenant_id", "started_at"], **only("state = 'pending'"))
    op.create_index("ix_payments_ref_token", "payments", ["tenant_id", "ref_token"], **only("ref_token IS NOT NULL"))
    op.create_index("ix_payments_stay_id", "payments", ["tenant_id", "stay_id"])
    op.create_index("uq_payments_idempotency", "payments", ["tenant_id", "idempotency"], unique=True)
    op.create_table(
        "refunds",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("refund_id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("minor", BIG, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("reference", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.LargeBinary, nullable=True),
        sa.Column("asked_at", BIG, nullable=False),
        sa.Column("done_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "refund_id", name="pk_refunds"),
        sqlite_strict=True,
    )
    op.create_index("ix_refunds_payment_id", "refunds", ["tenant_id", "payment_id"])
    op.create_index("ix_refunds_under_way", "refunds", ["tenant_id", "asked_at"], **only("state IN ('asked', 'stuck')"))
    op.create_table(
        "calls",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("call_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("gate_id", ID, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("stay_id", ID, nullable=True),
        sa.Column("passage_id", BIG, nullable=True),
        sa.Column("token", sa.LargeBinary, nullable=True),
        sa.Column("detail", sa.LargeBinary, nullable=True),
        sa.Column("claimed_by", ID, nullable=True),
        sa.Column("claimed_at", BIG, nullable=True),
        sa.Column("done_at", BIG, nullable=True),
        sa.Column("outcome", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "call_id", name="pk_calls"),
        sqlite_strict=True,
    )
    op.create_index("ix_calls_lot_at", "calls", ["tenant_id", "lot_id", "at"])
    op.create_index("ix_calls_open", "calls", ["tenant_id", "at"], **only("state <> 'done'"))
    op.create_index("ix_calls_stay", "calls", ["tenant_id", "stay_id"], **only("stay_id IS NOT NULL"))
    op.create_index("ix_calls_token", "calls", ["tenant_id", "token"], **only("token IS NOT NULL"))
