"""The breach kit: who is concerned by what if this copy was taken, the clock of 72 hours, whom to tell, and the list of them.

The surprising thing: it works while nothing happened. Whoever wants to know what a stolen laptop would mean opens a breach
of a copy without its keys, and reads what it shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sealgate.domain.approvals import Kind
from sealgate.domain.asking import checked_words
from sealgate.domain.breach import Breach, Taken, checked
from sealgate.domain.calendar import day_number
from sealgate.domain.errors import Conflict
from sealgate.domain.ids import BreachId, PersonId, SiteId
from sealgate.domain.operators import Permission
from sealgate.flows import approving
from sealgate.flows.approving import Wanted
from sealgate.flows.kit import House, Signed, organisation, seal, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.flows.signin import operator_names
from sealgate.privacy import journal
from sealgate.privacy.inventory import INVENTORY, Form, Personal
from sealgate.store import breach as rows
from sealgate.store import directory, places
from sealgate.store.breach import BreachRow
from sealgate.store.columns import FIRST_DAY
from sealgate.store.engine import Reader
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed

AT_A_TIME = 500
SHOWN = frozenset({Form.PLAIN, Form.IDENTITY})
"""What a copy shows without any key: plain facts, and that rows belong together; of nobody who."""

LINKED = frozenset({Form.STANDING})
"""Tokens of the organisation: a copy shows that two rows are of one plate or name, and not of which."""

OF_A_PERIOD = frozenset({"passages", "readings", "stays", "calls", "latch_answers"})


class ToldAlready(Conflict):
    """They were told already."""

    code = "breach.told-already"


@dataclass(frozen=True, slots=True)
class BreachLine:
    breach: Breach
    words: str
    by: str
    site: str
    hours_left: int


@dataclass(frozen=True, slots=True)
class Concern:
    """One person who is concerned: `first` and `last` are the days on which they passed, None where by their record alone."""

    person: PersonId
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Reach:
    """`columns` with whether who has the copy can read them, the rows of their tables now, and how many people."""

    columns: tuple[tuple[Personal, bool, int], ...]
    people: int
    readable: int


@dataclass(frozen=True, slots=True)
class Addressee:
    """One line of the list: what is needed to reach them, opened."""

    name: str
    phone: str
    email: str
    first: date | None
    last: date | None


def open_breach(house: House, signed: Signed, breach: Breach, words: str) -> BreachId:
    """`breach.breach` is given here. Raises `BadBreach`, `BadAsk`, `NotFound`."""
    signed.need(Permission.PRIVACY)
    said = checked_words(words, "words")
    new = BreachId(house.new_id())
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        good = checked(breach, now)
        if good.site is not None:
            places.site(tx, good.site)
        made = Breach(new, good.found_at, good.taken, good.site, good.first, good.last)
        sealed = seal(house, tx.tenant, organisation(), _place(tx, new), {"words": said})
        rows.add_breach(tx, BreachRow(made, sealed, signed.operator))
        journal.write(tx, house.keyring, now, "breach.opened", object=f"breach:{new}:{good.taken}", purpose=said)
    return new


def breaches(house: House, signed: Signed) -> list[BreachLine]:
    signed.need(Permission.PRIVACY)
    with house.store.read(signed.tenant) as db:
        return _lines(house, db, rows.breaches(db))


def one(house: House, signed: Signed, breach: BreachId) -> BreachLine:
    signed.need(Permission.PRIVACY)
    with house.store.read(signed.tenant) as db:
        return _lines(house, db, [rows.breach(db, breach)])[0]


def told(house: House, signed: Signed, breach: BreachId, *, people: bool) -> None:
    """The authority, or the people, were told now. Raises `ToldAlready`, `NotFound`."""
    signed.need(Permission.PRIVACY)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        rows.breach(tx, breach)
        now, whom = house.clock.now(), "people_told_at" if people else "authority_told_at"
        if not rows.tell(tx, breach, whom, now):
            raise ToldAlready("told already")
        journal.write(tx, house.keyring, now, "breach.told", object=f"breach:{breach}:{whom}")


def reach(house: House, signed: Signed, breach: Breach) -> Reach:
    """What of the inventory that copy holds, and how many people it is about."""
    signed.need(Permission.PRIVACY)
    with house.store.read(signed.tenant) as db:
        found = sum(1 for _concern in _concerned(house, db, breach))
        narrow = breach.first is not None or breach.site is not None
        entries = [entry for entry in INVENTORY if not narrow or entry.table in OF_A_PERIOD or _of_site(breach, entry)]
        counts = rows.rows_of(db, sorted({entry.table for entry in entries}))
    columns = tuple((entry, _readable(breach.taken, entry), counts[entry.table]) for entry in entries)
    return Reach(columns, found, sum(readable for _entry, readable, _rows in columns))


def list_wanted(house: House, signed: Signed, breach: BreachId) -> Wanted:
    """Raises `NotFound`."""
    signed.need(Permission.PRIVACY)
    with house.store.read(signed.tenant) as db:
        return _wanted(breach, sum(1 for _ in _concerned(house, db, rows.breach(db, breach).breach)))


def _wanted(breach: BreachId, people: int) -> Wanted:
    return Wanted(Kind.CONCERNED, f"breach:{breach}", people)


def addressees(house: House, signed: Signed, breach: BreachId, purpose: str) -> Iterator[Addressee]:
    """Everybody concerned, opened to be written to. The journal says so about each of them.

    Raises `PurposeNeeded`, `NeedsSecond`, `NotFound`.
    """
    signed.need(Permission.PRIVACY)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = list(_concerned(house, tx, rows.breach(tx, breach).breach))
        why = approving.cleared(house, tx, signed, _wanted(breach, len(found)), purpose)
        told = [journal.Line("breach.listed", concern.person, f"breach:{breach}", why) for concern in found]
        journal.write_all(
            tx, house.keyring, house.clock.now(), [*told, journal.Line("breach.list", object=f"people:{len(found)}")]
        )
        lines = list(_opened(house, tx, found))
    return iter(lines)


def _concerned(house: House, db: Reader, breach: Breach) -> Iterator[Concern]:
    """Everybody of a whole copy; of a site or period who passed there then, and whose template is kept there."""
    if breach.site is None and breach.first is None:
        yield from (Concern(person, None, None) for person in rows.people(db))
        return
    everybody = list(rows.people(db))
    seen: dict[PersonId, tuple[int, int]] = {}
    sites = [site.site for site in places.sites(db) if breach.site in {None, site.site}]
    first, last = day_number(breach.first or FIRST_DAY), day_number(breach.last or breach.found_at.date() + timedelta(days=1))
    for site in sites:
        for day in rows.days_with_passages(db, site, first, last):
            for person in _passed(house, db, site, day, everybody):
                before = seen.get(person, (day, day))
                seen[person] = (min(before[0], day), max(before[1], day))
    with_face = {person for site in sites for person in rows.with_face_at(db, site)} if breach.first is None else set()
    for person in everybody:
        if person in seen:
            yield Concern(person, *(FIRST_DAY + timedelta(days=day) for day in seen[person]))
        elif person in with_face:
            yield Concern(person, None, None)


def _passed(house: House, db: Reader, site: SiteId, day: int, everybody: list[PersonId]) -> Iterator[PersonId]:
    tokens = rows.tokens_of_day(db, site, day)
    local = FIRST_DAY + timedelta(days=day)
    try:
        for start in range(0, len(everybody), AT_A_TIME):
            some = everybody[start : start + AT_A_TIME]
            made = house.index.find_day_tokens(db.tenant, site, local, "person", [str(person) for person in some])
            yield from (person for person, token in zip(some, made, strict=bool(made)) if token in tokens)
    except KeyDestroyed:
        return  # nobody can say any more who that was, whoever has the copy neither


def _opened(house: House, db: Reader, found: list[Concern]) -> Iterator[Addressee]:
    when = {concern.person: concern for concern in found}
    for start in range(0, len(found), AT_A_TIME):
        for row in directory.people_by_id(db, [concern.person for concern in found[start : start + AT_A_TIME]]):
            try:
                profile = unseal(house, profile_place(db.tenant, row.person), row.profile)
            except KeyDestroyed:
                continue
            concern = when[row.person]
            yield Addressee(profile["name"], profile["phone"], profile["email"], concern.first, concern.last)


def _readable(taken: Taken, entry: Personal) -> bool:
    return taken.opens or entry.form in SHOWN


def _of_site(breach: Breach, entry: Personal) -> bool:
    """Templates are kept by site: a copy of one holds them, whenever they were made."""
    return breach.first is None and entry.table in {"credentials", "consents", "people"}


def _lines(house: House, db: Reader, found: list[BreachRow]) -> list[BreachLine]:
    officers, now = operator_names(house, db), house.clock.now()
    sites = {site.site: site.name for site in places.sites(db)}
    return [
        BreachLine(
            breach=row.breach,
            words=str(unseal(house, _place(db, row.breach.breach), row.words)["words"]),
            by=officers.get(str(row.made_by), ""),
            site=sites.get(row.breach.site, "") if row.breach.site else "",
            hours_left=row.breach.hours_left(now),
        )
        for row in found
    ]


def _place(db: Reader, breach: BreachId) -> Place:
    return Place(db.tenant, "breaches", "words", str(breach))
