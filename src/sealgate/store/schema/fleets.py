"""Fleets' accounts: what was charged to them, and the statements on which it stands."""

from __future__ import annotations

from sqlalchemy import Index, Text

from sealgate.domain.fleets import EntryKind
from sealgate.store.columns import Day, Id, Instant, Whole, Word
from sealgate.store.schema.making import may, must, needs, table, where
from sealgate.store.schema.parking import permits

statements = table(
    "statements",
    ("statement_id",),
    must("statement_id", Id),
    must("permit_id", Id),
    must("month", Text),
    must("made_at", Instant),
    must("due_on", Day),
    must("total_minor", Whole),
    must("currency", Text),
    must("entries", Whole),
    may("paid_at", Instant),
    may("paid_by", Id),
    needs(permits, "permit_id"),
    Index("uq_statements_month", "tenant_id", "permit_id", "month", unique=True),
    where("ix_statements_open", "tenant_id", "permit_id", unique=False, only="paid_at IS NULL"),
)

account_entries = table(
    "account_entries",
    ("entry_id",),
    must("entry_id", Id),
    must("permit_id", Id),
    must("kind", Word(EntryKind)),
    must("minor", Whole),
    must("currency", Text),
    must("at", Instant),
    must("stay_id", Id),
    must("lot_id", Id),
    must("entered_at", Instant),
    may("left_at", Instant),
    may("statement_id", Id),
    Index("ix_account_entries_statement_id", "tenant_id", "statement_id"),
    where("ix_account_entries_open", "tenant_id", "permit_id", "at", unique=False, only="statement_id IS NULL"),
)
