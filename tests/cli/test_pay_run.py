"""`sealgate pay run` on a real data folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sealgate.app import running
from sealgate.domain.ids import OperatorId
from sealgate.domain.operators import Role
from sealgate.flows import enrol, pay_terms, rules
from sealgate.flows.kit import Signed
from sealgate.settings import load

Sealgate = Callable[..., Any]


@pytest.fixture
def data(sealgate: Sealgate, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    made = sealgate("init", "Acme", "--data", folder, "--keys", tmp_path / "keys")
    assert made.status == 0, made.err
    return folder


def test_a_month_is_drafted_and_told(sealgate: Sealgate, data: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    with running(load(data=data, keys=keys), faces=None, plates=None) as program:
        house = program.house
        tenant = house.store.tenants()[0].tenant
        operator = OperatorId(house.new_id())
        signed = Signed(tenant, operator, "Ada", "ada", frozenset({Role.ADMINISTRATOR}), "00", datetime(2099, 1, 1, tzinfo=UTC))
        rules.add_site(house, signed, "Campus", "Asia/Shanghai")
        alice = enrol.enrol(house, signed, enrol.NewPerson("Alice Marsh"))
        terms = {"since": "2026-01-01", "employed_since": "2026-01-01", "rate": "2.50", "overtime_base": "0"}
        pay_terms.set_terms(house, signed, alice, {**terms, "basis": "piece"})
        pay_terms.set_entry(house, signed, alice, "2026-10", {"pieces": 1000})
    words = ("pay", "run", "--month", "2026-10", "--data", data, "--keys", keys, "--json")
    first, second = sealgate(*words), sealgate(*words)
    assert first.status == second.status == 0, first.out + first.err
    told, again = json.loads(first.out), json.loads(second.out)
    assert (told["month"], told["state"], told["people"], told["net"]) == ("2026-10", "draft", 1, "2500.00")
    assert told["slips"][0]["person"] == str(alice)
    assert (again["run"], again["revision"]) == (told["run"], 2)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--month", "2026-10"), "payroll.nobody"),
        (("--month", "2026-10", "--organisation", "Umbra"), "payroll.which-organisation"),
        (("--month", "october"), "hours.bad-month"),
    ],
)
def test_a_month_that_cannot_be_drafted(sealgate: Sealgate, data: Path, tmp_path: Path, words: Any, code: str) -> None:
    refused = sealgate("pay", "run", *words, "--data", data, "--keys", tmp_path / "keys", "--json")
    assert refused.status == 1
    assert json.loads(refused.out)["error"]["code"] == code
