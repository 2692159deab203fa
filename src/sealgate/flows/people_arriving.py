"""The people of a file on their way in: written in pieces that nobody sees, let in all at once, or turned away.

The surprising thing: fifty thousand people are too many for one transaction, for a gate that decides waits for its turn to
write. So each piece is a short commit of its own, of rows that are `arriving`; one last commit, which touches nothing but that
mark, makes all of them enrolled. Until it, they are there for nobody, but for their numbers, cards and plates, which are taken.
Whoever is stopped in the middle leaves rows that `tidy` finds: their keys are destroyed first, then the rows.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sealgate.domain.calendar import DAY
from sealgate.domain.errors import Conflict
from sealgate.domain.ids import CredentialId, GroupId, ImportId, PersonId, TenantId, uuids_in_order
from sealgate.domain.people import ending, name_key
from sealgate.domain.people_file import Field, Row
from sealgate.domain.sightings import Means
from sealgate.flows.enrol import number_token
from sealgate.flows.faces import template_place
from sealgate.flows.kit import House, seal, subject
from sealgate.flows.passage_places import profile_place
from sealgate.ports import KeyKind, Token
from sealgate.privacy import journal
from sealgate.store import directory, places
from sealgate.store.directory import CredentialRow, PersonRow
from sealgate.store.engine import Actor, Ready, Tx
from sealgate.store.faults import AlreadyThere, NoSuchThing

PIECE = 500
"""People of one commit: a fraction of a second."""

QUIET = timedelta(minutes=2)
"""Whoever enrols a file and says nothing for so long has stopped."""

CODES = {Field.CARD: Means.CARD, Field.PLATE: Means.PLATE}
WORKER = Actor("system", "worker")

Told = Callable[[int], None]
"""Hears of each piece how many people it makes with those before."""


class SomebodyFirst(Conflict):
    """While the file was being enrolled, somebody took a number, a card or a plate of it, or removed a group."""

    code = "people-file.somebody-first"
    hint = "Bring the file again: its report says which rows"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some people of a file, sealed, and the rows that the store is to take. `done` is how many it makes with those before."""

    people: tuple[PersonId, ...]
    rows: tuple[Ready, ...]
    done: int


@dataclass(frozen=True, slots=True)
class _Making:
    """The rows of one piece while they are made."""

    house: House
    tenant: TenantId
    groups: Mapping[str, GroupId]
    tz: tzinfo
    now: datetime
    people: list[PersonRow] = field(default_factory=list)
    credentials: list[CredentialRow] = field(default_factory=list)
    members: list[tuple[GroupId, PersonId]] = field(default_factory=list)

    def add(self, person: PersonId, row: Row) -> None:
        profile = row.profile
        record = {"name": profile.name, "phone": profile.phone, "email": profile.email, "number": profile.number}
        house, tenant = self.house, self.tenant
        self.people.append(
            PersonRow(
                person=person,
                profile=seal(house, tenant, subject(person), profile_place(tenant, person), record),
                name_token=house.index.standing_token(tenant, "name", name_key(profile.name)),
                kind=row.kind,
                suspended=False,
                valid_since=_instant(row.since, self.tz),
                valid_until=_instant(row.until, self.tz, end=True),
                created_at=self.now,
                number_token=number_token(house, tenant, profile.number),
            )
        )
        try:
            self.members.extend((self.groups[name], person) for name in row.groups)
        except KeyError as error:
            raise SomebodyFirst("a group of the file is gone") from error
        for code, means in CODES.items():
            if text := getattr(row, code.value):
                self.credentials.append(self._credential(person, means, text))

    def _credential(self, person: PersonId, means: Means, text: str) -> CredentialRow:
        credential = CredentialId(self.house.new_id())
        record = {"value": text, "hint": ending(text)}
        place = template_place(self.tenant, credential)
        return CredentialRow(
            credential=credential,
            person=person,
            means=means,
            token=code_token(self.house, self.tenant, means, text),
            secret=seal(self.house, self.tenant, subject(person), place, record),
            pack=None,
            site=None,
            since=None,
            until=None,
            created_at=self.now,
            ended_at=None,
        )

    def ready(self, which: ImportId) -> tuple[Ready, ...]:
        store = self.house.store
        return (
            directory.ready_people(store, self.tenant, self.people, which),
            places.ready_members(store, self.tenant, self.members),
            directory.ready_credentials(store, self.tenant, self.credentials),
        )


def pieces(house: House, tenant: TenantId, which: ImportId, rows: Sequence[Row], tz: tzinfo) -> Iterator[Piece]:
    """Identities in the order of the rows, keys a piece at a time, everything sealed outside of any transaction.

    `tz` is where the file's days are days. Raises `SomebodyFirst` where a group is gone.
    """
    with house.store.read(tenant) as db:
        groups = {line.name: line.group for line in places.groups(db)}
    now = house.clock.now()
    people = [PersonId(one) for one in uuids_in_order(now, len(rows), secrets.token_bytes(8 * len(rows)))]
    for first in range(0, len(rows), PIECE):
        some = people[first : first + PIECE]
        house.keyring.prepare(tenant, KeyKind.SUBJECT, [str(person) for person in some])
        making = _Making(house, tenant, groups, tz, now)
        for person, row in zip(some, rows[first : first + PIECE], strict=True):
            making.add(person, row)
        yield Piece(tuple(some), making.ready(which), first + len(some))


def write(house: House, tx: Tx, piece: Piece) -> None:
    """The people of a piece, who are there for nobody yet, and an entry about each. Raises `SomebodyFirst`."""
    try:
        for ready in piece.rows:
            tx.add_ready(ready)
    except (AlreadyThere, NoSuchThing) as error:
        raise SomebodyFirst("somebody took a number, a card or a plate of the file") from error
    lines = [journal.Line("person.brought", person, f"person:{person}") for person in piece.people]
    journal.write_all(tx, house.keyring, house.clock.now(), lines)


def let_in(house: House, tx: Tx, which: ImportId) -> int:
    """All of them are enrolled, in this transaction; how many."""
    people = directory.let_in(tx, which)
    journal.write(tx, house.keyring, house.clock.now(), "people-file.enrolled", object=f"import:{which}:{people}")
    return people


def turn_away(house: House, tenant: TenantId, actor: Actor, which: ImportId) -> int:
    """Leave nothing of those who arrive out of that file, a piece at a time: first their keys, then their rows; how many."""
    gone = 0
    while True:
        with house.store.read(tenant) as db:
            people = directory.arrivals(db, which, PIECE)
        if not people:
            return gone
        house.keyring.destroy_all(tenant, KeyKind.SUBJECT, [str(person) for person in people])
        with house.store.begin(tenant, actor) as tx:
            directory.turn_away(tx, which, people)
            journal.write(
                tx, house.keyring, house.clock.now(), "people-file.turned-away", object=f"import:{which}:{len(people)}"
            )
        gone += len(people)


def tidy(house: House, tenant: TenantId, quiet: timedelta = QUIET) -> int:
    """Turn away whoever arrives out of a file that nobody enrols any more; how many. For the clockwork, and, with no
    `quiet`, for the start of a program that is alone on its data: whoever was at it before is not any more."""
    with house.store.read(tenant) as db:
        stopped = directory.stopped_arrivals(db, house.clock.now() - quiet)
    gone = 0
    for which in stopped:
        with house.store.begin(tenant, WORKER) as tx:
            now = house.clock.now()
            directory.fail_import(tx, which, now, now - quiet)
            journal.write(tx, house.keyring, now, "people-file.not-enrolled", object=f"import:{which}")
        gone += turn_away(house, tenant, WORKER, which)
    return gone


def code_token(house: House, tenant: TenantId, means: Means, text: str) -> Token:
    return house.index.standing_token(tenant, means.value, text)


def _instant(day: date | None, tz: tzinfo, *, end: bool = False) -> datetime | None:
    """The instant at which the local day begins, or with `end` at which it is over."""
    return None if day is None else datetime.combine(day + (DAY if end else timedelta()), time(), tz).astimezone(UTC)
