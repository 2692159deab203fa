"""The rows of pay. Every change of a run's state is a conditional update: whoever sees one row changed was first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.ids import OperatorId, PayRunId, PersonId
from sealgate.domain.payroll_run import RunKind, RunState
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx

t, e, r, p = s.pay_terms.c, s.pay_entries.c, s.pay_runs.c, s.payslips.c


@dataclass(frozen=True, slots=True)
class TermsRow:
    """`detail` is sealed under the person's key."""

    person: PersonId
    since: date
    detail: Sealed


@dataclass(frozen=True, slots=True)
class EntryRow:
    month: date
    person: PersonId
    detail: Sealed


@dataclass(frozen=True, slots=True)
class RunRow:
    """`revision` grows with each draft; `summary` is sealed under the organisation's key."""

    run: PayRunId
    month: date
    kind: RunKind
    state: RunState
    reverses: PayRunId | None
    revision: int
    summary: Sealed
    made_at: datetime
    made_by: OperatorId | None
    checked_at: datetime | None = None
    checked_by: OperatorId | None = None
    approved_at: datetime | None = None
    approved_by: OperatorId | None = None
    closed_at: datetime | None = None
    closed_by: OperatorId | None = None


@dataclass(frozen=True, slots=True)
class SlipRow:
    """`detail` is sealed under the person's pay key of the month's year."""

    run: PayRunId
    person: PersonId
    month: date
    detail: Sealed


_TERMS = (t.person_id, t.since, t.detail)
_ENTRY = (e.month, e.person_id, e.detail)
_RUN = (
    *(r.run_id, r.month, r.kind, r.state, r.reverses, r.revision, r.summary, r.made_at, r.made_by),
    *(r.checked_at, r.checked_by, r.approved_at, r.approved_by, r.closed_at, r.closed_by),
)
_SLIP = (p.run_id, p.person_id, p.month, p.detail)
PAID = (RunState.CLOSED, RunState.REVERSED)


def policy(db: Reader) -> dict[str, Any] | None:
    found: dict[str, Any] | None = db.sql.execute(sa.select(s.pay_policies.c.document).where(db.mine(s.pay_policies))).scalar()
    return found


def put_policy(tx: Tx, document: dict[str, Any], at: datetime) -> None:
    values = {"document": document, "changed_at": at}
    if tx.change(s.pay_policies, [], values) == 0:
        tx.add(s.pay_policies, values)


def pack(db: Reader, country: str) -> str | None:
    """The text of the tenant's own rules of that country."""
    query = sa.select(s.pay_packs.c.document).where(db.mine(s.pay_packs), s.pay_packs.c.country == country)
    found: str | None = db.sql.execute(query).scalar()
    return found


def put_pack(tx: Tx, country: str, text: str, at: datetime) -> None:
    values = {"document": text, "changed_at": at}
    if tx.change(s.pay_packs, [s.pay_packs.c.country == country], values) == 0:
        tx.add(s.pay_packs, {"country": country, **values})


def remove_pack(tx: Tx, country: str) -> bool:
    return tx.remove(s.pay_packs, [s.pay_packs.c.country == country]) == 1


def put_terms(tx: Tx, row: TermsRow, at: datetime) -> None:
    values = {"detail": row.detail, "changed_at": at}
    if tx.change(s.pay_terms, [t.person_id == row.person, t.since == row.since], values) == 0:
        tx.add(s.pay_terms, {"person_id": row.person, "since": row.since, **values})


def remove_terms(tx: Tx, person: PersonId, since: date) -> bool:
    return tx.remove(s.pay_terms, [t.person_id == person, t.since == since]) == 1


def terms_of(db: Reader, person: PersonId) -> list[TermsRow]:
    """Oldest first."""
    return db.rows(sa.select(*_TERMS).where(db.mine(s.pay_terms), t.person_id == person).order_by(t.since), TermsRow)


def terms_of_people(db: Reader, people: Sequence[PersonId]) -> list[TermsRow]:
    """Of these people, each one's oldest first."""
    query = sa.select(*_TERMS).where(db.mine(s.pay_terms), t.person_id.in_(people))
    return db.rows(query.order_by(t.person_id, t.since), TermsRow)


def terms_before(db: Reader, day: date) -> list[TermsRow]:
    """Of everybody, those that began before `day`, person by person and oldest first."""
    query = sa.select(*_TERMS).where(db.mine(s.pay_terms), t.since < day)
    return db.rows(query.order_by(t.person_id, t.since), TermsRow)


def put_entry(tx: Tx, row: EntryRow, at: datetime) -> None:
    values = {"detail": row.detail, "changed_at": at}
    if tx.change(s.pay_entries, [e.month == row.month, e.person_id == row.person], values) == 0:
        tx.add(s.pay_entries, {"month": row.month, "person_id": row.person, **values})


def entries(db: Reader, month: date, person: PersonId | None = None) -> list[EntryRow]:
    query = sa.select(*_ENTRY).where(db.mine(s.pay_entries), e.month == month)
    return db.rows(query if person is None else query.where(e.person_id == person), EntryRow)


def add_run(tx: Tx, row: RunRow) -> bool:
    """False where the month has a live run already, or the run a live reversal: somebody was first."""
    values = {
        "run_id": row.run,
        "month": row.month,
        "kind": row.kind,
        "state": row.state,
        "reverses": row.reverses,
        "revision": row.revision,
        "summary": row.summary,
        "made_at": row.made_at,
        "made_by": row.made_by,
    }
    return bool(tx.add_unless_there(s.pay_runs, [values], (r.run_id,)))


def change_run(tx: Tx, run: PayRunId, was: Sequence[RunState], values: dict[str, Any], *more: sa.ColumnElement[bool]) -> bool:
    """False where it is in another state by now: somebody was first."""
    return tx.change(s.pay_runs, [r.run_id == run, r.state.in_(was), *more], values) == 1


def redraft(tx: Tx, run: PayRunId, revision: int, summary: Sealed, at: datetime, by: OperatorId | None) -> bool:
    """A new draft in the place of `revision`; what was checked is to be checked again."""
    values = {
        "state": RunState.DRAFT,
        "revision": revision + 1,
        "summary": summary,
        "made_at": at,
        "made_by": by,
        "checked_at": None,
        "checked_by": None,
    }
    return change_run(tx, run, (RunState.DRAFT, RunState.CHECKED), values, r.revision == revision)


def check_run(tx: Tx, run: PayRunId, revision: int, at: datetime, by: OperatorId) -> bool:
    values = {"state": RunState.CHECKED, "checked_at": at, "checked_by": by}
    return change_run(tx, run, (RunState.DRAFT,), values, r.revision == revision)


def approve_run(tx: Tx, run: PayRunId, revision: int, at: datetime, by: OperatorId) -> bool:
    """Four eyes, in the condition itself: False also for whoever drafted or checked it."""
    values = {"state": RunState.APPROVED, "approved_at": at, "approved_by": by}
    others = (sa.or_(r.made_by.is_(None), r.made_by != by), r.checked_by != by)
    return change_run(tx, run, (RunState.CHECKED,), values, r.revision == revision, *others)


def close_run(tx: Tx, run: PayRunId, at: datetime, by: OperatorId) -> bool:
    return change_run(tx, run, (RunState.APPROVED,), {"state": RunState.CLOSED, "closed_at": at, "closed_by": by})


def run(db: Reader, run: PayRunId) -> RunRow | None:
    return db.row(sa.select(*_RUN).where(db.mine(s.pay_runs), r.run_id == run), RunRow)


def live_run(db: Reader, month: date) -> RunRow | None:
    """The month's regular run that was neither dropped nor reversed."""
    query = sa.select(*_RUN).where(db.mine(s.pay_runs), r.month == month, r.kind == RunKind.REGULAR)
    return db.row(query.where(r.state.not_in((RunState.REVERSED, RunState.DROPPED))), RunRow)


def runs(db: Reader, limit: int = 200) -> list[RunRow]:
    """Newest month first."""
    query = sa.select(*_RUN).where(db.mine(s.pay_runs))
    return db.rows(query.order_by(r.month.desc(), r.run_id.desc()).limit(limit), RunRow)


def put_slips(tx: Tx, run: PayRunId, slips: Sequence[SlipRow]) -> None:
    """In the place of those of an earlier draft."""
    tx.remove(s.payslips, [p.run_id == run])
    rows = [{"run_id": row.run, "person_id": row.person, "month": row.month, "detail": row.detail} for row in slips]
    tx.add_unless_there(s.payslips, rows, (p.person_id,))


def slips(db: Reader, run: PayRunId, person: PersonId | None = None) -> list[SlipRow]:
    query = sa.select(*_SLIP).where(db.mine(s.payslips), p.run_id == run)
    query = query if person is None else query.where(p.person_id == person)
    return db.rows(query.order_by(p.person_id), SlipRow)


def slips_before(db: Reader, day: date, limit: int, but: Collection[PersonId] = ()) -> list[SlipRow]:
    """Some of those of months before that day, of runs in whatever state; none of the people in `but`."""
    query = sa.select(*_SLIP).where(db.mine(s.payslips), p.month < day, p.person_id.not_in(sorted(but)))
    return db.rows(query.order_by(p.month, p.run_id, p.person_id).limit(limit), SlipRow)


def remove_slips(tx: Tx, slips: Sequence[SlipRow]) -> int:
    """How many were there."""
    by_run: dict[PayRunId, list[PersonId]] = {}
    for row in slips:
        by_run.setdefault(row.run, []).append(row.person)
    return sum(tx.remove(s.payslips, [p.run_id == run, p.person_id.in_(people)]) for run, people in by_run.items())


def remove_runs_before(tx: Tx, day: date) -> int:
    """Runs of months before that day that have no slips any more; how many."""
    has = sa.exists().where(p.tenant_id == r.tenant_id, p.run_id == r.run_id)
    return tx.remove(s.pay_runs, [r.month < day, ~has])


def has_empty_runs_before(db: Reader, day: date) -> bool:
    has = sa.exists().where(p.tenant_id == r.tenant_id, p.run_id == r.run_id)
    query = sa.select(r.run_id).where(db.mine(s.pay_runs), r.month < day, ~has).limit(1)
    return db.sql.execute(query).first() is not None


def paid_slips(db: Reader, since: date, until: date, person: PersonId | None = None) -> list[tuple[SlipRow, RunRow]]:
    """Slips of closed runs, reversed ones too, of months from `since` and before `until`; oldest run first."""
    there = sa.and_(r.tenant_id == p.tenant_id, r.run_id == p.run_id)
    query = sa.select(*_SLIP, *_RUN).join(s.pay_runs, there).where(db.mine(s.payslips), p.month >= since, p.month < until)
    query = query.where(r.state.in_(PAID)).order_by(p.month, r.closed_at, p.person_id)
    found = db.sql.execute(query if person is None else query.where(p.person_id == person))
    return [(SlipRow(*row[: len(_SLIP)]), RunRow(*row[len(_SLIP) :])) for row in found]
