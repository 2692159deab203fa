"""`sealgate bench`: the figures that the documents quote, measured on this machine."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sealgate.cli.tables import tell

Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table")]


def register(app: typer.Typer) -> None:
    from sealgate.cli import bench_vision

    benches = typer.Typer(help="Measure this machine.", no_args_is_help=True)
    benches.command("vault", help="Seals and tokens per second on one core.")(vault)
    benches.command("store", help="Passages per second, and what a row costs as the table grows.")(store)
    benches.command("door", help="From frame to decision, one person at a door; and what an idle camera costs.")(door)
    benches.command("streams", help="Many cameras before which little moves: cores, and memory for each.")(streams)
    benches.command("people", help="A file of people: read, judged, enrolled.")(people)
    benches.command("garage")(garage)
    benches.command("pairing")(pairing)
    benches.command("desk", help="From a lane's button to the desk's page.")(desk)
    benches.command("hours", help="A month of work days of very many people, derived and kept.")(hours)
    bench_vision.register(benches)
    benches.command("peers")(peers)
    app.add_typer(benches, name="bench")


def vault(
    seconds: Annotated[float, typer.Option(help="How long all figures together are measured")] = 2.0, as_json: Json = False
) -> None:
    from sealgate.cli import bench_vault

    result = bench_vault.measure(seconds)
    tell(result, bench_vault.rows(result), ("", "per second", "each"), as_json=as_json)


def store(
    rows: Annotated[int, typer.Option(help="Passages to append", min=1000)] = 200_000,
    url: Annotated[str, typer.Option(help="Database; a temporary SQLite file unless given")] = "",
    as_json: Json = False,
) -> None:
    from sealgate.cli import bench_store

    with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as folder:
        result = bench_store.measure(url or f"sqlite:///{Path(folder) / 'bench.sqlite'}", rows)
    tell(result, bench_store.rows(result), ("", "", ""), as_json=as_json)


def door(
    faces: Annotated[Path | None, typer.Option(help="Folder of face pictures")] = None,
    plates: Annotated[Path | None, typer.Option(help="Folder of pictures of cars")] = None,
    as_json: Json = False,
) -> None:
    from sealgate.cli import bench_door

    bench_door.command(faces, plates, as_json=as_json)


def streams(
    cameras: Annotated[int, typer.Option(help="How many", min=1, max=200)] = 20,
    seconds: Annotated[float, typer.Option(help="How long it is measured, once all have begun", min=5)] = 60.0,
    as_json: Json = False,
) -> None:
    from sealgate.cli import bench_streams

    result = bench_streams.measure(cameras, seconds)
    tell(result, bench_streams.rows(result), ("", ""), as_json=as_json)


def people(
    rows: Annotated[int, typer.Option(help="People in the file", min=1000, max=50_000)] = 50_000, as_json: Json = False
) -> None:
    from sealgate.cli import bench_people

    result = bench_people.measure(rows)
    tell(asdict(result), bench_people.rows(result), ("", "", ""), as_json=as_json)


def garage(
    closed: Annotated[int, typer.Option(help="Closed stays to put in before the second half", min=1000)] = 50_000,
    open_stays: Annotated[int, typer.Option("--open", help="Cars that stand in the garage", min=100)] = 5_000,
    each: Annotated[int, typer.Option(help="Cars of each kind that are timed, before and after", min=20)] = 100,
    as_json: Json = False,
) -> None:
    """Cars a second that come in, are priced, pay and leave.

    Minutes on one idle core; a million closed stays (`--closed 1000000`) take some more.
    """
    from rich.console import Console
    from rich.progress import Progress

    from sealgate.cli import bench_garage

    sizes = {"open_stays": open_stays, "closed": closed, "each": each}
    with Progress(console=Console(stderr=True), transient=True, disable=as_json) as bar:
        task = bar.add_task("Cars come and go", total=bench_garage.steps_of(**sizes))
        result = bench_garage.measure(**sizes, done=lambda steps: bar.advance(task, steps))
    heads = ("", "a core's second, before", "after", "p50 ms after", "p95 ms after", "CPU after / before")
    tell(result, bench_garage.rows(result), heads, as_json=as_json)


def pairing(
    bills: Annotated[int, typer.Option(help="Count until so many were made without anybody looking", min=100)] = 20_000,
    misread: Annotated[float, typer.Option(help="Share of the passes", min=0, max=0.5)] = 0.03,
    lost: Annotated[float, typer.Option(help="Share of the passes", min=0, max=0.5)] = 0.02,
    cars: Annotated[int, typer.Option(help="That come again and again", min=10)] = 4000,
    fleets: Annotated[
        float, typer.Option(help="Share of cars whose plates are one place apart, ten by ten", min=0, max=1)
    ] = 0.1,
    visits: Annotated[int, typer.Option(help="In a day", min=1)] = 1143,
    seed: Annotated[int, typer.Option(help="Another garage")] = 11,
    as_json: Json = False,
) -> None:
    """How many bills would be another car's, and how many cars go to the desk, at given rates of error.

    Only the decisions are run, not a program. 400,000 bills take about ten minutes on one idle core.
    """
    from rich.console import Console
    from rich.progress import Progress

    from sealgate.cli import bench_pairing

    terms = bench_pairing.Terms(misread, lost, cars, fleets, visits, seed=seed)
    with Progress(console=Console(stderr=True), transient=True, disable=as_json) as bar:
        task = bar.add_task("Cars come and go", total=bills)
        counted = bench_pairing.measure(terms, bills, done=lambda made: bar.advance(task, made))
    tell(bench_pairing.whole(terms, counted), bench_pairing.rows(terms, counted), ("", ""), as_json=as_json)


def desk(
    presses: Annotated[int, typer.Option(help="How often the button is pressed", min=20)] = 100, as_json: Json = False
) -> None:
    from sealgate.cli import bench_desk

    result = bench_desk.measure(presses)
    tell(result, bench_desk.rows(result), ("", "p50 ms", "p95 ms", "lost"), as_json=as_json)


def hours(
    people: Annotated[int, typer.Option(help="How many, with four passages on each day of a month", min=60)] = 10_000,
    as_json: Json = False,
) -> None:
    from sealgate.cli import bench_hours

    result = bench_hours.measure(people=people)
    tell(result, bench_hours.rows(result), ("", "", ""), as_json=as_json)


def peers(
    faces: Annotated[list[Path] | None, typer.Option(help="CSV file as `bench faces` takes it; may be repeated")] = None,
    plates: Annotated[list[Path] | None, typer.Option(help="CSV file as `bench plates` takes it; may be repeated")] = None,
    size: Annotated[int, typer.Option(help="Templates to search among; 0: no search", min=0, max=1_000_000)] = 100_000,
    queries: Annotated[int, typer.Option(help="That are searched for", min=1, max=100_000)] = 200,
    most: Annotated[int, typer.Option(help="Pictures of each set at most; 0: all", min=0)] = 0,
    folder: Annotated[Path | None, typer.Option(help="Keep the peers there for the next time; else a temporary folder")] = None,
    as_json: Json = False,
) -> None:
    """Others' readers and searches beside ours: face_recognition, rapidocr, faiss, usearch.

    Installs them by pip, pinned, as wheels, into an environment of their own (some 700 MB); whoever cannot be installed is told
    as such, the others are measured, and the status is 1. Every reader runs as a program of its own, on one thread.
    """
    from sealgate.cli import bench_peers, progress

    wanted = bench_peers.Wanted(faces or (), plates or (), size, queries, most)
    with progress.bar(as_json=as_json) as told:
        result = bench_peers.measure(wanted, folder, told)
    tell(result, bench_peers.rows(result), bench_peers.HEADS, as_json=as_json)
    if missing := bench_peers.away(result):
        typer.echo("\n".join(missing), err=True)
        raise typer.Exit(1)
