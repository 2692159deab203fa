"""`sealgate bench door`: how long somebody waits at a door, and what a camera costs before which nobody stands.

People are one hour apart by a clock in the hand, and each comes as a few pictures of 1280 by 720 through the same camera,
eyes and `admit` as in service, into a database on the disk. What is told for `frame_to_decision` is the frame that led to
a decision, from its bytes to the commit, the latch's answer included; the frames before it are looked at, but decide nothing.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from collections.abc import Sequence
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
from sealgate.devices.footage import write_video
from sealgate.domain.ids import GateId
from sealgate.domain.sightings import Sighting
from sealgate.edge.gate import GateLoop
from sealgate.edge.opening import open_eyes
from sealgate.edge.timings import Stage, Timings
from sealgate.flows import campus as campuses
from sealgate.flows.passage import Admission, admit
from sealgate.ports import FaceReader, Pixels, PlateReader
from sealgate.settings import load
from sealgate.store.engine import SystemClock
from sealgate.vision import pictures

WIDTH, HEIGHT = 1280, 720
STEP = timedelta(seconds=0.2)
PAUSE = timedelta(hours=1)
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


def measure(
    faces: FaceReader,
    plates: PlateReader,
    *,
    face: Path | None,
    plate: Path | None,
    people: int = 30,
    idle_seconds: float = 10.0,
    idle_source: str = "",
) -> dict[str, Any]:
    """`face` and `plate` are pictures with one of them; what is None is not measured. `idle_source` names a real camera
    before which nothing moves; without it a made-up one is played."""
    clock = HandClock()
    with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as folder:
        home = Path(folder)
        settings = load(data=home / "data", keys=home / "keys")
        initialise(settings, "Bench")
        result: dict[str, Any] = {"frame": f"{WIDTH}x{HEIGHT}", "database": "sqlite"}
        with running(settings, faces=faces, plates=plates, clock=clock) as program:
            door = _Door(program, clock, face, plate)
            if face is not None:
                result["face"] = door.course(door.campus.lobby, face, people).table()
            if plate is not None:
                result["plate"] = door.course(door.campus.lane, plate, people).table()
        result["idle"] = idle(idle_source or str(_empty_hall(home / "hall.mp4")) + "?loop", idle_seconds)
    return result | {"memory_mb": round(_memory_mb())}


class _Door:
    """A campus whose first driver has the plate, and whose first person has the face."""

    def __init__(self, program: Program, clock: HandClock, face: Path | None, plate: Path | None) -> None:
        self._program, self._clock = program, clock
        house = program.house
        tenant = house.store.tenants()[0].tenant
        texts = []
        if plate is not None and house.plates is not None:
            texts = [found.text for found in house.plates.read(scene(pictures.decode(plate.read_bytes())))[:1]]
        self.campus = campuses.build(house, tenant, "Asia/Shanghai", texts)
        if face is not None:
            campuses.enrol_faces(house, self.campus, "bench", [[face.read_bytes()]])

    def course(self, gate: GateId, picture: Path, people: int) -> Course:
        """Nobody is there, then somebody comes and stays until a decision was taken; again for each of `people`."""
        course = Course()
        person = pictures.decode(picture.read_bytes())
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
                    course.waits.append(decoded[-1] + perf_counter() - began)
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
    """Ten seconds of a hall in which only the sensor's noise moves."""
    dice = np.random.default_rng(7)
    hall = scene(None).astype(np.int16)
    noises = [dice.normal(0, 3, hall.shape).astype(np.int16) for _ in range(5)]
    return write_video(path, (np.clip(hall + noises[n % 5], 0, 255).astype(np.uint8) for n in range(50)), fps=5)


def _row(seconds: Sequence[float]) -> Row:
    cuts = quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else [seconds[0]] * 99
    return {"n": len(seconds), "ms_p50": round(cuts[49] * 1e3, 2), "ms_p95": round(cuts[94] * 1e3, 2)}


def _memory_mb() -> float:
    """The most that this process has held at once."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)
