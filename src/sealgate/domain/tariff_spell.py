"""The price of one spell: what of it is charged, its bands, ceilings, fees, and an offer in place of all that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from sealgate.domain.tariff_bill import Account, BillReason
from sealgate.domain.tariff_case import Case, Spell
from sealgate.domain.tariff_ceilings import cuts, durations
from sealgate.domain.tariff_model import Fee, Hours, Offer, Tariff
from sealgate.domain.tariff_pieces import (
    Span,
    after_free_time,
    cut_every,
    in_periods,
    length,
    outside,
    permit_hours,
    seconds_within,
    time_taken_off,
    within,
)
from sealgate.domain.tariff_plan import A_DAY, Piece, instant, pieces, service_day
from sealgate.domain.tariff_walk import charges


def price_spell(case: Case, spell: Spell, account: Account) -> None:
    charged, free_of_charge = _charged(case, spell, account)
    if free_of_charge:
        return
    _charge(case, spell, charged, account)
    for fee in case.rate.fees:
        times = _times_due(case, fee, spell, charged)
        if times:
            account.add(BillReason.FEE, times * fee.price, fee.name, times)
    _make_offer(case, spell, account)


def _charged(case: Case, spell: Spell, account: Account) -> tuple[list[Piece], bool]:
    """The pieces of the stay that have a price, and whether nothing more is to be said: it was short enough to be free."""
    rate = case.rate
    parts = in_periods(rate, pieces(case.tariff, rate, spell.since, spell.until), spell.since)
    covered = _uncovered(case, spell)
    if covered is not None:
        before, parts = length(parts), list(within(parts, covered))
        if length(parts) < before:
            account.add(BillReason.PERMIT_HOURS, 0, case.given.permit)
    free = rate.free_time
    if free is not None and spell.free and case.has_free_time and parts:
        before, parts = length(parts), after_free_time(free, parts)
        if length(parts) < before:
            account.add(BillReason.FREE_TIME, 0)
    return parts, not parts


def _uncovered(case: Case, spell: Spell) -> list[Span] | None:
    """What no permit covers; None where there is no permit at all."""
    free: list[Span] = []
    permits = [permit for permit in case.tariff.permits if permit.name == case.given.permit]
    if case.given.only is None and not permits:
        return None
    if case.given.only is not None:
        only = ((int(since.timestamp()), int(until.timestamp())) for since, until in case.given.only)
        free += outside(only, spell.since, spell.until)
    free += permit_hours(case.tariff, permits, spell.since, spell.until)
    return outside(free, spell.since, spell.until)


def _charge(case: Case, spell: Spell, parts: list[Piece], account: Account) -> None:
    """Time off, the bands' prices, ceilings."""
    seconds = _time_off(case) if spell.first else 0
    rule = case.tariff.time_off
    if seconds:
        parts = time_taken_off(parts, seconds, rule.takes)
    for every in durations(case.rate):
        parts = list(cut_every(parts, spell.since, every))
    due = charges(parts, parts[-1].end if parts else spell.until, lambda since, until: _look(case, spell, since, until))
    waived = [charge for charge in due if charge.piece.waived]
    if not rule.after_ceilings:
        due = [charge for charge in due if not charge.piece.waived]
    account.add_charges(due)
    account.add_cuts(cuts(case.rate, due, spell.since))
    if rule.after_ceilings:
        account.take(BillReason.TIME_OFF, sum(charge.amount for charge in waived))
    elif seconds:
        account.add(BillReason.TIME_OFF, 0)


def _look(case: Case, spell: Spell, since: int, until: int) -> list[Piece]:
    """Numbered as the stay's own pieces are."""
    found = pieces(case.tariff, case.rate, since, until)
    if not case.rate.period_is_day:
        return in_periods(case.rate, found, spell.since)
    first = service_day(case.tariff, spell.since).toordinal()
    return [piece._replace(period=piece.day - first) for piece in found]


def _time_off(case: Case) -> int:
    """Seconds, by coupons and by points."""
    points = case.tariff.points
    if points is None or points.unless & case.given.tags:
        by_points = 0
    else:
        by_points = case.given.points // points.each * points.seconds
        by_points = by_points if points.most is None else min(by_points, points.most)
    return by_points + sum(coupon.seconds for coupon in case.reliefs)


def _times_due(case: Case, fee: Fee, spell: Spell, charged: Sequence[Piece]) -> int:
    if fee.hours is None:
        return int(spell.first and fee.days.holds(service_day(case.tariff, spell.since)))
    touched = seconds_within(charged, _windows(case, fee, fee.hours, spell))
    times = sum(seconds >= fee.least for seconds in touched)
    return min(times, 1) if fee.once else times


def _windows(case: Case, fee: Fee, hours: Hours, spell: Spell) -> Iterator[Span]:
    day = service_day(case.tariff, spell.since) - A_DAY
    while (since := instant(day, hours.start, case.tariff.zone)) < spell.until:
        if fee.days.holds(day):
            yield since, instant(day, hours.end, case.tariff.zone)
        day += A_DAY


def _make_offer(case: Case, spell: Spell, account: Account) -> None:
    """The first offer that always holds, or else the cheapest, if it is cheaper than what the bands say."""
    fitting = [offer for offer in case.rate.offers if spell.first and _offered(case, offer, spell)]
    best = next((offer for offer in fitting if offer.always), min(fitting, key=lambda offer: offer.price, default=None))
    if best is None or (not best.always and best.price >= account.total):
        return
    account.add(BillReason.OFFER, best.price - account.total, best.name)


def _offered(case: Case, offer: Offer, spell: Spell) -> bool:
    if offer.longest is not None and spell.until - spell.since > offer.longest:
        return False
    ends = ((spell.since, offer.entered), (spell.until, offer.left))
    return all(moment.holds(*_day_and_minute(case.tariff, at)) for at, moment in ends)


def _day_and_minute(tariff: Tariff, at: int) -> tuple[date, int]:
    local = datetime.fromtimestamp(at, tariff.zone)
    return local.date(), 60 * local.hour + local.minute
