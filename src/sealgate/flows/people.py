"""Reading about people. Every function here opens sealed values, so every one leaves a journal entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sealgate.domain.errors import Invalid, NotFound
from sealgate.domain.ids import ConsentId, CredentialId, GroupId, PersonId, TenantId, ZoneId
from sealgate.domain.operators import Permission, Purpose
from sealgate.domain.people import PersonKind, ending, name_key
from sealgate.domain.sightings import Means
from sealgate.flows.faces import template_place
from sealgate.flows.kit import House, Signed, unseal
from sealgate.flows.passage_places import presence_place, profile_place
from sealgate.flows.signin import operator_names
from sealgate.privacy import journal
from sealgate.store import directory, places
from sealgate.store.engine import Reader
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed


class PurposeNeeded(Invalid):
    code = "search.no-purpose"


@dataclass(frozen=True, slots=True)
class PersonLine:
    """`inside` is the name of the zone in which the person was last seen, if not outside."""

    person: PersonId
    name: str
    kind: PersonKind
    groups: tuple[str, ...]
    means: frozenset[Means]
    consented: bool
    suspended: bool
    valid_since: datetime | None
    valid_until: datetime | None
    inside: str | None


@dataclass(frozen=True, slots=True)
class Roster:
    lines: tuple[PersonLine, ...]
    total: int
    consented: int
    next: PersonId | None


@dataclass(frozen=True, slots=True)
class CredentialLine:
    credential: CredentialId
    means: Means
    hint: str
    since: datetime
    until: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConsentLine:
    consent: ConsentId
    purpose: str
    notice_version: str
    given_at: datetime
    withdrawn_at: datetime | None
    given_by: str
    guardian: str
    """The name of whoever said yes for somebody under 14; else empty."""


@dataclass(frozen=True, slots=True)
class JournalLine:
    """`who` is the name of an operator, or the kind of actor."""

    at: datetime
    who: str
    action: str
    purpose: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class PersonRecord:
    line: PersonLine
    group_ids: tuple[GroupId, ...]
    phone_end: str
    email_end: str
    number: str
    created_at: datetime
    credentials: tuple[CredentialLine, ...]
    consents: tuple[ConsentLine, ...]
    journal: tuple[JournalLine, ...]


def roster(
    house: House,
    signed: Signed,
    *,
    name: str = "",
    group: GroupId | None = None,
    after: PersonId | None = None,
    limit: int = 50,
) -> Roster:
    """A page of people, newest last. A name is searched by equality: sealed names cannot be searched in part."""
    signed.need(Permission.SEE_PEOPLE)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        if name.strip():
            rows = directory.people_named(tx, house.index.standing_token(tx.tenant, "name", name_key(name)))
        else:
            rows = directory.people(tx, after=after, limit=limit + 1, group=group)
        lines = _lines(house, tx, rows[:limit])
        total = directory.count_people(tx)
        consented = directory.count_consented(tx, Means.FACE.value)
        journal.write(tx, house.keyring, house.clock.now(), "people.listed", object=f"people:{len(lines)}")
    return Roster(tuple(lines), total, consented, lines[-1].person if len(rows) > limit else None)


def record(house: House, signed: Signed, person: PersonId) -> PersonRecord:
    signed.need(Permission.SEE_PEOPLE)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = record_of(house, tx, person)
        journal.write(tx, house.keyring, house.clock.now(), "person.opened", about=person, object=f"person:{person}")
    return found


def record_of(house: House, db: Reader, person: PersonId) -> PersonRecord:
    """All of it; who asked, and the journal, are the caller's. Raises `NotFound`."""
    row = _person(db, person)
    profile = unseal(house, profile_place(db.tenant, person), row.profile)
    return PersonRecord(
        line=_lines(house, db, [row])[0],
        group_ids=tuple(places.groups_of(db, person)),
        phone_end=ending(profile["phone"]) if profile["phone"] else "",
        email_end="···" + profile["email"][profile["email"].rfind("@") :] if profile["email"] else "",
        number=profile["number"],
        created_at=row.created_at,
        credentials=tuple(_credential(house, db, c) for c in directory.credentials_of(db, person)),
        consents=tuple(
            ConsentLine(
                c.consent, c.purpose, c.notice_version, c.given_at, c.withdrawn_at, c.given_by, _guardian(house, db.tenant, c)
            )
            for c in directory.consents_of(db, person)
        ),
        journal=_journal(house, db, person),
    )


def _guardian(house: House, tenant: TenantId, consent: directory.ConsentRow) -> str:
    """Who said yes for somebody under 14; empty where they said it themselves."""
    if consent.details is None:
        return ""
    place = Place(tenant, "consents", "details", str(consent.consent))
    return str(unseal(house, place, consent.details)["guardian"])


def show_secret(house: House, signed: Signed, person: PersonId, field: str, purpose: str) -> str:
    """A phone number, an e-mail address or a plate in clear. `field` is `phone`, `email` or `credential:<id>`."""
    signed.need(Permission.SEE_PEOPLE)
    why = checked_purpose(purpose)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = _person(tx, person)
        if field in {"phone", "email"}:
            value = str(unseal(house, profile_place(tx.tenant, person), row.profile)[field])
        else:
            value = _credential_value(house, tx, person, field.removeprefix("credential:"))
        kind = field.split(":", maxsplit=1)[0]
        journal.write(
            tx, house.keyring, house.clock.now(), f"{kind}.shown", about=person, object=f"person:{person}", purpose=why
        )
    return value


def people_called(house: House, tenant: TenantId, name: str) -> list[PersonId]:
    """Those of that whole name, or the one with that id, for the command line; it opens nothing."""
    with house.store.read(tenant) as db:
        try:
            row = directory.person(db, PersonId(UUID(name)))
            return [] if row is None else [row.person]
        except ValueError:
            named = directory.people_named(db, house.index.standing_token(tenant, "name", name_key(name)))
            return [row.person for row in named]


def _person(db: Reader, person: PersonId) -> directory.PersonRow:
    row = directory.person(db, person)
    if row is None:
        raise NotFound("person")
    return row


def checked_purpose(purpose: str) -> str:
    """One of `Purpose`, with a note after a colon if need be (`incident: lost bag`). Raises `PurposeNeeded`."""
    word, _, note = purpose.partition(":")
    try:
        kind = Purpose(word.strip())
    except ValueError:
        raise PurposeNeeded("say why", field="purpose", hint="Choose what it is needed for") from None
    return kind.value + (f": {' '.join(note.split())[:200]}" if note.strip() else "")


def names_of(house: House, db: Reader, people: Iterable[PersonId]) -> dict[PersonId, str]:
    """The names of some people in one query; those erased are missing, and so are those whose key is destroyed."""
    names: dict[PersonId, str] = {}
    for row in directory.people_by_id(db, sorted(set(people))):
        with suppress(KeyDestroyed):
            names[row.person] = str(unseal(house, profile_place(db.tenant, row.person), row.profile)["name"])
    return names


def _lines(house: House, db: Reader, rows: Sequence[directory.PersonRow]) -> list[PersonLine]:
    """One query for each kind of fact, never one for each person."""
    ids = [row.person for row in rows]
    names = places.group_names(db, ids)
    means = directory.means_of(db, ids)
    consented = directory.consented_of(db, ids, Means.FACE.value)
    inside = whereabouts(house, db, ids)
    return [
        PersonLine(
            person=row.person,
            name=str(unseal(house, profile_place(db.tenant, row.person), row.profile)["name"]),
            kind=row.kind,
            groups=names.get(row.person, ()),
            means=means.get(row.person, frozenset()),
            consented=row.person in consented,
            suspended=row.suspended,
            valid_since=row.valid_since,
            valid_until=row.valid_until,
            inside=inside.get(row.person),
        )
        for row in rows
    ]


def whereabouts(house: House, db: Reader, people: Sequence[PersonId] | None = None) -> dict[PersonId, str]:
    """The zone of each who was last seen inside one; those outside are missing."""
    names = {zone.zone: zone.name for zone in places.all_zones(db) if not zone.outside}
    found: dict[PersonId, str] = {}
    for person, state in directory.presences(db, people):
        zone = ZoneId(UUID(unseal(house, presence_place(db.tenant, person), state)["zone"]))
        if zone in names:
            found[person] = names[zone]
    return found


def _credential(house: House, db: Reader, row: directory.CredentialRow) -> CredentialLine:
    hint = "" if row.means is Means.FACE or row.ended_at else _hint(house, db, row)
    return CredentialLine(row.credential, row.means, hint, row.created_at, row.until, row.ended_at)


def _hint(house: House, db: Reader, row: directory.CredentialRow) -> str:
    return str(unseal(house, template_place(db.tenant, row.credential), row.secret)["hint"])


def _credential_value(house: House, db: Reader, person: PersonId, credential: str) -> str:
    for row in directory.credentials_of(db, person):
        if str(row.credential) == credential and row.means in {Means.PLATE, Means.CARD} and row.ended_at is None:
            return str(unseal(house, template_place(db.tenant, row.credential), row.secret)["value"])
    raise NotFound("credential")


def _journal(house: House, db: Reader, person: PersonId) -> tuple[JournalLine, ...]:
    entries = journal.entries_about(db, house.keyring, person, limit=50)
    names = operator_names(house, db)
    return tuple(
        JournalLine(e.at, names.get(e.actor_id, e.actor_kind), e.action, e.purpose, own=e.actor_kind == "person")
        for e in entries
    )
