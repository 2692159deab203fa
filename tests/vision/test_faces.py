"""Alice is found and known again, strangers are told apart, and no odd picture brings the reader down."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.ports import FaceReader, FoundFace, Pixels
from sealgate.vision.faces import TEMPLATE, Faces, apart, chip, similarity_transform
from sealgate.vision.facespace import MIDDLE, UNUSED, template, unit
from sealgate.vision.figures import equal_error_rate, misses_at, rank_one
from sealgate.vision.quality import Quality, face_quality

Rows = Callable[[str, str, int], list[tuple[Pixels, str, str]]]


def test_the_reader_is_a_face_reader(faces: Faces) -> None:
    reader: FaceReader = faces
    assert reader.pack == "dlib-v1"
    assert 0.8 < reader.min_similarity < 0.95
    assert 0 < reader.min_lead < 0.1


def test_alice_is_found_with_her_eyes_above_her_mouth(faces: Faces, alice: Pixels) -> None:
    face = faces.find(alice)[0]
    x, y, width, height = face.box
    assert 0 <= x < x + width <= alice.shape[1]
    assert 0 <= y < y + height <= alice.shape[0]
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
    assert left_eye[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert left_eye[1] < nose[1] < left_mouth[1]
    assert face.score > 0.7
    assert face.live is None


def test_a_template_is_of_length_one(faces: Faces, alice: Pixels) -> None:
    vector = faces.embed(alice, faces.find(alice)[0])
    assert vector.shape == (128,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_the_larger_of_two_people_comes_first(faces: Faces, rows: Rows) -> None:
    near, far = (picture for picture, _, _ in rows("faces", "lfw", 50)[:2])
    far = cv2.resize(far, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    hall = np.full((720, 1280, 3), 100, np.uint8)
    hall[100 : 100 + near.shape[0], 100 : 100 + near.shape[1]] = near
    hall[200 : 200 + far.shape[0], 800 : 800 + far.shape[1]] = far
    found = faces.find(hall)
    assert len(found) == 2
    assert found[0].box[0] < 640 < found[1].box[0]


def test_alice_farther_away_dimmer_and_a_little_turned_is_still_alice(faces: Faces, alice: Pixels) -> None:
    height, width = alice.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 12, 0.6)
    other = cv2.warpAffine((alice * 0.7).astype(np.uint8), turn, (width, height))
    first = faces.embed(alice, faces.find(alice)[0])
    second = faces.embed(other, faces.find(other)[0])
    assert first @ second > faces.min_similarity


@pytest.mark.parametrize(
    ("name", "every", "least_error", "least_rank"), [("lfw", 2, 0.02, 0.97), ("orl", 3, 0.02, 0.97), ("web", 6, 0.06, 0.9)]
)
def test_people_are_told_apart(faces: Faces, rows: Rows, name: str, every: int, least_error: float, least_rank: float) -> None:
    """A part of each set, so the bounds are looser than the whole sets' figures in docs/models.md."""
    part = rows("faces", name, every)
    found = [(faces.find(picture), picture) for picture, _, _ in part]
    assert all(boxes for boxes, _ in found), "every face is found"
    vectors = np.stack([faces.embed(picture, boxes[0]) for boxes, picture in found])
    people = np.array([person for _, person, _ in part])
    first, second = np.triu_indices(len(part), 1)
    same, pairs = people[first] == people[second], (vectors @ vectors.T)[first, second].astype(np.float64)
    error, rank = equal_error_rate(pairs[same], pairs[~same]), rank_one(vectors @ vectors.T, list(people))
    missed = misses_at(pairs[same], pairs[~same], 1e-2)
    assert error is not None
    assert error <= least_error
    assert rank is not None
    assert rank >= least_rank
    assert missed is not None
    assert missed <= 0.1


def test_strangers_of_the_hardest_group_are_below_the_threshold(faces: Faces, rows: Rows) -> None:
    part = rows("faces", "south_asian_unlabelled", 3)
    vectors = np.stack([faces.embed(picture, faces.find(picture)[0]) for picture, _, _ in part])
    pairs = (vectors @ vectors.T)[np.triu_indices(len(part), 1)]
    assert np.mean(pairs >= faces.min_similarity) <= 0.002


ODD = {
    "one pixel": np.zeros((1, 1, 3), np.uint8),
    "a row": np.full((1, 5000, 3), 99, np.uint8),
    "a column": np.full((5000, 1, 3), 99, np.uint8),
    "gray": np.zeros((90, 120), np.uint8),
    "gray with an axis": np.zeros((90, 120, 1), np.uint8),
    "with alpha": np.zeros((90, 120, 4), np.uint8),
    "two channels": np.zeros((90, 120, 2), np.uint8),
    "nothing": np.zeros((0, 0, 3), np.uint8),
    "no width": np.zeros((9, 0, 3), np.uint8),
    "floats": np.zeros((90, 120, 3), np.float32),
    "four axes": np.zeros((1, 90, 120, 3), np.uint8),
}


@pytest.mark.parametrize("picture", ODD.values(), ids=ODD.keys())
def test_an_odd_picture_has_no_face_and_does_no_harm(faces: Faces, picture: Pixels) -> None:
    assert faces.find(picture) == []


def test_a_gray_alice_is_alice(faces: Faces, alice: Pixels) -> None:
    gray = cv2.cvtColor(alice, cv2.COLOR_BGR2GRAY)
    face = faces.find(gray)[0]
    assert faces.embed(gray, face) @ faces.embed(alice, faces.find(alice)[0]) > faces.min_similarity


def test_alice_in_a_gigantic_picture_is_found_and_embedded(faces: Faces, alice: Pixels) -> None:
    """OpenCV does not warp pictures of more than 32,767 pixels a side: only her surroundings are warped."""
    wide = np.full((250, 40_000, 3), 100, np.uint8)
    wide[:, 39_000 : 39_000 + alice.shape[1]] = alice
    here = faces.find(alice)[0]
    there = FoundFace((39_000, 0, 10, 10), 1.0, here.landmarks + np.array([39_000, 0], np.float32), 1.0)
    assert faces.embed(wide, there) @ faces.embed(alice, here) > 0.99
    large = cv2.resize(alice, (5_000, 5_000))
    assert faces.embed(large, faces.find(large)[0]) @ faces.embed(alice, here) > 0.9


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**32))
def test_noise_of_any_size_does_no_harm(faces: Faces, height: int, width: int, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    for face in faces.find(noise):
        x, y, w, h = face.box
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
        assert np.linalg.norm(faces.embed(noise, face)) == pytest.approx(1, abs=1e-5)


@given(st.floats(0.2, 5), st.floats(-3, 3), st.floats(-200, 200), st.floats(-200, 200))
def test_a_turn_scale_and_shift_is_found_again(scale: float, angle: float, x: float, y: float) -> None:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = TEMPLATE @ turn.T + [x, y]
    matrix = similarity_transform(moved, TEMPLATE)
    assert np.abs(np.column_stack([moved, np.ones(5)]) @ matrix.T - TEMPLATE).max() < 1e-3


def test_landmarks_in_one_point_still_give_a_chip() -> None:
    picture = np.full((50, 50, 3), 7, np.uint8)
    assert chip(picture, np.full((5, 2), 20, np.float32)).shape == (150, 150, 3)


def test_of_overlapping_boxes_the_surest_stays() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [50, 50, 60, 60]], np.float32)
    assert apart(boxes, np.array([0.6, 0.9, 0.7], np.float32)) == [1, 2]


# --- vectors ---


@given(st.integers(0, 2**32))
def test_similarity_follows_distance(seed: int) -> None:
    """Two that are closer to a third as dlib measures (but for the length taken out) are more similar to it."""
    dice = np.random.default_rng(seed)
    somewhere = [MIDDLE + 0.05 * dice.standard_normal(128) for _ in range(3)]
    raw = [(v - (v @ UNUSED) * UNUSED).astype(np.float32) for v in somewhere]
    a, b, c = (v / np.linalg.norm(v) ** 0.25 for v in raw)
    ua, ub, uc = (unit(v) for v in raw)
    closer = np.linalg.norm(a - b) - np.linalg.norm(a - c)
    if abs(closer) > 0.05:
        assert (ua @ ub > ua @ uc) == (closer < 0)


def test_the_unused_direction_is_unused_and_of_length_one() -> None:
    assert np.linalg.norm(UNUSED) == pytest.approx(1, abs=1e-3)
    assert abs(MIDDLE @ UNUSED) < 1e-3


@pytest.mark.parametrize("length", [0.0, 1e-9, 1.0, 1e6])
def test_no_vector_is_so_odd_that_it_has_no_direction(length: float) -> None:
    vector = unit(np.full(128, length, np.float32))
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_a_template_of_several_pictures_is_between_them() -> None:
    a, b = (unit(np.random.default_rng(n).standard_normal(128).astype(np.float32)) for n in (1, 2))
    both = template([a, b])
    assert both @ a == pytest.approx(both @ b, abs=1e-5)
    assert both @ a > a @ b


# --- quality ---


def judged(faces: Faces, picture: Pixels) -> Quality:
    face = faces.find(picture)[0]
    return face_quality(picture, face.box, face.landmarks, face.score)


def test_a_good_photograph_is_good(faces: Faces, alice: Pixels) -> None:
    assert faces.find(alice)[0].quality > 0.5


def test_a_blurred_face_is_told_to_hold_still(faces: Faces, alice: Pixels) -> None:
    blurred = judged(faces, cv2.GaussianBlur(alice, (0, 0), 5))
    assert blurred.worst == "sharpness"
    assert blurred.overall < 0.5 * judged(faces, alice).overall


def test_a_dark_face_is_told_to_find_light(faces: Faces, alice: Pixels) -> None:
    dark = judged(faces, (alice * 0.1).astype(np.uint8))
    assert dark.worst == "light"
    assert dark.overall < 0.3


def test_a_small_face_is_told_to_come_closer(faces: Faces, alice: Pixels) -> None:
    hall = np.full((480, 640, 3), 120, np.uint8)
    hall[100:170, 100:170] = cv2.resize(alice, (70, 70), interpolation=cv2.INTER_AREA)
    small = judged(faces, hall)
    assert small.worst == "size"
    assert small.overall < 0.4


def test_a_face_in_profile_is_told_to_look_here() -> None:
    picture = np.random.default_rng(1).integers(60, 200, (200, 200, 3), np.uint8)
    ahead = np.array([[60, 80], [140, 80], [100, 120], [70, 150], [130, 150]], np.float32)
    aside = np.array([[60, 80], [100, 80], [120, 120], [70, 150], [100, 150]], np.float32)
    assert face_quality(picture, (40, 40, 120, 140), ahead, 0.9).pose == 1.0
    turned = face_quality(picture, (40, 40, 120, 140), aside, 0.9)
    assert turned.pose < 0.5
    assert turned.worst == "pose"
