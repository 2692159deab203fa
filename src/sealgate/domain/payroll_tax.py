"""Income tax withheld from wages, worked out month by month over the year so far.

A month's tax is the tax on everything since January, less what was withheld already; where that is below zero nothing is
withheld and nothing is paid back: it waits until the months after have used it up, or until the yearly settlement. The
employer withholds by these rules; what somebody finally owes is settled by the authority.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from sealgate.domain.money import rounded
from sealgate.domain.payroll_errors import BeforeStart, LumpNeedsJanuary, MonthTwice, SecondSeparateBonus
from sealgate.domain.payroll_pack import Basic, BasicRule, Bracket, Dated, Pack, in_force


@dataclass(frozen=True, slots=True)
class YearSoFar:
    """What one employer has paid one person since January, in minor units. `start_month`: the first month of work there."""

    start_month: int
    basic: Basic
    income: int = 0
    deducted: int = 0
    withheld: int = 0
    bonus_taken: bool = False


@dataclass(frozen=True, slots=True)
class TaxMonth:
    """`income`: everything taxed together. `deducted`: insurance, fund and special additional deductions of the month."""

    month: int
    income: int
    deducted: int
    separate_bonus: int = 0


@dataclass(frozen=True, slots=True)
class Withheld:
    """How the month's tax came about: `due` on the year's `taxable`, by one bracket; `bonus_tax` apart from it."""

    month: int
    basic_deduction: int
    taxable: int
    bracket: Bracket
    due: int
    withheld: int
    bonus_bracket: Bracket | None
    bonus_tax: int
    rules: tuple[Dated, ...]


def withhold(pack: Pack, year: int, so_far: YearSoFar, month: TaxMonth) -> tuple[Withheld, YearSoFar]:
    """This month's tax, and the year with this month in it.

    Raises `NotInForce`, `BeforeStart`, `LumpNeedsJanuary`, `SecondSeparateBonus`. That months come in order and once is
    for the caller.
    """
    day = date(year, month.month, 1)
    tax = in_force(pack.income_taxes, day, "income_tax")
    basic, basic_rules = _basic_deduction(pack, so_far, day, tax.basic_monthly)
    if month.separate_bonus and so_far.bonus_taken:
        raise SecondSeparateBonus(f"month {month.month}: a bonus was taxed by itself before in {year}", field="separate_bonus")
    year_now = replace(
        so_far,
        income=so_far.income + month.income,
        deducted=so_far.deducted + month.deducted,
        bonus_taken=so_far.bonus_taken or bool(month.separate_bonus),
    )
    taxable = max(year_now.income - year_now.deducted - basic, 0)
    bracket = bracket_of(tax.brackets, Fraction(taxable))
    due = tax_of(taxable, bracket)
    withheld = max(due - so_far.withheld, 0)
    bonus_bracket, bonus_tax, bonus_rules = _bonus(pack, day, month.separate_bonus)
    told = Withheld(
        month=month.month,
        basic_deduction=basic,
        taxable=taxable,
        bracket=bracket,
        due=due,
        withheld=withheld,
        bonus_bracket=bonus_bracket,
        bonus_tax=bonus_tax,
        rules=(tax.dated, *basic_rules, *bonus_rules),
    )
    return told, replace(year_now, withheld=so_far.withheld + withheld)


def withhold_year(pack: Pack, year: int, start: YearSoFar, months: Sequence[TaxMonth]) -> tuple[Withheld, ...]:
    """One after the other, in the order of the year. As `withhold`, and raises `MonthTwice`."""
    told, so_far, last = [], start, 0
    for month in sorted(months, key=lambda one: one.month):
        if month.month == last:
            raise MonthTwice(f"month {last} is there twice", field="months")
        one, so_far = withhold(pack, year, so_far, month)
        told.append(one)
        last = month.month
    return tuple(told)


def bracket_of(brackets: Sequence[Bracket], taxable: Fraction) -> Bracket:
    """An amount that is exactly `up_to` is still in the bracket."""
    return next(one for one in brackets if one.up_to is None or taxable <= one.up_to)


def tax_of(taxable: int, bracket: Bracket) -> int:
    """Half a minor unit is rounded up."""
    exact = taxable * bracket.rate - bracket.quick
    return rounded(exact.numerator, exact.denominator)


def bonus_tax(pack: Pack, day: date, bonus: int) -> int:
    """Of a yearly bonus taxed by itself. Raises `NotInForce`."""
    return _bonus(pack, day, bonus)[1]


def service_tax(pack: Pack, day: date, pay: int) -> int:
    """Of one payment for labour services to somebody who is no employee. Raises `NotInForce`."""
    rule = in_force(pack.service_taxes, day, "service_tax")
    taxable = pay - rule.fixed if pay <= rule.fixed_up_to else pay * (1 - rule.share)
    taxable = max(Fraction(taxable), Fraction(0))
    bracket = bracket_of(rule.brackets, taxable)
    exact = taxable * bracket.rate - bracket.quick
    return rounded(exact.numerator, exact.denominator)


def severance_tax(pack: Pack, day: date, pay: int, average_year: int) -> int:
    """Of compensation at the end of employment; `average_year` is the local average wage of the year before."""
    rule = in_force(pack.severance_taxes, day, "severance")
    tax = in_force(pack.income_taxes, day, "income_tax")
    taxable = max(pay - rule.exempt_times * average_year, 0)
    return tax_of(taxable, bracket_of(tax.brackets, Fraction(taxable)))


def _basic_deduction(pack: Pack, so_far: YearSoFar, day: date, monthly: int) -> tuple[int, tuple[Dated, ...]]:
    """A month without pay counts as long as the person is employed."""
    if day.month < so_far.start_month:
        raise BeforeStart(f"month {day.month} lies before the first month of work, {so_far.start_month}", field="month")
    if so_far.basic is Basic.MONTHLY:
        return monthly * (day.month - so_far.start_month + 1), ()
    rules: list[BasicRule] = [rule for rule in pack.basics if rule.basic is so_far.basic]
    rule = in_force(rules, day, f"basic_deduction {so_far.basic}")
    if so_far.basic is Basic.FIRST_JOB:
        return monthly * day.month, (rule.dated,)
    if so_far.start_month != 1:
        raise LumpNeedsJanuary("the year's deduction at once, but work began after January", field="start_month")
    return 12 * monthly, (rule.dated,)


def _bonus(pack: Pack, day: date, bonus: int) -> tuple[Bracket | None, int, tuple[Dated, ...]]:
    if not bonus:
        return None, 0, ()
    rule = in_force(pack.bonus_taxes, day, "bonus_tax")
    bracket = bracket_of(rule.brackets, Fraction(bonus, 12))
    return bracket, tax_of(bonus, bracket), (rule.dated,)
