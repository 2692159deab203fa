"""A year of one person's pay to be tried: what `sealgate pay try` reads, and what it answers. `docs/payroll.md` is the format.

A month that is not listed counts for the basic deduction (the person is employed) and pays nothing. `net` is what reaches
the person: gross pay and separate bonus, less insurance and both taxes; below zero where the insurance is more than the pay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sealgate.domain.money import Money
from sealgate.domain.payroll_errors import BeforeStart, MissingPayKey, MonthTwice, NoIncomeTax
from sealgate.domain.payroll_pack import Basic, Pack
from sealgate.domain.payroll_table import PayTable, parse_text
from sealgate.domain.payroll_tax import TaxMonth, Withheld, YearSoFar, withhold_year

FIRST_YEAR, LAST_YEAR = 1970, 2199


@dataclass(frozen=True, slots=True)
class CaseMonth:
    month: int
    gross: int
    insurance: int
    additional: int
    separate_bonus: int

    @property
    def taxed(self) -> TaxMonth:
        return TaxMonth(self.month, self.gross, self.insurance + self.additional, self.separate_bonus)


@dataclass(frozen=True, slots=True)
class PayCase:
    """Months in the order of the year."""

    pack: Pack
    year: int
    start_month: int
    basic: Basic
    months: tuple[CaseMonth, ...]


@dataclass(frozen=True, slots=True)
class TriedMonth:
    month: int
    withheld: Money
    bonus_tax: Money
    net: Money


def read_case(text: str, pack_of: Callable[[str], Pack]) -> PayCase:
    """`pack_of` gives the rules of a country, or raises `UnknownCountry`. Raises a kind of `BadPay`, which names the key."""
    root = PayTable(parse_text(text))
    pack = pack_of(root.text("country"))
    root.currency = pack.currency
    year = root.whole("year", FIRST_YEAR, LAST_YEAR)
    basic = root.word("basic", Basic, Basic.MONTHLY)
    root.value("months")
    months = tuple(sorted((_month(table) for table in root.tables("months", 12)), key=lambda month: month.month))
    if not months:
        raise root.trouble(MissingPayKey, "months", "at least one is needed")
    start = root.whole("start_month", 1, 12, months[0].month)
    root.done()
    for number, month in enumerate(months):
        if number and months[number - 1].month == month.month:
            raise MonthTwice(f"month {month.month} is there twice", field="months")
        if month.month < start:
            raise BeforeStart(f"month {month.month} lies before start_month {start}", field="months")
    return PayCase(pack, year, start, basic, months)


def _month(table: PayTable) -> CaseMonth:
    found = CaseMonth(
        table.whole("month", 1, 12),
        table.amount("gross"),
        table.amount("insurance_and_fund", 0),
        table.amount("special_additional", 0),
        table.amount("separate_bonus", 0),
    )
    table.done()
    return found


def equal_months(pack: Pack, words: Mapping[str, str]) -> PayCase:
    """So many `months` of the same pay, from `start_month` on; every word as somebody typed it.

    Raises `NoIncomeTax` for a country that is worked out gross only, and a kind of `BadPay`.
    """
    if pack.gross_only:
        raise NoIncomeTax(f"the rules of {pack.country} end at gross pay", field="country")
    table = PayTable({key: _typed(word) for key, word in words.items()}, currency=pack.currency)
    start = table.whole("start_month", 1, 12)
    count = table.whole("months", 1, 13 - start)
    one = CaseMonth(start, table.amount("monthly"), table.amount("social"), table.amount("additional"), 0)
    months = tuple(replace(one, month=start + number) for number in range(count))
    return PayCase(pack, table.whole("year", FIRST_YEAR, LAST_YEAR), start, table.word("basic", Basic), months)


def _typed(word: str) -> int | str:
    """A whole number where it is one, as JSON would have it."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else word


def try_case(case: PayCase) -> tuple[TriedMonth, ...]:
    """Without income tax rules nothing is withheld: the country is worked out gross only. As `withhold_year` raises."""
    if case.pack.gross_only:
        return tuple(_told(case.pack, month, 0, 0) for month in case.months)
    taxed = withheld_in(case)
    return tuple(_told(case.pack, month, tax.withheld, tax.bonus_tax) for month, tax in zip(case.months, taxed, strict=True))


def withheld_in(case: PayCase) -> tuple[Withheld, ...]:
    start = YearSoFar(case.start_month, case.basic)
    return withhold_year(case.pack, case.year, start, [month.taxed for month in case.months])


def _told(pack: Pack, month: CaseMonth, withheld: int, bonus_tax: int) -> TriedMonth:
    net = month.gross + month.separate_bonus - month.insurance - withheld - bonus_tax
    return TriedMonth(month.month, Money(withheld, pack.currency), Money(bonus_tax, pack.currency), Money(net, pack.currency))
