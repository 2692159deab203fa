"""What the migrations make is what schema.py says, on both databases; and migrating twice is once."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from sealgate.domain.ids import EPOCH_MS
from sealgate.store.engine import open_store
from sealgate.store.faults import DataInUse, NotMigrated
from sealgate.store.migrating import migrate
from sealgate.store.schema import metadata

if TYPE_CHECKING:
    from tests.conftest import Server

Rows = list[tuple[object, ...]]


def shape_of_file(path: Path) -> dict[str, Rows]:
    """Tables with their columns, keys and indexes, as SQLite itself describes them."""
    connection = sqlite3.connect(path)
    tables = connection.execute("SELECT name, wr, strict FROM pragma_table_list WHERE type = 'table' AND schema = 'main'")
    shape: dict[str, Rows] = {}
    for name, without_rowid, strict in sorted(tables):
        if name.startswith("sqlite_") or name == "alembic_version":
            continue
        columns = connection.execute('SELECT name, type, "notnull", pk FROM pragma_table_info(?)', (name,)).fetchall()
        foreign = connection.execute('SELECT "table", "from", "to", seq FROM pragma_foreign_key_list(?)', (name,)).fetchall()
        indexes = connection.execute("SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type = 'index'", (name,)).fetchall()
        shape[name] = [(without_rowid, strict), *columns, *sorted(foreign), *sorted(indexes, key=str)]
    connection.close()
    return shape


def test_on_sqlite(migrated_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "created.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    engine.dispose()
    made, said = shape_of_file(migrated_file), shape_of_file(path)
    assert set(made) == set(metadata.tables)
    assert made == said


CATALOGUE = (
    """
    SELECT table_name, column_name, data_type, is_nullable, ordinal_position FROM information_schema.columns
    WHERE table_schema = 'public' ORDER BY 1, 5
    """,
    """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
    """,
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
    "SELECT partrelid::regclass::text, pg_get_partkeydef(partrelid) FROM pg_partitioned_table",
)


def shape_of_server(postgres: Server, database: str) -> list[Rows]:
    """The same of PostgreSQL, without the partitions, which come and go."""
    return [
        [
            row
            for row in postgres.ask(query, database)
            if row[0] != "alembic_version" and not str(row[0]).startswith("passages_")
        ]
        for query in CATALOGUE
    ]


def test_on_postgresql(postgres: Server, migrated_database: str) -> None:
    name = postgres.new_database()
    engine = sa.create_engine(sa.make_url(postgres.url(name, "sealgate_owner")).set(drivername="postgresql+psycopg"))
    metadata.create_all(engine)
    engine.dispose()
    made, said = shape_of_server(postgres, migrated_database), shape_of_server(postgres, name)
    postgres.drop(name)
    assert {row[0] for row in made[0]} == set(metadata.tables)
    assert made == said


def test_migrating_twice_is_once(sqlite_url: str, postgres: Server, migrated_database: str) -> None:
    before = shape_of_server(postgres, migrated_database)
    migrate(postgres.url(migrated_database, "sealgate_owner"), app_role="sealgate_app")
    assert shape_of_server(postgres, migrated_database) == before
    migrate(sqlite_url)


def test_a_database_that_was_never_migrated_says_so(tmp_path: Path, postgres: Server) -> None:
    with pytest.raises(NotMigrated):
        open_store(f"sqlite:///{tmp_path / 'empty.db'}")
    name = postgres.new_database()
    with pytest.raises(NotMigrated):
        open_store(postgres.url(name))
    postgres.drop(name)


def test_a_file_in_use_is_not_migrated(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    with pytest.raises(DataInUse):
        migrate(sqlite_url)
    store.close()


def test_the_database_file_is_its_owners_alone(migrated_file: Path) -> None:
    assert migrated_file.stat().st_mode & 0o777 == 0o600


def test_a_store_in_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a file"):
        migrate("sqlite://")


class TestPartitions:
    """Passages lie in a partition for the month of their id; one that has none lies in the default partition."""

    def test_what_fell_into_the_default_is_moved_when_its_month_is_made(self, postgres: Server, migrated_database: str) -> None:
        name = postgres.new_database(migrated_database)
        later = "SELECT (extract(epoch FROM date_trunc('month', now()) + interval '14 months 3 days') * 1000)::bigint"
        ((moment,),) = postgres.ask(later, name)
        assert isinstance(moment, int)
        values = f"('{'0' * 31}1', {(moment - EPOCH_MS) << 22}, '{'0' * 31}2', '{'0' * 31}3', 1, 1, 'card', 1, 'allowed')"
        columns = "tenant_id, id, site_id, gate_id, day, at, means, opens, reason"
        postgres.ask(f"INSERT INTO passages ({columns}) VALUES {values}", name)
        assert postgres.ask("SELECT count(*) FROM passages_default", name) == [(1,)]
        store = open_store(postgres.url(name))
        assert store.make_partitions(15) == 2
        assert store.make_partitions(15) == 0
        store.close()
        assert postgres.ask("SELECT count(*) FROM passages_default", name) == [(0,)]
        assert postgres.ask("SELECT count(*) FROM passages", name) == [(1,)]
        walled = "SELECT bool_and(relforcerowsecurity) FROM pg_class WHERE relname LIKE 'passages_%' AND relkind = 'r'"
        assert postgres.ask(walled, name) == [(True,)]
        postgres.drop(name)

    def test_on_sqlite_there_is_nothing_to_make(self, sqlite_url: str) -> None:
        store = open_store(sqlite_url)
        assert store.make_partitions() == 0
        store.close()
