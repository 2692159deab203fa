"""The plates that the second reader learns from: the same seed draws the same, and each is what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.random import default_rng

from platereader.drawing import draw
from platereader.glyphs import Glyphs, load
from platereader.numbers import Kind, Number, drawn_from
from platereader.weather import seen
from sealgate.domain.platepatterns import ALPHABET, pattern_of

FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")


@pytest.fixture(scope="module")
def glyphs(shared_data: Path) -> Glyphs:
    return load(shared_data / "glyphs" / "glyphs", [FONT], [FONT])


def test_most_numbers_are_in_a_series_of_their_country() -> None:
    chance = default_rng(1)
    numbers = [drawn_from(chance) for _ in range(2000)]
    whole = [n for n in numbers if n.kind not in (Kind.OTHER, Kind.REAR_UPPER, Kind.REAR_LOWER)]

    assert {n.kind for n in numbers} == set(Kind)
    assert all(char in ALPHABET for n in numbers for char in n.text)
    assert all(pattern_of(n.text, ("cn",)) for n in whole)


def test_a_seed_draws_the_same_plates_again(glyphs: Glyphs) -> None:
    def drawn(seed: int) -> np.ndarray:
        chance = default_rng(seed)
        return np.stack([seen(draw(drawn_from(chance), glyphs, chance), chance) for _ in range(40)])

    assert np.array_equal(drawn(7), drawn(7))
    assert not np.array_equal(drawn(7), drawn(8))


@pytest.mark.parametrize("kind", list(Kind))
def test_a_plate_of_every_kind_shows_ink_on_its_ground(kind: Kind, glyphs: Glyphs) -> None:
    text = {Kind.REAR_UPPER: "粤A", Kind.REAR_LOWER: "1234挂", Kind.GREEN: "粤AD12345", Kind.GREEN_LARGE: "粤A12345D"}
    plate = draw(Number(kind, text.get(kind, "粤A12345")), glyphs, default_rng(3))
    picture = seen(plate, default_rng(3))

    assert plate.shape[2] == 3
    assert np.isfinite(plate).all()
    assert np.ptp(plate.mean(2)) > 60
    assert picture.shape == (32, 128, 3)
    assert picture.dtype == np.uint8
