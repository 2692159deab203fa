"""Legal holds: made by the privacy officer with a reason and an end, respected by retention and erasure, told to the person.

The surprising thing: of a held person on a day that is over, that day's key stays as long as the hold, because the token by
which their passage is found comes from it; everybody else's rows and pictures of that day go all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sealgate.domain.asking import checked_words
from sealgate.domain.calendar import day_number
from sealgate.domain.errors import Conflict
from sealgate.domain.holds import Holding, HoldOver, HoldScope, checked_scope
from sealgate.domain.ids import HoldId, PassageId, PersonId, SiteId
from sealgate.domain.operators import Permission
from sealgate.domain.people import name_key
from sealgate.flows.asking import today_in
from sealgate.flows.kit import House, Signed, organisation, seal, unseal
from sealgate.flows.people import names_of
from sealgate.flows.selfservice import Own
from sealgate.flows.signin import operator_names
from sealgate.flows.traces import passages_of, pictures_in, tokens_of
from sealgate.privacy import journal
from sealgate.store import directory, places
from sealgate.store import holds as rows
from sealgate.store import retention as keeping
from sealgate.store.columns import FIRST_DAY
from sealgate.store.engine import Reader
from sealgate.store.holds import HoldRow
from sealgate.vault.envelope import Place


class OnHold(Conflict):
    """A legal hold keeps this person's data until its day."""

    code = "erase.on-hold"

    def __init__(self, until: date) -> None:
        super().__init__(f"held until {until}")
        self.until = until


@dataclass(frozen=True, slots=True)
class HoldLine:
    """`name` is empty for a hold on a period, and `site` for one on all sites."""

    hold: HoldId
    scope: HoldScope
    name: str
    site: str
    reason: str
    by: str
    made_at: datetime
    in_force: bool


@dataclass(slots=True)
class Kept:
    """What of the days before retention's border stays: keys by site and day, rows of people, whole days, pictures by name."""

    keys: dict[SiteId, set[int]] = field(default_factory=dict)
    passages: dict[int, set[PassageId]] = field(default_factory=dict)
    sites: dict[int, set[SiteId]] = field(default_factory=dict)
    pictures: set[UUID] = field(default_factory=set)


def hold(house: House, signed: Signed, scope: HoldScope, reason: str) -> HoldId:
    """In force at once. Raises `BadHold`, `BadAsk` for a missing reason, `NotFound`."""
    signed.need(Permission.PRIVACY)
    words = checked_words(reason, "reason")
    new = HoldId(house.new_id())
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        checked_scope(scope, today_in(house, tx))
        if scope.site is not None:
            places.site(tx, scope.site)
        sealed = seal(house, tx.tenant, organisation(), _place(tx, new), {"words": words})
        rows.add_hold(tx, HoldRow(new, scope, sealed, signed.operator, now))
        told = f"hold:{new}:until:{scope.until}"
        journal.write(tx, house.keyring, now, "hold.made", about=scope.person, object=told, purpose=words)
    return new


def lift(house: House, signed: Signed, hold: HoldId, why: str) -> None:
    """Raises `HoldOver`, `NotFound`, `BadAsk` without a reason. What is due goes with the next round."""
    signed.need(Permission.PRIVACY)
    words = checked_words(why)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row, now = rows.hold(tx, hold), house.clock.now()
        if not rows.lift(tx, hold, now):
            raise HoldOver("lifted already")
        told = f"hold:{hold}"
        journal.write(tx, house.keyring, now, "hold.lifted", about=row.scope.person, object=told, purpose=words)


def lines(house: House, signed: Signed) -> list[HoldLine]:
    """In force first, then by their end. Names and reasons are the privacy officer's: who reads the journal sees neither."""
    signed.need(Permission.SEE_JOURNAL)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = _lines(house, tx, rows.holds(tx), names=signed.may_everywhere(Permission.PRIVACY))
        journal.write(tx, house.keyring, house.clock.now(), "holds.listed", object=f"holds:{len(found)}")
    return sorted(found, key=lambda line: (not line.in_force, line.scope.until))


def my_holds(house: House, mine: Own) -> list[HoldLine]:
    """Those in force on the person: until when, and why."""
    with house.store.read(mine.tenant) as db:
        today = today_in(house, db)
        found = [row for row in rows.holds(db) if row.scope.person == mine.person and row.in_force(today)]
        return _lines(house, db, found, names=True)


def holding(house: House, db: Reader) -> Holding:
    today = today_in(house, db)
    return Holding(tuple(row.scope for row in rows.holds(db) if row.in_force(today)))


def held_until(house: House, db: Reader, person: PersonId) -> date | None:
    """The last day of the longest hold on that person; None where nothing holds them."""
    return max((scope.until for scope in holding(house, db).of(person)), default=None)


def kept_before(house: House, db: Reader, now: Holding, before: int) -> Kept:
    """What retention has to leave of the local days before number `before`."""
    kept = Kept()
    for scope in now.scopes:
        if scope.person is not None:
            _keep_person(house, db, scope, before, kept)
    if any(scope.person is None for scope in now.scopes):
        _keep_days(house, db, now, before, kept)
    return kept


def _keep_person(house: House, db: Reader, scope: HoldScope, before: int, kept: Kept) -> None:
    assert scope.person is not None
    tokens = [pair for pair in tokens_of(house, db, scope.person) if pair[0] < before]
    views = [view for view in passages_of(db, tokens) if scope.covers(view.row.site, _day(view.row.day))]
    for view in views:
        kept.keys.setdefault(view.row.site, set()).add(view.row.day)
        kept.passages.setdefault(view.row.day, set()).add(view.row.passage)
    kept.pictures.update(pictures_in(house, db, ((view.row.passage, view.row.detail) for view in views)))


def _keep_days(house: House, db: Reader, now: Holding, before: int, kept: Kept) -> None:
    for site in places.sites(db):
        for day in _days(now, site.site, before):
            kept.keys.setdefault(site.site, set()).add(day)
            kept.sites.setdefault(day, set()).add(site.site)
            kept.pictures.update(pictures_in(house, db, keeping.details_of_day(db, site.site, day)))


def _days(now: Holding, site: SiteId, before: int) -> Iterator[int]:
    """Numbers of the days that are held whole at that site."""
    found: set[int] = set()
    for scope in now.scopes:
        if scope.person is None and scope.first and scope.last and scope.site in {None, site}:
            found.update(range(day_number(scope.first), min(day_number(scope.last) + 1, before)))
    yield from sorted(found)


def _day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)


def _lines(house: House, db: Reader, found: list[HoldRow], *, names: bool) -> list[HoldLine]:
    """Without `names` nothing sealed is opened: no person's name, no reason."""
    people = [row.scope.person for row in found if row.scope.person is not None and names]
    known, officers = names_of(house, db, people), operator_names(house, db)
    sites, today = {site.site: site.name for site in places.sites(db)}, today_in(house, db)
    return [
        HoldLine(
            hold=row.hold,
            scope=row.scope,
            name=known.get(row.scope.person, "") if row.scope.person else "",
            site=sites.get(row.scope.site, "") if row.scope.site else "",
            reason=str(unseal(house, _place(db, row.hold), row.reason)["words"]) if names else "",
            by=officers.get(str(row.made_by), ""),
            made_at=row.made_at,
            in_force=row.in_force(today),
        )
        for row in found
    ]


def found_person(house: House, signed: Signed, name: str) -> PersonId | None:
    """The one person of that whole name; None where there is none, or more than one."""
    signed.need(Permission.PRIVACY)
    with house.store.read(signed.tenant) as db:
        named = directory.people_named(db, house.index.standing_token(signed.tenant, "name", name_key(name)))
    return named[0].person if len(named) == 1 else None


def _place(db: Reader, hold: HoldId) -> Place:
    return Place(db.tenant, "legal_holds", "reason", str(hold))
