"""The cards, codes and plates of people that open an edge's lanes: the part of its copy that is about people.

Of somebody it holds a number that means nothing elsewhere, what they show, and when it holds; no name, no face, and nobody who
may not pass at this site. The surprising thing: it is looked at every `FRESH` and not for every question, for opening
thousands of cards twice a second would keep the centre from all else.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sealgate.domain.ids import SiteId, TenantId
from sealgate.domain.sightings import Means
from sealgate.flows.edge_codes import code_key
from sealgate.flows.edge_copy import Part, part
from sealgate.flows.faces import template_place
from sealgate.flows.kit import House, unseal
from sealgate.store import edge_people, parking
from sealgate.store import schema as s
from sealgate.store.edge_people import Held
from sealgate.store.edges import plain_rows
from sealgate.store.engine import Reader
from sealgate.vault.errors import KeyDestroyed

log = logging.getLogger("sealgate.edges")

HOLDERS = "holders"
MEANS = (Means.CARD, Means.QR, Means.PIN, Means.PLATE)
FRESH = timedelta(seconds=15)
"""So long a card that was blocked at the centre may still open a lane of an edge that hears us."""

MOST_HELD = 20_000


class Holders:
    """What each site's edge is told of people, kept between two questions. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[tuple[TenantId, SiteId], tuple[datetime, str, Part]] = {}

    def part(self, house: House, db: Reader, site: SiteId) -> Part:
        now, where = house.clock.now(), (db.tenant, site)
        with self._lock:
            kept = self._kept.get(where)
            if kept is not None and timedelta(0) <= now - kept[0] < FRESH:
                return kept[2]
            found = edge_people.held_at(db, site, _lanes(db, site), MEANS, now, MOST_HELD)
            if len(found) >= MOST_HELD:
                log.warning("site %s: more cards than an edge is told of; the newest are not", site)
            rules = _rules(db, site)
            stamp = _stamp(found, rules)
            made = kept[2] if kept is not None and kept[1] == stamp else part(HOLDERS, rules | _opened(house, db, found))
            self._kept[where] = (now, stamp, made)
            return made


def _lanes(db: Reader, site: SiteId) -> frozenset[str]:
    names = [lot.lot for lot in parking.lots(db, site)]
    return frozenset(row["gate_id"] for row in plain_rows(db, s.lanes, s.lanes.c.lot_id.in_(names)))


def _rules(db: Reader, site: SiteId) -> dict[str, Any]:
    grants = plain_rows(db, s.grants, s.grants.c.zone_id.in_(edge_people.zones_of(db, site)))
    groups = {row["group_id"] for row in grants}
    times = {row["timetable_id"] for row in grants}
    return {
        "grants": grants,
        "groups": [row for row in plain_rows(db, s.groups) if row["group_id"] in groups],
        "timetables": [row for row in plain_rows(db, s.timetables) if row["timetable_id"] in times],
    }


def _stamp(found: list[Held], rules: dict[str, Any]) -> str:
    """Changes with what lies there, sealed as it is."""
    made = hashlib.sha256(repr(sorted(rules.items())).encode())
    for one in found:
        made.update(repr((one.credential, one.person, one.plain, one.groups)).encode() + one.secret)
    return made.hexdigest()


def _opened(house: House, db: Reader, found: list[Held]) -> dict[str, Any]:
    people = {str(one.person): one.plain["person"] | {"groups": sorted(one.groups)} for one in found}
    shown = ((one, _recognised(house, db.tenant, one)) for one in found)
    return {
        "people": [people[person] for person in sorted(people)],
        "credentials": [one.plain["credential"] | {"value": value} for one, value in shown if value is not None],
        "codes": code_key(house, db.tenant).hex(),
    }


def _recognised(house: House, tenant: TenantId, one: Held) -> str | None:
    """By what an edge knows it; None for somebody who was erased, and for a QR text or PIN from before edges knew any."""
    try:
        record = unseal(house, template_place(tenant, one.credential), one.secret)
    except KeyDestroyed:
        return None
    found = record.get("value", record.get("edge"))
    return None if found is None else str(found)
