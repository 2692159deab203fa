"""Visits: who is invited when and to which gates, what a site asks, who is not let in, and the letters that wait."""

from __future__ import annotations

from sqlalchemy import Index, Text

from sealgate.domain.sightings import Means
from sealgate.domain.visits import VisitState
from sealgate.domain.visits_blocks import BlockKind
from sealgate.domain.visits_letters import LetterKind
from sealgate.store.columns import Flag, HashBytes, Id, Instant, Json, SealedBytes, TokenBytes, Whole, Word
from sealgate.store.schema.making import may, must, needs, table, where
from sealgate.store.schema.people import people
from sealgate.store.schema.places import gates, sites, tenants

visit_rules = table(
    "visit_rules",
    ("site_id", "revision"),
    must("site_id", Id),
    must("revision", Whole),
    must("rules", Json),
    must("made_at", Instant),
    needs(sites, "site_id"),
)

visits = table(
    "visits",
    ("visit_id",),
    must("visit_id", Id),
    must("site_id", Id),
    must("person_id", Id),
    may("host_person", Id),
    may("host_operator", Id),
    must("state", Word(VisitState)),
    must("since", Instant),
    must("until", Instant),
    must("gates", Json),
    must("walk_up", Flag),
    must("forget", Flag),
    must("flagged", Flag),
    must("revision", Whole),
    must("language", Text),
    must("asked_at", Instant),
    may("answered_at", Instant),
    may("came_at", Instant),
    may("left_at", Instant),
    may("remind_at", Instant),
    may("strip_at", Instant),
    must("erase_at", Instant),
    may("way", Word(Means)),
    may("took_ms", Whole),
    must("link_hash", HashBytes),
    may("answer_hash", HashBytes),
    may("code_token", TokenBytes),
    may("id_token", TokenBytes),
    must("detail", SealedBytes),
    needs(sites, "site_id"),
    needs(people, "person_id"),
    Index("ix_visits_until", "tenant_id", "site_id", "until"),
    Index("ix_visits_erase_at", "tenant_id", "erase_at"),
    Index("ix_visits_person_id", "tenant_id", "person_id"),
    Index("uq_visits_link_hash", "tenant_id", "link_hash", unique=True),
    where("ix_visits_strip_at", "tenant_id", "strip_at", unique=False, only="strip_at IS NOT NULL"),
    where("ix_visits_here", "tenant_id", "site_id", unique=False, only="state IN ('inside', 'overstayed')"),
    where("ix_visits_asked", "tenant_id", "asked_at", unique=False, only="state = 'awaiting-approval'"),
    where("uq_visits_answer_hash", "tenant_id", "answer_hash", unique=True, only="answer_hash IS NOT NULL"),
    where("uq_visits_code_token", "tenant_id", "code_token", unique=True, only="code_token IS NOT NULL"),
)

visit_blocks = table(
    "visit_blocks",
    ("block_id",),
    must("block_id", Id),
    must("kind", Word(BlockKind)),
    must("token", TokenBytes),
    must("reason", SealedBytes),
    must("added_at", Instant),
    must("until", Instant),
    may("lifted_at", Instant),
    needs(tenants),
    where("ix_visit_blocks_token", "tenant_id", "token", unique=False, only="lifted_at IS NULL"),
)

reception_calls = table(
    "reception_calls",
    ("gate_id",),
    must("gate_id", Id),
    must("site_id", Id),
    must("pressed_at", Instant),
    needs(sites, "site_id"),
    needs(gates, "gate_id"),
    Index("ix_reception_calls_site_id", "tenant_id", "site_id"),
)

letters = table(
    "letters",
    ("letter_id",),
    must("letter_id", Id),
    must("visit_id", Id),
    must("kind", Word(LetterKind)),
    must("due_at", Instant),
    must("tries", Whole),
    may("claimed_until", Instant),
    may("sent_at", Instant),
    may("failed", Text),
    needs(visits, "visit_id"),
    Index("ix_letters_visit_id", "tenant_id", "visit_id"),
    where("ix_letters_waiting", "tenant_id", "due_at", unique=False, only="sent_at IS NULL AND failed IS NULL"),
)
