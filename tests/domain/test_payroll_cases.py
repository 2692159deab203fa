"""Any year of pay, tried by the program and worked out once more by a second hand: the law's tables in decimals, read from
STA announcement 2018 no. 61 (withholding), 2020 no. 13 and no. 19 (basic deduction), Caishui 2018 no. 164 (bonus)."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.payroll_case import read_case, try_case
from sealgate.domain.payroll_errors import MissingPayKey
from sealgate.flows import paypacks

CENT = Decimal("0.01")
RATES = ("0.03", "0.10", "0.20", "0.25", "0.30", "0.35", "0.45")
YEAR = ((36000, 0), (144000, 2520), (300000, 16920), (420000, 31920), (660000, 52920), (960000, 85920), (None, 181920))
MONTH = ((3000, 0), (12000, 210), (25000, 1410), (35000, 2660), (55000, 4410), (80000, 7160), (None, 15160))
EDGES = [str(edge) for up_to, _ in YEAR[:-1] if up_to for edge in (up_to, Decimal(up_to) + CENT, Decimal(up_to) - CENT)]

fen = st.integers(0, 12_000_000).map(lambda minor: f"{minor // 100}.{minor % 100:02}")
gross = st.one_of(fen, st.sampled_from(["0", "5000", "4999.99", "41000.00", "8333.33"]))
bonus = st.one_of(fen, st.sampled_from([*EDGES, "0.01"]))


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Months with gaps, in any order; a job that began in the year; perhaps one bonus by itself."""
    basic = draw(st.sampled_from(["monthly", "first_job", "lump60000"]))
    start = 1 if basic == "lump60000" else draw(st.integers(1, 12))
    months = draw(st.lists(st.integers(start, 12), min_size=1, unique=True))
    with_bonus = draw(st.sampled_from([0, *months]))
    return {
        "country": "cn",
        "year": draw(st.integers(2022, 2027)),
        "start_month": start,
        "basic": basic,
        "months": [
            {
                "month": month,
                "gross": draw(gross),
                "insurance_and_fund": draw(st.one_of(st.just("0"), fen.filter(lambda text: Decimal(text) < 6000))),
                "special_additional": draw(st.sampled_from(["0", "1000", "3500.00", "20000"])),
                "separate_bonus": draw(bonus) if month == with_bonus else "0",
            }
            for month in months
        ],
    }


def by_table(table: tuple[tuple[int | None, int], ...], amount: Decimal, looked_up: Decimal) -> Decimal:
    rate, quick = next((r, q) for r, (up, q) in zip(RATES, table, strict=True) if up is None or looked_up <= up)
    return (amount * Decimal(rate) - quick).quantize(CENT, ROUND_HALF_UP)


def second_hand(case: dict[str, Any]) -> list[tuple[int, str, str, str]]:
    income = taken = withheld = Decimal(0)
    told = []
    for month in sorted(case["months"], key=lambda one: int(one["month"])):
        number, own = month["month"], Decimal(month["insurance_and_fund"])
        income += Decimal(month["gross"])
        taken += own + Decimal(month["special_additional"])
        counted = {"monthly": number - case["start_month"] + 1, "first_job": number, "lump60000": 12}[case["basic"]]
        taxable = max(income - taken - 5000 * counted, Decimal(0))
        tax = max(by_table(YEAR, taxable, taxable) - withheld, Decimal(0))
        withheld += tax
        extra = Decimal(month["separate_bonus"])
        on_extra = by_table(MONTH, extra, extra / 12) if extra else Decimal(0)
        net = Decimal(month["gross"]) + extra - own - tax - on_extra
        told.append((number, f"{tax:.2f}", f"{on_extra:.2f}", f"{net:.2f}"))
    return told


@given(cases())
def test_two_hands_come_to_the_same_fen(case: dict[str, Any]) -> None:
    tried = try_case(read_case(json.dumps(case), paypacks.pack_of))
    assert [(one.month, one.withheld.text, one.bonus_tax.text, one.net.text) for one in tried] == second_hand(case)


def test_a_case_without_a_month_is_no_case() -> None:
    with pytest.raises(MissingPayKey) as told:
        read_case(json.dumps({"country": "cn", "year": 2025, "months": []}), paypacks.pack_of)
    assert told.value.field == "months"
