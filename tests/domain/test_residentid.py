"""Identity numbers: the check character against another implementation, and every way to be wrong under its own name.

No number here can be a living person's: no region 00 exists, and who was born in 1849 is dead.
"""

from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from sealgate.domain.residentid import (
    BadIdCheck,
    BadIdDate,
    BadIdForm,
    BadIdRegion,
    Sex,
    check_character,
    resident_id,
    years_between,
)

TODAY = date(2026, 11, 27)


def whole(digits: str) -> str:
    return digits + check_character(digits)


@given(st.text("0123456789", min_size=17, max_size=17))
def test_the_check_character_is_that_of_the_standard(digits: str) -> None:
    assert check_character(digits) == ric.calc_check_digit(digits + "0")


@pytest.mark.parametrize(
    ("digits", "check"), [("00000018000101001", "8"), ("00000018000101211", "X"), ("44030018491231012", "2")]
)
def test_published_examples(digits: str, check: str) -> None:
    assert check_character(digits) == check


@pytest.mark.parametrize("kind", ["710000", "810000", "820000", "830000", "911334"])
def test_a_number_tells_birth_and_sex_for_every_kind_of_card(kind: str) -> None:
    found = resident_id(whole(f"{kind}19990203017"[:17]), TODAY)
    assert found.born == date(1999, 2, 3)
    assert found.sex is Sex.MALE
    assert found.age(TODAY) == 27
    assert resident_id(whole(f"{kind}19990203018"), TODAY).sex is Sex.FEMALE


def test_blanks_a_small_x_and_full_width_characters_are_taken() -> None:
    number = next(n for n in (whole(f"710000199902{day}{seq:03}") for day in ("03", "04") for seq in range(99)) if n[-1] == "X")
    assert resident_id(f" {number[:6]} {number[6:14]} {number[14:].lower()} ", TODAY).number == number
    wide = "".join(chr(ord(c) + 0xFEE0) for c in number)
    assert resident_id(wide, TODAY).number == number
    assert resident_id(number, TODAY).ending == number[-2:]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", BadIdForm),
        ("00000018000101001", BadIdForm),
        ("0000001800010100X8", BadIdForm),
        ("७१०००० 19990203017 1", BadIdForm),
        ("7" * 10_000, BadIdForm),
        ("000000180001010018", BadIdRegion),
        ("440300184912310122", BadIdDate),
        (whole("71000020990101001"), BadIdDate),
        (whole("71000019990230001"), BadIdDate),
        (whole("71000019990203017")[:17] + ("1" if whole("71000019990203017")[-1] != "1" else "2"), BadIdCheck),
    ],
)
def test_each_way_to_be_wrong_has_its_name(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        resident_id(text, TODAY)


@given(st.text(max_size=40))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadIdForm, BadIdRegion, BadIdDate, BadIdCheck):
        assert len(resident_id(text, TODAY).number) == 18


def test_who_is_born_on_the_29th_of_february_is_older_from_the_first_of_march() -> None:
    assert years_between(date(2012, 2, 29), date(2026, 2, 28)) == 13
    assert years_between(date(2012, 2, 29), date(2026, 3, 1)) == 14
