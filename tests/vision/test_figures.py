"""The figures by which readers are judged are right on cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.vision.figures import characters_right, equal_error_rate, false_matches_at, misses_at, rank_one

SHARES = st.lists(st.floats(-1, 1), min_size=1, max_size=30)


def test_a_perfect_reader_makes_no_errors() -> None:
    genuine, impostor = np.array([0.9, 0.8]), np.array([0.1, 0.2, 0.3])
    assert equal_error_rate(genuine, impostor) == 0
    assert misses_at(genuine, impostor, 1e-3) == 0
    assert false_matches_at(impostor, 0.25) == pytest.approx(1 / 3)


def test_a_reader_that_confuses_one_in_four() -> None:
    genuine, impostor = np.array([0.9, 0.8, 0.7, 0.2]), np.array([0.1, 0.15, 0.3, 0.05])
    assert equal_error_rate(genuine, impostor) == pytest.approx(0.25)
    assert misses_at(genuine, impostor, 1e-3) == pytest.approx(0.25)
    assert misses_at(genuine, impostor, 0.25) == 0


def test_where_there_are_no_such_pairs_there_is_no_figure() -> None:
    none = np.array([])
    assert equal_error_rate(none, np.array([0.1])) is None
    assert misses_at(np.array([0.1]), none, 0.1) is None
    assert false_matches_at(none, 0.5) is None
    assert rank_one(np.eye(2, dtype=np.float32), ["Alice", "Bob"]) is None


@given(SHARES, SHARES)
def test_fewer_false_matches_cost_more_misses(genuine: list[float], impostor: list[float]) -> None:
    ours, strangers = np.array(genuine), np.array(impostor)
    strict, loose = misses_at(ours, strangers, 1e-3), misses_at(ours, strangers, 0.5)
    rate = equal_error_rate(ours, strangers)
    assert strict is not None
    assert loose is not None
    assert rate is not None
    assert 0 <= loose <= strict <= 1
    assert 0 <= rate <= 1


def test_rank_one_asks_only_who_has_a_second_picture() -> None:
    similar = np.array([[1, 0.9, 0.1], [0.9, 1, 0.2], [0.1, 0.2, 1]], np.float32)
    assert rank_one(similar, ["Alice", "Alice", "Charlie"]) == 1
    assert rank_one(similar, ["Alice", "Charlie", "Alice"]) == 0


@pytest.mark.parametrize(
    ("read", "share"), [("京A12345", 1), ("京A1234", 6 / 7), ("", 0), ("京A12346", 6 / 7), ("XXXXXXXXXXXXXXXXXX", 0)]
)
def test_characters_are_counted_by_edits(read: str, share: float) -> None:
    assert characters_right(read, "京A12345") == pytest.approx(share)
