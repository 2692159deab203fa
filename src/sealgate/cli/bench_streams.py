"""`sealgate bench streams`: what many cameras cost before which little moves, in one process.

Each camera plays a film as its encoder would send it (H.264, 1280 by 720, five frames a second, half a megabit), through the
same reader thread, motion gate and plate reader as a lane in service. In a minute a car with a plate comes once, for three
seconds: 5 in 100 frames move. The cameras begin one after another, so that the cars come evenly. Cost is processor time of
this process, decoding and reading included, as a share of one core; a busy machine makes it last longer and cost hardly more.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import perf_counter, process_time
from typing import Any
from uuid import UUID

import cv2
import numpy as np

from sealgate.cli.bench_door import HEIGHT, WIDTH, drawn_plate
from sealgate.devices.cameras import open_camera
from sealgate.devices.footage import write_video
from sealgate.domain.access import Decision, Reason
from sealgate.domain.ids import GateId
from sealgate.domain.sightings import Sighting
from sealgate.edge.agent import Agent
from sealgate.edge.eyes import PlateEye
from sealgate.edge.gate import GateLoop
from sealgate.edge.timings import Stage, Timings
from sealgate.ports import Pixels, PlateReader
from sealgate.store.engine import SystemClock
from sealgate.vision import pictures
from sealgate.vision.plates import Plates

FPS = 5
MOVING = 0.05
"""Of the frames: what the bar allows."""

MINUTE = 60
PAUSE = Event()


@dataclass(frozen=True, slots=True)
class Decided:
    decision: Decision


@dataclass(slots=True)
class Lanes:
    """The loops of all cameras, and how many cars they told of."""

    loops: list[GateLoop]
    timings: Timings
    told: int = 0

    def admit(self, _sighting: Sighting) -> Decided:
        self.told += 1
        return Decided(Decision(opens=True, reason=Reason.ALLOWED))

    def counts(self) -> tuple[int, int, int]:
        """Frames, those in which something moved or had just moved, and those that came too fast."""
        healths = [loop.health() for loop in self.loops]
        return (
            sum(health.frames for health in healths),
            sum(health.looked for health in healths),
            sum(health.camera.dropped for health in healths if health.camera),
        )


def measure(cameras: int, seconds: float, reader: PlateReader | None = None, *, film: int = MINUTE) -> dict[str, Any]:
    """The cameras begin within a round of the film, `film` seconds long; then it is measured for so many seconds."""
    reader = reader or Plates()
    with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as folder, ExitStack() as stack:
        path = write_video(Path(folder) / "lane.mp4", drawn(film), fps=FPS)
        reader.glance(scene(None, 0), ("cn",))
        empty = resident_mb()
        lanes = Lanes([], Timings())
        for n in range(cameras):
            gate = GateId(UUID(int=n + 1))
            loop = lane(lanes, gate, f"{path}?loop", reader)
            lanes.loops.append(loop)
            stack.enter_context(Agent({gate: lambda loop=loop: loop}))  # type: ignore[misc]
            PAUSE.wait(film / cameras)
        before, cost, began, told = lanes.counts(), process_time(), perf_counter(), lanes.told
        PAUSE.wait(seconds)
        after, cost, took = lanes.counts(), process_time() - cost, perf_counter() - began
        full = resident_mb()
    frames, looked, dropped = (now - then for now, then in zip(after, before, strict=True))
    wanted = cameras * FPS * took
    return {
        "cameras": cameras,
        "frame": f"{WIDTH}x{HEIGHT}",
        "fps": FPS,
        "moving": MOVING,
        "seconds": round(took, 1),
        "share_of_core": round(cost / took, 3),
        "share_per_camera": round(cost / took / cameras, 4),
        "frames": frames,
        "frames_of_wanted": round(frames / wanted, 3),
        "core_at_full_pace": round(cost / took * wanted / max(frames, 1), 3),
        "cameras_per_core": round(cameras / max(cost / took * wanted / max(frames, 1), 1e-6), 1),
        "looked": round(looked / max(frames, 1), 3),
        "dropped": dropped,
        "cars_told": lanes.told - told,
        "memory_per_camera_mb": round((full - empty) / cameras, 1),
        "memory_mb": round(full),
        "load": round(os.getloadavg()[0], 1),
        "find_ms_p50": lanes.timings.table().get(Stage.FIND, {}).get("ms_p50"),
    }


def lane(lanes: Lanes, gate: GateId, source: str, reader: PlateReader) -> GateLoop:
    camera = open_camera(source, SystemClock(), decode=pictures.decode, fps=float(FPS))
    eye = PlateEye(gate, reader, pictures.encode_jpeg, lanes.timings, ("cn",))
    return GateLoop(gate, camera, [eye], lanes.admit, timings=lanes.timings)


def rows(result: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What `tell` prints."""
    yield f"{result['cameras']} cameras, cores", f"{result['share_of_core']:.2f}"
    yield "cores at the full pace", f"{result['core_at_full_pace']:.2f}"
    yield "cameras a core", f"{result['cameras_per_core']:.1f}"
    yield "memory for each camera, MB", f"{result['memory_per_camera_mb']:.1f}"
    yield "frames taken of those sent", f"{result['frames_of_wanted']:.0%}"
    yield "frames looked at", f"{result['looked']:.1%}"
    yield "cars told of", str(result["cars_told"])
    yield "load of the machine", str(result["load"])


def drawn(seconds: int) -> Iterator[Pixels]:
    """A lane: in the first twentieth of the time a car comes nearer, else only the sensor's noise moves."""
    dice = np.random.default_rng(7)
    noises = [dice.normal(0, 2, (HEIGHT, WIDTH, 1)).astype(np.int16) for _ in range(5)]
    moving = max(1, round(seconds * FPS * MOVING))
    for n in range(seconds * FPS):
        seen = scene(drawn_plate(), n / moving) if n < moving else scene(None, 0)
        yield np.clip(seen.astype(np.int16) + noises[n % 5], 0, 255).astype(np.uint8)


def scene(car: Pixels | None, way: float) -> Pixels:
    """The lane, and the car on it: from far (0) to near (1)."""
    lane = np.full((HEIGHT, WIDTH, 3), 110, np.uint8)
    lane[HEIGHT // 2 :] = 80
    if car is None:
        return lane
    width = round(WIDTH * (0.2 + 0.3 * way))
    small = cv2.resize(car, (width, round(width * car.shape[0] / car.shape[1])), interpolation=cv2.INTER_AREA)
    x, y = (WIDTH - width) // 2, round(HEIGHT * (0.35 + 0.1 * way))
    lane[y : y + small.shape[0], x : x + width] = small[: HEIGHT - y]
    return lane


def resident_mb() -> float:
    """What this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
