"""A real PostgreSQL, a real object store and real clocks, set up as they must not be."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from minio import Minio
from moto.server import ThreadedMotoServer

from sealgate.doctor import buckets, clocks, databases
from sealgate.doctor.patient import Looks, Patient
from sealgate.domain.findings import Check
from sealgate.settings import Settings
from sealgate.store.engine import SystemClock

if TYPE_CHECKING:
    from tests.conftest import Server

OWNER = "sealgate_owner"


class Hand:
    """A clock that stands a minute behind."""

    def now(self) -> datetime:
        return datetime.now(UTC) - timedelta(minutes=1)


def found(look: Looks, clock: Any = None, **given: Any) -> list[Check]:
    return [one.check for one in look(Patient(Settings(**given), clock or SystemClock()))]


# PostgreSQL


def test_a_database_as_it_should_be(postgres: Server) -> None:
    url = postgres.url("postgres")
    for look in (databases.password, databases.role, databases.network, databases.in_clear, clocks.clock):
        assert found(look, database=url) == [], look


def test_a_role_that_may_look_past_the_walls(postgres: Server) -> None:
    assert found(databases.role, database=postgres.url("postgres", "postgres")) == [Check.DATABASE_ROLE]


def test_keys_and_data_in_one_database(postgres: Server) -> None:
    one, other = postgres.url("postgres"), postgres.url("template1")
    assert found(databases.keys_apart, database=one, keys_database=one) == [Check.KEYS_SAME_DATABASE]
    assert found(databases.keys_apart, database=one, keys_database=other) == []


def test_our_clock_is_not_the_databases(postgres: Server) -> None:
    assert found(clocks.clock, Hand(), database=postgres.url("postgres")) == [Check.CLOCK]


def test_a_server_that_lets_anybody_in_and_listens_to_all(new_postgres: Callable[..., AbstractContextManager[Server]]) -> None:
    here = socket.gethostname()
    with new_postgres(durable=False) as server:
        rules = server.folder / "data" / "pg_hba.conf"
        rules.write_text("host all all 0.0.0.0/0 trust\nhost all all ::/0 trust\n")
        server.stop()
        server.start(durable=False, listen_addresses="*")
        url = server.url("postgres")
        assert found(databases.password, database=url) == [Check.DATABASE_PASSWORD]
        assert found(databases.network, database=url) == [Check.DATABASE_OPEN]
        assert found(databases.in_clear, database=url) == []  # within this machine
        assert found(databases.in_clear, database=url.replace("127.0.0.1", here)) == [Check.DATABASE_CLEAR]


# Buckets


@pytest.fixture(scope="module")
def objects() -> Iterator[str]:
    """An S3 server; its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_a_bucket_that_answers_strangers(objects: str) -> None:
    account = Minio(objects.removeprefix("http://"), "a", "s", secure=False, region="us-east-1")
    account.make_bucket("acme")
    for name in ("backup 1", "backup 2"):
        answer = httpx.put(f"{objects}/acme/{name}", content=b"noise", headers={"x-amz-acl": "private"})
        assert answer.status_code == 200
    said = [one.check for one in buckets.asked(buckets.Bucket(objects, "acme"))]
    assert said == [Check.BUCKET_LISTS]  # it lists to anybody, and gives to nobody
    httpx.put(f"{objects}/acme/a picture", content=b"noise", headers={"x-amz-acl": "public-read"})
    said = [one.check for one in buckets.asked(buckets.Bucket(objects, "acme"))]
    assert said == [Check.BUCKET_LISTS, Check.BUCKET_GIVES]
    assert list(buckets.asked(buckets.Bucket(objects, "nowhere", ("backup 1",)))) == []


# Clocks over HTTP


@pytest.mark.parametrize(("off", "says"), [(0, []), (-3600, [Check.CLOCK]), (3600, [Check.CLOCK])])
def test_our_clock_is_not_the_witness(off: int, says: list[Check]) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(405)
            self.send_header("Date", format_datetime(datetime.now(UTC) + timedelta(seconds=off), usegmt=True))
            self.end_headers()

        def log_message(self, _format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        assert found(clocks.clock, witness_address=f"http://127.0.0.1:{server.server_port}/add-checkpoint") == says
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
