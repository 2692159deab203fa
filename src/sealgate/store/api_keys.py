"""Keys of programs that act for an operator. A secret is known here only by its SHA-256."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.ids import ApiKeyId, OperatorId
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx

k = s.api_keys.c


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    """`scopes` are words of `domain.operators.Scope`."""

    key: ApiKeyId
    operator: OperatorId
    name: str
    scopes: tuple[str, ...]
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


_COLUMNS = (k.key_id, k.operator_id, k.name, k.scopes, k.made_at, k.expires_at, k.used_at, k.revoked_at)


def add_key(tx: Tx, row: ApiKeyRow, secret_hash: bytes) -> None:
    values: dict[str, Any] = {
        "key_id": row.key,
        "operator_id": row.operator,
        "name": row.name,
        "secret_hash": secret_hash,
        "scopes": sorted(row.scopes),
        "made_at": row.made_at,
        "expires_at": row.expires_at,
        "used_at": None,
        "revoked_at": None,
    }
    tx.add(s.api_keys, values)


def key_by_hash(db: Reader, secret_hash: bytes) -> ApiKeyRow | None:
    """Revoked and expired ones too."""
    return db.row(sa.select(*_COLUMNS).where(db.mine(s.api_keys), k.secret_hash == secret_hash), _row)


def keys(db: Reader) -> list[ApiKeyRow]:
    """All of the tenant, the newest first."""
    return db.rows(sa.select(*_COLUMNS).where(db.mine(s.api_keys)).order_by(k.made_at.desc(), k.key_id), _row)


def used(tx: Tx, key: ApiKeyId, at: datetime) -> None:
    """A mark of our own machinery: no journal entry."""
    with tx.upkeep():
        tx.change(s.api_keys, [k.key_id == key], {"used_at": at})


def revoke(tx: Tx, key: ApiKeyId, at: datetime) -> bool:
    """False where it is none, or was revoked before."""
    return tx.change(s.api_keys, [k.key_id == key, k.revoked_at.is_(None)], {"revoked_at": at}) == 1


def _row(
    key: ApiKeyId,
    operator: OperatorId,
    name: str,
    scopes: Sequence[str],
    made_at: datetime,
    expires_at: datetime,
    used_at: datetime | None,
    revoked_at: datetime | None,
) -> ApiKeyRow:
    return ApiKeyRow(key, operator, name, tuple(scopes), made_at, expires_at, used_at, revoked_at)
