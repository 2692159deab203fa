"""The keys of all tenants, by what they are for: made on first use, kept wrapped on the shelf, destroyed for good.

The surprising thing: one scope has one key, ever. Rotation puts a new wrapping around it and never a new key in its place,
so nothing that was sealed is written again; and a destroyed scope answers `KeyDestroyed` for all time, so that a late
passage of an erased person cannot bring a key back. A tenant has an own key, for its own values and tokens, and wrapping
keys, of which rotation adds a newer one; the root wraps both.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from sealgate.domain.ids import TenantId
from sealgate.ports import Clock, KeyCount, KeyKind, KeyShelf, Sealed, WrappedKey
from sealgate.vault.envelope import KEY_BYTES, NONCE_BYTES, Form, Place, header_of, open_value, seal_value, veil
from sealgate.vault.errors import AlreadyInitialised, KeyDestroyed, RotationPending
from sealgate.vault.roots import Root, entry_of, read_check, verify, write_check
from sealgate.vault.rotation import RETIRE_AFTER, rewrap_all
from sealgate.vault.shelvedkeys import ShelvedKeys
from sealgate.vault.wrapping import check_scope, wrapped_by_key, wrapped_by_root, wrapper_of, wrapping_scope


class Keyring:
    """Seals and opens by tenant and scope. Sealed until `unlock`; from then on any thread may call anything.

    No lock is held while a value is sealed or opened. Two makers of one key are settled by the shelf's `put`, a rotation
    and its neighbours by the shelf's conditional `rewrap`; only making a tenant's key and rotating take turns.
    Opened keys stay in memory for `trust` at most, and `capacity` of them (about 4 KiB each).
    """

    def __init__(self, shelf: KeyShelf, clock: Clock, *, capacity: int = 8192, trust: timedelta = timedelta(minutes=5)) -> None:
        self._shelf = shelf
        self._clock = clock
        self._keys = ShelvedKeys(shelf, clock, capacity, trust)

    @property
    def is_sealed(self) -> bool:
        return not self._keys.roots

    def initialise(self, root: Root) -> None:
        """Write the root check of a new shelf, once, and unlock. Raises `AlreadyInitialised`."""
        if self._shelf.root_check() is not None:
            raise AlreadyInitialised
        self._shelf.set_root_check(write_check(entry_of(root)))
        self.unlock(root)

    def unlock(self, root: Root) -> None:
        """Raises `NotInitialised`, `WrongRoot`, and `NotAnEnvelope` or `DoesNotOpen` for a damaged root check."""
        with self._keys.turn:
            verify(root, self.root_check())
            self._keys.roots = (root,)

    def look_with(self, find: Callable[[bytes], Sequence[Root]]) -> None:
        """Where roots of a root check are to be had without people: asked at once when another process has rotated the root."""
        self._keys.find = find

    def follow(self, found: Sequence[Root] = ()) -> bool:
        """Keep what still opens the shelf of the roots that we hold and those that were `found`; False where none does.

        Another process may have rotated the root: then we go on with the new one, or are sealed until somebody gives it.
        """
        with self._keys.turn:
            held = {root.name: root for root in (*self._keys.roots, *found)}
            check = self.root_check()
            usable = [held[entry.root_name] for entry in read_check(check) if entry.root_name in held]
            for root in usable:
                verify(root, check)
            self._keys.roots = tuple(usable)
        return bool(usable)

    @property
    def is_current(self) -> bool:
        """Whether the roots that we hold are those of the shelf: not so during a rotation elsewhere, nor after it."""
        return [root.name for root in self._keys.roots] == [entry.root_name for entry in read_check(self.root_check())]

    @property
    def newest_root(self) -> Root | None:
        """The one that a rotation was to end with; None where we do not hold both, and it cannot go on here."""
        return self._keys.roots[-1] if len(self._keys.roots) > 1 else None

    def wrap(self, plain: bytes, bound: bytes) -> bytes:
        """By the root itself: for what must open where there is no shelf, such as a backup of it. Raises `VaultSealed`."""
        self._keys.require_root()
        return self._keys.roots[-1].wrap(plain, bound)

    def root_check(self) -> bytes:
        """What `open_passphrase_root` needs; no secret. Raises `NotInitialised`."""
        return self._keys.root_check()

    # --- Values. Each raises `VaultSealed`, and `KeyDestroyed` where the key was there once. ---

    def seal(self, tenant: TenantId, kind: KeyKind, scope: str, place: Place, plain: bytes) -> Sealed:
        """Makes the key on first use. Raises `TooLong`."""
        if place.tenant != tenant:
            raise ValueError("a tenant's key seals values of that tenant only")
        key = self._keys.key(tenant, kind, scope)
        return seal_value(key.name, secrets.token_bytes(NONCE_BYTES), key.seals, key.veiling, place=place, plain=plain)

    def prepare(self, tenant: TenantId, kind: KeyKind, scopes: Sequence[str]) -> None:
        """Make the keys of many new scopes in one go, for whoever is about to seal under each of them; not for a tenant's.

        No more than the keyring keeps open at once, or those that fall out are fetched one by one.
        """
        self._keys.make_all(tenant, kind, scopes)

    def open(self, place: Place, sealed: Sealed) -> bytes:
        """Raises `NotAnEnvelope`, `UnknownKey`, `DoesNotOpen`."""
        self._keys.require_root()
        header = header_of(Form.VALUE, sealed)
        name = veil(header.name, header.nonce, self._keys.own(place.tenant).veiling)
        return open_value(header, self._keys.named(place.tenant, name).seals, place, sealed)

    def derive(self, tenant: TenantId, kind: KeyKind, scope: str, purpose: str, length: int = KEY_BYTES) -> bytes:
        """Up to 8,160 secret bytes, the same until the key is destroyed, others for each purpose and length."""
        return self._keys.key(tenant, kind, scope).derive(purpose, length)

    def keyed(self, tenant: TenantId, kind: KeyKind, scope: str, purpose: str) -> hmac.HMAC:
        """HMAC-SHA-256 under the key that `derive` gives, ready to be copied; not to be kept nor updated."""
        return self._keys.key(tenant, kind, scope).keyed(purpose)

    def keyed_if_made(self, tenant: TenantId, kind: KeyKind, scope: str, purpose: str) -> hmac.HMAC | None:
        """As `keyed`, but None where the key was never made; asking makes none."""
        key = self._keys.known(tenant, kind, scope)
        return None if key is None else key.keyed(purpose)

    def has(self, tenant: TenantId, kind: KeyKind, scope: str) -> bool:
        """Whether there is a key that opens something; asking makes none."""
        try:
            return self._keys.known(tenant, kind, scope) is not None
        except KeyDestroyed:
            return False

    def scopes(self, tenant: TenantId, kind: KeyKind) -> list[str]:
        """Of which there is a key that opens something. Reads the whole shelf: for the nightly job."""
        found = self._shelf.all()
        return sorted(key.scope for key in found if key.tenant == tenant and key.kind is kind and key.wrapped)

    def is_usable(self, tenant: TenantId, kind: KeyKind, scope: str) -> bool:
        """Whether something can be sealed there: False once its key was destroyed. Asking makes none."""
        try:
            self._keys.known(tenant, kind, scope)
        except KeyDestroyed:
            return False
        return True

    def key_id(self, tenant: TenantId, kind: KeyKind, scope: str) -> UUID:
        """Makes the key on first use."""
        return UUID(bytes=self._keys.key(tenant, kind, scope).name)

    def destroy(self, tenant: TenantId, kind: KeyKind, scope: str) -> bool:
        """For good: here at once, in other processes within `trust`. False where there is no key, or none any more.

        Destroying a tenant's own key destroys the tenant: nothing under it opens again.
        """
        self._keys.require_root()
        check_scope(kind, scope)
        found = self._shelf.of_scope(tenant, kind, scope)
        if kind is not KeyKind.TENANT:
            return found is not None and self._keys.destroy(found)
        with self._keys.turn:
            gone = [self._keys.destroy(key) for key in (found, *self._keys.wrapping_keys(tenant)) if key is not None]
        self._keys.forget(tenant)
        return any(gone)

    def destroy_all(self, tenant: TenantId, kind: KeyKind, scopes: Sequence[str]) -> int:
        """`destroy` of many scopes at once, for a fraction of the price; how many were there. Not for a tenant's own key."""
        self._keys.require_root()
        if kind is KeyKind.TENANT:
            raise ValueError("a tenant's keys are destroyed one by one")
        for scope in scopes:
            check_scope(kind, scope)
        return self._keys.destroy_all(tenant, kind, scopes)

    def counts(self, tenant: TenantId) -> list[KeyCount]:
        """How many keys were made when. Needs no root, for it opens none."""
        return self._shelf.counts(tenant)

    def shelved(self) -> Iterator[WrappedKey]:
        """Every key as it lies there, of all tenants: for a backup."""
        self._keys.require_root()
        return self._shelf.all()

    def wrapped_since(self, tenant: TenantId) -> datetime | None:
        """When the newest wrapping key was made: when the tenant's keys were rotated last. None before the first key."""
        made = list(self._keys.wrapping_keys(tenant))
        return made[-1].made_at if made else None

    # --- Rotation, while others seal and open. Both answer how many keys got a new wrapping. ---

    def rotate_root(self, new_root: Root) -> int:
        """Put every tenant's keys under `new_root` and forget the old one. Other processes must unlock again after it.

        Stopped half-way it leaves a shelf that either root unlocks; called again, it goes on to the end. Raises
        `RotationPending` where a rotation to a third root has not ended, `WrongRoot` where ours is not the shelf's any more.
        """
        self._keys.require_root()
        with self._keys.turn:
            old, new, check = self._keys.roots[0], entry_of(new_root), self.root_check()
            verify(old, check)
            others = [entry for entry in read_check(check) if entry.root_name != new_root.name]
            if len(others) > 1:
                raise RotationPending
            self._shelf.set_root_check(write_check(*others, new))  # before any key: a crash must not lose a new salt
            self._keys.roots = (old, new_root)
            changed = rewrap_all(
                self._shelf,
                lambda key: key.kind is KeyKind.TENANT and wrapper_of(key) != new_root.name,
                lambda key: wrapped_by_root(new_root, key, self._keys.unwrap_by_root(key)),
            )
            self._shelf.set_root_check(write_check(new))
            self._keys.roots = (new_root,)
        return changed

    def rotate_tenant(self, tenant: TenantId) -> int:
        """Make a new wrapping key, put the tenant's keys under it, and destroy wrapping keys that were replaced long ago.

        The tenant's own key stays: another one would be another index of names and logins. Raises `RotationPending`.
        """
        self._keys.key(tenant, KeyKind.TENANT, "")
        with self._keys.turn:
            earlier = list(self._keys.wrapping_keys(tenant))
            record = self._keys.put_under_root(tenant, wrapping_scope(len(earlier) + 1))
        new = self._keys.opened(record)
        older = {key.key.bytes for key in earlier}
        changed = rewrap_all(
            self._shelf,
            lambda key: key.tenant == tenant and key.kind is not KeyKind.TENANT and wrapper_of(key) in older,
            lambda key: wrapped_by_key(new, key, self._keys.unwrap_by_key(key)),
        )
        self._retire(tenant, earlier)
        self._stay_destroyed(tenant, record)
        return changed

    def _retire(self, tenant: TenantId, earlier: list[WrappedKey]) -> None:
        """Destroy the wrapping keys that nothing lies under and that were replaced long enough ago (`RETIRE_AFTER`)."""
        now = self._clock.now()
        used = {wrapper_of(key) for key in self._shelf.all() if key.tenant == tenant and key.wrapped}
        for key, successor in pairwise(earlier):
            if key.wrapped and key.key.bytes not in used and now - successor.made_at >= RETIRE_AFTER:
                self._keys.destroy(key)

    def _stay_destroyed(self, tenant: TenantId, wrapping: WrappedKey) -> None:
        """Another process may have destroyed the tenant while we put its keys under a new one: then that one goes too."""
        own = self._shelf.of_scope(tenant, KeyKind.TENANT, "")
        if own is None or not own.wrapped:
            self._keys.destroy(wrapping)
            raise KeyDestroyed
