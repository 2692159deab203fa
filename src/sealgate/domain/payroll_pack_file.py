"""From the text of a country pack to a `Pack` that can be relied on: `docs/payroll.md` is the format.

What was read has been checked whole: brackets rise and never jump, and of each kind (and city, and item) one rule holds on a
day, with no day left out between two. After the last rule nothing is promised: asking then is `NotInForce`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from sealgate.domain.money import CURRENCIES
from sealgate.domain.payroll_errors import BadBrackets, PayGap, PayRulesOverlap, WrongPayValue
from sealgate.domain.payroll_pack import (
    Basic,
    BasicRule,
    BonusTax,
    Bracket,
    Certainty,
    Dated,
    DeductionLimit,
    IncomeTax,
    Insurance,
    MinimumWage,
    MonthMeasure,
    OvertimeRates,
    Pack,
    ServiceTax,
    SeveranceTax,
    SpecialDeduction,
)
from sealgate.domain.payroll_table import PayTable, parse_text

MOST_RULES = 2_000
_COUNTRY = re.compile(r"[a-z]{2}")


def read_pack(text: str) -> Pack:
    """Raises a kind of `BadPay`, which names the key."""
    root = PayTable(parse_text(text))
    country, root.currency = root.text("country"), root.text("currency")
    if not _COUNTRY.fullmatch(country):
        raise root.trouble(WrongPayValue, "country", "two small letters of ISO 3166 are needed")
    if root.currency not in CURRENCIES:
        raise root.trouble(WrongPayValue, "currency", f"{root.currency[:10]!r} is no currency")
    pack = Pack(
        country=country,
        currency=root.currency,
        name=root.text("name"),
        months=tuple(_month(table, country) for table in root.tables("month", MOST_RULES)),
        overtime=tuple(_overtime(table, country) for table in root.tables("overtime", MOST_RULES)),
        limits=tuple(_limit(table, country) for table in root.tables("deduction_limit", MOST_RULES)),
        minimum_wages=tuple(_minimum(table, country) for table in root.tables("minimum_wage", MOST_RULES)),
        insurances=tuple(_insurance(table, country) for table in root.tables("insurance", MOST_RULES)),
        income_taxes=tuple(_income_tax(table, country) for table in root.tables("income_tax", MOST_RULES)),
        basics=tuple(_basic(table, country) for table in root.tables("basic_deduction", MOST_RULES)),
        bonus_taxes=tuple(_bonus_tax(table, country) for table in root.tables("bonus_tax", MOST_RULES)),
        service_taxes=tuple(_service_tax(table, country) for table in root.tables("service_tax", MOST_RULES)),
        severance_taxes=tuple(_severance(table, country) for table in root.tables("severance", MOST_RULES)),
        specials=tuple(_special(table, country) for table in root.tables("special_deduction", MOST_RULES)),
    )
    root.done()
    _check_dates(pack)
    return pack


def _dated(table: PayTable, country: str, kind: str, *more: str) -> Dated:
    since, until = table.day("valid_from"), table.maybe_day("valid_to")
    if until is not None and until < since:
        raise table.trouble(WrongPayValue, "valid_to", "lies before valid_from")
    return Dated(
        name="/".join((country, kind, *(word for word in more if word), since.isoformat())),
        since=since,
        until=until,
        certainty=table.word("certainty", Certainty),
        source=table.text("source", ""),
        note=table.text("note", ""),
    )


def _month(table: PayTable, country: str) -> MonthMeasure:
    found = MonthMeasure(_dated(table, country, "month"), table.number("paid_days"), table.number("hours_a_day"))
    table.done()
    return found


def _overtime(table: PayTable, country: str) -> OvertimeRates:
    found = OvertimeRates(
        _dated(table, country, "overtime"), table.share("workday"), table.share("rest_day"), table.share("holiday")
    )
    table.done()
    return found


def _limit(table: PayTable, country: str) -> DeductionLimit:
    found = DeductionLimit(_dated(table, country, "deduction-limit"), table.share("share"), table.flag("leaves_minimum_wage"))
    if found.share > 1:
        raise table.trouble(WrongPayValue, "share", "at most 100% is needed")
    table.done()
    return found


def _minimum(table: PayTable, country: str) -> MinimumWage:
    city = table.text("city", "")
    found = MinimumWage(
        _dated(table, country, "minimum-wage", city),
        city,
        table.maybe_amount("monthly"),
        table.maybe_amount("hourly"),
        table.flag("after_insurance"),
    )
    table.done()
    return found


def _insurance(table: PayTable, country: str) -> Insurance:
    city, item = table.text("city", ""), table.text("item")
    employee, employer = table.share("employee"), table.maybe_share("employer")
    found = Insurance(
        _dated(table, country, "insurance", city, item),
        city,
        item,
        employee,
        table.share("employee_most", employee),
        table.amount("employee_fixed", 0),
        employer,
        table.maybe_share("employer_most") or employer,
        table.maybe_amount("floor"),
        table.maybe_amount("ceiling"),
        not table.flag("base_unknown"),
        table.flag("same_for_both"),
    )
    for key, least, most in (
        ("employee_most", found.employee, found.employee_most),
        ("employer_most", found.employer or Fraction(0), found.employer_most or Fraction(0)),
        ("ceiling", found.floor or 0, found.ceiling if found.ceiling is not None else found.floor or 0),
    ):
        if most < least or (key != "ceiling" and most > 1):
            raise table.trouble(WrongPayValue, key, "is below the least, or above the whole")
    table.done()
    return found


def _income_tax(table: PayTable, country: str) -> IncomeTax:
    found = IncomeTax(_dated(table, country, "income-tax"), table.amount("basic_monthly"), _brackets(table))
    table.done()
    return found


def _basic(table: PayTable, country: str) -> BasicRule:
    kind = table.word("kind", Basic)
    found = BasicRule(_dated(table, country, "basic-deduction", kind), kind)
    table.done()
    return found


def _bonus_tax(table: PayTable, country: str) -> BonusTax:
    found = BonusTax(_dated(table, country, "bonus-tax"), _brackets(table))
    table.done()
    return found


def _service_tax(table: PayTable, country: str) -> ServiceTax:
    found = ServiceTax(
        _dated(table, country, "service-tax"),
        table.amount("deduct_fixed"),
        table.amount("deduct_fixed_up_to"),
        table.share("deduct_share"),
        _brackets(table),
    )
    table.done()
    return found


def _severance(table: PayTable, country: str) -> SeveranceTax:
    found = SeveranceTax(_dated(table, country, "severance"), table.whole("exempt_times", 0, 100))
    table.done()
    return found


def _special(table: PayTable, country: str) -> SpecialDeduction:
    kind = table.text("kind")
    found = SpecialDeduction(_dated(table, country, "special-deduction", kind), kind, table.amount("monthly"))
    table.done()
    return found


def _brackets(table: PayTable) -> tuple[Bracket, ...]:
    """They rise, the last has no end, and each quick deduction is the one that lets the tax go on without a jump."""
    found = []
    for row in table.tables("brackets", 50):
        found.append(Bracket(row.maybe_amount("up_to"), row.share("rate"), row.amount("quick", 0)))
        row.done()
    if not found or found[-1].up_to is not None or any(one.up_to is None for one in found[:-1]) or found[0].quick:
        raise table.trouble(BadBrackets, "brackets", "only the last has no up_to, and the first no quick deduction")
    for low, high in pairwise(found):
        assert low.up_to is not None
        if high.rate <= low.rate or (high.up_to is not None and high.up_to <= low.up_to):
            raise table.trouble(BadBrackets, "brackets", "they do not rise")
        if low.quick + low.up_to * (high.rate - low.rate) != high.quick:
            raise table.trouble(BadBrackets, "brackets", f"the tax jumps at {low.up_to} minor units")
    return tuple(found)


def _check_dates(pack: Pack) -> None:
    rows: Sequence[tuple[str, Dated]] = [
        *(("month", rule.dated) for rule in pack.months),
        *(("overtime", rule.dated) for rule in pack.overtime),
        *(("deduction_limit", rule.dated) for rule in pack.limits),
        *((f"minimum_wage {rule.city}", rule.dated) for rule in pack.minimum_wages),
        *((f"insurance {rule.city} {rule.item}", rule.dated) for rule in pack.insurances),
        *(("income_tax", rule.dated) for rule in pack.income_taxes),
        *((f"basic_deduction {rule.basic}", rule.dated) for rule in pack.basics),
        *(("bonus_tax", rule.dated) for rule in pack.bonus_taxes),
        *(("service_tax", rule.dated) for rule in pack.service_taxes),
        *(("severance", rule.dated) for rule in pack.severance_taxes),
        *((f"special_deduction {rule.kind}", rule.dated) for rule in pack.specials),
    ]
    grouped: dict[str, list[Dated]] = defaultdict(list)
    for what, dated in rows:
        grouped[what].append(dated)
    for what, found in grouped.items():
        check_dates(what, found)


def check_dates(what: str, found: Iterable[Dated]) -> None:
    """Raises `PayGap` or `PayRulesOverlap`, and names the first day that is wrong."""
    for before, after in pairwise(sorted(found, key=lambda dated: dated.since)):
        if before.until is None or after.since <= before.until:
            raise PayRulesOverlap(f"{what}: two rules hold on {after.since}", field=what)
        if after.since != before.until + timedelta(days=1):
            raise PayGap(f"{what}: no rule holds from {_next(before.until)} to {_before(after.since)}", field=what)


def _next(day: date) -> date:
    return day + timedelta(days=1)


def _before(day: date) -> date:
    return day - timedelta(days=1)
