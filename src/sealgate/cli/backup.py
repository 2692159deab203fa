"""`sealgate backup`: a backup now or again and again, which there are, reading them back, taking old ones away."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealgate.cli.progress import bar
from sealgate.cli.tables import tell

if TYPE_CHECKING:
    from sealgate.backup.making import Place, Told
    from sealgate.backup.points import Point
    from sealgate.settings import Settings

To = Annotated[str | None, typer.Option("--to", help="A folder, or s3://bucket/folder; SEALGATE_BACKUP_TO unless given")]
Data = Annotated[Path | None, typer.Option("--data", help="Folder of the database and the sealed pictures")]
Keys = Annotated[Path | None, typer.Option("--keys", help="Folder of the wrapped keys")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table")]
MEGA = 1_000_000


def register(app: typer.Typer) -> None:
    backup = typer.Typer(help="Back up now, beside a running `serve` or without one.", invoke_without_command=True)
    backup.callback()(now)
    backup.command("list", help="Which backups there are.")(show)
    backup.command("verify", help="Read every byte of every backup back and open it.")(verify)
    backup.command("prune", help="Take away what the rule does not keep.")(prune)
    app.add_typer(backup, name="backup")


def now(
    context: typer.Context,
    to: To = None,
    data: Data = None,
    keys: Keys = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, until Ctrl-C")] = False,
    every: Annotated[float, typer.Option(help="Seconds between two of them with --watch", min=1)] = 60,
    as_json: Json = False,
) -> None:
    if context.invoked_subcommand is not None:
        return
    settings = _settings(to, data, keys)
    makes = _of_postgres if settings.database else _of_sqlite
    with _place(settings, make=True) as place:
        place.depot.begin()
        with makes(settings, place, watch=watch) as point:
            while True:
                with bar(as_json=as_json) as told:
                    made = point(told)
                _told(made, as_json=as_json)
                if not watch:
                    return
                try:
                    time.sleep(every)
                except KeyboardInterrupt:
                    return


@contextmanager
def _of_sqlite(settings: Settings, place: Place, *, watch: bool) -> Iterator[Callable[[Told], Point]]:  # noqa: ARG001 - as the other
    from sealgate.backup.making import make
    from sealgate.backup.pages import steady
    from sealgate.store.blobs import FolderBlobs

    file = _database(settings)

    def point(told: Told) -> Point:
        with steady(file) as (pages, heads):
            return make(place, pages, heads, FolderBlobs(settings.data / "blobs"), datetime.now(UTC), told=told)

    yield point


@contextmanager
def _of_postgres(settings: Settings, place: Place, *, watch: bool) -> Iterator[Callable[[Told], Point]]:
    """One that is whole in itself; with `watch` the log is received from the first on."""
    from sealgate.app import follower_of
    from sealgate.backup.postgres.making import whole
    from sealgate.backup.shipping import Pace
    from sealgate.store.blobs import FolderBlobs
    from sealgate.store.engine import open_store

    blobs = FolderBlobs(settings.data / "blobs")
    with closing(open_store(settings.database, busy_timeout=settings.wait_for_lock)) as store:
        if not watch:
            yield lambda told: whole(place, settings.backup_database or settings.database, store, blobs, told)
            return
        follower = follower_of(settings, place, store, blobs, Pace.SECOND)
        follower.start()
        try:
            yield follower.point
        finally:
            follower.stop()


def show(to: To = None, data: Data = None, keys: Keys = None, as_json: Json = False) -> None:
    from sealgate.backup import pieces, points

    with _place(_settings(to, data, keys)) as place:
        found = []
        for point in points.points(place.depot, place.safe):
            behind = pieces.names(place.depot, point.log, point.seq) if point.log else []
            found.append(_json(point) | {"pieces": len(behind), "held_until": _iso(place.depot.held_until(point.name))})
        address = place.depot.address
    rows = [
        (
            one["at"][:19].replace("T", " "),
            one["kind"],
            _size(one["size"]),
            _size(one["put"]),
            str(one["pictures"]),
            str(one["pieces"]),
            (one["held_until"] or "-")[:10],
        )
        for one in found
    ]
    heads = ("made, UTC", "of", "database", "new", "pictures", "log", "locked until")
    tell({"place": address, "backups": found}, rows, heads, as_json=as_json)


def verify(to: To = None, data: Data = None, keys: Keys = None, as_json: Json = False) -> None:
    from sealgate.backup import checking

    with _place(_settings(to, data, keys)) as place, bar(as_json=as_json) as told:
        found = checking.verify(place, told=told)
    result = {
        "whole": found.whole,
        "backups": found.points,
        "objects": found.objects,
        "pieces": found.pieces,
        "bytes": found.bytes,
        "strangers": found.strangers,
        "lost": found.lost[: checking.MOST_TOLD],
    }
    row = (str(found.points), str(found.objects), str(found.pieces), _size(found.bytes), "yes" if found.whole else "no")
    tell(result, [row], ("backups", "objects", "pieces of the log", "read and opened", "whole"), as_json=as_json)
    if not found.whole:
        if not as_json:
            for name in found.lost[: checking.MOST_TOLD]:
                typer.echo(f"  lost: {name}")
        raise typer.Exit(1)


def prune(
    to: To = None,
    data: Data = None,
    keys: Keys = None,
    keep: Annotated[str | None, typer.Option(help="Such as 14d 8w 12m; SEALGATE_BACKUP_KEEP unless given")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go")] = False,
    as_json: Json = False,
) -> None:
    from dataclasses import asdict

    from sealgate.backup import pruning

    settings = _settings(to, data, keys)
    rule = pruning.Keep.parse(keep or settings.backup_keep)
    with _place(settings) as place, bar(as_json=as_json) as told:
        done = pruning.prune(place, rule, datetime.now(UTC), dry=dry_run, told=told)
    row = (str(done.kept), str(done.points), str(done.objects), _size(done.bytes), str(done.held))
    heads = ("kept", "backups gone", "objects gone", "freed", "still locked")
    tell({"dry_run": dry_run, **asdict(done)}, [row], heads, as_json=as_json)


def _settings(to: str | None, data: Path | None, keys: Path | None) -> Settings:
    from sealgate.settings import load

    return load(data=data, keys=keys, backup_to=to)


@contextmanager
def _place(settings: Settings, *, make: bool = False) -> Iterator[Place]:
    from sealgate.app import backup_place, opened_keys

    with opened_keys(settings) as keyring:
        yield backup_place(settings, keyring, make=make)


def _database(settings: Settings) -> Path:
    from sealgate.app import NotFounded
    from sealgate.backup.making import DATABASE

    file = settings.data / DATABASE
    if not file.is_file():
        raise NotFounded(f"there is no database in {settings.data}", hint="Run `sealgate init` first, or give --data")
    return file.absolute()


def _told(made: Point, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_json(made), ensure_ascii=False), flush=True)
        return
    typer.echo(
        f"Backed up at {made.at:%Y-%m-%d %H:%M:%S} UTC in {made.took:.1f} s: database {_size(made.size)}, "
        f"{made.picture_count} pictures, {_size(made.put)} new."
    )


def _json(point: Point) -> dict[str, Any]:
    return {
        "name": point.name,
        "at": point.at.isoformat(),
        "kind": point.kind.value,
        "size": point.size,
        "put": point.put,
        "pictures": point.picture_count,
        "organisations": len(point.heads),
        "journal_entries": sum(seq for _, seq in point.heads),
        "seconds": point.took,
        "locked_until": _iso(point.locked_until),
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _size(count: int) -> str:
    return f"{count / MEGA:,.1f} MB"
