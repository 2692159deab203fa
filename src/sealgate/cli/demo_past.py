"""The days before the demo's first start: cars that came, paid and left, so that reports and books have something in them.

The surprising thing: nothing is written in bulk. The same cars drive through the same flows as later, on a clock of that
week that jumps from one car's next thing to the next; what that week's provider knows goes to the one that runs now.
"""

from __future__ import annotations

import logging
import random
import secrets
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from sealgate.cli.demo_garage import MINUTE, Car, GarageTraffic
from sealgate.domain.errors import Fault, Refused

if TYPE_CHECKING:
    from sealgate.domain.ids import CallId
    from sealgate.flows.assist import QueueLine
    from sealgate.flows.garage_demo import Garage
    from sealgate.flows.kit import House, Signed

log = logging.getLogger("sealgate.demo")

DAYS = 6
DAY = timedelta(days=1)
EVERY = 150 * MINUTE
"""Between two cars of that week, on average: some forty in all, and a start that takes seconds."""

OPENED = ("a lorry waits behind it", "the driver showed the receipt", "the reader was dirty", "an ambulance")
LET_OFF = ("found no space for long", "the lift was out of order", "the machine did not take the coupon")


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

    def until(self, end: datetime) -> int:
        """Nobody comes in the last hours, so that all but a few have left when it ends."""
        cars, comes = 0, self._clock.at
        while comes < end - timedelta(hours=3):
            self._wait(comes)
            self._traffic.drive(self._traffic.visit(self._car(cars)))
            cars, comes = cars + 1, comes + self._dice.uniform(0.3, 1.7) * self._every(comes)
        self._wait(end)
        self._count(end)
        return cars

    def _count(self, now: datetime) -> None:
        """Somebody walked through: cars that went unseen behind another are taken off."""
        from sealgate.flows import stay_record
        from sealgate.flows.campus import system
        from sealgate.store import parking

        with self._house.store.read(self._garage.tenant) as db:
            inside = [row.stay for row in parking.live_stays(db, self._garage.lot) if row.stay.inside]
        signed = system(self._house, self._garage.tenant)
        for stay in inside:
            if now - stay.entered > timedelta(hours=8):
                stay_record.end_by_hand(self._house, signed, self._garage.site, stay.stay, "counted on the ground: not there")

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
        """An attendant takes every call a little later."""
        from sealgate.flows import assist
        from sealgate.flows.campus import system

        signed = system(self._house, self._garage.tenant)
        for line in assist.queue(self._house, signed).lines:
            self._clock.at += self._dice.uniform(20, 90) * timedelta(seconds=1)
            assist.take(self._house, signed, line.call)
            try:
                self._decide(signed, line)
            except (Refused, Fault) as trouble:  # the car is gone, or nobody knows it
                log.info("a made-up call ends as it is: %s", trouble.code)
                self._act(signed, line.call, "not-open")

    def _decide(self, signed: Signed, line: QueueLine) -> None:
        """A sum is let off; a plate is typed, and its driver pays or is let off; now and then nobody knows, and it opens."""
        from sealgate.domain.stays_calls import CallReason

        stands = self._traffic.stands
        if line.reason is CallReason.WRONG_SUM:
            self._act(signed, line.call, "waive", why=self._dice.choice(LET_OFF))
        elif not line.blocks:
            self._act(signed, line.call, "not-open")
        elif stands is None or self._dice.random() < 0.3:
            self._act(signed, line.call, "open", why=self._dice.choice(OPENED))
        else:
            self._act(signed, line.call, "plate", plate=stands.plate)
            self._act(signed, line.call, "send-bill")
            self._traffic.settle(stands)

    def _act(self, signed: Signed, call: CallId, act: str, **given: str) -> None:
        from sealgate.domain.desk import Act
        from sealgate.flows import assist_acts
        from sealgate.flows.assist_acts import Decision
        from sealgate.flows.pricing import prices

        decision = Decision(Act(act), **given)  # type: ignore[arg-type]  # its texts
        assist_acts.decide(self._house, signed, call, decision, prices(self._house, self._garage.tenant))


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
