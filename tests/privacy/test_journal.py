"""Dora looks at Alice's record; the journal says so, and notices whoever makes it say something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.access import Reason
from sealgate.domain.ids import GateId, PassageId, PersonId, SiteId, TenantId
from sealgate.ports import KeyKind, Token
from sealgate.privacy import journal
from sealgate.privacy.journal import BadEntry, Flaw, digest, entries, entries_about, verify, write, written
from sealgate.store import journal as rows
from sealgate.store.engine import Actor, Store
from sealgate.store.passages import PassageRow
from sealgate.vault.errors import VaultSealed
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf

if TYPE_CHECKING:
    from tests.conftest import Server

DORA = Actor("operator", "dora")
ALICE, BOB = PersonId(UUID(int=0xA11CE)), PersonId(UUID(int=0xB0B))
Break = Callable[[str], None]


@pytest.fixture
def told(store: Store, acme: TenantId, keyring: Keyring, noon: datetime) -> TenantId:
    """Acme's journal with ten entries: one that it was founded by, and nine looks at Alice and Bob."""
    for number in range(9):
        with store.begin(acme, DORA) as tx:
            person = ALICE if number % 2 else BOB
            at = noon + timedelta(minutes=number)
            write(tx, keyring, at, "person.opened", about=person, object=f"person:{person}", purpose=f"why {number}")
    return acme


@pytest.fixture
def tamper(store: Store, request: pytest.FixtureRequest, database_url: str) -> Break:
    """Change the database as somebody who owns it can: past every rule of ours."""

    def run(statement: str) -> None:
        if store.is_sqlite:
            store.close()
            engine = sa.create_engine(database_url)
            with engine.begin() as connection:
                connection.execute(sa.text(statement))
            engine.dispose()
            Store.__init__(store, sa.make_url(database_url), wait=timedelta(seconds=5), clock=store.clock, node=0)
        else:
            server: Server = request.getfixturevalue("postgres")
            server.ask(statement, str(sa.make_url(database_url).database))

    return run


def test_a_whole_journal(store: Store, told: TenantId) -> None:
    verdict = verify(store, told)
    assert (verdict.whole, verdict.entries, verdict.flaw) == (True, 10, None)


def test_alice_reads_what_was_looked_at_about_her(store: Store, told: TenantId, keyring: Keyring, noon: datetime) -> None:
    with store.read(told) as db:
        about = entries_about(db, keyring, ALICE)
        assert [entry.purpose for entry in about] == ["why 7", "why 5", "why 3", "why 1"]
        assert {(entry.actor_kind, entry.actor_id, entry.action) for entry in about} == {("operator", "dora", "person.opened")}
        assert about[0].at == noon + timedelta(minutes=7)
        assert [entry.purpose for entry in entries_about(db, keyring, ALICE, before=about[1].seq, limit=1)] == ["why 3"]
        assert len(entries(db, keyring, limit=100)) == 10
        assert [entry.seq for entry in entries(db, keyring, before=4, limit=2)] == [3, 2]


def test_no_purpose_and_no_name_lies_there_in_clear(store: Store, told: TenantId) -> None:
    with store.read(told) as db:
        for entry in rows.stream(db):
            assert b"why" not in (entry.purpose or b"")
            assert ALICE.bytes != entry.about


def test_the_chain_is_checked_without_a_key(store: Store, told: TenantId, keyring: Keyring) -> None:
    keyring.destroy(told, KeyKind.TENANT, "")
    assert verify(store, told).whole


def test_acme_and_umbra_have_a_journal_each(store: Store, told: TenantId, umbra: TenantId, keyring: Keyring) -> None:
    assert verify(store, umbra).entries == 1
    with store.read(umbra) as db:
        assert entries_about(db, keyring, ALICE) == []


def test_a_person_has_another_token_in_every_tenant(keyring: Keyring, told: TenantId, umbra: TenantId) -> None:
    assert journal.about_token(keyring, told, ALICE) != journal.about_token(keyring, umbra, ALICE)
    assert journal.about_token(keyring, told, ALICE) != journal.about_token(keyring, told, BOB)


EDITS = {
    "at": "at + 1",
    "actor_kind": "'gate'",
    "actor_id": "'eve'",
    "action": "'nothing'",
    "object": "'person:nobody'",
    "about": "NULL",
    "purpose": "NULL",
}


@pytest.mark.parametrize("column", EDITS)
def test_an_edited_entry_is_found(store: Store, told: TenantId, tamper: Break, column: str) -> None:
    tamper(f"UPDATE journal SET {column} = {EDITS[column]} WHERE seq = 5")
    verdict = verify(store, told)
    assert (verdict.flaw, verdict.at, verdict.entries) == (Flaw.EDITED, 5, 4)


def test_a_removed_entry_is_found(store: Store, told: TenantId, tamper: Break) -> None:
    tamper("DELETE FROM journal WHERE seq = 5")
    assert (verify(store, told).flaw, verify(store, told).at) == (Flaw.MISSING, 5)


def test_a_removed_first_entry_is_found(store: Store, told: TenantId, tamper: Break) -> None:
    tamper("DELETE FROM journal WHERE seq = 1")
    assert (verify(store, told).flaw, verify(store, told).at) == (Flaw.MISSING, 1)


def test_two_entries_in_another_order_are_found(store: Store, told: TenantId, tamper: Break) -> None:
    for old, new in ((5, 99), (6, 5), (99, 6)):
        tamper(f"UPDATE journal SET seq = {new} WHERE seq = {old}")
    assert (verify(store, told).flaw, verify(store, told).at) == (Flaw.EDITED, 5)


def test_a_cut_tail_is_found(store: Store, told: TenantId, tamper: Break) -> None:
    tamper("DELETE FROM journal WHERE seq > 7")
    verdict = verify(store, told)
    assert (verdict.flaw, verdict.at, verdict.entries) == (Flaw.CUT, 8, 7)


def test_a_head_that_was_put_back_is_found(store: Store, told: TenantId, tamper: Break) -> None:
    tamper("UPDATE journal_heads SET seq = 7, hash = (SELECT j.hash FROM journal j WHERE j.seq = 7)")
    assert verify(store, told).flaw is Flaw.GROWN


def test_a_head_with_another_hash_is_found(store: Store, told: TenantId, tamper: Break) -> None:
    tamper("UPDATE journal_heads SET hash = (SELECT j.hash FROM journal j WHERE j.seq = 7)")
    assert verify(store, told).flaw is Flaw.GROWN


def test_a_journal_without_a_head_is_found(store: Store, told: TenantId, tamper: Break) -> None:
    tamper("DELETE FROM journal_heads")
    assert verify(store, told).flaw is Flaw.NO_HEAD


def test_an_entry_with_a_hash_made_to_fit_is_found_by_the_next(store: Store, told: TenantId, tamper: Break) -> None:
    """Whoever edits an entry and reckons its hash anew must do so for every entry behind it, and for the head."""
    with store.read(told) as db:
        fifth = next(entry for entry in rows.stream(db) if entry.seq == 5)
    forged = replace(fifth, action="nothing")
    blob = f"X'{digest(told, forged).hex()}'" if store.is_sqlite else f"'\\x{digest(told, forged).hex()}'"
    tamper(f"UPDATE journal SET action = 'nothing', hash = {blob} WHERE seq = 5")
    verdict = verify(store, told)
    assert (verdict.flaw, verdict.at) == (Flaw.UNCHAINED, 6)


def test_an_entry_is_found_in_the_wrong_organisation(store: Store, told: TenantId, umbra: TenantId) -> None:
    with store.read(told) as db:
        first = next(iter(rows.stream(db)))
    assert digest(told, first) == first.hash
    assert digest(umbra, first) != first.hash


def test_what_is_too_long_or_empty_is_refused(store: Store, acme: TenantId, keyring: Keyring, noon: datetime) -> None:
    for action, purpose, thing in (("", "", ""), ("a", "p" * 401, ""), ("a", "", "o" * 401)):
        with pytest.raises(BadEntry), store.begin(acme, DORA) as tx:
            write(tx, keyring, noon, action, purpose=purpose, object=thing)


def test_a_sealed_vault_writes_no_purpose(store: Store, acme: TenantId, noon: datetime) -> None:
    closed = Keyring(MemoryShelf(), store.clock)
    with pytest.raises(VaultSealed), store.begin(acme, DORA) as tx:
        write(tx, closed, noon, "person.opened", about=ALICE)
    assert verify(store, acme).entries == 1


def a_passage(number: int) -> PassageRow:
    site, gate = SiteId(UUID(int=1)), GateId(UUID(int=2))
    at = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
    return PassageRow(PassageId(number), site, gate, 20514, at, None, opens=True, reason=Reason.FORCED)


def test_a_batch_of_passages_is_one_entry(store: Store, acme: TenantId, keyring: Keyring, noon: datetime) -> None:
    batch = [a_passage(number) for number in range(50)]
    with store.begin(acme, DORA) as tx:
        seq = write(tx, keyring, noon, "passages.recorded", object=written(batch))
    with store.read(acme) as db:
        (entry,) = entries(db, keyring, limit=1)
    assert (seq, entry.object) == (2, written(batch))
    assert written(batch[:-1]) != written(batch)
    assert written(batch).startswith("passages:0:50:")


@given(st.lists(st.text(max_size=8), min_size=4, max_size=4), st.lists(st.text(max_size=8), min_size=4, max_size=4))
def test_two_entries_have_one_hash_only_if_they_are_one(a: list[str], b: list[str]) -> None:
    def entry(words: list[str]) -> rows.Entry:
        at = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
        about = Token(words[2].encode()) if words[2] else None
        return rows.Entry(1, at, "operator", words[0], words[1], about, words[3], None, bytes(32), b"")

    tenant = TenantId(UUID(int=1))
    assert (digest(tenant, entry(a)) == digest(tenant, entry(b))) == (a == b)
