"""The page Backups: how old the last is, where it lies, and reading it back; for whoever may see the journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sealgate.app import initialise, running
from sealgate.flows.kit import House, Signed
from sealgate.settings import Settings

if TYPE_CHECKING:
    from tests.web.conftest import Browser, HandClock

Enter = Callable[[Signed], "Browser"]


@pytest.fixture
def house(tmp_path: Path, clock: HandClock) -> Iterator[House]:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys", backup_to=str(tmp_path / "elsewhere"))
    initialise(settings, "Acme")
    with running(settings, faces=None, plates=None, clock=clock) as program:
        assert program.house.backups is not None
        program.house.backups.make_now()
        yield program.house


def test_alice_sees_how_backups_stand_and_has_them_read_back(enter: Enter, alice: Signed, house: House, tmp_path: Path) -> None:
    browser = enter(alice)
    page = browser.get("/backups").text
    assert str(tmp_path / "elsewhere") in page
    assert "Nothing is locked" in page
    assert "Not since the start" in page
    assert "<svg" in page
    assert browser.post("/backups/verify", {}).status_code == 200
    assert house.backups is not None
    for _ in range(600):
        if house.backups.look().verified is not None:
            break
        time.sleep(0.1)
    assert "whole" in browser.get("/backups").text


def test_dora_at_the_desk_sees_nothing_of_it(enter: Enter, dora: Signed) -> None:
    browser = enter(dora)
    assert browser.get("/backups").status_code == 403
    assert browser.post("/backups/verify", {}).status_code == 403
