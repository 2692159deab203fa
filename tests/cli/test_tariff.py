"""The tariff commands as somebody types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Sealgate = Callable[..., Any]
FILES = Path(__file__).parents[1] / "data" / "tariffs"
MALL = FILES / "cn-wuhan-mixc-mall.toml"
NIGHT = ("--from", "2026-03-06T20:00+08:00", "--to", "2026-03-07T02:30+08:00")


def test_a_bill_as_json(sealgate: Sealgate) -> None:
    tried = sealgate("tariff", "try", MALL, *NIGHT, "--json")
    assert (tried.status, tried.err) == (0, "")
    assert json.loads(tried.out) == {
        "total": "9.00",
        "currency": "CNY",
        "lines": [{"reason": "free-hours", "amount": "0.00"}, {"reason": "started-units", "amount": "9.00"}],
    }


def test_a_bill_as_a_table(sealgate: Sealgate) -> None:
    tried = sealgate("tariff", "try", MALL, *NIGHT)
    assert tried.status == 0
    assert "business hours" in tried.out
    assert "9.00" in tried.out.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "total"),
    [
        (("--points", "1000"), "3.00"),
        (("--points", "1000", "--tag", "temporary-plate"), "9.00"),
        (("--time-off", "1h"), "6.00"),
        (("--share-off", "50%"), "4.50"),
        (("--amount-off", "8.50"), "0.50"),
        (("--class", "car", "--paid", "02:10"), "9.00"),
        (("--paid", "2026-03-07T00:30+08:00"), "9.00"),
    ],
)
def test_what_else_is_so(sealgate: Sealgate, words: tuple[str, ...], total: str) -> None:
    tried = sealgate("tariff", "try", MALL, *NIGHT, *words, "--json")
    assert tried.status == 0, tried.err
    assert json.loads(tried.out)["total"] == total


def test_times_without_an_offset_are_those_of_the_car_park(sealgate: Sealgate) -> None:
    tried = sealgate("tariff", "try", MALL, "--from", "2026-03-06T20:00", "--to", "2026-03-07 02:30", "--json")
    assert json.loads(tried.out)["total"] == "9.00"


def test_an_area_and_a_lost_ticket(sealgate: Sealgate) -> None:
    mall = FILES / "br-salvador-shopping-da-bahia.toml"
    stay = ("--from", "2026-03-03T14:00", "--to", "2026-03-03T17:00", "--json")
    assert json.loads(sealgate("tariff", "try", mall, *stay, "--area", "valet").out)["total"] == "15.00"
    assert json.loads(sealgate("tariff", "try", mall, *stay, "--lost-ticket").out)["total"] == "15.00"
    assert json.loads(sealgate("tariff", "try", mall, *stay, "--class", "motorcycle").out)["total"] == "5.00"


def test_tax_in_the_price_is_told_beside_it(sealgate: Sealgate, tmp_path: Path) -> None:
    file = tmp_path / "taxed.toml"
    file.write_text(MALL.read_text(encoding="utf-8") + '[tax]\nname = "VAT"\nrate = "6%"\n', encoding="utf-8")
    tried = sealgate("tariff", "try", file, *NIGHT, "--json")
    assert json.loads(tried.out)["tax"] == {"name": "VAT", "rate": "6%", "included": "0.51"}


@pytest.mark.parametrize("file", sorted(FILES.glob("*.toml")), ids=lambda file: file.stem)
def test_each_file_can_be_used(sealgate: Sealgate, file: Path) -> None:
    checked = sealgate("tariff", "check", file, "--json")
    assert checked.status == 0, checked.err
    assert json.loads(checked.out)["rates"]


def test_a_plot(sealgate: Sealgate) -> None:
    airport = FILES / "cn-shanghai-hongqiao-airport.toml"
    drawn = sealgate("tariff", "plot", airport, "--from", "2026-03-02T09:00", "--hours", "72")
    assert drawn.status == 0, drawn.err
    assert drawn.out.splitlines()[1].startswith("250.00 |")
    assert drawn.out.splitlines()[-1].endswith("72 h")
    points = json.loads(sealgate("tariff", "plot", airport, "--from", "2026-03-02T09:00", "--hours", "72", "--json").out)
    assert points["points"][:3] == [[0, "0.00"], [1, "10.00"], [61, "20.00"]]
    assert points["points"][-1] == [4320, "250.00"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("try", "nothing.toml", *NIGHT), "tariff.no-such-file"),
        (("try", MALL, "--from", "soon", "--to", "later"), "tariff.bad-option"),
        (("try", MALL, "--from", NIGHT[3], "--to", NIGHT[1]), "tariff.stay-backwards"),
        (("try", MALL, *NIGHT, "--class", "tank"), "tariff.unknown-circumstance"),
        (("try", MALL, *NIGHT, "--amount-off", "-1"), "tariff.bad-price"),
        (("try", MALL, "--from", "2020-01-01T00:00", "--to", "2026-01-01T00:00"), "tariff.stay-too-long"),
    ],
)
def test_a_refusal_is_one_line_with_its_code(sealgate: Sealgate, words: tuple[str | Path, ...], code: str) -> None:
    refused = sealgate("tariff", *words, "--json")
    assert refused.status == 1
    assert json.loads(refused.out)["error"]["code"] == code
    assert "Traceback" not in refused.err


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"\xff\xfe", "tariff.unreadable"), (b"name = ", "tariff.unreadable"), (b"#" * 1_000_001, "tariff.too-large")],
)
def test_a_broken_file(sealgate: Sealgate, tmp_path: Path, data: bytes, code: str) -> None:
    file = tmp_path / "broken.toml"
    file.write_bytes(data)
    refused = sealgate("tariff", "check", file)
    assert refused.status == 1
    assert code in refused.err
