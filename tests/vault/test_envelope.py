"""What an envelope shows, what it hides, and how much it grows."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.ids import TenantId
from sealgate.ports import Sealed
from sealgate.vault.envelope import (
    HEADER_BYTES,
    MAX_PLAIN_BYTES,
    MAX_SEALED_BYTES,
    TAG_BYTES,
    Form,
    Place,
    bound_to,
    expand,
    fields,
    header_of,
    lay,
    open_value,
    padded,
    padded_length,
    seal_value,
    unpadded,
    veil,
)
from sealgate.vault.errors import DoesNotOpen, NotAnEnvelope, TooLong

if TYPE_CHECKING:
    from tests.vault.conftest import Cast

KEY_ID, NONCE = b"k" * 16, b"n" * 12
CIPHER = AESGCM(b"s" * 32)
VEILING = hmac.new(b"v" * 32, digestmod="sha256")

parts = st.lists(st.binary(max_size=12), max_size=5)
words = st.text(max_size=12)


def sealed_at(place: Place, plain: bytes) -> Sealed:
    return seal_value(KEY_ID, NONCE, CIPHER, VEILING, place=place, plain=plain)


def opened_at(place: Place, sealed: Sealed) -> bytes:
    return open_value(header_of(Form.VALUE, sealed), CIPHER, place, sealed)


@given(parts, parts)
def test_two_lists_of_parts_never_read_alike(one: list[bytes], other: list[bytes]) -> None:
    assert (fields(*one) == fields(*other)) == (one == other)


@given(st.uuids(), words, words, words, st.binary(max_size=2000))
def test_a_value_comes_back_at_its_own_place(tenant: TenantId, table: str, column: str, row: str, plain: bytes) -> None:
    place = Place(tenant, table, column, row)
    assert opened_at(place, sealed_at(place, plain)) == plain


@given(st.tuples(st.uuids(), words, words, words), st.tuples(st.uuids(), words, words, words))
def test_a_value_opens_at_no_other_place(here: tuple[TenantId, str, str, str], there: tuple[TenantId, str, str, str]) -> None:
    sealed = sealed_at(Place(*here), b"Alice")
    if here == there:
        assert opened_at(Place(*there), sealed) == b"Alice"
    else:
        with pytest.raises(DoesNotOpen):
            opened_at(Place(*there), sealed)


def test_words_that_run_into_each_other_are_two_places(cast: Cast) -> None:
    assert bound_to(Place(cast.acme, "people", "s", "1")) != bound_to(Place(cast.acme, "people" + "s", "", "1"))


@given(st.integers(0, 5000))
def test_padding_never_shrinks_and_never_reorders(length: int) -> None:
    assert padded_length(length) > length
    assert padded_length(length) <= padded_length(length + 1)
    assert padded_length(length) % 32 == 0


@given(st.integers(1024, MAX_PLAIN_BYTES))
def test_padding_adds_at_most_a_sixteenth_to_what_is_long(length: int) -> None:
    assert padded_length(length) - length <= length / 16 + 1


@given(st.binary(max_size=300))
def test_padding_comes_off_also_from_bytes_that_look_like_padding(plain: bytes) -> None:
    for tail in (b"", b"\x80", b"\x80\0\0", b"\0" * 40):
        assert unpadded(padded(plain + tail)) == plain + tail


@pytest.mark.parametrize("whole", [b"", bytes(32), b"Alice".ljust(32, b"\0"), padded(b"Alice") + bytes(32), b"\x80"])
def test_what_no_padding_made_does_not_open(whole: bytes) -> None:
    """Only a holder of the key could have made these; still no plaintext is guessed from them."""
    with pytest.raises(DoesNotOpen):
        unpadded(whole)


def test_all_plates_and_short_names_are_one_length(cast: Cast) -> None:
    names = ["京A12345", "BMW1", "Li", "Alexandra Featherstonehaugh"]
    assert {len(sealed_at(cast.profile(cast.alice), name.encode())) for name in names} == {HEADER_BYTES + 32 + TAG_BYTES}


def test_a_value_longer_than_an_envelope_holds_is_refused(cast: Cast) -> None:
    with pytest.raises(TooLong):
        sealed_at(cast.profile(cast.alice), bytes(MAX_PLAIN_BYTES + 1))


def test_the_longest_value_still_opens(cast: Cast) -> None:
    sealed = sealed_at(cast.profile(cast.alice), bytes(MAX_PLAIN_BYTES))
    assert len(sealed) <= MAX_SEALED_BYTES
    assert len(opened_at(cast.profile(cast.alice), sealed)) == MAX_PLAIN_BYTES


def test_more_bytes_than_any_envelope_has_are_not_one() -> None:
    with pytest.raises(NotAnEnvelope):
        header_of(Form.VALUE, b"\1" + bytes(MAX_SEALED_BYTES))


def test_one_form_is_never_read_as_another() -> None:
    wrapped = lay(Form.WRAPPED_BY_KEY, KEY_ID, NONCE, CIPHER, bound=b"", plain=bytes(32))
    for form in (Form.VALUE, Form.WRAPPED_BY_ROOT, Form.ROOT_CHECK):
        with pytest.raises(NotAnEnvelope):
            header_of(form, wrapped)


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=12, max_size=12))
def test_a_veil_comes_off_by_putting_it_on_again(name: bytes, nonce: bytes) -> None:
    veiled = veil(name, nonce, VEILING)
    assert len(veiled) == 16
    assert veil(veiled, nonce, VEILING) == name


def test_each_purpose_and_each_length_has_bytes_of_its_own() -> None:
    secret = b"s" * 32
    made = [expand(secret, "seal"), expand(secret, "wrap"), expand(secret, "se", "al"), expand(secret, "seal", length=64)[:32]]
    assert len(set(made)) == 4
