"""The beam search finds what adding up every way through the steps finds, and keeps to the grammar."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.domain.platepatterns import ALPHABET, Grammar, Pattern, grammar
from sealgate.vision.ctc import Effort, Steps, character_scores, decode, is_word

EVERYTHING = Effort(beginnings=1000, choices=5, least=1e-5, behind=16.0, rest=1e-3)


def said(*steps: dict[str, float]) -> Steps:
    """Steps in which each character has the likelihood given, and none the rest."""
    found = np.zeros((len(steps), 1 + len(ALPHABET)))
    for row, step in zip(found, steps, strict=True):
        for char, likelihood in step.items():
            row[1 + ALPHABET.index(char)] = likelihood
        row[0] = 1 - row.sum()
    return found


def spelt(text: str, sure: float = 0.95) -> Steps:
    """Each character in one step, with a step of none behind it."""
    return said(*itertools.chain.from_iterable(({char: sure}, {}) for char in text))


def any_of(chars: str, length: int) -> Grammar:
    return Grammar([Pattern("xx", "any", (chars,) * n) for n in range(1, length + 1)])


def by_all_ways(steps: Steps, chars: str) -> dict[str, float]:
    """The likelihood of each text, by adding up every way through the steps."""
    found: dict[str, float] = defaultdict(float)
    columns = [0, *(1 + ALPHABET.index(c) for c in chars)]
    for way in itertools.product(range(len(columns)), repeat=len(steps)):
        likelihood = math.prod(steps[t, columns[i]] for t, i in enumerate(way))
        text = "".join(chars[i - 1] for i, _ in itertools.groupby(way) if i)
        found[text] += likelihood
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(0.01, 1), min_size=3, max_size=3), min_size=1, max_size=5))
def test_the_likelihood_is_that_of_all_ways_together(weights: Sequence[Sequence[float]]) -> None:
    steps = said(*({"A": a / (a + b + c), "B": b / (a + b + c)} for a, b, c in weights))
    truth = by_all_ways(steps, "AB")
    readings = decode(steps, any_of("AB", 5), effort=EVERYTHING)
    assert {reading.text for reading in readings} == {text for text, value in truth.items() if text and value > 0}
    for reading in readings:
        assert reading.likelihood * len(reading.text) == pytest.approx(math.log(truth[reading.text]), abs=1e-6)


def test_a_plate_is_read_with_a_score_for_each_character() -> None:
    steps = spelt("京A12345")
    best = decode(steps, grammar(("cn",)))[0]
    assert best.text == "京A12345"
    assert best.score > 0.9
    assert character_scores(steps, best) == pytest.approx([0.95] * 7)


def test_a_doubled_character_needs_a_step_between() -> None:
    apart, together = said({"A": 0.9}, {}, {"A": 0.9}), said({"A": 0.9}, {"A": 0.9}, {})
    assert decode(apart, any_of("A", 3))[0].text == "AA"
    assert decode(together, any_of("A", 3))[0].text == "A"


def test_where_only_a_digit_may_stand_an_o_is_a_zero() -> None:
    assert decode(spelt("京A1O34I"), grammar(("cn",)))[0].text == "京A10341"
    assert decode(spelt("RK123A0"), grammar(("sk",)))[0].text == "RK123AO"
    assert decode(spelt("ABC1OI0"), grammar(("br",)))[0].text == "ABC1010"


def test_a_twin_counts_fully_where_it_alone_may_stand() -> None:
    best = decode(spelt("京A1O345"), grammar(("cn",)))[0]
    assert best.score > 0.9


def test_a_clear_character_that_no_pattern_allows_gives_way_to_the_next_likely() -> None:
    steps = spelt("ABC12345"[:7])
    steps[6] = said({"S": 0.7, "5": 0.2})[0]
    assert decode(steps, grammar(("br",)))[0].text == "ABC5234"


def test_a_text_of_no_series_is_read_where_nothing_else_fits() -> None:
    best = decode(spelt("GWAGEN"), grammar(("de",)))[0]
    assert best.text == "GWAGEN"
    assert not best.pattern.usual
    assert best.rank < best.likelihood


def test_a_slogan_ranks_below_a_plate() -> None:
    us = grammar(("us",))
    assert decode(spelt("PENSKE"), us)[0].rank < decode(spelt("7ABC123", 0.8), us)[0].rank
    assert is_word("VIS1T")
    assert not is_word("京A1234挂")
    assert not is_word("7ABC123")


def test_nothing_said_is_nothing_read() -> None:
    readings = decode(said({}, {}, {}), grammar(("cn",)))
    assert all(reading.score < 1e-3 for reading in readings)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["cn", "eu", "us", "br", "hk"]))
def test_noise_is_read_within_the_grammar(seed: int, country: str) -> None:
    noise = np.random.default_rng(seed).dirichlet(np.full(1 + len(ALPHABET), 0.05), 25)
    found = grammar((country,))
    for reading in decode(noise, found):
        assert all(char in allowed for char, allowed in zip(reading.text, reading.pattern.places, strict=True))
        scores = character_scores(noise, reading)
        assert len(scores) == len(reading.text)
        assert all(0 <= score <= 1 for score in scores)
        assert 0 <= reading.score <= 1
