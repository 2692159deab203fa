"""Sign-in services of organisations, and the identities there that are operators here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.ids import OperatorId
from sealgate.ports import Sealed, Token
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """`roles` is by values of the claim; `secret` is sealed, None for a client that has none."""

    issuer: str
    client_id: str
    label: str
    domain: str
    role_claim: str
    roles: Mapping[str, str]
    enabled: bool
    changed_at: datetime
    secret: Sealed | None


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """`token` finds it by issuer and subject; `detail` has both, and what the service calls the person."""

    token: Token
    operator: OperatorId
    detail: Sealed
    made_at: datetime
    used_at: datetime | None = None


v, i = s.signin_services.c, s.outside_identities.c
_SERVICE = tuple(v[name] for name in ServiceRow.__dataclass_fields__)
_IDENTITY = (i.token, i.operator_id, i.detail, i.made_at, i.used_at)


def service(db: Reader) -> ServiceRow | None:
    found = db.row(sa.select(*_SERVICE).where(db.mine(s.signin_services)), ServiceRow)
    return found and replace(found, enabled=bool(found.enabled))


def put_service(tx: Tx, row: ServiceRow) -> None:
    tx.put(s.signin_services, [{name: getattr(row, name) for name in ServiceRow.__dataclass_fields__}])


def remove_service(tx: Tx) -> bool:
    return tx.remove(s.signin_services, []) == 1


def identity(db: Reader, token: Token) -> IdentityRow | None:
    return db.row(sa.select(*_IDENTITY).where(db.mine(s.outside_identities), i.token == token), IdentityRow)


def identities_of(db: Reader, operator: OperatorId) -> list[IdentityRow]:
    query = sa.select(*_IDENTITY).where(db.mine(s.outside_identities), i.operator_id == operator)
    return db.rows(query.order_by(i.made_at, i.token), IdentityRow)


def add_identity(tx: Tx, row: IdentityRow) -> None:
    """Raises `AlreadyThere` where it is somebody's."""
    values: dict[str, Any] = {
        "token": row.token,
        "operator_id": row.operator,
        "detail": row.detail,
        "made_at": row.made_at,
        "used_at": row.used_at,
    }
    tx.add(s.outside_identities, values)


def identity_used(tx: Tx, token: Token, at: datetime) -> None:
    tx.change(s.outside_identities, [i.token == token], {"used_at": at})


def remove_identity(tx: Tx, token: Token, operator: OperatorId) -> bool:
    """False where it is none of this operator's."""
    return tx.remove(s.outside_identities, [i.token == token, i.operator_id == operator]) == 1


def take_roles(tx: Tx, operator: OperatorId, roles: Sequence[str]) -> None:
    """The roles at every site that the service gives, in the place of those before."""
    tx.change(s.operators, [s.operators.c.operator_id == operator], {"roles": sorted(roles)})
