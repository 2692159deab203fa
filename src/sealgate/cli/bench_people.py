"""Fifty thousand people out of a file: how long judging and enrolling takes, and how long the database is being written."""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from io import StringIO
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from sealgate.domain.ids import TenantId
from sealgate.domain.people_file import PeopleFile, read
from sealgate.flows.kit import House
from sealgate.store.engine import Actor, Tx

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英建华文志"


@dataclass(frozen=True, slots=True)
class PeopleFigures:
    """Seconds on the wall. `longest` is the longest that the one writer was held while all were enrolled, `last` the
    commit that let them in."""

    people: int
    bytes: int
    read: float
    check: float
    enrol: float
    cpu: float
    longest: float
    last: float
    again_flawed: int
    again: float


def made_up(people: int, seed: int = 7) -> bytes:
    """A file of made-up people with a number, two groups, a telephone and a card each."""
    dice = random.Random(seed)  # noqa: S311 - made-up people, no secret
    text = StringIO()
    rows = csv.writer(text)
    rows.writerow(["姓名", "类别", "工号", "分组", "手机", "卡号", "入职日期"])
    for number in range(people):
        name = dice.choice(SURNAMES) + "".join(dice.choices(GIVEN, k=2))
        kind = dice.choice(["员工", "员工", "工人"])
        phone, card = f"138{dice.randrange(10**8):08}", f"{50_000_000 + number}"
        rows.writerow(
            [name, kind, f"N{number:06}", "Staff;Canteen", phone, card, f"202{dice.randrange(6)}-0{1 + number % 9}-15"]
        )
    return text.getvalue().encode()


def measure(people: int) -> PeopleFigures:
    from sealgate.app import initialise, running
    from sealgate.flows import people_import, rules
    from sealgate.flows.campus import system
    from sealgate.settings import Settings

    data = made_up(people)
    began = perf_counter()
    read(data)
    reading = perf_counter() - began
    with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as folder:
        settings = Settings(data=Path(folder) / "data", keys=Path(folder) / "keys")
        initialise(settings, "Bench")
        with running(settings, faces=None, plates=None) as program:
            house = program.house
            signed = system(house, house.store.tenants()[0].tenant)
            for group in ("Staff", "Canteen"):
                rules.add_group(house, signed, group)
            cpu, began = process_time(), perf_counter()
            found: PeopleFile = people_import.check(house, signed, data)
            checked = perf_counter()
            with _holds(house) as held:
                people_import.enrol_all(house, signed, found, UTC)
            ended, cpu = perf_counter(), process_time() - cpu
            again = people_import.check(house, signed, data)
            return PeopleFigures(
                people=people,
                bytes=len(data),
                read=reading,
                check=checked - began,
                enrol=ended - checked,
                cpu=cpu,
                longest=max(held),
                last=held[-1],
                again_flawed=again.flawed,
                again=perf_counter() - ended,
            )


@contextmanager
def _holds(house: House) -> Iterator[list[float]]:
    """How long each transaction held the writer, in their order."""
    held: list[float] = []
    begin = house.store.begin

    @contextmanager
    def timed(tenant: TenantId, actor: Actor) -> Iterator[Tx]:
        with begin(tenant, actor) as tx:
            began = perf_counter()
            tx.after_commit(lambda: held.append(perf_counter() - began))
            yield tx

    house.store.begin = timed  # type: ignore[method-assign]  # a measuring tape around it
    yield held
    house.store.begin = begin  # type: ignore[method-assign]


def rows(result: PeopleFigures) -> list[tuple[Any, ...]]:
    return [
        ("people in the file", f"{result.people:,}", f"{result.bytes / 1e6:.1f} MB"),
        ("read, without a database", f"{result.read:.2f} s", f"{result.people / result.read:,.0f} a second"),
        ("judged against the enrolled", f"{result.check:.2f} s", f"{result.people / result.check:,.0f} a second"),
        ("enrolled", f"{result.enrol:.2f} s", f"{result.people / result.enrol:,.0f} a second"),
        ("the writer held at a time, at most", f"{result.longest:.2f} s", ""),
        ("of which the commit that lets all in", f"{result.last:.2f} s", ""),
        ("CPU of both", f"{result.cpu:.2f} s", f"{1e6 * result.cpu / result.people:.0f} µs each"),
        ("the same file again", f"{result.again:.2f} s", f"{result.again_flawed:,} things to put right"),
    ]
