"""`sealgate bench garage`: how many cars a second come in, are priced, pay and leave, on one core, into a database on the disk.

Everything is as in service: plates sealed, tokens and masks, passages, journal, outbox, one commit for each decision and one
for the latch's answer. The surprising thing: it measures twice, before and after very many closed stays were put in, because
what a car costs must not depend on how many were here before it.
"""

from __future__ import annotations

import os
import random
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any

from sealgate.app import initialise, running
from sealgate.cli.bench_garage_past import close_many
from sealgate.devices.simulated import SimulatedLatch
from sealgate.domain.ids import GateId, StayId
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import PlateSighting
from sealgate.flows import campus as campuses
from sealgate.flows import garage_demo, parking, paying
from sealgate.flows.kit import House
from sealgate.flows.parking import Arrival, Outcome
from sealgate.payments.simulated import Act, Simulated
from sealgate.settings import load

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
APART = timedelta(seconds=10)
"""Between two cars at one lane."""

STAYED = timedelta(hours=3)
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)

CLOSED_A_STEP = 50
"""Closed stays that are written in the time of about one car at a lane."""

KINDS = 3
"""Steps of one timed car: it comes, it goes and pays, another is misread."""

Row = dict[str, float | int]


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds on the wall, and of processor time in all threads of this program."""

    wall: float
    cpu: float

    def and_then(self, other: Spent) -> Spent:
        return Spent(self.wall + other.wall, self.cpu + other.cpu)


class HandClock:
    """Moves when told to."""

    def __init__(self) -> None:
        self._now = BEGAN

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        self._now += by


@dataclass
class Bench:
    """A garage, its clock and its provider. `inside` are the plates of the cars that stand in it."""

    house: House
    garage: garage_demo.Garage
    clock: HandClock
    latch: SimulatedLatch
    provider: Simulated
    dice: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - made-up plates, no secret
    inside: list[PlateText] = field(default_factory=list)
    done: Callable[[int], None] = lambda _: None

    def comes(self) -> Arrival:
        plate = PlateText("沪A" + "".join(self.dice.choice(LETTERS) for _ in range(5)))
        arrival = self._sees(self.garage.entry, plate)
        assert arrival.outcome is Outcome.ENTERED, arrival
        self.inside.append(plate)
        self.done(1)
        return arrival

    def leaves(self, plate: PlateText, score: float = 0.98) -> Arrival:
        return self._sees(self.garage.exit, plate, score)

    def _sees(self, gate: GateId, plate: PlateText, score: float = 0.98) -> Arrival:
        self.clock.move(APART)
        sighting = PlateSighting(gate, self.clock.now(), plate, score, "cn-blue")
        return parking.arrive(self.house, self.garage.tenant, sighting, self.price)

    @property
    def price(self) -> parking.Price:
        return paying.prices(self.house, self.garage.tenant)

    def pays(self, stay: StayId) -> None:
        """From the phone page to the bar that goes up: the order, the notice, the exit."""
        tenant, back = self.garage.tenant, "https://garage.example/"
        handle = paying.start(self.house, tenant, stay, "simulated", return_to=back).way.handle
        self.provider.act(handle, Act.PAY)
        assert self.provider.deliver(self._notice) == 1

    def _notice(self, _address: str, headers: Any, body: bytes) -> int:
        return paying.hear(self.house, self.garage.tenant, "simulated", headers, body).status

    def misread(self, plate: PlateText) -> PlateText:
        """One position, and another character there."""
        place = self.dice.randrange(2, len(plate))
        other = self.dice.choice([letter for letter in LETTERS if letter != plate[place]])
        return PlateText(plate[:place] + other + plate[place + 1 :])


Done = Callable[[int], None]
"""Told how many steps were done since it was told last; the whole has `steps_of` of them."""


def steps_of(*, open_stays: int, closed: int, each: int) -> int:
    return open_stays + closed // CLOSED_A_STEP + 2 * each * KINDS


def measure(*, open_stays: int = 5_000, closed: int = 100_000, each: int = 200, done: Done = lambda _: None) -> dict[str, Any]:
    """`each`: so many of every kind are timed. `ratios`: processor time for one with the closed stays over that without."""
    with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as folder, one_core(), _bench(Path(folder)) as bench:
        bench.done = done
        filling = _row([_took(bench.comes) for _ in range(open_stays)])
        bench.clock.move(STAYED)
        before = _course(bench, each)
        close_many(bench.house, bench.garage, BEGAN, closed, lambda many: done(many // CLOSED_A_STEP))
        after = _course(bench, each)
        ratios = {name: round(after[name]["cpu_ms"] / before[name]["cpu_ms"], 2) for name in before}
        return {
            "open_stays": open_stays,
            "closed_stays": closed,
            "database": "sqlite",
            "filling": filling,
            "before": before,
            "after": after,
            "ratios": ratios,
        }


def rows(result: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """What `tell` prints."""
    for name, before in result["before"].items():
        after = result["after"][name]
        rates = f"{before['per_cpu_second']:,.0f}", f"{after['per_cpu_second']:,.0f}"
        yield (
            name.replace("_", " "),
            *rates,
            f"{after['ms_p50']:.1f}",
            f"{after['ms_p95']:.1f}",
            f"{result['ratios'][name]:.2f}",
        )
    told = result["after"]["misread_exit"]
    yield "misread exits paired, of", str(told["paired"]), str(told["n"]), "", "", ""


def _course(bench: Bench, each: int) -> dict[str, Row]:
    """The same number of cars comes as goes, so that as many stand there afterwards."""
    arrivals = [_took(bench.comes) for _ in range(each)]
    bench.clock.move(STAYED)
    leaving = [bench.inside.pop(bench.dice.randrange(len(bench.inside) - each)) for _ in range(each)]
    shown, priced, paid = zip(*(_goes(bench, plate) for plate in leaving), strict=True)
    return {
        "arrival": _row(arrivals),
        "exit_shown_the_sum": _row(shown),
        "pricing": _row(priced),
        "payment_to_open_bar": _row(paid),
        "whole_exit": _row([one.and_then(other) for one, other in zip(shown, paid, strict=True)]),
        "misread_exit": _misreads(bench, each),
    }


def _goes(bench: Bench, plate: PlateText) -> tuple[Spent, Spent, Spent]:
    """Seconds: until the exit shows the sum, for one more look at the price, and from the order to the bar that went up."""
    told: list[Arrival] = []
    shown = _took(lambda: told.append(bench.leaves(plate)))
    stay = told[0].stay
    assert told[0].outcome is Outcome.WAITS
    assert stay is not None
    priced = _took(lambda: paying.bill_of(bench.house, bench.garage.tenant, stay, bench.clock.now()))
    paid = _took(lambda: bench.pays(stay))
    assert bench.latch.releases[-1].gate == bench.garage.exit, "the bar did not go up"
    bench.done(1)
    return shown, priced, paid


def _misreads(bench: Bench, each: int) -> Row:
    """Cars of which the exit reads one character wrongly: found among all that stand there, decided and committed."""
    plates = bench.dice.sample(bench.inside, each)
    found: list[Arrival] = []
    took = [_took(partial(_reads_wrongly, bench, plate, found)) for plate in plates]
    return _row(took) | {"paired": sum(arrival.outcome is Outcome.WAITS for arrival in found)}


def _reads_wrongly(bench: Bench, plate: PlateText, found: list[Arrival]) -> None:
    found.append(bench.leaves(bench.misread(plate), 0.9))
    bench.done(1)


def _took(do: Callable[[], object]) -> Spent:
    began, cpu = perf_counter(), process_time()
    do()
    return Spent(perf_counter() - began, process_time() - cpu)


def _row(took: Sequence[Spent]) -> Row:
    """By the clock on the wall, and by the processor: the second does not depend on who else uses the machine."""
    cuts = quantiles([one.wall for one in took], n=100, method="inclusive")
    return {
        "n": len(took),
        "per_second": round(len(took) / sum(one.wall for one in took), 1),
        "per_cpu_second": round(len(took) / sum(one.cpu for one in took), 1),
        "ms_p50": round(cuts[49] * 1e3, 2),
        "ms_p95": round(cuts[94] * 1e3, 2),
        "cpu_ms": round(median(one.cpu for one in took) * 1e3, 2),
    }


@contextmanager
def _bench(home: Path) -> Iterator[Bench]:
    """A campus with a garage that has no capacity to be full by, in a folder of its own."""
    clock, latch = HandClock(), SimulatedLatch()
    settings = load(data=home / "data", keys=home / "keys")
    initialise(settings, "Bench")
    with running(settings, faces=None, plates=None, clock=clock, latch=latch) as program:
        campus = campuses.build(program.house, program.house.store.tenants()[0].tenant, "Asia/Shanghai", [])
        provider = Simulated(secrets.token_bytes(32), clock)
        house = replace(program.house, providers={provider.name: provider}, address="https://garage.example")
        garage = garage_demo.build(house, campus, [], spaces=100_000)
        yield Bench(house, garage, clock, latch, provider)


@contextmanager
def one_core() -> Iterator[None]:
    """All threads of this process on one core, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
