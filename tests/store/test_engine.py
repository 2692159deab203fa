"""A write is one transaction with its journal entry, or nothing; a read cannot write; what comes after it comes after it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from sealgate.domain.errors import NotFound
from sealgate.domain.ids import SiteId, TenantId
from sealgate.privacy import journal
from sealgate.store import outbox, places
from sealgate.store.engine import Actor, NestedWrite, Store, Tx, open_store
from sealgate.store.faults import AlreadyThere, Locked, NoSuchThing, ReadOnly, Unjournaled
from sealgate.vault.keyring import Keyring

if TYPE_CHECKING:
    from tests.store.conftest import Cast

DORA = Actor("operator", "dora")
Writing = Callable[[TenantId], AbstractContextManager[Tx]]


def a_site(store: Store, name: str = "Harbour") -> places.SiteRow:
    return places.SiteRow(SiteId(store.new_id()), name, "Asia/Shanghai")


def test_a_write_without_a_journal_entry_is_not_kept(store: Store, acme: TenantId) -> None:
    with pytest.raises(Unjournaled), store.begin(acme, DORA) as tx:
        places.add_site(tx, a_site(store))
    with store.read(acme) as db:
        assert places.sites(db) == []


def test_a_look_inside_begin_needs_no_entry(store: Store, acme: TenantId) -> None:
    with store.begin(acme, DORA) as tx:
        assert places.sites(tx) == []


def test_raw_sql_is_a_write_too(store: Store, acme: TenantId) -> None:
    with pytest.raises(Unjournaled), store.begin(acme, DORA) as tx:
        tx.sql.exec_driver_sql("UPDATE tenants SET name = 'Acne'")


def test_an_error_in_the_middle_keeps_nothing(store: Store, acme: TenantId, writing: Writing) -> None:
    def half() -> None:
        with writing(acme) as tx:
            places.add_site(tx, a_site(store))
            raise RuntimeError("power")

    with pytest.raises(RuntimeError):
        half()
    with store.read(acme) as db:
        assert places.sites(db) == []


def test_a_read_cannot_write(store: Store, acme: TenantId) -> None:
    with pytest.raises(ReadOnly), store.read(acme) as db:
        db.sql.execute(sa.text("DELETE FROM tenants"))


def test_a_read_sees_one_state(store: Store, acme: TenantId, writing: Writing) -> None:
    with store.read(acme) as db:
        assert places.sites(db) == []
        with writing(acme) as tx:
            places.add_site(tx, a_site(store))
        assert places.sites(db) == []


def test_what_is_to_be_done_after_the_commit_sees_it_committed(store: Store, acme: TenantId, writing: Writing) -> None:
    seen: list[int] = []

    def look() -> None:
        with store.read(acme) as db:
            seen.append(len(places.sites(db)))

    with writing(acme) as tx:
        places.add_site(tx, a_site(store))
        tx.after_commit(look)
        assert seen == []
    assert seen == [1]


def test_nothing_is_done_after_a_commit_that_was_none(store: Store, acme: TenantId) -> None:
    called: list[str] = []

    def unjournaled() -> None:
        with store.begin(acme, DORA) as tx:
            places.add_site(tx, a_site(store))
            tx.after_commit(lambda: called.append("woken"))

    with pytest.raises(Unjournaled):
        unjournaled()
    assert called == []


def test_a_fact_waits_in_the_outbox_from_its_own_transaction_on(store: Store, acme: TenantId, writing: Writing) -> None:
    def half() -> None:
        with writing(acme) as tx:
            tx.publish("passage", {"passage": 1})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    with writing(acme) as tx:
        tx.publish("passage", {"passage": 2})
    with store.read(acme) as db:
        (fact,) = outbox.waiting(db)
    assert (fact.topic, fact.payload) == ("passage", {"passage": 2})
    assert outbox.mark_published(store, acme, [fact.fact], datetime.now(UTC)) == 1
    assert outbox.mark_published(store, acme, [fact.fact], datetime.now(UTC)) == 0
    with store.read(acme) as db:
        assert outbox.waiting(db) == []
    assert outbox.forget_published(store, acme, datetime.now(UTC) + timedelta(days=1)) == 1


def test_facts_wait_in_the_order_they_were_told(store: Store, acme: TenantId, writing: Writing) -> None:
    for number in range(5):
        with writing(acme) as tx:
            tx.publish("passage", {"passage": number})
    with store.read(acme) as db:
        assert [fact.payload["passage"] for fact in outbox.waiting(db)] == [0, 1, 2, 3, 4]


def test_two_of_one_identity_are_refused_by_name(store: Store, acme: TenantId, writing: Writing) -> None:
    site = a_site(store)
    with writing(acme) as tx:
        places.add_site(tx, site)
    with pytest.raises(AlreadyThere), writing(acme) as tx:
        places.add_site(tx, site)


def test_what_refers_to_nothing_is_refused_by_name(store: Store, acme: TenantId, writing: Writing) -> None:
    nowhere = SiteId(store.new_id())
    with pytest.raises(NoSuchThing), writing(acme) as tx:
        places.add_holiday(tx, nowhere, datetime.now(UTC).date(), "Spring Festival")


def test_a_thing_of_another_tenant_is_not_there(store: Store, acme: TenantId, umbra: TenantId, cast: Cast) -> None:
    campus = cast.campus(acme)
    with store.read(umbra) as db:
        for look in (lambda: places.site(db, campus.site), lambda: places.gate(db, campus.door)):
            with pytest.raises(NotFound):
                look()
        with pytest.raises(NotFound):
            places.policy_of(db, campus.door)
        assert (places.sites(db), places.all_zones(db), places.gates(db), places.groups(db)) == ([], [], [], [])


def test_nothing_can_be_hung_on_another_tenants_site(store: Store, acme: TenantId, umbra: TenantId, cast: Cast) -> None:
    campus = cast.campus(acme)
    with pytest.raises(NoSuchThing), cast.writing(umbra) as tx:
        places.add_gate(tx, cast.gate(campus, campus.door))


def test_nothing_of_another_tenant_is_changed(store: Store, acme: TenantId, umbra: TenantId, cast: Cast) -> None:
    campus = cast.campus(acme)
    with cast.writing(umbra) as tx:
        assert not places.set_lockdown(tx, campus.site, lockdown=True)
        assert not places.update_gate(tx, campus.door, blocked=True)
    with store.read(acme) as db:
        policy = places.policy_of(db, campus.door)
    assert (policy.lockdown, policy.blocked) == (False, False)


def test_the_list_of_tenants_has_both(store: Store, acme: TenantId, umbra: TenantId) -> None:
    assert {(tenant.tenant, tenant.name) for tenant in store.tenants()} == {(acme, "Acme"), (umbra, "Umbra")}


def test_many_threads_write_and_the_journal_has_no_gap(
    store: Store, acme: TenantId, writing: Writing, sealed_keyring: Keyring
) -> None:
    def write() -> None:
        for _ in range(10):
            with writing(acme) as tx:
                places.add_site(tx, a_site(store))

    threads = [Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read(acme) as db:
        assert len(places.sites(db)) == 60
    verdict = journal.verify(store, acme)
    assert (verdict.whole, verdict.entries) == (True, 61)


def test_ids_rise_when_the_clock_was_put_back_while_we_were_away(
    store: Store, acme: TenantId, writing: Writing, database_url: str
) -> None:
    class Yesterday:
        def now(self) -> datetime:
            return datetime.now(UTC) - timedelta(days=1)

    with writing(acme) as tx:
        tx.publish("passage", {})
    with store.read(acme) as db:
        (fact,) = outbox.waiting(db)
    store.close()
    again = open_store(database_url, clock=Yesterday())
    try:
        assert again.ids.next(again.clock.now()) > fact.fact
    finally:
        again.close()


class TestOneWriter:
    """SQLite has one writer; who comes second waits for a while, and then is told so."""

    def test_a_write_inside_a_write_is_said_to_be_one(
        self, sqlite_url: str, new_tenant: Callable[[Store, str], TenantId]
    ) -> None:
        store = open_store(sqlite_url)
        acme = new_tenant(store, "Acme")
        with store.begin(acme, DORA), pytest.raises(NestedWrite), store.begin(acme, DORA):
            pass
        store.close()

    def test_the_second_thread_waits_and_is_then_told(
        self, sqlite_url: str, new_tenant: Callable[[Store, str], TenantId]
    ) -> None:
        store = open_store(sqlite_url, busy_timeout=timedelta(milliseconds=50))
        acme = new_tenant(store, "Acme")
        inside, done = Event(), Event()

        def hold() -> None:
            with store.begin(acme, DORA):
                inside.set()
                done.wait(30)

        thread = Thread(target=hold)
        thread.start()
        inside.wait(30)
        with pytest.raises(Locked), store.begin(acme, DORA):
            pass
        done.set()
        thread.join()
        with store.begin(acme, DORA) as tx:
            assert places.sites(tx) == []
        store.close()
