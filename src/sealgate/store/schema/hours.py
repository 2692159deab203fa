"""Attendance: shifts, rosters, rules and calendars; what people write about a day; leave; and the derived months."""

from __future__ import annotations

from sqlalchemy import Index, Text

from sealgate.domain.attendance_leave import LeaveState
from sealgate.domain.attendance_records import RecordKind, RecordState
from sealgate.store.columns import Day, Flag, Id, Instant, Json, SealedBytes, Whole, Word
from sealgate.store.schema.making import may, must, needs, table, where
from sealgate.store.schema.people import people
from sealgate.store.schema.places import groups, sites, tenants

shifts = table(
    "shifts",
    ("shift_id", "since"),
    must("shift_id", Id),
    must("since", Day),
    must("name", Text),
    must("document", Json),
    may("removed_on", Day),
    needs(tenants),
)

hour_rules = table(
    "hour_rules", ("name",), must("name", Text), must("document", Json), must("changed_at", Instant), needs(tenants)
)

calendars = table(
    "calendars",
    ("name",),
    must("name", Text),
    must("document", Text),
    must("changed_at", Instant),
    needs(tenants),
)

rosters = table(
    "rosters",
    ("roster_id",),
    must("roster_id", Id),
    may("person_id", Id),
    may("group_id", Id),
    must("site_id", Id),
    must("since", Day),
    may("until", Day),
    must("anchor", Day),
    must("cycle", Json),
    must("follows_calendar", Flag),
    must("rules", Text),
    needs(people, "person_id"),
    needs(groups, "group_id"),
    needs(sites, "site_id"),
    Index("ix_rosters_person_id", "tenant_id", "person_id"),
)

roster_days = table(
    "roster_days",
    ("person_id", "day"),
    must("person_id", Id),
    must("day", Day),
    must("shifts", Json),
    must("site_id", Id),
    needs(people, "person_id"),
    needs(sites, "site_id"),
    Index("ix_roster_days_day", "tenant_id", "day"),
)

hour_records = table(
    "hour_records",
    ("record_id",),
    must("record_id", Id),
    must("person_id", Id),
    must("day", Day),
    must("kind", Word(RecordKind)),
    must("state", Word(RecordState)),
    must("detail", SealedBytes),
    must("made_at", Instant),
    may("made_by", Id),
    may("settled_at", Instant),
    may("settled_by", Id),
    needs(people, "person_id"),
    Index("ix_hour_records_person_day", "tenant_id", "person_id", "day"),
    where("ix_hour_records_asked", "tenant_id", "record_id", unique=False, only="state = 'asked'"),
)

leave_kinds = table("leave_kinds", ("kind",), must("kind", Text), must("document", Json), needs(tenants))

leaves = table(
    "leaves",
    ("leave_id",),
    must("leave_id", Id),
    must("person_id", Id),
    must("first", Day),
    must("last", Day),
    must("state", Word(LeaveState)),
    must("detail", SealedBytes),
    must("asked_at", Instant),
    may("asked_by", Id),
    may("settled_at", Instant),
    may("settled_by", Id),
    needs(people, "person_id"),
    Index("ix_leaves_person_last", "tenant_id", "person_id", "last"),
    Index("ix_leaves_last", "tenant_id", "last"),
    where("ix_leaves_asked", "tenant_id", "leave_id", unique=False, only="state = 'asked'"),
)

leave_grants = table(
    "leave_grants",
    ("grant_id",),
    must("grant_id", Id),
    must("person_id", Id),
    must("day", Day),
    must("detail", SealedBytes),
    must("given_at", Instant),
    may("given_by", Id),
    needs(people, "person_id"),
    Index("ix_leave_grants_person_id", "tenant_id", "person_id", "day"),
)

services = table("services", ("person_id",), must("person_id", Id), must("detail", SealedBytes), needs(people, "person_id"))

work_months = table(
    "work_months",
    ("month", "person_id"),
    must("month", Day),
    must("person_id", Id),
    must("revision", Whole),
    must("derived_at", Instant),
    must("days", SealedBytes),
    needs(people, "person_id"),
    Index("ix_work_months_person_id", "tenant_id", "person_id"),
)
