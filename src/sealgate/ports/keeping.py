"""Where sealed bytes and wrapped keys lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from sealgate.domain.ids import TenantId
from sealgate.ports.common import Sealed


class BlobStore(Protocol):
    """Sealed bytes under random names. What is put is on the disk when `put` returns."""

    def put(self, name: str, sealed: Sealed) -> None: ...
    def get(self, name: str) -> Sealed: ...
    def delete(self, name: str) -> None: ...
    def names(self) -> Iterator[str]: ...


class KeyKind(StrEnum):
    TENANT = "tenant"
    SUBJECT = "subject"
    SITE = "site"
    DAY = "day"
    PAY = "pay"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A key as the key store holds it. `scope` is a person's or site's id, `<site id>/<YYYY-MM-DD>` for a day,
    `<person id>/<YYYY>` for the pay of a year.

    `wrapped` is empty where the key was destroyed: its id and scope stay, so that no second key is ever made for it.
    """

    tenant: TenantId
    key: UUID
    kind: KeyKind
    scope: str
    wrapped: bytes
    made_at: datetime


@dataclass(frozen=True, slots=True)
class KeyCount:
    """How many keys of a kind were made on one day (UTC), and whether they still open something."""

    kind: KeyKind
    made_on: date
    alive: bool
    number: int


class KeyShelf(Protocol):
    """Where wrapped keys lie: apart from the data (VAULT 2)."""

    def put(self, key: WrappedKey) -> WrappedKey:
        """Keep it, durably; or, where that tenant, kind and scope has a key already, answer with the one that was first."""
        ...

    def put_all(self, keys: Sequence[WrappedKey]) -> list[WrappedKey]:
        """`put` for many at once: all of them are kept, or none; answers in their order. No two are of one scope."""
        ...

    def of_scope(self, tenant: TenantId, kind: KeyKind, scope: str) -> WrappedKey | None:
        """The one key of that scope, destroyed or not (then with empty `wrapped`; so answer `by_id` and `put` too)."""
        ...

    def of_scopes(self, tenant: TenantId, kind: KeyKind, scopes: Sequence[str]) -> list[WrappedKey]:
        """`of_scope` for many at once; a scope without a key is missing."""
        ...

    def by_id(self, tenant: TenantId, key: UUID) -> WrappedKey | None: ...
    def all(self) -> Iterator[WrappedKey]:
        """Every key, destroyed ones too. Keys may be rewrapped on the way; one that is put meanwhile may be missed."""
        ...

    def counts(self, tenant: TenantId) -> list[KeyCount]:
        """Of the tenant's keys, by day and kind, in that order."""
        ...

    def rewrap(self, key: WrappedKey, wrapped: bytes) -> bool:
        """Replace the wrapping if it is still the one in `key`; False if somebody was first."""
        ...

    def destroy(self, tenant: TenantId, key: UUID, at: datetime) -> bool:
        """Overwrite the wrapped bytes and remember that and when; False if it was gone already."""
        ...

    def destroy_all(self, tenant: TenantId, keys: Sequence[UUID], at: datetime) -> int:
        """`destroy` for many at once; how many were not gone already."""
        ...

    def root_check(self) -> bytes | None:
        """What the root of this shelf wrote at `init`, to tell a wrong root from a broken shelf (vault/roots.py)."""
        ...

    def set_root_check(self, sealed: bytes) -> None: ...
