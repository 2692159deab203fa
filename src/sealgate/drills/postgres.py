"""A site on PostgreSQL: its rows poured into a working copy, a dump of it, and leaks planted in a database of their own.

The surprising thing: the working copy is SQLite. Both databases have one schema and one form of every sealed value, so what is
asked of columns and of a running server is asked there; what only PostgreSQL has, its pages, its log and its dump, is taken as
the files that they are.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import sqlalchemy as sa
from psycopg import sql

from sealgate.backup.postgres.tools import has, program, whom
from sealgate.domain.errors import Fault
from sealgate.drills.planted import Leak, Words
from sealgate.settings import Settings
from sealgate.store.engine import open_store
from sealgate.store.keys import DatabaseShelf
from sealgate.store.migrating import migrate
from sealgate.store.schema import metadata

ROWS = 5_000
DUMPING = 3_600


class NoDump(Fault):
    """The dump was not made: a thief would have one, so a drill without one would say too much."""

    code = "drill.no-dump"


def poured(settings: Settings, to: Path) -> None:
    """The rows of every organisation, into a new SQLite file."""
    url = f"sqlite:///{to.absolute()}"
    migrate(url)
    store = open_store(settings.database, busy_timeout=settings.wait_for_lock)
    target = sa.create_engine(url)
    try:
        with target.connect() as writing, writing.begin():
            for tenant in store.tenants():
                with store.read(tenant.tenant) as db:
                    for table in metadata.sorted_tables:
                        rows = db.sql.execute(sa.select(table).where(table.c.tenant_id == tenant.tenant))
                        for some in rows.mappings().partitions(ROWS):
                            writing.execute(sa.insert(table), [dict(row) for row in some])
    finally:
        target.dispose()
        store.close()


def poured_keys(settings: Settings, to: Path) -> None:
    """The wrapped keys and the root check, into a new SQLite file."""
    with closing(DatabaseShelf(settings.keys_database)) as source, closing(DatabaseShelf(f"sqlite:///{to.absolute()}")) as made:
        check = source.root_check()
        if check is not None:
            made.set_root_check(check)
        keys = list(source.all())
        for first in range(0, len(keys), 300):
            made.put_all(keys[first : first + 300])


def dumped(url: str, tenants: Iterator[str], to: Path) -> None:
    """What `pg_dump` gives away of each organisation. Raises `NoDump`."""
    to.mkdir(parents=True)
    for number, tenant in enumerate(tenants):
        _dump(
            url, to / f"{number}.sql", ["--data-only", "--enable-row-security"], {"PGOPTIONS": f"-c sealgate.tenant={tenant}"}
        )


def dumped_whole(url: str, to: Path) -> None:
    """As the owner of a database without any wall inside it has it. Raises `NoDump`."""
    to.mkdir(parents=True, exist_ok=True)
    _dump(url, to / "whole.sql", [], {})


def _dump(url: str, file: Path, options: list[str], environment: dict[str, str]) -> None:
    if not has("pg_dump"):
        raise NoDump("there is no pg_dump here", hint="Install the client programs of PostgreSQL")
    asks, own = whom(url)
    command = [program("pg_dump"), *asks, "--no-owner", "--no-privileges", "--file", str(file), *options]
    done = subprocess.run(command, env=own | environment, capture_output=True, text=True, timeout=DUMPING, check=False)
    if done.returncode != 0:
        raise NoDump(done.stderr.strip()[-400:], hint="The role needs to read every table")


def plant(url: str, files: str, words: Words) -> list[Leak]:
    """Leaks as somebody might leave them in PostgreSQL, in an empty database that is there for it. `files` is where the
    server's folder lies among the stolen files."""
    name, plate, phone = words.long("name"), words.of("plate"), words.of("telephone")
    with psycopg.connect(_libpq(url), autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS leaking")
        connection.execute("CREATE TABLE leaking (what text, raw bytea)")
        row = sql.SQL("INSERT INTO leaking VALUES ({}, {})")
        connection.execute(row.format(f"seen: {plate} at the gate", f"called {phone} at night".encode("utf-16-le")))
        connection.execute(row.format(f"once: {name} at the gate", b""))
        connection.execute("DELETE FROM leaking WHERE what LIKE 'once:%'")
        try:
            connection.execute("CHECKPOINT")
        except psycopg.errors.InsufficientPrivilege:
            return _in_the_log(files) + _in_the_dump()
    return [
        Leak("a plate in PostgreSQL's pages", "words in files", f"{files}/base/", "plate in UTF-8"),
        Leak("a deleted row in PostgreSQL's pages", "words in files", f"{files}/base/", "name in UTF-8"),
        *_in_the_log(files),
        *_in_the_dump(),
    ]


def _in_the_log(files: str) -> list[Leak]:
    return [Leak("a telephone number in PostgreSQL's log", "words in files", f"{files}/pg_wal/", " in UTF-16LE")]


def _in_the_dump() -> list[Leak]:
    return [
        Leak("a plate in a dump", "words in files", "dump/", "plate in UTF-8"),
        Leak("a telephone number in a dump, in hex", "words that are packed", "dump/", ", hex"),
    ]


def _libpq(url: str) -> str:
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
