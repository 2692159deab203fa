"""Reports: what came in, who stood how long, what went wrong. Reads only; nothing here names a plate.

The surprising thing: money is counted on the local day on which it moved, a refund on its own day, so a day that was
reported does not change afterwards. Openings by hand name operators: `flows/openings`.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import TypeVar
from zoneinfo import ZoneInfo

from sealgate.domain.calendar import DAY, local_day, zone
from sealgate.domain.errors import Invalid, NotFound
from sealgate.domain.ids import LotId, SiteId
from sealgate.domain.lots import Lot
from sealgate.domain.operators import Permission
from sealgate.domain.reconciliation import Movement
from sealgate.domain.stays_calls import CallReason
from sealgate.flows.kit import House, Signed
from sealgate.store import parking, places
from sealgate.store.engine import Reader
from sealgate.store.parking import reports
from sealgate.store.parking.reports import Asked, Moved, Stood

LONGEST = timedelta(days=93)
HOUR = timedelta(hours=1)
LENGTHS = tuple(timedelta(minutes=m) for m in (15, 30, 60, 120, 240, 480, 720, 1440, 4320))
"""Stays are counted up to each of these, and beyond the last."""
MISREADS = frozenset({CallReason.NO_PLATE, CallReason.NO_ENTRY, CallReason.AMBIGUOUS, CallReason.UNSURE, CallReason.OTHER_CAR})

Found = TypeVar("Found")


class ReportTooLong(Invalid):
    code = "report.too-long"


class ReportTooLarge(Invalid):
    """More lines than are counted at once. A sum over a part of them would be wrong, so none is told."""

    code = "report.too-large"


class ReportBackwards(Invalid):
    code = "report.backwards"


@dataclass(frozen=True, slots=True)
class Asking:
    """The local days of a site from `since` to `until`, both included; one lot, or all of them."""

    site: SiteId
    since: date
    until: date
    lot: LotId | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """Of one currency, minor units: what came, what went back (refunds and chargebacks), and how many payments."""

    currency: str
    came: int = 0
    back: int = 0
    payments: int = 0

    @property
    def net(self) -> int:
        return self.came - self.back


@dataclass(frozen=True, slots=True)
class DaySum:
    day: date
    sum: Sum


@dataclass(frozen=True, slots=True)
class MeansSum:
    provider: str
    sum: Sum


@dataclass(frozen=True, slots=True)
class DayTaken:
    """How many cars stood there on one day: at most, and on average over its hours."""

    day: date
    peak: int
    mean: float


@dataclass(frozen=True, slots=True)
class Occupancy:
    """`hours` is the mean of each hour of the local day over all days; `spaces` None is not counted."""

    days: tuple[DayTaken, ...]
    hours: tuple[float, ...]
    spaces: int | None


@dataclass(frozen=True, slots=True)
class Length:
    """Stays that took at most `upto`, and longer than the one before; None: longer than all."""

    upto: timedelta | None
    stays: int


@dataclass(frozen=True, slots=True)
class Lengths:
    """Of stays that were seen leaving in that time. `middle` is their median."""

    lengths: tuple[Length, ...]
    stays: int
    middle: timedelta | None


@dataclass(frozen=True, slots=True)
class Misread:
    """One day: cars that left, those of them whose plate needed the desk, and the calls by reason."""

    day: date
    left: int
    calls: dict[CallReason, int]

    @property
    def misread(self) -> int:
        return sum(count for reason, count in self.calls.items() if reason in MISREADS)


@dataclass(frozen=True, slots=True)
class Today:
    """One lot today until now. `before` is what came by the same time a week ago."""

    sums: tuple[Sum, ...]
    before: tuple[Sum, ...]
    left: int
    calls: int


def revenue(house: House, signed: Signed, asking: Asking) -> list[DaySum]:
    """A line for each day and currency; days without money too, in the currencies of the other days."""

    def read(db: Reader, span: Span) -> list[DaySum]:
        rows = _moved(db, span.names, span.since, span.until)
        by_day = _grouped(rows, lambda row: (local_day(row.at, span.tz), row.currency))
        currencies = sorted({row.currency for row in rows})
        return [DaySum(day, _summed(currency, by_day[day, currency])) for day in days_of(asking) for currency in currencies]

    return _read(house, signed, asking, read)


def means(house: House, signed: Signed, asking: Asking) -> list[MeansSum]:
    """By what people paid, the largest first."""

    def read(db: Reader, span: Span) -> list[MeansSum]:
        rows = _moved(db, span.names, span.since, span.until)
        grouped = _grouped(rows, lambda row: (row.provider, row.currency))
        lines = [MeansSum(provider, _summed(currency, some)) for (provider, currency), some in grouped.items()]
        return sorted(lines, key=lambda line: (line.sum.currency, -line.sum.came, line.provider))

    return _read(house, signed, asking, read)


def occupancy(house: House, signed: Signed, asking: Asking) -> Occupancy:
    def read(db: Reader, span: Span) -> Occupancy:
        stays = _stood(db, span.names, span.earliest, span.until)
        return _occupied(stays, asking, span, min(span.until, house.clock.now()))

    return _read(house, signed, asking, read)


def lengths(house: House, signed: Signed, asking: Asking) -> Lengths:
    def read(db: Reader, span: Span) -> Lengths:
        stays = _stood(db, span.names, span.earliest, span.until)
        took = [stay.until - stay.entered for stay in stays if stay.seen_leaving and stay.until and stay.until >= span.since]
        counted = Counter(next((upto for upto in LENGTHS if length <= upto), None) for length in took)
        lines = tuple(Length(upto, counted[upto]) for upto in (*LENGTHS, None))
        return Lengths(lines, len(took), timedelta(seconds=median(length.total_seconds() for length in took)) if took else None)

    return _read(house, signed, asking, read)


def misreads(house: House, signed: Signed, asking: Asking) -> list[Misread]:
    def read(db: Reader, span: Span) -> list[Misread]:
        calls = _grouped(_asked(db, span.names, span.since, span.until), lambda row: local_day(row.at, span.tz))
        left = Counter(
            local_day(stay.until, span.tz)
            for stay in _stood(db, span.names, span.earliest, span.until)
            if stay.seen_leaving and stay.until is not None
        )
        return [Misread(day, left[day], dict(Counter(call.reason for call in calls[day]))) for day in days_of(asking)]

    return _read(house, signed, asking, read)


def differences(house: House, signed: Signed, asking: Asking) -> list[parking.DifferenceRow]:
    """Of the statements of those days: of the whole organisation, for a provider's account knows no site."""
    return _read(house, signed, asking, lambda db, _: _whole(reports.differences(db, asking.since, asking.until)))


def today(house: House, signed: Signed, site: SiteId, lot: LotId) -> Today:
    now = house.clock.now()
    with house.store.read(signed.tenant) as db:
        tz = zone(places.site(db, site).time_zone)
    day = local_day(now, tz)

    def read(db: Reader, span: Span) -> Today:
        week = timedelta(days=7)
        before = _moved(db, [lot], span.since - week, now - week)
        calls: Sequence[Asked] = _asked(db, [lot], span.since, now + HOUR)
        stays = _stood(db, [lot], span.earliest, now + HOUR)
        return Today(
            sums=_sums(_moved(db, [lot], span.since, now + HOUR)),
            before=_sums(before),
            left=sum(stay.seen_leaving and stay.until is not None and stay.until >= span.since for stay in stays),
            calls=len(calls),
        )

    return _read(house, signed, Asking(site, day, day, lot), read)


@dataclass(frozen=True, slots=True)
class Span:
    """What was asked, as instants: `earliest` is when a stay may have begun that still counts."""

    lots: tuple[Lot, ...]
    tz: ZoneInfo
    since: datetime
    until: datetime

    @property
    def names(self) -> list[LotId]:
        return [lot.lot for lot in self.lots]

    @property
    def earliest(self) -> datetime:
        return self.since - max((lot.longest for lot in self.lots), default=timedelta())


def span_of(db: Reader, asking: Asking) -> Span:
    """Raises `ReportBackwards`, `ReportTooLong`, `NotFound`."""
    return _span(db, asking)


def _span(db: Reader, asking: Asking) -> Span:
    if asking.until < asking.since:
        raise ReportBackwards("the last day lies before the first", field="until")
    if asking.until - asking.since >= LONGEST:
        raise ReportTooLong("a report covers at most 93 days", field="until")
    tz = zone(places.site(db, asking.site).time_zone)
    lots = tuple(lot for lot in parking.lots(db, asking.site) if asking.lot in {None, lot.lot})
    if asking.lot is not None and not lots:
        raise NotFound("lot")
    return Span(lots, tz, _midnight(asking.since, tz), _midnight(asking.until + DAY, tz))


def _read(house: House, signed: Signed, asking: Asking, read: Callable[[Reader, Span], Found]) -> Found:
    signed.need(Permission.SEE_REPORTS)
    with house.store.read(signed.tenant) as db:
        return read(db, _span(db, asking))


def _moved(db: Reader, lots: Sequence[LotId], since: datetime, until: datetime) -> list[Moved]:
    return _whole(reports.moved(db, lots, since, until))


def stood(db: Reader, span: Span) -> list[Stood]:
    """Stays that may touch the time that was asked for. Raises `ReportTooLarge`."""
    return _stood(db, span.names, span.earliest, span.until)


def _stood(db: Reader, lots: Sequence[LotId], earliest: datetime, until: datetime) -> list[Stood]:
    return _whole(reports.stood(db, lots, earliest, until))


def _asked(db: Reader, lots: Sequence[LotId], since: datetime, until: datetime) -> list[Asked]:
    return _whole(reports.asked(db, lots, since, until))


def _whole(rows: list[Found]) -> list[Found]:
    """Raises `ReportTooLarge` where the store had more rows than it gives at once."""
    if len(rows) > reports.MOST_ROWS:
        raise ReportTooLarge("too much happened in these days", field="until", hint="Choose fewer days, or one garage")
    return rows


def _midnight(day: date, tz: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), tz).astimezone(UTC)


def days_of(asking: Asking) -> list[date]:
    """All of them, in their order."""
    return [asking.since + number * DAY for number in range((asking.until - asking.since).days + 1)]


Row = TypeVar("Row")
Key = TypeVar("Key")


def _grouped(rows: Iterable[Row], key: Callable[[Row], Key]) -> defaultdict[Key, list[Row]]:
    groups: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _summed(currency: str, rows: Iterable[Moved]) -> Sum:
    came = back = payments = 0
    for row in rows:
        if row.movement is Movement.PAYMENT:
            came, payments = came + row.minor, payments + 1
        else:
            back += row.minor
    return Sum(currency, came, back, payments)


def _sums(rows: Sequence[Moved]) -> tuple[Sum, ...]:
    grouped = _grouped(rows, lambda row: row.currency)
    return tuple(_summed(currency, grouped[currency]) for currency in sorted(grouped))


def _occupied(stays: Sequence[Stood], asking: Asking, span: Span, now: datetime) -> Occupancy:
    """Counted at the begin of each hour and at every change; hours that have not come yet are not counted."""
    tops = [at for at in _hours(span) if at < now]
    hours: list[list[int]] = [[] for _ in range(24)]
    days: defaultdict[date, list[tuple[int, int]]] = defaultdict(list)
    for at, (begins, peak) in zip(tops, _counted(stays, tops), strict=True):
        local = at.astimezone(span.tz)
        hours[local.hour].append(begins)
        days[local.date()].append((begins, peak))
    taken = tuple(_day_taken(day, days[day]) for day in days_of(asking))
    spaces = sum(sum(lot.capacity.values()) for lot in span.lots) or None
    return Occupancy(taken, tuple(_mean(some) for some in hours), spaces)


def _hours(span: Span) -> Iterator[datetime]:
    at = span.since
    while at < span.until:
        yield at
        at += HOUR


def _counted(stays: Sequence[Stood], tops: Sequence[datetime]) -> Iterator[tuple[int, int]]:
    """For each hour: how many stand there when it begins, and at most until it ends."""
    changes = deque(sorted([(s.entered, 1) for s in stays] + [(s.until, -1) for s in stays if s.until is not None]))
    inside = 0
    for top in tops:
        while changes and changes[0][0] <= top:
            inside += changes.popleft()[1]
        begins = peak = inside
        while changes and changes[0][0] < top + HOUR:
            inside += changes.popleft()[1]
            peak = max(peak, inside)
        yield begins, peak


def _day_taken(day: date, counted: Sequence[tuple[int, int]]) -> DayTaken:
    return DayTaken(day, max((peak for _, peak in counted), default=0), _mean([begins for begins, _ in counted]))


def _mean(counts: Sequence[int]) -> float:
    return sum(counts) / len(counts) if counts else 0.0
