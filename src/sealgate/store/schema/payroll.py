"""Pay: the employer's rules, what was agreed with each person, runs and their payslips.

A payslip leads to no row of a person: it outlives the person's other data, under a key of its own.
"""

from __future__ import annotations

from sqlalchemy import Index, Text

from sealgate.domain.payroll_run import RunKind, RunState
from sealgate.store.columns import Day, Id, Instant, Json, SealedBytes, Whole, Word
from sealgate.store.schema.making import may, must, needs, table, where
from sealgate.store.schema.people import people
from sealgate.store.schema.places import tenants

pay_policies = table("pay_policies", (), must("document", Json), must("changed_at", Instant), needs(tenants))

pay_packs = table(
    "pay_packs", ("country",), must("country", Text), must("document", Text), must("changed_at", Instant), needs(tenants)
)

pay_terms = table(
    "pay_terms",
    ("person_id", "since"),
    must("person_id", Id),
    must("since", Day),
    must("detail", SealedBytes),
    must("changed_at", Instant),
    needs(people, "person_id"),
    Index("ix_pay_terms_since", "tenant_id", "since"),
)

pay_entries = table(
    "pay_entries",
    ("month", "person_id"),
    must("month", Day),
    must("person_id", Id),
    must("detail", SealedBytes),
    must("changed_at", Instant),
    needs(people, "person_id"),
    Index("ix_pay_entries_person_id", "tenant_id", "person_id"),
)

pay_runs = table(
    "pay_runs",
    ("run_id",),
    must("run_id", Id),
    must("month", Day),
    must("kind", Word(RunKind)),
    must("state", Word(RunState)),
    may("reverses", Id),
    must("revision", Whole),
    must("summary", SealedBytes),
    must("made_at", Instant),
    may("made_by", Id),
    may("checked_at", Instant),
    may("checked_by", Id),
    may("approved_at", Instant),
    may("approved_by", Id),
    may("closed_at", Instant),
    may("closed_by", Id),
    needs(tenants),
    Index("ix_pay_runs_month", "tenant_id", "month"),
    where(
        "uq_pay_runs_month",
        "tenant_id",
        "month",
        unique=True,
        only="kind = 'regular' AND state NOT IN ('reversed', 'dropped')",
    ),
    where("uq_pay_runs_reverses", "tenant_id", "reverses", unique=True, only="reverses IS NOT NULL AND state <> 'dropped'"),
)

payslips = table(
    "payslips",
    ("run_id", "person_id"),
    must("run_id", Id),
    must("person_id", Id),
    must("month", Day),
    must("detail", SealedBytes),
    needs(pay_runs, "run_id"),
    Index("ix_payslips_person_month", "tenant_id", "person_id", "month"),
)
