"""The journal, and the small signed roots that say what it was: see privacy/journal.py and privacy/checkpoints.py."""

from __future__ import annotations

from sqlalchemy import Text

from sealgate.store.columns import HashBytes, Instant, SealedBytes, TokenBytes, Whole
from sealgate.store.schema.making import may, must, table, where

journal = table(
    "journal",
    ("seq",),
    must("seq", Whole),
    must("at", Instant),
    must("actor_kind", Text),
    must("actor_id", Text),
    must("action", Text),
    may("about", TokenBytes),
    must("object", Text),
    may("purpose", SealedBytes),
    must("prev", HashBytes),
    must("hash", HashBytes),
    where("ix_journal_about", "tenant_id", "about", "seq", unique=False, only="about IS NOT NULL"),
)

journal_heads = table("journal_heads", (), must("seq", Whole), must("hash", HashBytes))

journal_nodes = table(
    "journal_nodes",
    ("level", "number"),
    must("level", Whole),
    must("number", Whole),
    must("hash", HashBytes),
)
"""Roots of the full subtrees of 2^level entries that end before the newest checkpoint; the `number`-th from 0."""

journal_checkpoints = table(
    "journal_checkpoints",
    ("size",),
    must("size", Whole),
    must("root", HashBytes),
    must("at", Instant),
    must("note", Text),
)

journal_witnesses = table(
    "journal_witnesses",
    ("name",),
    must("name", Text),
    must("size", Whole),
    must("at", Instant),
    may("said", Text),
    may("trouble", Text),
)
"""What each witness outside has last taken: `said` are its signatures, `trouble` the code of why it took no more."""
