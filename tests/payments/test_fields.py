"""What came from outside: every type, length and range is checked, and nothing but the chosen error comes out."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.money import Money
from sealgate.payments.fields import Fields, Misfit, decimal_minor, exact_minor, headers_of, read_json, wall_time
from sealgate.ports import GarbledAnswer, UnreadableNotice

BEIJING = ZoneInfo("Asia/Shanghai")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def fields(**values: object) -> Fields:
    return Fields(values, UnreadableNotice)


READERS: list[Callable[[Fields], object]] = [
    lambda got: got.text("x"),
    lambda got: got.text_or("x"),
    lambda got: got.whole("x"),
    lambda got: got.signed("x"),
    lambda got: got.truth("x"),
    lambda got: got.currency("x"),
    lambda got: got.minor("x", "CNY"),
    lambda got: got.decimal("x", "CNY"),
    lambda got: got.instant("x"),
    lambda got: got.unix("x"),
    lambda got: got.wall("x", BEIJING),
    lambda got: got.part("x"),
    lambda got: got.parts("x"),
]


@given(JSON)
def test_any_value_is_read_or_refused_by_its_name(value: object) -> None:
    for read in READERS:
        with suppress(UnreadableNotice):
            assert read(fields(x=value)) is not None


@given(st.binary(max_size=200))
def test_bytes_are_a_json_object_or_the_chosen_error(body: bytes) -> None:
    with suppress(GarbledAnswer):
        assert isinstance(read_json(body, GarbledAnswer), Fields)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b"[]",
        b"1",
        b"null",
        b'"x"',
        b"\xff",
        b'{"a":' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableNotice):
        read_json(body, UnreadableNotice)


def test_true_is_no_number_and_a_float_no_sum() -> None:
    for value in (True, 1.0, "1", -1, 10**13, None):
        with pytest.raises(UnreadableNotice):
            fields(total=value).minor("total", "CNY")
    assert fields(total=1000).minor("total", "CNY") == Money(1000, "CNY")


def test_a_currency_is_one_that_there_is() -> None:
    assert fields(currency="usd").currency("currency") == "USD"
    assert fields().currency("currency", "CNY") == "CNY"
    for value in ("XXX", "u$d", "US", 1, "ＵＳＤ"):
        with pytest.raises(UnreadableNotice):
            fields(currency=value).currency("currency")


def test_text_is_printable_and_short() -> None:
    assert fields(name="停车费 A").text("name") == "停车费 A"
    for value in ("", "a\nb", "a\0", "\ud800", "x" * 257, 5, None):
        with pytest.raises(UnreadableNotice):
            fields(name=value).text("name")
    assert fields(name=None).text_or("name") == ""


def test_an_instant_says_its_offset() -> None:
    assert fields(at="2026-03-01T12:00:00+08:00").instant("at") == datetime(2026, 3, 1, 4, tzinfo=UTC)
    for value in ("2026-03-01T12:00:00", "2026-03-01", "yesterday", "9999-12-31T23:59:59-14:00"):
        with pytest.raises(UnreadableNotice):
            fields(at=value).instant("at")


def test_beijings_wall_is_eight_hours_ahead() -> None:
    assert wall_time("2026-03-01 12:00:00", BEIJING) == datetime(2026, 3, 1, 4, tzinfo=UTC)
    for value in ("2026-02-30 12:00:00", "2026-03-01T12:00:00", "", "0001-01-01 00:00:00"):
        with pytest.raises(Misfit):
            wall_time(value, BEIJING)


@given(st.integers(0, 10**12 - 1))
def test_a_decimal_is_what_it_was_written_from(minor: int) -> None:
    assert exact_minor(Money(minor, "CNY").text) == minor


def test_a_charged_sum_has_no_part_of_a_cent_and_a_fee_may() -> None:
    assert exact_minor("2") == exact_minor("2.0") == exact_minor("2.00000") == 200
    assert [decimal_minor(text) for text in ("0.01000", "0.00499", "0.00500", "0.06")] == [1, 0, 1, 6]
    with pytest.raises(Misfit):
        exact_minor("2.005")
    for text in ("", "-1", "1e3", ".5", "1.", "01", "1,000", "１", "1.000000", "9" * 13):
        with pytest.raises(Misfit):
            decimal_minor(text)


def test_a_header_is_found_however_it_is_written() -> None:
    assert headers_of({"Stripe-SIGNATURE": "t=1"}) == {"stripe-signature": "t=1"}


def test_an_error_shows_no_value() -> None:
    with pytest.raises(UnreadableNotice) as refusal:
        read_json(json.dumps({"buyer": ["Alice"]}).encode(), UnreadableNotice).text("buyer")
    assert "Alice" not in str(refusal.value)
