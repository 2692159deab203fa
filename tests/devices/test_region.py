"""A part of a picture is cut out, and what is not meant is grey."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.devices.motion import MotionGate
from sealgate.devices.region import GREY, cut_to, mask_of
from sealgate.domain.cameras import (
    BadRegion,
    CameraLook,
    Course,
    Keenness,
    Region,
    box_in,
    checked_region,
    holds,
    looks_text,
    parse_looks,
)
from sealgate.domain.errors import Invalid

LOWER_RIGHT: Region = ((500, 500), (1000, 500), (1000, 1000), (500, 1000))
TRIANGLE: Region = ((0, 0), (1000, 0), (0, 1000))
CORNERS = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=3, max_size=8)


def test_a_rectangle_is_cut_out_and_a_triangle_is_grey_beyond_its_edge() -> None:
    pixels = np.arange(100 * 200 * 3, dtype=np.uint32).reshape(100, 200, 3).astype(np.uint8)
    assert (cut_to(LOWER_RIGHT, pixels) == pixels[50:, 100:]).all()
    part = cut_to(TRIANGLE, pixels)
    assert part.shape == pixels.shape
    assert (part[2, 2] == pixels[2, 2]).all()
    assert (part[98, 198] == GREY).all()
    assert abs(mask_of(TRIANGLE, 100, 200).mean() - 0.5) < 0.01


def test_without_a_region_the_picture_itself_is_read() -> None:
    pixels = np.zeros((4, 6, 3), np.uint8)
    assert cut_to((), pixels) is pixels
    assert mask_of((), 4, 6).all()


@given(CORNERS, st.integers(16, 90), st.integers(16, 90))
@settings(max_examples=60, deadline=None)
def test_every_region_that_is_taken_has_pixels_in_every_picture(
    corners: list[tuple[int, int]], width: int, height: int
) -> None:
    try:
        region = checked_region(corners)
    except BadRegion:
        return
    x, y, wide, high = box_in(region, width, height)
    assert 0 <= x < x + wide <= width
    assert 0 <= y < y + high <= height
    assert cut_to(region, np.zeros((height, width, 3), np.uint8)).shape == (high, wide, 3)
    middle = holds(region, (x + 0.5) * 1000 / width, (y + 0.5) * 1000 / height)
    assert mask_of(region, height, width)[y, x] == middle


@pytest.mark.parametrize(
    "corners",
    [
        [(0, 0), (1000, 0)],
        [(0, 0), (1001, 0), (0, 1000)],
        [(0, 0), (-1, 500), (0, 1000)],
        [(0, 0), (50, 0), (50, 50), (0, 50)],
        [(n * 100, n * 100) for n in range(9)],
    ],
    ids=["two corners", "beyond", "before", "a slip of the hand", "nine"],
)
def test_what_is_no_part_of_a_picture_is_refused(corners: list[tuple[int, int]]) -> None:
    with pytest.raises(BadRegion):
        checked_region(corners)


def test_how_a_camera_looks_is_read_back_as_it_was_written() -> None:
    looks = (CameraLook(), CameraLook(TRIANGLE, ("cn", "eu"), Course.AWAY, Keenness.KEEN))
    assert parse_looks(looks_text(looks)) == looks
    assert parse_looks(None) == ()
    with pytest.raises(Invalid):
        parse_looks([{"region": []}])


def test_what_moves_outside_of_the_region_is_no_motion() -> None:
    gate = MotionGate(region=LOWER_RIGHT)
    hall = np.full((720, 1280), 90, np.uint8)
    gate.moved(hall)
    left, right = hall.copy(), hall.copy()
    left[100:300, 100:300] = 200
    right[500:700, 900:1100] = 200
    assert not gate.moved(left)
    assert gate.moved(right)


def test_a_keen_gate_sees_what_a_calm_one_does_not() -> None:
    hall = np.full((720, 1280), 90, np.uint8)
    mouse = hall.copy()
    mouse[400:440, 600:640] = 100
    seen = {}
    for keenness in Keenness:
        gate = MotionGate.of(keenness)
        gate.moved(hall)
        seen[keenness] = gate.moved(mouse)
    assert seen == {Keenness.CALM: False, Keenness.USUAL: False, Keenness.KEEN: True}
