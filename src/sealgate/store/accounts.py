"""Operators and their sessions. Secrets are known here only by their SHA-256, and every end is a conditional update."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sealgate.domain.ids import OperatorId, SiteId
from sealgate.ports import Sealed, Token
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx

SiteRoles = frozenset[tuple[SiteId, str]]
"""Roles that hold at one site each."""


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """`profile`, `password` (an argon2id hash) and `totp` are sealed; `login_token` finds the operator who signs in."""

    operator: OperatorId
    login_token: Token
    profile: Sealed
    password: Sealed
    totp: Sealed | None
    roles: tuple[str, ...]
    created_at: datetime
    disabled_at: datetime | None
    site_roles: SiteRoles = frozenset()


@dataclass(frozen=True, slots=True)
class SessionRow:
    secret_hash: bytes
    operator: OperatorId
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    seen_at: datetime | None = None
    device: str | None = None


o, k, u = s.operators.c, s.sessions.c, s.setup_links.c
_OPERATOR = (o.operator_id, o.login_token, o.profile, o.password, o.totp, o.roles, o.created_at, o.disabled_at, o.site_roles)
_SESSION = (k.secret_hash, k.operator_id, k.created_at, k.expires_at, k.revoked_at, k.seen_at, k.device)


def add_operator(tx: Tx, row: OperatorRow) -> None:
    """Raises `AlreadyThere` where the login is taken."""
    values = {
        "operator_id": row.operator,
        "login_token": row.login_token,
        "profile": row.profile,
        "password": row.password,
        "totp": row.totp,
        "roles": sorted(row.roles),
        "site_roles": _written(row.site_roles),
        "created_at": row.created_at,
        "disabled_at": row.disabled_at,
    }
    tx.add(s.operators, values)


def operator(db: Reader, operator: OperatorId) -> OperatorRow | None:
    """In a write the row is locked: of two who show one code at once, the second sees that it was taken."""
    query = sa.select(*_OPERATOR).where(db.mine(s.operators), o.operator_id == operator)
    return db.row(query.with_for_update() if isinstance(db, Tx) else query, _operator)


def operator_by_login(db: Reader, login: Token) -> OperatorRow | None:
    """Disabled ones too: the sign-in takes as long for them."""
    return db.row(sa.select(*_OPERATOR).where(db.mine(s.operators), o.login_token == login), _operator)


def operators(db: Reader) -> list[OperatorRow]:
    return db.rows(sa.select(*_OPERATOR).where(db.mine(s.operators)).order_by(o.operator_id), _operator)


def set_password(tx: Tx, operator: OperatorId, password: Sealed) -> bool:
    """Whether there is such an operator."""
    return tx.change(s.operators, [o.operator_id == operator], {"password": password}) == 1


def set_totp(tx: Tx, operator: OperatorId, totp: Sealed | None) -> bool:
    """Whether there is such an operator."""
    return tx.change(s.operators, [o.operator_id == operator], {"totp": totp}) == 1


def set_roles(tx: Tx, operator: OperatorId, roles: Sequence[str], site_roles: SiteRoles) -> bool:
    """Whether there is such an operator."""
    values = {"roles": sorted(roles), "site_roles": _written(site_roles)}
    return tx.change(s.operators, [o.operator_id == operator], values) == 1


def disable_operator(tx: Tx, operator: OperatorId, at: datetime) -> bool:
    """False if the operator was disabled already, or never was."""
    return tx.change(s.operators, [o.operator_id == operator, o.disabled_at.is_(None)], {"disabled_at": at}) == 1


def add_session(tx: Tx, row: SessionRow) -> None:
    values = {
        "secret_hash": row.secret_hash,
        "operator_id": row.operator,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "revoked_at": row.revoked_at,
        "seen_at": row.seen_at,
        "device": row.device,
    }
    tx.add(s.sessions, values)


def session_by_hash(db: Reader, secret_hash: bytes) -> SessionRow | None:
    """Expired and revoked ones too."""
    return db.row(sa.select(*_SESSION).where(db.mine(s.sessions), k.secret_hash == secret_hash), SessionRow)


def touch(tx: Tx, secret_hash: bytes, at: datetime, device: str | None = None) -> None:
    """Remember that the session was used, and from what. Needs no journal entry: what it was used for has one."""
    with tx.upkeep():
        tx.change(s.sessions, [k.secret_hash == secret_hash], {"seen_at": at, "device": device})


def sessions_of(db: Reader, operator: OperatorId, now: datetime) -> list[SessionRow]:
    """Those that still open the door, newest first."""
    query = sa.select(*_SESSION).where(db.mine(s.sessions), k.operator_id == operator)
    query = query.where(k.expires_at > now, k.revoked_at.is_(None))
    return db.rows(query.order_by(k.created_at.desc(), k.secret_hash), SessionRow)


def revoke_session(tx: Tx, secret_hash: bytes, operator: OperatorId, at: datetime) -> bool:
    """False if it is none of this operator's, or was revoked already."""
    live = [k.secret_hash == secret_hash, k.operator_id == operator, k.revoked_at.is_(None)]
    return tx.change(s.sessions, live, {"revoked_at": at}) == 1


def revoke_all(tx: Tx, operator: OperatorId, at: datetime) -> int:
    """How many sessions ended by it."""
    return tx.change(s.sessions, [k.operator_id == operator, k.revoked_at.is_(None)], {"revoked_at": at})


def revoke_others(tx: Tx, operator: OperatorId, keep: bytes, at: datetime) -> int:
    """All of the operator's sessions but that one; how many ended by it."""
    return tx.change(s.sessions, [k.operator_id == operator, k.revoked_at.is_(None), k.secret_hash != keep], {"revoked_at": at})


def forget_sessions(tx: Tx, before: datetime) -> int:
    """Remove those that expired before that instant."""
    with tx.upkeep():
        return tx.remove(s.sessions, [k.expires_at < before])


def add_setup_link(
    tx: Tx, secret_hash: bytes, *, roles: Sequence[str], site_roles: SiteRoles = frozenset(), expires_at: datetime
) -> None:
    values = {"secret_hash": secret_hash, "roles": sorted(roles), "site_roles": _written(site_roles), "expires_at": expires_at}
    tx.add(s.setup_links, values)


def setup_link_open(db: Reader, secret_hash: bytes, now: datetime) -> bool:
    query = sa.select(u.secret_hash).where(db.mine(s.setup_links), *_usable(secret_hash, now))
    return db.sql.execute(query).first() is not None


def use_setup_link(tx: Tx, secret_hash: bytes, now: datetime) -> tuple[list[str], SiteRoles] | None:
    """Take the link; its roles, or None if it expired, never was, or somebody else opened it first."""
    if tx.change(s.setup_links, _usable(secret_hash, now), {"used_at": now}) != 1:
        return None
    query = sa.select(u.roles, u.site_roles).where(tx.mine(s.setup_links), u.secret_hash == secret_hash)
    return tx.row(query, lambda roles, site_roles: (list(roles), _read(site_roles)))


def _usable(secret_hash: bytes, now: datetime) -> list[sa.ColumnElement[bool]]:
    return [u.secret_hash == secret_hash, u.used_at.is_(None), u.expires_at > now]


def _operator(*row: Any) -> OperatorRow:
    *first, site_roles = row
    read = OperatorRow(*first)
    return replace(read, roles=tuple(read.roles), site_roles=_read(site_roles))


def _written(site_roles: SiteRoles) -> dict[str, list[str]]:
    sites = sorted({site for site, _role in site_roles})
    return {str(site): sorted(role for at, role in site_roles if at == site) for site in sites}


def _read(kept: dict[str, list[str]]) -> SiteRoles:
    return frozenset((SiteId(UUID(site)), role) for site, roles in kept.items() for role in roles)
