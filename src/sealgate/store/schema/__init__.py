"""Every table, once, for SQLite, PostgreSQL and Citus: one file for each noun, joined here.

The surprising thing: `replays` stands beside `passages` because PostgreSQL cannot keep a nonce unique across partitions.
"""

from __future__ import annotations

from sealgate.store.schema.accounts import api_keys, operators, sessions, setup_links
from sealgate.store.schema.agreements import agreements
from sealgate.store.schema.asking import asks, privacy_rules
from sealgate.store.schema.breach import breaches
from sealgate.store.schema.edges import edges
from sealgate.store.schema.face_use import face_assessments, face_filings, face_uses
from sealgate.store.schema.fleets import account_entries, statements
from sealgate.store.schema.holds import legal_holds
from sealgate.store.schema.hours import (
    calendars,
    hour_records,
    hour_rules,
    leave_grants,
    leave_kinds,
    leaves,
    roster_days,
    rosters,
    services,
    shifts,
    work_months,
)
from sealgate.store.schema.journal import journal, journal_checkpoints, journal_heads, journal_nodes, journal_witnesses
from sealgate.store.schema.leaks import leak_reports
from sealgate.store.schema.making import metadata
from sealgate.store.schema.outside import outside_identities, signin_services
from sealgate.store.schema.oversight import alarm_letters, approvals, backup_letters, break_glass
from sealgate.store.schema.own import own_links, own_sessions
from sealgate.store.schema.parking import (
    bans,
    differences,
    lanes,
    lot_counters,
    lots,
    permit_plates,
    permits,
    reservations,
    tariffs,
    validations,
)
from sealgate.store.schema.passages import latch_answers, outbox, passages, pictures, replays
from sealgate.store.schema.payroll import pay_entries, pay_packs, pay_policies, pay_runs, pay_terms, payslips
from sealgate.store.schema.people import consents, credentials, group_members, imports, people, presence
from sealgate.store.schema.places import gates, grants, groups, holidays, sites, tenants, timetables, zones
from sealgate.store.schema.retention import retention
from sealgate.store.schema.signing_in import passkeys, spent_tickets
from sealgate.store.schema.stays import (
    bills,
    calls,
    invoice_requests,
    payments,
    readings,
    refunds,
    stay_masks,
    stay_validations,
    stays,
    unseen,
)
from sealgate.store.schema.sync import synced_people
from sealgate.store.schema.teams import goals, review_cycles, reviews, team_members, teams
from sealgate.store.schema.visits import letters, reception_calls, visit_blocks, visit_rules, visits

__all__ = [
    "account_entries",
    "agreements",
    "alarm_letters",
    "api_keys",
    "approvals",
    "asks",
    "backup_letters",
    "bans",
    "bills",
    "breaches",
    "break_glass",
    "calendars",
    "calls",
    "consents",
    "credentials",
    "differences",
    "edges",
    "face_assessments",
    "face_filings",
    "face_uses",
    "gates",
    "goals",
    "grants",
    "group_members",
    "groups",
    "holidays",
    "hour_records",
    "hour_rules",
    "imports",
    "invoice_requests",
    "journal",
    "journal_checkpoints",
    "journal_heads",
    "journal_nodes",
    "journal_witnesses",
    "lanes",
    "latch_answers",
    "leak_reports",
    "leave_grants",
    "leave_kinds",
    "leaves",
    "legal_holds",
    "letters",
    "lot_counters",
    "lots",
    "metadata",
    "operators",
    "outbox",
    "outside_identities",
    "own_links",
    "own_sessions",
    "passages",
    "passkeys",
    "pay_entries",
    "pay_packs",
    "pay_policies",
    "pay_runs",
    "pay_terms",
    "payments",
    "payslips",
    "people",
    "permit_plates",
    "permits",
    "pictures",
    "presence",
    "privacy_rules",
    "readings",
    "reception_calls",
    "refunds",
    "replays",
    "reservations",
    "retention",
    "review_cycles",
    "reviews",
    "roster_days",
    "rosters",
    "services",
    "sessions",
    "setup_links",
    "shifts",
    "signin_services",
    "sites",
    "spent_tickets",
    "statements",
    "stay_masks",
    "stay_validations",
    "stays",
    "synced_people",
    "tariffs",
    "team_members",
    "teams",
    "tenants",
    "timetables",
    "unseen",
    "validations",
    "visit_blocks",
    "visit_rules",
    "visits",
    "work_months",
    "zones",
]
