"""Cars in the demo's garage: they come, stay, pay with made-up money and leave; some of them give the desk something to do.

The surprising thing: nobody sleeps here. Every car has an instant at which it does its next thing, on the program's own
clock; so with a clock that runs a hundred times faster, a day of the garage is over in a quarter of an hour.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

from sealgate.domain.errors import Fault, Refused

if TYPE_CHECKING:
    from sealgate.domain.ids import CallId, GateId, StayId
    from sealgate.domain.stays_calls import CallReason
    from sealgate.flows.garage_demo import Garage
    from sealgate.flows.kit import House
    from sealgate.flows.parking import Arrival
    from sealgate.payments.simulated import Act

log = logging.getLogger("sealgate.demo")

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
EVERY = 3 * MINUTE
"""Between two cars that come, on average."""

MOST_INSIDE = 40
AT_ONCE = 6
"""Cars that come at the start, so that the first look at the lot finds some."""

LOOK = 0.2
"""Seconds on the wall between two looks at what is due."""


class FastClock:
    """Runs `speed` times as fast as the world's, from the same instant on. Any thread may ask."""

    def __init__(self, speed: int) -> None:
        self._speed, self._began, self._start = speed, monotonic(), datetime.now(UTC)

    def now(self) -> datetime:
        return self._start + self._speed * timedelta(seconds=monotonic() - self._began)


@dataclass(frozen=True, slots=True)
class Car:
    """How it goes out: `read_as` is what the exit's camera sees, None sees nothing; `argues` calls the desk for its sum;
    `errs` pays another sum.
    """

    plate: str
    read_as: str | None
    argues: bool
    ahead: bool
    errs: bool = False


class GarageTraffic:
    """A thread of its own. `stands` is the car that came to the exit last.

    What the lanes, the provider and the desk answer is theirs; a car that gets no answer waits.
    """

    def __init__(self, house: House, garage: Garage, seed: int | None = None) -> None:
        """Without a `seed` other cars come each time: the same ones would come in twice where a demo is started again."""
        self._house, self._garage = house, garage
        begins = house.clock.now().timestamp() if seed is None else seed
        self._dice = random.Random(begins)  # noqa: S311 - made-up traffic, no secret
        self._due: list[tuple[datetime, int, Iterator[timedelta]]] = []
        self._number = count()
        self.inside = 0
        """Of the made-up cars; what the lot counts is its own."""
        self.stands: Car | None = None
        self.at_desk: dict[CallId, Car] = {}
        """Who made a call that nobody here has answered."""
        self._mine: set[StayId] = set()
        self._over = Event()
        self._thread = Thread(target=self._run, name="garage traffic", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(timeout=5)

    def step(self) -> int:
        """Let every car do what is due by now; how many did something."""
        now, done = self._house.clock.now(), 0
        while self._due and self._due[0][0] <= now and not self._over.is_set():
            self._go_on(heappop(self._due)[2])
            done += 1
        return done

    def next_due(self) -> datetime | None:
        """When the next car does something; None where none is on its way."""
        return self._due[0][0] if self._due else None

    def drive(self, car: Iterator[timedelta]) -> None:
        heappush(self._due, (self._house.clock.now(), next(self._number), car))

    def _run(self) -> None:
        self.opens()
        while not self._over.wait(LOOK):
            self.step()

    def _go_on(self, car: Iterator[timedelta]) -> None:
        """A locked database or a provider that is away ends this car's part, and nobody else's."""
        try:
            pause = next(car, None)
        except (Refused, Fault) as trouble:
            log.warning("a made-up car stopped: %s", trouble.code)
            return
        if pause is not None:
            heappush(self._due, (self._house.clock.now() + pause, next(self._number), car))

    def opens(self) -> None:
        """The garage as it is first looked at: some cars in it, and one at the exit that nobody saw coming in."""
        self.drive(self.stranger())
        for _ in range(AT_ONCE):
            self.drive(self.visit(self.car(), soonest=1))
        self.drive(self.comes_in_turn())
        self.drive(self.others_pay())

    def others_pay(self) -> Iterator[timedelta]:
        """Cars that a camera sees at the exit have drivers too."""
        while True:
            yield 15 * SECOND
            for stay in self._waiting() - self._mine:
                self._mine.add(stay)
                self.drive(self._driver_of(stay))

    def _driver_of(self, stay: StayId) -> Iterator[timedelta]:
        self.pays(stay)
        yield from ()

    def _waiting(self) -> set[StayId]:
        from sealgate.domain.stays import StayState
        from sealgate.store import parking

        with self._house.store.read(self._garage.tenant) as db:
            rows = parking.live_stays(db, self._garage.lot, states=[StayState.WAITING])
        return {row.stay.stay for row in rows}

    def stranger(self) -> Iterator[timedelta]:
        self._sees(self._garage.exit, self.car().plate)
        yield from ()

    def comes_in_turn(self) -> Iterator[timedelta]:
        while True:
            yield self._dice.uniform(0.4, 1.6) * EVERY
            if self.inside < MOST_INSIDE:
                self.drive(self.visit(self.car()))

    def car(self) -> Car:
        """One in twelve is misread at the exit, one in fifteen not read at all; one in fifteen does not like its sum."""
        plate = self._dice.choice("沪苏浙") + self._dice.choice("AB") + "".join(self._dice.choices(LETTERS, k=5))
        chance = self._dice.random()
        read_as = self._misread(plate) if chance < 1 / 12 else None if chance > 14 / 15 else plate
        return Car(
            plate,
            read_as,
            argues=self._dice.random() < 1 / 15,
            ahead=self._dice.random() < 0.4,
            errs=self._dice.random() < 1 / 70,
        )

    def _misread(self, plate: str) -> str:
        """Two characters at once: more than the program takes for a misreading."""
        return plate[:-2] + "".join(self._dice.sample(LETTERS, 2))

    def visit(self, car: Car, soonest: float = 10) -> Generator[timedelta, None, None]:
        """It stays that many minutes at least, three hours at most."""
        came = self._sees(self._garage.entry, car.plate)
        if came.stay is None:
            return
        self.inside += 1
        self._mine.add(came.stay)
        try:
            yield self._dice.uniform(soonest, 180) * MINUTE
            if car.ahead:
                self.pays(came.stay, errs=car.errs)
                yield self._dice.uniform(1, 6) * MINUTE
            yield from self._leaves(car)
        finally:
            self.inside -= 1

    def _leaves(self, car: Car) -> Iterator[timedelta]:
        from sealgate.domain.stays_calls import CallReason
        from sealgate.flows.parking import Outcome

        self.stands = car
        if car.read_as is None:
            self.at_desk[self._calls(CallReason.NO_PLATE)] = car
            return
        stands = self._sees(self._garage.exit, car.read_as)
        if stands.call is not None:
            self.at_desk[stands.call] = car
        if stands.outcome is not Outcome.WAITS or stands.stay is None:
            return
        if car.argues:
            self._calls(CallReason.WRONG_SUM, stands.stay)
            return
        yield self._dice.uniform(10, 40) * SECOND
        self.pays(stands.stay, errs=car.errs)

    def settle(self, car: Car) -> None:
        """Its driver pays what the exit shows."""
        from sealgate.flows.parking_scene import stay_token
        from sealgate.store import parking

        with self._house.store.read(self._garage.tenant) as db:
            found = parking.stays_of_plate(db, stay_token(self._house, self._garage.tenant, car.plate))
        for row in found[-1:]:
            self.pays(row.stay.stay)

    def _sees(self, gate: GateId, plate: str) -> Arrival:
        from sealgate.domain.plates import normalise
        from sealgate.domain.sightings import PlateSighting
        from sealgate.flows import parking, paying

        prices = paying.prices(self._house, self._garage.tenant)
        sighting = PlateSighting(gate, self._house.clock.now(), normalise(plate), self._dice.uniform(0.95, 0.99), "cn-blue")
        return parking.arrive(self._house, self._garage.tenant, sighting, prices)

    def _calls(self, reason: CallReason, stay: StayId | None = None) -> CallId:
        """The button at the exit."""
        from sealgate.flows import assist

        return assist.call(self._house, self._garage.tenant, self._garage.exit, reason, stay=stay)

    def pays(self, stay: StayId, *, errs: bool = False) -> None:
        """On the simulated provider's page, and back: the program asks at once. One in ten notices is never sent.

        `errs`: another sum than what was asked.
        """
        from sealgate.domain.billing import NothingToPay
        from sealgate.domain.stays import StayOver
        from sealgate.flows import paying
        from sealgate.payments.simulated import Act, Simulated

        provider = self._house.providers.get(Simulated.name)
        if not isinstance(provider, Simulated):
            return
        try:
            started = paying.start(self._house, self._garage.tenant, stay, Simulated.name, return_to=f"{self._house.address}/")
        except (NothingToPay, StayOver):  # the desk let it off, or out
            return
        act: Act = Act.OTHER_SUM if errs else Act.FORGET if self._dice.random() < 0.1 else Act.PAY
        provider.act(started.way.handle, act)
        paying.ask(self._house, self._garage.tenant, started.payment)
