"""Where: tenants, sites, zones, gates, and the times and groups that say who may pass where."""

from __future__ import annotations

from sqlalchemy import Column, Index, Text

from sealgate.domain.access import Passback
from sealgate.domain.face_use import RoomKind
from sealgate.domain.places import GateKind
from sealgate.store.columns import (
    Day,
    Flag,
    HashBytes,
    Id,
    Instant,
    Json,
    Real,
    SealedBytes,
    Whole,
    Word,
)
from sealgate.store.schema.making import may, must, needs, table, where

tenants = table("tenants", (), must("name", Text), must("created_at", Instant))

sites = table(
    "sites",
    ("site_id",),
    must("site_id", Id),
    must("name", Text),
    must("time_zone", Text),
    must("lockdown", Flag),
    may("face_space", Whole),
    needs(tenants),
)

zones = table(
    "zones",
    ("zone_id",),
    must("zone_id", Id),
    must("site_id", Id),
    must("name", Text),
    must("outside", Flag),
    Column("room", Word(RoomKind), nullable=False, server_default=RoomKind.ORDINARY.value),
    needs(sites, "site_id"),
)

gates = table(
    "gates",
    ("gate_id",),
    must("gate_id", Id),
    must("site_id", Id),
    must("name", Text),
    must("kind", Word(GateKind)),
    must("from_zone", Id),
    must("to_zone", Id),
    must("means", Json),
    must("min_similarity", Real),
    must("min_lead", Real),
    may("min_liveness", Real),
    must("min_plate_score", Real),
    must("passback", Word(Passback)),
    must("blocked", Flag),
    must("open_seconds", Real),
    may("source", SealedBytes),
    may("kiosk_hash", HashBytes),
    may("looks", Json),
    needs(sites, "site_id"),
    needs(zones, "from_zone"),
    needs(zones, "to_zone"),
    where("uq_gates_kiosk_hash", "tenant_id", "kiosk_hash", unique=True, only="kiosk_hash IS NOT NULL"),
)

holidays = table(
    "holidays",
    ("site_id", "day"),
    must("site_id", Id),
    must("day", Day),
    must("name", Text),
    needs(sites, "site_id"),
)

timetables = table(
    "timetables",
    ("timetable_id",),
    must("timetable_id", Id),
    must("name", Text),
    must("week", Json),
    needs(tenants),
)

groups = table("groups", ("group_id",), must("group_id", Id), must("name", Text), needs(tenants))

grants = table(
    "grants",
    ("grant_id",),
    must("grant_id", Id),
    must("group_id", Id),
    must("zone_id", Id),
    may("timetable_id", Id),
    needs(groups, "group_id"),
    needs(zones, "zone_id"),
    needs(timetables, "timetable_id"),
    Index("ix_grants_group_id", "tenant_id", "group_id"),
)
