"""`sealgate demo`: a made-up campus in one process. Nothing is needed but a browser; cameras and pictures are welcome."""

from __future__ import annotations

import csv
import logging
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sealgate.app import Program
    from sealgate.domain.ids import GateId
    from sealgate.flows.campus import Campus
    from sealgate.flows.garage_demo import Garage
    from sealgate.ports import FaceReader, PlateReader
    from sealgate.settings import Settings

PAUSE = 4.0
"""Seconds between two made-up passages."""

PARKED = 100
"""Seconds on the wall between a picture at the garage's entry and the same at its exit."""

MOST_WITH_CAMERAS = 10

OPENING = 8
"""Made-up passages at the start."""


def register(app: typer.Typer) -> None:
    app.command("demo", help="A made-up campus with doors and a garage, started in one process.")(demo)


def demo(
    faces: Annotated[Path | None, typer.Option(help="Folder of face pictures that walk through the turnstile")] = None,
    plates: Annotated[Path | None, typer.Option(help="Folder of pictures of cars that drive through the garage")] = None,
    video: Annotated[Path | None, typer.Option(help="Video file that the lobby's camera plays")] = None,
    port: Annotated[int, typer.Option(help="Port of the console; 0 takes a free one")] = 8470,
    data: Annotated[Path | None, typer.Option(help="Folder to keep the demo in; a temporary one unless given")] = None,
    speed: Annotated[int, typer.Option(help="How much faster the clock runs; sessions run out as fast", min=1, max=100)] = 1,
    quiet: Annotated[bool, typer.Option("--quiet", help="Make up no passages and no cars from now on")] = False,
) -> None:
    """Runs until Ctrl-C. Without `--data` nothing is left behind."""
    if speed > MOST_WITH_CAMERAS and (faces or plates or video):
        hint = f"With pictures the clock runs at most {MOST_WITH_CAMERAS} times faster: what was seen would be old at once."
        raise typer.BadParameter(hint, param_hint="--speed")
    from sealgate.app import readers
    from sealgate.cli.demo_attendant import garage_traffic
    from sealgate.cli.demo_past import live_a_week
    from sealgate.cli.demo_people import a_year_behind
    from sealgate.cli.listening import listening
    from sealgate.cli.serve import print_links, terminable
    from sealgate.settings import load

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    with ExitStack() as stack:
        stack.enter_context(terminable())
        home = data or Path(stack.enter_context(temporary()))
        settings = load(data=home / "data", keys=home / "keys", port=port, simulated_payments=True)
        typer.echo("Opening the readers…")
        readers_here = readers(settings)
        is_new = not settings.data.exists()
        program, campus, garage = stack.enter_context(_campus(settings, *readers_here, faces=faces, plates=plates, speed=speed))
        server = stack.enter_context(listening(program))
        stack.enter_context(program.gates(_sources(campus, garage, faces, plates, video)))
        if is_new:
            typer.echo("Making up the garage’s last days…")
            live_a_week(program.house, garage)
        if not quiet:
            stack.enter_context(traffic(program, campus))
            stack.enter_context(garage_traffic(program, garage))
        typer.echo(f"Data in {settings.data}, keys in {settings.keys_folder}.")
        print_links(program, server.address)
        typer.echo(f"Kiosk in the lobby: {server.address}/kiosk/{campus.kiosk}")
        _print_garage(program, garage, server.address)
        if is_new:
            typer.echo("A year of personnel is being made up meanwhile…")
            stack.enter_context(a_year_behind(program.house, campus))
        typer.echo("Ctrl-C stops it.")
        server.wait()
    typer.echo("Stopped." if data else "Stopped; the temporary data are gone.")


def _print_garage(program: Program, garage: Garage, address: str) -> None:
    from sealgate.flows import rules
    from sealgate.flows.campus import system
    from sealgate.flows.driving import coupon_path, lot_path

    typer.echo(f"Pay for a car in the garage: {address}{lot_path(program.house, garage.tenant, garage.lot)}")
    shown = rules.kiosk_link(program.house, system(program.house, garage.tenant), garage.exit)
    typer.echo(f"The screen at the garage’s exit: {address}/lane/{shown}")
    if garage.coupon:
        brings = coupon_path(program.house, garage.tenant, garage.lot, garage.coupon)
        typer.echo(f"A coupon of the bakery, one hour off: {address}{brings}")


@contextmanager
def temporary() -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="sealgate-demo-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Traffic:
    """People with cards come and go. A thread of its own; whatever a gate answers is its business."""

    def __init__(self, program: Program, campus: Campus, seed: int = 7) -> None:
        self._house, self._campus = program.house, campus
        self._dice = random.Random(seed)  # noqa: S311 - made-up traffic, no secret
        self._over = Event()
        self._thread = Thread(target=self._run, name="traffic", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(timeout=5)

    def pass_once(self) -> None:
        """One card at one of the gates; one in eight is nobody's."""
        from sealgate.domain.sightings import CodeSighting, Means
        from sealgate.flows.campus import PEOPLE, card_number
        from sealgate.flows.passage import admit

        gate = self._dice.choice([self._campus.lobby, self._campus.turnstile, self._campus.way_out])
        number = self._dice.randrange(len(PEOPLE) + 1)
        card = card_number(number) if number < len(PEOPLE) else "99999999"
        admit(self._house, self._campus.tenant, CodeSighting(gate, self._house.clock.now(), Means.CARD, card))

    def _run(self) -> None:
        for _ in range(OPENING):  # so that the first look at the live page finds something
            self.pass_once()
        while not self._over.wait(self._dice.uniform(PAUSE / 2, PAUSE * 2)):
            self.pass_once()


@contextmanager
def traffic(program: Program, campus: Campus) -> Iterator[Traffic]:
    moving = Traffic(program, campus)
    moving.start()
    try:
        yield moving
    finally:
        moving.stop()


@contextmanager
def _campus(
    settings: Settings,
    face_reader: FaceReader,
    plate_reader: PlateReader,
    *,
    faces: Path | None,
    plates: Path | None,
    speed: int,
) -> Iterator[tuple[Program, Campus, Garage]]:
    """The program, on a campus with a garage made now or found from an earlier run."""
    from sealgate.app import initialise, running
    from sealgate.cli.demo_garage import FastClock
    from sealgate.flows import campus as campuses
    from sealgate.flows import garage_demo, visit_demo

    is_new = not settings.data.exists()
    if is_new:
        initialise(settings, "Harbour Works")
    with running(settings, faces=face_reader, plates=plate_reader, clock=FastClock(speed)) as program:
        tenant = program.house.store.tenants()[0].tenant
        campus = None if is_new else campuses.recall(program.house, tenant)
        texts = [] if campus else _texts(program, plates) if plates else ["京A12345", "沪B6688C", "粤BD12345"]
        if campus is None:
            campus = campuses.build(program.house, tenant, "Asia/Shanghai", texts)
            if faces:
                _enrol(program, campus, faces)
        garage = garage_demo.recall(program.house, campus) or garage_demo.build(program.house, campus, texts)
        if is_new:
            visit_demo.build(program.house, campus)
        program.fill_galleries()
        yield program, campus, garage


def _texts(program: Program, folder: Path) -> list[str]:
    """The plates in the first pictures of the folder: the campus' drivers get them."""
    house = program.house
    assert house.plates is not None
    texts: list[str] = []
    for picture in _pictures(folder)[:12]:
        found = house.plates.read(house.decode(picture.read_bytes()))
        texts += [plate.text for plate in found[:1] if plate.text not in texts]
    return texts[::2]  # every other driver is a stranger


def _enrol(program: Program, campus: Campus, folder: Path) -> None:
    from rich.progress import track

    from sealgate.flows.campus import PEOPLE, enrol_faces

    people = people_in(folder)[: len(PEOPLE)]
    shots = [[picture.read_bytes() for picture in pictures[:3]] for pictures in track(people, "Enrolling", transient=True)]
    enrolled = enrol_faces(program.house, campus, "demo", shots)
    typer.echo(f"{enrolled} faces enrolled from {folder}.")


def people_in(folder: Path) -> list[list[Path]]:
    """The pictures of each person: by the folder's truth.csv (`file,person`), else every picture is somebody else."""
    truth = folder / "truth.csv"
    if not truth.is_file():
        return [[picture] for picture in _pictures(folder)]
    by_person: dict[str, list[Path]] = {}
    with truth.open(newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            by_person.setdefault(row["person"], []).append(folder / row["file"])
    return list(by_person.values())


def _pictures(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp", ".bmp"})


def _sources(campus: Campus, garage: Garage, faces: Path | None, plates: Path | None, video: Path | None) -> dict[GateId, str]:
    """What each gate's camera plays, over and over. Each car that comes in goes out some time later."""
    played = {campus.turnstile: faces, garage.entry: plates, campus.lobby: video}
    sources = {gate: f"{path.absolute()}{_manner(path)}" for gate, path in played.items() if path is not None}
    if plates is not None and plates.is_dir():
        sources[garage.exit] = f"{plates.absolute()}{_manner(plates)}&after={PARKED}"
    return sources


def _manner(path: Path) -> str:
    return "?loop&hold=3" if path.is_dir() else "?loop"
