"""Keys of programs: a token made in the console, shown once, kept as a hash, that may do a few things for who made it.

The surprising thing: a key has no rights of its own. It acts as the operator who made it, in the rights that they have now, and
only for its scopes: who is disabled or loses a role takes their keys along.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sealgate.domain.errors import Forbidden, Invalid, NotFound
from sealgate.domain.ids import ApiKeyId
from sealgate.domain.operators import Permission, Scope
from sealgate.flows import signin
from sealgate.flows.kit import House, Signed, fingerprint, new_secret, tenant_of
from sealgate.flows.rules import title
from sealgate.privacy import journal
from sealgate.store import api_keys as rows

PREFIX = "sgk_"
"""With this every key begins, so that people and scanners of code know one when they see it."""

LIVES = (30, 90, 365)
"""Days for which a key can be made."""

MARKED = timedelta(minutes=1)
"""That a key was used is written down at most so often."""


class NoScope(Invalid):
    """A key that may do nothing is none."""

    code = "api.no-scope"
    hint = "Choose what the key may do"


class BadLife(Invalid):
    code = "api.bad-life"
    hint = "A key lives 30, 90 or 365 days"


@dataclass(frozen=True, slots=True)
class KeyLine:
    """`by` is whose rights it has; `live`: it opens something now."""

    key: ApiKeyId
    name: str
    by: str
    scopes: tuple[Scope, ...]
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked: bool
    live: bool


def listed(house: House, signed: Signed) -> list[KeyLine]:
    """All keys of the organisation, the newest first."""
    names = {line.operator: line for line in signin.operators(house, signed)}
    now = house.clock.now()
    with house.store.read(signed.tenant) as db:
        found = rows.keys(db)
    return [
        KeyLine(
            key=row.key,
            name=row.name,
            by=names[row.operator].name,
            scopes=_scopes(row.scopes),
            made_at=row.made_at,
            expires_at=row.expires_at,
            used_at=row.used_at,
            revoked=row.revoked_at is not None,
            live=row.revoked_at is None and row.expires_at > now and not names[row.operator].disabled,
        )
        for row in found
        if row.operator in names
    ]


def make(house: House, signed: Signed, name: str, scopes: Iterable[str], days: int) -> str:
    """The key's text, this once. Raises `NoScope`, `BadLife`, `BadTitle`."""
    signed.need(Permission.MANAGE_OPERATORS)
    chosen = _scopes(scopes)
    if not chosen:
        raise NoScope("a key may do something", field="scope")
    if days not in LIVES:
        raise BadLife("not a life of a key", field="days")
    secret, now = new_secret(signed.tenant), house.clock.now()
    row = rows.ApiKeyRow(
        key=ApiKeyId(house.new_id()),
        operator=signed.operator,
        name=title(name),
        scopes=tuple(scope.value for scope in chosen),
        made_at=now,
        expires_at=now + timedelta(days=days),
        used_at=None,
        revoked_at=None,
    )
    with house.store.begin(signed.tenant, signed.actor) as tx:
        rows.add_key(tx, row, fingerprint(secret))
        journal.write(tx, house.keyring, now, "api-key.made", object=f"api-key:{row.key}:{','.join(row.scopes)}")
    return PREFIX + secret


def revoke(house: House, signed: Signed, key: ApiKeyId) -> None:
    """It opens nothing from now on. Raises `NotFound`, also where it was revoked before."""
    signed.need(Permission.MANAGE_OPERATORS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        if not rows.revoke(tx, key, now):
            raise NotFound("key")
        journal.write(tx, house.keyring, now, "api-key.revoked", object=f"api-key:{key}")


def acting(house: House, text: str, scope: Scope) -> Signed | None:
    """The operator for whom a key acts; None for what is no live key. Raises `Forbidden` where the scope is another."""
    secret = text.removeprefix(PREFIX)
    tenant = tenant_of(secret) if text.startswith(PREFIX) else None
    if tenant is None:
        return None
    now = house.clock.now()
    with house.store.read(tenant) as db:
        row = rows.key_by_hash(db, fingerprint(secret))
        if row is None or row.revoked_at is not None or row.expires_at <= now:
            return None
        signed = signin.signed_as(house, db, row.operator, "", row.expires_at)
    if signed is None or signed.must_add_factor:
        return None
    if scope not in _scopes(row.scopes):
        raise Forbidden(scope.value)
    if row.used_at is None or now - row.used_at >= MARKED:
        with house.store.begin(tenant, signed.actor) as tx:
            rows.used(tx, row.key, now)
    return signed


def _scopes(words: Iterable[str]) -> tuple[Scope, ...]:
    known = set(words)
    return tuple(scope for scope in Scope if scope.value in known)
