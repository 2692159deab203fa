"""Every key is changed while everybody works: threads enrol and look people up here, another process changes the root and the
wrapping keys there and is killed in the middle, again and again, and the site's faces get new secrets meanwhile."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest

from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import PersonId
from sealgate.domain.sightings import Means
from sealgate.flows import enrol, rekeying
from sealgate.flows.kit import House, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.flows.unsealing import Unsealing
from sealgate.privacy import journal
from sealgate.store import directory
from sealgate.store.engine import SystemClock
from sealgate.store.keys import DatabaseShelf
from sealgate.vault.blindindex import BlindIndex
from sealgate.vault.keyring import Keyring
from sealgate.vault.roots import create_key_file
from sealgate.vault.rootsource import RootSource

if TYPE_CHECKING:
    from tests.conftest import Server

SCRIPT = Path(__file__).with_name("rotate_until_killed.py")
LIVES = 8
"""How often the process that changes the keys is killed."""


@pytest.fixture
def source(tmp_path: Path) -> RootSource:
    folder = tmp_path / "keys"
    folder.mkdir()
    return RootSource(folder / "root.key")


@pytest.fixture
def shelf_url(request: pytest.FixtureRequest, store: Any, source: RootSource) -> Iterator[str]:
    """Beside a store on PostgreSQL the shelf is one too."""
    if store.is_sqlite:
        yield f"sqlite:///{source.key_file.parent / 'keys.sqlite'}"
        return
    server: Server = request.getfixturevalue("postgres")
    name = server.new_database()
    yield server.url(name, "sealgate_owner")
    server.drop(name)


@pytest.fixture
def working(house: House, shelf_url: str, source: RootSource) -> Iterator[House]:
    """The house with keys in a real shelf, of which it trusts nothing for longer than a moment."""
    with closing(DatabaseShelf(shelf_url, busy_timeout=timedelta(seconds=60))) as shelf:
        keyring = Keyring(shelf, SystemClock(), capacity=8, trust=timedelta(milliseconds=20))
        keyring.initialise(create_key_file(source.key_file))
        unsealing = Unsealing(keyring, house.clock, source.roots)
        yield replace(house, keyring=keyring, index=BlindIndex(keyring), unsealing=unsealing)


@dataclass
class Staff:
    """Somebody who enrols people and looks up those of before, until told to stop. `done` counts both."""

    house: House
    campus: Any
    number: int
    people: dict[PersonId, str] = field(default_factory=dict)
    cards: dict[str, PersonId] = field(default_factory=dict)
    written: int = 0
    read: int = 0
    trouble: list[str] = field(default_factory=list)

    def until(self, evening: Event) -> None:
        turn = random.Random(self.number)
        while not evening.is_set():
            try:
                self.enrol()
                for _ in range(3):
                    self.look_up(turn)
            except (Fault, Refused) as error:
                self.trouble.append(f"{error.code}: {error}")

    def enrol(self) -> None:
        name, card = f"Person {self.number} {self.written}", f"{self.number:02}{self.written:06}"
        person = enrol.enrol(self.house, self.campus.signed, enrol.NewPerson(name))
        enrol.add_credential(self.house, self.campus.signed, person, Means.CARD, card)
        self.people[person], self.cards[card] = name, person
        self.written += 1

    def look_up(self, turn: random.Random) -> None:
        card = turn.choice(list(self.cards))
        token = self.house.index.standing_token(self.campus.tenant, Means.CARD.value, card)
        with self.house.store.read(self.campus.tenant) as db:
            found = directory.credential_by_token(db, Means.CARD, token)
            assert found is not None, card
            assert found.person == self.cards[card]
            row = directory.person(db, found.person)
        assert row is not None
        assert (
            unseal(self.house, profile_place(self.campus.tenant, found.person), row.profile)["name"]
            == self.people[found.person]
        )
        self.read += 1


class Changer:
    """The process that changes keys, and dies."""

    def __init__(self, url: str, source: RootSource, tenant: object) -> None:
        words = [sys.executable, str(SCRIPT), url, str(source.key_file), str(tenant)]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.deeds: list[str] = []

    def live(self, deeds: int, linger: float) -> None:
        """Until so many deeds were done, and into the middle of the next: then kill -9."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        pid = int(self.line().split()[1])
        done = 0
        while done < deeds:
            done += self.note(self.line())
        Event().wait(linger)
        os.kill(pid, signal.SIGKILL)
        while (line := self.line()) != "gone":
            self.note(line)

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def note(self, line: str) -> bool:
        assert line in {"root", "tenant", "finished"}, line
        self.deeds.append(line)
        return line != "finished"

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


def test_nothing_is_unreadable_and_nothing_is_lost(
    working: House, acme_on: Callable[[House], Any], shelf_url: str, source: RootSource
) -> None:
    campus = acme_on(working)
    staff = [Staff(working, campus, number) for number in range(1, 4)]
    for one in staff:
        one.enrol()
    evening, changer = Event(), Changer(shelf_url, source, campus.tenant)
    threads = [Thread(target=one.until, args=(evening,)) for one in staff]
    for thread in threads:
        thread.start()
    turn = random.Random(7)
    spaces = []
    try:
        for _ in range(LIVES):
            changer.live(turn.randint(1, 3), turn.random() / 20)
            spaces.append(rekeying.rekey_faces(working, campus.signed, campus.site).space)
    finally:
        evening.set()
        for thread in threads:
            thread.join(120)
        changer.close()

    assert [trouble for one in staff for trouble in one.trouble] == []
    assert all(one.written > 1 and one.read > 1 for one in staff)
    assert {"root", "tenant"} <= set(changer.deeds)
    assert spaces == list(range(2, 2 + LIVES))
    with closing(DatabaseShelf(shelf_url)) as shelf:
        after = Keyring(shelf, SystemClock())
        assert after.follow(source.roots(after.root_check()))
        if (newest := after.newest_root) is not None:
            after.rotate_root(newest)
        source.settle(after.root_check())
        assert len(source.roots(after.root_check())) == 1
        later = replace(working, keyring=after, index=BlindIndex(after))
        for one in staff:
            one.house = later
            for card in one.cards:
                one.look_up(random.Random(card))
        with working.store.read(campus.tenant) as db:
            found = {row.person for row in directory.people(db, limit=100_000)}
            assert found >= {person for one in staff for person in one.people}
        assert journal.verify(working.store, campus.tenant).whole
