"""Where a camera looks: outside of it nothing is read, and a car that goes the other way is not told of."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sealgate.devices.simulated import SimulatedPlateReader
from sealgate.domain.cameras import CameraLook, Course, Region
from sealgate.domain.errors import Fault
from sealgate.domain.ids import GateId
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import Sighting
from sealgate.edge.aiming import Aim
from sealgate.edge.eyes import PlateEye
from sealgate.edge.gate import GateLoop
from sealgate.edge.timings import Timings
from sealgate.ports import Box, Frame, Pixels

RED = (0, 0, 220)
ALICE = PlateText("京A12345")
LEFT: Region = ((0, 0), (500, 0), (500, 1000), (0, 1000))
EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)


class StoreLocked(Fault):
    code = "store.locked"


class AskedFor(SimulatedPlateReader):
    """Remembers for which countries it was asked."""

    def __init__(self) -> None:
        super().__init__({RED: ALICE})
        self.countries: list[tuple[str, ...]] = []

    def glance(self, pixels: Pixels, countries: Sequence[str] = (), *, near: Box | None = None, closer: int = 0) -> list[Any]:
        self.countries.append(tuple(countries))
        return super().glance(pixels, countries, near=near, closer=closer)


def eye_of(north: GateId, reader: SimulatedPlateReader | None = None) -> PlateEye:
    return PlateEye(north, reader or SimulatedPlateReader({RED: ALICE}), lambda _pixels: b"", Timings(), ("cn",))


def seen(north: GateId, look: CameraLook, reel: Sequence[Pixels], guard: Any, camera: Any) -> PlateEye:
    eye = eye_of(north)
    GateLoop(north, camera(list(reel)), [eye], guard, aim=Aim(lambda: look, eye.aim)).run()
    return eye


def test_a_plate_outside_of_the_region_is_not_read(paint: Any, reel: Any, guard: Any, north: GateId) -> None:
    passing = [paint(), *[paint(RED, x=220) for _ in range(4)]]
    seen(north, CameraLook(LEFT), passing, guard, reel)
    assert guard.sightings == []
    seen(north, CameraLook(LEFT), [paint(), *[paint(RED, x=40) for _ in range(4)]], guard, reel)
    assert [sighting.text for sighting in guard.sightings] == [ALICE]


def test_what_is_drawn_on_its_page_holds_within_seconds(paint: Any, guard: Any, reel: Any, north: GateId) -> None:
    looks, reader = [CameraLook()], AskedFor()
    eye = eye_of(north, reader)
    loop = GateLoop(north, reel([]), [eye], guard, aim=Aim(lambda: looks[-1], eye.aim))
    for n in range(60):  # twelve seconds
        if n == 20:
            looks.append(CameraLook(countries=("br",)))
        loop.look(Frame(EIGHT + n * timedelta(seconds=0.2), paint(RED, x=2 * n)))
    assert reader.countries[0] == ("cn",)
    assert reader.countries[-1] == ("br",)


def test_the_last_look_holds_while_the_store_is_locked(paint: Any, reel: Any, guard: Any, north: GateId) -> None:
    answers = [CameraLook(LEFT)]

    def read() -> CameraLook:
        if not answers:
            raise StoreLocked
        return answers.pop()

    eye = eye_of(north)
    loop = GateLoop(north, reel([]), [eye], guard, aim=Aim(read, eye.aim))
    for n in range(40):
        loop.look(Frame(EIGHT + n * timedelta(seconds=0.2), paint(RED, x=220, y=n)))
    assert guard.sightings == []


def test_a_car_that_goes_the_other_way_is_counted_and_not_told_of(paint: Any, reel: Any, guard: Any, north: GateId) -> None:
    leaves = [paint(), *[paint(RED, side=side) for side in (80, 72, 64, 56)]]
    left = seen(north, CameraLook(course=Course.TOWARDS), leaves, guard, reel)
    assert guard.sightings == []
    assert left.overlooked == {"other-way": 1}
    seen(north, CameraLook(course=Course.AWAY), leaves, guard, reel)
    comes: list[Sighting] = guard.sightings
    assert len(comes) == 1


def test_a_car_that_stands_is_told_of_whichever_way_is_meant(paint: Any, reel: Any, guard: Any, north: GateId) -> None:
    stands = [paint(), *[paint(RED)] * 5]
    for course in Course:
        seen(north, CameraLook(course=course), stands, guard, reel)
    assert len(guard.sightings) == len(Course)


def test_a_picture_equal_to_the_one_before_is_never_looked_at(paint: Any, reel: Any, guard: Any, north: GateId) -> None:
    loop = GateLoop(north, reel([]), [eye_of(north)], guard)
    for n in range(50):
        loop.look(Frame(EIGHT + n * timedelta(seconds=0.2), paint(RED), fresh=False))
    assert (loop.health().frames, loop.health().looked) == (50, 0)
    assert guard.sightings == []
