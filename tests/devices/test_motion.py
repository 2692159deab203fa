"""An empty corridor is still; somebody walking in is not."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.devices.motion import MotionGate
from sealgate.ports import Pixels

Corridor = Callable[[], Pixels]


@pytest.fixture(scope="module")
def corridor() -> Corridor:
    """The same corridor, each time with other sensor noise of 6 grey levels."""
    dice = np.random.default_rng(7)
    walls = np.linspace(60, 170, 1280, dtype=np.float32)[None, :, None].repeat(720, 0).repeat(3, 2)
    noises = [dice.normal(0, 6, walls.shape).astype(np.float32) for _ in range(4)]

    def look() -> Pixels:
        noise = np.roll(noises[dice.integers(4)], int(dice.integers(1, 500)), axis=0)
        return np.asarray(np.clip(walls + noise, 0, 255).astype(np.uint8))

    return look


def test_the_first_frame_counts_as_motion_for_somebody_may_stand_there(corridor: Corridor) -> None:
    assert MotionGate().moved(corridor())


def test_noise_is_no_motion(corridor: Corridor) -> None:
    gate = MotionGate()
    gate.moved(corridor())
    assert not any(gate.moved(corridor()) for _ in range(30))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1200), st.integers(0, 640), st.sampled_from([-60, 60, 120]))
def test_a_face_of_eighty_pixels_anywhere_is_motion(corridor: Corridor, x: int, y: int, change: int) -> None:
    gate = MotionGate()
    gate.moved(corridor())
    seen = corridor()
    seen[y : y + 80, x : x + 80] = np.clip(seen[y : y + 80, x : x + 80].astype(np.int16) + change, 0, 255)
    assert gate.moved(seen)


@given(st.integers(-50, 60))
@settings(max_examples=20, deadline=None)
def test_a_cloud_over_the_whole_scene_is_no_motion(corridor: Corridor, change: int) -> None:
    gate = MotionGate()
    gate.moved(corridor())
    assert not gate.moved(np.clip(corridor().astype(np.int16) + change, 0, 255).astype(np.uint8))


def test_a_parked_trolley_becomes_part_of_the_scene(corridor: Corridor) -> None:
    gate = MotionGate()
    gate.moved(corridor())
    moved = []
    for _ in range(80):
        seen = corridor()
        seen[300:500, 300:500] = 250
        moved.append(gate.moved(seen))
    assert moved[0]
    assert not any(moved[-10:])


@given(st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_any_size_is_looked_at_without_complaint(width: int, height: int) -> None:
    gate = MotionGate()
    frame = np.zeros((height, width, 3), np.uint8)
    assert gate.moved(frame)
    assert not gate.moved(frame)
