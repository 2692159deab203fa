"""`sealgate restore`: everything as it was at a moment, in an empty folder, and whether its journals are whole."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealgate.cli.progress import bar
from sealgate.cli.tables import tell
from sealgate.domain.errors import Invalid

if TYPE_CHECKING:
    from sealgate.backup.reading import Restored
    from sealgate.settings import Settings


class BadInstant(Invalid):
    """Not a moment such as 2026-11-27T09:00:00+08:00."""

    code = "backup.bad-instant"


class NotConfirmed(Invalid):
    """The name of the folder was not typed, so nothing in it was replaced."""

    code = "backup.not-confirmed"


def register(app: typer.Typer) -> None:
    app.command("restore", help="Bring a backup back into an empty folder, as it was at a moment.")(restore)


def restore(
    folder: Annotated[Path, typer.Argument(help="Data folder to make: empty, or not there yet")],
    source: Annotated[str | None, typer.Option("--from", help="Where the backups are; SEALGATE_BACKUP_TO unless given")] = None,
    at: Annotated[str, typer.Option(help="A moment such as 2026-11-27T09:00:00+08:00; the newest unless given")] = "",
    keys: Annotated[Path | None, typer.Option("--keys", help="Folder of the wrapped keys: restore it first")] = None,
    port: Annotated[
        int | None, typer.Option(help="PostgreSQL: leave the restored server running at this port", min=1, max=65535)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Empty a folder that is not; asks for its name")] = False,
    confirm: Annotated[str, typer.Option(help="The folder's name, where nobody can be asked")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table")] = False,
) -> None:
    from sealgate.app import backup_place, opened_keys
    from sealgate.backup import reading
    from sealgate.backup.points import Kind
    from sealgate.backup.postgres import restoring
    from sealgate.settings import load

    began = time.monotonic()
    moment = _instant(at)
    settings = load(data=folder.absolute(), keys=keys, backup_to=source)
    if force:
        _confirmed(folder, confirm)
    with opened_keys(settings) as keyring, bar(as_json=as_json) as told:
        place = backup_place(settings, keyring, make=False)
        kind = reading.chosen(place, None, moment).kind  # before anything is emptied
        reading.clear(folder, force=force)
        restores = reading.restore if kind is Kind.SQLITE else restoring.restore
        made = restores(place, folder, moment, told=told)
    tells = _started(settings, folder, port) if kind is Kind.POSTGRES else _read(settings)
    journals = tells["journals"]
    whole = all(one["whole"] for one in journals)
    result = _json(made) | tells | {"whole": whole, "rto_seconds": round(time.monotonic() - began, 2)}
    rows = [(one["organisation"], str(one["entries"]), str(one["checkpoints"]), one["flaw"] or "whole") for one in journals]
    tell(result, rows, ("organisation", "journal entries", "checkpoints", "journal"), as_json=as_json)
    if not as_json:
        typer.echo(
            f"Restored as of {made.at:%Y-%m-%d %H:%M:%S} UTC into {folder}: {made.size / 1e6:,.1f} MB, "
            f"{made.pictures} pictures, {made.pieces} pieces of the log. RTO {result['rto_seconds']} s."
        )
        if "start" in tells:
            typer.echo(tells["said"] + "\n  " + tells["start"])
    if not whole or made.lost_pictures:
        raise typer.Exit(1)


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInstant(f"{text!r} is no moment", field="at") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _confirmed(folder: Path, confirm: str) -> None:
    name = folder.absolute().name
    typed = confirm or typer.prompt(f"Everything in {folder} is replaced. Type its name ({name})", err=True)
    if typed != name:
        raise NotConfirmed(f"{typed!r} is not {name!r}", field="confirm")


def _started(settings: Settings, folder: Path, port: int | None) -> dict[str, Any]:
    """What a restored server says of its journals, where it can be started here, and how it is; with `port` it goes on."""
    from sealgate.app import data_url
    from sealgate.backup.postgres import starting
    from sealgate.backup.postgres.restoring import DATA
    from sealgate.settings import load

    data = folder.absolute() / DATA
    tells: dict[str, Any] = {"journals": [], "checked": False, "running": False, "start": f"pg_ctl -D '{data}' -w start"}
    if not settings.database or not starting.can_start():
        asks = (
            "SEALGATE_DATABASE, so that its journals can be read" if not settings.database else "PostgreSQL's server programs"
        )
        return tells | {"said": f"Not started here, which needs {asks}. It recovers when it is started, by the server's user:"}
    chosen = port or starting.free_port()
    starting.start(data, chosen, data_url(settings))
    try:
        there = load(data=settings.data, keys=settings.keys, backup_to="", database=starting.local(data_url(settings), chosen))
        tells |= {"journals": _journals(there), "checked": True, "running": port is not None}
    finally:
        if port is None or not tells["checked"]:
            starting.stop(data)
    words = (
        f"It runs at port {port}, on this machine alone; from now on:" if port else "It has recovered, and is stopped again:"
    )
    return tells | {"said": words}


def _read(settings: Settings) -> dict[str, Any]:
    return {"journals": _journals(settings)}


def _journals(settings: Settings) -> list[dict[str, Any]]:
    """Each organisation's journal: the chain, our checkpoints, and those of witnesses outside."""
    from sealgate.app import running
    from sealgate.flows.witnessing import audited

    found = []
    with running(settings, faces=None, plates=None, publishes=False) as program:
        for tenant in program.house.store.tenants():
            audit = audited(program.house, tenant.tenant, None, [])
            verdict = audit.verdict
            found.append(
                {
                    "organisation": tenant.name,
                    "whole": verdict.whole,
                    "entries": verdict.entries,
                    "flaw": verdict.flaw,
                    "checkpoints": audit.checkpoints,
                    "outside": audit.outside,
                }
            )
    return found


def _json(made: Restored) -> dict[str, Any]:
    return {
        "at": made.at.isoformat(),
        "backup": made.point.at.isoformat(),
        "pieces": made.pieces,
        "pictures": made.pictures,
        "lost_pictures": made.lost_pictures,
        "bytes": made.size,
        "restore_seconds": made.took,
    }
