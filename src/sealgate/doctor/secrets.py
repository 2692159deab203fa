"""Secrets that anybody would try first."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sqlalchemy as sa
from pydantic import SecretStr

from sealgate.doctor.patient import Patient
from sealgate.domain.findings import Check, Finding
from sealgate.settings import is_loopback

SHORTEST = 12
COMMON = frozenset(
    [
        "admin",
        "administrator",
        "changeme",
        "change",
        "default",
        "demo",
        "example",
        "guest",
        "letmein",
        "master",
        "minioadmin",
        "passphrase",
        "password",
        "passwort",
        "postgres",
        "postgresql",
        "qwerty",
        "root",
        "sealgate",
        "secret",
        "sesame",
        "test",
        "user",
        "welcome",
        "correcthorsebatterystaple",
    ]
)


def weak(secret: str, *known: str) -> bool:
    """Whether it is short, one of the words that everybody tries (with figures around it), or made of what is known."""
    folded = secret.casefold()
    letters = re.sub(r"[^a-z]", "", folded)
    if len(secret) < SHORTEST or len(set(folded)) < 5 or letters in COMMON or _doubled(letters):
        return True
    return any(word and word.casefold() in folded and len(word) * 2 > len(folded) for word in known)


def _doubled(letters: str) -> bool:
    return any(letters and letters == word * (len(letters) // len(word)) for word in COMMON)


def secrets(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    for name in ("database", "keys_database"):
        url = getattr(settings, name)
        if url:
            parts = sa.make_url(url)
            if parts.password is not None and weak(str(parts.password), parts.username or "", parts.database or ""):
                yield Finding(Check.WEAK_SECRET, name)
    for name in type(settings).model_fields:
        given = getattr(settings, name)
        if isinstance(given, SecretStr) and weak(given.get_secret_value(), settings.smtp_user, name):
            yield Finding(Check.WEAK_SECRET, name)


def money(patient: Patient) -> Iterator[Finding]:
    """Payments that are none, where drivers come."""
    settings = patient.settings
    if settings.simulated_payments and not is_loopback(settings.host):
        yield Finding(Check.TEST_MONEY, "simulated_payments")
    key = settings.stripe_secret_key
    if key is not None and key.get_secret_value().startswith(("sk_test_", "rk_test_")):
        yield Finding(Check.TEST_MONEY, "stripe_secret_key")
