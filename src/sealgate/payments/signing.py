"""Keys and signatures that more than one provider uses: RSA (PKCS#1 v1.5, SHA-256) and HMAC-SHA-256.

The surprising thing: base64 has several spellings of the same bytes, and a signature must have one; so what does not
encode back to the same text is no signature.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from sealgate.ports import BadAccount

TOLERANCE = timedelta(seconds=300)
"""How far a signed instant may be from now, both ways (WeChat Pay's and Stripe's own libraries)."""

LEAST_BITS = 2048
MOST_SIGNATURE_CHARACTERS = 2048

_UNIX = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)


def rsa_sign(key: RSAPrivateKey, text: bytes) -> str:
    """The signature in base64."""
    return base64.b64encode(key.sign(text, PKCS1v15(), SHA256())).decode()


def rsa_verifies(key: RSAPublicKey, text: bytes, signature: str) -> bool:
    raw = strict_base64(signature)
    if not raw:
        return False
    try:
        key.verify(raw, text, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def hmac_hex(secret: bytes, text: bytes) -> str:
    return hmac.digest(secret, text, "sha256").hex()


def hmac_verifies(secret: bytes, text: bytes, signature: str) -> bool:
    return hmac.compare_digest(hmac_hex(secret, text).encode(), signature.encode(errors="replace"))


def strict_base64(text: str, most: int = MOST_SIGNATURE_CHARACTERS) -> bytes | None:
    """The bytes, if `text` is their one canonical base64 of at most so many characters; None for anything else."""
    if len(text) > most or not text.isascii():
        return None
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def is_fresh(unix: str, now: datetime) -> bool:
    """Whether `unix`, whole seconds since 1970 as text, is less than five minutes from `now`, before or after."""
    return _UNIX.fullmatch(unix) is not None and abs(int(unix) - now.timestamp()) < TOLERANCE.total_seconds()


def private_key(text: str) -> RSAPrivateKey:
    """From PEM, or the bare base64 in which Alipay's tools hand it out. Raises `BadAccount`, never with the key in it."""
    try:
        key = load_pem_private_key(text.encode(), None) if _is_pem(text) else load_der_private_key(_der(text), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadAccount("the private key cannot be read", hint="PEM or base64, RSA, without a passphrase") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < LEAST_BITS:
        raise BadAccount(f"the private key is not RSA of {LEAST_BITS} bits or more")
    return key


def public_key(text: str) -> RSAPublicKey:
    """From a PEM key, a PEM certificate, or bare base64. Raises `BadAccount`. A certificate's dates are not checked."""
    try:
        key = _public(text)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadAccount("the provider's public key cannot be read", hint="PEM, base64 or a PEM certificate") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_BITS:
        raise BadAccount(f"the provider's public key is not RSA of {LEAST_BITS} bits or more")
    return key


def _public(text: str) -> object:
    if "-----BEGIN CERTIFICATE-----" in text:
        return x509.load_pem_x509_certificate(text.encode()).public_key()
    return load_pem_public_key(text.encode()) if _is_pem(text) else load_der_public_key(_der(text))


def _is_pem(text: str) -> bool:
    return "-----BEGIN " in text


def _der(text: str) -> bytes:
    return base64.b64decode("".join(text.split()), validate=True)
