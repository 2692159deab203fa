"""Eyes: who comes is told once, by the vote of a few frames, turned and cut out; who leaves and returns is told again."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from sealgate.devices.simulated import SimulatedFaceReader, SimulatedPlateReader
from sealgate.domain.ids import GateId
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import FaceSighting, PlateSighting, Sighting
from sealgate.edge.eyes import FaceEye, FollowingEye, PlateEye, around
from sealgate.edge.gate import BEGIN_ANEW
from sealgate.edge.timings import Stage, Timings
from sealgate.ports import Box, FoundPlate, Frame, Pixels, Vector

EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
RED, GREEN = (0, 0, 220), (0, 220, 0)
ALICE = np.eye(128, dtype=np.float32)[0]
BOB = np.eye(128, dtype=np.float32)[1]


def turn(vector: Vector) -> Vector:
    """A secret of the site: all numbers move one place on."""
    return np.roll(vector, 1)


def encode(pixels: Pixels) -> bytes:
    """Tells what was cut out: its size and its middle."""
    height, width = pixels.shape[:2]
    return f"{width}x{height} {pixels[height // 2, width // 2].tolist()}".encode()


@pytest.fixture
def face_eye(north: GateId) -> FaceEye:
    return FaceEye(north, SimulatedFaceReader({RED: ALICE, GREEN: BOB}, quality=0.6), turn, encode, Timings())


@pytest.fixture
def plate_eye(north: GateId) -> PlateEye:
    plates = {RED: PlateText("京A12345"), GREEN: PlateText("沪B66888")}
    return PlateEye(north, SimulatedPlateReader(plates, score=0.9), encode, Timings())


def show(eye: FollowingEye, reel: Sequence[Pixels], *, since: datetime = EIGHT) -> list[Sighting]:
    return [s for n, pixels in enumerate(reel) for s in eye.see(Frame(since + n * timedelta(seconds=0.2), pixels))]


def test_alice_is_told_once_by_three_looks_and_only_turned(face_eye: FaceEye, paint: Any) -> None:
    (sighting,) = show(face_eye, [paint(RED, x=100 + n) for n in range(10)])
    assert isinstance(sighting, FaceSighting)
    assert sighting.frames == 3
    assert sighting.at == EIGHT + timedelta(seconds=0.4)
    assert list(sighting.vector) == turn(ALICE).tolist()
    assert sighting.picture == b"160x160 [0, 0, 220]"  # the face of 80 pixels and half of that on each side


def test_two_who_come_together_are_two(face_eye: FaceEye, paint: Any) -> None:
    both = paint(RED, x=10)
    both[60:130, 220:290] = GREEN
    seen = show(face_eye, [both] * 4)
    assert {int(np.argmax(s.vector)) for s in seen if isinstance(s, FaceSighting)} == {1, 2}


def test_who_leaves_and_returns_is_told_again(face_eye: FaceEye, paint: Any) -> None:
    assert len(show(face_eye, [paint(RED)] * 4 + [paint()] * 15 + [paint(RED)] * 4)) == 2


def test_who_was_not_recognised_is_told_again_a_few_seconds_later(face_eye: FaceEye, paint: Any) -> None:
    assert len(show(face_eye, [paint(RED)] * 4)) == 1
    face_eye.again(EIGHT + timedelta(seconds=0.6))
    face_eye.again(EIGHT + timedelta(seconds=2))  # being asked once more puts it off no further
    later = EIGHT + timedelta(seconds=0.6)
    frames = [paint(RED, x=120 + n % 2) for n in range(30)]
    (told,) = show(face_eye, frames, since=later)
    assert later + BEGIN_ANEW <= told.at <= later + BEGIN_ANEW + timedelta(seconds=0.5)


@pytest.mark.parametrize(("side", "quality"), [(40, 0.9), (80, 0.1)])
def test_small_and_blurred_faces_are_waited_for(north: GateId, paint: Any, side: int, quality: float) -> None:
    eye = FaceEye(north, SimulatedFaceReader({RED: ALICE}, quality=quality), turn, encode, Timings())
    assert show(eye, [paint(RED, side=side)] * 5) == []
    assert eye.rest(EIGHT) == []


def test_a_clear_look_is_enough_by_itself(north: GateId, paint: Any) -> None:
    eye = FaceEye(north, SimulatedFaceReader({RED: ALICE}, quality=0.95), turn, encode, Timings())
    (sighting,) = show(eye, [paint(RED)])
    assert isinstance(sighting, FaceSighting)
    assert sighting.frames == 1


def test_a_plate_is_told_once(plate_eye: PlateEye, paint: Any) -> None:
    (sighting,) = show(plate_eye, [paint(RED, x=20 + 8 * n) for n in range(12)])
    assert isinstance(sighting, PlateSighting)
    assert (sighting.text, sighting.frames, sighting.kind) == ("京A12345", 3, "plain")
    assert 0.8 < sighting.score <= 1
    assert sighting.picture is not None


@pytest.mark.parametrize("name", ["face_eye", "plate_eye"])
def test_what_was_seen_too_seldom_is_told_when_the_film_ends(name: str, request: pytest.FixtureRequest, paint: Any) -> None:
    eye: FollowingEye = request.getfixturevalue(name)
    assert show(eye, [paint(RED)] * 2) == []
    (sighting,) = eye.rest(EIGHT)
    assert sighting.at == EIGHT
    assert eye.rest(EIGHT) == []


def test_a_cut_out_does_not_keep_the_frame_and_stays_inside_it(paint: Callable[..., Pixels]) -> None:
    frame = paint(RED, x=0, y=0)
    cut = around(frame, (0, 0, 80, 80), 0.5)
    assert cut.shape == (120, 120, 3)
    assert cut.base is None


def test_stages_of_a_face_are_timed(north: GateId, paint: Any) -> None:
    timings = Timings()
    show(FaceEye(north, SimulatedFaceReader({RED: ALICE}), turn, encode, timings), [paint(RED), paint()])
    assert [timings.count(stage) for stage in (Stage.FIND, Stage.EMBED, Stage.TRACK)] == [2, 1, 2]


class Noting(SimulatedPlateReader):
    """Sees what it is shown, and notes how it was asked to look."""

    def glance(
        self, pixels: Pixels, countries: Sequence[str] = (), *, near: Box | None = None, closer: int = 0
    ) -> list[FoundPlate]:
        self.looks.append((near is not None, closer))
        return super().glance(pixels, countries, near=near, closer=closer)

    looks: list[tuple[bool, int]]


@pytest.mark.parametrize(
    ("seen", "score", "looks"),
    [
        (True, 0.97, [(False, 0)] * 5),
        (True, 0.6, [(False, 0), (True, 0), (False, 1), (True, 0), (False, 2)]),
        (False, 0.97, [(False, 0), (False, 0), (False, 1), (False, 0), (False, 2)]),
    ],
    ids=["a sure read is looked for cheaply", "an unsure one near and closer in turn", "nothing closer now and then"],
)
def test_a_look_is_closer_only_where_the_last_ones_were_in_vain(
    north: GateId, paint: Any, seen: bool, score: float, looks: list[tuple[bool, int]]
) -> None:
    reader = Noting({RED: PlateText("京A12345")}, score=score)
    reader.looks = []
    show(PlateEye(north, reader, encode, Timings()), [paint(RED if seen else GREEN)] * 5)
    assert reader.looks == looks
