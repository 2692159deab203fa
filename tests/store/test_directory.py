"""Alice works here, Bob's contract has ended; what the store knows of them, and what a decision gets to know."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sealgate.domain.access import Grant, Validity
from sealgate.domain.calendar import parse_timetable, timetable_text
from sealgate.domain.ids import ConsentId, CredentialId, GrantId, PersonId, TenantId, TimetableId
from sealgate.domain.people import PersonKind
from sealgate.domain.sightings import Means
from sealgate.ports import Sealed, Token
from sealgate.store import directory, places
from sealgate.store.engine import Actor, Store
from sealgate.store.faults import AlreadyThere, NoSuchThing
from sealgate.store.words import Standing

if TYPE_CHECKING:
    from tests.store.conftest import Cast

DAY = timedelta(days=1)
WORK = {"mon": ["08:00-18:00"]}


def name(value: str) -> Token:
    return Token(value.encode().ljust(16, b".")[:16])


def consent(store: Store, person: PersonId, at: datetime, purpose: str = "face") -> directory.ConsentRow:
    return directory.ConsentRow(ConsentId(store.new_id()), person, purpose, "2026-01", at, None, "person")


class TestPeople:
    def test_alice_is_read_as_she_was_written(self, store: Store, acme: TenantId, cast: Cast, noon: datetime) -> None:
        alice = cast.person(acme, "Alice", until=noon + DAY)
        with store.read(acme) as db:
            row = directory.person(db, alice)
            assert row is not None
            assert (row.profile, row.kind, row.suspended) == (b"sealed Alice", PersonKind.EMPLOYEE, False)
            assert (row.valid_since, row.valid_until, row.created_at) == (noon - 30 * DAY, noon + DAY, noon)
            assert directory.people_named(db, name("Alice")) == [row]
            assert directory.people_by_id(db, [alice, PersonId(store.new_id())]) == [row]
            assert directory.people_named(db, name("Charlie")) == []

    def test_nobody_of_acme_is_at_umbra(self, store: Store, acme: TenantId, umbra: TenantId, cast: Cast) -> None:
        alice = cast.person(acme, "Alice")
        with store.read(umbra) as db:
            assert directory.person(db, alice) is None
            assert (
                directory.people(db) == directory.people_named(db, name("Alice")) == directory.people_by_id(db, [alice]) == []
            )
            assert directory.count_people(db) == 0

    def test_pages_follow_one_another(self, store: Store, acme: TenantId, cast: Cast) -> None:
        everybody = [cast.person(acme, f"Person {number}") for number in range(7)]
        seen: list[PersonId] = []
        with store.read(acme) as db:
            while page := directory.people(db, after=seen[-1] if seen else None, limit=3):
                seen += [row.person for row in page]
            assert directory.count_people(db) == 7
        assert seen == everybody

    def test_people_are_found_by_how_they_stand(self, store: Store, acme: TenantId, cast: Cast, noon: datetime) -> None:
        alice = cast.person(acme, "Alice", until=noon + DAY)
        bob = cast.person(acme, "Bob", until=noon)
        eve = cast.person(acme, "Eve", until=noon - DAY, suspended=True)
        by = {Standing.CURRENT: [alice], Standing.ENDED: [bob], Standing.SUSPENDED: [eve], Standing.COMING: []}
        with store.read(acme) as db:
            for standing, expected in by.items():
                assert [row.person for row in directory.people(db, status=(standing, noon))] == expected
                assert directory.count_people(db, status=(standing, noon)) == len(expected)
            assert len(directory.people(db, status=(Standing.COMING, noon - 31 * DAY))) == 2

    def test_people_are_found_by_group(self, store: Store, acme: TenantId, cast: Cast) -> None:
        campus, alice = cast.campus(acme), cast.person(acme, "Alice")
        cast.person(acme, "Bob")
        with cast.writing(acme) as tx:
            places.add_member(tx, campus.staff, alice)
        with store.read(acme) as db:
            assert [row.person for row in directory.people(db, group=campus.staff)] == [alice]
            assert directory.count_people(db, group=campus.staff) == 1

    def test_alice_marries(self, store: Store, acme: TenantId, cast: Cast) -> None:
        alice = cast.person(acme, "Alice")
        with cast.writing(acme) as tx:
            changed = directory.update_person(
                tx,
                alice,
                profile=Sealed(b"new"),
                name_token=name("Alicia"),
                number_token=None,
                kind=PersonKind.WORKER,
                valid_since=None,
                valid_until=None,
            )
            assert changed
        with store.read(acme) as db:
            row = directory.person(db, alice)
            assert row is not None
            assert (row.profile, row.kind, row.valid_since) == (b"new", PersonKind.WORKER, None)
            assert directory.people_named(db, name("Alice")) == []

    def test_who_is_not_there_is_not_changed(self, store: Store, acme: TenantId, cast: Cast) -> None:
        nobody = PersonId(store.new_id())
        with cast.writing(acme) as tx:
            assert not directory.set_suspended(tx, nobody, suspended=True)

    def test_presence_is_only_the_last_one(self, store: Store, acme: TenantId, cast: Cast) -> None:
        alice, bob = cast.person(acme, "Alice"), cast.person(acme, "Bob")
        for state in (b"street", b"office"):
            with cast.writing(acme) as tx:
                directory.set_presence(tx, alice, Sealed(state))
        with store.read(acme) as db:
            assert directory.presences(db) == directory.presences(db, [alice, bob]) == [(alice, b"office")]
            assert directory.presences(db, [bob]) == []


class TestCredentials:
    def test_a_card_is_found_by_its_token(self, store: Store, acme: TenantId, umbra: TenantId, cast: Cast) -> None:
        alice = cast.person(acme, "Alice")
        card = cast.card(acme, alice, "4711")
        with store.read(acme) as db:
            found = directory.credential_by_token(db, Means.CARD, name("4711"))
            assert found is not None
            assert (found.credential, found.person) == (card, alice)
            assert directory.credential_by_token(db, Means.PIN, name("4711")) is None
            assert directory.credential(db, card) == found
            assert directory.credentials_of(db, alice) == [found]
        with store.read(umbra) as db:
            assert directory.credential_by_token(db, Means.CARD, name("4711")) is None
            assert directory.credential(db, card) is None

    def test_one_plate_is_one_persons(self, store: Store, acme: TenantId, umbra: TenantId, cast: Cast) -> None:
        alice, bob = cast.person(acme, "Alice"), cast.person(acme, "Bob")
        card = cast.card(acme, alice, "4711")
        with pytest.raises(AlreadyThere):
            cast.card(acme, bob, "4711")
        cast.card(umbra, cast.person(umbra, "Uma"), "4711")  # another organisation has numbers of its own
        with cast.writing(acme) as tx:
            ended = directory.end_credential(tx, card, cast.store.clock.now())
            assert ended is not None
            assert ended.person == alice
        cast.card(acme, bob, "4711")

    def test_an_end_is_there_once(self, store: Store, acme: TenantId, cast: Cast, noon: datetime) -> None:
        card = cast.card(acme, cast.person(acme, "Alice"), "4711")
        with cast.writing(acme) as tx:
            assert directory.end_credential(tx, card, noon) is not None
            assert directory.end_credential(tx, card, noon + DAY) is None
        with store.read(acme) as db:
            row = directory.credential(db, card)
            assert row is not None
            assert row.ended_at == noon
            assert directory.credential_by_token(db, Means.CARD, name("4711")) is None

    def test_nothing_is_left_of_a_forgotten_secret(self, store: Store, acme: TenantId, cast: Cast) -> None:
        card = cast.card(acme, cast.person(acme, "Alice"), "4711")
        with cast.writing(acme) as tx:
            directory.forget_secret(tx, card)
        with store.read(acme) as db:
            row = directory.credential(db, card)
            assert row is not None
            assert (row.secret, row.token, row.label) == (b"", None, None)

    def test_by_what_people_can_pass(self, store: Store, acme: TenantId, cast: Cast, noon: datetime) -> None:
        campus, alice, bob = cast.campus(acme), cast.person(acme, "Alice"), cast.person(acme, "Bob")
        old = cast.card(acme, alice, "4711")
        with cast.writing(acme) as tx:
            face = cast.credential(CredentialId(store.new_id()), alice, Means.FACE, None, campus.site)
            directory.add_credential(tx, face)
            directory.end_credential(tx, old, noon)
        with store.read(acme) as db:
            assert directory.means_of(db, [alice, bob]) == {alice: {Means.FACE}}

    def test_templates_are_of_one_site_and_one_pack(self, store: Store, acme: TenantId, cast: Cast, noon: datetime) -> None:
        here, there = cast.campus(acme), cast.campus(acme)
        alice = cast.person(acme, "Alice")
        faces = [
            cast.credential(CredentialId(store.new_id()), alice, Means.FACE, None, site.site) for site in (here, there, here)
        ]
        with cast.writing(acme) as tx:
            for face in faces:
                directory.add_credential(tx, face)
            directory.end_credential(tx, faces[2].credential, noon)
        with store.read(acme) as db:
            found = list(directory.face_templates(db, here.site, "pack-1"))
            assert [(one.credential, one.person, one.site) for one in found] == [(faces[0].credential, alice, here.site)]
            assert {one.credential for one in directory.face_templates(db, None, "pack-1")} == {
                faces[0].credential,
                faces[1].credential,
            }
            assert list(directory.face_templates(db, None, "pack-2")) == []


class TestConsents:
    def test_a_consent_is_given_and_withdrawn_once(self, store: Store, acme: TenantId, cast: Cast, noon: datetime) -> None:
        alice, bob = cast.person(acme, "Alice"), cast.person(acme, "Bob")
        given = consent(store, alice, noon)
        with cast.writing(acme) as tx:
            directory.add_consent(tx, given)
        with store.read(acme) as db:
            assert directory.has_consent(db, alice, "face")
            assert not directory.has_consent(db, alice, "newsletter")
            assert not directory.has_consent(db, bob, "face")
            assert directory.consented_of(db, [alice, bob], "face") == {alice}
            assert directory.count_consented(db, "face") == 1
            assert directory.consents_of(db, alice) == [given]
        with cast.writing(acme) as tx:
            assert directory.withdraw_consent(tx, given.consent, noon + DAY) == alice
            assert directory.withdraw_consent(tx, given.consent, noon + DAY) is None
        with store.read(acme) as db:
            assert not directory.has_consent(db, alice, "face")
            assert directory.count_consented(db, "face") == 0
            assert directory.consents_of(db, alice)[0].withdrawn_at == noon + DAY

    def test_umbra_withdraws_nothing_of_acmes(
        self, store: Store, acme: TenantId, umbra: TenantId, cast: Cast, noon: datetime
    ) -> None:
        alice = cast.person(acme, "Alice")
        given = consent(store, alice, noon)
        with cast.writing(acme) as tx:
            directory.add_consent(tx, given)
        with cast.writing(umbra) as tx:
            assert directory.withdraw_consent(tx, given.consent, noon) is None
        with store.read(acme) as db:
            assert directory.has_consent(db, alice, "face")


class TestFacts:
    def test_alice_with_two_grants(self, store: Store, acme: TenantId, cast: Cast, noon: datetime) -> None:
        campus, alice = cast.campus(acme), cast.person(acme, "Alice", until=noon + DAY)
        card = cast.card(acme, alice, "4711")
        table = parse_timetable(WORK)
        with cast.writing(acme) as tx:
            hours = places.TimetableRow(TimetableId(store.new_id()), "Hours", timetable_text(table))
            places.add_timetable(tx, hours)
            places.add_member(tx, campus.staff, alice)
            places.add_grant(tx, places.GrantRow(GrantId(store.new_id()), campus.staff, campus.office, hours.timetable))
            places.add_grant(tx, places.GrantRow(GrantId(store.new_id()), campus.staff, campus.street))
            directory.set_presence(tx, alice, Sealed(b"sealed street"))
            directory.add_consent(tx, consent(store, alice, noon))
        with store.begin(acme, Actor("gate", str(campus.door))) as tx:
            locked = directory.facts_of(tx, card)
        with store.read(acme) as db:
            facts = directory.facts_of(db, card)
        assert facts == locked
        assert facts is not None
        assert (facts.person, facts.credential, facts.profile) == (alice, card, b"sealed Alice")
        assert (facts.suspended, facts.consented, facts.presence) == (False, True, b"sealed street")
        assert facts.valid == Validity(noon - 30 * DAY, noon + DAY)
        assert sorted(facts.grants, key=str) == sorted([Grant(campus.office, table), Grant(campus.street)], key=str)

    def test_bob_without_group_presence_or_consent(self, store: Store, acme: TenantId, cast: Cast) -> None:
        card = cast.card(acme, cast.person(acme, "Bob", suspended=True), "4712")
        with store.read(acme) as db:
            facts = directory.facts_of(db, card)
        assert facts is not None
        assert (facts.grants, facts.presence, facts.consented, facts.suspended) == ((), None, False, True)

    def test_a_consent_that_was_withdrawn_counts_no_more(
        self, store: Store, acme: TenantId, cast: Cast, noon: datetime
    ) -> None:
        alice = cast.person(acme, "Alice")
        card, given = cast.card(acme, alice, "4711"), consent(store, alice, noon)
        with cast.writing(acme) as tx:
            directory.add_consent(tx, given)
            directory.withdraw_consent(tx, given.consent, noon)
        with store.read(acme) as db:
            facts = directory.facts_of(db, card)
        assert facts is not None
        assert not facts.consented

    def test_a_credential_that_was_ended_is_valid_no_longer_than_that(
        self, store: Store, acme: TenantId, cast: Cast, noon: datetime
    ) -> None:
        card = cast.card(acme, cast.person(acme, "Alice"), "4711")
        with cast.writing(acme) as tx:
            directory.end_credential(tx, card, noon)
        with store.read(acme) as db:
            facts = directory.facts_of(db, card)
        assert facts is not None
        assert facts.credential_valid == Validity(None, noon)

    def test_a_strangers_credential_has_no_facts(self, store: Store, acme: TenantId, umbra: TenantId, cast: Cast) -> None:
        card = cast.card(acme, cast.person(acme, "Alice"), "4711")
        with store.read(acme) as db:
            assert directory.facts_of(db, CredentialId(store.new_id())) is None
        with store.read(umbra) as db:
            assert directory.facts_of(db, card) is None

    def test_a_credential_needs_its_person(self, store: Store, acme: TenantId, umbra: TenantId, cast: Cast) -> None:
        alice = cast.person(acme, "Alice")
        with pytest.raises(NoSuchThing):
            cast.card(umbra, alice, "4711")
