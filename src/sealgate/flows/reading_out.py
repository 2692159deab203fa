"""What programs read page by page: passages and working hours, each page in the journal before it leaves.

The surprising thing: a name is in it only for who may see people everywhere, and then each of them is told of it; everybody
else gets the same lines without one, and nothing sealed is opened for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sealgate.domain.attendance import WorkDay
from sealgate.domain.calendar import zone
from sealgate.domain.ids import PassageId, PersonId, SiteId
from sealgate.domain.operators import Permission
from sealgate.domain.people import PersonKind
from sealgate.flows.hours import read_days
from sealgate.flows.kit import House, Signed
from sealgate.flows.looking import lines_of
from sealgate.flows.people import names_of
from sealgate.privacy import journal
from sealgate.store import directory, passages, places
from sealgate.store.passages import PassageView


@dataclass(frozen=True, slots=True)
class ReadPassage:
    """`person` and `name` None: a stranger, somebody erased, or not for this caller's eyes."""

    view: PassageView
    gate: str
    person: PersonId | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ReadHours:
    person: PersonId
    name: str | None
    days: tuple[WorkDay, ...]


def passages_before(
    house: House, signed: Signed, site: SiteId, before: PassageId | None, limit: int
) -> tuple[list[ReadPassage], PassageId | None]:
    """The newest first, from before that one; and from where the next page goes on. Raises `NotFound`, `Forbidden`."""
    signed.need(Permission.SEARCH_PASSAGES)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        tz = zone(places.site(tx, site).time_zone)
        views = passages.page(tx, site=site, before_id=before, limit=limit + 1)
        shown, gates = views[:limit], {gate.gate: gate.name for gate in places.gates(tx, site)}
        found = [ReadPassage(view, gates.get(view.row.gate, "")) for view in shown]
        if signed.may_everywhere(Permission.SEE_PEOPLE):
            lines = zip(found, lines_of(house, tx, tz, shown), strict=True)
            found = [ReadPassage(one.view, one.gate, line.person, line.name) for one, line in lines]
        now, told = house.clock.now(), f"site:{site}:{len(shown)}"
        people = sorted({one.person for one in found if one.person is not None})
        about = [journal.Line("passages.read", person, f"site:{site}") for person in people]
        journal.write_all(tx, house.keyring, now, [journal.Line("passages.page-read", object=told), *about])
    return found, shown[-1].row.passage if len(views) > limit else None


def hours_after(
    house: House, signed: Signed, first: date, last: date, after: PersonId | None, limit: int
) -> tuple[list[ReadHours], PersonId | None]:
    """Everybody's derived days in the order they were enrolled, from behind that one. Raises `TooManyDays`, `Forbidden`."""
    signed.need(Permission.SEE_HOURS)
    with house.store.read(signed.tenant) as db:  # days may have to be derived: no gate waits for that
        rows = directory.people(db, after=after, limit=limit + 1)
        staff = [row.person for row in rows[:limit] if row.kind is not PersonKind.VISITOR]
        days = read_days(house, db, staff, first, last)
        names = names_of(house, db, list(days)) if signed.may_everywhere(Permission.SEE_PEOPLE) else {}
    with house.store.begin(signed.tenant, signed.actor) as tx:
        lines = [journal.Line("hours.read", person, f"person:{person}:{first}:{last}") for person in days]
        lines.append(journal.Line("hours.page-read", object=f"people:{len(days)}:{first}:{last}"))
        journal.write_all(tx, house.keyring, house.clock.now(), lines)
    found = [ReadHours(person, names.get(person), days[person]) for person in staff if person in days]
    return found, rows[limit - 1].person if len(rows) > limit else None
