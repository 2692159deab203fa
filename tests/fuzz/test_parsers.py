"""A short run at every parser: each of its true samples, some hundred inputs made from them, and whatever hypothesis thinks of.

The same parsers take millions in `make fuzz`; what those came to is in docs/benchmarks.md.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzz.mutating import inputs
from tests.fuzz.parsers import READ, Parser, every, outcome

PARSERS = every()
INPUTS = 400
BEHIND_A_DOOR = {"notice: WeChat Pay, at the door", "notice: Alipay, at the door", "notice: Stripe, its signature"}
"""Their samples are signed by nobody: to be refused is what they are for."""


def name_of(parser: Parser) -> str:
    return parser.name


def test_every_parser_is_tried_once() -> None:
    names = [parser.name for parser in PARSERS]
    assert len(names) == len(set(names)) > 40


@pytest.mark.parametrize("parser", PARSERS, ids=name_of)
def test_what_is_true_is_read_and_what_is_bent_is_read_or_refused_by_its_code(parser: Parser) -> None:
    came = [outcome(parser, sample) for sample in parser.samples]
    assert (READ in came) is (parser.name not in BEHIND_A_DOOR)
    for data in inputs(7, parser.name, parser.samples, max(INPUTS // parser.costs, 40)):
        assert outcome(parser, data)


@settings(max_examples=300, derandomize=True, database=None)
@given(st.sampled_from(PARSERS), st.binary(max_size=300) | st.text(max_size=200).map(lambda said: said.encode()))
def test_no_bytes_at_all_break_any_of_them(parser: Parser, data: bytes) -> None:
    assert outcome(parser, data)


@settings(max_examples=300, derandomize=True, database=None)
@given(st.sampled_from(PARSERS), st.data())
def test_a_cut_and_a_byte_put_in_anywhere_break_none_of_them(parser: Parser, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(list(parser.samples)))
    at, until = data.draw(st.integers(0, len(sample))), data.draw(st.integers(0, len(sample)))
    assert outcome(parser, sample[:at] + data.draw(st.binary(max_size=4)) + sample[until:])


BROKE_ONCE = {
    "tariff file": (
        b'{"name": "Garage", "currency": "CNY", "time_zone": "Asia/Shanghai", "band": [{"name": "day", "steps": null}]}',
        "tariff.bad-steps",
    ),
}
"""What a long run found, and what it says now."""


@pytest.mark.parametrize("name", BROKE_ONCE)
def test_what_broke_a_parser_once_is_refused(name: str) -> None:
    data, code = BROKE_ONCE[name]
    parser = next(one for one in PARSERS if one.name == name)
    assert outcome(parser, data) == code


def test_the_same_seed_makes_the_same_inputs() -> None:
    samples = PARSERS[0].samples
    assert inputs(1, "a", samples, 50) == inputs(1, "a", samples, 50) != inputs(2, "a", samples, 50)
