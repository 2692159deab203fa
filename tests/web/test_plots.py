"""Drawings: no label of an axis runs into the next, in either language and for as many days as a report may have."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from sealgate.web.i18n import Language, words_in
from sealgate.web.plots import BETWEEN, HALF_WIDTH, Item, bar_plot


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("days", [1, 7, 14, 31, 93])
def test_two_labels_never_run_into_each_other(language: Language, days: int) -> None:
    words = words_in(language)
    shown = [words.short_day(date(2026, 11, 14) + timedelta(days=number)) for number in range(days)]
    plot = bar_plot([Item(text, 1.0, text) for text in shown], str)
    assert plot.below, "some are there"
    for left, right in pairwise(plot.below):
        halves = sum(2 if ord(letter) > 0x2E80 else 1 for letter in f"{left.text}{right.text}") / 2
        assert right.at - left.at >= halves * HALF_WIDTH + BETWEEN / 2, (left, right)
