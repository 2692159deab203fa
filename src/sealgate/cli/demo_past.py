"""The days before the demo's first start: cars that came, paid and left, so that reports and books have something in them.

The surprising thing: nothing is written in bulk. The same cars drive through the same flows as later, on a clock of that
week that jumps from one car's next thing to the next; what that week's provider knows goes to the one that runs now.
"""

from __future__ import annotations

import random
import secrets
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from sealgate.cli.demo_attendant import Attendant
from sealgate.cli.demo_garage import MINUTE, Car, GarageTraffic

if TYPE_CHECKING:
    from sealgate.flows.garage_demo import Garage
    from sealgate.flows.kit import House

DAYS = 6
DAY = timedelta(days=1)
EVERY = 150 * MINUTE
"""Between two cars of that week, on average: some forty in all, and a start that takes seconds."""


class PastClock:
    """Stands where it was put. One thread moves it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def live_a_week(house: House, garage: Garage, seed: int = 5) -> int:
    """How many cars came. Nothing happens where no simulated provider is: then the money would be somebody's."""
    from sealgate.domain.ids import Counter
    from sealgate.payments.simulated import Simulated

    today = house.providers.get(Simulated.name)
    if not isinstance(today, Simulated):
        return 0
    ends = house.clock.now()
    clock = PastClock(datetime.combine(ends.date() - DAYS * DAY, time(1), UTC))
    provider = Simulated(secrets.token_bytes(32), clock)
    then = replace(house, clock=clock, counter=Counter(node=1), providers={Simulated.name: provider})
    cars = _Week(then, garage, clock, random.Random(seed)).until(ends - 4 * timedelta(hours=1))  # noqa: S311 - made up
    _books(then, garage, provider, clock, ends)
    today.take_over(provider)
    return cars


class _Week:
    """Cars that come by day, and an attendant who answers what they ask."""

    def __init__(self, house: House, garage: Garage, clock: PastClock, dice: random.Random) -> None:
        self._house, self._garage, self._clock, self._dice = house, garage, clock, dice
        self._traffic = GarageTraffic(house, garage, seed=dice.randrange(1 << 30))
        self._attendant = Attendant(house, garage, self._traffic, dice)

    def until(self, end: datetime) -> int:
        """Nobody comes in the last hours, so that all but a few have left when it ends."""
        cars, comes = 0, self._clock.at
        while comes < end - timedelta(hours=3):
            self._wait(comes)
            self._traffic.drive(self._traffic.visit(self._car(cars)))
            cars, comes = cars + 1, comes + self._dice.uniform(0.3, 1.7) * self._every(comes)
        self._wait(end)
        self._attendant.count()
        return cars

    def _car(self, number: int) -> Car:
        """Among ten of them one pays another sum, one is not read, and one does not like its bill: so no report is empty."""
        car = self._traffic.car()
        match number % 10:
            case 3:
                return replace(car, errs=True, read_as=car.plate, argues=False, ahead=False)
            case 6:
                return replace(car, read_as=None)
            case 8:
                return replace(car, read_as=car.plate, argues=True, ahead=False)
        return car

    def _every(self, at: datetime) -> timedelta:
        """Fewer by night: UTC 23 to 13 is a day in Shanghai."""
        return EVERY if at.hour >= 23 or at.hour < 13 else 3 * EVERY

    def _wait(self, until: datetime) -> None:
        while (due := self._traffic.next_due()) is not None and due <= until:
            self._clock.at = max(self._clock.at, due)
            self._traffic.step()
            self._answer()
        self._clock.at = max(self._clock.at, until)

    def _answer(self) -> None:
        """Every call is taken a little later."""
        for line in self._attendant.waiting():
            self._clock.at += self._dice.uniform(20, 90) * timedelta(seconds=1)
            self._attendant.answer(line)


def _books(house: House, garage: Garage, provider: object, clock: PastClock, ends: datetime) -> None:
    """Two drivers get money back; each day is compared, and of what differs one is settled."""
    from sealgate.domain.billing import PaymentState
    from sealgate.domain.money import Money
    from sealgate.flows import books, reconciling, refunds
    from sealgate.flows.books import Asked, Paid
    from sealgate.flows.campus import system
    from sealgate.payments.simulated import Simulated

    assert isinstance(provider, Simulated)
    signed = system(house, garage.tenant)
    week = Asked(garage.site, (ends - (DAYS + 1) * DAY).date(), ends.date())
    paid = [line for line in books.payments(house, signed, week, Paid.ALL).lines if line.row.state is PaymentState.PAID]
    for line, share in zip(paid[3:5], (2, 1), strict=False):
        half = Money(line.row.asked.minor // share, line.row.asked.currency)
        refunds.refund(house, signed, line.payment, half, "the charging point was out of order")
    clock.at = ends  # the last day is over by now, however early it is
    for day in (ends.date() - number * DAY for number in range(DAYS, 0, -1)):
        reconciling.reconcile(house, garage.tenant, Simulated.name, day, signed)
    found = books.differences(house, signed, week.since, week.until, settled=False)
    for one in found[1:2]:
        reconciling.settle_difference(house, signed, one.row.difference, "paid another sum by mistake; sent back by hand")
