"""What asks for a fresh sign-in: whoever sits down at somebody else's open console must not give themselves a key to it."""

from __future__ import annotations

from datetime import timedelta

from sealgate.domain.errors import Refused
from sealgate.flows.kit import House, Signed
from sealgate.store import accounts

FRESH = timedelta(minutes=15)


class SignInAgain(Refused):
    """The session is too old to add another way to sign in."""

    code = "signin.not-fresh"
    status = 409


def is_fresh(house: House, signed: Signed) -> bool:
    with house.store.read(signed.tenant) as db:
        session = accounts.session_by_hash(db, bytes.fromhex(signed.session))
    return session is not None and house.clock.now() - session.created_at < FRESH


def freshly(house: House, signed: Signed) -> None:
    """Raises `SignInAgain`."""
    if not is_fresh(house, signed):
        raise SignInAgain("sign in again first")
