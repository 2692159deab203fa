"""At the edge: what the centre has heard of goes from the box after the time that its setting says, the keys of its days too.

The surprising thing: nothing goes that the centre has not got, nor anything since. A box that was cut off for a month keeps
that month until it was told. And the day on which a car came that still stands there keeps its key until the car has left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sealgate.domain.calendar import day_number, local_day, zone
from sealgate.domain.ids import SiteId, TenantId
from sealgate.flows.edge_apply import LINK
from sealgate.flows.kit import House, of_day, unseal
from sealgate.flows.passage_places import presence_place
from sealgate.ports import KeyKind
from sealgate.privacy import journal
from sealgate.store import directory, edge_forgetting, outbox, pictures, places
from sealgate.store.engine import Tx

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Forgotten:
    """`rows` are passages and stays, `pictures` files, `days` keys that were destroyed."""

    rows: int = 0
    pictures: int = 0
    days: int = 0


def forget(house: House, tenant: TenantId, keeps: timedelta) -> Forgotten:
    """All that is older than `keeps`. Pictures first, so that a crash leaves no file that no row names."""
    with house.store.read(tenant) as db:
        site = next(iter(places.sites(db)), None)
        waits = edge_forgetting.oldest_waiting(db)
    if site is None:
        return Forgotten()
    before = min(filter(None, (house.clock.now() - keeps, waits)))
    first = local_day(before, zone(site.time_zone))
    files = _pictures(house, tenant, day_number(first))
    outbox.forget_published(house.store, tenant, before)
    with house.store.begin(tenant, LINK) as tx:
        rows = edge_forgetting.forget(tx, day_number(first), before) + _presence(house, tx, before)
        held = edge_forgetting.days_with_cars(tx)
        journal.write(tx, house.keyring, house.clock.now(), "edge.forgot", object=f"until:{first.isoformat()}")
    return Forgotten(rows, files, _keys(house, tenant, site.site, first, held))


def _pictures(house: House, tenant: TenantId, day: int) -> int:
    gone = 0
    while True:
        with house.store.read(tenant) as db:
            found = pictures.pictures_before(db, day, limit=BATCH)
        if not found:
            return gone
        for row in found:
            house.blobs.delete(row.picture.hex)
        with house.store.begin(tenant, LINK) as tx, tx.upkeep():
            gone += sum(pictures.remove_picture(tx, row.picture) for row in found)


def _presence(house: House, tx: Tx, before: datetime) -> int:
    """Where people with a card were seen last."""
    gone = 0
    for person, sealed in directory.presences(tx):
        if datetime.fromisoformat(unseal(house, presence_place(tx.tenant, person), sealed)["since"]) < before:
            directory.forget_presence(tx, person)
            gone += 1
    return gone


def _keys(house: House, tenant: TenantId, site: SiteId, first: date, held: set[int]) -> int:
    """For good: what was sealed on these days opens no more, wherever a copy of it lies."""
    gone = 0
    for scope in house.keyring.scopes(tenant, KeyKind.DAY):
        day = date.fromisoformat(scope.rpartition("/")[2])
        if day < first and day_number(day) not in held:
            gone += house.keyring.destroy(tenant, *of_day(site, day))
    return gone
