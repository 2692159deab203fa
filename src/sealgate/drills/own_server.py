"""A PostgreSQL server of the drill's own, out of Debian's programs: made, started, and lost as a machine is lost."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from sealgate.backup.postgres import starting
from sealgate.backup.postgres.tools import has, program
from sealgate.domain.errors import Fault

APP, BACKUP, DATABASE = "sealgate", "sealgate_backup", "gate"


class NoServer(Fault):
    """There are no programs here to make a PostgreSQL server of."""

    code = "drill.no-postgres"
    hint = "Install PostgreSQL's server; as root, with its user postgres"


@dataclass(frozen=True, slots=True)
class OwnServer:
    """`folder` holds its data directory. The program's role is weak; the other may receive the log and read no table."""

    folder: Path
    port: int
    password: str

    @property
    def data(self) -> Path:
        return self.folder / "postgres"

    @property
    def url(self) -> str:
        return self._url(APP, DATABASE)

    @property
    def backup_url(self) -> str:
        return self._url(BACKUP, DATABASE)

    def lost(self) -> None:
        """No process of it has time for anything; nothing of its data is left."""
        with suppress(FileNotFoundError, ProcessLookupError):
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            children = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
            for one in (pid, *children):
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
        shutil.rmtree(self.data, ignore_errors=True)

    def _url(self, role: str, database: str) -> str:
        return f"postgresql://{role}:{self.password}@127.0.0.1:{self.port}/{database}"


@contextmanager
def own_server(folder: Path) -> Iterator[OwnServer]:
    """In a new folder. Raises `NoServer`, `DidNotStart`."""
    if not has("initdb", "pg_ctl", "pg_basebackup", "pg_receivewal") or not starting.can_start():
        raise NoServer("there is no PostgreSQL server here")
    server = OwnServer(folder, starting.free_port(), secrets.token_hex(12))
    folder.mkdir()
    words = folder / "password"
    words.write_text(server.password, "utf-8")
    server.data.mkdir()
    words.chmod(0o644)
    starting.give_away(folder)
    command = [program("initdb"), "-D", str(server.data), "-U", "postgres", "-E", "UTF8", "--locale=C"]
    command += ["--auth=scram-sha-256", "--pwfile", str(words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **starting.user_words())
    words.unlink()
    if done.returncode != 0:
        raise NoServer(done.stderr.strip()[-400:])
    starting.start(server.data, server.port)
    try:
        _furnish(server)
        yield server
    finally:
        if server.data.exists():
            starting.stop(server.data)


def _furnish(server: OwnServer) -> None:
    url = f"postgresql://postgres:{server.password}@127.0.0.1:{server.port}/postgres"
    with psycopg.connect(url, autocommit=True) as connection:
        for role, rights in ((APP, "NOREPLICATION"), (BACKUP, "REPLICATION")):
            made = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS {} PASSWORD {}")
            connection.execute(made.format(sql.Identifier(role), sql.SQL(rights), sql.Literal(server.password)))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(APP)))
