"""Social insurance and funds of a city for one month: what the person pays, and what the employer pays on top."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from sealgate.domain.money import rounded
from sealgate.domain.payroll_errors import NotInForce, RuleUnknown, WrongPayValue
from sealgate.domain.payroll_lines import LineKind, PayLine
from sealgate.domain.payroll_pack import Insurance, Pack, share_text
from sealgate.domain.payroll_terms import ChosenRate, Terms


def insured(pack: Pack, terms: Terms, wage: int, day: date) -> tuple[tuple[PayLine, ...], tuple[PayLine, ...]]:
    """The person's lines and the employer's, item by item; `wage` is the base where none was agreed.

    Below the floor the floor counts, above the ceiling the ceiling. Raises `NotInForce` where an item of the city has
    no rule on that day, `RuleUnknown` where the rule lacks a number, `WrongPayValue` for a chosen rate outside what
    the city allows.
    """
    if not terms.city:
        return (), ()
    items = dict.fromkeys(rule.item for rule in pack.insurances if rule.city == terms.city)
    if not items:
        raise NotInForce(f"no insurance rules for {terms.city}", field="city")
    mine, theirs = [], []
    for item in items:
        rule = _rule(pack, terms.city, item, day)
        base = _base(rule, wage if terms.insurance_base is None else terms.insurance_base)
        chosen = next((one for one in terms.rates if one.item == item), ChosenRate(item, None, None))
        employee, employer = _rates(rule, chosen)
        if employee or rule.employee_fixed:
            mine.append(_line(rule, base, employee, rule.employee_fixed))
        if employer:
            theirs.append(_line(rule, base, employer, 0))
    return tuple(mine), tuple(theirs)


def _rule(pack: Pack, city: str, item: str, day: date) -> Insurance:
    found = next((rule for rule in pack.insurances if (rule.city, rule.item) == (city, item) and rule.dated.holds(day)), None)
    if found is None:
        raise NotInForce(f"no rule for {item} in {city} on {day}", field=f"insurance {city} {item}")
    return found


def _base(rule: Insurance, wage: int) -> int:
    """A floor or ceiling that is not known does not bind; the rule's doubt is shown with the run."""
    base = wage if rule.floor is None else max(wage, rule.floor)
    return base if rule.ceiling is None else min(base, rule.ceiling)


def _rates(rule: Insurance, chosen: ChosenRate) -> tuple[Fraction, Fraction]:
    employee = rule.employee if chosen.employee is None else chosen.employee
    if not rule.employee <= employee <= rule.employee_most:
        raise WrongPayValue(f"{rule.city} allows another rate of {rule.item} than {share_text(employee)}", field="rates")
    if rule.same_for_both:
        return employee, employee
    if rule.employer is None or rule.employer_most is None:
        if chosen.employer is None:
            raise RuleUnknown(f"the employer's rate of {rule.item} in {rule.city} is not known", field=f"insurance {rule.item}")
        return employee, chosen.employer
    employer = rule.employer if chosen.employer is None else chosen.employer
    if not rule.employer <= employer <= rule.employer_most:
        raise WrongPayValue(f"{rule.city} allows another rate of {rule.item} than {share_text(employer)}", field="rates")
    return employee, employer


def _line(rule: Insurance, base: int, rate: Fraction, fixed: int) -> PayLine:
    exact = base * rate
    minor = rounded(exact.numerator, exact.denominator) + fixed
    return PayLine(LineKind.INSURANCE, minor, rule.item, share=share_text(rate), base=base, rules=(rule.dated.name,))
