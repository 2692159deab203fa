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
from uuid import UUID

import sqlalchemy as sa

from sealgate.app import initialise, running
from sealgate.devices.simulated import SimulatedLatch
from sealgate.domain.access import Reason
from sealgate.domain.billing import PaymentState
from sealgate.domain.calendar import day_number
from sealgate.domain.ids import GateId, PassageId, StayId
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import Means, PlateSighting
from sealgate.domain.stays import Cause, RightKind, StayState
from sealgate.flows import campus as campuses
from sealgate.flows import garage_demo, parking, paying
from sealgate.flows.kit import House
from sealgate.flows.parking import Arrival, Outcome
from sealgate.payments.simulated import Act, Simulated
from sealgate.ports import Sealed, Token
from sealgate.privacy import journal
from sealgate.settings import load
from sealgate.store import passages
from sealgate.store import schema as s
from sealgate.store.engine import Actor

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
APART = timedelta(seconds=10)
"""Between two cars at one lane."""

STAYED = timedelta(hours=3)
BATCH = 2_500
"""Closed stays in one commit; the store takes 5,000 passages at once."""
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
BENCH = Actor("system", "bench")

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

    def comes(self) -> Arrival:
        plate = PlateText("沪A" + "".join(self.dice.choice(LETTERS) for _ in range(5)))
        arrival = self._sees(self.garage.entry, plate)
        assert arrival.outcome is Outcome.ENTERED, arrival
        self.inside.append(plate)
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


def measure(*, open_stays: int = 5_000, closed: int = 100_000, each: int = 200) -> dict[str, Any]:
    """`each`: so many of every kind are timed. `ratios`: processor time for one with the closed stays over that without."""
    with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as folder, one_core(), _bench(Path(folder)) as bench:
        filling = _row([_took(bench.comes) for _ in range(open_stays)])
        bench.clock.move(STAYED)
        before = _course(bench, each)
        close_many(bench, closed)
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
    return shown, priced, paid


def _misreads(bench: Bench, each: int) -> Row:
    """Cars of which the exit reads one character wrongly: found among all that stand there, decided and committed."""
    plates = bench.dice.sample(bench.inside, each)
    found: list[Arrival] = []
    took = [_took(partial(_reads_wrongly, bench, plate, found)) for plate in plates]
    return _row(took) | {"paired": sum(arrival.outcome is Outcome.WAITS for arrival in found)}


def _reads_wrongly(bench: Bench, plate: PlateText, found: list[Arrival]) -> None:
    found.append(bench.leaves(bench.misread(plate), 0.9))


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


def close_many(bench: Bench, count: int) -> None:
    """Stays of earlier days, each with its final bill, its payment and its two passages; what is sealed is as long as ours."""
    for first in range(0, count, BATCH):
        stays = [_closed(bench, number) for number in range(first, min(first + BATCH, count))]
        with bench.house.store.begin(bench.garage.tenant, BENCH) as tx:
            for table, make in ((s.stays, _stay), (s.bills, _bill), (s.payments, _payment)):
                tx.sql.execute(sa.insert(table), [{"tenant_id": tx.tenant, **make(bench, stay)} for stay in stays])
            passages.append(tx, _passages(bench, stays))
            journal.write(tx, bench.house.keyring, bench.clock.now(), "bench.filled", object=f"stays:{len(stays)}")


@dataclass(frozen=True, slots=True)
class _Closed:
    stay: UUID
    bill: UUID
    entered: datetime
    left: datetime


def _closed(bench: Bench, number: int) -> _Closed:
    """A few thousand a day, before today."""
    left = BEGAN - timedelta(days=1) - timedelta(seconds=20 * number)
    return _Closed(bench.house.new_id(), bench.house.new_id(), left - STAYED, left)


def _stay(bench: Bench, one: _Closed) -> dict[str, Any]:
    return {
        "stay_id": one.stay,
        "site_id": bench.garage.site,
        "lot_id": bench.garage.lot,
        "day": day_number(one.entered.date()),
        "state": StayState.CLOSED,
        "entered_at": one.entered,
        "entry_gate": bench.garage.entry,
        "left_at": one.left,
        "exit_gate": bench.garage.exit,
        "closed_at": one.left,
        "cause": Cause.LEFT,
        "right_kind": RightKind.VISITOR,
        "space": "visitors",
        "vehicle": "car",
        "tailgated": False,
        "seen": secrets.token_bytes(120),
        "seen_leaving": secrets.token_bytes(120),
    }


def _bill(_bench: Bench, one: _Closed) -> dict[str, Any]:
    lines = [{"reason": "started-units", "about": "day", "units": 5, "minor": 2200}]
    return {
        "bill_id": one.bill,
        "stay_id": one.stay,
        "at": one.left,
        "lines": lines,
        "total_minor": 2200,
        "currency": "CNY",
        "final": True,
    }


def _payment(bench: Bench, one: _Closed) -> dict[str, Any]:
    return {
        "payment_id": bench.house.new_id(),
        "stay_id": one.stay,
        "bill_id": one.bill,
        "provider": "simulated",
        "merchant": "simulated",
        "state": PaymentState.PAID,
        "minor": 2200,
        "currency": "CNY",
        "idempotency": f"{one.stay}:0",
        "started_at": one.left,
        "expires_at": one.left + timedelta(minutes=15),
        "paid_at": one.left,
        "refunded_told": 0,
        "ref_token": secrets.token_bytes(16),
        "refs": secrets.token_bytes(250),
    }


def _passages(bench: Bench, stays: Sequence[_Closed]) -> list[passages.PassageRow]:
    ways = [(bench.garage.entry, one.entered) for one in stays] + [(bench.garage.exit, one.left) for one in stays]
    return [
        passages.PassageRow(
            passage=PassageId(bench.house.counter.next(bench.clock.now())),
            site=bench.garage.site,
            gate=gate,
            day=day_number(at.date()),
            at=at,
            means=Means.PLATE,
            opens=True,
            reason=Reason.ALLOWED,
            token=Token(secrets.token_bytes(16)),
            detail=Sealed(secrets.token_bytes(220)),
        )
        for gate, at in ways
    ]


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
