"""Open sessions: where an operator is signed in, ended one by one, all but this one, or by an administrator.

The surprising thing: no address is kept and no place. A browser and a system in two words, and when it was used, are enough to
know one's own, and a list of where somebody was is one more thing that could be stolen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sealgate.domain.browsers import device_words
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import OperatorId
from sealgate.domain.operators import Permission
from sealgate.flows.kit import House, Signed
from sealgate.privacy import journal
from sealgate.store import accounts

MARKED = timedelta(minutes=1)
"""That a session was used is written down at most so often."""


@dataclass(frozen=True, slots=True)
class SessionLine:
    """`device` is empty until it was used, `seen_at` None."""

    key: str
    created_at: datetime
    expires_at: datetime
    seen_at: datetime | None
    device: str
    current: bool


def used(house: House, signed: Signed, agent: str) -> None:
    """Remember that this session was used now, and from what. `agent` is what the browser says of itself."""
    now = house.clock.now()
    if signed.session and (signed.seen_at is None or now - signed.seen_at >= MARKED):
        with house.store.begin(signed.tenant, signed.actor) as tx:
            accounts.touch(tx, bytes.fromhex(signed.session), now, device_words(agent))


def mine(house: House, signed: Signed) -> list[SessionLine]:
    """Those that open the console now, the newest first."""
    return _lines(house, signed, signed.operator)


def of(house: House, signed: Signed, operator: OperatorId) -> list[SessionLine]:
    """Somebody else's. Raises `NotFound` for no operator."""
    signed.need(Permission.MANAGE_OPERATORS)
    return _lines(house, signed, operator)


def end(house: House, signed: Signed, key: str) -> None:
    """One of one's own. Raises `NotFound`, also for one that is over."""
    try:
        secret_hash = bytes.fromhex(key)
    except ValueError:
        raise NotFound("session") from None
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        if not accounts.revoke_session(tx, secret_hash, signed.operator, now):
            raise NotFound("session")
        journal.write(tx, house.keyring, now, "session.ended", object=f"operator:{signed.operator}")


def end_others(house: House, signed: Signed) -> int:
    """All of one's own but this one; how many."""
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        ended = accounts.revoke_others(tx, signed.operator, bytes.fromhex(signed.session), now)
        journal.write(tx, house.keyring, now, "sessions.ended", object=f"operator:{signed.operator}:{ended}")
    return ended


def end_all(house: House, signed: Signed, operator: OperatorId) -> int:
    """Sign somebody out everywhere; how many sessions ended. Raises `NotFound`."""
    signed.need(Permission.MANAGE_OPERATORS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        if accounts.operator(tx, operator) is None:
            raise NotFound("operator")
        ended = accounts.revoke_all(tx, operator, now)
        journal.write(tx, house.keyring, now, "sessions.ended", object=f"operator:{operator}:{ended}")
    return ended


def _lines(house: House, signed: Signed, operator: OperatorId) -> list[SessionLine]:
    with house.store.read(signed.tenant) as db:
        rows = accounts.sessions_of(db, operator, house.clock.now())
    return [
        SessionLine(
            key=row.secret_hash.hex(),
            created_at=row.created_at,
            expires_at=row.expires_at,
            seen_at=row.seen_at,
            device=row.device or "",
            current=row.secret_hash.hex() == signed.session,
        )
        for row in rows
    ]
