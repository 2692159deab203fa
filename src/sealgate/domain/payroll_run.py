"""A pay run: its states, what somebody should look at before it is approved, and what it adds up to.

A run is drafted, checked, approved by somebody else, and closed. A closed run never changes: a reversing run of the
same amounts turned round takes it back, itself approved by a second person, and then the month can be run anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sealgate.domain.payroll import minimum_wage
from sealgate.domain.payroll_hours import MonthHours
from sealgate.domain.payroll_lines import LineKind, Slip
from sealgate.domain.payroll_pack import Pack, doubts
from sealgate.domain.payroll_terms import PayBasis, Terms


class RunState(StrEnum):
    DRAFT = "draft"
    CHECKED = "checked"
    APPROVED = "approved"
    CLOSED = "closed"
    REVERSED = "reversed"
    """Closed, and taken back by a reversing run that was closed after it."""
    DROPPED = "dropped"
    """Given up before it was closed."""


class RunKind(StrEnum):
    REGULAR = "regular"
    REVERSAL = "reversal"


class FindingKind(StrEnum):
    """What somebody should look at, the gravest first."""

    CANNOT = "cannot"
    """No slip could be worked out; the code says why. The run cannot be checked before this is settled."""
    BELOW_ZERO = "below-zero"
    OPEN_CLOCK = "open-clock"
    OVERTIME_WAITS = "overtime-waits"
    NO_HOURS = "no-hours"
    BELOW_MINIMUM = "below-minimum"
    CARRIED = "carried"
    NO_ACCOUNT = "no-account"
    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"
    WEAK_RULE = "weak-rule"

    @property
    def blocks(self) -> bool:
        return self in {FindingKind.CANNOT, FindingKind.BELOW_ZERO}


@dataclass(frozen=True, slots=True)
class Finding:
    """`minor`: of CHANGED by how much the net differs, of CARRIED what waits, of BELOW_MINIMUM what is missing. `days`: of
    OPEN_CLOCK. `minutes`: of OVERTIME_WAITS. `code`: of CANNOT the refusal's, of WEAK_RULE the rule's name;
    `about` the key that it is about."""

    kind: FindingKind
    minor: int = 0
    minutes: int = 0
    days: tuple[date, ...] = ()
    code: str = ""
    about: str = ""

    @property
    def blocks(self) -> bool:
        return self.kind.blocks


@dataclass(frozen=True, slots=True)
class Sums:
    """Of a run, in minor units of its currency."""

    people: int = 0
    gross: int = 0
    taken_off: int = 0
    net: int = 0
    employer: int = 0


def findings(pack: Pack, terms: Terms, hours: MonthHours, slip: Slip, before: Slip | None) -> tuple[Finding, ...]:
    """About one person's slip; `before` is the one of the month before, if there was one."""
    found = []
    if slip.net < 0:
        found.append(Finding(FindingKind.BELOW_ZERO, minor=slip.net))
    if hours.unresolved:
        found.append(Finding(FindingKind.OPEN_CLOCK, days=hours.unresolved))
    if hours.waiting:
        found.append(Finding(FindingKind.OVERTIME_WAITS, minutes=hours.waiting))
    if not hours.planned and not hours.worked and terms.basis is not PayBasis.PIECE:
        found.append(Finding(FindingKind.NO_HOURS))
    if missing := _below_minimum(pack, terms, hours, slip):
        found.append(Finding(FindingKind.BELOW_MINIMUM, minor=missing))
    if slip.carried > 0:
        found.append(Finding(FindingKind.CARRIED, minor=slip.carried))
    if not terms.account:
        found.append(Finding(FindingKind.NO_ACCOUNT))
    if before is None:
        found.append(Finding(FindingKind.NEW))
    elif before.net != slip.net:
        found.append(Finding(FindingKind.CHANGED, minor=slip.net - before.net))
    return tuple(found)


def _below_minimum(pack: Pack, terms: Terms, hours: MonthHours, slip: Slip) -> int:
    """What a full month's pay lacks to the minimum wage of the place; not asked of a month with time missed."""
    rule = minimum_wage(pack, terms.city, slip.month)
    if rule is None:
        return 0
    if terms.basis is PayBasis.HOURLY:
        return max((rule.hourly or 0) - terms.rate, 0)
    if rule.monthly is None or hours.missing.minutes or hours.leaves or terms.employed_since > slip.month:
        return 0
    reached = sum(line.minor for line in slip.earned if line.kind not in _NOT_IN_MINIMUM)
    if rule.after_insurance:
        reached -= sum(line.minor for line in slip.taken if line.kind is LineKind.INSURANCE)
    return max(rule.monthly - reached, 0)


_NOT_IN_MINIMUM = frozenset(
    {LineKind.OVERTIME_WORKDAY, LineKind.OVERTIME_RESTDAY, LineKind.OVERTIME_HOLIDAY, LineKind.SEPARATE_BONUS}
)
"""Overtime does not count towards the minimum wage."""


def weak_rules(pack: Pack, slips: Iterable[Slip]) -> tuple[Finding, ...]:
    """The doubtful rules that these slips rest on, one finding each."""
    used = frozenset[str]().union(*(slip.rules() for slip in slips))
    return tuple(Finding(FindingKind.WEAK_RULE, code=rule.name) for rule in doubts(pack) if rule.name in used)


def sums(slips: Iterable[Slip]) -> Sums:
    people = gross = taken = employer = 0
    for slip in slips:
        people += 1
        gross += slip.gross
        taken += slip.taken_off
        employer += slip.employer_cost
    return Sums(people, gross, taken, gross - taken, employer)


class Account(StrEnum):
    """The accounts of the bookkeeping journal."""

    WAGES = "wages"
    EMPLOYER_INSURANCE = "employer-insurance"
    INSURANCE_DUE = "insurance-due"
    TAX_DUE = "tax-due"
    DEDUCTIONS = "deductions"
    PAYABLE = "payable"


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of the bookkeeping journal; of both sides one is 0, and a reversal swaps them."""

    account: Account
    debit: int
    credit: int


def postings(slips: Iterable[Slip]) -> tuple[Posting, ...]:
    """Both sides add up to the same."""
    slips = tuple(slips)
    totals: Mapping[Account, int] = {
        Account.WAGES: sum(slip.gross for slip in slips),
        Account.EMPLOYER_INSURANCE: sum(slip.employer_cost for slip in slips),
        Account.INSURANCE_DUE: -_taken(slips, LineKind.INSURANCE) - sum(slip.employer_cost for slip in slips),
        Account.TAX_DUE: -_taken(slips, LineKind.INCOME_TAX, LineKind.BONUS_TAX),
        Account.DEDUCTIONS: -_taken(slips, LineKind.LATE, LineKind.DAMAGE),
        Account.PAYABLE: -sum(slip.net for slip in slips),
    }
    return tuple(Posting(account, max(sum_, 0), max(-sum_, 0)) for account, sum_ in totals.items() if sum_)


def _taken(slips: Iterable[Slip], *kinds: LineKind) -> int:
    return sum(line.minor for slip in slips for line in slip.taken if line.kind in kinds)
