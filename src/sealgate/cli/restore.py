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
    force: Annotated[bool, typer.Option("--force", help="Empty a folder that is not; asks for its name")] = False,
    confirm: Annotated[str, typer.Option(help="The folder's name, where nobody can be asked")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table")] = False,
) -> None:
    from sealgate.app import backup_place, opened_keys
    from sealgate.backup import reading
    from sealgate.backup.points import Kind
    from sealgate.settings import load

    began = time.monotonic()
    moment = _instant(at)
    settings = load(data=folder.absolute(), keys=keys, backup_to=source)
    if force:
        _confirmed(folder, confirm)
    with opened_keys(settings) as keyring, bar(as_json=as_json) as told:
        place = backup_place(settings, keyring, make=False)
        reading.chosen(place, Kind.SQLITE, moment)  # before anything is emptied
        reading.clear(folder, force=force)
        made = reading.restore(place, folder, moment, told=told)
    journals = _journals(settings)
    whole = all(one["whole"] for one in journals)
    result = _json(made) | {"journals": journals, "whole": whole, "rto_seconds": round(time.monotonic() - began, 2)}
    rows = [(one["organisation"], str(one["entries"]), str(one["checkpoints"]), one["flaw"] or "whole") for one in journals]
    tell(result, rows, ("organisation", "journal entries", "checkpoints", "journal"), as_json=as_json)
    if not as_json:
        typer.echo(
            f"Restored as of {made.at:%Y-%m-%d %H:%M:%S} UTC into {folder}: {made.size / 1e6:,.1f} MB, "
            f"{made.pictures} pictures, {made.pieces} pieces of the log. RTO {result['rto_seconds']} s."
        )
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
