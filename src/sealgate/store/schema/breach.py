"""Breaches: what was taken, and who was told when."""

from __future__ import annotations

from sealgate.domain.breach import Taken
from sealgate.store.columns import Day, Id, Instant, SealedBytes, Word
from sealgate.store.schema.making import may, must, needs, table
from sealgate.store.schema.places import sites, tenants

breaches = table(
    "breaches",
    ("breach_id",),
    must("breach_id", Id),
    must("found_at", Instant),
    must("taken", Word(Taken)),
    may("site_id", Id),
    may("first", Day),
    may("last", Day),
    must("words", SealedBytes),
    must("made_by", Id),
    may("authority_told_at", Instant),
    may("people_told_at", Instant),
    needs(tenants),
    needs(sites, "site_id"),
)
