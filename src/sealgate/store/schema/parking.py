"""Lots, lanes, permits, coupons, bans, reservations and the differences to a provider's statement."""

from __future__ import annotations

from sqlalchemy import Index, Text

from sealgate.domain.lots import Doubt, GateRole, PermitKind, SpaceClass
from sealgate.domain.reconciliation import Difference, Movement
from sealgate.store.columns import (
    Day,
    Flag,
    HashBytes,
    Id,
    Instant,
    Json,
    Real,
    SealedBytes,
    TokenBytes,
    Whole,
    Word,
)
from sealgate.store.schema.making import may, must, needs, table, where
from sealgate.store.schema.people import people
from sealgate.store.schema.places import gates, sites, tenants, zones

tariffs = table(
    "tariffs",
    ("name", "since"),
    must("name", Text),
    must("since", Day),
    must("document", Json),
    must("added_at", Instant),
    needs(tenants),
)

lots = table(
    "lots",
    ("lot_id",),
    must("lot_id", Id),
    must("site_id", Id),
    must("name", Text),
    must("capacity", Json),
    may("tariff", Text),
    must("doubt", Word(Doubt)),
    may("parent_id", Id),
    may("zone_id", Id),
    must("visitors", Flag),
    must("min_certainty", Real),
    must("echo_seconds", Real),
    must("longest_days", Real),
    may("area", Text),
    needs(sites, "site_id"),
    needs(zones, "zone_id"),
)

lanes = table(
    "lanes",
    ("gate_id",),
    must("gate_id", Id),
    must("lot_id", Id),
    must("role", Word(GateRole)),
    may("vehicle", Text),
    needs(gates, "gate_id"),
    needs(lots, "lot_id"),
    Index("ix_lanes_lot_id", "tenant_id", "lot_id"),
)

lot_counters = table(
    "lot_counters",
    ("lot_id", "space"),
    must("lot_id", Id),
    must("space", Word(SpaceClass)),
    must("taken", Whole),
    needs(lots, "lot_id"),
)

permits = table(
    "permits",
    ("permit_id",),
    must("permit_id", Id),
    must("kind", Word(PermitKind)),
    may("person_id", Id),
    may("holder", SealedBytes),
    must("lots", Json),
    must("zones", Json),
    may("since", Instant),
    may("until", Instant),
    may("week", Json),
    must("spaces", Whole),
    must("space", Word(SpaceClass)),
    must("created_at", Instant),
    may("ended_at", Instant),
    may("vehicle", Text),
    may("account_currency", Text),
    may("account_limit", Whole),
    may("suspended_at", Instant),
    needs(tenants),
    needs(people, "person_id"),
    Index("ix_permits_person_id", "tenant_id", "person_id"),
)

permit_plates = table(
    "permit_plates",
    ("token", "permit_id"),
    must("token", TokenBytes),
    must("permit_id", Id),
    must("plate", SealedBytes),
    must("added_at", Instant),
    needs(permits, "permit_id"),
    Index("ix_permit_plates_permit_id", "tenant_id", "permit_id"),
)

validations = table(
    "validations",
    ("validation_id",),
    must("validation_id", Id),
    must("lot_id", Id),
    must("shop", Text),
    must("code_hash", HashBytes),
    may("minutes", Whole),
    may("share", Whole),
    may("uses_left", Whole),
    must("made_at", Instant),
    must("expires_at", Instant),
    may("coupon", Text),
    needs(lots, "lot_id"),
    Index("uq_validations_code_hash", "tenant_id", "code_hash", unique=True),
)

bans = table(
    "bans",
    ("ban_id",),
    must("ban_id", Id),
    may("lot_id", Id),
    must("token", TokenBytes),
    must("plate", SealedBytes),
    must("reason", SealedBytes),
    may("until", Instant),
    must("added_at", Instant),
    may("lifted_at", Instant),
    needs(tenants),
    needs(lots, "lot_id"),
    where("ix_bans_token", "tenant_id", "token", unique=False, only="lifted_at IS NULL"),
)

reservations = table(
    "reservations",
    ("reservation_id",),
    must("reservation_id", Id),
    must("lot_id", Id),
    may("token", TokenBytes),
    must("plate", SealedBytes),
    must("since", Instant),
    must("until", Instant),
    must("space", Word(SpaceClass)),
    may("stay_id", Id),
    may("cancelled_at", Instant),
    needs(lots, "lot_id"),
    where("ix_reservations_token", "tenant_id", "token", unique=False, only="stay_id IS NULL AND cancelled_at IS NULL"),
    where(
        "ix_reservations_held", "tenant_id", "lot_id", "until", unique=False, only="stay_id IS NULL AND cancelled_at IS NULL"
    ),
)

differences = table(
    "differences",
    ("difference_id",),
    must("difference_id", Id),
    must("provider", Text),
    must("day", Day),
    must("difference", Word(Difference)),
    must("movement", Word(Movement)),
    may("payment_id", Id),
    may("ours_minor", Whole),
    may("theirs_minor", Whole),
    must("currency", Text),
    may("refs", SealedBytes),
    must("found_at", Instant),
    may("settled_at", Instant),
    may("settled_by", Id),
    may("settled_why", SealedBytes),
    needs(tenants),
    where("ix_differences_open", "tenant_id", "day", unique=False, only="settled_at IS NULL"),
)
