"""Pay runs: drafted, checked, approved by somebody else, closed; taken back only by a reversing run.

The surprising thing: a slip is written down when the run is drafted, with all it came from, and never worked out again; what
changes afterwards in hours, terms or rules is seen by drafting anew, which asks for a new check. Two people who press at once
are settled by the run's state and revision in one conditional update, and four eyes by the same condition.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from sealgate.domain.attendance import WorkDay, month_bounds
from sealgate.domain.attendance_periods import period_begin
from sealgate.domain.attendance_rules import Rules as HourRules
from sealgate.domain.attendance_rules import System
from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import LeaveKindId, OperatorId, PayRunId, PersonId, TenantId
from sealgate.domain.operators import Permission
from sealgate.domain.payroll import past_of, work_out
from sealgate.domain.payroll_errors import KeptNoMore, NobodyToPay, PayConflict, RunBlocked, RunSettled, SecondPerson
from sealgate.domain.payroll_hours import month_hours, settled_by_period
from sealgate.domain.payroll_lines import Slip, read_slip, reversed_slip, slip_document
from sealgate.domain.payroll_run import Finding, FindingKind, RunKind, RunState, Sums, findings, sums, weak_rules
from sealgate.domain.payroll_terms import NOTHING, Entry, Terms, masked, next_month, terms_on
from sealgate.domain.performance import PeriodScore
from sealgate.flows.hours import read_days, rules_of
from sealgate.flows.hours_book import rule_sets
from sealgate.flows.kit import House, Signed, organisation, seal, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.flows.pay_terms import Rules, first_kept_year, opened_entry, opened_terms, rules_in
from sealgate.flows.performance import period_scores
from sealgate.flows.signin import operator_names
from sealgate.ports import KeyKind
from sealgate.privacy import journal
from sealgate.store import directory
from sealgate.store import payroll as rows
from sealgate.store.engine import Actor, Reader, Tx
from sealgate.store.hours import leaves
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed

Made = TypeVar("Made")

LOOK_BACK = 3 * 366
"""Days: what a limit left to be taken off is looked for so far back."""


@dataclass(frozen=True, slots=True)
class PersonSlip:
    """One person in a run. `slip` is None where it could not be worked out; `findings` say why. Of `account` only the end is
    shown, but to the bank (`pay_slips.transfers`).
    """

    person: PersonId
    name: str
    number: str
    account: str
    slip: Slip | None
    findings: tuple[Finding, ...]

    @property
    def blocks(self) -> bool:
        return any(finding.blocks for finding in self.findings)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """`findings` count what is to be looked at, by kind; `rules` is the digest of the rules that it was worked out by."""

    sums: Sums
    currency: str
    findings: Mapping[FindingKind, int]
    weak: tuple[str, ...]
    blocked: int


@dataclass(frozen=True, slots=True)
class Run:
    row: rows.RunRow
    summary: RunSummary


@dataclass(frozen=True, slots=True)
class _Scene:
    """All that a month's slips are worked out from, read in a fixed number of queries."""

    month: date
    rules: Rules
    terms: Mapping[PersonId, tuple[Terms, ...]]
    entries: Mapping[PersonId, Entry]
    past: Mapping[PersonId, tuple[Slip, ...]]
    days: Mapping[PersonId, tuple[WorkDay, ...]]
    periods: Mapping[PersonId, tuple[HourRules, tuple[WorkDay, ...]]]
    leave: Mapping[LeaveKindId, int]
    scores: Mapping[PersonId, PeriodScore]


def draft(house: House, signed: Signed, month: str) -> PayRunId:
    """Work out `2026-10` for everybody with terms, and write it down: a new run, or the open one drafted anew.

    Raises `BadMonth`, `NobodyToPay`, `KeptNoMore`, `RunSettled` where the month's run was approved or closed.
    """
    signed.need(Permission.PAY)
    return draft_month(house, signed.tenant, signed.actor, month, signed.operator)


def draft_month(house: House, tenant: TenantId, actor: Actor, month: str, by: OperatorId | None = None) -> PayRunId:
    """As `draft`, for the command line."""
    first, _ = month_bounds(month)
    with house.store.begin(tenant, actor) as tx:
        now = house.clock.now()
        if first.year < first_kept_year(rules_in(tx).policy, now):
            raise KeptNoMore(f"pay of {first.year} is kept no more")
        slips = _worked_out(house, tx, first)
        summary = _summary(slips, rules_in(tx))
        run = _written(house, tx, first, summary, now, by)
        rows.put_slips(tx, run, [_sealed(house, tx.tenant, run, first, one) for one in slips])
        journal.write(tx, house.keyring, now, "pay.drafted", object=f"pay-run:{run}")
    return run


def shown(one: PersonSlip) -> PersonSlip:
    """As people read it."""
    return replace(one, account=masked(one.account))


def check(house: House, signed: Signed, run: PayRunId, revision: int) -> None:
    """Somebody has looked at every finding of that revision. Raises `RunBlocked` while somebody cannot be paid,
    `PayConflict`.
    """
    signed.need(Permission.PAY)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = _run(house, tx, run)
        if found.summary.blocked:
            raise RunBlocked(f"{found.summary.blocked} people cannot be paid as it stands")
        _won(rows.check_run(tx, run, revision, house.clock.now(), signed.operator))
        journal.write(tx, house.keyring, house.clock.now(), "pay.checked", object=f"pay-run:{run}")


def approve(house: House, signed: Signed, run: PayRunId, revision: int) -> None:
    """Raises `SecondPerson` for whoever drafted or checked it, `PayConflict`."""
    signed.need(Permission.APPROVE_PAY)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = _run(house, tx, run)
        if signed.operator in {found.row.made_by, found.row.checked_by}:
            raise SecondPerson
        _won(rows.approve_run(tx, run, revision, house.clock.now(), signed.operator))
        journal.write(tx, house.keyring, house.clock.now(), "pay.approved", object=f"pay-run:{run}")


def close(house: House, signed: Signed, run: PayRunId) -> None:
    """It is paid, and its slips can be seen by the people they are of. A reversing run takes back the run it reverses."""
    signed.need(Permission.PAY)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = _run(house, tx, run)
        _won(rows.close_run(tx, run, house.clock.now(), signed.operator))
        if found.row.reverses is not None:
            _won(rows.change_run(tx, found.row.reverses, (RunState.CLOSED,), {"state": RunState.REVERSED}))
        tx.publish("pay.closed", {"run": str(run), "month": f"{found.row.month:%Y-%m}", "kind": found.row.kind.value})
        journal.write(tx, house.keyring, house.clock.now(), "pay.closed", object=f"pay-run:{run}")
        tx.after_commit(house.wake)


def drop(house: House, signed: Signed, run: PayRunId) -> None:
    """Give up a run that was not closed; the month can be drafted anew."""
    signed.need(Permission.PAY)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        _run(house, tx, run)
        open_states = (RunState.DRAFT, RunState.CHECKED, RunState.APPROVED)
        _won(rows.change_run(tx, run, open_states, {"state": RunState.DROPPED}))
        journal.write(tx, house.keyring, house.clock.now(), "pay.dropped", object=f"pay-run:{run}")


def reverse(house: House, signed: Signed, run: PayRunId, why: str) -> PayRunId:
    """A run of the same amounts turned round, to be checked, approved by another and closed like any. Raises `PayConflict`."""
    signed.need(Permission.PAY)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found, now = _run(house, tx, run), house.clock.now()
        _won(found.row.state is RunState.CLOSED and found.row.kind is RunKind.REGULAR)
        slips = [_turned(one) for one in opened_slips(house, tx, rows.slips(tx, run))]
        made = PayRunId(house.new_id())
        summary = seal(house, tx.tenant, organisation(), _summary_place(tx.tenant, made), _summary(slips, rules_in(tx)))
        row = rows.RunRow(made, found.row.month, RunKind.REVERSAL, RunState.DRAFT, run, 1, summary, now, signed.operator)
        _won(rows.add_run(tx, row))
        rows.put_slips(tx, made, [_sealed(house, tx.tenant, made, found.row.month, one) for one in slips])
        journal.write(tx, house.keyring, now, "pay.reversed", object=f"pay-run:{run}", purpose=" ".join(why.split())[:300])
    return made


def runs(house: House, signed: Signed) -> list[Run]:
    """Newest month first."""
    signed.need(Permission.PAY)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = [_opened(house, tx.tenant, row) for row in rows.runs(tx)]
        journal.write(tx, house.keyring, house.clock.now(), "pay.listed")
    return found


def names(house: House, signed: Signed) -> dict[str, str]:
    """Of operators, by their ids: who drafted, checked and approved."""
    signed.need(Permission.PAY)
    with house.store.read(signed.tenant) as db:
        return operator_names(house, db)


def record(house: House, signed: Signed, run: PayRunId) -> tuple[Run, list[PersonSlip]]:
    """One run and everybody in it, those first who need to be looked at. Raises `NotFound`."""
    signed.need(Permission.PAY)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = _run(house, tx, run)
        people = [shown(one) for one in opened_slips(house, tx, rows.slips(tx, run))]
        journal.write(tx, house.keyring, house.clock.now(), "pay.run-opened", object=f"pay-run:{run}")
    return found, sorted(people, key=lambda one: (not one.blocks, not _worth_a_look(one), one.name))


def _worth_a_look(one: PersonSlip) -> bool:
    return any(finding.kind not in {FindingKind.CHANGED, FindingKind.NEW} for finding in one.findings)


def state_of(house: House, tenant: TenantId, actor: Actor, run: PayRunId) -> tuple[Run, list[PersonSlip]]:
    """As `record`, for the command line."""
    with house.store.begin(tenant, actor) as tx:
        found = _run(house, tx, run)
        people = [shown(one) for one in opened_slips(house, tx, rows.slips(tx, run))]
        journal.write(tx, house.keyring, house.clock.now(), "pay.run-opened", object=f"pay-run:{run}")
    return found, people


def _worked_out(house: House, tx: Tx, month: date) -> list[PersonSlip]:
    scene = _scene(house, tx, month)
    if not scene.terms:
        raise NobodyToPay(f"nobody has terms of pay in {month:%Y-%m}")
    people = {row.person: row for row in directory.people_by_id(tx, list(scene.terms))}
    found = []
    for person in scene.terms:
        row = people.get(person)
        if row is not None:
            profile = unseal(house, profile_place(tx.tenant, person), row.profile)
            found.append(_one(scene, person, profile["name"], profile["number"]))
    return found


def _one(scene: _Scene, person: PersonId, name: str, number: str) -> PersonSlip:
    terms = terms_on(scene.terms[person], scene.month)
    end = next_month(scene.month) if terms.employed_until is None else terms.employed_until + timedelta(days=1)
    days = [day for day in scene.days.get(person, ()) if terms.employed_since <= day.day < end]
    hours = month_hours(days, scene.leave)
    if person in scene.periods:
        by, whole = scene.periods[person]
        inside = [day for day in whole if terms.employed_since <= day.day < end]
        hours = settled_by_period(hours, inside, by, next_month(scene.month) - timedelta(days=1))
    slips = scene.past.get(person, ())
    try:
        slip = work_out(
            scene.rules.pack,
            scene.rules.policy,
            scene.month,
            terms,
            hours,
            _scored(scene.entries.get(person, NOTHING), scene.scores.get(person)),
            past_of(slips, scene.month),
        )
    except Refused as refused:
        return PersonSlip(person, name, number, terms.account, None, (_cannot(refused),))
    before = next((one for one in reversed(slips) if next_month(one.month) == scene.month), None)
    found = findings(scene.rules.pack, terms, hours, slip, before)
    return PersonSlip(person, name, number, terms.account, slip, found)


def _scored(entry: Entry, reviewed: PeriodScore | None) -> Entry:
    """What somebody entered for the month holds before what the review said."""
    if entry.score is not None or reviewed is None:
        return entry
    return replace(entry, score=reviewed.share, reviewed=f"review:{reviewed.since}..{reviewed.until}")


def _cannot(refused: Refused) -> Finding:
    return Finding(FindingKind.CANNOT, code=refused.code, about=getattr(refused, "field", ""))


def _scene(house: House, tx: Tx, month: date) -> _Scene:
    rules, end = rules_in(tx), next_month(month)
    terms: dict[PersonId, tuple[Terms, ...]] = defaultdict(tuple)
    for row in rows.terms_before(tx, end):
        terms[row.person] += _there(partial(opened_terms, house, tx.tenant, row, rules.pack))
    here = {person: found for person, found in terms.items() if found and _employed(terms_on(found, month), month)}
    entries = {
        row.person: entry
        for row in rows.entries(tx, month)
        if row.person in here
        for entry in _there(partial(opened_entry, house, tx.tenant, row, rules.pack))
    }
    last = end - timedelta(days=1)
    days = read_days(house, tx, list(here), month, last)
    return _Scene(
        month=month,
        rules=rules,
        terms=here,
        entries=entries,
        past=_past(house, tx, month),
        days=days,
        periods=_periods(house, tx, days, month, last),
        leave={kind.kind: kind.paid for kind in leaves.kinds(tx)},
        scores=period_scores(house, tx, list(here), last),
    )


def _periods(
    house: House, tx: Tx, days: Mapping[PersonId, tuple[WorkDay, ...]], month: date, last: date
) -> dict[PersonId, tuple[HourRules, tuple[WorkDay, ...]]]:
    """Of whoever works by the comprehensive system: the rules, and the days from the beginning of the periods on."""
    known = rule_sets(tx)
    by = {person: rules for person, own in days.items() if own and (rules := rules_of(own, known)) is not None}
    begins: dict[date, list[PersonId]] = defaultdict(list)
    for person, rules in by.items():
        if rules.system is System.COMPREHENSIVE:
            begins[period_begin(month, rules.period)].append(person)
    return {
        person: (by[person], whole)
        for begin, people in begins.items()
        for person, whole in read_days(house, tx, people, begin, last).items()
    }


def _there(opened: Callable[[], Made]) -> tuple[Made, ...]:
    """Nothing of somebody whose key is destroyed."""
    try:
        return (opened(),)
    except KeyDestroyed:
        return ()


def _employed(terms: Terms, month: date) -> bool:
    return terms.employed_since < next_month(month) and (terms.employed_until is None or terms.employed_until >= month)


def _past(house: House, tx: Tx, month: date) -> dict[PersonId, tuple[Slip, ...]]:
    found: dict[PersonId, tuple[Slip, ...]] = defaultdict(tuple)
    since = min(month - timedelta(days=LOOK_BACK), date(month.year, 1, 1))
    paid = rows.paid_slips(tx, since, month)
    for one in opened_slips(house, tx, [row for row, _ in paid]):
        if one.slip is not None:
            found[one.person] += (one.slip,)
    return found


def _written(house: House, tx: Tx, month: date, summary: dict[str, Any], now: datetime, by: OperatorId | None) -> PayRunId:
    """A new row, or the open run's next revision."""
    live = rows.live_run(tx, month)
    if live is not None and live.state not in (RunState.DRAFT, RunState.CHECKED):
        raise RunSettled(live.run)
    run = PayRunId(house.new_id()) if live is None else live.run
    sealed = seal(house, tx.tenant, organisation(), _summary_place(tx.tenant, run), summary)
    if live is None:
        row = rows.RunRow(run, month, RunKind.REGULAR, RunState.DRAFT, None, 1, sealed, now, by)
        _won(rows.add_run(tx, row))
    else:
        _won(rows.redraft(tx, run, live.revision, sealed, now, by))
    return run


def _won(changed: bool) -> None:  # noqa: FBT001 - the row count of a conditional update
    if not changed:
        raise PayConflict("the run is in another state by now")


def _turned(one: PersonSlip) -> PersonSlip:
    slip = None if one.slip is None else reversed_slip(one.slip)
    return PersonSlip(one.person, one.name, one.number, one.account, slip, ())


def _summary(slips: Sequence[PersonSlip], rules: Rules) -> dict[str, Any]:
    worked = [one.slip for one in slips if one.slip is not None]
    counts: dict[str, int] = defaultdict(int)
    for one in slips:
        for finding in one.findings:
            counts[finding.kind.value] += 1
    weak = [finding.code for finding in weak_rules(rules.pack, worked)]
    return {
        "sums": asdict(sums(worked)),
        "currency": rules.pack.currency,
        "findings": dict(counts),
        "weak": weak,
        "blocked": sum(one.blocks for one in slips),
    }


def _run(house: House, db: Reader, run: PayRunId) -> Run:
    row = rows.run(db, run)
    if row is None:
        raise NotFound("pay run")
    return _opened(house, db.tenant, row)


def _opened(house: House, tenant: TenantId, row: rows.RunRow) -> Run:
    kept = unseal(house, _summary_place(tenant, row.run), row.summary)
    counts = {FindingKind(kind): number for kind, number in kept["findings"].items()}
    summary = RunSummary(Sums(**kept["sums"]), kept["currency"], counts, tuple(kept["weak"]), kept["blocked"])
    return Run(row, summary)


def _sealed(house: House, tenant: TenantId, run: PayRunId, month: date, one: PersonSlip) -> rows.SlipRow:
    document = {
        "name": one.name,
        "number": one.number,
        "account": one.account,
        "slip": None if one.slip is None else slip_document(one.slip),
        "findings": [_finding_document(finding) for finding in one.findings],
    }
    owner = (KeyKind.PAY, f"{one.person}/{month:%Y}")
    return rows.SlipRow(run, one.person, month, seal(house, tenant, owner, slip_place(tenant, run, one.person), document))


def opened_slips(house: House, db: Reader, found: Sequence[rows.SlipRow]) -> list[PersonSlip]:
    """Those whose key is still there."""
    return [one for row in found for one in _there(partial(_opened_slip, house, db.tenant, row))]


def _opened_slip(house: House, tenant: TenantId, row: rows.SlipRow) -> PersonSlip:
    kept = unseal(house, slip_place(tenant, row.run, row.person), row.detail)
    return PersonSlip(
        row.person,
        kept["name"],
        kept["number"],
        kept["account"],
        None if kept["slip"] is None else read_slip(kept["slip"]),
        tuple(_finding(document) for document in kept["findings"]),
    )


def slip_place(tenant: TenantId, run: PayRunId, person: PersonId) -> Place:
    return Place(tenant, "payslips", "detail", f"{run}/{person}")


def _summary_place(tenant: TenantId, run: PayRunId) -> Place:
    return Place(tenant, "pay_runs", "summary", str(run))


def _finding_document(finding: Finding) -> dict[str, Any]:
    days = [day.isoformat() for day in finding.days]
    told = {
        "kind": finding.kind.value,
        "minor": finding.minor,
        "minutes": finding.minutes,
        "days": days,
        "code": finding.code,
        "about": finding.about,
    }
    return {key: value for key, value in told.items() if value}


def _finding(document: dict[str, Any]) -> Finding:
    days = tuple(date.fromisoformat(day) for day in document.get("days", ()))
    return Finding(**{**document, "kind": FindingKind(document["kind"]), "days": days})
