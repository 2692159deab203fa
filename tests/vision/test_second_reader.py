"""The second reader reads plates by itself, and its word is weighed: where the two readers disagree nobody is sure."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from sealgate.domain.platepatterns import ALPHABET, grammar
from sealgate.ports import Pixels
from sealgate.vision.candidates import spelled
from sealgate.vision.chances import chance_of
from sealgate.vision.ctc import Steps, decode
from sealgate.vision.opinions import UNSURE, Opinion, likelihoods, weigh
from sealgate.vision.plates import Plates
from sealgate.vision.secondreader import AT_ONCE, SecondReader
from sealgate.vision.straight import leaning, slanting, stacked
from sealgate.vision.textlines import Line, cut

Rows = Callable[[str, str, int], list[tuple[Pixels, str, str]]]
CHINA = grammar(("cn",))


@pytest.fixture(scope="module")
def second() -> SecondReader:
    return SecondReader()


def spelt(text: str, sure: float = 0.95, **others: float) -> Steps:
    """A step for each character and one of none behind it; `others` share what is left of the places so named (`_3`)."""
    steps = np.zeros((2 * len(text), 1 + len(ALPHABET)))
    for n, char in enumerate(text):
        steps[2 * n, 1 + ALPHABET.index(char)] = sure
    for name, share in others.items():
        place, char = int(name[1]), name[2:]
        steps[2 * place, 1 + ALPHABET.index(char)] = share
        steps[2 * place, 1 + ALPHABET.index(text[place])] -= share
    steps[:, 0] = 1 - steps[:, 1:].sum(1)
    return steps


def opinion(first: Steps, second: Steps) -> Opinion:
    found = weigh(decode(first, CHINA), first, decode(second, CHINA), second)
    assert found is not None
    return found


def test_cut_out_plates_are_read_many_at_once(second: SecondReader, rows: Rows) -> None:
    part = rows("plates", "cn_crops", 9)
    assert len(part) > AT_ONCE
    read = [found[0].text if (found := decode(steps, CHINA)) else "" for steps in second([picture for picture, _, _ in part])]
    assert np.mean([text[1:] == truth[1:] for text, (_, truth, _) in zip(read, part, strict=True)]) > 0.85


def test_nothing_is_read_from_nothing(second: SecondReader) -> None:
    assert second([]) == []
    assert second([np.zeros((1, 1, 3), np.uint8)])[0].shape[1] == 1 + len(ALPHABET)


def test_two_readers_that_agree_are_surer_than_either_alone_allows() -> None:
    agreed = opinion(spelt("京A12345"), spelt("京A12345"))
    assert agreed.agreed
    assert agreed.reading.text == "京A12345"
    assert agreed.score > UNSURE


def test_where_they_disagree_nobody_is_sure_however_loud_each_is() -> None:
    split = opinion(spelt("京A12345", 0.999), spelt("京A12346", 0.999))
    assert not split.agreed
    assert split.score <= UNSURE


def test_who_is_surer_at_a_place_is_heard_there_so_that_the_text_may_be_neithers_favourite() -> None:
    mixed = opinion(spelt("皖A12345", 0.98, _2T=0.45), spelt("闽AT2345", 0.98, _0皖=0.45))
    assert mixed.reading.text == "皖AT2345"
    assert not mixed.agreed


def test_a_text_that_one_reader_does_not_have_is_taken_from_the_other_and_is_unsure() -> None:
    nothing = np.eye(1, 1 + len(ALPHABET)).repeat(8, 0)
    alone = opinion(spelt("沪B54321"), nothing)
    assert alone.reading.text == "沪B54321"
    assert not alone.agreed
    assert weigh([], nothing, [], nothing) is None


def test_the_likelihood_of_a_text_is_that_of_all_ways_to_say_it() -> None:
    steps = spelt("京A12345", 0.9)
    reading = decode(steps, CHINA)[0]
    assert likelihoods(steps, [reading.columns]) == [pytest.approx(reading.likelihood, abs=0.02)]


def test_more_doubt_is_less_chance() -> None:
    chances = [chance_of(first, -0.05, 1.0, agreed=True) for first in (-0.001, -0.05, -0.3, -1.0)]
    assert chances == sorted(chances, reverse=True)
    assert chance_of(-0.1, -0.1, 0.01, agreed=True) < chance_of(-0.1, -0.1, 1.5, agreed=True)
    assert 0 < chance_of(-50, -50, 0, agreed=False) < chance_of(0, 0, 3, agreed=True) < 1


def test_a_picture_between_the_groups_of_a_plate_is_not_a_character() -> None:
    steps = spelt("UH1IN2A", 0.95)
    assert spelled(steps, grammar(("us",)))[1][0].text == "UH1N2A"
    assert spelled(spelt("京A12345"), CHINA)[1][0].text == "京A12345"


# --- how a plate lies ---


def a_line(corners: list[tuple[float, float]]) -> Line:
    return Line(np.array(corners, np.float32), 0.9)


@pytest.mark.parametrize("fall", [-40, 40])
def test_a_climbing_line_gets_upright_ends(fall: float) -> None:
    quad = cv2.boxPoints(((200.0, 200.0), (160.0, 40.0), float(np.degrees(np.arctan2(fall, 160)))))
    by_x = sorted(quad.tolist())
    left, right = sorted(by_x[:2], key=lambda c: c[1]), sorted(by_x[2:], key=lambda c: c[1])
    upright = leaning(a_line([tuple(left[0]), tuple(right[0]), tuple(right[1]), tuple(left[1])]))
    assert len(upright) == 1
    for top, bottom in ((0, 3), (1, 2)):
        assert abs(upright[0].quad[top][0] - upright[0].quad[bottom][0]) < 1


def test_a_level_line_or_one_that_stands_on_end_is_left_alone() -> None:
    assert leaning(a_line([(0, 0), (100, 1), (100, 31), (0, 30)])) == []
    assert leaning(a_line([(0, 0), (10, 90), (-20, 95), (-30, 5)])) == []


def test_the_bands_of_a_cut_out_plate_stay_inside_it() -> None:
    picture = np.zeros((24, 94, 3), np.uint8)
    bands = slanting(picture)
    assert bands[0].tolist() == [[0, 0], [94, 0], [94, 24], [0, 24]]
    assert all(band.min() >= 0 and band[:, 0].max() <= 94 and band[:, 1].max() <= 24 for band in bands)
    assert all(cut(picture, band) is not None for band in bands)


def test_a_plate_of_two_lines_is_looked_for_only_in_what_is_narrow() -> None:
    assert stacked(a_line([(0, 0), (200, 0), (200, 40), (0, 40)])) == []
    pairs = stacked(a_line([(0, 50), (100, 50), (100, 100), (0, 100)]))
    assert all(upper.middle < lower.middle for upper, lower in pairs)


def test_two_lines_that_were_found_as_one_are_read_one_after_the_other(plates: Plates, rows: Rows) -> None:
    picture, truth, country = rows("plates", "cn_kinds", 1)[0]
    found = plates.read(picture, (country,))
    assert [plate.text for plate in found[:1]] == [truth]
    assert found[0].kind == "cn-yellow"


def test_steps_add_up_to_one(second: SecondReader, rows: Rows) -> None:
    shown = [picture for picture, _, _ in itertools.islice(rows("plates", "cn_crops", 100), 3)]
    for steps in second(shown):
        assert steps.sum(1) == pytest.approx(1, abs=1e-3)
