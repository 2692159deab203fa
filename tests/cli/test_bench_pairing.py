"""The count of bills tells what it says: all of them are judged, and what went wrong is told by its kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sealgate.cli.bench_pairing import Terms, Truth, measure
from sealgate.cli.pairing_book import DECK, START, Charge

Sealgate = Callable[..., Any]


def test_a_garage_is_counted_to_its_last_bill(sealgate: Sealgate) -> None:
    told = json.loads(sealgate("bench", "pairing", "--bills", "500", "--cars", "200", "--json").out)
    assert told["bills"] >= 500
    assert told["wrong"] == 0
    assert 0 < told["desk"] == sum(told["reasons"].values()) < told["visits"]


def test_the_same_seed_is_the_same_garage() -> None:
    terms = Terms(misread=0.1, lost=0.05, cars=100)
    assert measure(terms, 200) == measure(terms, 200)


def test_a_bill_is_judged_by_whose_visit_began_and_ended_it() -> None:
    truth = Truth({1: "A", 2: "A", 3: "B", 4: "B"})
    truth.read |= {(1, True): "A", (2, True): None, (3, True): None, (3, False): "A", (4, True): None, (4, False): "B"}
    ends = {1: "right", 2: "merged", 3: "to_the_letter", 4: "wrong"}
    assert {ended: truth.judge(Charge(1, ended, START, START, DECK.lot)) for ended in ends} == ends
