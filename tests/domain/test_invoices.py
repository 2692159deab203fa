"""What an electronic invoice needs, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.errors import Invalid
from sealgate.domain.invoices import BadEmail, BadTaxNumber, BadTitle, Buyer, invoice_request, is_credit_code

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
EXAMPLE = "91350100M000100Y43"
"""The example of GB 32100-2015."""


def coded(first: str) -> str:
    """The code whose first 17 characters these are."""
    return next(first + letter for letter in ALPHABET if is_credit_code(first + letter))


seventeen = st.text(ALPHABET, min_size=17, max_size=17)


@given(seventeen)
def test_every_code_has_one_check_character(first: str) -> None:
    assert sum(is_credit_code(first + letter) for letter in ALPHABET) == 1


@given(seventeen, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(first: str, place: int, letter: str) -> None:
    code = coded(first)
    spoiled = code[:place] + letter + code[place + 1 :]
    assert is_credit_code(spoiled) == (spoiled == code)


@given(seventeen, st.integers(0, 15))
def test_two_neighbours_that_changed_places_are_always_found(first: str, place: int) -> None:
    code = coded(first)
    spoiled = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert is_credit_code(spoiled) == (spoiled == code)


def test_a_company_types_its_number_as_it_stands_on_the_licence() -> None:
    made = invoice_request(Buyer.COMPANY, "  Harbour   Trading ", "91350100 m000100y-43", " a@example.org ")
    assert (made.title, made.tax_number, made.email) == ("Harbour Trading", EXAMPLE, "a@example.org")


def test_a_person_has_no_tax_number_whatever_was_typed() -> None:
    assert invoice_request(Buyer.PERSON, "Bob Ellis", "not a number", "bob@example.org").tax_number == ""


def test_numbers_of_other_countries_are_taken_as_they_are() -> None:
    assert invoice_request(Buyer.COMPANY, "Acme", "DE 123456789", "a@example.org").tax_number == "DE123456789"


@pytest.mark.parametrize(
    ("title", "number", "email", "wrong"),
    [
        ("", EXAMPLE, "a@example.org", BadTitle),
        ("x" * 101, EXAMPLE, "a@example.org", BadTitle),
        ("Acme\x00", EXAMPLE, "a@example.org", BadTitle),
        ("Acme", "", "a@example.org", BadTaxNumber),
        ("Acme", "91350100M000100Y44", "a@example.org", BadTaxNumber),
        ("Acme", "1" * 21, "a@example.org", BadTaxNumber),
        ("Acme", EXAMPLE, "a@", BadEmail),
        ("Acme", EXAMPLE, "a@b.c, d@e.f", BadEmail),
        ("Acme", EXAMPLE, "a" * 65 + "@example.org", BadEmail),
    ],
)
def test_what_does_not_fit_is_refused(title: str, number: str, email: str, wrong: type[Invalid]) -> None:
    with pytest.raises(wrong):
        invoice_request(Buyer.COMPANY, title, number, email)


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_whatever_is_typed_is_taken_or_refused(title: str, number: str, email: str) -> None:
    try:
        made = invoice_request(Buyer.COMPANY, title, number, email)
    except Invalid:
        return
    assert len(made.title) <= 100
    assert len(made.email) <= 254
    assert made.tax_number.isalnum()
