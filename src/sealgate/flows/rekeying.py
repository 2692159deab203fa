"""A site's face templates under a new secret, while its gates go on and without anybody being enrolled again.

Each template is turned back by the old secret and turned by the new one; similarities stay, and old and new cannot be
compared. The surprising thing: nothing in memory changes, for galleries are turned by a secret of their process
(flows/faces.py). A template says itself in which space it lies, so stopping anywhere leaves every one readable, and going on
later goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sealgate.domain.approvals import Kind
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import CredentialId, SiteId
from sealgate.domain.operators import Permission, Purpose
from sealgate.flows import approving
from sealgate.flows.approving import Wanted
from sealgate.flows.faces import from_kept, kept_form, template_place
from sealgate.flows.kit import House, Signed, subject
from sealgate.ports import KeyKind, Sealed
from sealgate.privacy import journal
from sealgate.store import directory, places
from sealgate.store.directory import FaceTemplate
from sealgate.store.engine import Tx
from sealgate.vault.errors import KeyDestroyed
from sealgate.vault.wrapping import space_scope

AT_ONCE = 200
"""Templates in one transaction: an enrolment waits for no more than these."""

Progress = Callable[[int, int], object]
"""How many are done, of how many."""


def unheard(_done: int, _of: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """`space` is the number of the site's new secret; `moved` templates were turned, `destroyed` old secrets are gone."""

    site: SiteId
    space: int
    moved: int
    destroyed: int


def rekey_faces(house: House, signed: Signed, site: SiteId, told: Progress = unheard) -> Rekeyed:
    """Go on with a re-key that was stopped, or begin one. Raises `NotFound`, `Forbidden`, `NeedsSecond`."""
    signed.need(Permission.KEYS)
    space = _begin(house, signed, site)
    with house.store.read(signed.tenant) as db:
        all_of, left = directory.count_faces(db, site), directory.count_faces(db, site, space)
    moved, done = 0, all_of - left
    told(done, all_of)
    while True:
        turned = _pass(house, signed, site, space, partial(_told, told, done, all_of))
        moved, done = moved + turned, done + turned
        with house.store.read(signed.tenant) as db:
            behind = directory.faces_behind(db, site, space, None, 1)
        if not turned or not behind:
            break
    told(all_of, all_of)
    return Rekeyed(site, space, moved, _leave_behind(house, signed, site, space))


def rekey_wanted(site: SiteId) -> Wanted:
    return Wanted(Kind.FACES, f"site:{site}", 1, site)


def _told(told: Progress, done: int, all_of: int, more: int) -> None:
    told(min(done + more, all_of), all_of)


def _begin(house: House, signed: Signed, site: SiteId) -> int:
    """The space to go to: the newest one where templates are behind it, else the next. Faces are enrolled there from now."""
    with house.store.begin(signed.tenant, signed.actor) as tx:
        places.site(tx, site)
        newest = places.face_space(tx, site)
        space = newest if directory.count_faces(tx, site, newest) else newest + 1
        if space != newest:  # going on with what was begun takes no second again
            approving.cleared(house, tx, signed, rekey_wanted(site), Purpose.WORK)
        house.keyring.key_id(signed.tenant, KeyKind.SITE, space_scope(site, space))
        if space != newest and not places.set_face_space(tx, site, space):
            raise NotFound("site")
        journal.write(tx, house.keyring, house.clock.now(), "faces.rekeying", object=f"site:{site}:{space}")
    return space


def _pass(house: House, signed: Signed, site: SiteId, space: int, told: Callable[[int], object]) -> int:
    """Once over all that is behind, some at a time; how many were moved. One whose owner is erased meanwhile is left."""
    moved, after = 0, None
    while True:
        with house.store.read(signed.tenant) as db:
            some = directory.faces_behind(db, site, space, after, AT_ONCE)
        if not some:
            return moved
        after = CredentialId(some[-1].credential)
        with house.store.begin(signed.tenant, signed.actor) as tx:
            moved_now = sum(_move(house, tx, site, one, space) for one in some)
            journal.write(tx, house.keyring, house.clock.now(), "faces.rekeyed", object=f"site:{site}:{space}:{moved_now}")
        moved += moved_now
        told(moved)


def _move(house: House, tx: Tx, site: SiteId, one: FaceTemplate, space: int) -> bool:
    place = template_place(tx.tenant, one.credential)
    try:
        vector = from_kept(house, tx.tenant, site, one.space, house.keyring.open(place, one.secret))
        kept = kept_form(house, tx.tenant, site, space, vector)
        sealed: Sealed = house.keyring.seal(tx.tenant, *subject(one.person), place, kept)
    except KeyDestroyed:
        return False
    return directory.move_face(tx, one, sealed, space)


def _leave_behind(house: House, signed: Signed, site: SiteId, space: int) -> int:
    """Destroy the site's earlier secrets: no old copy of a template is of use from then on, not even to us."""
    scopes = [space_scope(site, earlier) for earlier in range(1, space)]
    there = [scope for scope in scopes if house.keyring.has(signed.tenant, KeyKind.SITE, scope)]
    if there:
        with house.store.begin(signed.tenant, signed.actor) as tx:
            now = house.clock.now()
            journal.write_all(
                tx, house.keyring, now, [journal.Line("keys.destroyed", object=f"site:{scope}") for scope in there]
            )
    return house.keyring.destroy_all(signed.tenant, KeyKind.SITE, there) if there else 0
