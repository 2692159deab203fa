"""One stay to be priced: what is known of it, whether it can be priced, which rate fits, and into which spells it falls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from sealgate.domain.tariff_errors import NoRate, NotInForce, StayBackwards, StayTooLong, UnknownCircumstance
from sealgate.domain.tariff_model import Coupon, Later, Rate, Tariff

LONGEST_STAY = timedelta(days=1096)
EARLIEST, LATEST = 0, 4_102_444_800
"""From 1970 until 2100: outside, no stay is real."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a price depends on beside the two instants. Empty texts and sets: nothing special.

    `vehicle` without a word is the tariff's first class. `coupons` are names that the tariff knows, `reliefs` such as it
    does not. `paid`: when the driver paid what was due. `only`: just these parts of the stay are charged (a permit that
    is kept elsewhere covers the others). `free_used`: the free time was had already. `came_before`: the same car came and left
    earlier that day, which matters where the free time is for once a day.
    """

    vehicle: str = ""
    area: str = ""
    tags: frozenset[str] = frozenset()
    permit: str = ""
    coupons: tuple[str, ...] = ()
    reliefs: tuple[Coupon, ...] = ()
    points: int = 0
    paid: tuple[datetime, ...] = ()
    only: tuple[tuple[datetime, datetime], ...] | None = None
    lost_ticket: bool = False
    free_used: bool = False
    came_before: bool = False


NOTHING_SPECIAL = Circumstances()


@dataclass(frozen=True, slots=True)
class Spell:
    """A part of the stay that is priced for itself: after a payment another may begin. Seconds since 1970."""

    since: int
    until: int
    first: bool
    free: bool


@dataclass(frozen=True, slots=True)
class Case:
    """One stay to be priced, checked."""

    tariff: Tariff
    rate: Rate
    given: Circumstances
    entry: int
    exit: int

    @property
    def has_free_time(self) -> bool:
        """Whether this stay may still have the free time of its rate."""
        rule = self.rate.free_time
        return rule is not None and not self.given.free_used and not (rule.once_a_day and self.given.came_before)

    @property
    def reliefs(self) -> tuple[Coupon, ...]:
        named = (coupon for coupon in self.tariff.coupons if coupon.name in self.given.coupons)
        return tuple(c for c in (*named, *self.given.reliefs) if not c.unless & self.given.tags)


def case_of(tariff: Tariff, entered: datetime, leaving: datetime, given: Circumstances) -> Case:
    """Raises a kind of `CannotPrice`."""
    if entered.tzinfo is None or leaving.tzinfo is None:
        raise StayBackwards("an instant without its offset from UTC", field="entered")
    entry, last = int(entered.timestamp()), int(leaving.timestamp())
    if last < entry or not EARLIEST <= entry <= LATEST:
        raise StayBackwards("the stay ends before it begins", field="leaving")
    if last - entry > LONGEST_STAY.total_seconds():
        raise StayTooLong(f"the stay is longer than {LONGEST_STAY.days} days", field="leaving")
    if any(not entered <= paid <= leaving for paid in given.paid):
        raise StayBackwards("a payment lies outside the stay", field="paid")
    _check_known(tariff, given)
    if not given.vehicle and tariff.classes:
        given = replace(given, vehicle=tariff.classes[0])
    return Case(tariff, _rate_for(tariff, entered, given), given, entry, entry + _measured(tariff, last - entry))


def _measured(tariff: Tariff, seconds: int) -> int:
    return seconds if tariff.seconds_count else seconds // 60 * 60


def _check_known(tariff: Tariff, given: Circumstances) -> None:
    coupons, permits = coupons_of(tariff), permits_of(tariff)
    for field, words, known in (
        ("vehicle", {given.vehicle} - {""}, set(tariff.classes)),
        ("area", {given.area} - {""}, set(tariff.areas)),
        ("permit", {given.permit} - {""}, permits),
        ("coupons", set(given.coupons), coupons),
    ):
        unknown = words - known
        if unknown and (known or field in {"permit", "coupons"}):
            hint = f"It knows {', '.join(sorted(known))}" if known else "It knows none"
            raise UnknownCircumstance(f"the tariff does not know the {field} {min(unknown)!r}", field=field, hint=hint)


def coupons_of(tariff: Tariff) -> frozenset[str]:
    """The coupons that it knows by name, as what they take off or as a condition of a rate."""
    return frozenset(coupon.name for coupon in tariff.coupons).union(*(rate.coupons for rate in tariff.rates))


def permits_of(tariff: Tariff) -> frozenset[str]:
    """The permits that it knows by name."""
    return frozenset(permit.name for permit in tariff.permits).union(*(rate.permits for rate in tariff.rates))


def _rate_for(tariff: Tariff, entered: datetime, given: Circumstances) -> Rate:
    """The first rate that fits; a stay is priced by it to its end."""
    local = entered.astimezone(tariff.zone)
    day, minute = local.date(), 60 * local.hour + local.minute
    if not tariff.in_force_on(day):
        raise NotInForce(f"{tariff.name!r} is not in force on {day}", field="entered")
    for rate in tariff.rates:
        if _fits(rate, given) and _valid(rate, day) and rate.entered.holds(day, minute):
            return rate
    raise NoRate(f"no rate of {tariff.name!r} fits", field="rate")


def _valid(rate: Rate, day: date) -> bool:
    return (rate.valid_from is None or rate.valid_from <= day) and (rate.valid_until is None or day <= rate.valid_until)


def _fits(rate: Rate, given: Circumstances) -> bool:
    return (
        (not rate.classes or given.vehicle in rate.classes)
        and (not rate.areas or given.area in rate.areas)
        and (not rate.permits or given.permit in rate.permits)
        and (not rate.tags or bool(rate.tags & given.tags))
        and (not rate.coupons or not rate.coupons.isdisjoint(given.coupons))
    )


def spells(case: Case) -> Iterator[Spell]:
    """One, unless somebody who paid did not leave in time and the tariff then begins a new stay."""
    rule = case.tariff.after_payment
    paid = sorted({case.entry + _measured(case.tariff, int(at.timestamp()) - case.entry) for at in case.given.paid})
    if not paid:
        yield Spell(case.entry, case.exit, first=True, free=True)
    elif rule.later is Later.GOES_ON:
        in_time = case.exit <= paid[-1] + rule.leave_within
        yield Spell(case.entry, paid[-1] if in_time else case.exit, first=True, free=True)
    else:
        wait = rule.leave_within if rule.later is Later.NEW_STAY_AFTER else 0
        yield Spell(case.entry, paid[0], first=True, free=True)
        for before, until in pairwise([*paid, case.exit]):
            if until > before + rule.leave_within:
                yield Spell(before + wait, until, first=False, free=rule.free_again)
