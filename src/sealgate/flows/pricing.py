"""What a stay costs here: the tariff of its lot, read once, and all that is known of the stay, handed to `domain/tariffs`.

The surprising thing: a tariff's version is chosen by the day on which the car came in and priced to the end by it, and
versions are never changed, so what was read of one is kept for good.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from sealgate.domain.billing import HELD
from sealgate.domain.calendar import local_day, zone
from sealgate.domain.ids import TenantId
from sealgate.domain.lots import Lot, Stretch, Validation, uncovered
from sealgate.domain.stays import Stay
from sealgate.domain.tariff_case import coupons_of, permits_of
from sealgate.domain.tariff_errors import NotInForce
from sealgate.domain.tariff_file import read_tariff
from sealgate.domain.tariff_model import Coupon, Tariff
from sealgate.domain.tariffs import Bill, Circumstances, price
from sealgate.flows.kit import House
from sealgate.store import parking, places
from sealgate.store.engine import Reader

LEAST_GRACE = timedelta(minutes=5)
"""Whoever paid the sum that was shown may leave, also where the tariff gives no time for it: paying took some."""


def prices(house: House, tenant: TenantId) -> Callable[[Stay, datetime], Bill]:
    """The `Price` that `flows/parking` asks for: it looks up on a connection of its own. Raises a kind of `CannotPrice`."""

    def price_then(stay: Stay, at: datetime) -> Bill:
        with house.store.read(tenant) as db:
            return bill_at(db, stay, at)

    return price_then


def bill_at(db: Reader, stay: Stay, at: datetime) -> Bill:
    """The whole price if the car leaves at `at`; what was paid is not taken off. Raises a kind of `CannotPrice`."""
    lot = parking.lot(db, stay.lot)
    tariff = tariff_for(db, lot, stay.entered)
    until = max(stay.left or at, stay.entered)
    return price(tariff, stay.entered, until, _circumstances(db, stay, lot, tariff, until))


def _circumstances(db: Reader, stay: Stay, lot: Lot, tariff: Tariff, until: datetime) -> Circumstances:
    """All that a tariff is told of a live stay; a word that this version does not know is not told."""
    permit = None if stay.right.permit is None else parking.permit(db, stay.right.permit)
    kind = "" if permit is None else permit.permit.kind.value
    given = stay.validations
    return Circumstances(
        vehicle=stay.vehicle if not tariff.classes or stay.vehicle in tariff.classes else "",
        area=stay.area if not tariff.areas or stay.area in tariff.areas else "",
        tags=frozenset({stay.right.kind.value, stay.right.space.value, kind} - {""}),
        permit=kind if kind in permits_of(tariff) else "",
        coupons=tuple(sorted({one.coupon for one in given} & coupons_of(tariff))),
        reliefs=tuple(_relief(number, one) for number, one in enumerate(given) if one.time or one.share),
        points=sum(one.points or 0 for one in given),
        paid=_paid(db, stay, until),
        only=_charged(db, stay, lot, permit, until),
        lost_ticket=stay.ticket_lost is not None,
        came_before=stay.came_before,
    )


def grace_of(db: Reader, stay: Stay) -> timedelta:
    """How long the car may take to leave once it is paid."""
    try:
        tariff = tariff_for(db, parking.lot(db, stay.lot), stay.entered)
    except NotInForce:  # the lot asks for no money any more
        return LEAST_GRACE
    return max(timedelta(seconds=tariff.after_payment.leave_within), LEAST_GRACE)


def tariff_for(db: Reader, lot: Lot, entered: datetime) -> Tariff:
    """Raises `NotInForce`, also for a lot that asks for no money."""
    if lot.tariff is None:
        raise NotInForce("the lot asks for no money", field="tariff")
    day = local_day(entered, zone(places.site(db, lot.site).time_zone))
    row = parking.tariff_on(db, lot.tariff, day)
    if row is None:
        raise NotInForce(f"no version of {lot.tariff!r} is in force on {day}", field="tariff")
    return _read(row.document if isinstance(row.document, str) else json.dumps(row.document))


@lru_cache(maxsize=256)
def _read(text: str) -> Tariff:
    return read_tariff(text)


def _paid(db: Reader, stay: Stay, until: datetime) -> tuple[datetime, ...]:
    """When money came that is still ours, or until when it was paid ahead.

    The provider's clock is not ours, so no instant lies outside the stay.
    """
    rows = parking.payments_of(db, stay.stay)
    at = {row.covers_until or row.paid_at for row in rows if row.state in HELD and row.paid_at is not None}
    return tuple(sorted(min(max(one, stay.entered), until) for one in at if one is not None))


def _charged(
    db: Reader, stay: Stay, lot: Lot, row: parking.PermitRow | None, until: datetime
) -> tuple[tuple[datetime, datetime], ...] | None:
    """The parts that are charged: not those spent in a lot within, nor those that a permit covers. None: all of it.

    A fleet with an account pays for what its permit covers too: by the account.
    """
    parts = stay.stretches(until)
    if row is not None and row.permit.account is None:
        tz = zone(places.site(db, lot.site).time_zone)
        holidays = frozenset(holiday.day for holiday in places.holidays(db, lot.site))
        parts = tuple(_common(parts, uncovered(row.permit, stay.entered, until, tz, holidays)))
    if parts == (Stretch(stay.entered, until),):
        return None
    return tuple((part.since, part.until) for part in parts)


def _common(some: Iterable[Stretch], others: tuple[Stretch, ...]) -> Iterator[Stretch]:
    for one in some:
        for other in others:
            since, until = max(one.since, other.since), min(one.until, other.until)
            if since < until:
                yield Stretch(since, until)


def _relief(number: int, given: Validation) -> Coupon:
    seconds = 0 if given.time is None else int(given.time.total_seconds())
    return Coupon(f"validation-{number + 1}", seconds=seconds, share=(given.share or 0) * 100)
