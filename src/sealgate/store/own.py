"""The links and sessions by which people come to their own data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sealgate.domain.ids import PersonId
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class OwnSession:
    person: PersonId
    expires_at: datetime


u, k = s.own_links.c, s.own_sessions.c


def add_link(tx: Tx, secret_hash: bytes, person: PersonId, expires_at: datetime) -> None:
    """Raises `NoSuchThing` where there is no such person."""
    tx.add(s.own_links, {"secret_hash": secret_hash, "person_id": person, "expires_at": expires_at})


def end_links(tx: Tx, person: PersonId, at: datetime) -> int:
    """Links not used so far open nothing from now on; how many."""
    return tx.change(s.own_links, [u.person_id == person, u.used_at.is_(None)], {"used_at": at})


def link_open(db: Reader, secret_hash: bytes, now: datetime) -> bool:
    query = sa.select(u.secret_hash).where(db.mine(s.own_links), *_usable(secret_hash, now))
    return db.sql.execute(query).first() is not None


def use_link(tx: Tx, secret_hash: bytes, now: datetime) -> PersonId | None:
    """Whose it is; None if it expired, never was, or somebody else used it first."""
    if tx.change(s.own_links, _usable(secret_hash, now), {"used_at": now}) != 1:
        return None
    return tx.row(sa.select(u.person_id).where(tx.mine(s.own_links), u.secret_hash == secret_hash), PersonId)


def add_session(tx: Tx, secret_hash: bytes, person: PersonId, now: datetime, expires_at: datetime) -> None:
    values = {"secret_hash": secret_hash, "person_id": person, "created_at": now, "expires_at": expires_at}
    tx.add(s.own_sessions, values)


def session(db: Reader, secret_hash: bytes, now: datetime) -> OwnSession | None:
    """None too where it is over or was ended."""
    query = sa.select(k.person_id, k.expires_at).where(db.mine(s.own_sessions), k.secret_hash == secret_hash)
    return db.row(query.where(k.expires_at > now, k.revoked_at.is_(None)), OwnSession)


def end_sessions(tx: Tx, person: PersonId, at: datetime) -> int:
    """All of the person's; how many ended by it."""
    return tx.change(s.own_sessions, [k.person_id == person, k.revoked_at.is_(None)], {"revoked_at": at})


def end_session(tx: Tx, secret_hash: bytes, at: datetime) -> bool:
    return tx.change(s.own_sessions, [k.secret_hash == secret_hash, k.revoked_at.is_(None)], {"revoked_at": at}) == 1


def _usable(secret_hash: bytes, now: datetime) -> list[sa.ColumnElement[bool]]:
    return [u.secret_hash == secret_hash, u.used_at.is_(None), u.expires_at > now]
