"""People who look at their own data: one-time links, and the sessions they open. Nothing of the secrets but their hash."""

from __future__ import annotations

from sqlalchemy import Index

from sealgate.store.columns import HashBytes, Id, Instant
from sealgate.store.schema.making import may, must, needs, table
from sealgate.store.schema.people import people

own_links = table(
    "own_links",
    ("secret_hash",),
    must("secret_hash", HashBytes),
    must("person_id", Id),
    must("expires_at", Instant),
    may("used_at", Instant),
    needs(people, "person_id"),
    Index("ix_own_links_person_id", "tenant_id", "person_id"),
)

own_sessions = table(
    "own_sessions",
    ("secret_hash",),
    must("secret_hash", HashBytes),
    must("person_id", Id),
    must("created_at", Instant),
    must("expires_at", Instant),
    may("revoked_at", Instant),
    needs(people, "person_id"),
    Index("ix_own_sessions_person_id", "tenant_id", "person_id"),
)
