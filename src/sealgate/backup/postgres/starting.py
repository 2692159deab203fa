"""Starting a restored server, and waiting until it has recovered. PostgreSQL does not run as root: then as its own user."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from sealgate.backup.postgres.tools import has, program, said
from sealgate.domain.errors import Fault

RECOVERING = 24 * 3600.0
LOOK = 0.1
OPTIONS = "-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c hot_standby=off -c logging_collector=off"


class DidNotStart(Fault):
    """The restored server did not start; the end of what it said stands beside."""

    code = "backup.server-did-not-start"


def can_start() -> bool:
    return has("pg_ctl") and (os.geteuid() != 0 or _user() is not None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def local(url: str, port: int) -> str:
    """The address of the same database with the same role at this machine."""
    return sa.make_url(url).set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)


def start(data: Path, port: int, url: str = "") -> None:
    """On the loopback; when it returns recovery has ended, as far as `url` lets us ask. Raises `DidNotStart`."""
    give_away(data.parent)
    log = data / "sealgate-start.log"
    words = ["-D", str(data), "-l", str(log), "-o", f"-p {port} {OPTIONS}", "-w", "-t", str(int(RECOVERING)), "start"]
    if as_user([program("pg_ctl"), *words]).returncode != 0:
        raise DidNotStart(_tail(log))
    if url:
        _wait(data, log, local(url, port))


def stop(data: Path) -> None:
    as_user([program("pg_ctl"), "-D", str(data), "-m", "fast", "-w", "stop"])


def as_user(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    """Not as root. The output goes to no pipe: a server that goes on would hold it open for ever."""
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, cwd="/", **user_words())


def user_words() -> dict[str, Any]:
    """What `subprocess` is told so that a program does not run as root."""
    user = _user() if os.geteuid() == 0 else None
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def give_away(folder: Path) -> None:
    """What a server of that user has to read; the pictures stay ours."""
    user = _user() if os.geteuid() == 0 else None
    if user is None:
        return
    folder.chmod(0o711)
    for top in (folder / "postgres", folder / "received"):
        if top.is_dir():
            for path in [top, *top.rglob("*")]:
                shutil.chown(path, user.pw_uid, user.pw_gid)


def _user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return None


def _wait(data: Path, log: Path, url: str) -> None:
    """Until it writes again: while it recovers it lets nobody in."""
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    until = time.monotonic() + RECOVERING
    while time.monotonic() < until:
        try:
            with psycopg.connect(plain, connect_timeout=5) as connection:
                row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
                if row is not None and not row[0]:
                    return
        except psycopg.OperationalError as error:
            if not (data / "postmaster.pid").exists():
                raise DidNotStart(_tail(log)) from error
            if "authentication failed" in str(error) or "pg_hba.conf" in str(error):
                raise DidNotStart(" ".join(str(error).split())) from error
        time.sleep(LOOK)
    raise DidNotStart("it recovers still")


def _tail(log: Path) -> str:
    return said(log.read_text("utf-8", "replace")) if log.is_file() else ""
