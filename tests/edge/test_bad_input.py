"""What is no visitor: a crowd, a poster, a plate on a shirt, frames of every size. Counted, never a crash, never told of."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import numpy as np
import pytest

from sealgate.devices.simulated import SimulatedFaceReader, SimulatedPlateReader, landmarks_in
from sealgate.domain.ids import GateId
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import PlateSighting
from sealgate.edge.eyes import MOST_AT_ONCE, FaceEye, PlateEye
from sealgate.edge.gate import Eye, GateLoop
from sealgate.edge.timings import Stage, Timings
from sealgate.ports import FoundFace, Frame, Pixels, Vector
from sealgate.vision.plates import Plates

RED, BLUE, GREEN = (0, 0, 220), (220, 0, 0), (0, 220, 0)
PLATE = PlateText("京A12345")
ALICE: Vector = np.eye(128, dtype=np.float32)[0]
BOB: Vector = np.eye(128, dtype=np.float32)[1]
EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
FIFTH = timedelta(seconds=0.2)
Film = Callable[[int], Pixels]


def shown(loop: GateLoop, film: Sequence[Pixels], *, live: bool = True) -> None:
    """Five frames a second, as a camera would show them now."""
    for n, pixels in enumerate(film):
        loop.look(Frame(EIGHT + n * FIFTH, pixels, live=live))


def hall(n: int = 0, *, size: tuple[int, int] = (480, 640)) -> Pixels:
    """A grey hall, each time with other noise of a sensor."""
    noise = np.random.default_rng(n).normal(0, 3, (*size, 1))
    return np.clip(np.full((*size, 3), 110.0) + noise, 0, 255).astype(np.uint8)


def with_box(pixels: Pixels, colour: tuple[int, int, int], x: int, y: int, width: int, height: int) -> Pixels:
    pixels[y : y + height, x : x + width] = colour
    return pixels


def face_eye(north: GateId, reader: Any, timings: Timings | None = None) -> FaceEye:
    return FaceEye(north, reader, lambda vector: vector, lambda _pixels: b"", timings or Timings())


def plate_eye(north: GateId, reader: Any) -> PlateEye:
    return PlateEye(north, reader, lambda _pixels: b"", Timings(), ("cn",))


class Crowd(SimulatedFaceReader):
    """A hundred faces in ten rows."""

    def __init__(self) -> None:
        super().__init__({RED: ALICE})

    def find(self, pixels: Pixels) -> list[FoundFace]:
        boxes = [(64 * column, 48 + 64 * row, 60, 60) for row in range(10) for column in range(10)]
        return [FoundFace(box, 0.9, landmarks_in(box), 0.9) for box in boxes]

    def embed(self, pixels: Pixels, face: FoundFace) -> Vector:
        return ALICE


def test_of_a_hundred_faces_three_are_followed_and_the_others_counted(north: GateId, guard: Any, reel: Any) -> None:
    timings = Timings()
    eye = face_eye(north, Crowd(), timings)
    loop = GateLoop(north, reel([]), [eye], guard, timings=timings)
    shown(loop, [hall(n, size=(720, 720)) for n in range(5)], live=False)
    assert loop.overlooked() == {"crowd": 5 * 97}
    assert timings.count(Stage.EMBED) == 5 * MOST_AT_ONCE


def test_a_face_on_a_poster_is_not_told_of_whoever_walks_by(north: GateId, guard: Any, reel: Any) -> None:
    """Alice hangs on the wall; Bob walks through the picture, also between her and the camera."""

    def frame(n: int) -> Pixels:
        pixels = with_box(hall(n), RED, 60, 100, 100, 120)
        if 30 <= n < 60:
            with_box(pixels, (40, 60, 50), (n - 30) * 16, 60, 140, 400)
        return pixels

    loop = GateLoop(north, reel([]), [face_eye(north, SimulatedFaceReader({RED: ALICE}))], guard)
    shown(loop, [frame(n) for n in range(100)])
    assert loop.health().looked > 30
    assert loop.overlooked().get("poster", 0) > 20
    assert guard.sightings == []


def test_somebody_who_comes_and_stands_before_the_poster_is_told_of(north: GateId, guard: Any, reel: Any) -> None:
    def frame(n: int) -> Pixels:
        pixels = with_box(hall(n), RED, 60, 100, 100, 120)
        return with_box(pixels, GREEN, 300, 120 + min(n, 24), 100, 120) if n >= 20 else pixels

    reader = SimulatedFaceReader({RED: ALICE, GREEN: BOB})
    loop = GateLoop(north, reel([]), [face_eye(north, reader)], guard)
    shown(loop, [frame(n) for n in range(40)])
    assert [sighting.vector[1] for sighting in guard.sightings] == [1.0]


def test_a_picture_in_a_file_stands_for_somebody_who_is_there(north: GateId, guard: Any, reel: Any) -> None:
    loop = GateLoop(north, reel([]), [face_eye(north, SimulatedFaceReader({RED: ALICE}))], guard)
    shown(loop, [with_box(hall(n), RED, 60, 100, 100, 120) for n in range(5)], live=False)
    assert len(guard.sightings) == 1


def walker(n: int) -> Pixels:
    """Somebody 120 pixels wide and 340 high, with a plate on the shirt that is 80 wide."""
    x = 100 + 12 * n
    return with_box(with_box(hall(n), (40, 60, 50), x, 90, 120, 340), BLUE, x + 20, 200, 80, 24)


def car(n: int) -> Pixels:
    """A car 300 pixels wide and 200 high, with the same plate."""
    x = 60 + 12 * n
    return with_box(with_box(hall(n), (40, 60, 50), x, 200, 300, 200), BLUE, x + 110, 340, 80, 24)


def motorcycle(n: int) -> Pixels:
    """Rider and machine are 260 wide and 420 high; the plate is a third of that."""
    x = 60 + 12 * n
    return with_box(with_box(hall(n), (40, 60, 50), x, 40, 260, 420), BLUE, x + 90, 340, 80, 24)


@pytest.mark.parametrize(("film", "told", "counted"), [(walker, 0, True), (car, 1, False), (motorcycle, 1, False)])
def test_a_plate_on_a_shirt_is_not_told_of_and_one_on_wheels_is(
    north: GateId, guard: Any, reel: Any, film: Film, told: int, counted: bool
) -> None:
    loop = GateLoop(north, reel([]), [plate_eye(north, SimulatedPlateReader({BLUE: PLATE}))], guard)
    shown(loop, [hall(n) for n in range(10)] + [film(n) for n in range(12)])
    assert len(guard.sightings) == told
    assert ("on-a-person" in loop.overlooked()) == counted


def test_a_drawn_plate_on_a_shirt_is_not_told_of_by_the_real_reader(north: GateId, guard: Any, reel: Any) -> None:
    """The plate is legible enough to be read, as the same frames without the gate's loop show."""

    def frame(n: int) -> Pixels:
        x = 300 + 20 * n
        pixels = with_box(hall(n, size=(720, 1280)), (40, 60, 50), x, 60, 300, 640)
        with_box(pixels, (160, 60, 20), x + 40, 300, 220, 70)
        cv2.putText(pixels, "A12345", (x + 54, 352), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (255, 255, 255), 6, cv2.LINE_AA)
        return pixels

    reader = Plates()
    assert any("A12345" in found.text for found in reader.glance(frame(2), ("cn",)))
    loop = GateLoop(north, reel([]), [plate_eye(north, reader)], guard)
    shown(loop, [hall(n, size=(720, 1280)) for n in range(3)] + [frame(n) for n in range(4)])
    assert [s for s in guard.sightings if isinstance(s, PlateSighting) and "A12345" in s.text] == []
    assert loop.overlooked().get("on-a-person", 0) >= 3


def test_frames_of_every_size_are_looked_at_and_nothing_breaks(north: GateId, guard: Any, reel: Any) -> None:
    eyes: list[Eye] = [
        face_eye(north, SimulatedFaceReader({RED: ALICE})),
        plate_eye(north, SimulatedPlateReader({BLUE: PLATE})),
    ]
    loop = GateLoop(north, reel([]), eyes, guard)
    sizes = [(480, 640), (16, 16), (1, 1), (720, 1280), (3, 900), (900, 3), (241, 319), (480, 640)]
    shown(loop, [hall(n, size=size) for n, size in enumerate(sizes * 3)])
    assert loop.health().looked == len(sizes) * 3
    assert guard.sightings == []
