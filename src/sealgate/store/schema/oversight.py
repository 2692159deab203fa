"""What watches over operators: rights taken in an emergency, what two people have to agree to, and the letters that alarm."""

from __future__ import annotations

from sqlalchemy import Index, Text

from sealgate.store.columns import Day, Flag, Id, Instant, SealedBytes, Whole
from sealgate.store.schema.accounts import operators
from sealgate.store.schema.making import may, must, needs, table, where
from sealgate.store.schema.places import sites

break_glass = table(
    "break_glass",
    ("glass_id",),
    must("glass_id", Id),
    must("operator_id", Id),
    must("reason", SealedBytes),
    must("begun_at", Instant),
    must("until", Instant),
    may("ended_at", Instant),
    needs(operators, "operator_id"),
    where("ix_break_glass_open", "tenant_id", "operator_id", unique=True, only="ended_at IS NULL"),
)

alarm_letters = table(
    "alarm_letters",
    ("letter_id",),
    must("letter_id", Id),
    must("operator_id", Id),
    must("glass_id", Id),
    must("due_at", Instant),
    must("tries", Whole),
    may("sent_at", Instant),
    may("failed", Text),
    needs(operators, "operator_id"),
    needs(break_glass, "glass_id"),
    where("ix_alarm_letters_due_at", "tenant_id", "due_at", unique=False, only="sent_at IS NULL AND failed IS NULL"),
)

backup_letters = table(
    "backup_letters",
    ("operator_id", "day"),
    must("operator_id", Id),
    must("day", Day),
    must("due_at", Instant),
    must("tries", Whole),
    may("sent_at", Instant),
    may("failed", Text),
    needs(operators, "operator_id"),
    where("ix_backup_letters_due_at", "tenant_id", "due_at", unique=False, only="sent_at IS NULL AND failed IS NULL"),
)

approvals = table(
    "approvals",
    ("approval_id",),
    must("approval_id", Id),
    must("kind", Text),
    must("thing", Text),
    must("row_count", Whole),
    may("site_id", Id),
    must("reason", SealedBytes),
    must("asked_by", Id),
    must("asked_at", Instant),
    must("until", Instant),
    may("decided_by", Id),
    may("decided_at", Instant),
    may("approved", Flag),
    may("used_at", Instant),
    needs(operators, "asked_by"),
    needs(sites, "site_id"),
    Index("ix_approvals_asked_by", "tenant_id", "asked_by", "until"),
    where("ix_approvals_open", "tenant_id", "until", unique=False, only="decided_at IS NULL"),
)
