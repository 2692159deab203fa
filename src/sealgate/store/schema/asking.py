"""What people asked about their own data, with the day of the answer; and the rules of an organisation about it."""

from __future__ import annotations

from sqlalchemy import Index

from sealgate.domain.asking import AskKind, AskState
from sealgate.store.columns import Day, Id, Instant, Json, SealedBytes, Word
from sealgate.store.schema.making import may, must, needs, table
from sealgate.store.schema.people import people
from sealgate.store.schema.places import tenants

asks = table(
    "asks",
    ("ask_id",),
    must("ask_id", Id),
    must("person_id", Id),
    must("kind", Word(AskKind)),
    must("state", Word(AskState)),
    must("asked_at", Instant),
    must("due_on", Day),
    must("detail", SealedBytes),
    may("answered_at", Instant),
    may("answered_by", Id),
    may("answer", SealedBytes),
    needs(people, "person_id"),
    Index("ix_asks_person_id", "tenant_id", "person_id"),
    Index("ix_asks_state", "tenant_id", "state", "due_on"),
)

privacy_rules = table("privacy_rules", (), must("rules", Json), must("changed_at", Instant), needs(tenants))
