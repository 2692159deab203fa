"""`sealgate people import`: everybody in a file or nobody, and what stood against it in JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def home(sealgate: Callable[..., Any], tmp_path: Path) -> Path:
    assert sealgate("init", "Acme", "--data", tmp_path / "data", "--keys", tmp_path / "keys").status == 0
    return tmp_path


def test_a_file_is_judged_then_enrolled_then_known(sealgate: Callable[..., Any], home: Path) -> None:
    file = home / "people.csv"
    file.write_text("姓名,工号\n王芳,A1\n李强,A2\n", encoding="gb18030")
    where = ("--data", home / "data", "--keys", home / "keys", "--time-zone", "Asia/Shanghai", "--json")
    judged = sealgate("people", "import", file, "--check", *where)
    assert (judged.status, json.loads(judged.out)) == (0, {"people": 2, "enrolled": 0, "flawed": 0, "problems": []})
    done = sealgate("people", "import", file, *where)
    assert (done.status, json.loads(done.out)["enrolled"]) == (0, 2), done.err
    again = sealgate("people", "import", file, "--report", home / "report.csv", *where)
    assert again.status == 1
    assert json.loads(again.out)["problems"] == [
        {"row": 2, "column": "number", "code": "taken"},
        {"row": 3, "column": "number", "code": "taken"},
    ]
    assert len((home / "report.csv").read_text(encoding="utf-8-sig").splitlines()) == 3


def test_what_is_no_file_says_so_under_its_code(sealgate: Callable[..., Any], home: Path) -> None:
    where = ("--data", home / "data", "--keys", home / "keys", "--json")
    (home / "wrong.csv").write_text("salary\n1\n")
    for name, code in (("missing.csv", "people-file.no-such-file"), ("wrong.csv", "people-file.bad-heads")):
        told = sealgate("people", "import", home / name, *where)
        assert (told.status, json.loads(told.out)["error"]["code"]) == (1, code)
