"""Plates are found and read on real pictures, in the grammar of their country and without knowing it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from sealgate.domain.plates import folded
from sealgate.ports import Pixels, PlateReader
from sealgate.vision.candidates import apart, meant, overlap
from sealgate.vision.ctc import Reading
from sealgate.vision.platekinds import KINDS, is_warm
from sealgate.vision.platelines import one_above_other, plate_shaped, side_by_side
from sealgate.vision.plates import Plates
from sealgate.vision.textlines import Line, columns_of, cut, upright

Rows = Callable[[str, str, int], list[tuple[Pixels, str, str]]]
DrawPlate = Callable[[str], Pixels]


@pytest.mark.parametrize(
    ("name", "every", "least"),
    [
        ("cn_crops", 8, 0.93),
        ("cn_frames", 8, 0.75),
        ("cn_kinds", 1, 0.85),
        ("br_frames", 8, 0.8),
        ("eu_frames", 4, 0.8),
        ("us_frames", 8, 0.5),
    ],
)
def test_real_plates_are_read(plates: Plates, rows: Rows, name: str, every: int, least: float) -> None:
    """A part of each set, so the bounds are looser than the whole sets' figures in docs/models.md."""
    part = rows("plates", name, every)
    read = [(found[0].text if (found := plates.read(picture, (country,))) else "", truth) for picture, truth, country in part]
    right = np.mean([folded(text) == folded(truth) for text, truth in read])
    assert right >= least, [pair for pair in read if pair[0] != pair[1]]


def test_without_the_country_plates_are_read_too(plates: Plates, rows: Rows) -> None:
    part = rows("plates", "cn_crops", 40) + rows("plates", "eu_frames", 12)
    right = [folded(plates.read(picture)[0].text) == folded(truth) for picture, truth, _ in part]
    assert np.mean(right) >= 0.85


def test_what_is_found_is_complete(plates: Plates, rows: Rows) -> None:
    reader: PlateReader = plates
    picture = rows("plates", "cn_kinds", 3)[1][0]
    found = reader.read(picture, ("cn",))[0]
    x, y, width, height = found.box
    assert found.text == "沪AF71017"
    assert found.kind == "cn-green"
    assert len(found.scores) == len(found.text)
    assert all(0 <= score <= 1 for score in (found.score, *found.scores))
    assert 0 <= x < x + width <= picture.shape[1]
    assert 0 <= y < y + height <= picture.shape[0]


@pytest.mark.parametrize(("row", "kind"), [(1, "cn-blue"), (2, "cn-black"), (3, "cn-green"), (10, "cn-black")])
def test_the_kind_is_told_by_text_and_colour(plates: Plates, rows: Rows, row: int, kind: str) -> None:
    assert plates.read(rows("plates", "cn_kinds", 1)[row][0], ("cn",))[0].kind == kind


def test_a_european_plate_is_told(plates: Plates, rows: Rows) -> None:
    assert plates.read(rows("plates", "eu_frames", 1)[0][0], ("eu",))[0].kind == "eu"


def test_a_drawn_plate_is_read_where_it_is(plates: Plates, draw_plate: DrawPlate) -> None:
    found = plates.read(draw_plate("ABC1D23"), ("br",))
    x, y, width, height = found[0].box
    assert found[0].text == "ABC1D23"
    assert abs(x + width / 2 - 550) < 40
    assert abs(y + height / 2 - 435) < 20


def test_the_time_along_the_edge_is_no_plate(plates: Plates, draw_plate: DrawPlate) -> None:
    picture = draw_plate("7ABC123")
    cv2.putText(picture, "20261123 081530", (20, 30), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (255, 255, 255), 2, cv2.LINE_AA)
    assert plates.read(picture, ("us",))[0].text == "7ABC123"


def test_a_plate_of_two_lines_is_one_text(plates: Plates) -> None:
    picture = np.full((480, 640, 3), 90, np.uint8)
    cv2.rectangle(picture, (220, 180), (440, 330), (0, 200, 240), -1)
    cv2.putText(picture, "ABC", (260, 240), cv2.FONT_HERSHEY_SIMPLEX, 1.8, (10, 10, 10), 5, cv2.LINE_AA)
    cv2.putText(picture, "1D23", (245, 310), cv2.FONT_HERSHEY_SIMPLEX, 1.8, (10, 10, 10), 5, cv2.LINE_AA)
    found = plates.read(picture, ("br",))
    assert found[0].text == "ABC1D23"
    assert found[0].box[3] > 90


def test_a_yard_without_plates_has_none(plates: Plates, alice: Pixels) -> None:
    assert plates.read(np.full((720, 1280, 3), 128, np.uint8)) == []
    assert plates.read(alice) == []


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((2, 9000, 3), np.uint8),
        np.zeros((9000, 2, 3), np.uint8),
        np.zeros((0, 10, 3), np.uint8),
        np.zeros((60, 200), np.uint8),
        np.zeros((60, 200, 4), np.uint8),
        np.zeros((60, 200, 3), np.float64),
    ],
    ids=lambda picture: str(picture.shape),
)
def test_an_odd_picture_has_no_plate_and_does_no_harm(plates: Plates, picture: Pixels) -> None:
    assert plates.read(picture) == []


def test_noise_does_no_harm(plates: Plates) -> None:
    for seed in range(5):
        noise = np.random.default_rng(seed).integers(0, 256, (60 + 40 * seed, 200, 3), np.uint8)
        for found in plates.read(noise):
            assert 2 <= len(found.text) <= 12


# --- lines ---


def a_line(x: float, y: float, width: float = 100, height: float = 30) -> Line:
    return Line(np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32), 0.9)


def test_halves_side_by_side_are_joined() -> None:
    left, right = a_line(0, 0, 40), a_line(60, 2, 90)
    joined = side_by_side([left, right])
    assert [(line.left, line.right) for line in joined] == [(0, 150)]


@pytest.mark.parametrize("other", [a_line(400, 0), a_line(60, 40), a_line(60, 0, 90, 80), a_line(60, 0, 400)])
def test_what_is_far_lower_larger_or_too_long_is_not_joined(other: Line) -> None:
    assert side_by_side([a_line(0, 0, 40), other]) == []


def test_a_line_on_top_of_a_line_may_be_one_plate() -> None:
    upper, lower = (a_line(30, 0, 60, 25), "upper"), (a_line(0, 35, 120, 40), "lower")
    assert [(a[1], b[1]) for a, b in one_above_other([lower, upper])] == [("upper", "lower")]
    assert list(one_above_other([(a_line(0, 0), ""), (a_line(0, 200), "")])) == []


def test_a_long_advertisement_is_not_shaped_like_a_plate() -> None:
    assert plate_shaped(a_line(0, 0, 120, 30))
    assert not plate_shaped(a_line(0, 0, 600, 30))
    assert not plate_shaped(a_line(0, 0, 20, 5))


def test_corners_are_put_in_order() -> None:
    corners = np.array([[100, 30], [0, 0], [0, 30], [100, 0]], np.float32)
    assert upright(corners).tolist() == [[0, 0], [100, 0], [100, 30], [0, 30]]


def test_a_tilted_plate_is_cut_out_straight() -> None:
    picture = np.zeros((200, 300, 3), np.uint8)
    quad = cv2.boxPoints(((150, 100), (120, 40), 20))
    cv2.fillPoly(picture, [quad.astype(np.int32)], (255, 255, 255))
    straight = cut(picture, upright(quad))
    assert straight is not None
    assert abs(straight.shape[1] - 120) <= 2
    assert straight[3:-3, 3:-3].mean() > 250


def test_a_speck_is_not_cut_out() -> None:
    assert cut(np.zeros((10, 10, 3), np.uint8), a_line(0, 0, 6, 2).quad) is None


def test_small_letters_are_large_ones_and_a_small_l_is_a_one() -> None:
    columns = columns_of(["A", "a", "1", "l", "L"])
    from sealgate.domain.platepatterns import ALPHABET

    assert columns[ALPHABET.index("A")] == [1, 2]
    assert columns[ALPHABET.index("1")] == [3, 4]
    assert columns[ALPHABET.index("L")] == [5]


def test_boxes_that_overlap_share_much_of_the_smaller() -> None:
    assert overlap(a_line(0, 0).quad, a_line(10, 5, 40, 10).quad) == pytest.approx(1)
    assert overlap(a_line(0, 0).quad, a_line(300, 0).quad) == 0
    assert apart([]) == []
    assert meant([]) == []


@pytest.mark.parametrize(
    ("ground", "ink", "warm"),
    [
        ((200, 60, 10), (255, 255, 255), False),
        ((150, 130, 120), (200, 200, 200), False),
        ((60, 30, 20), (120, 120, 120), False),
        ((0, 200, 240), (10, 10, 10), True),
        ((60, 100, 120), (20, 20, 20), True),
    ],
    ids=["blue", "washed out blue", "blue at night", "yellow", "dim yellow"],
)
def test_blue_and_yellow_ground_are_told_apart(ground: tuple[int, int, int], ink: tuple[int, int, int], warm: bool) -> None:
    plate = np.full((40, 130, 3), ground, np.uint8)
    cv2.putText(plate, "A12345", (8, 30), cv2.FONT_HERSHEY_SIMPLEX, 1.0, ink, 3)
    assert is_warm(plate) == warm


def test_every_kind_that_is_told_has_a_colour_on_the_screens(plates: Plates, rows: Rows) -> None:
    told = {found.kind for picture, _, _ in rows("plates", "cn_kinds", 1) for found in plates.read(picture)}
    assert told <= set(KINDS)


def test_a_reading_says_how_well_and_how_usual() -> None:
    from sealgate.domain.platepatterns import pattern_of

    pattern = pattern_of("ABC1D23", ("br",))
    assert pattern is not None
    reading = Reading("ABC1D23", -0.1, 0.7, pattern, ())
    assert reading.score == pytest.approx(0.905, abs=1e-3)
    assert reading.rank == pytest.approx(-0.2)
