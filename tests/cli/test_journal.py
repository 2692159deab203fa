"""`sealgate journal` as an auditor runs it."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sealgate.app import initialise
from sealgate.privacy.checkpoints import Checkpoint
from sealgate.privacy.merkle import includes
from sealgate.privacy.notes import Verifier
from sealgate.settings import Settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    initialise(Settings(data=tmp_path / "data", keys=tmp_path / "keys"), "Harbour Works")
    return tmp_path


@pytest.fixture
def journal(sealgate: Callable[..., Any], home: Path) -> Callable[..., Any]:
    where = ("--data", home / "data", "--keys", home / "keys", "--json")
    kept = {"SEALGATE_WITNESS_FOLDER": str(home / "elsewhere")}
    return lambda *words: sealgate("journal", *words, *where, env=kept)


def test_a_checkpoint_is_kept_elsewhere_and_the_journal_agrees_with_it(journal: Callable[..., Any], home: Path) -> None:
    made = json.loads(journal("checkpoint").out)["checkpoints"][0]
    assert (made["organisation"], made["witnesses"]) == (
        "Harbour Works",
        [{"name": "folder", "entries": made["entries"], "trouble": None}],
    )
    (kept,) = (home / "elsewhere").iterdir()
    found = json.loads(journal("verify").out)
    assert (found["whole"], found["journals"][0]["checkpoints"], found["journals"][0]["outside"]) == (True, 1, 1)
    assert json.loads(journal("verify", "--witness", kept).out)["journals"][0]["outside"] == 2


def test_an_entry_is_proven_by_what_is_published_alone(journal: Callable[..., Any]) -> None:
    journal("checkpoint")
    told = json.loads(journal("prove", "1").out)
    verifier = Verifier.parse(json.loads(journal("key").out)["keys"]["Harbour Works"])
    checkpoint = Checkpoint.parse(verifier.verified(told["checkpoint"]))
    proof = [base64.b64decode(step) for step in told["proof"]]
    assert includes(base64.b64decode(told["hash"]), 0, checkpoint.size, proof, checkpoint.root)


def test_an_edited_journal_ends_with_a_status_of_its_own(journal: Callable[..., Any], home: Path) -> None:
    journal("checkpoint")
    with sqlite3.connect(home / "data" / "sealgate.sqlite") as database:
        database.execute("UPDATE journal SET action = 'nothing' WHERE seq = 1")
    done = journal("verify")
    assert done.status == 1
    told = json.loads(done.out)
    assert (told["whole"], told["journals"][0]["flaw"], told["journals"][0]["at"]) == (False, "edited", 1)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("prove", "100000"), "journal.no-such-entry"),
        (("verify", "--key", "mallory"), "journal.bad-note"),
        (("verify", "--witness", "nowhere"), "journal.no-such-file"),
        (("key", "--organisation", "Umbra"), "journal.no-such-organisation"),
    ],
)
def test_what_cannot_be_done_is_said_under_its_code(journal: Callable[..., Any], words: tuple[str, ...], code: str) -> None:
    done = journal(*words)
    assert done.status == 1
    assert json.loads(done.out)["error"]["code"] == code
