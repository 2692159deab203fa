"""The roll call: who is inside a site now, staff and visitors apart, from the zones they entered last and from open visits.

A visitor whom reception let in without a gate is on it too, by their visit. It says how it was made and when, because on
paper or without a network it is only as good as that.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sealgate.domain.calendar import zone
from sealgate.domain.ids import PersonId, SiteId, ZoneId
from sealgate.domain.operators import Permission
from sealgate.domain.people import PersonKind
from sealgate.flows.kit import House, Signed, unseal
from sealgate.flows.passage_places import presence_place, profile_place
from sealgate.flows.visit_rows import frame_of, line_of
from sealgate.privacy import journal
from sealgate.store import directory, places, visits
from sealgate.store.engine import Reader
from sealgate.vault.errors import KeyDestroyed


@dataclass(frozen=True, slots=True)
class MusterLine:
    """`belongs`: the groups of staff, the host of a visitor. `since` is local, None where nobody saw them enter."""

    person: PersonId
    name: str
    zone: str
    since: datetime | None
    belongs: str
    visitor: bool


@dataclass(frozen=True, slots=True)
class Muster:
    site_name: str
    at: datetime
    lines: tuple[MusterLine, ...]

    @property
    def visitors(self) -> int:
        return sum(line.visitor for line in self.lines)

    @property
    def staff(self) -> int:
        return len(self.lines) - self.visitors


def muster(house: House, signed: Signed, site: SiteId) -> Muster:
    """Sorted by zone and name, so that each zone's warden reads one block."""
    signed.need(Permission.WATCH)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        here = places.site(tx, site)
        tz = zone(here.time_zone)
        now = house.clock.now()
        seen = _present(house, tx, site)
        rows = {row.person: row for row in visits.here(tx, site)}
        frame = frame_of(house, tx, site, list(rows.values()))
        hosts = {person: line_of(house, tx, frame, row).host for person, row in rows.items()}
        everybody = sorted({*seen, *rows})
        groups = places.group_names(tx, everybody)
        lines = []
        for person in directory.people_by_id(tx, everybody) if everybody else ():
            visitor = person.kind is PersonKind.VISITOR
            with suppress(KeyDestroyed):
                name = str(unseal(house, profile_place(tx.tenant, person.person), person.profile)["name"])
                where, since = seen.get(person.person, ("", rows[person.person].came_at if person.person in rows else None))
                belongs = hosts.get(person.person, "") if visitor else ", ".join(groups.get(person.person, ()))
                local = since.astimezone(tz) if since else None
                lines.append(MusterLine(person.person, name, where, local, belongs, visitor))
        journal.write(tx, house.keyring, now, "muster.opened", object=f"site:{site}:{len(lines)}")
    return Muster(here.name, now.astimezone(tz), tuple(sorted(lines, key=lambda line: (line.zone, line.name))))


def _present(house: House, db: Reader, site: SiteId) -> dict[PersonId, tuple[str, datetime]]:
    """Who was last seen inside a zone of this site: the zone's name, and since when."""
    inside = {line.zone: line.name for line in places.zones(db, site) if not line.outside}
    found = {}
    for person, sealed in directory.presences(db):
        with suppress(KeyDestroyed):
            state = unseal(house, presence_place(db.tenant, person), sealed)
            here = ZoneId(UUID(state["zone"]))
            if here in inside:
                found[person] = (inside[here], datetime.fromisoformat(state["since"]))
    return found
