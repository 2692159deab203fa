"""Lots, their lanes and spaces, and the papers that let a car stand there: permits, reservations, validations.

The surprising thing: a driveway and a business entrance are lots too, without a tariff. Their cars are let in and out
and counted like any other, but nothing there is ever billed, so nothing there is ever worth an attendant's time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from sealgate.domain.access import Validity
from sealgate.domain.calendar import DAY, Timetable, local_day
from sealgate.domain.errors import Invalid
from sealgate.domain.fleets import Account
from sealgate.domain.ids import GateId, LotId, PermitId, ReservationId, SiteId, ValidationId, ZoneId

ALWAYS = Validity()
MOST_POINTS = 100_000_000
LONGEST_LOOK = timedelta(days=400)
"""Over a longer stay a permit's hours are not looked at day by day: it is then the desk's case anyway."""
QUARTERS = tuple(time(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45))


class BadLot(Invalid):
    code = "lot.invalid"


class BadPermit(Invalid):
    code = "permit.invalid"


class BadValidation(Invalid):
    code = "validation.invalid"


class GateRole(StrEnum):
    """What a gate is to its lot. A nested gate leads between the lot and the lot around it (`Lot.parent`)."""

    ENTRY = "entry"
    EXIT = "exit"
    NESTED_IN = "nested-in"
    NESTED_OUT = "nested-out"

    @property
    def enters(self) -> bool:
        return self in {GateRole.ENTRY, GateRole.NESTED_IN}


class SpaceClass(StrEnum):
    """Whose spaces they are. Stored, counted and translated by these words."""

    VISITORS = "visitors"
    PERMITS = "permits"
    DISABLED = "disabled"
    ELECTRIC = "electric"


def space_of(plate_kind: str) -> SpaceClass:
    """Which spaces a visitor's car looks for first, as far as its plate tells: a green one those with a cable."""
    return SpaceClass.ELECTRIC if plate_kind == "cn-green" else SpaceClass.VISITORS


class Doubt(StrEnum):
    """What the exit does when it cannot tell who leaves, or cannot ask: let go and bill later, or ask an attendant."""

    OPEN = "open-and-bill-later"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Lot:
    """One car park, or one part of it that is counted or priced apart.

    A class that `capacity` does not name has no spaces of its own: its cars stand among the visitors. An empty capacity
    is not counted, hence never full. `tariff` names the rules for money; None bills nobody. `parent` is the lot around it.
    `min_certainty` 0..1: an exit that is paired with less goes to the desk. One plate at one gate within `echo` is one car.
    A stay above `longest` is more likely a mistake than a stay. `visitors` False admits only those with a right of their own.
    `area` is the tariff's word for this part of the garage.
    """

    lot: LotId
    site: SiteId
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

    def __post_init__(self) -> None:
        if any(spaces < 0 for spaces in self.capacity.values()):
            raise BadLot("a lot has no fewer than 0 spaces", field="capacity")
        if self.parent == self.lot:
            raise BadLot("a lot does not lie in itself", field="parent")
        if not 0.5 <= self.min_certainty <= 1:
            raise BadLot("the certainty limit is 0.5 to 1", field="min_certainty")
        if not timedelta(0) <= self.echo <= timedelta(minutes=10):
            raise BadLot("one car's repeated reads lie 0 to 600 seconds apart", field="echo")

    @property
    def bills(self) -> bool:
        return self.tariff is not None

    def space_of(self, wanted: SpaceClass) -> SpaceClass:
        """Among whose spaces such a car is counted."""
        return wanted if wanted in self.capacity else SpaceClass.VISITORS


@dataclass(frozen=True, slots=True)
class Lane:
    """A gate as its lot sees it. `vehicle`: whoever comes in here is of that class (a lane for motorcycles)."""

    gate: GateId
    lot: Lot
    role: GateRole
    vehicle: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """What stands on the sign of one class; `free` is never below 0."""

    space: SpaceClass
    free: int
    full: bool


Counts = Mapping[SpaceClass, int]
"""How many are taken, or held, of each class."""


def free(lot: Lot, taken: Counts, held: Counts, space: SpaceClass) -> int | None:
    """How many spaces of that class a car without a reservation may still take; None is not counted. Never below 0."""
    spaces = lot.capacity.get(space)
    return None if spaces is None else max(spaces - taken.get(space, 0) - held.get(space, 0), 0)


def signs(lot: Lot, taken: Counts, held: Counts) -> tuple[Sign, ...]:
    """Guidance: one sign for each class that is counted, in the order of `SpaceClass`."""
    counted = ((space, free(lot, taken, held, space)) for space in SpaceClass)
    return tuple(Sign(space, left, left == 0) for space, left in counted if left is not None)


class PermitKind(StrEnum):
    PERMIT = "permit"
    SEASON = "season"
    FLEET = "fleet"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Permit:
    """The right of its plates to stand in `lots`, or in lots of `zones`, during `times` (None: at any time).

    Several cars may share it: `spaces` of them at once, the next one is a visitor. `vehicle`: its cars are of that class.
    `account`: their stays are charged to a fleet's account at the tariff's price; a suspended one is no right.
    """

    permit: PermitId
    kind: PermitKind = PermitKind.PERMIT
    lots: frozenset[LotId] = frozenset()
    zones: frozenset[ZoneId] = frozenset()
    valid: Validity = ALWAYS
    times: Timetable | None = None
    spaces: int = 1
    space: SpaceClass = SpaceClass.PERMITS
    vehicle: str = ""
    account: Account | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.spaces <= 10_000:
            raise BadPermit("a permit is for 1 to 10,000 cars at once", field="spaces")
        if not self.lots and not self.zones:
            raise BadPermit("a permit needs a lot or a zone", field="lots")

    def covers(self, lot: Lot) -> bool:
        return lot.lot in self.lots or lot.zone in self.zones

    def holds(self, at: datetime, tz: ZoneInfo, holidays: frozenset[date] = frozenset()) -> bool:
        """Whether it is valid at that instant and its hours are on."""
        if self.account is not None and self.account.suspended is not None:
            return False
        since, until = self.valid.since, self.valid.until
        if (since is not None and at < since) or (until is not None and at >= until):
            return False
        return self.times is None or self.times.holds(at, tz, holidays)


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """From `since` until `until`, the end not included."""

    since: datetime
    until: datetime


def uncovered(
    permit: Permit, entered: datetime, left: datetime, tz: ZoneInfo, holidays: frozenset[date] = frozenset()
) -> tuple[Stretch, ...]:
    """Those parts of a stay during which the permit did not hold: what its holder pays for as a visitor."""
    edges = [at for at in _edges(permit, entered, min(left, entered + LONGEST_LOOK), tz) if entered < at < left]
    pieces = (Stretch(a, b) for a, b in pairwise([entered, *sorted(set(edges)), left]) if a < b)
    return _joined(piece for piece in pieces if not permit.holds(piece.since, tz, holidays))


def _edges(permit: Permit, entered: datetime, left: datetime, tz: ZoneInfo) -> Iterator[datetime]:
    """Every instant at which the permit may begin or end to hold."""
    yield from (at for at in (permit.valid.since, permit.valid.until) if at is not None)
    if permit.times is None:
        return
    spans = {span for day in permit.times.week.values() for span in day} | set(permit.times.holidays or ())
    clocks = {time(0)} | {clock for span in spans for clock in (span.start, span.end)}
    day = local_day(entered, tz)
    while day <= local_day(left, tz):
        midnight = datetime.combine(day, time(0), tz)
        changes = midnight.utcoffset() != (midnight + DAY).utcoffset()  # that day some clock times come twice, or never
        for clock in {*clocks, *QUARTERS} if changes else clocks:
            yield from (datetime.combine(day, clock, tz).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        day += DAY


def _joined(pieces: Iterator[Stretch]) -> tuple[Stretch, ...]:
    joined: list[Stretch] = []
    for piece in pieces:
        if joined and joined[-1].until == piece.since:
            joined[-1] = Stretch(joined[-1].since, piece.until)
        else:
            joined.append(piece)
    return tuple(joined)


@dataclass(frozen=True, slots=True)
class Validation:
    """What is given to a driver: `time` off the stay, a `share` of the price in per cent, a `coupon` that the tariff names, or
    `points` by the tariff's rule for them. Exactly one of them."""

    validation: ValidationId
    time: timedelta | None = None
    share: int | None = None
    coupon: str = ""
    points: int | None = None

    def __post_init__(self) -> None:
        given = (self.time is not None, self.share is not None, bool(self.coupon), self.points is not None)
        if sum(given) != 1:
            raise BadValidation("a validation gives one thing: time, a share, a coupon or points", field="share")
        if self.points is not None and not 1 <= self.points <= MOST_POINTS:
            raise BadValidation("points are 1 to 100,000,000", field="points")
        if self.share is not None and not 1 <= self.share <= 100:
            raise BadValidation("a share is 1 to 100 per cent", field="share")
        if self.time is not None and not timedelta(0) < self.time <= timedelta(days=31):
            raise BadValidation("a validation gives at most 31 days", field="time")


@dataclass(frozen=True, slots=True)
class Reservation:
    """A space held for one car from `since` until `until`. Who comes before or after is a visitor."""

    reservation: ReservationId
    lot: LotId
    since: datetime
    until: datetime
    space: SpaceClass = SpaceClass.VISITORS

    def holds(self, at: datetime) -> bool:
        return self.since <= at < self.until
