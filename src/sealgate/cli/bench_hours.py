"""`sealgate bench hours`: a month of very many people with four passages a day, derived on one core, kept on the disk.

Everything is as in service: keys on their shelf, day tokens looked up, months sealed under each person's key, short commits.
The surprising thing: every day of the month has its four passages, also days off, so a third of the days is overtime that waits
for approval; what is sealed of the passages themselves is noise of the right length, for deriving opens none of it.
"""

from __future__ import annotations

import random
import resource
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any
from zoneinfo import ZoneInfo

from sealgate.app import initialise, running
from sealgate.cli.bench_garage import HandClock, one_core
from sealgate.domain.access import Reason
from sealgate.domain.attendance import Direction, each_day, month_bounds
from sealgate.domain.attendance_records import AddedMark, Change
from sealgate.domain.calendar import day_number
from sealgate.domain.ids import Counter, GroupId, PassageId, PersonId
from sealgate.domain.sightings import Means
from sealgate.flows import campus as campuses
from sealgate.flows import hours, hours_records, hours_rosters, people_import, rules
from sealgate.flows.campus import Campus
from sealgate.flows.kit import House, Signed
from sealgate.ports import Sealed
from sealgate.privacy import journal
from sealgate.store import passages
from sealgate.store.engine import Actor
from sealgate.store.hours import rosters

MONTH = "2026-10"
ZONE = ZoneInfo("Asia/Shanghai")
BENCH = Actor("system", "bench")
BATCH = 500
SINGLES = 60
"""People whose single day is derived, and whose day is corrected."""

GROUPS = ("Early", "Late")
LATE_ONES = 3
"""One in so many is on the late shift."""

Told = Callable[[int, int], None]


@dataclass
class Bench:
    house: House
    signed: Signed
    campus: Campus
    people: list[PersonId]


def measure(*, people: int = 10_000, told: Told = lambda _done, _of: None) -> dict[str, Any]:
    """`cpu_seconds` is processor time of all threads; `same_bytes` whether a second derivation wrote nothing."""
    with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as folder, one_core(), _bench(Path(folder), people) as bench:
        rows = _fill(bench, told)
        first = _timed(lambda: hours.derive(bench.house, bench.signed, MONTH))
        second = _timed(lambda: hours.derive(bench.house, bench.signed, MONTH))
        singles = _singles(bench)
        return {
            "people": people,
            "passages": rows,
            "days": first["result"].days,
            "wall_seconds": first["wall"],
            "cpu_seconds": first["cpu"],
            "day_us": round(first["cpu"] / first["result"].days * 1e6, 1),
            "again_wall_seconds": second["wall"],
            "again_cpu_seconds": second["cpu"],
            "same_bytes": second["result"].changed == 0,
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            **singles,
        }


def rows(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        ("people", f"{result['people']:,}", ""),
        ("passages of the month", f"{result['passages']:,}", ""),
        ("the month derived and kept", f"{result['wall_seconds']:.1f}", "seconds"),
        ("of it processor time", f"{result['cpu_seconds']:.1f}", "seconds"),
        ("one person's day in it", f"{result['day_us']:.0f}", "microseconds"),
        ("derived again, nothing changed", f"{result['again_wall_seconds']:.1f}", "seconds"),
        ("the same bytes", "yes" if result["same_bytes"] else "NO", ""),
        (
            "one person's day by itself, p50 / p95",
            f"{result['one_day_ms_p50']:.1f} / {result['one_day_ms_p95']:.1f}",
            "milliseconds",
        ),
        (
            "of it processor time",
            f"{result['one_day_cpu_ms_p50']:.1f} / {result['one_day_cpu_ms_p95']:.1f}",
            "milliseconds",
        ),
        ("a correction, its month derived anew, p50", f"{result['correction_ms_p50']:.1f}", "milliseconds"),
        ("memory at most", f"{result['peak_mb']:,}", "MB"),
    ]


@contextmanager
def _bench(home: Path, people: int) -> Iterator[Bench]:
    from sealgate.settings import load

    settings = load(data=home / "data", keys=home / "keys")
    initialise(settings, "Bench")
    clock = HandClock()
    clock.move(datetime(2026, 11, 20, tzinfo=UTC) - clock.now())
    with running(settings, faces=None, plates=None, clock=clock) as program:
        house, tenant = program.house, program.house.store.tenants()[0].tenant
        campus = campuses.build(house, tenant, str(ZONE), [])
        signed = campuses.system(house, tenant)
        groups = [rules.add_group(house, signed, name) for name in GROUPS]
        _roster(house, signed, campus, groups)
        yield Bench(house, signed, campus, _enrolled(house, signed, people - len(campus.people)))


def _roster(house: House, signed: Signed, campus: Campus, groups: Sequence[GroupId]) -> None:
    hours_: tuple[dict[str, Any], ...] = (
        {"spans": ["09:00-18:00"], "breaks": [{"span": "12:00-13:00"}]},
        {"spans": ["14:00-22:00"]},
    )
    for group, document, name in zip(groups, hours_, GROUPS, strict=True):
        shift = hours_rosters.add_shift(house, signed, name, date(2026, 1, 1), document)
        new = hours_rosters.NewPattern(campus.site, date(2026, 1, 1), ((shift,),) * 5 + ((), ()), group=group)
        hours_rosters.add_pattern(house, signed, new)


def _enrolled(house: House, signed: Signed, people: int) -> list[PersonId]:
    """Out of a file, as a personnel office would."""
    lines = [f"Worker {number},employee,N{number:06},{GROUPS[number % LATE_ONES == 0]}" for number in range(people)]
    file = people_import.check(house, signed, "\n".join(["name,kind,number,groups", *lines]).encode())
    people_import.enrol_all(house, signed, file, ZONE)
    made: list[PersonId] = []
    while True:
        with house.store.read(signed.tenant) as db:
            page = rosters.staff(db, after=made[-1] if made else None, limit=BATCH)
        made += [row.person for row in page]
        if len(page) < BATCH:
            return made


def _fill(bench: Bench, told: Told) -> int:
    """Four passages a day for everybody, in the order of time; how many rows."""
    house, campus = bench.house, bench.campus
    counter, dice = Counter(node=1), random.Random(7)  # noqa: S311 - made-up passages, no secret
    days = list(each_day(*month_bounds(MONTH)))
    written = 0
    for number, day in enumerate(days):
        moves = []
        day_tokens = [house.index.day_token(bench.signed.tenant, campus.site, day, "person", str(p)) for p in bench.people]
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE)
        for who, token in enumerate(day_tokens):
            late = who % LATE_ONES == 0
            for minute, gate in _moves(dice, campus, late=late):
                moves.append((midnight + timedelta(minutes=minute, seconds=dice.randrange(60)), gate, token))
        moves.sort(key=lambda move: move[0])
        for begin in range(0, len(moves), passages.MAX_BATCH):
            batch = [
                passages.PassageRow(
                    passage=PassageId(counter.next(at)),
                    site=campus.site,
                    gate=gate,
                    day=day_number(day),
                    at=at.astimezone(UTC),
                    means=Means.CARD,
                    opens=True,
                    reason=Reason.ALLOWED,
                    token=token,
                    who=Sealed(secrets.token_bytes(109)),
                    detail=Sealed(secrets.token_bytes(109)),
                )
                for at, gate, token in moves[begin : begin + passages.MAX_BATCH]
            ]
            with house.store.begin(bench.signed.tenant, BENCH) as tx:
                passages.append(tx, batch)
                journal.write(tx, house.keyring, house.clock.now(), "bench.filled", object=f"passages:{len(batch)}")
            written += len(batch)
        told(number + 1, len(days))
    return written


def _moves(dice: random.Random, campus: Campus, *, late: bool) -> list[tuple[int, Any]]:
    """Minutes of the day: in, out for a meal, in again, out."""
    begin, end = (840, 1320) if late else (540, 1080)
    meal = begin + 180
    return [
        (begin - dice.randrange(-8, 25), campus.turnstile),
        (meal + dice.randrange(5), campus.way_out),
        (meal + 60 - dice.randrange(1, 12), campus.turnstile),
        (end + dice.randrange(-6, 95), campus.way_out),
    ]


def _singles(bench: Bench) -> dict[str, float]:
    """One person's day by itself, read fresh; and a correction with its person's month derived anew."""
    house, tenant, day = bench.house, bench.signed.tenant, date(2026, 10, 14)
    some = bench.people[:: max(1, len(bench.people) // SINGLES)][:SINGLES]
    took, cpu = [], []
    for person in some:
        began, worked = perf_counter(), process_time()
        with house.store.read(tenant) as db:
            found = hours.derived_now(house, db, [person], day, day)
        took.append(perf_counter() - began)
        cpu.append(process_time() - worked)
        assert found[person][0].presence
    change = Change((AddedMark(datetime(2026, 10, 14, 23, tzinfo=ZONE), Direction.OUT),))
    corrected = []
    for person in some[:20]:
        began = perf_counter()
        hours_records.correct(house, bench.signed, person, day, change, "Measured")
        corrected.append(perf_counter() - began)
    return {
        "one_day_ms_p50": round(median(took) * 1e3, 2),
        "one_day_ms_p95": round(quantiles(took, n=20)[18] * 1e3, 2),
        "one_day_cpu_ms_p50": round(median(cpu) * 1e3, 2),
        "one_day_cpu_ms_p95": round(quantiles(cpu, n=20)[18] * 1e3, 2),
        "correction_ms_p50": round(median(corrected) * 1e3, 2),
    }


def _timed(work: Callable[[], hours.Derived]) -> dict[str, Any]:
    wall, cpu = perf_counter(), process_time()
    result = work()
    return {"result": result, "wall": round(perf_counter() - wall, 2), "cpu": round(process_time() - cpu, 2)}
