"""Reports of a leak that strangers bring. What they say is sealed; of the reporter's link only the hash is here."""

from __future__ import annotations

from sqlalchemy import Index

from sealgate.domain.leaks import LeakState
from sealgate.store.columns import HashBytes, Id, Instant, SealedBytes, Whole, Word
from sealgate.store.schema.making import may, must, needs, table, where
from sealgate.store.schema.places import tenants

leak_reports = table(
    "leak_reports",
    ("report_id",),
    must("report_id", Id),
    must("secret_hash", HashBytes),
    must("state", Word(LeakState)),
    must("said", SealedBytes),
    may("answer", SealedBytes),
    must("came_at", Instant),
    must("changed_at", Instant),
    may("closed_at", Instant),
    must("due_at", Instant),
    must("tries", Whole),
    may("claimed_until", Instant),
    may("told_at", Instant),
    needs(tenants),
    Index("uq_leak_reports_secret_hash", "tenant_id", "secret_hash", unique=True),
    where("ix_leak_reports_untold", "tenant_id", "due_at", unique=False, only="told_at IS NULL"),
)
