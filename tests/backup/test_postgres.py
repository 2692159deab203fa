"""PostgreSQL is backed up by its own tools: what was acknowledged comes back, at any moment, on a server started anew."""

from __future__ import annotations

import io
import json
import os
import signal
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import APP, OWNER, NewTenant
from typer.testing import CliRunner

from sealgate.backup import checking, points
from sealgate.backup.folders import FolderDepot
from sealgate.backup.making import Place
from sealgate.backup.postgres import restoring, starting
from sealgate.backup.postgres.following import PostgresFollower
from sealgate.backup.postgres.making import cut, heads_of
from sealgate.backup.postgres.server import LogTaken, NoReplicationRight
from sealgate.backup.safe import CHUNK_BYTES, Safe
from sealgate.backup.shipping import Pace, State
from sealgate.cli import app
from sealgate.domain.ids import TenantId
from sealgate.privacy import journal
from sealgate.store.blobs import FolderBlobs
from sealgate.store.engine import Actor, Store, SystemClock, open_store
from sealgate.store.migrating import migrate
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf

if TYPE_CHECKING:
    from tests.conftest import Server

BACKUP = "sealgate_backup"


@pytest.fixture(scope="module")
def server(new_postgres: Callable[..., AbstractContextManager[Server]]) -> Iterator[Server]:
    """Of its own, for a base is of the whole server. Its `backup` role may receive the log and read no table."""
    with new_postgres(durable=False) as made:
        made.ask(f"CREATE ROLE {BACKUP} LOGIN REPLICATION PASSWORD '{made.password}'")
        yield made


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    name = server.new_database()
    migrate(server.url(name, OWNER), app_role=APP)
    yield name
    server.ask("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active")
    server.drop(name)


@pytest.fixture
def home() -> Iterator[Path]:
    """Where a server that does not run as us may look too."""
    with tempfile.TemporaryDirectory(prefix="sealgate-back-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@dataclass
class Site:
    store: Store
    tenant: TenantId
    follower: PostgresFollower
    to: Place
    url: str
    keyring: Keyring
    acknowledged: list[int] = field(default_factory=list)

    def write(self, count: int = 1) -> None:
        for _ in range(count):
            with self.store.begin(self.tenant, Actor("system", "test")) as tx:
                seq = journal.write(tx, self.keyring, datetime.now(UTC), "test.wrote", object="x" * 200)
            self.acknowledged.append(seq)


@contextmanager
def followed(server: Server, database: str, home: Path, new_tenant: NewTenant) -> Iterator[Site]:
    store = open_store(server.url(database))
    depot = FolderDepot(home / "elsewhere")
    depot.begin()
    to = Place(depot, Safe(lambda: bytes(range(32))))
    follower = follower_of(server, database, home, to, store)
    tenant = new_tenant(store, "Acme")
    store.follow(follower)
    try:
        yield Site(store, tenant, follower, to, server.url(database), Keyring(MemoryShelf(), SystemClock()))
    finally:
        follower.stop()
        store.close()


def follower_of(server: Server, database: str, home: Path, to: Place, store: Store, role: str = BACKUP) -> PostgresFollower:
    url, blobs, waits = server.url(database, role), FolderBlobs(home / "blobs"), timedelta(seconds=30)
    received = home / f"received-{role}"
    return PostgresFollower(to, url, received, blobs, SystemClock(), lambda: heads_of(store), pace=Pace.COMMIT, patience=waits)


def entries(site: Site, folder: Path, at: datetime | None = None) -> int:
    """Brought back to that moment and started: how many entries of a whole journal are there."""
    folder.mkdir()
    restoring.restore(site.to, folder, at)
    data, port = folder / restoring.DATA, starting.free_port()
    starting.start(data, port, site.url)
    try:
        store = open_store(starting.local(site.url, port))
        verdict = journal.verify(store, site.tenant)
        store.close()
    finally:
        starting.stop(data)
    assert verdict.whole, verdict
    return verdict.entries


def receivers(home: Path) -> list[int]:
    """The processes of `pg_receivewal` that lay their log there."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if b"pg_receivewal" in words and str(home).encode() in words:
            found.append(int(path.parent.name))
    return found


def test_what_was_acknowledged_comes_back_and_so_does_any_moment(
    server: Server, database: str, home: Path, new_tenant: NewTenant
) -> None:
    with followed(server, database, home, new_tenant) as site:
        first = site.follower.point()
        site.follower.start()
        site.write(20)
        moment, then = datetime.now(UTC), site.acknowledged[-1]
        site.write(5)
        (receiver,) = receivers(home)
        os.kill(receiver, signal.SIGKILL)  # it is started again where it ended
        site.write(5)
        while site.follower.standing().state is not State.IN_STEP:
            site.follower.point()
        site.write(2)
        # Nobody stopped, closed or waited for anything: this is the moment at which the server is lost.
        assert entries(site, home / "again") == site.acknowledged[-1]
        assert entries(site, home / "then", moment) == then
        known = list(points.points(site.to.depot, site.to.safe))
        assert {point.log for point in known} == {first.log}
        assert checking.verify(site.to).whole
    assert receivers(home) == []
    assert server.ask("SELECT count(*) FROM pg_replication_slots") == [(0,)]


def test_who_may_not_receive_the_log_is_told_and_so_is_a_second_one(
    server: Server, database: str, home: Path, new_tenant: NewTenant
) -> None:
    with followed(server, database, home, new_tenant) as site:
        weak = follower_of(server, database, home, site.to, site.store, role=APP)
        with pytest.raises(NoReplicationRight):
            weak.point()
        site.follower.point()
        second = follower_of(server, database, home, site.to, site.store)
        with pytest.raises(LogTaken):
            second.point()
        second.stop()
        site.follower.point()  # nothing of what the first receives was touched
        assert len(receivers(home)) == 1


def test_what_a_killed_program_left_behind_is_taken_over(
    server: Server, database: str, home: Path, new_tenant: NewTenant
) -> None:
    with followed(server, database, home, new_tenant) as site:
        killed = follower_of(server, database, home, site.to, site.store)
        killed.point()
        killed._server.close()  # its line is gone as with its process; the receiver that it started lives
        (left,) = receivers(home)
        site.follower.point()
        site.follower.start()
        site.write(3)
        assert left not in receivers(home)
        assert site.follower.standing().state is State.IN_STEP
        killed._receiver.stop()


def test_an_unchanged_file_is_the_same_chunks_wherever_it_stands() -> None:
    def packed(*files: tuple[str, bytes]) -> io.BytesIO:
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for name, data in files:
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
        made.seek(0)
        return made

    large = os.urandom(3 * CHUNK_BYTES + 5000)
    before = packed(("a", b"x" * 700), ("large", large), ("z", b"1"))
    after = packed(("a", b"x" * 9000), ("b", b"new"), ("large", large), ("z", b"2"))
    first, second = list(cut(before)), list(cut(after))
    assert b"".join(first) == before.getvalue()
    assert b"".join(second) == after.getvalue()
    assert max(map(len, first + second)) <= CHUNK_BYTES
    assert len(set(first) & set(second)) == 4
    with pytest.raises((tarfile.TarError, EOFError)):
        list(cut(io.BytesIO(before.getvalue()[:CHUNK_BYTES])))


def test_the_commands_back_postgres_up_and_bring_it_back(
    server: Server, database: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sealgate(*words: str | Path) -> Any:
        done = CliRunner().invoke(app, [*map(str, words), "--json"])
        assert done.exit_code == 0, (done.output, done.exception)
        return json.loads(done.stdout)

    monkeypatch.setenv("SEALGATE_DATABASE", server.url(database))
    monkeypatch.setenv("SEALGATE_BACKUP_DATABASE", server.url(database, BACKUP))
    keys, there = ("--keys", home / "keys"), ("--to", home / "elsewhere")
    made = CliRunner().invoke(app, ["init", "Acme", "--data", str(home / "data"), *map(str, keys)])
    assert made.exit_code == 0, made.output
    told = sealgate("backup", *there, *keys, "--data", home / "data")
    assert (told["kind"], told["organisations"]) == ("postgres", 1)
    listed = sealgate("backup", "list", *there, *keys)
    assert [(one["name"], one["pieces"]) for one in listed["backups"]] == [(told["name"], 0)]
    assert sealgate("backup", "verify", *there, *keys)["whole"]
    assert sealgate("backup", "prune", *there, *keys, "--keep", "1d")["kept"] == 1
    back = sealgate("restore", home / "again", "--from", home / "elsewhere", *keys)
    assert (back["whole"], back["checked"], [one["organisation"] for one in back["journals"]]) == (True, True, ["Acme"])
    assert str(home / "again" / "postgres") in back["start"]
