"""Keys in memory: what is made of an opened key, and how long it may stay.

The surprising thing: a kept key is trusted for minutes only, then the shelf is asked again. So a key that another
process destroyed stops working here too, and an erased person does not live on in a busy server's memory.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sealgate.domain.ids import TenantId
from sealgate.ports import KeyKind, WrappedKey
from sealgate.vault.envelope import KEY_BYTES, expand

_MAX_DERIVED = 16
"""Purposes are words of our code, a handful for each kind of key; more than this are made anew each time."""


class OpenKey:
    """One opened key and what it is good for. Every use has a key of its own, made by HKDF from the secret.

    `veiling` hides key ids and belongs to the tenant: a tenant's own key makes it, every other key is handed it.
    Any thread may use it: an AESGCM keeps no state, a keyed HMAC is copied before use.
    """

    __slots__ = ("_derived", "_keyed", "_secret", "_wraps", "kind", "name", "scope", "seals", "tenant", "veiling")

    def __init__(self, record: WrappedKey, secret: bytes, veiling: hmac.HMAC | None = None) -> None:
        self.tenant, self.kind, self.scope = record.tenant, record.kind, record.scope
        self.name = record.key.bytes
        self.seals = AESGCM(expand(secret, "seal"))
        self.veiling = veiling or keyed(expand(secret, "veil"))
        self._secret = secret
        self._wraps: AESGCM | None = None
        self._derived: dict[tuple[str, int], bytes] = {}
        self._keyed: dict[str, hmac.HMAC] = {}

    def __repr__(self) -> str:
        return f"OpenKey({self.kind} {self.name.hex()})"

    @property
    def wraps(self) -> AESGCM:
        if self._wraps is None:
            self._wraps = AESGCM(expand(self._secret, "wrap"))
        return self._wraps

    def derive(self, purpose: str, length: int = KEY_BYTES) -> bytes:
        found = self._derived.get((purpose, length))
        if found is None:
            found = expand(self._secret, "derive", purpose, length=length)
            if len(self._derived) < _MAX_DERIVED:
                self._derived[purpose, length] = found
        return found

    def keyed(self, purpose: str) -> hmac.HMAC:
        """An HMAC-SHA-256 under the derived key of that purpose. Copy it; never update it."""
        found = self._keyed.get(purpose)
        if found is None:
            found = keyed(self.derive(purpose))
            if len(self._keyed) < _MAX_DERIVED:
                self._keyed[purpose] = found
        return found


def keyed(secret: bytes) -> hmac.HMAC:
    """An HMAC-SHA-256 that has read its key. Copying it is faster than keying a new one."""
    return hmac.new(secret, digestmod="sha256")


@dataclass(frozen=True, slots=True)
class _Kept:
    key: OpenKey
    since: datetime


class OpenKeys:
    """The most recently used keys, each for at most `trust`. Any thread may ask; nothing here waits for a disk.

    A key that was read from the shelf before somebody destroyed it must not be kept after: so whoever reads takes a
    `ticket` first, and `keep` throws the key away when anything was forgotten since.
    """

    def __init__(self, capacity: int, trust: timedelta) -> None:
        if capacity < 4:
            raise ValueError("a cache this small would hold no tenant, wrapping and subject key together")
        self._capacity, self._trust = capacity, trust
        self._kept: OrderedDict[tuple[int, bytes], _Kept] = OrderedDict()
        self._names: dict[tuple[int, KeyKind, str], bytes] = {}
        self._forgotten = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def of_scope(self, tenant: TenantId, kind: KeyKind, scope: str, now: datetime) -> OpenKey | None:
        with self._lock:
            name = self._names.get((tenant.int, kind, scope))
            return None if name is None else self._fresh((tenant.int, name), now)

    def named(self, tenant: TenantId, name: bytes, now: datetime) -> OpenKey | None:
        with self._lock:
            return self._fresh((tenant.int, name), now)

    def _fresh(self, at: tuple[int, bytes], now: datetime) -> OpenKey | None:
        kept = self._kept.get(at)
        if kept is None:
            return None
        if not timedelta() <= now - kept.since <= self._trust:  # a clock that jumped back is no reason to trust for longer
            self._drop(at)
            return None
        self._kept.move_to_end(at)
        return kept.key

    def ticket(self) -> int:
        return self._forgotten

    def keep(self, key: OpenKey, ticket: int, now: datetime) -> None:
        with self._lock:
            if ticket != self._forgotten:
                return
            self._kept[key.tenant.int, key.name] = _Kept(key, now)
            self._kept.move_to_end((key.tenant.int, key.name))
            self._names[key.tenant.int, key.kind, key.scope] = key.name
            if len(self._kept) > self._capacity:
                self._drop(next(iter(self._kept)))

    def forget(self, tenant: TenantId, name: bytes | None = None) -> None:
        """One key, or with no name all keys of the tenant."""
        with self._lock:
            self._forgotten += 1
            for at in [at for at in self._kept if at[0] == tenant.int] if name is None else [(tenant.int, name)]:
                self._drop(at)

    def _drop(self, at: tuple[int, bytes]) -> None:
        kept = self._kept.pop(at, None)
        if kept is not None:
            self._names.pop((at[0], kept.key.kind, kept.key.scope), None)
