"""The word of a sign-in service: an ID token (OpenID Connect Core 3.1.3.7), believed only where every part of it fits.

The surprising thing: keys are given by the service itself, so which algorithm may be used is ours to say. Nothing that a
shared secret or nobody signed is a token here, whatever its header claims.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from sealgate.domain.errors import Refused

SKEW = timedelta(minutes=2)
"""By how much the clocks of two servers may differ."""

MOST_CHARACTERS = 16_000
MOST_KEYS = 50
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
HOSTILE = (JoseError, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError, RecursionError)


class BadToken(Refused):
    """Not signed by the service, not for us, not for this very sign-in, or over."""

    code = "service.bad-token"
    status = 401


class KeyMissing(Exception):
    """No key of the service is called so: it may have changed its keys."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What this very sign-in needs the token to say."""

    issuer: str
    client_id: str
    nonce: str
    now: datetime


def keys_in(document: object) -> list[Key]:
    """The keys of a JWK set that may check signatures; others are passed over."""
    listed = document.get("keys") if isinstance(document, dict) else None
    found = []
    for one in (listed if isinstance(listed, list) else [])[:MOST_KEYS]:
        if isinstance(one, dict) and one.get("use", "sig") == "sig" and one.get("kty") in {"RSA", "EC", "OKP"}:
            try:
                found.append(JWKRegistry.import_key({name: value for name, value in one.items() if name != "x5c"}))
            except HOSTILE:
                continue
    return found


def read(token: object, keys: Sequence[Key], expected: Expected) -> dict[str, Any]:
    """The claims. Raises `BadToken`, and `KeyMissing` where the keys may be old ones."""
    if not isinstance(token, str) or len(token) > MOST_CHARACTERS:
        raise BadToken("not a token")
    claims = _signed(token, _of(token, keys))
    _check(claims, expected)
    return claims


def _of(token: str, keys: Sequence[Key]) -> list[Key]:
    """The keys that may have signed it, by its header. Raises `BadToken`, `KeyMissing`."""
    try:
        head = token.partition(".")[0]
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        algorithm, kid = header.get("alg"), header.get("kid")
    except HOSTILE as error:
        raise BadToken("no header") from error
    if algorithm not in ALGORITHMS:
        raise BadToken("an algorithm that we do not take")
    fits = [key for key in keys if key.key_type == _kind(algorithm) and (kid is None or key.kid == kid)]
    if not fits:
        raise KeyMissing
    return fits


def _kind(algorithm: str) -> str:
    return {"RS": "RSA", "PS": "RSA", "ES": "EC"}.get(algorithm[:2], "OKP")


def _signed(token: str, keys: Sequence[Key]) -> dict[str, Any]:
    for key in keys:
        try:
            return dict(jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims)
        except HOSTILE:
            continue
    raise BadToken("not signed by the service")


def _check(claims: Mapping[str, Any], expected: Expected) -> None:
    """Raises `BadToken`."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != expected.issuer:
        raise BadToken("another issuer")
    if expected.client_id not in audiences:
        raise BadToken("for another client")
    if claims.get("azp", expected.client_id) != expected.client_id or (len(audiences) > 1 and "azp" not in claims):
        raise BadToken("given to another client")
    nonce, subject = claims.get("nonce"), claims.get("sub")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise BadToken("for another sign-in")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
        raise BadToken("about nobody")
    _check_times(claims, expected.now.timestamp())


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    skew = SKEW.total_seconds()
    if not _instant(claims.get("exp")) or claims["exp"] <= now - skew:
        raise BadToken("over")
    if not _instant(claims.get("iat")) or claims["iat"] > now + skew:
        raise BadToken("of a time to come")
    if "nbf" in claims and (not _instant(claims["nbf"]) or claims["nbf"] > now + skew):
        raise BadToken("not good yet")


def _instant(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
