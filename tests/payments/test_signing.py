"""Keys as people paste them, signatures that have one spelling only, and a window of five minutes both ways."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from sealgate.payments.signing import (
    hmac_hex,
    hmac_verifies,
    is_fresh,
    private_key,
    public_key,
    rsa_sign,
    rsa_verifies,
    strict_base64,
)
from sealgate.ports import BadAccount

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)


def test_a_key_is_read_as_pem_and_as_bare_base64(ours: Any) -> None:
    for text in (ours.secret, ours.bare, "\n".join(ours.bare[at : at + 64] for at in range(0, len(ours.bare), 64))):
        assert private_key(text).private_numbers() == ours.private.private_numbers()
    for text in (ours.public, ours.bare_public):
        assert public_key(text).public_numbers() == ours.private.public_key().public_numbers()


def test_what_is_no_rsa_key_of_2048_bits_is_refused_without_being_shown(ours: Any) -> None:
    short = rsa.generate_private_key(65537, 1024)
    curve = ec.generate_private_key(ec.SECP256R1())
    secrets = [key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode() for key in (short, curve)]
    publics = [
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() for key in (short, curve)
    ]
    for text in (*secrets, "", "not a key", ours.public, ours.secret[:200], "é"):
        with pytest.raises(BadAccount) as refusal:
            private_key(text)
        assert text[60:100] not in str(refusal.value) or not text[60:100]
    for text in (*publics, "", "not a key", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"):
        with pytest.raises(BadAccount):
            public_key(text)


@given(st.binary(min_size=1, max_size=64))
def test_base64_has_one_spelling(raw: bytes) -> None:
    text = base64.b64encode(raw).decode()
    assert strict_base64(text) == raw
    for other in (text + "\n", " " + text, text + "=", text.rstrip("=") + "!", text + "A"):
        assert strict_base64(other) is None


def test_the_last_letter_of_base64_has_no_second_spelling() -> None:
    assert strict_base64("AA==") == b"\0"
    assert strict_base64("AB==") is None


def test_a_signature_is_of_these_bytes_and_this_key(ours: Any, theirs: Any) -> None:
    signature = rsa_sign(ours.private, b"text")
    assert rsa_verifies(ours.private.public_key(), b"text", signature)
    assert not rsa_verifies(ours.private.public_key(), b"texts", signature)
    assert not rsa_verifies(theirs.private.public_key(), b"text", signature)
    for nothing in ("", "é", "A" * 5000, "="):
        assert not rsa_verifies(ours.private.public_key(), b"text", nothing)


def test_an_hmac_is_compared_whatever_it_is() -> None:
    assert hmac_verifies(b"secret", b"text", hmac_hex(b"secret", b"text"))
    for other in ("", "é\ud800", hmac_hex(b"secret", b"text").upper(), hmac_hex(b"secret", b"other")):
        assert not hmac_verifies(b"secret", b"text", other)


def test_five_minutes_are_counted_both_ways() -> None:
    now = int(NOON.timestamp())
    assert is_fresh(str(now - 299), NOON)
    assert is_fresh(str(now + 299), NOON)
    assert not is_fresh(str(now - 300), NOON)
    assert not is_fresh(str(now + 300), NOON)
    assert not is_fresh(str(now - 299), NOON + timedelta(milliseconds=1001))


@pytest.mark.parametrize("text", ["", "0", "-1", "+1772337600", " 1772337600", "1772337600.0", "1_772_337_600", "١٧", "9" * 13])
def test_an_instant_is_plain_digits(text: str) -> None:
    assert not is_fresh(text, NOON)
