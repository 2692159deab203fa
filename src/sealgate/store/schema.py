"""Every table, once, for SQLite, PostgreSQL and Citus.

Every primary key begins with the tenant, every foreign key carries it, and what comes in millions (passages and
what belongs to them, journal, outbox) has no foreign key into it. The surprising thing: `replays` stands beside
`passages` because PostgreSQL cannot keep a nonce unique across partitions.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table, Text

from sealgate.domain.access import Passback, Reason
from sealgate.domain.billing import PaymentState, RefundState
from sealgate.domain.lots import Doubt, GateRole, PermitKind, SpaceClass
from sealgate.domain.people import PersonKind
from sealgate.domain.places import GateKind
from sealgate.domain.reconciliation import Difference, Movement
from sealgate.domain.sightings import Means
from sealgate.domain.stays import Cause, RightKind, StayState
from sealgate.domain.stays_calls import CallReason, CallState
from sealgate.ports import KeyKind, LatchAnswer
from sealgate.store.columns import (
    Day,
    Flag,
    HashBytes,
    Id,
    Instant,
    Json,
    Real,
    SealedBytes,
    TokenBytes,
    Whole,
    Word,
)

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def _table(name: str, key: tuple[str, ...], *parts: Any, **options: Any) -> Table:
    """A table of one tenant's rows: `tenant_id` and then `key` are its primary key."""
    tenant = Column("tenant_id", Id, nullable=False)
    return Table(name, metadata, tenant, *parts, PrimaryKeyConstraint("tenant_id", *key), sqlite_strict=True, **options)


def _needs(name: str, *columns: str) -> ForeignKeyConstraint:
    """A composite foreign key to the primary key of table `name`, within the tenant."""
    target = metadata.tables[name]
    return ForeignKeyConstraint(("tenant_id", *columns), [f"{name}.{column.name}" for column in target.primary_key])


def _must(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _may(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, nullable=True)


def _where(name: str, *columns: str, unique: bool, only: str) -> Index:
    """An index of the rows for which `only` holds, on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=sa.text(only), postgresql_where=sa.text(only))


# --- places -------------------------------------------------------------------------------------------------

tenants = _table("tenants", (), _must("name", Text), _must("created_at", Instant))

sites = _table(
    "sites",
    ("site_id",),
    _must("site_id", Id),
    _must("name", Text),
    _must("time_zone", Text),
    _must("lockdown", Flag),
    _needs("tenants"),
)

zones = _table(
    "zones",
    ("zone_id",),
    _must("zone_id", Id),
    _must("site_id", Id),
    _must("name", Text),
    _must("outside", Flag),
    _needs("sites", "site_id"),
)

gates = _table(
    "gates",
    ("gate_id",),
    _must("gate_id", Id),
    _must("site_id", Id),
    _must("name", Text),
    _must("kind", Word(GateKind)),
    _must("from_zone", Id),
    _must("to_zone", Id),
    _must("means", Json),
    _must("min_similarity", Real),
    _must("min_lead", Real),
    _may("min_liveness", Real),
    _must("min_plate_score", Real),
    _must("passback", Word(Passback)),
    _must("blocked", Flag),
    _must("open_seconds", Real),
    _may("source", SealedBytes),
    _may("kiosk_hash", HashBytes),
    _needs("sites", "site_id"),
    _needs("zones", "from_zone"),
    _needs("zones", "to_zone"),
    _where("uq_gates_kiosk_hash", "tenant_id", "kiosk_hash", unique=True, only="kiosk_hash IS NOT NULL"),
)

holidays = _table(
    "holidays",
    ("site_id", "day"),
    _must("site_id", Id),
    _must("day", Day),
    _must("name", Text),
    _needs("sites", "site_id"),
)

timetables = _table(
    "timetables",
    ("timetable_id",),
    _must("timetable_id", Id),
    _must("name", Text),
    _must("week", Json),
    _needs("tenants"),
)

groups = _table("groups", ("group_id",), _must("group_id", Id), _must("name", Text), _needs("tenants"))

grants = _table(
    "grants",
    ("grant_id",),
    _must("grant_id", Id),
    _must("group_id", Id),
    _must("zone_id", Id),
    _may("timetable_id", Id),
    _needs("groups", "group_id"),
    _needs("zones", "zone_id"),
    _needs("timetables", "timetable_id"),
    Index("ix_grants_group_id", "tenant_id", "group_id"),
)

# --- people -------------------------------------------------------------------------------------------------

people = _table(
    "people",
    ("person_id",),
    _must("person_id", Id),
    _must("kind", Word(PersonKind)),
    _must("profile", SealedBytes),
    _must("name_token", TokenBytes),
    _must("suspended", Flag),
    _may("valid_since", Instant),
    _may("valid_until", Instant),
    _must("created_at", Instant),
    _needs("tenants"),
    Index("ix_people_name_token", "tenant_id", "name_token"),
)

group_members = _table(
    "group_members",
    ("group_id", "person_id"),
    _must("group_id", Id),
    _must("person_id", Id),
    _needs("groups", "group_id"),
    _needs("people", "person_id"),
    Index("ix_group_members_person_id", "tenant_id", "person_id"),
)

presence = _table(
    "presence",
    ("person_id",),
    _must("person_id", Id),
    _must("state", SealedBytes),
    _needs("people", "person_id"),
)

credentials = _table(
    "credentials",
    ("credential_id",),
    _must("credential_id", Id),
    _must("person_id", Id),
    _must("means", Word(Means)),
    _may("token", TokenBytes),
    _must("secret", SealedBytes),
    _may("label", SealedBytes),
    _may("pack", Text),
    _may("site_id", Id),
    _may("since", Instant),
    _may("until", Instant),
    _must("created_at", Instant),
    _may("ended_at", Instant),
    _needs("people", "person_id"),
    _needs("sites", "site_id"),
    Index("ix_credentials_person_id", "tenant_id", "person_id"),
    Index("ix_credentials_site_id", "tenant_id", "site_id", "pack"),
    _where("uq_credentials_token", "tenant_id", "means", "token", unique=True, only="ended_at IS NULL AND token IS NOT NULL"),
)

consents = _table(
    "consents",
    ("consent_id",),
    _must("consent_id", Id),
    _must("person_id", Id),
    _must("purpose", Text),
    _must("notice_version", Text),
    _must("given_at", Instant),
    _may("withdrawn_at", Instant),
    _must("given_by", Text),
    _may("details", SealedBytes),
    _needs("people", "person_id"),
    Index("ix_consents_person_id", "tenant_id", "person_id", "purpose"),
)

# --- what comes in millions: no foreign keys into these ------------------------------------------------------

passages = _table(
    "passages",
    ("id",),
    _must("id", Whole),
    _must("site_id", Id),
    _must("gate_id", Id),
    _must("day", sa.Integer),
    _must("at", Instant),
    _may("means", Word(Means)),
    _must("opens", Flag),
    _must("reason", Word(Reason)),
    _may("token", TokenBytes),
    _may("who", SealedBytes),
    _may("detail", SealedBytes),
    # The day comes first, so that every insert lands in today's part of the index (docs/adr/0002-one-schema.md).
    _where("ix_passages_day_token", "tenant_id", "day", "token", unique=False, only="token IS NOT NULL"),
    Index("ix_passages_site_at", "tenant_id", "site_id", "at", "id"),
    Index("ix_passages_at", "at", postgresql_using="brin").ddl_if(dialect="postgresql"),
    postgresql_partition_by="RANGE (id)",
)

replays = _table(
    "replays",
    ("day", "nonce"),
    _must("day", sa.Integer),
    _must("nonce", TokenBytes),
    _must("passage_id", Whole),
    sqlite_with_rowid=False,
)

latch_answers = _table(
    "latch_answers",
    ("passage_id",),
    _must("passage_id", Whole),
    _must("answer", Word(LatchAnswer)),
    _must("at", Instant),
    sqlite_with_rowid=False,
)

# Without row ids, so that on SQLite pictures lie in the order of their random names and not beside "their" passage.
pictures = _table(
    "pictures",
    ("picture_id",),
    _must("picture_id", Id),
    _must("day", sa.Integer),
    _must("key_kind", Word(KeyKind)),
    Index("ix_pictures_day", "tenant_id", "day"),
    sqlite_with_rowid=False,
)

journal = _table(
    "journal",
    ("seq",),
    _must("seq", Whole),
    _must("at", Instant),
    _must("actor_kind", Text),
    _must("actor_id", Text),
    _must("action", Text),
    _may("about", TokenBytes),
    _must("object", Text),
    _may("purpose", SealedBytes),
    _must("prev", HashBytes),
    _must("hash", HashBytes),
    _where("ix_journal_about", "tenant_id", "about", "seq", unique=False, only="about IS NOT NULL"),
)

journal_heads = _table("journal_heads", (), _must("seq", Whole), _must("hash", HashBytes))

outbox = _table(
    "outbox",
    ("id",),
    _must("id", Whole),
    _must("topic", Text),
    _must("payload", Json),
    _must("at", Instant),
    _may("published_at", Instant),
    _where("ix_outbox_waiting", "tenant_id", "id", unique=False, only="published_at IS NULL"),
)

# --- accounts -----------------------------------------------------------------------------------------------

operators = _table(
    "operators",
    ("operator_id",),
    _must("operator_id", Id),
    _must("login_token", TokenBytes),
    _must("profile", SealedBytes),
    _must("password", SealedBytes),
    _may("totp", SealedBytes),
    _must("roles", Json),
    _must("created_at", Instant),
    _may("disabled_at", Instant),
    _needs("tenants"),
    Index("uq_operators_login_token", "tenant_id", "login_token", unique=True),
)

sessions = _table(
    "sessions",
    ("secret_hash",),
    _must("secret_hash", HashBytes),
    _must("operator_id", Id),
    _must("created_at", Instant),
    _must("expires_at", Instant),
    _may("revoked_at", Instant),
    _may("seen_at", Instant),
    _needs("operators", "operator_id"),
    Index("ix_sessions_operator_id", "tenant_id", "operator_id"),
)

setup_links = _table(
    "setup_links",
    ("secret_hash",),
    _must("secret_hash", HashBytes),
    _must("roles", Json),
    _must("expires_at", Instant),
    _may("used_at", Instant),
    _needs("tenants"),
)

# --- parking ------------------------------------------------------------------------------------------------

tariffs = _table(
    "tariffs",
    ("name", "since"),
    _must("name", Text),
    _must("since", Day),
    _must("document", Json),
    _must("added_at", Instant),
    _needs("tenants"),
)

lots = _table(
    "lots",
    ("lot_id",),
    _must("lot_id", Id),
    _must("site_id", Id),
    _must("name", Text),
    _must("capacity", Json),
    _may("tariff", Text),
    _must("doubt", Word(Doubt)),
    _may("parent_id", Id),
    _may("zone_id", Id),
    _must("visitors", Flag),
    _must("min_certainty", Real),
    _must("echo_seconds", Real),
    _must("longest_days", Real),
    _needs("sites", "site_id"),
    _needs("zones", "zone_id"),
)

lanes = _table(
    "lanes",
    ("gate_id",),
    _must("gate_id", Id),
    _must("lot_id", Id),
    _must("role", Word(GateRole)),
    _needs("gates", "gate_id"),
    _needs("lots", "lot_id"),
    Index("ix_lanes_lot_id", "tenant_id", "lot_id"),
)

lot_counters = _table(
    "lot_counters",
    ("lot_id", "space"),
    _must("lot_id", Id),
    _must("space", Word(SpaceClass)),
    _must("taken", Whole),
    _needs("lots", "lot_id"),
)

permits = _table(
    "permits",
    ("permit_id",),
    _must("permit_id", Id),
    _must("kind", Word(PermitKind)),
    _may("person_id", Id),
    _may("holder", SealedBytes),
    _must("lots", Json),
    _must("zones", Json),
    _may("since", Instant),
    _may("until", Instant),
    _may("week", Json),
    _must("spaces", Whole),
    _must("space", Word(SpaceClass)),
    _must("created_at", Instant),
    _may("ended_at", Instant),
    _needs("tenants"),
    _needs("people", "person_id"),
    Index("ix_permits_person_id", "tenant_id", "person_id"),
)

permit_plates = _table(
    "permit_plates",
    ("token", "permit_id"),
    _must("token", TokenBytes),
    _must("permit_id", Id),
    _must("plate", SealedBytes),
    _must("added_at", Instant),
    _needs("permits", "permit_id"),
    Index("ix_permit_plates_permit_id", "tenant_id", "permit_id"),
)

validations = _table(
    "validations",
    ("validation_id",),
    _must("validation_id", Id),
    _must("lot_id", Id),
    _must("shop", Text),
    _must("code_hash", HashBytes),
    _may("minutes", Whole),
    _may("share", Whole),
    _may("uses_left", Whole),
    _must("made_at", Instant),
    _must("expires_at", Instant),
    _needs("lots", "lot_id"),
    Index("uq_validations_code_hash", "tenant_id", "code_hash", unique=True),
)

bans = _table(
    "bans",
    ("ban_id",),
    _must("ban_id", Id),
    _may("lot_id", Id),
    _must("token", TokenBytes),
    _must("plate", SealedBytes),
    _must("reason", SealedBytes),
    _may("until", Instant),
    _must("added_at", Instant),
    _may("lifted_at", Instant),
    _needs("tenants"),
    _needs("lots", "lot_id"),
    _where("ix_bans_token", "tenant_id", "token", unique=False, only="lifted_at IS NULL"),
)

reservations = _table(
    "reservations",
    ("reservation_id",),
    _must("reservation_id", Id),
    _must("lot_id", Id),
    _may("token", TokenBytes),
    _must("plate", SealedBytes),
    _must("since", Instant),
    _must("until", Instant),
    _must("space", Word(SpaceClass)),
    _may("stay_id", Id),
    _may("cancelled_at", Instant),
    _needs("lots", "lot_id"),
    _where("ix_reservations_token", "tenant_id", "token", unique=False, only="stay_id IS NULL AND cancelled_at IS NULL"),
    _where(
        "ix_reservations_held", "tenant_id", "lot_id", "until", unique=False, only="stay_id IS NULL AND cancelled_at IS NULL"
    ),
)

differences = _table(
    "differences",
    ("difference_id",),
    _must("difference_id", Id),
    _must("provider", Text),
    _must("day", Day),
    _must("difference", Word(Difference)),
    _must("movement", Word(Movement)),
    _may("payment_id", Id),
    _may("ours_minor", Whole),
    _may("theirs_minor", Whole),
    _must("currency", Text),
    _may("refs", SealedBytes),
    _must("found_at", Instant),
    _may("settled_at", Instant),
    _needs("tenants"),
    _where("ix_differences_open", "tenant_id", "day", unique=False, only="settled_at IS NULL"),
)

# --- parking that comes in millions: no foreign keys here either ---------------------------------------------

stays = _table(
    "stays",
    ("stay_id",),
    _must("stay_id", Id),
    _must("site_id", Id),
    _must("lot_id", Id),
    _must("day", sa.Integer),
    _must("state", Word(StayState)),
    _must("entered_at", Instant),
    _must("entry_gate", Id),
    _may("left_at", Instant),
    _may("exit_gate", Id),
    _may("closed_at", Instant),
    _may("cause", Word(Cause)),
    _may("superseded_at", Instant),
    _may("paid_until", Instant),
    _may("doubted_at", Instant),
    _must("right_kind", Word(RightKind)),
    _must("space", Word(SpaceClass)),
    _may("permit_id", Id),
    _may("reservation_id", Id),
    _may("outer_id", Id),
    _must("vehicle", Text),
    _must("tailgated", Flag),
    _may("token", TokenBytes),
    _may("ticket_hash", HashBytes),
    _may("seen", SealedBytes),
    _may("seen_leaving", SealedBytes),
    Index("ix_stays_lot_entered", "tenant_id", "lot_id", "entered_at"),
    # What is looked up at every arrival holds live stays only: a million closed ones cost it nothing.
    _where("ix_stays_live", "tenant_id", "lot_id", "entered_at", unique=False, only="state <> 'closed'"),
    _where("ix_stays_token", "tenant_id", "token", unique=False, only="token IS NOT NULL"),
    _where("ix_stays_unread", "tenant_id", "lot_id", "entered_at", unique=False, only="token IS NULL AND cause IS NULL"),
    _where("uq_stays_inside", "tenant_id", "lot_id", "token", unique=True, only="token IS NOT NULL AND cause IS NULL"),
    _where("ix_stays_permit", "tenant_id", "permit_id", unique=False, only="permit_id IS NOT NULL AND cause IS NULL"),
    _where("ix_stays_outer", "tenant_id", "outer_id", unique=False, only="outer_id IS NOT NULL"),
    _where("uq_stays_ticket_hash", "tenant_id", "ticket_hash", unique=True, only="ticket_hash IS NOT NULL"),
)

stay_masks = _table(
    "stay_masks",
    ("mask", "stay_id"),
    _must("mask", TokenBytes),
    _must("stay_id", Id),
    Index("ix_stay_masks_stay_id", "tenant_id", "stay_id"),
    sqlite_with_rowid=False,
)

stay_validations = _table(
    "stay_validations",
    ("stay_id", "validation_id"),
    _must("stay_id", Id),
    _must("validation_id", Id),
    _may("minutes", Whole),
    _may("share", Whole),
    _must("at", Instant),
    sqlite_with_rowid=False,
)

# A pass that was taken for another plate than the one that was read is found under either.
readings = _table(
    "readings",
    ("day", "token", "passage_id"),
    _must("day", sa.Integer),
    _must("token", TokenBytes),
    _must("passage_id", Whole),
    sqlite_with_rowid=False,
)

unseen = _table(
    "unseen",
    ("passage_id",),
    _must("passage_id", Whole),
    _must("lot_id", Id),
    _must("enters", Flag),
    _must("at", Instant),
    _may("cleared_at", Instant),
    _where("ix_unseen_open", "tenant_id", "lot_id", "at", unique=False, only="cleared_at IS NULL"),
)

bills = _table(
    "bills",
    ("bill_id",),
    _must("bill_id", Id),
    _must("stay_id", Id),
    _must("at", Instant),
    _must("lines", Json),
    _must("total_minor", Whole),
    _must("currency", Text),
    _must("final", Flag),
    Index("ix_bills_stay_id", "tenant_id", "stay_id", "bill_id"),
    _where("uq_bills_final", "tenant_id", "stay_id", unique=True, only="final = 1"),
)

payments = _table(
    "payments",
    ("payment_id",),
    _must("payment_id", Id),
    _must("stay_id", Id),
    _may("bill_id", Id),
    _must("provider", Text),
    _must("merchant", Text),
    _must("state", Word(PaymentState)),
    _must("minor", Whole),
    _must("currency", Text),
    _must("idempotency", Text),
    _must("started_at", Instant),
    _must("expires_at", Instant),
    _may("paid_at", Instant),
    _must("refunded_told", Whole),
    _may("disputed_at", Instant),
    _may("ref_token", TokenBytes),
    _may("refs", SealedBytes),
    Index("ix_payments_stay_id", "tenant_id", "stay_id"),
    Index("ix_payments_paid_at", "tenant_id", "provider", "paid_at"),
    Index("uq_payments_idempotency", "tenant_id", "idempotency", unique=True),
    _where("ix_payments_ref_token", "tenant_id", "ref_token", unique=False, only="ref_token IS NOT NULL"),
    _where("ix_payments_pending", "tenant_id", "started_at", unique=False, only="state = 'pending'"),
)

refunds = _table(
    "refunds",
    ("refund_id",),
    _must("refund_id", Id),
    _must("payment_id", Id),
    _must("state", Word(RefundState)),
    _must("minor", Whole),
    _must("currency", Text),
    _must("reference", SealedBytes),
    _may("reason", SealedBytes),
    _must("asked_at", Instant),
    _may("done_at", Instant),
    Index("ix_refunds_payment_id", "tenant_id", "payment_id"),
    _where("ix_refunds_under_way", "tenant_id", "asked_at", unique=False, only="state IN ('asked', 'stuck')"),
)

invoice_requests = _table(
    "invoice_requests",
    ("payment_id",),
    _must("payment_id", Id),
    _must("stay_id", Id),
    _must("asked_at", Instant),
    _must("detail", SealedBytes),
    _may("done_at", Instant),
    _where("ix_invoice_requests_open", "tenant_id", "asked_at", unique=False, only="done_at IS NULL"),
)

calls = _table(
    "calls",
    ("call_id",),
    _must("call_id", Id),
    _must("lot_id", Id),
    _may("gate_id", Id),
    _must("reason", Word(CallReason)),
    _must("state", Word(CallState)),
    _must("at", Instant),
    _may("stay_id", Id),
    _may("passage_id", Whole),
    _may("token", TokenBytes),
    _may("detail", SealedBytes),
    _may("claimed_by", Id),
    _may("claimed_at", Instant),
    _may("done_at", Instant),
    _may("outcome", Text),
    Index("ix_calls_lot_at", "tenant_id", "lot_id", "at"),
    _where("ix_calls_open", "tenant_id", "at", unique=False, only="state <> 'done'"),
    _where("ix_calls_token", "tenant_id", "token", unique=False, only="token IS NOT NULL"),
    _where("ix_calls_stay", "tenant_id", "stay_id", unique=False, only="stay_id IS NOT NULL"),
)
