"""`sealgate backup` and `sealgate restore`, as somebody types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sealgate.cli import app
from sealgate.domain.errors import Fault, Refused

Sealgate = Callable[..., Result]


@pytest.fixture
def sealgate() -> Sealgate:
    """In this very process: a dozen starts of the program would say no more."""

    def run(*words: str | Path) -> Result:
        return CliRunner().invoke(app, [*map(str, words)])

    return run


@pytest.fixture
def acme(sealgate: Sealgate, tmp_path: Path) -> Path:
    made = sealgate("init", "Acme", "--data", tmp_path / "data", "--keys", tmp_path / "keys")
    assert made.exit_code == 0, made.output
    return tmp_path


def told(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def code(result: Result) -> str:
    assert result.exit_code == 1
    assert isinstance(result.exception, Refused | Fault), result.exception
    return result.exception.code


def test_a_backup_is_made_listed_read_back_and_restored(sealgate: Sealgate, acme: Path) -> None:
    keys = ("--keys", acme / "keys")
    there = ("--to", acme / "elsewhere", *keys)
    first = told(sealgate("backup", *there, "--data", acme / "data", "--json"))
    second = told(sealgate("backup", *there, "--data", acme / "data", "--json"))
    assert (first["organisations"], second["put"]) == (1, 0)
    listed = told(sealgate("backup", "list", *there, "--json"))
    assert [one["name"] for one in listed["backups"]] == [second["name"], first["name"]]
    verified = told(sealgate("backup", "verify", *there, "--json"))
    assert (verified["whole"], verified["backups"], verified["lost"]) == (True, 2, [])
    pruned = told(sealgate("backup", "prune", *there, "--keep", "1d", "--json"))
    assert (pruned["kept"], pruned["objects"]) == (2, 0)

    back = ("--from", acme / "elsewhere", *keys)
    restored = told(sealgate("restore", acme / "again", *back, "--json"))
    assert (restored["whole"], [one["organisation"] for one in restored["journals"]]) == (True, ["Acme"])
    assert float(str(restored["rto_seconds"])) > 0
    assert (acme / "again" / "sealgate.sqlite").is_file()

    assert code(sealgate("restore", acme / "again", *back)) == "backup.folder-in-use"
    assert code(sealgate("restore", acme / "again", *back, "--force", "--confirm", "yes")) == "backup.not-confirmed"
    assert code(sealgate("restore", acme / "early", *back, "--at", "2020-01-01")) == "backup.no-point"
    assert code(sealgate("restore", acme / "early", *back, "--at", "yesterday")) == "backup.bad-instant"
    typed = sealgate("restore", acme / "again", *back, "--force", "--confirm", "again")
    assert (typed.exit_code, "Acme" in typed.stdout, "RTO" in typed.stdout) == (0, True, True)

    chunk = next((acme / "elsewhere" / "chunks").rglob("*/*"))
    chunk.write_bytes(b"")
    broken = sealgate("backup", "verify", *there)
    assert (broken.exit_code, "lost: " in broken.stdout) == (1, True)
