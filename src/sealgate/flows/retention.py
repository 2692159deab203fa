"""The nightly job: what has been kept long enough is made unreadable, and then removed.

The surprising thing: keys go first. From the moment a day's key is destroyed nothing that was sealed under it opens again, in
no backup either; the rows after it are tidying up. A round that breaks off in between is done again harmlessly, and a day on
which a car came that still stands there keeps its key until the car has left. Legal holds are left alone (flows/holds.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from sealgate.domain.calendar import DAY, day_number, local_day, zone
from sealgate.domain.ids import PersonId, SiteId, TenantId
from sealgate.domain.operators import Permission
from sealgate.domain.retention import Kept, Times, checked_times
from sealgate.flows import holds
from sealgate.flows.holds import Kept as Held
from sealgate.flows.kit import House, Signed
from sealgate.ports import KeyKind
from sealgate.privacy import journal
from sealgate.store import directory, places
from sealgate.store import holds as hold_rows
from sealgate.store import leaks as leak_rows
from sealgate.store import retention as rows
from sealgate.store.columns import FIRST_DAY
from sealgate.store.engine import Actor, Reader, Tx

WORKER = Actor("system", "retention")
IMPORTS = 2 * DAY
WAYS = 7 * DAY
"""A way in opens outwards after its end: whoever stayed too long must be able to leave."""

PUBLISHED = 7 * DAY


@dataclass(frozen=True, slots=True)
class Done:
    """What one round destroyed and removed."""

    keys: int = 0
    passages: int = 0
    pictures: int = 0
    others: int = 0

    @property
    def anything(self) -> bool:
        return any(asdict(self).values())


@dataclass(frozen=True, slots=True)
class Status:
    """`oldest` is the first local day with passages, None where there are none; `due` says that a round has work."""

    times: Times
    oldest: date | None
    keys: int
    due: bool


def times_of(house: House, tenant: TenantId) -> Times:
    with house.store.read(tenant) as db:
        return _times(db)


def change_times(house: House, signed: Signed, given: dict[str, object]) -> Times:
    """From the next round on. Raises `BadTimes`."""
    signed.need(Permission.CHANGE_RULES)
    chosen = checked_times(given)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        rows.set_times(tx, asdict(chosen), now)
        words = ",".join(f"{kept}={chosen.of(kept)}" for kept in Kept)
        journal.write(tx, house.keyring, now, "retention.changed", object=words)
    return chosen


def status(house: House, tenant: TenantId) -> Status:
    with house.store.read(tenant) as db:
        times, first = _times(db), rows.oldest(db)["passages"]
        before = _before(house, db, times)
    keys = sum(1 for _ in house.keyring.scopes(tenant, KeyKind.DAY))
    oldest = None if first is None else FIRST_DAY + timedelta(days=first)
    return Status(times, oldest, keys, due=first is not None and first < before)


def keep_to_times(house: House, tenant: TenantId) -> Done:
    """One round for one organisation. Nothing happens where nothing is due, so it may be called as often as one likes."""
    now = house.clock.now()
    with house.store.read(tenant) as db:
        times = _times(db)
        before, sites = _before(house, db, times), [site.site for site in places.sites(db)]
        stays = {site: rows.days_held(db, site) for site in sites}
        holding = holds.holding(house, db)
        kept = holds.kept_before(house, db, holding, before)
    held = {site: stays[site] | kept.keys.get(site, set()) for site in sites}
    keys = _destroy_days(house, tenant, before, held)
    passages = _passages(house, tenant, before, kept)
    pictures = _pictures(house, tenant, before, {day for days in stays.values() for day in days}, kept.pictures)
    return Done(keys, passages, pictures, _others(house, tenant, times, now, holding.people))


def _times(db: Reader) -> Times:
    return checked_times(rows.times(db) or {})


def _before(house: House, db: Reader, times: Times) -> int:
    """The number of the first day that is kept; of sites in several zones, the one on which it is still earliest."""
    now = house.clock.now()
    todays = [local_day(now, zone(site.time_zone)) for site in places.sites(db)] or [now.date()]
    return day_number(min(todays)) - times.passages


def _destroy_days(house: House, tenant: TenantId, before: int, held: dict[SiteId, set[int]]) -> int:
    """Also of days on which nobody came: a key seals what comes late."""

    def is_over(scope: str) -> bool:
        site, _, day = scope.partition("/")
        number = day_number(date.fromisoformat(day))
        return number < before and number not in held.get(SiteId(UUID(site)), set())

    old = [scope for scope in house.keyring.scopes(tenant, KeyKind.DAY) if is_over(scope)]
    return house.keyring.destroy_all(tenant, KeyKind.DAY, old)


def _passages(house: House, tenant: TenantId, before: int, kept: Held) -> int:
    """A day at a time, so that gates are kept waiting for a day's rows at most."""
    with house.store.read(tenant) as db:
        days = rows.days_of_passages(db, before)

    def of(day: int) -> Callable[[Tx], int]:
        return lambda tx: rows.remove_day(tx, day, kept.passages.get(day, ()), kept.sites.get(day, ()))

    return sum(_written(house, tenant, f"passages:{FIRST_DAY + timedelta(days=day)}", of(day)) for day in days)


def _pictures(house: House, tenant: TenantId, before: int, days: set[int], kept: Collection[UUID]) -> int:
    """Row first, blob after: a blob without a row is noise that nobody can name. Those of `days` and `kept` stay."""
    gone, after = 0, None
    while True:
        with house.store.read(tenant) as db:
            found = rows.pictures_of(db, before, days, after)
        if not found:
            return gone
        after, names = found[-1], [name for _day, name in found if name not in kept]
        gone += _written(house, tenant, "pictures", lambda tx, names=names: rows.remove_pictures(tx, names))  # type: ignore[misc]
        for name in names:
            house.blobs.delete(name.hex)


def _others(house: House, tenant: TenantId, times: Times, now: datetime, held: Collection[PersonId]) -> int:
    def end_ways(tx: Tx) -> int:
        ways = rows.ended_credentials(tx, now - WAYS)
        for way in ways:
            ended = directory.end_credential(tx, way, now)
            directory.forget_secret(tx, way)
            if ended is not None and ended.site is not None:
                tx.after_commit(partial(house.galleries.of(tenant, ended.site).remove, way))
        return len(ways)

    parts: dict[str, Callable[[Tx], int]] = {
        "stays": lambda tx: rows.blank_stays(tx, now - times.passages * DAY),
        "papers": lambda tx: rows.remove_papers(tx, now - times.papers * DAY, held),
        "leak reports": lambda tx: leak_rows.remove_closed(tx, now - times.papers * DAY),
        "holds": lambda tx: hold_rows.remove_over(tx, now - times.papers * DAY),
        "credentials": end_ways,
        "hours": lambda tx: rows.remove_hours(tx, (now - times.hours * DAY).date(), held),
        "accounts": lambda tx: rows.remove_accounts(tx, now - times.accounts * DAY),
        "expired": lambda tx: rows.remove_expired(tx, now, now - IMPORTS),
        "outbox": lambda tx: rows.remove_published(tx, now - PUBLISHED),
    }
    return sum(_written(house, tenant, name, work) for name, work in parts.items())


def _written(house: House, tenant: TenantId, what: str, work: Callable[[Tx], int]) -> int:
    """A transaction of its own for each part, with an entry where it removed something."""
    with house.store.begin(tenant, WORKER) as tx:
        with tx.upkeep():  # the entry below says what was done, or there was nothing to do
            count = work(tx)
        if count:
            journal.write(tx, house.keyring, house.clock.now(), "retention.kept-to", object=f"{what}:{count}")
    return count
