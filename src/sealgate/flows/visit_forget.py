"""Erasing a visit: the key first, then the rows and pictures.

What was sealed under the visitor's key opens nowhere from the moment it is destroyed, in old backups neither. Passages stay
as numbers: gate, time and reason, without token, name or picture. A round that broke off after the key finds the visit
again and removes the rest; a picture whose name was lost with the key is noise that nobody can open.
"""

from __future__ import annotations

from datetime import datetime

from sealgate.domain.calendar import DAY, local_day, zone
from sealgate.domain.ids import TenantId, VisitId
from sealgate.domain.sightings import Means
from sealgate.flows.kit import House, subject
from sealgate.flows.traces import Tokens, pictures_of, tokens_between
from sealgate.privacy import journal
from sealgate.store import directory, passages, pictures, places, visits
from sealgate.store.engine import Actor, Reader
from sealgate.store.visits import VisitRow

MOST_DAYS = 400
"""Of passages looked through, from the first day on which the pass opened."""


def forget(house: House, tenant: TenantId, visit: VisitId) -> bool:
    """Leave nothing of the visit and its visitor. False where somebody was first."""
    with house.store.read(tenant) as db:
        row = visits.visit(db, visit)
        if row is None:
            return False
        tokens = _tokens(house, db, row, house.clock.now())
        names = pictures_of(house, db, tokens)
        galleries = [c for c in directory.credentials_of(db, row.person) if c.means is Means.FACE and c.site is not None]
    house.keyring.destroy(tenant, *subject(row.person))
    with house.store.begin(tenant, Actor("system", "worker")) as tx:
        now = house.clock.now()
        passages.blank(tx, tokens)
        for name in names:
            pictures.remove_picture(tx, name)
        removed = visits.remove_visit(tx, visit)
        directory.remove_person(tx, row.person)
        journal.write(tx, house.keyring, now, "visit.erased", about=row.person, object=f"visit:{visit}")
    for credential in galleries:
        assert credential.site is not None
        house.galleries.of(tenant, credential.site).remove(credential.credential)
    for name in names:
        house.blobs.delete(name.hex)
    return removed


def _tokens(house: House, db: Reader, row: VisitRow, now: datetime) -> Tokens:
    """The visitor's token of each day on which something of theirs may have been seen and can still be found."""
    tz = zone(places.site(db, row.site).time_zone)
    last = local_day(now, tz)
    first = max(local_day(min(row.asked_at, row.since), tz), last - DAY * MOST_DAYS)
    return tokens_between(house, db.tenant, row.site, first, last, [("person", str(row.person))])
