"""Edges: the boxes at a site that decide at its lanes by a copy of their own."""

from __future__ import annotations

from sqlalchemy import Index, Text

from sealgate.store.columns import Flag, HashBytes, Id, Instant, SealedBytes, Whole
from sealgate.store.schema.making import may, must, needs, table
from sealgate.store.schema.places import sites

edges = table(
    "edges",
    ("edge_id",),
    must("edge_id", Id),
    must("site_id", Id),
    must("name", Text),
    must("auth_hash", HashBytes),
    must("link_key", SealedBytes),
    must("made_at", Instant),
    may("ended_at", Instant),
    may("heard_at", Instant),
    may("waiting", Whole),
    may("version", Text),
    may("copied_at", Instant),
    may("behind", Flag),
    needs(sites, "site_id"),
    Index("uq_edges_auth_hash", "tenant_id", "auth_hash", unique=True),
)
