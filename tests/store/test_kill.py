"""kill -9 in the middle of writing, many times: what was acknowledged is there, and the journal is whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest
import sqlalchemy as sa

from sealgate.domain.ids import TenantId
from sealgate.privacy import journal
from sealgate.store import schema as s
from sealgate.store.engine import open_store
from sealgate.store.migrating import migrate

if TYPE_CHECKING:
    from tests.conftest import NewTenant, Server

SCRIPT = Path(__file__).with_name("write_until_killed.py")


@dataclass
class Writer:
    """A process that writes until it is killed, and what it has acknowledged in all its lives."""

    url: str
    tenant: TenantId
    acknowledged: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)
    process: subprocess.Popen[str] | None = None
    pid: int = 0

    @property
    def output(self) -> IO[str]:
        assert self.process is not None
        assert self.process.stdout is not None
        return self.process.stdout

    def live(self, acknowledgements: int) -> None:
        """Begin a life, and come back when it has acknowledged so many writes."""
        if self.process is None:
            command = [sys.executable, str(SCRIPT), self.url, str(self.tenant)]
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        self.pid = int(self.output.readline().split()[1])
        for _ in range(acknowledgements):
            self.note(self.output.readline().split())

    def note(self, words: list[str]) -> None:
        if words[0] == "latch":
            self.answered.add(int(words[1]))
        elif words[0] != "fault":
            self.acknowledged.update(map(int, words))

    def rest(self) -> None:
        """Take what it still said before it ended."""
        while (line := self.output.readline().strip()) != "gone":
            assert line, "the writer ended by itself"
            self.note(line.split())

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.rest()

    def end(self) -> None:
        if self.process is not None:
            assert self.process.stdin is not None
            self.process.stdin.close()
            self.process.wait(timeout=30)
            self.output.close()


def check(writer: Writer) -> None:
    """Open the database anew: all that was acknowledged is there, and nothing is half there."""
    store = open_store(writer.url)
    with store.read(writer.tenant) as db:
        kept = set(db.sql.execute(sa.select(s.passages.c.id)).scalars())
        answers = set(db.sql.execute(sa.select(s.latch_answers.c.passage_id)).scalars())
        nonces = set(db.sql.execute(sa.select(s.replays.c.passage_id)).scalars())
        objects = db.sql.execute(sa.select(s.journal.c.object).where(s.journal.c.action == "passages.recorded")).scalars().all()
        if store.is_sqlite:
            assert db.sql.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
    verdict = journal.verify(store, writer.tenant)
    store.close()
    assert writer.acknowledged <= kept
    assert writer.answered <= answers <= kept
    assert nonces == kept  # a passage and its nonce are one transaction
    assert sum(int(text.split(":")[2]) for text in objects) == len(kept)  # and so are a batch and its entry
    assert verdict.whole, verdict


@pytest.fixture
def new_writer(new_tenant: NewTenant) -> Iterator[Callable[[str], Writer]]:
    writers: list[Writer] = []

    def make(url: str) -> Writer:
        store = open_store(url)
        writers.append(Writer(url, new_tenant(store, "Acme")))
        store.close()
        return writers[-1]

    yield make
    for writer in writers:
        writer.end()


@pytest.fixture(scope="module")
def durable_postgres(new_postgres: Callable[..., AbstractContextManager[Server]]) -> Iterator[Server]:
    """A server that waits for the disk."""
    with new_postgres(durable=True) as server:
        yield server


@pytest.fixture
def durable_url(durable_postgres: Server) -> str:
    name = durable_postgres.new_database()
    migrate(durable_postgres.url(name, "sealgate_owner"), app_role="sealgate_app")
    return durable_postgres.url(name)


def test_the_program_is_killed_25_times_on_sqlite(sqlite_url: str, new_writer: Callable[[str], Writer]) -> None:
    writer = new_writer(sqlite_url)
    for _ in range(25):
        writer.live(random.randint(0, 40))
        writer.kill()
        check(writer)
    assert len(writer.acknowledged) > 25


def test_the_program_is_killed_10_times_on_postgresql(durable_url: str, new_writer: Callable[[str], Writer]) -> None:
    writer = new_writer(durable_url)
    for _ in range(10):
        writer.live(random.randint(0, 40))
        writer.kill()
        check(writer)
    assert len(writer.acknowledged) > 10


def test_the_server_is_killed_3_times(durable_postgres: Server, durable_url: str, new_writer: Callable[[str], Writer]) -> None:
    writer = new_writer(durable_url)
    for _ in range(3):
        writer.live(random.randint(5, 40))
        durable_postgres.kill()
        writer.rest()
        durable_postgres.start(durable=True)
        check(writer)
    assert len(writer.acknowledged) > 3
