"""A tariff as values: what docs/tariffs.md describes as a file.

Inside, times are whole seconds (clock hours: whole minutes of a local day) and amounts minor units of the tariff's one
currency; `Money` and `timedelta` are spoken at the edges. `tariff_file` reads and checks, nothing here does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from sealgate.domain.tariff_days import EVERY_DAY, DaySet
from sealgate.domain.tariff_steps import Ladder


class Per(StrEnum):
    """What a flat price is for, a ceiling counts over, or after what a clock begins anew.

    A window is one passing of a band's hours (one night); a day a local day of the tariff; a period what `Rate.period`
    cuts the stay into.
    """

    WINDOW = "window"
    DAY = "day"
    PERIOD = "period"
    STAY = "stay"


class Crossing(StrEnum):
    """How a begun unit is charged that runs over the end of its band."""

    SPLIT = "split"
    """It ends there, paid in full; the next band begins its own."""
    JOINED = "joined"
    """It waits: the rest of it is used up when the same clock runs again. Minutes are added up and rounded once."""
    START = "start"
    """It runs on, at the price of the band in which it began."""
    END = "end"
    DEARER = "dearer"
    """It runs on, at the higher price of the bands that the car was in."""
    CHEAPER = "cheaper"
    LONGER = "longer"
    """It runs on, at the price of the band in which most of it lies."""
    SHARE = "share"
    """It runs on, at each band's price for the part that lies in it."""

    @property
    def runs_on(self) -> bool:
        return self not in {Crossing.SPLIT, Crossing.JOINED}


@dataclass(frozen=True, slots=True)
class Hours:
    """From `start` (minute of the local day) for `length` minutes, at most 1440. What runs past midnight is its first day's."""

    start: int
    length: int

    @property
    def end(self) -> int:
        return self.start + self.length

    def holds(self, minute: int) -> bool:
        return self.start <= minute < self.end or self.start <= minute + 1440 < self.end


ALL_DAY = Hours(0, 1440)


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """A time of days with its price: free (neither `ladder` nor `flats`), by time (`ladder`), or flat for each `per`.

    `flats` are the prices of the first, second... time, the last one for all later ones; one is due once `least` seconds
    were spent in it. Bands with one `clock` count on together until `restart`. `ceiling` holds for one window.
    """

    name: str
    days: DaySet = EVERY_DAY
    hours: tuple[Hours, ...] = (ALL_DAY,)
    rank: int = 0
    ladder: Ladder | None = None
    flats: tuple[int, ...] = ()
    per: Per = Per.WINDOW
    least: int = 1
    clock: str = ""
    restart: Per = Per.PERIOD
    crossing: Crossing = Crossing.SPLIT
    ceiling: int | None = None

    @property
    def free(self) -> bool:
        return self.ladder is None and not self.flats


@dataclass(frozen=True, slots=True, eq=False)
class Ceiling:
    """The most that `bands` (empty: all) cost together in each `per`, or in each `seconds` from entry.

    `most` are the ceilings of the first, second...; the last one for all later ones; None is no ceiling.
    """

    name: str
    most: tuple[int | None, ...]
    per: Per | None
    seconds: int = 0
    bands: frozenset[str] = frozenset()
    days: DaySet = EVERY_DAY


@dataclass(frozen=True, slots=True)
class Fee:
    """Added once for the stay (`hours` None), or each time that the stay touches `hours` for `least` seconds."""

    name: str
    price: int
    hours: Hours | None = None
    days: DaySet = EVERY_DAY
    least: int = 1
    once: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """A condition on an instant: its local day and clock."""

    days: DaySet = EVERY_DAY
    hours: Hours | None = None

    def holds(self, day: date, minute: int) -> bool:
        if self.hours is None:
            return self.days.holds(day)
        began = date.fromordinal(day.toordinal() - 1) if minute < self.hours.start else day
        return self.hours.holds(minute) and self.days.holds(began)


@dataclass(frozen=True, slots=True)
class Offer:
    """One price for the whole stay when it begins and ends at these times and is no longer than `longest` seconds."""

    name: str
    price: int
    entered: Moment = Moment()
    left: Moment = Moment()
    longest: int | None = None
    always: bool = False


@dataclass(frozen=True, slots=True)
class FreeTime:
    """`kept`: the first `lasts` seconds are cut out of a longer stay too; else whoever outstays them pays from the start.

    `once_a_day`: only a car's first stay of a local day has it.
    """

    lasts: int
    kept: bool = False
    each_period: bool = False
    once_a_day: bool = False


@dataclass(frozen=True, slots=True)
class LostTicket:
    """`added` to the price of the stay, `at_least` that, or instead of it; for each begun `each` seconds (0: once)."""

    price: int
    added: bool = False
    at_least: bool = False
    each: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """Prices for those whom it names: an empty set of classes, areas, tags... is everybody.

    All rules begin anew after each `period` seconds from entry, or each local day (`period_is_day`). `pays` is in
    hundredths of a per cent: 5000 is half price, 20000 twice the price.
    """

    name: str
    bands: tuple[Band, ...]
    classes: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    permits: frozenset[str] = frozenset()
    coupons: frozenset[str] = frozenset()
    entered: Moment = Moment()
    valid_from: date | None = None
    valid_until: date | None = None
    period: int = 0
    period_is_day: bool = False
    ceilings: tuple[Ceiling, ...] = ()
    fees: tuple[Fee, ...] = ()
    offers: tuple[Offer, ...] = ()
    free_time: FreeTime | None = None
    lost_ticket: LostTicket | None = None
    minimum: int = 0
    pays: int = 10_000


@dataclass(frozen=True, slots=True)
class Coupon:
    """What is taken off: `seconds` of time, a `share` in hundredths of a per cent, or an `amount`.

    `most` bounds what a share takes. Not for cars with a tag in `unless`.
    """

    name: str
    seconds: int = 0
    share: int = 0
    amount: int = 0
    most: int | None = None
    unless: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Points:
    """Each full `each` points take `seconds` off, at most `most` seconds."""

    each: int
    seconds: int
    most: int | None = None
    unless: frozenset[str] = frozenset()


class Takes(StrEnum):
    """Which part of the stay time off is taken from."""

    START = "start"
    """The first charged minutes, as if the car had come later: the clock starts after them."""
    FIRST = "first"
    """The first charged minutes, but they count: the next unit is a later one."""
    LAST = "last"
    """The last charged minutes, as if the car had left earlier."""
    ENTRY = "entry"
    """The first minutes, charged or free."""


@dataclass(frozen=True, slots=True)
class TimeOff:
    """`after_ceilings`: what the time would cost without ceilings is taken off the price with them. Only with `FIRST`."""

    takes: Takes = Takes.START
    after_ceilings: bool = False


class Later(StrEnum):
    """What happens to who paid and does not leave in time."""

    GOES_ON = "goes-on"
    """The stay is priced as if nobody had paid; what was paid counts towards it."""
    NEW_STAY = "new-stay"
    """A new stay began with the payment."""
    NEW_STAY_AFTER = "new-stay-after"
    """A new stay began when the time for leaving was over."""


@dataclass(frozen=True, slots=True)
class AfterPayment:
    leave_within: int
    later: Later = Later.GOES_ON
    free_again: bool = False


@dataclass(frozen=True, slots=True)
class Permit:
    """Cars with it pay nothing in these hours; outside them as others do. `price` for each `lasts` is told, not billed."""

    name: str
    hours: tuple[Hours, ...] = (ALL_DAY,)
    days: DaySet = EVERY_DAY
    price: int | None = None
    lasts: str = ""


@dataclass(frozen=True, slots=True)
class Tax:
    """`rate` in hundredths of a per cent. `included`: the prices hold it already and it is only shown."""

    name: str
    rate: int
    included: bool = True


class Way(StrEnum):
    DOWN = "down"
    UP = "up"
    NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class Rounding:
    to: int
    way: Way


@dataclass(frozen=True, slots=True, eq=False)
class Tariff:
    """The rules of one lot for the local days from `valid_from` to `valid_until`, both included. `day_starts` in minutes."""

    name: str
    currency: str
    zone: ZoneInfo
    rates: tuple[Rate, ...]
    valid_from: date | None = None
    valid_until: date | None = None
    classes: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    day_starts: int = 0
    seconds_count: bool = False
    coupons: tuple[Coupon, ...] = ()
    points: Points | None = None
    permits: tuple[Permit, ...] = ()
    time_off: TimeOff = TimeOff()
    after_payment: AfterPayment = field(default_factory=lambda: AfterPayment(0))
    tax: Tax | None = None
    rounding: Rounding | None = None

    def in_force_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_until is None or day <= self.valid_until)
