"""The pay rules of one country as dated values: what a country pack (`docs/payroll.md`) says, and which rule holds on a day.

Nothing here is of any one country. A country without income tax rules is worked out gross only. Amounts are minor units
of the pack's currency, shares and numbers exact fractions. `payroll_pack_file` reads and checks, nothing here does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from sealgate.domain.attendance import DayClass
from sealgate.domain.payroll_errors import NotInForce


class Certainty(StrEnum):
    """How well a rule is known. Everything but `SEEN` is shown to whoever approves a pay run."""

    SEEN = "seen"
    PUBLISHED = "published-secondary"
    SECONDARY = "secondary"
    CONFLICT = "conflict"
    MEMORY = "memory"

    @property
    def weak(self) -> bool:
        return self not in {Certainty.SEEN, Certainty.PUBLISHED}


class Basic(StrEnum):
    """How the basic deduction of income tax counts over the year."""

    MONTHLY = "monthly"
    FIRST_JOB = "first_job"
    """From January, also for somebody who began later: the first employment of the year."""
    LUMP = "lump60000"
    """The whole year's at once, for a low earner kept on from the year before."""


@dataclass(frozen=True, slots=True)
class Dated:
    """Holds from `since` to `until`, both included; without `until` until replaced. `name` is how a line quotes it."""

    name: str
    since: date
    until: date | None
    certainty: Certainty
    source: str
    note: str

    def holds(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Bracket:
    """Of a taxable amount above the bracket before and up to `up_to`: the whole times `rate`, less `quick`."""

    up_to: int | None
    rate: Fraction
    quick: int


@dataclass(frozen=True, slots=True)
class MonthMeasure:
    """How a month's wage becomes a day's and an hour's."""

    dated: Dated
    paid_days: Fraction
    hours_a_day: Fraction


@dataclass(frozen=True, slots=True)
class OvertimeRates:
    dated: Dated
    workday: Fraction
    rest_day: Fraction
    holiday: Fraction

    def of(self, kind: DayClass) -> Fraction:
        return {DayClass.WORKDAY: self.workday, DayClass.RESTDAY: self.rest_day, DayClass.HOLIDAY: self.holiday}[kind]


@dataclass(frozen=True, slots=True)
class DeductionLimit:
    """What a month's wage may be cut by for lateness or damage: at most `share`, and never below the minimum wage."""

    dated: Dated
    share: Fraction
    leaves_minimum: bool


@dataclass(frozen=True, slots=True)
class MinimumWage:
    """Of a city (empty: of the country). `after_insurance`: to be reached after the employee's own insurance."""

    dated: Dated
    city: str
    monthly: int | None
    hourly: int | None
    after_insurance: bool


@dataclass(frozen=True, slots=True)
class Insurance:
    """One insurance or fund of a city. None: the number is not known and has to be asked for.

    Where `employee` and `employee_most` differ the employer has chosen a rate between them, for both sides where
    `same_for_both`; `employer` to `employer_most` likewise (industry, accident record).
    """

    dated: Dated
    city: str
    item: str
    employee: Fraction
    employee_most: Fraction
    employee_fixed: int
    employer: Fraction | None
    employer_most: Fraction | None
    floor: int | None
    ceiling: int | None
    base_known: bool
    same_for_both: bool


@dataclass(frozen=True, slots=True)
class IncomeTax:
    """Cumulative withholding: the tax on the year so far, less what was withheld."""

    dated: Dated
    basic_monthly: int
    brackets: tuple[Bracket, ...]

    @property
    def basic_yearly(self) -> int:
        return 12 * self.basic_monthly


@dataclass(frozen=True, slots=True)
class BasicRule:
    """From when a kind of basic deduction may be chosen."""

    dated: Dated
    basic: Basic


@dataclass(frozen=True, slots=True)
class BonusTax:
    """A yearly bonus by itself: the bracket of a twelfth, its rate on the whole, its quick deduction once."""

    dated: Dated
    brackets: tuple[Bracket, ...]


@dataclass(frozen=True, slots=True)
class ServiceTax:
    """Labour services of somebody who is no employee, payment by payment."""

    dated: Dated
    fixed: int
    fixed_up_to: int
    share: Fraction
    brackets: tuple[Bracket, ...]


@dataclass(frozen=True, slots=True)
class SeveranceTax:
    """The part above `exempt_times` the local average yearly wage, by the yearly brackets, alone."""

    dated: Dated
    exempt_times: int


@dataclass(frozen=True, slots=True)
class SpecialDeduction:
    """A personal deduction from taxable income, such as for children's education."""

    dated: Dated
    kind: str
    monthly: int


@dataclass(frozen=True, slots=True)
class Pack:
    country: str
    currency: str
    name: str
    months: tuple[MonthMeasure, ...]
    overtime: tuple[OvertimeRates, ...]
    limits: tuple[DeductionLimit, ...]
    minimum_wages: tuple[MinimumWage, ...]
    insurances: tuple[Insurance, ...]
    income_taxes: tuple[IncomeTax, ...]
    basics: tuple[BasicRule, ...]
    bonus_taxes: tuple[BonusTax, ...]
    service_taxes: tuple[ServiceTax, ...]
    severance_taxes: tuple[SeveranceTax, ...]
    specials: tuple[SpecialDeduction, ...]

    @property
    def gross_only(self) -> bool:
        return not self.income_taxes

    @property
    def cities(self) -> tuple[str, ...]:
        return tuple(sorted({item.city for item in self.insurances} | {wage.city for wage in self.minimum_wages if wage.city}))


Rule = TypeVar(
    "Rule",
    MonthMeasure,
    OvertimeRates,
    DeductionLimit,
    MinimumWage,
    Insurance,
    IncomeTax,
    BasicRule,
    BonusTax,
    ServiceTax,
    SeveranceTax,
    SpecialDeduction,
)


def in_force(rules: Sequence[Rule], day: date, what: str) -> Rule:
    """The one rule that holds on that day. Raises `NotInForce`."""
    found = maybe_in_force(rules, day)
    if found is None:
        raise NotInForce(f"no rule for {what} on {day}", field=what)
    return found


def maybe_in_force(rules: Sequence[Rule], day: date) -> Rule | None:
    return next((rule for rule in rules if rule.dated.holds(day)), None)


def dated_rules(pack: Pack) -> tuple[Dated, ...]:
    kinds = (
        pack.months,
        pack.overtime,
        pack.limits,
        pack.minimum_wages,
        pack.insurances,
        pack.income_taxes,
        pack.basics,
        pack.bonus_taxes,
        pack.service_taxes,
        pack.severance_taxes,
        pack.specials,
    )
    return tuple(rule.dated for rules in kinds for rule in rules)


def doubts(pack: Pack) -> tuple[Dated, ...]:
    """The rules that somebody should check before they are relied on."""
    return tuple(rule for rule in dated_rules(pack) if rule.certainty.weak)


def share_text(share: Fraction) -> str:
    """`3%`, `0.5%`, `12.25%`: exact, for a share is read with at most four decimals."""
    hundredths = share * 1_000_000
    whole, part = divmod(int(hundredths), 10_000)
    return f"{whole}.{part:04}".rstrip("0").rstrip(".") + "%"
