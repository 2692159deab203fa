"""Many people at once, out of a file: judged whole, then all of them enrolled or none.

The surprising thing: nothing is sealed while the database is being written. Keys, sealed records and tokens are made first,
in pieces, and only then one short transaction writes fifty thousand people; so gates go on while it is prepared, and whoever
stops it in the middle leaves nothing behind but a few keys that seal nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sealgate.domain.calendar import DAY, zone
from sealgate.domain.errors import Conflict, Invalid, NotFound
from sealgate.domain.ids import CredentialId, GroupId, ImportId, PersonId, TenantId, uuids_in_order
from sealgate.domain.operators import Permission
from sealgate.domain.people import ending, name_key
from sealgate.domain.people_file import (
    Field,
    Flaw,
    PeopleFile,
    Problem,
    Row,
    glance,
    judged,
    read,
    whole_person,
)
from sealgate.domain.sightings import Means
from sealgate.flows.enrol import number_token
from sealgate.flows.faces import template_place
from sealgate.flows.kit import House, Signed, organisation, seal, subject, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.ports import KeyKind, Token
from sealgate.privacy import journal
from sealgate.store import directory, places
from sealgate.store.directory import CredentialRow, ImportRow, PersonRow
from sealgate.store.engine import Reader, Ready, Tx
from sealgate.store.faults import AlreadyThere, NoSuchThing
from sealgate.store.words import ImportState
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed

PIECE = 1_000
"""People prepared between two words about how far it has come."""

QUIET = timedelta(minutes=2)
"""Whoever enrols a file and says nothing for so long has stopped."""

KEPT = DAY
SHOWN = 20
CODES = {Field.CARD: Means.CARD, Field.PLATE: Means.PLATE}
Told = Callable[[int], None]


class FlawedFile(Invalid):
    """Some rows cannot be enrolled, so none is."""

    code = "people-file.flawed"
    hint = "Put right what the report says, and bring the file again"

    def __init__(self, flawed: int) -> None:
        super().__init__(f"{flawed} things in the file have to be put right", field="file")
        self.flawed = flawed


class SomebodyFirst(Conflict):
    """While the file was being enrolled, somebody took a number, a card or a plate of it, or removed a group."""

    code = "people-file.somebody-first"
    hint = "Bring the file again: its report says which rows"


class NotReady(Conflict):
    """The file is flawed, enrolled already, or being enrolled."""

    code = "people-file.not-ready"


@dataclass(frozen=True, slots=True)
class Brought:
    """A file that waits. `rows` are its first people, for a look; empty once the file is gone. `stopped` may go on anew."""

    id: ImportId
    state: ImportState
    people: int
    done: int
    flawed: int
    problems: tuple[Problem, ...]
    made_at: datetime
    rows: tuple[Row, ...] = ()
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Everybody of a file, and the rows that the store is to take, all sealed."""

    people: tuple[PersonId, ...]
    rows: tuple[Ready, ...]


@dataclass(frozen=True, slots=True)
class _Making:
    """The rows while they are made."""

    people: list[PersonRow] = field(default_factory=list)
    credentials: list[CredentialRow] = field(default_factory=list)
    members: list[tuple[GroupId, PersonId]] = field(default_factory=list)

    def ready(self, house: House, tenant: TenantId) -> tuple[Ready, ...]:
        return (
            directory.ready_people(house.store, tenant, self.people),
            places.ready_members(house.store, tenant, self.members),
            directory.ready_credentials(house.store, tenant, self.credentials),
        )


def check(house: House, signed: Signed, data: bytes) -> PeopleFile:
    """The file judged: its form, its rows, each other's and the enrolled people's numbers, cards, plates and groups.

    Raises what `people_file.read` raises; a problem of a row is an answer.
    """
    signed.need(Permission.ENROL)
    found = read(data)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        taken = list(_taken(house, tx, found.rows))
        journal.write(tx, house.keyring, house.clock.now(), "people-file.checked", object=f"people:{len(found.rows)}")
    return _joined(found, taken)


def enrol_all(house: House, signed: Signed, found: PeopleFile, tz: tzinfo, told: Told = lambda _done: None) -> int:
    """Enrol everybody of a file without a flaw; how many. `tz` is where its days are days; `told(n)` hears of each piece.

    Raises `FlawedFile`, `SomebodyFirst`; then nobody was enrolled.
    """
    signed.need(Permission.ENROL)
    if found.flawed:
        raise FlawedFile(found.flawed)
    prepared = _prepare(house, signed, found.rows, tz, told)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        _write(house, tx, prepared)
    return len(prepared.people)


def bring(house: House, signed: Signed, data: bytes, time_zone: str) -> ImportId:
    """Judge a file and keep it, sealed, for somebody to look at and say yes; what was brought a day ago is forgotten."""
    found = check(house, signed, data)
    zone(time_zone)
    made = ImportId(house.new_id())
    state = ImportState.FLAWED if found.flawed else ImportState.READY
    sealed = house.keyring.seal(signed.tenant, *organisation(), _file_place(signed, made), data)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        directory.sweep_imports(tx, now - KEPT)
        row = ImportRow(
            id=made,
            operator=signed.operator,
            state=state,
            people=len(found.rows),
            done=0,
            flawed=found.flawed,
            problems=found.problems,
            time_zone=time_zone,
            made_at=now,
            touched_at=now,
            file=sealed,
        )
        directory.add_import(tx, row)
        journal.write(tx, house.keyring, now, "people-file.brought", object=f"import:{made}:{len(found.rows)}")
    return made


def brought(house: House, signed: Signed, which: ImportId, *, rows: int = SHOWN) -> Brought:
    """The file as it stands, with its first people; looking at them is journaled. `rows=0` looks at nobody."""
    signed.need(Permission.ENROL)
    with house.store.read(signed.tenant) as db:
        row = _row(db, which)
    shown: tuple[Row, ...] = ()
    if rows and row.file is not None:
        shown = glance(house.keyring.open(_file_place(signed, which), row.file), rows)
        with house.store.begin(signed.tenant, signed.actor) as tx:
            journal.write(tx, house.keyring, house.clock.now(), "people-file.opened", object=f"import:{which}")
    stopped = row.state is ImportState.RUNNING and row.touched_at < house.clock.now() - QUIET
    return Brought(row.id, row.state, row.people, row.done, row.flawed, row.problems, row.made_at, shown, stopped)


def claim(house: House, signed: Signed, which: ImportId) -> Callable[[], None]:
    """Say yes to a file: what is answered enrols it, and may be called in another thread. Raises `NotReady`."""
    signed.need(Permission.ENROL)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row, now = _row(tx, which), house.clock.now()
        if not directory.claim_import(tx, which, now, now - QUIET) or row.file is None:
            raise NotReady("the file cannot be enrolled")
        journal.write(tx, house.keyring, now, "people-file.confirmed", object=f"import:{which}")
    return _Enrolling(house, signed, row, now).run


def forget(house: House, signed: Signed, which: ImportId) -> None:
    """Raises `NotReady` for one that is being enrolled, or is not there any more."""
    signed.need(Permission.ENROL)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        if not directory.forget_import(tx, which):
            raise NotReady("the file cannot be forgotten")
        journal.write(tx, house.keyring, house.clock.now(), "people-file.forgotten", object=f"import:{which}")


class _Enrolling:
    """One claimed file on its way. The thread that runs it owns it; `claimed` is what it last said in the row."""

    def __init__(self, house: House, signed: Signed, row: ImportRow, claimed: datetime) -> None:
        self._house, self._signed, self._row, self._claimed = house, signed, row, claimed

    def run(self) -> None:
        """Ends in the row: done, or failed with what stood against it. A fault leaves it failed and is raised."""
        try:
            self._enrol()
        except SomebodyFirst:
            self._end_failed()
        except BaseException:
            self._end_failed()
            raise

    def _enrol(self) -> None:
        house, signed, row = self._house, self._signed, self._row
        assert row.file is not None
        found = check(house, signed, house.keyring.open(_file_place(signed, row.id), row.file))
        if found.flawed:
            self._end(ImportState.FLAWED, found.problems)
            return
        prepared = _prepare(house, signed, found.rows, zone(row.time_zone), self._told)
        with house.store.begin(signed.tenant, signed.actor) as tx:
            if not directory.end_import(tx, row.id, self._claimed, ImportState.DONE, house.clock.now()):
                raise SomebodyFirst("another program took the file over")
            _write(house, tx, prepared)

    def _told(self, done: int) -> None:
        with self._house.store.begin(self._signed.tenant, self._signed.actor) as tx:
            now = self._house.clock.now()
            if not directory.note_progress(tx, self._row.id, self._claimed, done, now):
                raise SomebodyFirst("another program took the file over")
        self._claimed = now

    def _end_failed(self) -> None:
        self._end(ImportState.FAILED)

    def _end(self, state: ImportState, problems: Sequence[Problem] = ()) -> None:
        with self._house.store.begin(self._signed.tenant, self._signed.actor) as tx:
            now = self._house.clock.now()
            directory.end_import(tx, self._row.id, self._claimed, state, now, problems)
            journal.write(tx, self._house.keyring, now, "people-file.not-enrolled", object=f"import:{self._row.id}")


def _taken(house: House, db: Reader, rows: Sequence[Row]) -> Iterator[Problem]:
    """What is somebody's already, and groups that are none: one question for each kind and some hundred rows."""
    known = {line.name for line in places.groups(db)}
    for row in rows:
        if not known.issuperset(row.groups):
            yield Problem(row.row, Field.GROUPS, Flaw.UNKNOWN_GROUP)
    for code, means in CODES.items():
        tokens = {_code_token(house, db, means, text): row for row in rows if (text := getattr(row, code.value))}
        for token in directory.tokens_taken(db, means, list(tokens)):
            yield Problem(tokens[token].row, code, Flaw.TAKEN)
    numbered = {number: row for row in rows if (number := number_token(house, db.tenant, row.profile.number)) is not None}
    for number in directory.numbers_taken(db, list(numbered)):
        yield Problem(numbered[number].row, Field.NUMBER, Flaw.TAKEN)
    yield from _known_people(house, db, rows)


def _known_people(house: House, db: Reader, rows: Sequence[Row]) -> Iterator[Problem]:
    """Rows that are somebody enrolled though no token says so: without a number, or enrolled before numbers had tokens."""
    named: dict[Token, list[Row]] = {}
    for row in rows:
        named.setdefault(house.index.standing_token(db.tenant, "name", name_key(row.profile.name)), []).append(row)
    for found in directory.people_named_among(db, list(named)):
        asking = [row for row in named[found.name_token] if not row.profile.number or found.number_token is None]
        if asking and (profile := _profile(house, db, found)) is not None:
            for row in asking:
                same = profile["number"] == row.profile.number and (
                    row.profile.number or _whole(profile) == whole_person(row.profile)
                )
                if same:
                    yield Problem(row.row, Field.NUMBER if row.profile.number else Field.NAME, Flaw.TAKEN)


def _profile(house: House, db: Reader, row: PersonRow) -> dict[str, str] | None:
    try:
        return unseal(house, profile_place(db.tenant, row.person), row.profile)
    except KeyDestroyed:
        return None


def _whole(profile: Mapping[str, str]) -> tuple[str, str, str]:
    return name_key(profile["name"]), profile["phone"], profile["email"].casefold()


def _joined(found: PeopleFile, taken: Sequence[Problem]) -> PeopleFile:
    if not taken:
        return found
    flaws = judged(found.rows, [*found.problems, *taken])
    return PeopleFile(flaws.rows, flaws.problems, found.flawed + len(taken))


def _prepare(house: House, signed: Signed, rows: Sequence[Row], tz: tzinfo, told: Told) -> _Prepared:
    """Identities in the order of the rows, keys a piece at a time, everything sealed."""
    with house.store.read(signed.tenant) as db:
        groups = {line.name: line.group for line in places.groups(db)}
        now, making = house.clock.now(), _Making()
        people = map(PersonId, uuids_in_order(now, len(rows), secrets.token_bytes(8 * len(rows))))
        named = list(zip(people, rows, strict=True))
        for first in range(0, len(named), PIECE):
            some = named[first : first + PIECE]
            house.keyring.prepare(signed.tenant, KeyKind.SUBJECT, [str(person) for person, _ in some])
            for person, row in some:
                _prepare_one(house, db, making, person, row, groups, tz, now)
            told(first + len(some))
    return _Prepared(tuple(person for person, _ in named), making.ready(house, signed.tenant))


def _prepare_one(
    house: House,
    db: Reader,
    making: _Making,
    person: PersonId,
    row: Row,
    groups: Mapping[str, GroupId],
    tz: tzinfo,
    now: datetime,
) -> None:
    profile = row.profile
    record = {"name": profile.name, "phone": profile.phone, "email": profile.email, "number": profile.number}
    making.people.append(
        PersonRow(
            person=person,
            profile=seal(house, db.tenant, subject(person), profile_place(db.tenant, person), record),
            name_token=house.index.standing_token(db.tenant, "name", name_key(profile.name)),
            kind=row.kind,
            suspended=False,
            valid_since=_instant(row.since, tz),
            valid_until=_instant(row.until, tz, end=True),
            created_at=now,
            number_token=number_token(house, db.tenant, profile.number),
        )
    )
    try:
        making.members.extend((groups[name], person) for name in row.groups)
    except KeyError as error:
        raise SomebodyFirst("a group of the file is gone") from error
    for code, means in CODES.items():
        if text := getattr(row, code.value):
            making.credentials.append(_credential(house, db, person, means, text, now))


def _credential(house: House, db: Reader, person: PersonId, means: Means, text: str, now: datetime) -> CredentialRow:
    credential = CredentialId(house.new_id())
    record = {"value": text, "hint": ending(text)}
    return CredentialRow(
        credential=credential,
        person=person,
        means=means,
        token=_code_token(house, db, means, text),
        secret=seal(house, db.tenant, subject(person), template_place(db.tenant, credential), record),
        pack=None,
        site=None,
        since=None,
        until=None,
        created_at=now,
        ended_at=None,
    )


def _write(house: House, tx: Tx, prepared: _Prepared) -> None:
    """Everybody, and an entry about each of them, in this transaction."""
    try:
        for ready in prepared.rows:
            tx.add_ready(ready)
    except (AlreadyThere, NoSuchThing) as error:
        raise SomebodyFirst("somebody took a number, a card or a plate of the file") from error
    lines = [journal.Line("person.enrolled", person, f"person:{person}") for person in prepared.people]
    lines.append(journal.Line("people-file.enrolled", object=f"people:{len(lines)}"))
    journal.write_all(tx, house.keyring, house.clock.now(), lines)


def _code_token(house: House, db: Reader, means: Means, text: str) -> Token:
    return house.index.standing_token(db.tenant, means.value, text)


def _instant(day: date | None, tz: tzinfo, *, end: bool = False) -> datetime | None:
    """The instant at which the local day begins, or with `end` at which it is over."""
    return None if day is None else datetime.combine(day + (DAY if end else timedelta()), time(), tz).astimezone(UTC)


def _row(db: Reader, which: ImportId) -> ImportRow:
    row = directory.import_row(db, which)
    if row is None:
        raise NotFound("import")
    return row


def _file_place(signed: Signed, which: ImportId) -> Place:
    return Place(signed.tenant, "imports", "file", str(which))
