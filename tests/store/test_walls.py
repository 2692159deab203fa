"""PostgreSQL's second wall: a query that forgets to name the tenant still sees no other, and nobody may run past the wall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from sealgate.domain.ids import TenantId
from sealgate.privacy import journal
from sealgate.store import directory
from sealgate.store.engine import Actor, Store, open_store
from sealgate.store.faults import RoleTooStrong
from sealgate.store.passages import append
from sealgate.store.schema import metadata
from sealgate.vault.keyring import Keyring

if TYPE_CHECKING:
    from tests.conftest import NewTenant, Server
    from tests.store.conftest import Cast

DORA = Actor("operator", "dora")


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """These are about PostgreSQL alone."""
    return postgres_url


def database_of(url: str) -> str:
    return str(sa.make_url(url).database)


@pytest.fixture
def both(store: Store, acme: TenantId, umbra: TenantId, cast: Cast) -> tuple[TenantId, TenantId]:
    """Acme and Umbra, each with a campus, Alice and a passage."""
    for tenant in (acme, umbra):
        campus = cast.campus(tenant)
        cast.person(tenant, "Alice")
        with cast.writing(tenant) as tx:
            append(tx, [cast.passage(campus.site, campus.door)])
    return acme, umbra


def test_a_query_without_a_where_sees_one_tenant(store: Store, both: tuple[TenantId, TenantId]) -> None:
    for tenant in both:
        with store.read(tenant) as db:
            for table in ("tenants", "sites", "people", "passages", "journal", "gates"):
                seen = db.sql.execute(sa.text(f"SELECT DISTINCT tenant_id FROM {table}")).scalars().all()
                assert seen == [tenant], table


def test_no_partition_is_a_way_around_the_wall(
    store: Store, both: tuple[TenantId, TenantId], postgres: Server, postgres_url: str
) -> None:
    acme, _ = both
    database = database_of(postgres_url)
    parts = [str(name) for (name,) in postgres.ask("SELECT inhrelid::regclass::text FROM pg_inherits", database)]
    parts = [part for part in parts if part.startswith("passages_") and "idx" not in part and "pkey" not in part]
    assert "passages_default" in parts
    with psycopg.connect(postgres.url(database, "sealgate_owner"), autocommit=True) as owner:
        for part in parts:
            count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(part))
            assert owner.execute(count).fetchone() == (0,)
    with store.read(acme) as db:
        assert db.sql.execute(sa.text("SELECT count(*) FROM passages")).scalar() == 1


def test_the_owner_of_the_tables_sees_nothing_either(
    both: tuple[TenantId, TenantId], postgres: Server, postgres_url: str
) -> None:
    with psycopg.connect(postgres.url(database_of(postgres_url), "sealgate_owner"), autocommit=True) as owner:
        for table in metadata.tables:
            count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            assert owner.execute(count).fetchone() == (0,), table


def test_a_row_of_another_tenant_is_not_written(store: Store, both: tuple[TenantId, TenantId]) -> None:
    acme, umbra = both
    with pytest.raises(Exception, match="42501"), store.begin(acme, DORA) as tx:
        tx.sql.execute(
            sa.text("INSERT INTO groups VALUES (:tenant, :group, 'Spies')"), {"tenant": umbra, "group": store.new_id()}
        )


def test_a_row_of_another_tenant_is_not_changed_or_removed(
    store: Store, both: tuple[TenantId, TenantId], sealed_keyring: Keyring
) -> None:
    acme, umbra = both
    with store.begin(acme, DORA) as tx:
        named = {"umbra": umbra}
        assert tx.sql.execute(sa.text("UPDATE people SET suspended = 1 WHERE tenant_id = :umbra"), named).rowcount == 0
        assert tx.sql.execute(sa.text("DELETE FROM people WHERE tenant_id = :umbra"), named).rowcount == 0
        journal.write(tx, sealed_keyring, store.clock.now(), "test.tried")
    with store.read(umbra) as db:
        (alice,) = directory.people(db)
        assert not alice.suspended


def test_the_tenant_of_one_transaction_does_not_leak_into_the_next(store: Store, both: tuple[TenantId, TenantId]) -> None:
    acme, umbra = both
    for tenant in (acme, umbra) * 10:
        with store.read(tenant) as db:
            assert db.sql.execute(sa.text("SELECT tenant_id FROM people")).scalars().all() == [tenant]


def test_a_connection_that_says_nothing_sees_nothing(both: tuple[TenantId, TenantId], postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as app:
        assert app.execute("SELECT count(*) FROM people").fetchone() == (0,)


def test_whoever_asks_for_the_list_of_tenants_sees_nothing_else(both: tuple[TenantId, TenantId], postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as app:
        app.execute("SET LOCAL sealgate.tenant = '*'")
        assert app.execute("SELECT count(*) FROM tenants").fetchone() == (2,)
        for table in set(metadata.tables) - {"tenants"}:
            assert app.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone() == (0,), table
        assert app.execute("UPDATE tenants SET name = 'mine'").rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("INSERT INTO tenants VALUES (gen_random_uuid(), 'new', 1)")


def test_the_app_can_lengthen_the_journal_and_never_rewrite_it(store: Store, both: tuple[TenantId, TenantId]) -> None:
    acme, _ = both
    for statement in ("UPDATE journal SET action = 'nothing'", "DELETE FROM journal", "TRUNCATE journal", "DROP TABLE journal"):
        with pytest.raises(Exception, match="42501"), store.begin(acme, DORA) as tx:
            tx.sql.execute(sa.text(statement))


@pytest.mark.parametrize("power", ["SUPERUSER", "BYPASSRLS"])
def test_a_role_that_the_wall_does_not_bind_is_refused(postgres: Server, postgres_url: str, power: str) -> None:
    role = f"strong_{power.lower()}"
    postgres.ask(f"CREATE ROLE {role} LOGIN {power} PASSWORD '{postgres.password}'")
    url = sa.make_url(postgres_url).set(username=role).render_as_string(hide_password=False)
    with pytest.raises(RoleTooStrong):
        open_store(url)
    postgres.ask(f"DROP ROLE {role}")


def test_a_new_tenant_is_made_behind_the_wall_too(store: Store, both: tuple[TenantId, TenantId], new_tenant: NewTenant) -> None:
    third = new_tenant(store, "Third")
    with store.read(third) as db:
        assert directory.people(db) == []
