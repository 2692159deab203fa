"""Lots as the console changes and shows them: terms, lanes, counters, and the stays that are live in them.

The surprising thing: whoever opens the list of stays reads plates, so the list itself is in the journal; a search for one
plate also asks what it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from sealgate.domain.errors import Conflict, Invalid, NotFound
from sealgate.domain.ids import GateId, LotId, SiteId, StayId, ZoneId
from sealgate.domain.lots import BadLot, Doubt, GateRole, Lot, SpaceClass
from sealgate.domain.money import Money
from sealgate.domain.operators import Permission
from sealgate.domain.plates import normalise
from sealgate.domain.stays import Stay, StayState
from sealgate.domain.tariff_case import coupons_of
from sealgate.domain.tariff_errors import CannotPrice
from sealgate.flows import pricing
from sealgate.flows.kit import House, Signed, unseal
from sealgate.flows.parking_scene import seen_place, stay_token
from sealgate.flows.people import checked_purpose
from sealgate.flows.rules import title
from sealgate.privacy import journal
from sealgate.store import parking, places
from sealgate.store.engine import Reader, Tx
from sealgate.store.parking import reports
from sealgate.vault.errors import KeyDestroyed

Made = TypeVar("Made")
LONG = timedelta(hours=24)
MOST_SHOWN = 100
MOST_SPACES = 100_000
SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=400)


class LaneTaken(Conflict):
    """A gate belongs to one lot, in one role."""

    code = "lot.gate-taken"


class NoSuchWord(Invalid):
    """The lot's tariff does not know this class of vehicle, this part of the garage or this coupon."""

    code = "lot.no-such-word"


@dataclass(frozen=True, slots=True)
class LotTerms:
    """What somebody may set of a lot; see `domain.lots.Lot`. `longest` is one hour to 400 days."""

    name: str
    capacity: Mapping[SpaceClass, int] = field(default_factory=dict)
    tariff: str | None = None
    doubt: Doubt = Doubt.ASK
    parent: LotId | None = None
    zone: ZoneId | None = None
    visitors: bool = True
    min_certainty: float = 0.93
    echo: timedelta = timedelta(seconds=45)
    longest: timedelta = timedelta(days=30)
    area: str = ""


@dataclass(frozen=True, slots=True)
class LotLine:
    """A lot with what stands in it now: `taken` by class, `held` for reservations, and its live stays by state."""

    lot: Lot
    taken: Mapping[SpaceClass, int]
    held: Mapping[SpaceClass, int]
    states: Mapping[StayState, int]

    @property
    def spaces(self) -> int:
        return sum(self.lot.capacity.values())

    @property
    def inside(self) -> int:
        return sum(self.taken.values())

    @property
    def free(self) -> int | None:
        """None where nothing is counted."""
        if not self.lot.capacity:
            return None
        used = {space: self.taken.get(space, 0) + self.held.get(space, 0) for space in self.lot.capacity}
        return sum(max(spaces - used[space], 0) for space, spaces in self.lot.capacity.items())


@dataclass(frozen=True, slots=True)
class LaneLine:
    """`vehicle`: the class of whoever comes in there; empty: what the plate tells."""

    gate: GateId
    name: str
    role: GateRole
    vehicle: str = ""


@dataclass(frozen=True, slots=True)
class LotRecord:
    """`without_role` are the gates of the site that are no lane of any lot; `within` the lots inside this one; `classes` the
    vehicle classes that the lot's tariff names."""

    line: LotLine
    lanes: tuple[LaneLine, ...]
    without_role: tuple[tuple[GateId, str], ...]
    within: frozenset[LotId]
    classes: tuple[str, ...] = ()


class Which(StrEnum):
    """Which stays a list shows."""

    ALL = "all"
    LONG = "long"
    UNSURE = "unsure"
    WAITING = "waiting"
    PAID = "paid"


_STATES: Mapping[Which, Sequence[StayState]] = {
    Which.UNSURE: (StayState.DISPUTED,),
    Which.WAITING: (StayState.WAITING,),
    Which.PAID: (StayState.PAID,),
}


@dataclass(frozen=True, slots=True)
class StayLine:
    """One live stay. `plate` is None where none was read, and where the day's key is destroyed (`gone`).

    `due` is what is to pay if it leaves now; None where its lot asks for no money, or no tariff prices it.
    """

    stay: Stay
    gate: str
    plate: str | None
    kind: str
    score: float | None
    due: Money | None = None
    gone: bool = False

    @property
    def name(self) -> StayId:
        return self.stay.stay


@dataclass(frozen=True, slots=True)
class StayList:
    """Oldest first; `more` where there are more than are shown."""

    lines: tuple[StayLine, ...]
    more: bool = False


def lots(house: House, signed: Signed, site: SiteId) -> list[LotLine]:
    signed.need(Permission.PARKING, Permission.SEE_REPORTS)
    with house.store.read(signed.tenant) as db:
        return [_line(house, db, row) for row in parking.lots(db, site)]


def lot(house: House, signed: Signed, site: SiteId, lot: LotId) -> LotRecord:
    """Raises `NotFound`, also for a lot of another site."""
    signed.need(Permission.PARKING)
    with house.store.read(signed.tenant) as db:
        row = _of_site(db, site, lot)
        gates = {gate.gate: gate.name for gate in places.gates(db, site)}
        lanes = parking.lanes_of(db, lot)
        busy, kinds = parking.roles(db, gates), parking.vehicles_of(db, lot)
        return LotRecord(
            line=_line(house, db, row),
            lanes=tuple(LaneLine(gate, gates.get(gate, ""), role, kinds.get(gate, "")) for gate, role in lanes),
            without_role=tuple((gate, name) for gate, name in gates.items() if gate not in busy),
            within=parking.family(db, lot)[1],
            classes=words_of(db, row, house.clock.now()).classes,
        )


def add_lot(house: House, signed: Signed, site: SiteId, terms: LotTerms) -> LotId:
    new = LotId(house.new_id())

    def write(tx: Tx) -> LotId:
        places.site(tx, site)
        parking.add_lot(tx, _checked(tx, _lot(new, site, terms)))
        return new

    return changed(house, signed, "lot.added", f"lot:{new}", write)


def change_lot(house: House, signed: Signed, site: SiteId, lot: LotId, terms: LotTerms) -> None:
    def write(tx: Tx) -> None:
        _of_site(tx, site, lot)
        parking.update_lot(tx, _checked(tx, _lot(lot, site, terms)))

    changed(house, signed, "lot.changed", f"lot:{lot}", write)


@dataclass(frozen=True, slots=True)
class TariffWords:
    """What a lot's tariff of today lets somebody say of a car. Empty where it has none, or cannot be read."""

    classes: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    coupons: tuple[str, ...] = ()
    points: bool = False


NO_WORDS = TariffWords()


def words_of(db: Reader, lot: Lot, at: datetime) -> TariffWords:
    try:
        tariff = pricing.tariff_for(db, lot, at)
    except CannotPrice:
        return NO_WORDS
    return TariffWords(tariff.classes, tariff.areas, tuple(sorted(coupons_of(tariff))), tariff.points is not None)


def set_vehicle(house: House, signed: Signed, site: SiteId, lot: LotId, gate: GateId, vehicle: str) -> None:
    """Whoever comes in there is of that class; empty: as the plate tells. Raises `NoSuchWord`."""

    def write(tx: Tx) -> None:
        row = _of_site(tx, site, lot)
        if vehicle and vehicle not in words_of(tx, row, house.clock.now()).classes:
            raise NoSuchWord("the tariff has no such class", field="vehicle")
        if parking.roles(tx, [gate]).get(gate, (None,))[0] != lot or not parking.set_vehicle(tx, gate, vehicle):
            raise NotFound("gate")

    changed(house, signed, "lane.changed", f"lot:{lot} gate:{gate}", write)


def add_lane(house: House, signed: Signed, site: SiteId, lot: LotId, gate: GateId, role: GateRole) -> None:
    """Raises `LaneTaken`, and `BadLot` for a nested gate of a lot that lies in no other."""

    def write(tx: Tx) -> None:
        row = _of_site(tx, site, lot)
        if places.gate(tx, gate).site != site:
            raise NotFound("gate")
        if role in {GateRole.NESTED_IN, GateRole.NESTED_OUT} and row.parent is None:
            raise BadLot("a nested gate leads to the lot around this one", field="role")
        if parking.roles(tx, [gate]):
            raise LaneTaken("gate")
        parking.add_lane(tx, gate, lot, role)

    changed(house, signed, "lane.added", f"lot:{lot} gate:{gate}", write)


def remove_lane(house: House, signed: Signed, site: SiteId, lot: LotId, gate: GateId) -> None:
    def write(tx: Tx) -> None:
        _of_site(tx, site, lot)
        if parking.roles(tx, [gate]).get(gate, (None,))[0] != lot or not parking.remove_lane(tx, gate):
            raise NotFound("gate")

    changed(house, signed, "lane.removed", f"lot:{lot} gate:{gate}", write)


def set_count(house: House, signed: Signed, site: SiteId, lot: LotId, space: SpaceClass, taken: int) -> None:
    """What somebody counted on the ground."""
    if not 0 <= taken <= MOST_SPACES:
        raise BadLot("a count is 0 to 100,000", field="taken")

    def write(tx: Tx) -> None:
        _of_site(tx, site, lot)
        parking.set_taken(tx, lot, space, taken)
        tx.publish("lot", {"lot": str(lot)})

    changed(house, signed, "lot.counted", f"lot:{lot} {space.value}:{taken}", write)


def stays(house: House, signed: Signed, site: SiteId, lot: LotId, which: Which = Which.ALL) -> StayList:
    """The live stays with their plates; that somebody looked is journaled."""
    signed.need(Permission.PARKING)
    now = house.clock.now()
    with house.store.begin(signed.tenant, signed.actor) as tx:
        _of_site(tx, site, lot)
        rows = parking.live_stays(tx, lot, states=_STATES.get(which, ()), limit=MOST_SHOWN + 1)
        if which is Which.LONG:
            rows = [row for row in rows if row.stay.entered <= now - LONG and row.stay.inside]
        found = StayList(tuple(stay_lines(house, tx, rows[:MOST_SHOWN])), more=len(rows) > MOST_SHOWN)
        journal.write(tx, house.keyring, now, "stays.watched", object=f"lot:{lot}")
    return found


def search(house: House, signed: Signed, site: SiteId, plate: str, purpose: str) -> StayList:
    """The live stays of exactly this plate in the lots of the site. Raises `PurposeNeeded`, `BadPlate`."""
    signed.need(Permission.PARKING)
    why = checked_purpose(purpose)
    token = stay_token(house, signed.tenant, normalise(plate))
    with house.store.begin(signed.tenant, signed.actor) as tx:
        rows = [row for row in parking.stays_of_plate(tx, token) if row.site == site]
        found = StayList(tuple(stay_lines(house, tx, rows)))
        journal.write(tx, house.keyring, house.clock.now(), "stays.searched", object=f"site:{site}", purpose=why)
    return found


def changed(
    house: House,
    signed: Signed,
    action: str,
    thing: str,
    write: Callable[[Tx], Made],
    *,
    permission: Permission = Permission.PARKING_RULES,
) -> Made:
    """Every change of a rule of parking: asked for, written and journaled in one way."""
    signed.need(permission)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        made = write(tx)
        journal.write(tx, house.keyring, house.clock.now(), action, object=thing)
        tx.after_commit(house.wake)
    return made


def _line(house: House, db: Reader, row: Lot) -> LotLine:
    now = house.clock.now()
    return LotLine(row, parking.taken(db, row.lot), parking.held(db, row.lot, now), reports.live_by_state(db, row.lot))


def _of_site(db: Reader, site: SiteId, lot: LotId) -> Lot:
    row = parking.lot(db, lot)
    if row.site != site:
        raise NotFound("lot")
    return row


def _lot(lot: LotId, site: SiteId, terms: LotTerms) -> Lot:
    if not SHORTEST <= terms.longest <= LONGEST:
        raise BadLot("the longest stay is 1 hour to 400 days", field="longest")
    if any(spaces > MOST_SPACES for spaces in terms.capacity.values()):
        raise BadLot("a lot has at most 100,000 spaces of a class", field="capacity")
    return Lot(
        lot=lot,
        site=site,
        name=title(terms.name),
        capacity=dict(terms.capacity),
        tariff=terms.tariff,
        doubt=terms.doubt,
        parent=terms.parent,
        zone=terms.zone,
        visitors=terms.visitors,
        min_certainty=terms.min_certainty,
        echo=terms.echo,
        longest=terms.longest,
        area=title(terms.area) if terms.area.strip() else "",
    )


def _checked(tx: Tx, lot: Lot) -> Lot:
    """The lot, once what it names was found at its site, and it does not lie in a lot that lies in it."""
    if lot.tariff is not None and not parking.tariffs(tx, lot.tariff):
        raise BadLot("there is no such tariff", field="tariff")
    if lot.parent is not None:
        _of_site(tx, lot.site, lot.parent)
        if lot.parent in parking.family(tx, lot.lot)[1]:
            raise BadLot("the lot around this one lies in it", field="parent")
    if lot.zone is not None and lot.zone not in {row.zone for row in places.zones(tx, lot.site)}:
        raise BadLot("there is no such zone at this site", field="zone")
    return lot


def stay_lines(house: House, db: Reader, rows: Iterable[parking.StayRow]) -> list[StayLine]:
    gates = {row.gate: row.name for row in places.gates(db)}
    return [_stay_line(house, db, row, gates.get(row.entry_gate, "")) for row in parking.whole_stays(db, list(rows))]


def _stay_line(house: House, db: Reader, row: parking.StayRow, gate: str) -> StayLine:
    due = _due(db, row.stay, house.clock.now())
    bare = StayLine(row.stay, gate, None, "plain", None, due, gone=row.seen is not None)
    if row.seen is None:
        return bare
    with suppress(KeyDestroyed):
        seen = unseal(house, seen_place(db.tenant, row.stay.stay), row.seen)
        return replace(
            bare, plate=seen.get("plate"), kind=str(seen.get("kind") or "plain"), score=seen.get("score"), gone=False
        )
    return bare


def _due(db: Reader, stay: Stay, now: datetime) -> Money | None:
    if not stay.bills:
        return None
    try:
        total = pricing.bill_at(db, stay, now).total
    except CannotPrice:
        return None
    came = parking.received(db, stay.stay, total.currency)
    return Money(max(total.minor - came.minor, 0), total.currency)
