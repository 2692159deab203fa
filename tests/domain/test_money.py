"""Money is whole minor units of one currency, and how many decimals it has is the currency's own."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.money import (
    CURRENCIES,
    DECIMALS,
    MOST_MINOR,
    BadAmount,
    Money,
    UnknownCurrency,
    WrongCurrency,
    decimals,
    parse,
    rounded,
    total,
    zero,
)

amounts = st.integers(-MOST_MINOR, MOST_MINOR)
currencies = st.sampled_from(sorted(CURRENCIES))


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1250, "CNY", "12.50"),
        (5, "EUR", "0.05"),
        (1200, "JPY", "1200"),
        (500, "KWD", "0.500"),
        (-1, "USD", "-0.01"),
        (0, "GBP", "0.00"),
        (0, "KRW", "0"),
    ],
)
def test_an_amount_is_written_with_its_currencys_decimals(minor: int, currency: str, text: str) -> None:
    assert Money(minor, currency).text == text
    assert str(Money(minor, currency)) == f"{currency} {text}"


@given(amounts, currencies)
def test_what_is_written_can_be_read(minor: int, currency: str) -> None:
    assert parse(Money(minor, currency).text, currency) == Money(minor, currency)


@pytest.mark.parametrize("given_as", ["7", 7, Decimal(7), "7.0", "7.00"])
def test_a_price_may_be_a_text_a_whole_number_or_a_decimal(given_as: str | int | Decimal) -> None:
    assert parse(given_as, "EUR") == Money(700, "EUR")


@pytest.mark.parametrize(
    "text",
    ["", "x", "1,50", "1e3", "1e999999", "nan", "inf", "0.005", "+1", " 1", "1 ", "١", "1.", ".5", "9" * 16, "0x10", "1_000"],
)
def test_what_is_no_amount_of_euros_is_refused(text: str) -> None:
    with pytest.raises(BadAmount) as refused:
        parse(text, "EUR")
    assert refused.value.code == "money.bad-amount"


@pytest.mark.parametrize("digits", [13, 5000])
def test_an_absurd_number_is_refused_before_it_is_written_out(digits: int) -> None:
    for number in (10**digits, -(10**digits)):
        with pytest.raises(BadAmount):
            parse(number, "EUR")


def test_half_a_yen_does_not_exist() -> None:
    with pytest.raises(BadAmount):
        parse("0.5", "JPY")


@pytest.mark.parametrize("currency", ["", "cny", "XXX", "EURO", "¥"])
def test_a_currency_that_nobody_has_is_refused(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        Money(1, currency)
    with pytest.raises(UnknownCurrency):
        decimals(currency)


def test_two_currencies_are_never_mixed() -> None:
    fen, cents = Money(1, "CNY"), Money(1, "EUR")
    for mixed in (fen.__add__, fen.__sub__, fen.__lt__, fen.__le__, fen.__gt__, fen.__ge__):
        with pytest.raises(WrongCurrency):
            mixed(cents)
    assert fen != cents


@given(amounts, amounts, currencies)
def test_adding_and_comparing_are_those_of_whole_numbers(a: int, b: int, currency: str) -> None:
    one, other = Money(a, currency), Money(b, currency)
    assert one + other == other + one == Money(a + b, currency)
    assert one - other == -(other - one)
    assert (one < other, one <= other, one > other, one >= other) == (a < b, a <= b, a > b, a >= b)
    assert bool(one) == bool(a)


@given(st.lists(amounts, max_size=5), currencies)
def test_a_total_is_the_sum(several: list[int], currency: str) -> None:
    assert total((Money(one, currency) for one in several), currency) == Money(sum(several), currency)
    assert zero(currency).times(7) == zero(currency)


@pytest.mark.parametrize(("part", "of", "whole"), [(1, 2, 1), (-1, 2, -1), (1, 3, 0), (5, 3, 2), (0, 9, 0), (-5, 3, -2)])
def test_a_half_is_rounded_away_from_zero(part: int, of: int, whole: int) -> None:
    assert rounded(part, of) == whole


@given(amounts, st.integers(0, 10_000), currencies)
def test_a_share_and_the_rest_are_at_most_one_minor_unit_from_the_whole(minor: int, share: int, currency: str) -> None:
    money = Money(minor, currency)
    both = money.share(share, 10_000) + money.share(10_000 - share, 10_000)
    assert abs(both.minor - minor) <= 1


def test_every_currency_with_decimals_of_its_own_is_a_currency() -> None:
    assert set(DECIMALS) < CURRENCIES
    assert {decimals(currency) for currency in CURRENCIES} == {0, 2, 3}
