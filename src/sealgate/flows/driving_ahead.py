"""Paying ahead: the driver chooses until when, and is told the price and what happens otherwise before anything is paid.

The surprising thing: whoever only typed a plate may choose among whole hours from now, and nothing between. The price of any
other time would tell when the next unit begins, and so when the car came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sealgate.domain.errors import Invalid
from sealgate.domain.ids import StayId
from sealgate.domain.lots import Lot
from sealgate.domain.money import Money
from sealgate.flows import paying
from sealgate.flows.driving_passes import Shows
from sealgate.flows.driving_view import Spot, row_of
from sealgate.flows.kit import House
from sealgate.flows.pricing import grace_of

HOURS = (1, 2, 4, 8)
"""What is offered as one press."""

DECIDING = timedelta(minutes=10)
"""An offer of whole hours is taken so long after it was made."""

MINUTE = timedelta(minutes=1)


class WrongTime(Invalid):
    """Nobody pays ahead for a time that is past, or further away than a stay may be long."""

    code = "pay.wrong-time"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="until")


@dataclass(frozen=True, slots=True)
class Ahead:
    """What leaving by `until` costs more than was paid; zero: it is paid for. The car may leave until `leave_by`."""

    until: datetime
    due: Money
    leave_by: datetime


def after_hours(house: House, hours: int) -> datetime:
    """So many hours from now, to the minute. Raises `WrongTime` for a number that is not offered."""
    if hours not in HOURS:
        raise WrongTime("one of the offered numbers of hours")
    return house.clock.now().replace(second=0, microsecond=0) + hours * timedelta(hours=1)


def quote(house: House, here: Spot, stay: StayId, shows: Shows, until: datetime) -> Ahead:
    """Raises `WrongTime`, `NotFound`, `StayOver`, a kind of `CannotPrice`."""
    check(house, here.lot, shows, until)
    with house.store.read(here.tenant) as db:
        grace = grace_of(db, row_of(db, here, stay).stay)
    owed = paying.ahead_of(house, here.tenant, stay, until)
    return Ahead(until, owed.due, until + grace)


def check(house: House, lot: Lot, shows: Shows, until: datetime) -> None:
    """Raises `WrongTime`."""
    now = house.clock.now()
    if not now + MINUTE <= until <= now + lot.longest:
        raise WrongTime("a time from now on, and not further away than a stay may be long")
    if shows is Shows.SUM and not any(timedelta(0) <= now + hours * timedelta(hours=1) - until < DECIDING for hours in HOURS):
        raise WrongTime("without proof, whole hours from now")
