"""A file of people goes in by small pieces: gates decide between them, nobody sees half of it, and kill -9 leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from sealgate.app import initialise, running
from sealgate.domain.access import Reason
from sealgate.domain.ids import PersonId
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.flows import enrol, passage, people, people_arriving, people_import, rules
from sealgate.flows.campus import system
from sealgate.flows.kit import House, Signed
from sealgate.ports import KeyKind
from sealgate.privacy import journal
from sealgate.settings import load
from sealgate.store import schema as s
from sealgate.store.engine import Tx
from sealgate.store.hours import rosters

SCRIPT = Path(__file__).with_name("import_until_killed.py")
LONG = 60.0
"""Seconds after which a thread is taken for dead; nothing is measured by it."""


def file_of(people: int) -> bytes:
    lines = (f"Person {n},P{n},Staff,{50_000_000 + n}\n" for n in range(people))
    return ("name,number,groups,card\n" + "".join(lines)).encode()


def shown_card(house: House, campus: Any, value: str) -> Reason:
    seen = CodeSighting(campus.door, house.clock.now(), Means.CARD, value)
    return passage.admit(house, campus.tenant, seen).decision.reason


def names(house: House, signed: Signed) -> list[str]:
    return [line.name for line in people.roster(house, signed).lines]


def rows_of_people(house: House, signed: Signed) -> int:
    with house.store.read(signed.tenant) as db:
        return int(db.sql.execute(sa.select(sa.func.count()).where(s.people.c.tenant_id == signed.tenant)).scalar_one())


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_arriving, "PIECE", 10)


@pytest.fixture
def bob(house: House, acme_campus: Any) -> PersonId:
    """Enrolled by hand, with a card."""
    person: PersonId = acme_campus.person("Bob Ellis")
    enrol.add_credential(house, acme_campus.signed, person, Means.CARD, "04A2B1C3")
    return person


def test_a_gate_decides_while_a_file_is_being_enrolled(house: House, acme_campus: Any, bob: PersonId) -> None:
    """The import goes on only when the gate has decided once more: were the writer held for all of it, neither would end."""
    signed = acme_campus.signed
    found = people_import.check(house, signed, file_of(50))
    written, decided, over = Event(), Event(), Event()
    told: list[Reason] = []

    def gate() -> None:
        while not over.is_set():
            if written.wait(0.01):
                written.clear()
                told.append(shown_card(house, acme_campus, "04A2B1C3"))
                decided.set()

    def piece(_done: int) -> None:
        decided.clear()
        written.set()
        assert decided.wait(LONG)

    thread = Thread(target=gate, daemon=True)
    thread.start()
    assert people_import.enrol_all(house, signed, found, UTC, piece) == 50
    over.set()
    thread.join(LONG)
    assert told == [Reason.ALLOWED] * 5


def test_no_transaction_writes_more_than_a_piece_however_long_the_file(
    house: House, acme_campus: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    most: dict[int, int] = {}
    run = Tx.run

    def counted(self: Tx, statement: str, values: Any) -> None:
        most[id(self)] = most.get(id(self), 0) + (len(values) if isinstance(values, list) else 1)
        run(self, statement, values)

    monkeypatch.setattr(Tx, "run", counted)
    found = people_import.check(house, acme_campus.signed, file_of(95))
    people_import.enrol_all(house, acme_campus.signed, found, UTC)
    assert max(most.values()) <= 4 * people_arriving.PIECE + 1  # a person, a membership, a card and an entry each


def test_until_all_are_in_nobody_is_there_but_what_they_bring_is_taken(house: House, acme_campus: Any, bob: PersonId) -> None:
    signed = acme_campus.signed
    heard: list[int] = []

    def look(done: int) -> None:
        heard.append(done)
        assert names(house, signed) == ["Bob Ellis"]
        assert shown_card(house, acme_campus, "50000000") is Reason.UNKNOWN
        assert [line.members for line in rules.groups(house, signed)] == [1]
        with house.store.read(signed.tenant) as db:
            assert rosters.count_staff(db) == 1
        with pytest.raises(enrol.NumberTaken):
            enrol.enrol(house, signed, enrol.NewPerson("Charlie Stone", number="P1"))
        with pytest.raises(enrol.AlreadyTaken):
            enrol.add_credential(house, signed, bob, Means.CARD, "50000001")

    people_import.enrol_all(house, signed, people_import.check(house, signed, file_of(25)), UTC, look)
    assert heard == [10, 20, 25]
    assert len(names(house, signed)) == 26
    assert shown_card(house, acme_campus, "50000000") is Reason.ALLOWED


def test_what_is_taken_behind_the_first_piece_leaves_nobody_and_their_keys_are_gone(
    house: House, acme_campus: Any, bob: PersonId
) -> None:
    signed = acme_campus.signed
    found = people_import.check(house, signed, file_of(25))
    seen: list[PersonId] = []

    def take(done: int) -> None:
        if done == 10:
            with house.store.read(signed.tenant) as db:
                query = sa.select(s.people.c.person_id).where(s.people.c.arriving.is_not(None))
                seen.extend(db.rows(query, PersonId))
            enrol.add_credential(house, signed, bob, Means.CARD, "50000015")

    with pytest.raises(people_arriving.SomebodyFirst):
        people_import.enrol_all(house, signed, found, UTC, take)
    assert (names(house, signed), rows_of_people(house, signed)) == (["Bob Ellis"], 1)
    assert len(seen) == 10
    assert not any(house.keyring.has(signed.tenant, KeyKind.SUBJECT, str(person)) for person in seen)
    assert journal.verify(house.store, signed.tenant).whole
    with house.store.read(signed.tenant) as db:
        actions = [line.action for line in journal.entries(db, house.keyring, limit=3)]
    assert "people-file.turned-away" in actions


def test_who_stopped_is_turned_away_when_nothing_is_heard_of_them(
    house: House, acme_campus: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on PostgreSQL, where a program that is gone has left others running."""
    signed = acme_campus.signed
    stopped_in_the_middle(house, signed, monkeypatch)
    assert rows_of_people(house, signed) == 20
    assert people_arriving.tidy(house, signed.tenant) == 0
    clock.move(people_arriving.QUIET + timedelta(seconds=1))
    assert people_arriving.tidy(house, signed.tenant) == 20
    assert rows_of_people(house, signed) == 0
    found = people_import.check(house, signed, file_of(25))
    assert people_import.enrol_all(house, signed, found, UTC) == 25


def test_umbra_has_nothing_tidied_by_acme(
    house: House, acme_campus: Any, umbra_campus: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped_in_the_middle(house, umbra_campus.signed, monkeypatch)
    clock.move(people_arriving.QUIET + timedelta(seconds=1))
    assert people_arriving.tidy(house, acme_campus.tenant) == 0
    assert rows_of_people(house, umbra_campus.signed) == 20


def test_who_is_turned_away_while_still_writing_enrols_nobody(house: House, acme_campus: Any, clock: Any) -> None:
    """It was only slow: the others took it for dead, and what it still writes is not let in."""
    signed = acme_campus.signed
    found = people_import.check(house, signed, file_of(25))

    def slow(done: int) -> None:
        if done == 20:
            clock.move(people_arriving.QUIET + timedelta(seconds=1))
            people_arriving.tidy(house, signed.tenant)

    with pytest.raises(people_arriving.SomebodyFirst):
        people_import.enrol_all(house, signed, found, UTC, slow)
    assert rows_of_people(house, signed) == 0


def stopped_in_the_middle(house: House, signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pieces of three are written, and then nothing more is: neither an end nor a word."""

    class Gone(BaseException):
        pass

    def die(done: int) -> None:
        if done == 20:
            raise Gone

    found = people_import.check(house, signed, file_of(25))
    with monkeypatch.context() as patched:
        patched.setattr(people_import._Enrolling, "_end_failed", lambda _self: None)
        with pytest.raises(Gone):
            people_import.enrol_all(house, signed, found, UTC, die)


@pytest.mark.parametrize("pieces", [1, 3])
def test_kill_9_in_the_middle_leaves_nothing_and_the_file_goes_in_again(
    tmp_path: Path, pieces: int, sealgate_home: Callable[[Path], None]
) -> None:
    sealgate_home(tmp_path)
    file = tmp_path / "people.csv"
    file.write_bytes(file_of(45))
    command = [sys.executable, str(SCRIPT), str(tmp_path), str(file), str(pieces)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"written {10 * pieces}\n"
        os.kill(process.pid, signal.SIGKILL)
    with running(load(data=tmp_path / "data", keys=tmp_path / "keys"), faces=None, plates=None) as program:
        house = program.house
        signed = system(house, house.store.tenants()[0].tenant)
        assert rows_of_people(house, signed) == 0
        with house.store.read(signed.tenant) as db:
            for table in (s.credentials, s.group_members):
                assert db.sql.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0
        found = people_import.check(house, signed, file.read_bytes())
        assert not found.flawed
        assert people_import.enrol_all(house, signed, found, UTC) == 45
        assert len(people.roster(house, signed).lines) == 45
        assert journal.verify(house.store, signed.tenant).whole


@pytest.fixture
def sealgate_home() -> Callable[[Path], None]:
    """Makes an organisation with a group in that folder."""

    def made(folder: Path) -> None:
        settings = load(data=folder / "data", keys=folder / "keys")
        initialise(settings, "Acme")
        with running(settings, faces=None, plates=None) as program:
            house = program.house
            rules.add_group(house, system(house, house.store.tenants()[0].tenant), "Staff")

    return made
