"""Legal holds: what retention and erasure leave alone for a while."""

from __future__ import annotations

from sqlalchemy import Index

from sealgate.store.columns import Day, Id, Instant, SealedBytes
from sealgate.store.schema.making import may, must, needs, table
from sealgate.store.schema.people import people
from sealgate.store.schema.places import sites, tenants

legal_holds = table(
    "legal_holds",
    ("hold_id",),
    must("hold_id", Id),
    may("person_id", Id),
    may("site_id", Id),
    may("first", Day),
    may("last", Day),
    must("until", Day),
    must("reason", SealedBytes),
    must("made_by", Id),
    must("made_at", Instant),
    may("lifted_at", Instant),
    needs(tenants),
    needs(people, "person_id"),
    needs(sites, "site_id"),
    Index("ix_legal_holds_person_id", "tenant_id", "person_id"),
)
