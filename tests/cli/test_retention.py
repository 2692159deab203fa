"""`sealgate retention` as somebody runs it by hand: whether anything is due, and a round now."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sealgate.app import initialise, running
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.flows import campus as campuses
from sealgate.flows.passage import admit
from sealgate.settings import Settings


@dataclass
class Then:
    """A clock that stands, long ago."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Somebody came by card 200 days ago, and nobody since."""
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys")
    initialise(settings, "Harbour Works")
    clock = Then(datetime.now(UTC) - timedelta(days=200))
    with running(settings, faces=None, plates=None, clock=clock) as program:
        tenant = program.house.store.tenants()[0].tenant
        made = campuses.build(program.house, tenant, "Asia/Shanghai", [])
        admit(program.house, tenant, CodeSighting(made.lobby, clock.at, Means.CARD, campuses.card_number(0)))
    return tmp_path


def test_what_is_due_is_said_and_goes_by_one_command(sealgate: Callable[..., Any], home: Path) -> None:
    where = ("--data", home / "data", "--keys", home / "keys")
    (before,) = json.loads(sealgate("retention", "status", *where, "--json").out)["organisations"]
    assert (before["organisation"], before["due"], before["keeps_days"]["passages"]) == ("Harbour Works", True, 90)
    assert before["day_keys"] >= 1
    done = json.loads(sealgate("retention", "run", *where, "--json").out)["organisations"]["Harbour Works"]
    assert (done["passages"], done["keys"] >= 1) == (1, True)
    (after,) = json.loads(sealgate("retention", "status", *where, "--json").out)["organisations"]
    assert (after["due"], after["oldest_passage"]) == (False, None)
    assert json.loads(sealgate("retention", "run", *where, "--json").out)["organisations"]["Harbour Works"]["keys"] == 0
    table = sealgate("retention", "status", *where)
    assert (table.status, "Harbour Works" in table.out, "passages kept" in table.out) == (0, True, True)
