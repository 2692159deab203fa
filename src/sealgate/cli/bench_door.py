"""`sealgate bench door`: how long somebody waits at a door, and what a camera costs before which nobody stands.

People are one hour apart by a clock in the hand, and each comes as a few pictures of 1280 by 720 through the same camera,
eyes and `admit` as in service, into a database on the disk. `frame_to_decision` is told for the frame that led to a
decision, from its bytes to the commit: until the latch is asked to open, for it is asked when the decision is on the disk.
`decide` takes longer, for the latch's answer is written down too.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from threading import Event, Thread
from time import perf_counter, process_time
from typing import Any
from uuid import UUID

import cv2
import numpy as np

from sealgate.app import Program, initialise, running
from sealgate.devices.cameras import open_camera
from sealgate.devices.failures import NoSuchCamera
from sealgate.devices.footage import write_video
from sealgate.devices.simulated import SimulatedLatch, box_of, landmarks_in
from sealgate.devices.sources import PICTURES
from sealgate.domain.ids import GateId
from sealgate.domain.sightings import Sighting
from sealgate.edge.gate import GateLoop
from sealgate.edge.opening import open_eyes
from sealgate.edge.timings import Stage, Timings
from sealgate.flows import campus as campuses
from sealgate.flows.passage import Admission, admit
from sealgate.ports import FaceReader, FoundFace, LatchAnswer, Pixels, PlateReader, Vector
from sealgate.settings import load
from sealgate.store.engine import SystemClock
from sealgate.vision import pictures

WIDTH, HEIGHT = 1280, 720
STEP = timedelta(seconds=0.2)
PAUSE = timedelta(hours=1)
DRAWN = (60, 60, 200)
MOST_FRAMES = 15
"""In which somebody must have become a sighting."""

Row = dict[str, float | int]


class HandClock:
    """Moves when told to."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC)

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        self._now += by


class StopwatchLatch(SimulatedLatch):
    """Notes when it was last asked to open, in seconds of `perf_counter`."""

    asked_at = 0.0

    def release(self, gate: GateId, open_for: timedelta) -> LatchAnswer:
        self.asked_at = perf_counter()
        return super().release(gate, open_for)


@dataclass(frozen=True, slots=True)
class Course:
    """One kind of gate, measured. `waits`: seconds from a frame's bytes to the decision that it led to."""

    timings: Timings = field(default_factory=Timings)
    waits: list[float] = field(default_factory=list)
    admissions: list[Admission] = field(default_factory=list)

    def table(self) -> dict[str, Any]:
        stages: dict[str, Any] = {name: row for name, row in self.timings.table().items() if name != Stage.TOTAL}
        if self.waits:
            stages["frame_to_decision"] = _row(self.waits)
        opened = sum(admission.decision.opens for admission in self.admissions)
        return stages | {"decisions": len(self.admissions), "opened": opened}


def command(faces: Path | None, plates: Path | None, *, as_json: bool) -> None:
    """The first picture of each folder comes to the gate; without a folder something drawn comes in its place."""
    from sealgate.app import readers
    from sealgate.cli.tables import tell

    with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as folder:
        face_reader, plate_reader = readers(load(data=Path(folder)))
    face = first_picture(faces) if faces else drawn_face()
    plate = first_picture(plates) if plates else drawn_plate()
    result = measure(face_reader if faces else StandIn(face_reader), plate_reader, face=face, plate=plate)
    tell(result, rows(result), ("", "p50 ms", "p95 ms"), as_json=as_json)


def measure(
    faces: FaceReader,
    plates: PlateReader,
    *,
    face: Pixels,
    plate: Pixels,
    people: int = 30,
    idle_seconds: float = 10.0,
    idle_source: str = "",
) -> dict[str, Any]:
    """`face` and `plate` are pictures with one of them. `idle_source` names a real camera before which nothing moves;
    without it a made-up one is played, which sends five frames a second."""
    clock = HandClock()
    result: dict[str, Any] = {"frame": f"{WIDTH}x{HEIGHT}", "database": "sqlite"}
    with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as folder:
        home = Path(folder)
        settings = load(data=home / "data", keys=home / "keys")
        initialise(settings, "Bench")
        latch = StopwatchLatch()
        with running(settings, faces=faces, plates=plates, clock=clock, latch=latch) as program:
            door = _Door(program, clock, latch, face, plate)
            result["face"] = door.course(door.campus.lobby, face, people).table()
            result["plate"] = door.course(door.campus.lane, plate, people).table()
        result["idle"] = idle(idle_source or f"{_empty_hall(home / 'hall.mp4')}?loop", idle_seconds)
    return result | {"memory_mb": round(_memory_mb())}


def rows(result: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What `tell` prints."""
    for kind in ("face", "plate"):
        for stage, row in result[kind].items():
            if isinstance(row, dict):
                yield f"{kind}: {stage.replace('_', ' ')}", f"{row['ms_p50']:.1f}", f"{row['ms_p95']:.1f}"
        yield f"{kind}: opened of decided", str(result[kind]["opened"]), str(result[kind]["decisions"])
    yield "idle camera, % of a core", f"{100 * result['idle']['share_of_core']:.2f}", ""
    yield "memory at most, MB", str(result["memory_mb"]), ""


class StandIn:
    """A face reader before a drawn face: the real one does all its work, only what it finds is replaced. Models take the
    same time whatever they are shown, so the figures hold, and no picture of anybody has to be shipped for them."""

    def __init__(self, reader: FaceReader) -> None:
        self._reader = reader
        self.pack, self.min_similarity, self.min_lead = reader.pack, reader.min_similarity, reader.min_lead
        self.per_tenfold = reader.per_tenfold

    def find(self, pixels: Pixels) -> list[FoundFace]:
        self._reader.find(pixels)
        box = box_of(pixels[::8, ::8], DRAWN)
        if box is None:
            return []
        x, y, width, height = (8 * side for side in box)
        return [FoundFace((x, y, width, height), 0.9, landmarks_in((x, y, width, height)), quality=0.9)]

    def embed(self, pixels: Pixels, face: FoundFace) -> Vector:
        return self._reader.embed(pixels, face)


def drawn_face() -> Pixels:
    return np.full((400, 400, 3), DRAWN, np.uint8)


def drawn_plate() -> Pixels:
    """White on blue, 440 by 140 as in mainland China, without the character of the province, which our font has not."""
    plate = np.full((140, 440, 3), (160, 60, 20), np.uint8)
    cv2.putText(plate, "A12345", (25, 100), cv2.FONT_HERSHEY_SIMPLEX, 3.0, (255, 255, 255), 12, cv2.LINE_AA)
    car = np.full((520, 900, 3), 60, np.uint8)
    car[340:480, 230:670] = plate
    return car


def first_picture(folder: Path) -> Pixels:
    """Raises `NoSuchCamera` for a folder without pictures, and what `decode` raises."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in PICTURES:
            return pictures.decode(path.read_bytes())
    raise NoSuchCamera(f"{folder.name}: no picture in it", permanent=True)


class _Door:
    """A campus whose first driver has the plate, and whose first person has the face."""

    def __init__(self, program: Program, clock: HandClock, latch: StopwatchLatch, face: Pixels, plate: Pixels) -> None:
        self._program, self._clock, self._latch = program, clock, latch
        house = program.house
        tenant = house.store.tenants()[0].tenant
        assert house.plates is not None
        texts = [found.text for found in house.plates.read(scene(plate))[:1]]
        self.campus = campuses.build(house, tenant, "Asia/Shanghai", texts)
        campuses.enrol_faces(house, self.campus, "bench", [[pictures.encode_jpeg(scene(face), long_side=WIDTH)]])

    def course(self, gate: GateId, person: Pixels, people: int) -> Course:
        """Nobody is there, then somebody comes and stays until a decision was taken; again for each of `people`."""
        course = Course()
        with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as folder:
            for n in range(MOST_FRAMES):
                shown = scene(person if n else None, shift=8 * n)
                Path(folder, f"{n:02}.jpg").write_bytes(pictures.encode_jpeg(shown, long_side=WIDTH, quality=90))
            for _ in range(people):
                self._clock.move(PAUSE)
                self._come(gate, folder, course)
        return course

    def _come(self, gate: GateId, folder: str, course: Course) -> None:
        house, tenant = self._program.house, self.campus.tenant
        decoded: list[float] = []
        camera = open_camera(folder, self._clock, decode=house.decode, fps=None, timed=decoded.append)

        def decide(sighting: Sighting) -> Admission:
            admission = admit(house, tenant, sighting)
            course.admissions.append(admission)
            return admission

        loop = GateLoop(gate, camera, open_eyes(house, tenant, gate, course.timings), decide, timings=course.timings)
        before = len(course.admissions)
        with closing(camera):
            for frame in camera.frames():
                began = perf_counter()
                loop.look(frame)
                course.timings.add(Stage.DECODE, decoded[-1])
                self._clock.move(STEP)
                if len(course.admissions) > before:
                    decided = self._latch.asked_at if course.admissions[-1].decision.opens else perf_counter()
                    course.waits.append(decoded[-1] + decided - began)
                    return


def scene(picture: Pixels | None, *, shift: int = 0) -> Pixels:
    """A grey hall of 1280 by 720 with the picture in it, on 60 % of the height or width, `shift` pixels to the right."""
    hall = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    hall[:, :, 1] = np.linspace(90, 150, WIDTH, dtype=np.uint8)
    if picture is None:
        return hall
    height, width = picture.shape[:2]
    share = 0.6 * min(HEIGHT / height, WIDTH / width)
    small = cv2.resize(picture, (max(1, round(width * share)), max(1, round(height * share))), interpolation=cv2.INTER_AREA)
    y, x = (HEIGHT - small.shape[0]) // 2, (WIDTH - small.shape[1]) // 2 + shift
    hall[y : y + small.shape[0], x : x + small.shape[1]] = small
    return hall


def idle(source: str, seconds: float) -> Row:
    """The share of a core that one camera costs before which nothing moves; only the camera and the motion gate run."""

    def no_one(_sighting: Sighting) -> Admission:
        raise AssertionError("there are no eyes")

    camera = open_camera(source, SystemClock(), decode=pictures.decode, fps=5.0)
    loop = GateLoop(GateId(UUID(int=1)), camera, [], no_one)
    watching = Thread(target=loop.run, name="idle camera")
    watching.start()
    pause = Event()
    while loop.health().frames < 5 and watching.is_alive():
        pause.wait(0.05)
    frames, cost, began = loop.health().frames, process_time(), perf_counter()
    pause.wait(seconds)
    frames, cost, took = loop.health().frames - frames, process_time() - cost, perf_counter() - began
    loop.stop()
    watching.join()
    return {"share_of_core": round(cost / took, 4), "fps": round(frames / took, 2), "seconds": round(took, 1)}


def _empty_hall(path: Path) -> Path:
    """Twenty seconds of a hall in which only the sensor's noise moves, at half a megabit a second."""
    dice = np.random.default_rng(7)
    hall = scene(None).astype(np.int16)
    noises = [dice.normal(0, 2, (HEIGHT, WIDTH, 1)).astype(np.int16) for _ in range(5)]
    return write_video(path, (np.clip(hall + noises[n % 5], 0, 255).astype(np.uint8) for n in range(100)), fps=5)


def _row(seconds: Sequence[float]) -> Row:
    cuts = quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else [seconds[0]] * 99
    return {"n": len(seconds), "ms_p50": round(cuts[49] * 1e3, 2), "ms_p95": round(cuts[94] * 1e3, 2)}


def _memory_mb() -> float:
    """The most that this process has held at once."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)
