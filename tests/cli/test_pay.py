"""The pay commands as somebody types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sealgate.flows import paypacks

Sealgate = Callable[..., Any]
CASE = {
    "country": "cn",
    "year": 2025,
    "start_month": 1,
    "basic": "monthly",
    "months": [
        {
            "month": month,
            "gross": "28000.00",
            "insurance_and_fund": "5000.00",
            "special_additional": "3500.00",
            "separate_bonus": "36000" if month == 3 else "0",
        }
        for month in (1, 2, 3)
    ],
}


def tried(sealgate: Sealgate, tmp_path: Path, case: object) -> Any:
    file = tmp_path / "case.json"
    file.write_bytes(case if isinstance(case, bytes) else json.dumps(case).encode())
    return sealgate("pay", "try", file, "--json")


def test_a_year_as_json(sealgate: Sealgate, tmp_path: Path) -> None:
    """14,500 taxed a month. January x 3 % = 435, February the same; March 43,500 x 10 % - 2,520 - 870 = 960.

    The bonus: 36,000 x 3 % = 1,080. Net 28,000 - 5,000 - 435 = 22,565; in March 23,000 - 960 + 36,000 - 1,080 = 56,960.
    """
    told = tried(sealgate, tmp_path, CASE)
    assert (told.status, told.err) == (0, "")
    assert json.loads(told.out) == {
        "months": [
            {"month": 1, "withheld": "435.00", "bonus_tax": "0.00", "net": "22565.00"},
            {"month": 2, "withheld": "435.00", "bonus_tax": "0.00", "net": "22565.00"},
            {"month": 3, "withheld": "960.00", "bonus_tax": "1080.00", "net": "56960.00"},
        ]
    }


def test_months_may_come_in_any_order_and_some_may_be_missing(sealgate: Sealgate, tmp_path: Path) -> None:
    """Employed from July, first paid in August: 20,000 - 10,000 = 10,000 x 3 % = 300; October 20,000 x 3 % - 300."""
    months = [{"month": 10, "gross": "20000"}, {"month": 8, "gross": 20000}]
    told = tried(sealgate, tmp_path, {**CASE, "start_month": 7, "months": months})
    assert [(month["month"], month["withheld"]) for month in json.loads(told.out)["months"]] == [(8, "300.00"), (10, "300.00")]


def test_germany_is_worked_out_gross_only(sealgate: Sealgate, tmp_path: Path) -> None:
    months = [{"month": 1, "gross": "3000.00", "separate_bonus": "500.00"}]
    told = tried(sealgate, tmp_path, {"country": "de", "year": 2026, "months": months})
    assert json.loads(told.out) == {"months": [{"month": 1, "withheld": "0.00", "bonus_tax": "0.00", "net": "3500.00"}]}
    refused = sealgate("pay", "tax", "de", "--monthly", "3000", "--json")
    assert (refused.status, json.loads(refused.out)["error"]["code"]) == (1, "payroll.gross-only")


def test_tax_of_equal_months(sealgate: Sealgate) -> None:
    """12,000 - 5,000 - 1,800 - 1,000 = 4,200 a month: 25,200 after six, below 36,000: each month 4,200 x 3 % = 126."""
    words = ("pay", "tax", "cn", "--monthly", "12000", "--social", "1800", "--additional", "1000", "--months", "6")
    told = sealgate(*words, "--json")
    assert (told.status, told.err) == (0, "")
    assert json.loads(told.out) == {"withheld": ["126.00"] * 6}
    assert "25200.00" in sealgate(*words).out


def test_tax_with_other_rules(sealgate: Sealgate, tmp_path: Path) -> None:
    file = tmp_path / "cn.toml"
    file.write_text(paypacks.pack_text("cn").replace('basic_monthly = "5000"', 'basic_monthly = "6000"'), encoding="utf-8")
    told = sealgate("pay", "tax", "cn", "--monthly", "7000", "--months", "2", "--pack", file, "--json")
    assert json.loads(told.out) == {"withheld": ["30.00", "30.00"]}
    refused = sealgate("pay", "tax", "de", "--monthly", "7000", "--pack", file, "--json")
    assert json.loads(refused.out)["error"]["code"] == "payroll.unknown-country"


def test_rules_name_what_is_in_doubt(sealgate: Sealgate) -> None:
    told = json.loads(sealgate("pay", "rules", "cn", "--json").out)
    assert "Hangzhou" in told["cities"]
    assert {"cn/insurance/Chengdu/medical-incl-maternity/2024-01-01"} <= {doubt["rule"] for doubt in told["doubts"]}


def month(**more: object) -> dict[str, object]:
    return {**CASE, "months": [{"month": 1, "gross": "1000.00", **more}]}


@pytest.mark.parametrize(
    ("case", "code"),
    [
        (b"\xff\xfe{}", "payroll.unreadable"),
        (b"[]", "payroll.unreadable"),
        (b"{", "payroll.unreadable"),
        (b" " * 1_000_001, "payroll.too-large"),
        ({}, "payroll.missing-key"),
        ({**CASE, "country": "zz"}, "payroll.unknown-country"),
        ({**CASE, "country": 3}, "payroll.wrong-value"),
        ({**CASE, "year": "2025"}, "payroll.wrong-value"),
        ({**CASE, "year": True}, "payroll.wrong-value"),
        ({**CASE, "year": 2018}, "payroll.not-in-force"),
        ({**CASE, "basic": "yearly"}, "payroll.wrong-value"),
        ({**CASE, "basic": "lump60000", "start_month": 2, "months": CASE["months"][1:]}, "payroll.lump-needs-january"),  # type: ignore[index]
        ({**CASE, "start_month": 13}, "payroll.wrong-value"),
        ({**CASE, "start_month": 2}, "payroll.before-start"),
        ({**CASE, "months": {}}, "payroll.wrong-value"),
        ({**CASE, "months": [3]}, "payroll.wrong-value"),
        ({**CASE, "months": CASE["months"][:1] * 2}, "payroll.month-twice"),  # type: ignore[index]
        ({**CASE, "months": CASE["months"] * 5}, "payroll.too-large"),  # type: ignore[operator]
        ({**CASE, "colour": 1}, "payroll.unknown-key"),
        ({**CASE, "\ud800": 1}, "payroll.unknown-key"),
        (month(month=0), "payroll.wrong-value"),
        (month(month=1.5), "payroll.wrong-value"),
        (month(gross="-1"), "payroll.bad-amount"),
        (month(gross="1.005"), "payroll.bad-amount"),
        (month(gross="1e3"), "payroll.bad-amount"),
        (month(gross=" 5"), "payroll.bad-amount"),
        (month(gross=1e300), "payroll.bad-amount"),
        (month(gross=None), "payroll.missing-key"),
        (month(gross=True), "payroll.bad-amount"),
        (month(gross=[]), "payroll.bad-amount"),
        (month(gross="9" * 30), "payroll.bad-amount"),
        (month(insurance_and_fund="x"), "payroll.bad-amount"),
        (
            {**CASE, "months": [{"month": n, "gross": "1", "separate_bonus": "1"} for n in (1, 2)]},
            "payroll.second-separate-bonus",
        ),
    ],
)
def test_a_broken_case(sealgate: Sealgate, tmp_path: Path, case: object, code: str) -> None:
    refused = tried(sealgate, tmp_path, case)
    assert refused.status == 1
    assert json.loads(refused.out)["error"]["code"] == code
    assert "Traceback" not in refused.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("pay", "try", "nothing.json"), "payroll.no-such-file"),
        (("pay", "tax", "zz", "--monthly", "1"), "payroll.unknown-country"),
        (("pay", "tax", "cn", "--monthly", "-1"), "payroll.bad-amount"),
        (("pay", "tax", "cn", "--monthly", "much"), "payroll.bad-amount"),
        (("pay", "tax", "cn", "--monthly", "1", "--months", "13"), "payroll.wrong-value"),
        (("pay", "tax", "cn", "--monthly", "1", "--months", "0"), "payroll.wrong-value"),
        (("pay", "tax", "cn", "--monthly", "1", "--start-month", "12", "--months", "2"), "payroll.wrong-value"),
        (("pay", "tax", "cn", "--monthly", "1", "--year", "2018"), "payroll.not-in-force"),
        (("pay", "tax", "cn", "--monthly", "1", "--basic", "none"), "payroll.wrong-value"),
    ],
)
def test_a_refusal_is_one_line_with_its_code(sealgate: Sealgate, words: tuple[str, ...], code: str) -> None:
    refused = sealgate(*words, "--json")
    assert refused.status == 1
    assert json.loads(refused.out)["error"]["code"] == code
