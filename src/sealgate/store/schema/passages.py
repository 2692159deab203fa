"""What comes in millions: passages and what belongs to them, the outbox. No foreign key points into these."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Index, Text

from sealgate.domain.access import Reason
from sealgate.domain.sightings import Means
from sealgate.ports import KeyKind, LatchAnswer
from sealgate.store.columns import (
    Flag,
    Id,
    Instant,
    Json,
    SealedBytes,
    TokenBytes,
    Whole,
    Word,
)
from sealgate.store.schema.making import may, must, table, where

passages = table(
    "passages",
    ("id",),
    must("id", Whole),
    must("site_id", Id),
    must("gate_id", Id),
    must("day", sa.Integer),
    must("at", Instant),
    may("means", Word(Means)),
    must("opens", Flag),
    must("reason", Word(Reason)),
    may("token", TokenBytes),
    may("who", SealedBytes),
    may("detail", SealedBytes),
    # The day comes first, so that every insert lands in today's part of the index (docs/adr/0002-one-schema.md).
    where("ix_passages_day_token", "tenant_id", "day", "token", unique=False, only="token IS NOT NULL"),
    Index("ix_passages_site_at", "tenant_id", "site_id", "at", "id"),
    Index("ix_passages_at", "at", postgresql_using="brin").ddl_if(dialect="postgresql"),
    postgresql_partition_by="RANGE (id)",
)

replays = table(
    "replays",
    ("day", "nonce"),
    must("day", sa.Integer),
    must("nonce", TokenBytes),
    must("passage_id", Whole),
    sqlite_with_rowid=False,
)

latch_answers = table(
    "latch_answers",
    ("passage_id",),
    must("passage_id", Whole),
    must("answer", Word(LatchAnswer)),
    must("at", Instant),
    sqlite_with_rowid=False,
)

# Without row ids, so that on SQLite pictures lie in the order of their random names and not beside "their" passage.
pictures = table(
    "pictures",
    ("picture_id",),
    must("picture_id", Id),
    must("day", sa.Integer),
    must("key_kind", Word(KeyKind)),
    Index("ix_pictures_day", "tenant_id", "day"),
    sqlite_with_rowid=False,
)

outbox = table(
    "outbox",
    ("id",),
    must("id", Whole),
    must("topic", Text),
    must("payload", Json),
    must("at", Instant),
    may("published_at", Instant),
    where("ix_outbox_waiting", "tenant_id", "id", unique=False, only="published_at IS NULL"),
)
