"""Which passwords we take: long ones (NIST SP 800-63B-4: 15 characters alone, 8 with a second factor), none too easy."""

from __future__ import annotations

from sealgate.domain.errors import Invalid

ALONE = 15
WITH_FACTOR = 8
LONGEST = 256


class WeakPassword(Invalid):
    code = "signin.weak-password"


def needs_factor(password: str, *known: str) -> bool:
    """Whether this password may only be used with a second factor. Raises `WeakPassword`.

    `known` are words that a guesser tries first: the login and the name.
    """
    if len(password) > LONGEST:
        raise WeakPassword(f"at most {LONGEST} characters", field="password")
    if len(password) < WITH_FACTOR:
        raise WeakPassword(
            "too short", field="password", hint=f"At least {ALONE} characters, or {WITH_FACTOR} with a second factor"
        )
    folded = password.casefold()
    if len(set(folded)) < 5 or any(word and word.casefold() in folded and len(word) * 2 > len(folded) for word in known):
        raise WeakPassword("too easy to guess", field="password", hint="Use several unrelated words")
    return len(password) < ALONE
