"""Passkeys of operators, and the tickets of signing in that were used: each ends, and counts, by a conditional update."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sealgate.domain.ids import OperatorId, PasskeyId
from sealgate.ports import Sealed, Token
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """`token` finds it by its credential's identity; `counter` is the last one heard; `copied_at`: it counted backwards."""

    passkey: PasskeyId
    operator: OperatorId
    token: Token
    detail: Sealed
    counter: int
    made_at: datetime
    used_at: datetime | None = None
    copied_at: datetime | None = None


p, t = s.passkeys.c, s.spent_tickets.c
_COLUMNS = (p.passkey_id, p.operator_id, p.token, p.detail, p.counter, p.made_at, p.used_at, p.copied_at)


def add_passkey(tx: Tx, row: PasskeyRow) -> None:
    """Raises `AlreadyThere` where the credential is known."""
    values = {
        "passkey_id": row.passkey,
        "operator_id": row.operator,
        "token": row.token,
        "detail": row.detail,
        "counter": row.counter,
        "made_at": row.made_at,
        "used_at": row.used_at,
        "copied_at": row.copied_at,
    }
    tx.add(s.passkeys, values)


def passkeys_of(db: Reader, operator: OperatorId) -> list[PasskeyRow]:
    """The oldest first."""
    query = sa.select(*_COLUMNS).where(db.mine(s.passkeys), p.operator_id == operator)
    return db.rows(query.order_by(p.made_at, p.passkey_id), PasskeyRow)


def passkey_by_token(db: Reader, token: Token) -> PasskeyRow | None:
    return db.row(sa.select(*_COLUMNS).where(db.mine(s.passkeys), p.token == token), PasskeyRow)


def counted(tx: Tx, row: PasskeyRow, counter: int, at: datetime) -> bool:
    """It was used. False where the same passkey was used, removed or found copied since `row` was read."""
    same = [p.passkey_id == row.passkey, p.counter == row.counter, p.copied_at.is_(None)]
    return tx.change(s.passkeys, same, {"counter": counter, "used_at": at}) == 1


def found_copied(tx: Tx, passkey: PasskeyId, at: datetime) -> bool:
    """From now on it opens nothing. False where that was known."""
    return tx.change(s.passkeys, [p.passkey_id == passkey, p.copied_at.is_(None)], {"copied_at": at}) == 1


def remove_passkey(tx: Tx, passkey: PasskeyId, operator: OperatorId) -> bool:
    """False where it is none of this operator's."""
    return tx.remove(s.passkeys, [p.passkey_id == passkey, p.operator_id == operator]) == 1


def spend(tx: Tx, ticket_hash: bytes, expires_at: datetime, now: datetime) -> bool:
    """Use a ticket up; False where somebody has. Those whose time is over are forgotten on the way."""
    tx.remove(s.spent_tickets, [t.expires_at < now])
    row = {"ticket_hash": ticket_hash, "expires_at": expires_at}
    return bool(tx.add_unless_there(s.spent_tickets, [row], (t.ticket_hash,)))
