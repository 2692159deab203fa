"""What one person is paid for one month: terms, hours and what was entered come in, a slip of explained lines goes out.

Nothing here belongs to a country: multiples, limits, insurance and tax are the pack's. The surprising thing: time that was not
worked is taken off a monthly wage by the hour, but never so far that less is left than the hours that were worked would earn
by themselves; in a long month the plain rule would take off more than the wage. Every amount is rounded once, at its line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from sealgate.domain.attendance import DayClass
from sealgate.domain.money import rounded
from sealgate.domain.payroll_hours import Minutes, MonthHours
from sealgate.domain.payroll_insurance import insured
from sealgate.domain.payroll_lines import LineKind, PayLine, Slip, TaxSums
from sealgate.domain.payroll_pack import (
    DeductionLimit,
    MinimumWage,
    MonthMeasure,
    Pack,
    in_force,
    maybe_in_force,
    share_text,
)
from sealgate.domain.payroll_tax import TaxMonth, YearSoFar, withhold
from sealgate.domain.payroll_terms import NOTHING, Entry, PayBasis, Policy, Terms, next_month, start_month

OVERTIME_KINDS = {
    DayClass.WORKDAY: LineKind.OVERTIME_WORKDAY,
    DayClass.RESTDAY: LineKind.OVERTIME_RESTDAY,
    DayClass.HOLIDAY: LineKind.OVERTIME_HOLIDAY,
}


@dataclass(frozen=True, slots=True)
class Past:
    """What earlier slips of the year add up to, for this person; `carried` is the newest slip's."""

    income: int = 0
    deducted: int = 0
    withheld: int = 0
    separate_bonus: int = 0
    carried: int = 0


@dataclass(frozen=True, slots=True)
class Hourly:
    """What an hour is worth by the month's wage, exactly."""

    wage: Fraction
    rule: str

    def of(self, minutes: int | Fraction, share: Fraction = Fraction(1)) -> int:
        return whole(self.wage * minutes * share / 60)

    @property
    def shown(self) -> int:
        return whole(self.wage)


def whole(exact: Fraction) -> int:
    return rounded(exact.numerator, exact.denominator)


def work_out(
    pack: Pack,
    policy: Policy,
    month: date,
    terms: Terms,
    hours: MonthHours,
    entry: Entry = NOTHING,
    past: Past = Past(),
) -> Slip:
    """`month` is its first day; `hours` are of the days in it that belong to the employment.

    Raises `NotInForce`, `RuleUnknown`, `WrongPayValue`, `SecondSeparateBonus`, `BeforeStart`, `LumpNeedsJanuary`.
    """
    earned = tuple(line for line in _earned(pack, month, terms, hours, entry) if line.minor or line.kind is LineKind.BASE)
    wage = sum(line.minor for line in earned if line.kind is not LineKind.SEPARATE_BONUS)
    mine, theirs = insured(pack, terms, _insurance_wage(terms, wage), month)
    insurance = sum(line.minor for line in mine)
    taxes, tax = _taxes(pack, month, terms, wage, insurance, entry, past)
    cuts, carried = _cuts(pack, policy, month, terms, hours, entry, past, wage, insurance)
    return Slip(
        month=month,
        currency=pack.currency,
        earned=earned,
        taken=(*mine, *taxes, *cuts),
        employer=theirs,
        tax=tax,
        planned=hours.planned,
        worked=hours.worked,
        carried=carried - past.carried,
    )


def _insurance_wage(terms: Terms, wage: int) -> int:
    return terms.rate if terms.basis is PayBasis.MONTHLY else max(wage, 0)


def _earned(pack: Pack, month: date, terms: Terms, hours: MonthHours, entry: Entry) -> Iterator[PayLine]:
    measure = in_force(pack.months, month, "month")
    hourly = _hourly(terms, measure)
    match terms.basis:
        case PayBasis.MONTHLY:
            yield from _monthly(month, terms, hours, measure)
        case PayBasis.DAILY:
            yield from _daily(terms, hours, measure)
        case PayBasis.HOURLY:
            yield _timed(LineKind.BASE, Hourly(Fraction(terms.rate), ""), hours.present)
            yield from _paid_leave(hours, Hourly(Fraction(terms.rate), ""))
        case PayBasis.PIECE:
            yield PayLine(LineKind.BASE, terms.rate * entry.pieces, count=str(entry.pieces), per=terms.rate)
            yield from _paid_leave(hours, hourly)
    yield from _overtime(pack, month, hours, hourly)
    for extra in terms.allowances:
        yield PayLine(LineKind.ALLOWANCE, extra.minor, extra.name)
    score = Fraction(1) if entry.score is None else entry.score
    yield PayLine(
        LineKind.PERFORMANCE,
        whole(terms.performance_bonus * score),
        base=terms.performance_bonus,
        share=share_text(score),
        sources=(entry.reviewed,) if entry.reviewed else (),
    )
    yield PayLine(LineKind.BONUS, entry.bonus)
    for extra in entry.others:
        yield PayLine(LineKind.OTHER, extra.minor, extra.name)
    yield PayLine(LineKind.SEPARATE_BONUS, entry.separate_bonus)


def _hourly(terms: Terms, measure: MonthMeasure) -> Hourly:
    """By `overtime_base` where one was agreed; else by the rate."""
    name = measure.dated.name
    if terms.overtime_base is not None:
        return Hourly(terms.overtime_base / (measure.paid_days * measure.hours_a_day), name)
    match terms.basis:
        case PayBasis.HOURLY:
            return Hourly(Fraction(terms.rate), name)
        case PayBasis.DAILY:
            return Hourly(terms.rate / measure.hours_a_day, name)
        case _:
            return Hourly(terms.rate / (measure.paid_days * measure.hours_a_day), name)


def _monthly(month: date, terms: Terms, hours: MonthHours, measure: MonthMeasure) -> Iterator[PayLine]:
    by_rate = Hourly(terms.rate / (measure.paid_days * measure.hours_a_day), measure.dated.name)
    base = terms.rate
    days, per = "", None
    if _joins_or_leaves(month, terms):
        base = min(base, whole(terms.rate / measure.paid_days * hours.paid_days))
        days, per = str(hours.paid_days), whole(terms.rate / measure.paid_days)
    yield PayLine(LineKind.BASE, base, count=days, per=per, days=hours.day_list, rules=(measure.dated.name,))
    worth = hours.present.minutes + sum((leave.paid * leave.time.minutes for leave in hours.leaves), Fraction(0))
    room = base - min(base, by_rate.of(worth))
    for leave in hours.leaves:
        cut = min(by_rate.of(leave.time.minutes, 1 - leave.paid), room)
        room -= cut
        yield replace(_timed(LineKind.UNPAID_LEAVE, by_rate, leave.time, 1 - leave.paid), minor=-cut, about=leave.kind)
    cut = min(by_rate.of(hours.missing.minutes), room)
    yield replace(_timed(LineKind.MISSING, by_rate, hours.missing), minor=-cut)


def _joins_or_leaves(month: date, terms: Terms) -> bool:
    last = next_month(month) - timedelta(days=1)
    return terms.employed_since > month or (terms.employed_until is not None and terms.employed_until < last)


def _daily(terms: Terms, hours: MonthHours, measure: MonthMeasure) -> Iterator[PayLine]:
    """Whole and half days, as the thresholds of the hour rules cut them."""
    days = hours.days
    base = whole(terms.rate * days)
    hour = Hourly(terms.rate / measure.hours_a_day, measure.dated.name)
    text = str(days.numerator) if days.denominator == 1 else f"{days.numerator // 2}.5"
    yield PayLine(LineKind.BASE, base, count=text, per=terms.rate, days=hours.day_list)
    yield from _paid_leave(hours, hour)


def _paid_leave(hours: MonthHours, hourly: Hourly) -> Iterator[PayLine]:
    for leave in hours.leaves:
        yield replace(_timed(LineKind.PAID_LEAVE, hourly, leave.time, leave.paid), about=leave.kind)


def _timed(kind: LineKind, hourly: Hourly, time: Minutes, share: Fraction = Fraction(1)) -> PayLine:
    return PayLine(
        kind,
        hourly.of(time.minutes, share),
        minutes=time.minutes,
        per=hourly.shown,
        share="" if share == 1 else share_text(share),
        days=time.days,
        sources=time.sources,
        rules=(hourly.rule,) if hourly.rule else (),
    )


def _overtime(pack: Pack, month: date, hours: MonthHours, hourly: Hourly) -> Iterator[PayLine]:
    for kind, time in hours.overtime.items():
        rule = in_force(pack.overtime, month, "overtime")
        line = _timed(OVERTIME_KINDS[kind], hourly, time, rule.of(kind))
        yield replace(line, share=share_text(rule.of(kind)), rules=(*line.rules, rule.dated.name))


def _taxes(
    pack: Pack, month: date, terms: Terms, wage: int, insurance: int, entry: Entry, past: Past
) -> tuple[tuple[PayLine, ...], TaxSums]:
    if pack.gross_only:
        return (), TaxSums(income=wage, separate_bonus=entry.separate_bonus)
    special, special_rules = _special(pack, month, terms)
    so_far = YearSoFar(
        start_month(terms, month.year), terms.basic, past.income, past.deducted, past.withheld, bool(past.separate_bonus)
    )
    told, _ = withhold(pack, month.year, so_far, TaxMonth(month.month, wage, insurance + special, entry.separate_bonus))
    rules = tuple(rule.name for rule in told.rules)
    lines = [
        PayLine(
            LineKind.INCOME_TAX,
            told.withheld,
            share=share_text(told.bracket.rate),
            base=told.taxable,
            rules=(*rules, *special_rules),
        )
    ]
    if told.bonus_bracket is not None:
        share = share_text(told.bonus_bracket.rate)
        lines.append(PayLine(LineKind.BONUS_TAX, told.bonus_tax, share=share, base=entry.separate_bonus, rules=rules[-1:]))
    sums = TaxSums(
        income=wage,
        deducted=insurance + special,
        special=special,
        withheld=told.withheld,
        separate_bonus=entry.separate_bonus,
        taxable=told.taxable,
        basic_deduction=told.basic_deduction,
        rate=share_text(told.bracket.rate),
    )
    return tuple(lines), sums


def _special(pack: Pack, month: date, terms: Terms) -> tuple[int, tuple[str, ...]]:
    total, rules = Fraction(0), []
    for claim in terms.claims:
        rule = in_force([one for one in pack.specials if one.kind == claim.kind], month, f"special_deduction {claim.kind}")
        total += rule.monthly * claim.count * claim.share
        rules.append(rule.dated.name)
    return whole(total), tuple(rules)


def _cuts(
    pack: Pack,
    policy: Policy,
    month: date,
    terms: Terms,
    hours: MonthHours,
    entry: Entry,
    past: Past,
    wage: int,
    insurance: int,
) -> tuple[tuple[PayLine, ...], int]:
    """What is taken off for coming late and for damage, by the legal limit, and what is left of it for later months."""
    late = policy.late_each * len(hours.late_days)
    damage = entry.damage + past.carried
    limit = maybe_in_force(pack.limits, month)
    room = _room(pack, limit, month, terms, wage, insurance)
    late_now = min(late, room)
    damage_now = min(damage, room - late_now)
    rules = () if limit is None else (limit.dated.name,)
    days = hours.late_days
    lines = (
        PayLine(LineKind.LATE, late_now, count=str(len(days)), per=policy.late_each, days=days, rules=rules),
        PayLine(LineKind.DAMAGE, damage_now, rules=rules),
    )
    return tuple(line for line in lines if line.minor), late + damage - late_now - damage_now


def _room(pack: Pack, limit: DeductionLimit | None, month: date, terms: Terms, wage: int, insurance: int) -> int:
    """How much may be taken off: of both limits the lower. Without a rule of the country, the whole wage after insurance."""
    if limit is None:
        return max(wage - insurance, 0)
    exact = max(wage, 0) * limit.share
    room = exact.numerator // exact.denominator
    minimum = minimum_wage(pack, terms.city, month)
    if limit.leaves_minimum and minimum is not None and minimum.monthly is not None:
        room = min(room, wage - minimum.monthly - (insurance if minimum.after_insurance else 0))
    return max(room, 0)


def minimum_wage(pack: Pack, city: str, day: date) -> MinimumWage | None:
    """Of the city, else of the country; None where nothing is known."""
    for place in dict.fromkeys((city, "")):
        found = maybe_in_force([wage for wage in pack.minimum_wages if wage.city == place], day)
        if found is not None:
            return found
    return None


def past_of(slips: Sequence[Slip], month: date) -> Past:
    """Of one person's closed slips, reversed ones and their reversals among them; those of `month` and later do not count."""
    earlier = [slip for slip in slips if slip.month < month]
    year = [slip for slip in earlier if slip.month.year == month.year]
    return Past(
        income=sum(slip.tax.income for slip in year),
        deducted=sum(slip.tax.deducted for slip in year),
        withheld=sum(slip.tax.withheld for slip in year),
        separate_bonus=sum(slip.tax.separate_bonus for slip in year),
        carried=sum(slip.carried for slip in earlier),
    )
