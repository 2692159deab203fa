"""PostgreSQL's own programs: where they are, how they are told whom to ask, and what they say when they fail.

The surprising thing: a password never stands on a command line, where every user of the machine could read it; they get it in
their environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import sqlalchemy as sa
from psycopg.conninfo import make_conninfo

from sealgate.domain.errors import Fault

INSTALLED = Path("/usr/lib/postgresql")
SAID = 400
"""Characters of what a program said that are told on."""
NAME = "sealgate_backup"
"""What the server knows us by: the word for `synchronous_standby_names`."""


class NoTools(Fault):
    """A program of PostgreSQL is not on this machine."""

    code = "backup.no-tools"
    hint = "Install PostgreSQL's client programs, and to start a restored server its server, of the server's version or later"


class ToolFailed(Fault):
    """A program of PostgreSQL broke off; what it said stands beside."""

    code = "backup.tool-failed"


def program(name: str) -> str:
    """The newest that is installed. Raises `NoTools`."""

    def version(path: Path) -> float:
        text = path.parents[1].name
        return float(text) if text.replace(".", "", 1).isdigit() else 0.0

    found = sorted(INSTALLED.glob(f"*/bin/{name}"), key=version)
    there = str(found[-1]) if found else shutil.which(name)
    if there is None:
        raise NoTools(f"there is no {name} here")
    return there


def has(*names: str) -> bool:
    try:
        return all(map(program, names))
    except NoTools:
        return False


def whom(url: str) -> tuple[list[str], dict[str, str]]:
    """Options and the environment by which these programs ask the server of that address."""
    where = sa.make_url(url)
    named = {
        "PGHOST": where.host,
        "PGPORT": str(where.port or 5432),
        "PGUSER": where.username,
        "PGPASSWORD": where.password,
        "PGDATABASE": where.database,
    }
    given = {name: str(value) for name, value in named.items() if value}
    rest = {name: value if isinstance(value, str) else value[-1] for name, value in where.query.items()}
    options = ["-d", make_conninfo(**rest)] if rest else []
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEALGATE_", "PG"))}
    return options, {**kept, "LC_ALL": "C", "PGAPPNAME": NAME, **given}


def said(text: str) -> str:
    return " ".join(text.split())[-SAID:]


def run_anyway(command: list[str]) -> str:
    """What it printed, also where it broke off: a log that ends in the middle ends so."""
    kept = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    return subprocess.run(command, env=kept, capture_output=True, text=True, check=False).stdout
