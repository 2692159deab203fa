"""A key shelf that forgets everything when the process ends: for measuring, and for tests that are not about a disk.

The surprising thing: whoever keeps data beyond the process with keys on this shelf has destroyed the data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from uuid import UUID

from sealgate.domain.ids import TenantId
from sealgate.ports import KeyCount, KeyKind, WrappedKey


class MemoryShelf:
    def __init__(self) -> None:
        self._keys: dict[tuple[TenantId, UUID], WrappedKey] = {}
        self._scopes: dict[tuple[TenantId, KeyKind, str], UUID] = {}
        self._check: bytes | None = None
        self._lock = Lock()

    def put(self, key: WrappedKey) -> WrappedKey:
        with self._lock:
            first = self._scopes.setdefault((key.tenant, key.kind, key.scope), key.key)
            return self._keys.setdefault((key.tenant, first), key)

    def put_all(self, keys: Sequence[WrappedKey]) -> list[WrappedKey]:
        return [self.put(key) for key in keys]

    def of_scope(self, tenant: TenantId, kind: KeyKind, scope: str) -> WrappedKey | None:
        with self._lock:
            key = self._scopes.get((tenant, kind, scope))
            return None if key is None else self._keys[tenant, key]

    def of_scopes(self, tenant: TenantId, kind: KeyKind, scopes: Sequence[str]) -> list[WrappedKey]:
        return [key for scope in scopes if (key := self.of_scope(tenant, kind, scope)) is not None]

    def by_id(self, tenant: TenantId, key: UUID) -> WrappedKey | None:
        return self._keys.get((tenant, key))

    def all(self) -> Iterator[WrappedKey]:
        with self._lock:
            return iter(list(self._keys.values()))

    def counts(self, tenant: TenantId) -> list[KeyCount]:
        found = Counter((key.made_at.date(), key.kind, bool(key.wrapped)) for key in self.all() if key.tenant == tenant)
        return [KeyCount(kind, day, alive, number) for (day, kind, alive), number in sorted(found.items())]

    def rewrap(self, key: WrappedKey, wrapped: bytes) -> bool:
        with self._lock:
            found = self._keys.get((key.tenant, key.key))
            if found is None or not found.wrapped or found.wrapped != key.wrapped:
                return False
            self._keys[key.tenant, key.key] = replace(found, wrapped=wrapped)
            return True

    def destroy(self, tenant: TenantId, key: UUID, at: datetime) -> bool:
        del at  # only a shelf with a memory can remember when
        with self._lock:
            found = self._keys.get((tenant, key))
            if found is None or not found.wrapped:
                return False
            self._keys[tenant, key] = replace(found, wrapped=b"")
            return True

    def destroy_all(self, tenant: TenantId, keys: Sequence[UUID], at: datetime) -> int:
        return sum(self.destroy(tenant, key, at) for key in keys)

    def root_check(self) -> bytes | None:
        return self._check

    def set_root_check(self, sealed: bytes) -> None:
        self._check = sealed
