"""What tests of every room may ask for: a migrated store on both databases, a PostgreSQL server, pictures to look at.

The server is Debian's own, in a folder of its own, on a free port, never as root, and gone with the test run. Nothing is
skipped where something is missing: the tests that need it fail and say what to install.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as laws
from playwright.sync_api import Playwright, sync_playwright
from psycopg import sql

from sealgate.domain.ids import TenantId
from sealgate.privacy import journal
from sealgate.store import places
from sealgate.store.engine import Actor, Store, SystemClock, open_store
from sealgate.store.migrating import migrate
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf

# Laws hold however fast the machine is.
laws.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
laws.load_profile("any-machine")

BINARIES = Path("/usr/lib/postgresql/15/bin")
STARTING = 60.0
"""Seconds that a server may take to start on a busy machine."""

OWNER, APP = "sealgate_owner", "sealgate_app"


@dataclass
class Server:
    """One PostgreSQL server. `owner` makes tables, `app` is what Sealgate runs as; neither is a superuser."""

    folder: Path
    port: int
    password: str
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str, role: str = APP) -> str:
        return f"postgresql://{role}:{self.password}@127.0.0.1:{self.port}/{database}"

    def ask(self, command: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one command as the superuser; its rows, if it has any."""
        with psycopg.connect(self.url(database, "postgres"), autocommit=True) as connection:
            cursor = connection.execute(command.encode())
            return cursor.fetchall() if cursor.description else []

    def new_database(self, template: str = "template0") -> str:
        name = f"t{secrets.token_hex(6)}"
        names = sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template)
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(*names))
        return name

    def drop(self, database: str) -> None:
        self.ask(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def start(self, *, durable: bool, **other: str) -> None:
        """`durable` waits for the disk as a real one does; without it a test run is some times faster. `other` settings win."""
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "on" if durable else "off",
            "full_page_writes": "on" if durable else "off",
            "max_connections": "80",
            "shared_buffers": "64MB",
            "max_wal_size": "256MB",
            **other,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            command = [*_as_nobody_important(), str(BINARIES / "postgres"), "-D", str(self.folder / "data"), *options]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self._wait()

    def kill(self) -> None:
        """As a power cut: no process of the server has time for anything."""
        assert self.process is not None
        pids = [self.process.pid, *_children(self.process.pid)]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        while any(_lives(pid) for pid in pids):  # a new server must not meet the old one's processes
            time.sleep(0.01)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=STARTING)

    def _wait(self) -> None:
        assert self.process is not None
        until = time.monotonic() + STARTING
        while time.monotonic() < until and self.process.poll() is None:
            try:
                self.ask("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        pytest.fail(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()[-2000:]}")


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _as_nobody_important() -> list[str]:
    """PostgreSQL does not run as root; as any other user it runs as that."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={_user()}", f"--regid={_user()}", "--clear-groups", "--pdeathsig=INT", "--"]


def _user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def a_server(*, durable: bool) -> Iterator[Server]:
    if not (BINARIES / "initdb").exists():
        pytest.fail(f"PostgreSQL 15 is not in {BINARIES}; install it: apt-get install postgresql-15")
    with tempfile.TemporaryDirectory(prefix="sealgate-pg-") as name:
        folder = Path(name)
        password = secrets.token_hex(12)
        (folder / "password").write_text(password)
        if os.geteuid() == 0:
            for path in (folder, folder / "password"):
                shutil.chown(path, _user())
        command = [
            *_as_nobody_important(),
            str(BINARIES / "initdb"),
            "-D",
            str(folder / "data"),
            "-U",
            "postgres",
            "-E",
            "UTF8",
        ]
        command += ["--locale=C", "--auth=scram-sha-256", "--pwfile", str(folder / "password"), "--no-sync"]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            pytest.fail(f"initdb failed:\n{made.stdout}\n{made.stderr}")
        server = Server(folder, _free_port(), password)
        server.start(durable=durable)
        try:
            for role in (OWNER, APP):
                server.ask(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{password}'")
            yield server
        finally:
            server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def new_postgres() -> Callable[..., AbstractContextManager[Server]]:
    """For a server of one's own: `with new_postgres(durable=True) as server`."""
    return a_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server that all tests share; it does not wait for the disk."""
    with a_server(durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_database(postgres: Server) -> str:
    """The name of a migrated, empty database, to make others from."""
    name = postgres.new_database()
    migrate(postgres.url(name, OWNER), app_role=APP)
    return name


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, to copy."""
    path = tmp_path_factory.mktemp("migrated") / "sealgate.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(migrated_file, folder / "sealgate.db")
    return f"sqlite:///{folder / 'sealgate.db'}"


@pytest.fixture
def postgres_url(postgres: Server, migrated_database: str) -> Iterator[str]:
    name = postgres.new_database(migrated_database)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database of the test's own, on SQLite and then on PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """The test is run once for each database. It holds no tenant until `acme` or `umbra` is asked for."""
    store = open_store(database_url)
    yield store
    store.close()


NewTenant = Callable[[Store, str], TenantId]


@pytest.fixture
def new_tenant() -> NewTenant:
    """Make a tenant and say so in its journal. An entry about nobody, without a purpose, needs no key."""

    def make(store: Store, name: str) -> TenantId:
        tenant, now = TenantId(store.new_id()), datetime.now(UTC)
        with store.begin(tenant, Actor("system", "test")) as tx:
            places.add_tenant(tx, name, now)
            journal.write(tx, Keyring(MemoryShelf(), SystemClock()), now, "tenant.founded")
        return tenant

    return make


@pytest.fixture
def acme(store: Store, new_tenant: NewTenant) -> TenantId:
    return new_tenant(store, "Acme")


@pytest.fixture
def umbra(store: Store, new_tenant: NewTenant) -> TenantId:
    return new_tenant(store, "Umbra")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One for all tests of a process: a second one beside it cannot be started."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Photographs of faces and plates, beside the repository and never in it."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.fail(f"the pictures for these tests are not in {folder}")
    return folder
