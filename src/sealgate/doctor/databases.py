"""PostgreSQL as it is set up: asked itself, as the role that Sealgate runs as."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa

from sealgate.doctor.patient import PATIENCE, Patient
from sealgate.domain.findings import Check, Finding
from sealgate.settings import Settings, is_loopback


def password(patient: Patient) -> Iterator[Finding]:
    """A server that takes a password that nobody gave it asks for none."""
    for name, url in _databases(patient.settings):
        if not url.host or url.host.startswith("/"):
            continue  # a socket of this machine, where the system says who is asking
        try:
            with _connected(url.set(password=secrets.token_hex(16))):
                yield Finding(Check.DATABASE_PASSWORD, name)
        except psycopg.OperationalError:
            continue


def role(patient: Patient) -> Iterator[Finding]:
    query = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    for name, url in _databases(patient.settings):
        if _ask(url, query)[0]:
            yield Finding(Check.DATABASE_ROLE, name)


def network(patient: Patient) -> Iterator[Finding]:
    """It listens for others, and either nobody but this machine needs it, or it does so without TLS."""
    query = "SELECT current_setting('listen_addresses'), current_setting('ssl')"
    for name, url in _databases(patient.settings):
        addresses, tls = _ask(url, query)
        open_ones = [one.strip() for one in str(addresses).split(",") if one.strip() and not is_loopback(one.strip())]
        if open_ones and (tls == "off" or _is_here(url)):
            yield Finding(Check.DATABASE_OPEN, f"{name}: {', '.join(open_ones)}")


def in_clear(patient: Patient) -> Iterator[Finding]:
    for name, url in _databases(patient.settings):
        if not _is_here(url) and not _ask(url, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")[0]:
            yield Finding(Check.DATABASE_CLEAR, name)


def keys_apart(patient: Patient) -> Iterator[Finding]:
    """Keys and data in one database are one thing to steal."""
    settings = patient.settings
    if settings.database and settings.keys_database:
        data, keys = (sa.make_url(url) for url in (settings.database, settings.keys_database))
        if (data.host, data.port or 5432, data.database) == (keys.host, keys.port or 5432, keys.database):
            yield Finding(Check.KEYS_SAME_DATABASE, "keys_database")


def now_of(settings: Settings) -> Iterator[tuple[str, float]]:
    """What each database takes for now, in seconds since 1970."""
    for name, url in _databases(settings):
        yield name, float(_ask(url, "SELECT extract(epoch FROM clock_timestamp())")[0])


def _databases(settings: Settings) -> list[tuple[str, sa.URL]]:
    given = {"database": settings.database, "keys_database": settings.keys_database}
    return [(name, sa.make_url(url)) for name, url in given.items() if url.startswith("postgresql")]


def _is_here(url: sa.URL) -> bool:
    return not url.host or url.host.startswith("/") or is_loopback(url.host)


def _ask(url: sa.URL, query: str) -> tuple[Any, ...]:
    with _connected(url) as line:
        row = line.execute(query.encode()).fetchone()
    assert row is not None
    return tuple(row)


@contextmanager
def _connected(url: sa.URL) -> Iterator[psycopg.Connection[Any]]:
    text = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(text, connect_timeout=int(PATIENCE), passfile="/dev/null") as line:
        yield line
