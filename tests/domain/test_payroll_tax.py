"""Income tax against the tax authority's published examples, each worked out again by hand in its test."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.payroll_errors import (
    BadBrackets,
    BadPayAmount,
    BeforeStart,
    LumpNeedsJanuary,
    MissingPayKey,
    MonthTwice,
    NotInForce,
    PayGap,
    PayRulesOverlap,
    SecondSeparateBonus,
    UnknownPayKey,
    UnreadablePay,
    WrongPayValue,
)
from sealgate.domain.payroll_pack import Basic, share_text
from sealgate.domain.payroll_pack_file import read_pack
from sealgate.domain.payroll_tax import TaxMonth, YearSoFar, bonus_tax, service_tax, severance_tax, withhold_year
from sealgate.flows import paypacks

CN = paypacks.pack_of("cn")
DAY = date(2026, 3, 1)


def withheld(months: list[TaxMonth], start: int = 1, basic: Basic = Basic.MONTHLY, year: int = 2025) -> list[int]:
    return [month.withheld for month in withhold_year(CN, year, YearSoFar(start, basic), months)]


def equal(income: int, deducted: int, first: int = 1, last: int = 12) -> list[TaxMonth]:
    return [TaxMonth(month, income, deducted) for month in range(first, last + 1)]


def test_ten_thousand_a_month() -> None:
    """STA, reading of announcement 2018 no. 61: 10,000 a month, 1,500 insurance and fund, 1,000 for a child's education.

    January (10,000 - 5,000 - 1,500 - 1,000) x 3 % = 75; February 5,000 x 3 % - 75 = 75; March 7,500 x 3 % - 150 = 75.
    """
    assert withheld(equal(1_000_000, 250_000, last=3)) == [7_500, 7_500, 7_500]


def test_thirty_thousand_a_month_jumps_to_the_next_rate() -> None:
    """STA, the same reading: 30,000 a month, 4,500 insurance and fund, 2,000 special additional deductions.

    January 18,500 x 3 % = 555; February 37,000 x 10 % - 2,520 - 555 = 625; March 55,500 x 10 % - 2,520 - 1,180 = 1,850.
    August: 148,000 x 20 % - 16,920 = 12,680, less 129,500 x 10 % - 2,520 = 10,430: 2,250. Then 18,500 x 20 % = 3,700.
    """
    told = withheld(equal(3_000_000, 650_000))
    assert told == [55_500, 62_500, *[185_000] * 5, 225_000, *[370_000] * 4]


def test_a_first_job_in_july_counts_from_january() -> None:
    """STA, reading of announcement 2020 no. 13: a graduate begins in July, and 7 x 5,000 = 35,000 are deducted then.

    20,000 in July: nothing is taxed. August 40,000 - 40,000 = 0. September 60,000 - 45,000 = 15,000 x 3 % = 450.
    """
    assert withheld(equal(2_000_000, 0, 7, 9), 7, Basic.FIRST_JOB) == [0, 0, 45_000]


def test_a_later_job_counts_from_its_own_first_month() -> None:
    """July 20,000 - 5,000 = 15,000 x 3 % = 450; August 30,000 x 3 % - 450 = 450; September 45,000 x 10 % - 2,520 - 900."""
    assert withheld(equal(2_000_000, 0, 7, 9), 7) == [45_000, 45_000, 108_000]


def test_a_low_earner_kept_on_has_the_year_deducted_at_once() -> None:
    """STA, reading of announcement 2020 no. 19: 10,000 in January, then 4,000 a month: 54,000 in the year, below 60,000.

    Month by month, January would withhold (10,000 - 5,000) x 3 % = 150, to be paid back only after the year.
    """
    months = [TaxMonth(1, 1_000_000, 0), *equal(400_000, 0, 2)]
    assert withheld(months, basic=Basic.LUMP) == [0] * 12
    assert withheld(months) == [15_000, *[0] * 11]


def test_above_sixty_thousand_the_lump_is_used_up_and_tax_begins() -> None:
    """8,000 a month: July 56,000; August 64,000 - 60,000 = 4,000 x 3 % = 120; then 8,000 x 3 % = 240. All: 36,000 x 3 %."""
    told = withheld(equal(800_000, 0), basic=Basic.LUMP)
    assert told == [*[0] * 7, 12_000, *[24_000] * 4]
    assert sum(told) == 108_000 == sum(withheld(equal(800_000, 0)))


def test_what_was_withheld_too_much_waits_and_is_not_paid_back() -> None:
    """January 15,000 - 5,000 = 10,000 x 3 % = 300. February pays 2,000: 17,000 - 10,000 = 7,000 x 3 % = 210, below 300.

    March pays 9,000: 26,000 - 15,000 = 11,000 x 3 % = 330, less 300: 30.
    """
    months = [TaxMonth(1, 1_500_000, 0), TaxMonth(2, 200_000, 0), TaxMonth(3, 900_000, 0)]
    assert withheld(months) == [30_000, 0, 3_000]


def test_deductions_above_the_income_carry_on() -> None:
    """January 3,000 - 5,000: nothing. February 3,000 + 9,000 - 10,000 = 2,000 x 3 % = 60."""
    assert withheld([TaxMonth(1, 300_000, 0), TaxMonth(2, 900_000, 0)]) == [0, 6_000]


def test_a_month_without_pay_counts_for_the_deduction() -> None:
    """January 10,000 - 5,000 = 5,000 x 3 % = 150. March, nothing paid in February: 20,000 - 15,000 = 5,000 x 3 % - 150 = 0."""
    assert withheld([TaxMonth(1, 1_000_000, 0), TaxMonth(3, 1_000_000, 0)]) == [15_000, 0]


def test_half_a_fen_is_rounded_up() -> None:
    """5,000.50 - 5,000 = 0.50 x 3 % = 0.015: two fen. And 0.48 x 3 % = 0.0144: one."""
    assert withheld([TaxMonth(1, 500_050, 0)]) == [2]
    assert withheld([TaxMonth(1, 500_048, 0)]) == [1]


def test_a_yuan_of_taxable_income_is_still_in_its_bracket() -> None:
    """41,000 - 5,000 = 36,000 x 3 % = 1,080; a yuan more: 36,001 x 10 % - 2,520 = 1,080.10."""
    assert withheld([TaxMonth(1, 4_100_000, 0)]) == [108_000]
    assert withheld([TaxMonth(1, 4_100_100, 0)]) == [108_010]


@pytest.mark.parametrize(
    ("bonus", "tax"),
    [
        (0, 0),
        (3_600_000, 108_000),  # 36,000 / 12 = 3,000: 3 % = 1,080
        (3_600_100, 339_010),  # 36,001 x 10 % - 210 = 3,390.10: one yuan more costs 2,310.10
        (14_400_000, 1_419_000),  # 144,000 x 10 % - 210 = 14,190
        (14_400_100, 2_739_020),  # 144,001 x 20 % - 1,410 = 27,390.20
        (96_000_000, 32_884_000),  # 960,000 x 35 % - 7,160 = 328,840
        (96_000_100, 41_684_045),  # 960,001 x 45 % - 15,160 = 416,840.45
    ],
)
def test_a_bonus_by_itself_and_its_cliffs(bonus: int, tax: int) -> None:
    assert bonus_tax(CN, DAY, bonus) == tax


def test_a_bonus_by_itself_leaves_the_months_alone() -> None:
    plain = equal(1_000_000, 0, last=3)
    with_bonus = [plain[0], TaxMonth(2, 1_000_000, 0, separate_bonus=3_600_000), plain[2]]
    told = withhold_year(CN, 2025, YearSoFar(1, Basic.MONTHLY), with_bonus)
    assert [month.withheld for month in told] == withheld(plain)
    assert [month.bonus_tax for month in told] == [0, 108_000, 0]


def test_only_one_bonus_of_a_year_is_taxed_by_itself() -> None:
    months = [TaxMonth(1, 0, 0, separate_bonus=100), TaxMonth(2, 0, 0, separate_bonus=100)]
    with pytest.raises(SecondSeparateBonus):
        withheld(months)


def test_a_bonus_after_the_rule_has_ended_is_refused() -> None:
    assert bonus_tax(CN, date(2027, 12, 1), 100_00) == 300
    with pytest.raises(NotInForce):
        bonus_tax(CN, date(2028, 1, 1), 100_00)


@pytest.mark.parametrize(("pay", "tax"), [(800, 0), (3000, 440), (4000, 640), (10000, 1600), (40000, 7600), (80000, 18600)])
def test_labour_services(pay: int, tax: int) -> None:
    """STA announcement 2018 no. 61, table 2: up to 4,000 less 800, above less 20 %. 80,000: 64,000 x 40 % - 7,000 = 18,600."""
    assert service_tax(CN, DAY, 100 * pay) == 100 * tax


def test_severance_above_three_average_years() -> None:
    """400,000 with an average of 100,000: 100,000 x 10 % - 2,520 = 7,480. Up to 300,000 nothing."""
    assert severance_tax(CN, DAY, 40_000_000, 10_000_000) == 748_000
    assert severance_tax(CN, DAY, 30_000_000, 10_000_000) == 0


def test_a_year_that_cannot_be() -> None:
    with pytest.raises(MonthTwice):
        withheld([TaxMonth(1, 1, 0), TaxMonth(1, 1, 0)])
    with pytest.raises(BeforeStart):
        withheld([TaxMonth(6, 1, 0)], start=7)
    with pytest.raises(LumpNeedsJanuary):
        withheld([TaxMonth(3, 1, 0)], start=3, basic=Basic.LUMP)
    with pytest.raises(NotInForce):
        withheld([TaxMonth(1, 1, 0)], year=2018)
    with pytest.raises(NotInForce):
        withheld([TaxMonth(6, 1, 0)], start=6, basic=Basic.FIRST_JOB, year=2020)


Pays = st.lists(st.tuples(st.integers(0, 20_000_000), st.integers(0, 1_500_000)), min_size=1, max_size=12)


@given(Pays)
def test_nothing_is_ever_paid_back_and_the_year_never_owes_more_than_its_tax(pays: list[tuple[int, int]]) -> None:
    months = [TaxMonth(number, income, deducted) for number, (income, deducted) in enumerate(pays, 1)]
    told = withhold_year(CN, 2025, YearSoFar(1, Basic.MONTHLY), months)
    assert all(month.withheld >= 0 for month in told)
    assert sum(month.withheld for month in told) == max(month.due for month in told)


@given(Pays, st.integers(0, 11), st.integers(0, 5_000_000))
def test_more_pay_never_leaves_less(pays: list[tuple[int, int]], at: int, more: int) -> None:
    def left(extra: int) -> int:
        months = [
            TaxMonth(number, income + (extra if number == at % len(pays) + 1 else 0), deducted)
            for number, (income, deducted) in enumerate(pays, 1)
        ]
        return sum(month.income for month in months) - sum(withheld(months))

    assert left(more) >= left(0)


@given(st.integers(0, 20_000_000), st.integers(0, 1_000_000))
def test_equal_months_end_at_the_tax_of_the_year(income: int, deducted: int) -> None:
    """The sum of a year of equal months is the tax on twelve of them, worked out at once."""
    at_once = 12 * (income - deducted - 500_000)
    table = [(36_000, 3, 0), (144_000, 10, 2_520), (300_000, 20, 16_920), (420_000, 25, 31_920), (660_000, 30, 52_920)]
    table += [(960_000, 35, 85_920), (10**9, 45, 181_920)]
    rate, quick = next((rate, quick) for up_to, rate, quick in table if at_once <= 100 * up_to)
    fen = Fraction(max(at_once, 0) * rate, 100) - (100 * quick if at_once > 0 else 0)
    assert sum(withheld(equal(income, deducted))) == int(fen + Fraction(1, 2))


DATED = 'valid_from = 2020-01-01\ncertainty = "seen"\n'
HEAD = 'country = "xx"\ncurrency = "EUR"\nname = "Nowhere"\n'
OVERTIME = '[[overtime]]\nworkday = "150%"\nrest_day = "200%"\nholiday = "300%"\n'
TAX = '[[income_tax]]\nbasic_monthly = "100"\n'


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("country = ", UnreadablePay),
        ('{"country": 1e5, "country": 2}', UnreadablePay),
        ('{"country": NaN}', UnreadablePay),
        ('{"a":' * 50_000, UnreadablePay),
        ("", MissingPayKey),
        (HEAD.replace("EUR", "EURO"), WrongPayValue),
        (HEAD + "colour = 1\n", UnknownPayKey),
        (HEAD + OVERTIME.replace("150%", "one half more") + DATED, WrongPayValue),
        (HEAD + OVERTIME + DATED + "valid_to = 2019-01-01\n", WrongPayValue),
        (HEAD + OVERTIME + DATED.replace("seen", "sure"), WrongPayValue),
        (HEAD + OVERTIME + DATED + OVERTIME + DATED, PayRulesOverlap),
        (HEAD + OVERTIME + DATED + "valid_to = 2021-12-30\n" + OVERTIME + DATED.replace("2020", "2022"), PayGap),
        (HEAD + TAX + 'brackets = [{ up_to = "5", rate = "3%" }]\n' + DATED, BadBrackets),
        (HEAD + TAX + 'brackets = [{ up_to = "5", rate = "3%" }, { rate = "2%" }]\n' + DATED, BadBrackets),
        (HEAD + TAX + 'brackets = [{ up_to = "5", rate = "3%" }, { rate = "9%", quick = "0.20" }]\n' + DATED, BadBrackets),
        (HEAD + TAX.replace("100", "100.001") + 'brackets = [{ rate = "3%" }]\n' + DATED, BadPayAmount),
    ],
)
def test_a_pack_that_cannot_be_used(text: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        read_pack(text)


def test_one_rule_may_follow_the_other() -> None:
    later = OVERTIME.replace("150%", "160%") + DATED.replace("2020", "2022")
    pack = read_pack(HEAD + OVERTIME + DATED + "valid_to = 2021-12-31\n" + later)
    assert [share_text(rule.workday) for rule in pack.overtime] == ["150%", "160%"]
    assert pack.gross_only


@pytest.mark.parametrize("country", paypacks.countries())
def test_each_pack_that_comes_along_can_be_used(country: str) -> None:
    pack = paypacks.pack_of(country)
    assert pack.country == country
    assert pack.months
    assert pack.overtime
