"""What a site uses faces for, its impact assessments, and the filing of an organisation that keeps very many faces."""

from __future__ import annotations

from sqlalchemy import Index, Text

from sealgate.store.columns import Day, Id, Instant, Json
from sealgate.store.schema.making import may, must, needs, table
from sealgate.store.schema.places import sites, tenants

face_uses = table(
    "face_uses",
    ("site_id",),
    must("site_id", Id),
    must("purpose", Text),
    must("necessity", Text),
    may("written_by", Id),
    may("written_at", Instant),
    may("due_since", Instant),
    may("stopped_at", Instant),
    needs(sites, "site_id"),
)

face_assessments = table(
    "face_assessments",
    ("assessment_id",),
    must("assessment_id", Id),
    must("site_id", Id),
    must("made_at", Instant),
    must("made_by", Id),
    must("facts", Json),
    must("digest", Text),
    must("risks", Text),
    may("replaced_at", Instant),
    needs(sites, "site_id"),
    Index("ix_face_assessments_site_id", "tenant_id", "site_id", "made_at"),
)

face_filings = table(
    "face_filings",
    (),
    may("reached_at", Instant),
    may("filed_on", Day),
    may("number", Text),
    needs(tenants),
)
