"""Grammars sort out a reader's mistakes: which text is whose, and what may come after a beginning."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.platepatterns import ALPHABET, COUNTRIES, EUROPE, Grammar, grammar, pattern_of, patterns

WRITTEN_WITH_OTHER_LETTERS = {"JP", "KR"}


def known(text: str, country: str) -> bool:
    found = pattern_of(text, (country,))
    return found is not None and found.country == country


def test_every_example_of_the_published_patterns_is_in_its_country(shared_data: Path) -> None:
    with (shared_data / "cn" / "plate_patterns.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["country"] not in WRITTEN_WITH_OTHER_LETTERS]
    # `any state` of the USA is the pattern that takes any text.
    missing = [row for row in rows if not known(row["example"], row["country"].lower())]
    assert [(row["country"], row["example"]) for row in missing] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("京A12345", "small car"),
        ("粤B3RS91", "small car"),
        ("沪AF71017", "new energy small"),
        ("浙A12345D", "new energy large"),
        ("皖A1234挂", "trailer, school, police"),
        ("沪A1707领", "consulate"),
        ("粤ZR066港", "cross-border"),
        ("123456使", "embassy"),
    ],
)
def test_mainland_kinds_are_told_apart(text: str, name: str) -> None:
    found = pattern_of(text, ("cn",))
    assert found is not None
    assert (found.country, found.name) == ("cn", name)


@pytest.mark.parametrize("text", ["京A1234I", "京A1234O", "A12345", "京112345", "粤Z1234澳门", "京A123456789"])
def test_what_breaks_the_mainland_rules_is_in_no_series(text: str) -> None:
    assert pattern_of(text, ("cn",)) is None


def test_europe_is_all_its_countries() -> None:
    assert {pattern.country for pattern in patterns(("eu",))} == {*EUROPE, ""}


def test_an_unknown_country_is_any_country() -> None:
    assert patterns(("xx",)) == patterns(())


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_country_takes_a_text_of_no_series_at_a_price(country: str) -> None:
    found = grammar((country,))
    alive = found.all
    for at, char in enumerate("Q0Q0Q0Q"):
        alive &= found.fits[at][ALPHABET.index(char)]
    free = found.complete(alive, 7)
    assert free is not None
    assert not free.usual


@given(st.text(ALPHABET, max_size=9), st.sampled_from(COUNTRIES))
def test_a_beginning_that_lives_may_be_continued_or_is_complete(text: str, country: str) -> None:
    found = grammar((country,))
    alive = found.all
    for at, char in enumerate(text):
        index = ALPHABET.index(char)
        if index not in found.allowed(alive, at):
            return
        alive &= found.fits[at][index]
    assert alive
    assert found.allowed(alive, len(text)) or found.complete(alive, len(text))


@given(st.data(), st.sampled_from(COUNTRIES))
def test_a_text_made_by_a_pattern_is_accepted(data: st.DataObject, country: str) -> None:
    found = grammar((country,))
    pattern = data.draw(st.sampled_from(found.patterns))
    alive = found.all
    for at, allowed in enumerate(pattern.places):
        alive &= found.fits[at][ALPHABET.index(data.draw(st.sampled_from(sorted(allowed))))]
    best = found.complete(alive, len(pattern.places))
    assert best is not None
    assert best.cost <= pattern.cost


def test_a_grammar_counts_each_pattern_once() -> None:
    twice = patterns(("br", "br")) * 2
    assert len(Grammar(twice).patterns) == len(patterns(("br",)))
