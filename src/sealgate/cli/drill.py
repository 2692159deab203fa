"""`sealgate drill`: the program plays the attacker of its own promise, and fails where it finds somebody."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sealgate.cli.tables import tell

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from sealgate.cli.drill_site import Built, Sizes
    from sealgate.drills.spill import Plan, Progress, Report
    from sealgate.ports import FaceReader
    from sealgate.settings import Settings


def register(app: typer.Typer) -> None:
    drills = typer.Typer(help="Attack a copy, as somebody would who stole it.", no_args_is_help=True)
    drills.callback()(lambda: None)
    drills.command("spill", help="Find anybody in a stolen copy. Fails on one find.")(spill)
    drills.command("ransom", help="Lose a site while it is written to, and bring it back. Fails on one loss.")(ransom)
    app.add_typer(drills, name="drill")


def ransom(
    things: Annotated[int, typer.Option(help="Things done before everything is lost", min=10, max=1_000_000)] = 500,
    to: Annotated[
        str, typer.Option(help="A bucket such as s3://bucket/drill, by the settings of backups; a folder unless given")
    ] = "",
    postgres: Annotated[
        bool, typer.Option("--postgres", help="On a PostgreSQL server that is made for it, instead of SQLite")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table")] = False,
) -> None:
    from sealgate.cli.progress import bar
    from sealgate.drills.ransom import drill
    from sealgate.settings import load

    given: dict[str, object] = {}
    if to:
        kept = load()
        given = {"backup_to": f"{to.rstrip('/')}/{secrets.token_hex(6)}", "backup_lock_days": kept.backup_lock_days or 1}
    with tempfile.TemporaryDirectory(prefix="sealgate-ransom-") as home, bar(as_json=as_json) as told:
        report = drill(Path(home), things, told, postgres=postgres, **given)
    rows = [(f"backup {one.what}", f"{one.tries:,}", f"{one.succeeded:,}") for one in report.tried]
    tell(report.as_json(), rows, ("tried with the server's credentials", "tries", "took something"), as_json=as_json)
    if not as_json:
        held = (
            "held" if report.held else "does not hold by itself: use a bucket with Object Lock, or snapshots of another machine"
        )
        typer.echo(f"The {report.place} {held}.")
        typer.echo(
            f"{report.acknowledged:,} acknowledged, {len(report.lost)} lost. RPO {report.rpo:g} s, RTO {report.rto:g} s; "
            f"journals {'whole' if report.whole else 'not whole'}."
        )
    if not report.passed:
        raise typer.Exit(1)


def spill(
    data: Annotated[Path | None, typer.Option(help="Attack a copy of this data folder instead of a site made now")] = None,
    keys: Annotated[Path | None, typer.Option(help="Its folder of wrapped keys: to know what must not be found")] = None,
    people: Annotated[int, typer.Option(help="People of the site made now", min=80, max=50_000)] = 1_000,
    plates: Annotated[int, typer.Option(help="Cars with a plate", min=60, max=200_000)] = 5_000,
    passages: Annotated[int, typer.Option(help="Passages", min=1_000)] = 200_000,
    days: Annotated[int, typer.Option(help="Days over which they happened, and of personnel", min=2, max=800)] = 60,
    guesses: Annotated[int, typer.Option(help="Plates of the possible ones that are tried beside the known", min=0)] = 20_000,
    faces: Annotated[
        Path | None, typer.Option(help="Folder of face pictures, by our own models; else faces are made up")
    ] = None,
    also: Annotated[
        list[Path] | None,
        typer.Option(help="A file or folder that a thief would take too: a dump, backups, logs; may come again"),
    ] = None,
    person: Annotated[
        Path | None,
        typer.Option(help="File of words about somebody, one a line: nothing of them may be found, as after an erasure"),
    ] = None,
    scratch: Annotated[
        str, typer.Option(help="Address of an empty PostgreSQL database in which --control may leak, for a site on PostgreSQL")
    ] = "",
    control: Annotated[
        bool, typer.Option("--control", help="First attack a copy that leaks on purpose; fail unless every leak is found")
    ] = False,
    page: Annotated[Path | None, typer.Option(help="Write the report as an HTML page")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table")] = False,
) -> None:
    from sealgate.cli.drill_site import Sizes
    from sealgate.drills.page import page as made_page
    from sealgate.drills.spill import Plan, drill
    from sealgate.drills.truth import words_of_file

    with ExitStack() as stack:
        bars = stack.enter_context(_bars(as_json=as_json))
        reader, shots = _faces(faces)
        words = words_of_file(person.read_text(encoding="utf-8")) if person else {}
        if data:
            settings = _given(data, keys)
        else:
            made = stack.enter_context(_made(Sizes(people, plates, passages, days), reader, shots, bars))
            settings, words = made.settings, words | made.words
        face = shots[0][0] if shots else None
        plan = Plan(control, guesses, reader, face, tuple(also or ()), scratch, words)
        report = drill(settings, plan, _progress(bars, plan))
    if page:
        page.write_text(made_page(report, datetime.now(UTC)), encoding="utf-8")
    _tell(report, as_json=as_json)
    if not report.passed:
        raise typer.Exit(1)


def _given(data: Path, keys: Path | None) -> Settings:
    from sealgate.settings import load

    return load(data=data, keys=keys)


@contextmanager
def _made(sizes: Sizes, reader: FaceReader | None, shots: Sequence[Sequence[bytes]], bars: Bars) -> Iterator[Built]:
    from sealgate.cli.drill_site import built, steps

    task = bars.add_task("Making a site", total=steps(sizes))

    def told(what: str, done: int) -> None:
        bars.update(task, advance=done, description=f"Making a site: {what}"[:60])

    with (
        tempfile.TemporaryDirectory(prefix="sealgate-drill-site-") as home,
        built(Path(home), sizes, reader, shots, told) as made,
    ):
        bars.remove_task(task)
        yield made


def _faces(folder: Path | None) -> tuple[FaceReader | None, list[list[bytes]]]:
    if folder is None:
        return None, []
    from sealgate.cli.demo import people_in
    from sealgate.vision.faces import Faces

    shots = [[picture.read_bytes() for picture in pictures[:3]] for pictures in people_in(_faces_in(folder))[:8]]
    if not shots:
        raise typer.BadParameter("there are no pictures", param_hint="--faces")
    return Faces(), shots


def _faces_in(folder: Path) -> Path:
    """The folder, or the first below it that says whose its pictures are."""
    return next((path.parent for path in sorted(folder.rglob("truth.csv"))), folder)


@contextmanager
def _bars(*, as_json: bool) -> Iterator[Bars]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description:60}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=as_json) as bars:
        yield bars


def _progress(bars: Bars, plan: Plan) -> Progress:
    from sealgate.drills.spill import Progress, steps

    task = bars.add_task("Drill", total=steps(plan))
    now = [""]

    def step(attack: str) -> None:
        now[0] = attack
        bars.update(task, advance=1, description=attack[:60])

    def told(what: str) -> None:
        bars.update(task, description=f"{now[0]}: {what}"[:60])

    return Progress(step, told)


def _tell(report: Report, *, as_json: bool) -> None:
    rows = [(one.name, f"{one.tries:,}", f"{one.finds:,}", f"{one.seconds:,.1f} s") for one in report.results]
    tell(report.as_json(), rows, ("attack", "tries", "finds", "took"), as_json=as_json)
    if as_json:
        return
    for result in report.results:
        for find in result.told[:10]:
            typer.echo(f"  {result.name}: {find.what} at {find.where}")
    for leak, found in report.leaks:
        if not found:
            typer.echo(f"  planted and not found: {leak.name} (by {leak.attack})")
    if report.leaks:
        typer.echo(f"Control: {report.planted_found} of {len(report.leaks)} planted leaks found.")
    megabytes = report.bytes_read / 1e6
    typer.echo(f"{report.finds} finds. {report.words:,} known words, {megabytes:,.0f} MB, {report.seconds:,.0f} seconds.")
