"""How a key comes from the shelf into memory, and is made where there is none.

The surprising thing: reading may have to begin again. Between reading a wrapped key and unwrapping it a rotation may have
put it under something newer and retired the old wrapping; what looks like a lost key is then only an old reading of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from threading import Lock
from uuid import UUID

from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import TenantId, uuid7
from sealgate.ports import Clock, KeyKind, KeyShelf, WrappedKey
from sealgate.vault.envelope import KEY_BYTES
from sealgate.vault.errors import KeyDestroyed, NotInitialised, RotationPending, UnknownKey, VaultSealed, WrongRoot
from sealgate.vault.openkeys import OpenKey, OpenKeys
from sealgate.vault.roots import Root, read_check
from sealgate.vault.rotation import changed_since
from sealgate.vault.wrapping import (
    check_scope,
    holding,
    unwrapped_by_key,
    unwrapped_by_root,
    wrapped_by_key,
    wrapped_by_root,
    wrapper_of,
    wrapping_scope,
)


class ShelvedKeys:
    """Opened keys by scope and by name. Any thread may ask, and no lock is held while the shelf works, but for `turn`.

    `roots` holds the root in use, and a second one while rotating or after a rotation that failed; it is empty while sealed.
    Who changes it, or puts a key under a root, holds `turn`. `find` gives roots of a check that need nobody: it is asked where
    a key turns out to lie under a root that another process has rotated to.
    """

    def __init__(self, shelf: KeyShelf, clock: Clock, capacity: int, trust: timedelta) -> None:
        self._shelf = shelf
        self._clock = clock
        self._open_keys = OpenKeys(capacity, trust)
        self.roots: tuple[Root, ...] = ()
        self.find: Callable[[bytes], Sequence[Root]] = lambda _check: ()
        self.turn = Lock()
        self._adding = Lock()

    def require_root(self) -> None:
        if not self.roots:
            raise VaultSealed

    def root_check(self) -> bytes:
        check = self._shelf.root_check()
        if check is None:
            raise NotInitialised
        return check

    # --- Asking ---

    def key(self, tenant: TenantId, kind: KeyKind, scope: str) -> OpenKey:
        """Made if there is none."""
        return self.known(tenant, kind, scope) or self._make(tenant, kind, scope)

    def known(self, tenant: TenantId, kind: KeyKind, scope: str) -> OpenKey | None:
        """None where it was never made."""
        self.require_root()
        if kind is KeyKind.TENANT:
            check_scope(kind, scope)  # always: a wrapping key may be in memory, and seals no value
        if found := self._open_keys.of_scope(tenant, kind, scope, self._clock.now()):
            return found
        check_scope(kind, scope)
        return self._fetch(lambda: self._shelf.of_scope(tenant, kind, scope))

    def named(self, tenant: TenantId, name: bytes) -> OpenKey:
        found = self._open_keys.named(tenant, name, self._clock.now()) or self._fetch(
            lambda: self._shelf.by_id(tenant, UUID(bytes=name))
        )
        if found is None:
            raise UnknownKey
        return found

    def own(self, tenant: TenantId) -> OpenKey:
        """The tenant's own key, never made here: who opens a value of a tenant without keys has the wrong shelf."""
        found = self.known(tenant, KeyKind.TENANT, "")
        if found is None:
            raise UnknownKey
        return found

    def wrapping_keys(self, tenant: TenantId) -> Iterator[WrappedKey]:
        """Oldest first, destroyed ones too."""
        number = 1
        while key := self._shelf.of_scope(tenant, KeyKind.TENANT, wrapping_scope(number)):
            yield key
            number += 1

    def destroy(self, key: WrappedKey) -> bool:
        gone = self._shelf.destroy(key.tenant, key.key, self._clock.now())
        self._open_keys.forget(key.tenant, key.key.bytes)
        return gone

    def destroy_all(self, tenant: TenantId, kind: KeyKind, scopes: Sequence[str]) -> int:
        """Of scopes that are not a tenant's own; how many were there."""
        found = self._shelf.of_scopes(tenant, kind, scopes)
        gone = self._shelf.destroy_all(tenant, [key.key for key in found if key.wrapped], self._clock.now())
        for key in found:
            self._open_keys.forget(tenant, key.key.bytes)
        return gone

    def forget(self, tenant: TenantId) -> None:
        self._open_keys.forget(tenant)

    def _fetch(self, ask: Callable[[], WrappedKey | None]) -> OpenKey | None:
        ticket = self._open_keys.ticket()  # before the shelf is asked: see OpenKeys
        record = ask()
        return None if record is None else self._keep(record, ticket)

    def _keep(self, record: WrappedKey, ticket: int) -> OpenKey:
        key = self.opened(record)
        self._open_keys.keep(key, ticket, self._clock.now())
        return key

    # --- Making: two threads or processes may both come here; the shelf keeps the first key, and both go on with it ---

    def _make(self, tenant: TenantId, kind: KeyKind, scope: str) -> OpenKey:
        ticket = self._open_keys.ticket()
        if kind is not KeyKind.TENANT:
            return self._keep(self._put_under_key(tenant, kind, scope), ticket)
        with self.turn:
            record = self.put_under_root(tenant, scope)
        return self._keep(record, ticket)

    def make_all(self, tenant: TenantId, kind: KeyKind, scopes: Sequence[str]) -> None:
        """As `_make`, with one commit for all. Scopes that have a key already keep it."""
        for scope in scopes:
            check_scope(kind, scope)
        ticket, wrapper = self._open_keys.ticket(), self._newest_wrapper(tenant)
        blanks = [self._blank(tenant, kind, scope) for scope in dict.fromkeys(scopes)]
        made = [holding(blank, wrapped_by_key(wrapper, blank, secrets.token_bytes(KEY_BYTES))) for blank in blanks]
        for record in self._shelf.put_all(made):
            if record.wrapped:
                self._keep(record, ticket)

    def put_under_root(self, tenant: TenantId, scope: str) -> WrappedKey:
        """Needs `turn`. Raises `RotationPending`, `WrongRoot`.

        A rotation in another process may pass by between our reading the root and our putting the key, which then lies
        under a root about to be thrown away: so the root is looked at again before anything is sealed under the key.
        """
        root = self._sole_root()
        blank = self._blank(tenant, KeyKind.TENANT, scope)
        record = self._shelf.put(holding(blank, wrapped_by_root(root, blank, secrets.token_bytes(KEY_BYTES))))
        self._sole_root()
        return record

    def _sole_root(self) -> Root:
        self.require_root()
        known = [entry.root_name for entry in read_check(self.root_check())]
        if len(known) > 1:
            raise RotationPending
        if self._held(known[0]) is None:
            self._found(known[0])
        root = self._held(known[0])
        if root is None:
            raise WrongRoot
        return root

    def _held(self, name: bytes) -> Root | None:
        return next((root for root in self.roots if root.name == name), None)

    def _found(self, name: bytes) -> bool:
        """Another process has rotated the root, or is about to: whether the root of that name is held now."""
        while True:
            check = self.root_check()
            more = self._looked_for(check)
            with self._adding:
                self.roots = (*self.roots, *(root for root in more if self._held(root.name) is None))
            if self._held(name) is not None or self.root_check() == check:
                return self._held(name) is not None

    def _looked_for(self, check: bytes) -> list[Root]:
        known = {entry.root_name for entry in read_check(check)}
        try:
            return [root for root in self.find(check) if root.name in known]
        except (Refused, Fault):
            return []

    def _put_under_key(self, tenant: TenantId, kind: KeyKind, scope: str) -> WrappedKey:
        wrapper = self._newest_wrapper(tenant)
        blank = self._blank(tenant, kind, scope)
        return self._shelf.put(holding(blank, wrapped_by_key(wrapper, blank, secrets.token_bytes(KEY_BYTES))))

    def _newest_wrapper(self, tenant: TenantId) -> OpenKey:
        """Asks the shelf each time: a rotation in another process must not go unseen, and a new key is rare."""
        self.key(tenant, KeyKind.TENANT, "")  # a destroyed tenant gets no new wrapping key
        made = list(self.wrapping_keys(tenant))
        if made:
            return self.named(tenant, made[-1].key.bytes)
        with self.turn:
            return self.opened(self.put_under_root(tenant, wrapping_scope(1)))

    def _blank(self, tenant: TenantId, kind: KeyKind, scope: str) -> WrappedKey:
        now = self._clock.now()
        return WrappedKey(tenant, uuid7(now, secrets.token_bytes(10)), kind, scope, b"", now)

    # --- Opening ---

    def opened(self, record: WrappedKey) -> OpenKey:
        while True:
            try:
                return self._unwrapped(record)
            except (WrongRoot, UnknownKey, KeyDestroyed) as error:
                newer = changed_since(self._shelf, record)
                if newer is None and isinstance(error, WrongRoot) and self._found(wrapper_of(record)):
                    continue
                newer = newer or changed_since(self._shelf, record)
                if newer is None:
                    raise
                record = newer

    def _unwrapped(self, record: WrappedKey) -> OpenKey:
        if record.kind is KeyKind.TENANT:
            return OpenKey(record, self.unwrap_by_root(record))
        return OpenKey(record, self.unwrap_by_key(record), self.own(record.tenant).veiling)

    def unwrap_by_root(self, record: WrappedKey) -> bytes:
        name = wrapper_of(record)
        for root in self.roots:
            if root.name == name:
                return unwrapped_by_root(root, record)
        raise WrongRoot

    def unwrap_by_key(self, record: WrappedKey) -> bytes:
        return unwrapped_by_key(self.named(record.tenant, wrapper_of(record)), record)
