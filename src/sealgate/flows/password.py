"""A new password for whoever is signed in. Every other session of theirs ends with the old one."""

from __future__ import annotations

from sealgate.domain.errors import Invalid
from sealgate.domain.passwords import needs_factor
from sealgate.flows.kit import House, Signed, organisation, seal
from sealgate.flows.signin import HASHER, TooManyTries, knows_password, password_place
from sealgate.privacy import journal
from sealgate.store import accounts


class WrongPassword(Invalid):
    code = "signin.wrong-password"


def change_password(house: House, signed: Signed, old: str, new: str) -> None:
    """Raises `WrongPassword` and `TooManyTries` (guesses at the old one are counted), and `WeakPassword`.

    A password too short to stand alone is taken; without a second factor nothing but adding one is then possible.
    """
    now, key = house.clock.now(), f"password:{signed.operator}"
    wait = house.sign_in_tries.wait(key, now)
    if wait:
        raise TooManyTries(wait)
    short = needs_factor(new, signed.name, signed.login, "sealgate")
    if not knows_password(house, signed, old[:1000]):
        house.sign_in_tries.missed(key, now)
        raise WrongPassword("that is not the password", field="old")
    house.sign_in_tries.forgive(key)
    hashed = HASHER.hash(new)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        place = password_place(tx, signed.operator)
        accounts.set_password(
            tx, signed.operator, seal(house, tx.tenant, organisation(), place, {"hash": hashed, "short": short})
        )
        accounts.revoke_others(tx, signed.operator, bytes.fromhex(signed.session), now)
        journal.write(tx, house.keyring, now, "operator.password-changed", object=f"operator:{signed.operator}")
