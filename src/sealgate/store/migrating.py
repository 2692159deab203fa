"""Bringing a database to this version's schema."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from sealgate.store import postgres, sqlite
from sealgate.store.engine import BUSY
from sealgate.store.faults import told


def migrate(url: str, *, app_role: str = "") -> None:
    """Run what migrations are missing. On PostgreSQL `url` is the owner's, and `app_role` is granted what the app needs."""
    where = sa.make_url(url)
    if where.get_backend_name() == "sqlite":
        _migrate_file(where)
    else:
        _migrate_server(where, app_role)


def _migrate_file(url: sa.URL) -> None:
    file = sqlite.file_of(url)
    lock = sqlite.FolderLock(file.parent)
    engine = sqlite.writing(url, BUSY)
    try:
        sqlite.make_private(file)
        with told(str(file.parent)), engine.connect() as sql, sql.begin():
            _upgrade(sql)
    finally:
        engine.dispose()
        lock.free()


def _migrate_server(url: sa.URL, app_role: str) -> None:
    engine = postgres.engine(url, BUSY)
    try:
        with told(), engine.connect() as sql, sql.begin():
            sql.exec_driver_sql("SELECT pg_advisory_xact_lock(7316497)")  # two starting at once: the second finds it done
            _upgrade(sql)
            sql.exec_driver_sql("SELECT sealgate_make_partitions(13)")
            if app_role:
                _grant(sql, app_role)
    finally:
        engine.dispose()


def _upgrade(sql: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = sql
    command.upgrade(config, "head")


def _grant(sql: sa.Connection, role: str) -> None:
    """The app reads and writes rows and never tables; the journal it may only lengthen."""
    name = sql.dialect.identifier_preparer.quote_identifier(role)
    sql.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {name}")
    sql.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
    sql.exec_driver_sql(f"REVOKE UPDATE, DELETE ON journal FROM {name}")
    sql.exec_driver_sql(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {name}")
    sql.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION sealgate_make_partitions(integer) TO {name}")
