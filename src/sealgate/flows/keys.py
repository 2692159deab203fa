"""The keys as people see them: how old they are, who holds the root, and changing them while everybody works.

Changing the root concerns every organisation, so each one's journal says so; before and after, for the key shelf is a store of
its own and no transaction goes over both. Whoever may do it from the console does it for their own organisation only; the root
is changed by whoever runs the installation (`sealgate keys`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sealgate.domain.ids import TenantId
from sealgate.domain.operators import Permission
from sealgate.flows.kit import House, Signed
from sealgate.ports import KeyCount, KeyKind
from sealgate.privacy import journal
from sealgate.store.engine import Actor
from sealgate.vault.keptroots import Holder, holders
from sealgate.vault.keyring import Keyring
from sealgate.vault.roots import Root
from sealgate.vault.rootsource import RootSource
from sealgate.vault.shares import quorums

KEEPER = Actor("system", "key-keeper")


@dataclass(frozen=True, slots=True)
class RootStanding:
    """Who holds the root; two of them in the middle of a change. `quorum` is (needed, there are) where people hold shares."""

    sealed: bool
    holders: tuple[Holder, ...]
    quorum: tuple[int, int] | None = None

    @property
    def changing(self) -> bool:
        return len(self.holders) > 1


@dataclass(frozen=True, slots=True)
class KindLine:
    """The keys of one kind: how many open something, how many were destroyed, when the oldest and newest living was made."""

    kind: KeyKind
    alive: int
    destroyed: int
    oldest: date | None
    newest: date | None


@dataclass(frozen=True, slots=True)
class KeysStanding:
    """`rotated_at` is when the organisation's keys were put under a new wrapping last."""

    root: RootStanding
    rotated_at: datetime | None
    kinds: tuple[KindLine, ...]
    counts: tuple[KeyCount, ...]


def root_standing(keyring: Keyring) -> RootStanding:
    """Needs no root."""
    check = keyring.root_check()
    found = quorums(check)
    quorum = (found[-1].threshold, found[-1].count) if found else None
    return RootStanding(keyring.is_sealed, tuple(holders(check)), quorum)


def standing(house: House, signed: Signed) -> KeysStanding:
    signed.need(Permission.KEYS)
    return standing_of(house.keyring, signed.tenant)


def standing_of(keyring: Keyring, tenant: TenantId) -> KeysStanding:
    counts = keyring.counts(tenant)
    kinds = tuple(_line(kind, [one for one in counts if one.kind is kind]) for kind in KeyKind)
    return KeysStanding(root_standing(keyring), keyring.wrapped_since(tenant), kinds, tuple(counts))


def _line(kind: KeyKind, counts: Sequence[KeyCount]) -> KindLine:
    alive = [one for one in counts if one.alive]
    days = [one.made_on for one in alive]
    gone = sum(one.number for one in counts if not one.alive)
    return KindLine(kind, sum(one.number for one in alive), gone, min(days, default=None), max(days, default=None))


def rotate(house: House, signed: Signed) -> int:
    """Put the organisation's keys under a new wrapping key; how many. Nobody notices. Raises `RotationPending`."""
    signed.need(Permission.KEYS)
    changed = house.keyring.rotate_tenant(signed.tenant)
    _note(house, signed.tenant, signed.actor, "keys.rotated", f"keys:{changed}")
    return changed


def change_root(house: House, source: RootSource, new: Root, actor: Actor = KEEPER) -> tuple[int, Path | None]:
    """Put every organisation's keys under another root; how many, and where a key file that was used until now was put away.

    Stopped half way it is gone on with by calling it again with the same root. Raises `RotationPending`, `WrongRoot`.
    """
    holder = Holder.of(new)
    note(house, "keys.root-changing", f"root:{holder}", actor)
    changed = house.keyring.rotate_root(new)
    put_away = source.settle(house.keyring.root_check())
    note(house, "keys.root-changed", f"root:{holder}", actor)
    return changed, put_away


def finish_change(house: House, source: RootSource) -> bool:
    """Go on with a change of the root that was stopped half way, where both roots are to be had; whether there was one."""
    check = house.keyring.root_check()
    if len(holders(check)) < 2:
        source.settle(check)
        return False
    house.keyring.follow(source.roots(check))
    newest = house.keyring.newest_root
    if newest is None:
        return False
    change_root(house, source, newest)
    return True


def note_unsealed(house: House, how: str) -> None:
    """`how` names shares by their places and nobody by name."""
    note(house, "keys.unsealed", f"root:{how}", Actor("system", "unsealing"))


def note(house: House, action: str, what: str, actor: Actor = KEEPER) -> None:
    """For every organisation: the root, and copies of all keys, are everybody's."""
    for tenant in house.store.tenants():
        _note(house, tenant.tenant, actor, action, what)


def _note(house: House, tenant: TenantId, actor: Actor, action: str, what: str) -> None:
    with house.store.begin(tenant, actor) as tx:
        journal.write(tx, house.keyring, house.clock.now(), action, object=what)
