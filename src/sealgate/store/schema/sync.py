"""Who of the people is kept in step with a directory outside, and what it calls them."""

from __future__ import annotations

from sqlalchemy import Index

from sealgate.store.columns import Flag, Id, Instant, SealedBytes, TokenBytes, Whole
from sealgate.store.schema.making import may, must, needs, table
from sealgate.store.schema.people import people

synced_people = table(
    "synced_people",
    ("person_id",),
    must("person_id", Id),
    must("user_token", TokenBytes),
    may("external_token", TokenBytes),
    must("detail", SealedBytes),
    must("active", Flag),
    must("version", Whole),
    must("made_at", Instant),
    must("changed_at", Instant),
    needs(people, "person_id"),
    Index("uq_synced_people_user_token", "tenant_id", "user_token", unique=True),
    Index("ix_synced_people_external_token", "tenant_id", "external_token"),
)
