"""People kept in step with a directory outside: enrolled, changed and ended by it, never erased by it.

The surprising thing: somebody who was enrolled here before is taken over by their staff number, and by nothing else: a name or
an address may be somebody else's. Whoever leaves opens no gate inwards from that moment, and their face is gone; the record
stays until its own time is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sealgate.domain.errors import Conflict, NotFound, Refused
from sealgate.domain.ids import PersonId
from sealgate.domain.operators import Permission
from sealgate.domain.people import PersonKind, Profile, checked, name_key
from sealgate.domain.people_sync import Described, Filter, user_key
from sealgate.flows.enrol import NumberTaken, forget_faces, number_token
from sealgate.flows.kit import House, Signed, seal, subject, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.ports import Sealed, Token
from sealgate.privacy import journal
from sealgate.store import directory
from sealgate.store import synced as rows
from sealgate.store.directory import PersonRow
from sealgate.store.engine import Reader, Tx
from sealgate.store.synced import SyncedRow
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed

MOST = 200
"""People of one page."""


class UserNameTaken(Conflict):
    """That user name is somebody else's."""

    code = "sync.user-name-taken"


class ChangedMeanwhile(Refused):
    """The person is not any more as the directory read them."""

    code = "sync.changed-meanwhile"
    status = 412


@dataclass(frozen=True, slots=True)
class Record:
    """`version` counts the changes; what the directory may hold against it is `W/"version"`."""

    person: PersonId
    described: Described
    version: int
    made_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    total: int
    records: tuple[Record, ...]


def listed(house: House, signed: Signed, which: Filter | None, skip: int, limit: int) -> Listed:
    """A page in the order of enrolling, or who a filter finds. That it was read is journaled, once for a page."""
    signed.need(Permission.ENROL)
    with house.store.read(signed.tenant) as db:
        if which is None:
            total, found = rows.count(db), rows.page(db, max(0, skip), max(0, min(limit, MOST)))
        else:
            found = _found(house, db, which)
            total, found = len(found), found[max(0, skip) : max(0, skip) + max(0, min(limit, MOST))]
        records = _records(house, db, found)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        journal.write(tx, house.keyring, house.clock.now(), "people-sync.read", object=f"people:{len(records)}")
    return Listed(total, records)


def record(house: House, signed: Signed, person: PersonId) -> Record:
    """Raises `NotFound`, also for somebody whom the directory does not keep."""
    signed.need(Permission.ENROL)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = _records(house, tx, [_row(tx, person)])
        if not found:
            raise NotFound("user")
        journal.write(tx, house.keyring, house.clock.now(), "people-sync.read", object="people:1")
    return found[0]


def enrol(house: House, signed: Signed, said: Described) -> Record:
    """A new person, or the one with that staff number. Raises `UserNameTaken`, `NumberTaken`, `BadName`, `BadContact`."""
    signed.need(Permission.ENROL)
    said, profile = _tidy(said)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        if rows.by_user_name(tx, _user_token(house, tx, said)) is not None:
            raise UserNameTaken("taken")
        number = number_token(house, tx.tenant, profile.number)
        there = directory.person_numbered(tx, number) if number else None
        if number and there is None and directory.number_holder(tx, number) is not None:
            raise NumberTaken("taken")  # by somebody who is still arriving out of a file
        if there is not None and (rows.synced(tx, there) is not None or _kind(tx, there) is PersonKind.VISITOR):
            raise NumberTaken("taken")
        person = there or PersonId(house.new_id())
        _write_person(house, tx, person, said, profile, now, new=there is None)
        row = _synced(house, tx, person, said, 1, now, now)
        rows.add(tx, row)
        journal.write(tx, house.keyring, now, "person.synced", about=person, object=f"person:{person}")
        _stand(house, tx, person, said, was_active=True, now=now)
        return Record(person, said, 1, now, now)


def change(house: House, signed: Signed, person: PersonId, said: Described, version: int | None) -> Record:
    """Make them as described; nothing is written where they are. `version` None takes whichever there is.

    Raises `ChangedMeanwhile`, `UserNameTaken`, `NumberTaken`, `NotFound`, `BadName`, `BadContact`.
    """
    signed.need(Permission.ENROL)
    said, profile = _tidy(said)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now, row = house.clock.now(), _row(tx, person)
        _same(row, version)
        (before,) = _records(house, tx, [row])
        journal.write(tx, house.keyring, now, "people-sync.read", object="people:1")
        if before.described == said:
            return before
        other = rows.by_user_name(tx, _user_token(house, tx, said))
        if other is not None and other.person != person:
            raise UserNameTaken("taken")
        number = number_token(house, tx.tenant, profile.number)
        if number and directory.number_holder(tx, number) not in {None, person}:
            raise NumberTaken("taken")
        _write_person(house, tx, person, said, profile, now, new=False)
        if not rows.change(tx, _synced(house, tx, person, said, row.version + 1, row.made_at, now), row.version):
            raise ChangedMeanwhile("somebody was first")
        journal.write(tx, house.keyring, now, "person.synced", about=person, object=f"person:{person}")
        _stand(house, tx, person, said, was_active=row.active, now=now)
        return Record(person, said, row.version + 1, row.made_at, now)


def leave(house: House, signed: Signed, person: PersonId, version: int | None) -> None:
    """The directory lets go of them: their rights end, the record stays. Raises `NotFound`, `ChangedMeanwhile`."""
    signed.need(Permission.ENROL)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now, row = house.clock.now(), _row(tx, person)
        _same(row, version)
        if not rows.remove(tx, person):
            raise ChangedMeanwhile("somebody was first")
        if row.active:
            _end(house, tx, person, now)
        journal.write(tx, house.keyring, now, "person.left", about=person, object=f"person:{person}")


def _stand(house: House, tx: Tx, person: PersonId, said: Described, *, was_active: bool, now: datetime) -> None:
    """End their rights where they left, and give them back where they returned."""
    if was_active and not said.active:
        _end(house, tx, person, now)
        journal.write(tx, house.keyring, now, "person.left", about=person, object=f"person:{person}")
    elif said.active and not was_active:
        directory.set_valid_until(tx, person, None)
        journal.write(tx, house.keyring, now, "person.returned", about=person, object=f"person:{person}")


def _end(house: House, tx: Tx, person: PersonId, now: datetime) -> None:
    """Nothing of theirs opens inwards any more, and no template is left; who is inside still gets out."""
    directory.set_valid_until(tx, person, now)
    directory.limit_credentials(tx, person, now)
    tx.after_commit(forget_faces(house, tx, person, now))


def _write_person(
    house: House, tx: Tx, person: PersonId, said: Described, profile: Profile, now: datetime, *, new: bool
) -> None:
    before = None if new else directory.person(tx, person)
    row = PersonRow(
        person=person,
        profile=seal(house, tx.tenant, subject(person), profile_place(tx.tenant, person), asdict(profile)),
        name_token=house.index.standing_token(tx.tenant, "name", name_key(profile.name)),
        number_token=number_token(house, tx.tenant, profile.number),
        kind=said.kind,
        suspended=False,
        valid_since=before.valid_since if before else None,
        valid_until=before.valid_until if before else None,
        created_at=now,
    )
    if before is None:
        directory.add_person(tx, row)
        return
    directory.update_person(
        tx,
        person,
        profile=row.profile,
        name_token=row.name_token,
        number_token=row.number_token,
        kind=row.kind,
        valid_since=row.valid_since,
        valid_until=row.valid_until,
    )


def _tidy(said: Described) -> tuple[Described, Profile]:
    """As it is kept. Raises `BadName`, `BadContact`."""
    profile = checked(Profile(said.name, said.phone, said.email, said.number))
    tidy = replace(said, name=profile.name, phone=profile.phone, email=profile.email, number=profile.number)
    return tidy, profile


def _kind(tx: Tx, person: PersonId) -> PersonKind | None:
    row = directory.person(tx, person)
    return None if row is None else row.kind


def _same(row: SyncedRow, version: int | None) -> None:
    if version is not None and version != row.version:
        raise ChangedMeanwhile("another version")


def _row(db: Reader, person: PersonId) -> SyncedRow:
    row = rows.synced(db, person)
    if row is None:
        raise NotFound("user")
    return row


def _found(house: House, db: Reader, which: Filter) -> list[SyncedRow]:
    if which.by == "userName":
        row = rows.by_user_name(db, house.index.standing_token(db.tenant, "sync-user", user_key(which.value)))
        return [] if row is None else [row]
    return rows.by_external_id(db, house.index.standing_token(db.tenant, "sync-external", which.value))


def _records(house: House, db: Reader, found: Sequence[SyncedRow]) -> tuple[Record, ...]:
    """As the people are now: name and contacts are those of the record, wherever they were changed."""
    people = {row.person: row for row in directory.people_by_id(db, [row.person for row in found])}
    made = []
    for row in found:
        person = people.get(row.person)
        if person is None:
            continue
        try:
            profile = unseal(house, profile_place(db.tenant, row.person), person.profile)
            detail: dict[str, Any] = unseal(house, _place(db, row.person), row.detail)
        except KeyDestroyed:
            continue
        shown = Described(
            **detail,
            name=profile["name"],
            email=profile["email"],
            phone=profile["phone"],
            number=profile["number"],
            kind=person.kind,
            active=row.active,
        )
        made.append(Record(row.person, shown, row.version, row.made_at, row.changed_at))
    return tuple(made)


def _synced(
    house: House, tx: Tx, person: PersonId, said: Described, version: int, made_at: datetime, now: datetime
) -> SyncedRow:
    external = said.external_id
    return SyncedRow(
        person=person,
        user_token=_user_token(house, tx, said),
        external_token=house.index.standing_token(tx.tenant, "sync-external", external) if external else None,
        detail=_detail(house, tx, person, said),
        active=said.active,
        version=version,
        made_at=made_at,
        changed_at=now,
    )


def _detail(house: House, tx: Tx, person: PersonId, said: Described) -> Sealed:
    kept = {name: getattr(said, name) for name in ("user_name", "external_id", "given", "family")}
    return seal(house, tx.tenant, subject(person), _place(tx, person), kept)


def _user_token(house: House, tx: Tx, said: Described) -> Token:
    return house.index.standing_token(tx.tenant, "sync-user", user_key(said.user_name))


def _place(db: Reader, person: PersonId) -> Place:
    return Place(db.tenant, "synced_people", "detail", str(person))
