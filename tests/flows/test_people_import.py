"""Many people out of a file: all of them or nobody, found again by number, card and plate, each with an entry about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import TenantId
from sealgate.domain.operators import Role
from sealgate.domain.people_file import Field, Flaw, PeopleFile
from sealgate.domain.sightings import Means
from sealgate.flows import enrol, people, people_arriving, people_import, rules
from sealgate.flows.campus import system
from sealgate.flows.kit import House, Signed
from sealgate.flows.people_arriving import QUIET, SomebodyFirst
from sealgate.flows.people_import import FlawedFile, NotReady
from sealgate.privacy import journal
from sealgate.store import directory
from sealgate.store.words import ImportState

FILE = """name,number,groups,phone,card,plate,valid from,valid until
Alice Marsh,N1,Staff,13800138000,40012345,,2026-03-01,2026-12-31
王芳,N2,Staff;Drivers,,40012346,沪A12345,,
Charlie Stone,,,,,,,
""".encode()


@pytest.fixture
def alice(house: House, acme_campus: Any) -> Signed:
    """The administrator of Acme, where the groups are Staff and Drivers."""
    rules.add_group(house, acme_campus.signed, "Drivers")
    signed: Signed = acme_campus.signed
    return signed


@pytest.fixture
def dora(acme_campus: Any) -> Signed:
    """Security: sees people and enrols nobody."""
    signed: Signed = acme_campus.only(Role.SECURITY)
    return signed


def enrolled(house: House, signed: Signed) -> list[str]:
    return [line.name for line in people.roster(house, signed).lines]


def taken(found: PeopleFile) -> set[tuple[int, Field, Flaw]]:
    return {(problem.row, problem.field, problem.flaw) for problem in found.problems}


def test_everybody_of_a_file_is_enrolled_in_its_order(house: House, alice: Signed) -> None:
    heard: list[int] = []
    found = people_import.check(house, alice, FILE)
    assert people_import.enrol_all(house, alice, found, UTC, heard.append) == 3
    assert enrolled(house, alice) == ["Alice Marsh", "王芳", "Charlie Stone"]
    assert heard == [3]
    line = people.roster(house, alice).lines[1]
    assert line.groups == ("Drivers", "Staff")
    assert line.means == {Means.CARD, Means.PLATE}


def test_each_of_them_can_read_who_enrolled_them_and_the_chain_holds(house: House, alice: Signed) -> None:
    people_import.enrol_all(house, alice, people_import.check(house, alice, FILE), UTC)
    person = people.roster(house, alice).lines[0].person
    told = people.record(house, alice, person).journal
    assert [line.action for line in told] == ["person.brought"]
    assert journal.verify(house.store, alice.tenant).whole


def test_a_card_of_the_file_opens_and_a_day_ends_where_the_site_is(house: House, alice: Signed) -> None:
    from sealgate.domain.calendar import zone

    people_import.enrol_all(house, alice, people_import.check(house, alice, FILE), zone("Asia/Shanghai"))
    with house.store.read(alice.tenant) as db:
        token = house.index.standing_token(alice.tenant, "card", "40012345")
        found = directory.credential_by_token(db, Means.CARD, token)
        assert found is not None
        row = directory.person(db, found.person)
    assert row is not None
    assert (f"{row.valid_since:%Y-%m-%dT%H}", f"{row.valid_until:%Y-%m-%dT%H}") == ("2026-02-28T16", "2026-12-31T16")


def test_the_same_file_again_is_told_row_by_row_and_nobody_comes_twice(house: House, alice: Signed) -> None:
    people_import.enrol_all(house, alice, people_import.check(house, alice, FILE), UTC)
    again = people_import.check(house, alice, FILE)
    assert taken(again) == {
        (2, Field.NUMBER, Flaw.TAKEN),
        (2, Field.CARD, Flaw.TAKEN),
        (3, Field.NUMBER, Flaw.TAKEN),
        (3, Field.CARD, Flaw.TAKEN),
        (3, Field.PLATE, Flaw.TAKEN),
        (4, Field.NAME, Flaw.TAKEN),
    }
    with pytest.raises(FlawedFile):
        people_import.enrol_all(house, alice, again, UTC)
    assert len(enrolled(house, alice)) == 3


def test_somebody_enrolled_by_hand_is_known_by_number(house: House, alice: Signed) -> None:
    enrol.enrol(house, alice, enrol.NewPerson("Alicia Marsh", number="n1"))
    assert (2, Field.NUMBER, Flaw.TAKEN) in taken(people_import.check(house, alice, FILE))


def test_somebody_enrolled_before_numbers_had_tokens_is_known_by_name_and_number(house: House, alice: Signed) -> None:
    from sealgate.store import schema as s

    person = enrol.enrol(house, alice, enrol.NewPerson("Alice Marsh", number="N1"))
    with house.store.begin(alice.tenant, alice.actor) as tx:
        tx.change(s.people, [s.people.c.person_id == person], {"number_token": None})
        journal.write(tx, house.keyring, house.clock.now(), "test.made-old")
    assert taken(people_import.check(house, alice, FILE)) == {(2, Field.NUMBER, Flaw.TAKEN)}


def test_one_staff_number_is_one_persons_by_hand_too(house: House, alice: Signed) -> None:
    first = enrol.enrol(house, alice, enrol.NewPerson("Alice Marsh", number="N1"))
    with pytest.raises(enrol.NumberTaken):
        enrol.enrol(house, alice, enrol.NewPerson("Bob Ellis", number="n 1"))
    enrol.change_person(house, alice, first, enrol.NewPerson("Alice Hall", number="N1"))
    bob = enrol.enrol(house, alice, enrol.NewPerson("Bob Ellis", number="N2"))
    with pytest.raises(enrol.NumberTaken):
        enrol.change_person(house, alice, bob, enrol.NewPerson("Bob Ellis", number="N1"))


def test_a_group_that_is_none_is_told_and_not_made(house: House, alice: Signed) -> None:
    found = people_import.check(house, alice, b"name,groups\nAlice,Staff;Pilots\n")
    assert taken(found) == {(2, Field.GROUPS, Flaw.UNKNOWN_GROUP)}
    assert {line.name for line in rules.groups(house, alice)} == {"Staff", "Drivers"}


def test_umbras_numbers_and_cards_are_no_hindrance(house: House, alice: Signed) -> None:
    umbra = system(house, rules.found(house, "Umbra"))
    for name in ("Staff", "Drivers"):
        rules.add_group(house, umbra, name)
    people_import.enrol_all(house, umbra, people_import.check(house, umbra, FILE), UTC)
    assert not people_import.check(house, alice, FILE).flawed


def test_whoever_may_not_enrol_brings_no_file(house: House, dora: Signed) -> None:
    for call in (
        lambda: people_import.check(house, dora, FILE),
        lambda: people_import.bring(house, dora, FILE, "Asia/Shanghai"),
    ):
        with pytest.raises(Forbidden):
            call()


def test_a_card_taken_in_the_meantime_leaves_nobody_enrolled(house: House, alice: Signed) -> None:
    found = people_import.check(house, alice, FILE)
    bob = enrol.enrol(house, alice, enrol.NewPerson("Bob Ellis"))
    enrol.add_credential(house, alice, bob, Means.PLATE, "沪A12345")
    with pytest.raises(SomebodyFirst):
        people_import.enrol_all(house, alice, found, UTC)
    assert enrolled(house, alice) == ["Bob Ellis"]
    assert journal.verify(house.store, alice.tenant).whole


class TestBrought:
    def test_it_waits_sealed_until_somebody_says_yes(self, house: House, alice: Signed) -> None:
        made = people_import.bring(house, alice, FILE, "Asia/Shanghai")
        found = people_import.brought(house, alice, made)
        assert (found.state, found.people, [row.profile.name for row in found.rows]) == (
            ImportState.READY,
            3,
            ["Alice Marsh", "王芳", "Charlie Stone"],
        )
        assert enrolled(house, alice) == []
        with house.store.read(alice.tenant) as db:
            row = directory.import_row(db, made)
        assert row is not None
        assert b"Marsh" not in (row.file or b"")

    def test_a_yes_enrols_and_forgets_the_file(self, house: House, alice: Signed) -> None:
        made = people_import.bring(house, alice, FILE, "Asia/Shanghai")
        people_import.claim(house, alice, made)()
        found = people_import.brought(house, alice, made)
        assert (found.state, found.done, found.rows) == (ImportState.DONE, 3, ())
        assert len(enrolled(house, alice)) == 3

    def test_a_second_yes_enrols_nobody_twice(self, house: House, alice: Signed) -> None:
        made = people_import.bring(house, alice, FILE, "Asia/Shanghai")
        first = people_import.claim(house, alice, made)
        with pytest.raises(NotReady):
            people_import.claim(house, alice, made)
        first()
        with pytest.raises(NotReady):
            people_import.claim(house, alice, made)
        assert len(enrolled(house, alice)) == 3

    def test_one_that_stopped_can_be_claimed_again_and_the_first_comes_too_late(
        self, house: House, alice: Signed, clock: Any
    ) -> None:
        made = people_import.bring(house, alice, FILE, "Asia/Shanghai")
        stopped = people_import.claim(house, alice, made)
        clock.move(QUIET + timedelta(seconds=1))
        assert people_import.brought(house, alice, made, rows=0).stopped
        people_import.claim(house, alice, made)()
        stopped()
        assert len(enrolled(house, alice)) == 3
        assert people_import.brought(house, alice, made, rows=0).state is ImportState.DONE

    def test_a_flawed_one_is_not_enrolled(self, house: House, alice: Signed) -> None:
        made = people_import.bring(house, alice, b"name,kind\nAlice,boss\n", "Asia/Shanghai")
        found = people_import.brought(house, alice, made)
        assert (found.state, found.flawed, found.problems[0].flaw) == (ImportState.FLAWED, 1, Flaw.BAD_KIND)
        with pytest.raises(NotReady):
            people_import.claim(house, alice, made)

    def test_what_is_taken_after_the_look_is_told_and_nobody_is_enrolled(self, house: House, alice: Signed) -> None:
        made = people_import.bring(house, alice, FILE, "Asia/Shanghai")
        enrol.enrol(house, alice, enrol.NewPerson("Bob Ellis", number="N2"))
        people_import.claim(house, alice, made)()
        found = people_import.brought(house, alice, made)
        assert (found.state, found.problems[0].row) == (ImportState.FLAWED, 3)
        assert enrolled(house, alice) == ["Bob Ellis"]

    def test_a_fault_in_the_middle_leaves_it_failed_and_nobody_enrolled(
        self, house: House, alice: Signed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = people_import.bring(house, alice, FILE, "Asia/Shanghai")
        run = people_import.claim(house, alice, made)
        let_in = people_arriving.let_in

        def breaks(*args: Any) -> int:
            let_in(*args)
            raise ZeroDivisionError

        with monkeypatch.context() as patched:
            patched.setattr(people_arriving, "let_in", breaks)
            with pytest.raises(ZeroDivisionError):
                run()
        assert people_import.brought(house, alice, made, rows=0).state is ImportState.FAILED
        assert enrolled(house, alice) == []
        people_import.claim(house, alice, made)()
        assert people_import.brought(house, alice, made, rows=0).state is ImportState.DONE

    def test_forgotten_means_gone(self, house: House, alice: Signed) -> None:
        made = people_import.bring(house, alice, FILE, "Asia/Shanghai")
        people_import.forget(house, alice, made)
        with pytest.raises(NotFound):
            people_import.brought(house, alice, made)

    def test_yesterdays_file_goes_when_another_comes(self, house: House, alice: Signed, clock: Any) -> None:
        old = people_import.bring(house, alice, FILE, "Asia/Shanghai")
        clock.move(timedelta(days=1, minutes=1))
        people_import.bring(house, alice, FILE, "Asia/Shanghai")
        with pytest.raises(NotFound):
            people_import.brought(house, alice, old)

    def test_umbra_sees_nothing_of_it(self, house: House, alice: Signed) -> None:
        made = people_import.bring(house, alice, FILE, "Asia/Shanghai")
        umbra: TenantId = rules.found(house, "Umbra")
        with pytest.raises(NotFound):
            people_import.brought(house, system(house, umbra), made)


def test_a_thousand_people_cost_no_more_questions_than_one(house: House, alice: Signed) -> None:
    """No question for each person: the statements of a check grow by a few for each five hundred rows."""
    lines = "".join(f"Person {n},P{n},Staff,,{50_000_000 + n},,,\n" for n in range(1_000))
    head = FILE.splitlines()[0].decode() + "\n"
    with statements(house) as one:
        people_import.enrol_all(house, alice, people_import.check(house, alice, FILE), UTC)
    with statements(house) as many:
        people_import.enrol_all(house, alice, people_import.check(house, alice, (head + lines).encode()), UTC)
    assert len(many) < len(one) + 15


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_sql: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    engines = {house.store._writing, house.store._reading}  # PostgreSQL has one for both
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
