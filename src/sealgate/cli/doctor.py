"""`sealgate doctor`: what whoever set this installation up got wrong, with ids that stay and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealgate.cli.tables import tell
from sealgate.domain.errors import Fault, Refused

if TYPE_CHECKING:
    from sealgate.domain.findings import Finding

Data = Annotated[Path | None, typer.Option("--data", help="Folder of the database and the sealed pictures")]
Keys = Annotated[Path | None, typer.Option("--keys", help="Folder of the wrapped keys")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table")]


def register(app: typer.Typer) -> None:
    app.command("doctor", help="What is set up wrongly here; the exit status is 1 where something has to be put right.")(doctor)


def doctor(data: Data = None, keys: Keys = None, as_json: Json = False) -> None:
    from sealgate.domain.findings import Severity
    from sealgate.web.findings import SAID, WEIGHTS

    found, inside = _found(data, keys)
    bad = sum(one.severity is Severity.BAD for one in found)
    listed: list[dict[str, Any]] = [
        {
            "id": one.check.value,
            "severity": one.severity.value,
            "where": one.where,
            "organisation": None if one.tenant is None else str(one.tenant),
            "message": SAID[one.check].message,
            "hint": SAID[one.check].hint,
        }
        for one in found
    ]
    rows = [(WEIGHTS[one.severity], one.check.value, one.where, _advice(one)) for one in found]
    tell({"bad": bad, "inside": inside, "findings": listed}, rows, ("", "id", "where", "what to do"), as_json=as_json)
    if bad:
        raise typer.Exit(1)


def _found(data: Path | None, keys: Path | None) -> tuple[Sequence[Finding], bool]:
    """What was found, and whether the house itself could be looked at. On SQLite it cannot while `serve` runs."""
    from sealgate.app import running
    from sealgate.doctor import examine, examine_from_outside
    from sealgate.settings import load
    from sealgate.store.engine import SystemClock

    settings = load(data=data, keys=keys)
    try:
        with running(settings, faces=None, plates=None, publishes=False) as program:
            return examine(settings, program.house), True
    except (Refused, Fault) as shut:
        return examine_from_outside(settings, SystemClock(), shut.code), False


def _advice(one: Finding) -> str:
    from sealgate.web.findings import SAID

    return f"{SAID[one.check].message}. {SAID[one.check].hint}."
