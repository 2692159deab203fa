"""Many people at once, out of a file: judged whole, then all of them enrolled or none.

The surprising thing: they are written in pieces, so that no gate waits for fifty thousand people, and still nobody ever sees
some of them: see `people_arriving`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sealgate.domain.calendar import DAY, zone
from sealgate.domain.errors import Conflict, Invalid, NotFound
from sealgate.domain.ids import ImportId
from sealgate.domain.operators import Permission
from sealgate.domain.people import name_key
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
from sealgate.flows import people_arriving
from sealgate.flows.enrol import number_token
from sealgate.flows.kit import House, Signed, organisation, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.flows.people_arriving import CODES, QUIET, SomebodyFirst, Told, code_token
from sealgate.ports import Token
from sealgate.privacy import journal
from sealgate.store import directory, places
from sealgate.store.directory import ImportRow, PersonRow
from sealgate.store.engine import Reader, Tx
from sealgate.store.words import ImportState
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed

KEPT = DAY
SHOWN = 20


class FlawedFile(Invalid):
    """Some rows cannot be enrolled, so none is."""

    code = "people-file.flawed"
    hint = "Put right what the report says, and bring the file again"

    def __init__(self, flawed: int) -> None:
        super().__init__(f"{flawed} things in the file have to be put right", field="file")
        self.flawed = flawed


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


def check(house: House, signed: Signed, data: bytes) -> PeopleFile:
    """The file judged: its form, its rows, each other's and the enrolled people's numbers, cards, plates and groups.

    Raises what `people_file.read` raises; a problem of a row is an answer.
    """
    signed.need(Permission.ENROL)
    found = read(data)
    with house.store.read(signed.tenant) as db:
        taken = list(_taken(house, db, found.rows))
    with house.store.begin(signed.tenant, signed.actor) as tx:
        journal.write(tx, house.keyring, house.clock.now(), "people-file.checked", object=f"people:{len(found.rows)}")
    return _joined(found, taken)


def enrol_all(house: House, signed: Signed, found: PeopleFile, tz: tzinfo, told: Told = lambda _done: None) -> int:
    """Enrol everybody of a file without a flaw; how many. `tz` is where its days are days; `told(n)` hears of each piece.

    Raises `FlawedFile`, `SomebodyFirst`; then nobody was enrolled.
    """
    signed.need(Permission.ENROL)
    if found.flawed:
        raise FlawedFile(found.flawed)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        row = _new_row(house, signed, found, ImportState.RUNNING, str(tz), None, now)
        directory.add_import(tx, row)
        journal.write(tx, house.keyring, now, "people-file.confirmed", object=f"import:{row.id}")
    return _Enrolling(house, signed, row, now).enrol(found.rows, tz, told)


def bring(house: House, signed: Signed, data: bytes, time_zone: str) -> ImportId:
    """Judge a file and keep it, sealed, for somebody to look at and say yes; what was brought a day ago is forgotten."""
    found = check(house, signed, data)
    zone(time_zone)
    state = ImportState.FLAWED if found.flawed else ImportState.READY
    row = _new_row(house, signed, found, state, time_zone, data, house.clock.now())
    with house.store.begin(signed.tenant, signed.actor) as tx:
        directory.sweep_imports(tx, row.made_at - KEPT)
        directory.add_import(tx, row)
        journal.write(tx, house.keyring, row.made_at, "people-file.brought", object=f"import:{row.id}:{len(found.rows)}")
    return row.id


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
            self._begin()
            found = self._judged()
        except SomebodyFirst:
            return
        except BaseException:
            self._end_failed()
            raise
        if found is not None:
            with suppress(SomebodyFirst):
                self.enrol(found.rows, zone(self._row.time_zone))

    def enrol(self, rows: Sequence[Row], tz: tzinfo, told: Told = lambda _done: None) -> int:
        """Piece by piece, and then all of them at once; how many. Raises `SomebodyFirst`; then there is nobody."""
        house, tenant, which = self._house, self._signed.tenant, self._row.id
        try:
            for piece in people_arriving.pieces(house, tenant, which, rows, tz):
                with house.store.begin(tenant, self._signed.actor) as tx:
                    now = self._say(tx, piece.done)
                    people_arriving.write(house, tx, piece)
                self._claimed = now
                told(piece.done)
            with house.store.begin(tenant, self._signed.actor) as tx:
                if not directory.end_import(tx, which, self._claimed, ImportState.DONE, house.clock.now()):
                    raise SomebodyFirst("another program took the file over")
                enrolled = people_arriving.let_in(house, tx, which)
                if enrolled != len(rows):
                    raise SomebodyFirst("somebody turned people of the file away")
            return enrolled
        except BaseException:
            self._end_failed()
            raise

    def _begin(self) -> None:
        """Whoever tried before us may have been stopped in the middle. Who comes too late turns nobody away."""
        with self._house.store.begin(self._signed.tenant, self._signed.actor) as tx:
            self._claimed = self._say(tx, 0)
            journal.write(tx, self._house.keyring, self._claimed, "people-file.begun", object=f"import:{self._row.id}")
        people_arriving.turn_away(self._house, self._signed.tenant, self._signed.actor, self._row.id)

    def _judged(self) -> PeopleFile | None:
        """The file once more, for much may have been enrolled since it was brought; None where it has flaws now."""
        house, signed, row = self._house, self._signed, self._row
        assert row.file is not None
        found = check(house, signed, house.keyring.open(_file_place(signed, row.id), row.file))
        if found.flawed:
            self._end(ImportState.FLAWED, found.problems)
            return None
        return found

    def _say(self, tx: Tx, done: int) -> datetime:
        """How far it has come, in the commit that brings it there. Raises `SomebodyFirst` where another program took over."""
        now = self._house.clock.now()
        if not directory.note_progress(tx, self._row.id, self._claimed, done, now):
            raise SomebodyFirst("another program took the file over")
        return now

    def _end_failed(self) -> None:
        """Nobody of ours is left, unless another program took over: then it has seen to that."""
        if self._end(ImportState.FAILED):
            people_arriving.turn_away(self._house, self._signed.tenant, self._signed.actor, self._row.id)

    def _end(self, state: ImportState, problems: Sequence[Problem] = ()) -> bool:
        with self._house.store.begin(self._signed.tenant, self._signed.actor) as tx:
            now = self._house.clock.now()
            ours = directory.end_import(tx, self._row.id, self._claimed, state, now, problems)
            journal.write(tx, self._house.keyring, now, "people-file.not-enrolled", object=f"import:{self._row.id}")
        return ours


def _taken(house: House, db: Reader, rows: Sequence[Row]) -> Iterator[Problem]:
    """What is somebody's already, and groups that are none: one question for each kind and some hundred rows."""
    known = {line.name for line in places.groups(db)}
    for row in rows:
        if not known.issuperset(row.groups):
            yield Problem(row.row, Field.GROUPS, Flaw.UNKNOWN_GROUP)
    for code, means in CODES.items():
        tokens = {code_token(house, db.tenant, means, text): row for row in rows if (text := getattr(row, code.value))}
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


def _new_row(
    house: House, signed: Signed, found: PeopleFile, state: ImportState, time_zone: str, data: bytes | None, now: datetime
) -> ImportRow:
    made = ImportId(house.new_id())
    sealed = None if data is None else house.keyring.seal(signed.tenant, *organisation(), _file_place(signed, made), data)
    return ImportRow(
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


def _row(db: Reader, which: ImportId) -> ImportRow:
    row = directory.import_row(db, which)
    if row is None:
        raise NotFound("import")
    return row


def _file_place(signed: Signed, which: ImportId) -> Place:
    return Place(signed.tenant, "imports", "file", str(which))
