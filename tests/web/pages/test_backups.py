"""The page Backups: how old the last is, where it lies, and reading it back; for whoever may see the journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sealgate.app import initialise, running
from sealgate.flows import backup_alarm
from sealgate.flows.kit import House, Signed
from sealgate.ports import Letter, Unreachable
from sealgate.settings import Settings

if TYPE_CHECKING:
    from tests.web.conftest import Browser, HandClock

Enter = Callable[[Signed], "Browser"]


@pytest.fixture
def house(tmp_path: Path, clock: HandClock) -> Iterator[House]:
    """Whose backups are late after a day and two hours, and come once a week."""
    there = str(tmp_path / "elsewhere")
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys", backup_to=there, backup_every_hours=168)
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


class Box:
    """A post that keeps what it is given, once it is there."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.away = True

    def send(self, letter: Letter) -> None:
        if self.away:
            raise Unreachable("the mail server does not answer")
        self.letters.append(letter)


def test_a_backup_that_is_too_old_is_said_on_every_page_and_administrators_get_a_letter_a_day(
    enter: Enter, alice: Signed, dora: Signed, house: House, clock: HandClock
) -> None:
    box = Box()
    house = replace(house, post=box, address="https://gate.example.org")
    assert backup_alarm.tell(house, alice.tenant) == 0
    told = "older than it may be"
    assert told not in enter(alice).get("/account").text
    clock.move(timedelta(hours=27))
    page = enter(alice).get("/account").text
    assert (told in page, "See the backups" in page) == (True, True)
    assert told not in enter(dora).get("/account").text
    assert backup_alarm.tell(house, alice.tenant) == 0  # nobody takes letters just now
    box.away = False
    clock.move(timedelta(minutes=3))
    assert [backup_alarm.tell(house, alice.tenant) for _ in range(3)] == [1, 0, 0]
    clock.move(timedelta(hours=24))
    assert [backup_alarm.tell(house, alice.tenant) for _ in range(2)] == [1, 0]
    assert {letter.to for letter in box.letters} == {alice.login}
    assert all("https://gate.example.org/backups" in letter.text and told in letter.text for letter in box.letters)
    assert house.backups is not None
    house.backups.make_now()
    clock.move(timedelta(hours=24))
    assert backup_alarm.tell(house, alice.tenant) == 0
    assert told not in enter(alice).get("/account").text


def test_dora_at_the_desk_sees_nothing_of_it(enter: Enter, dora: Signed) -> None:
    browser = enter(dora)
    assert browser.get("/backups").status_code == 403
    assert browser.post("/backups/verify", {}).status_code == 403
