"""The garage of the demo, with a clock that runs fast: cars stand in it, money came, and the desk has something to do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import httpx
import pytest

from sealgate.app import Program, initialise, running
from sealgate.cli.demo_attendant import MOST_WAITING, Attendant
from sealgate.cli.demo_garage import FastClock, GarageTraffic
from sealgate.cli.demo_past import live_a_week
from sealgate.cli.listening import listening
from sealgate.domain.errors import Fault
from sealgate.domain.stays import StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.flows import campus as campuses
from sealgate.flows import garage_demo, lots, permits, signin
from sealgate.flows.assist import queue
from sealgate.settings import load
from sealgate.store import parking


class HandClock:
    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def program(tmp_path: Path, clock: HandClock) -> Iterator[Program]:
    settings = load(data=tmp_path / "data", keys=tmp_path / "keys", port=0, simulated_payments=True)
    initialise(settings, "Harbour Works")
    with running(settings, faces=None, plates=None, clock=clock) as program:
        yield program


@pytest.fixture
def campus(program: Program) -> campuses.Campus:
    tenant = program.house.store.tenants()[0].tenant
    return campuses.build(program.house, tenant, "Asia/Shanghai", ["京A12345"])


def test_the_garage_of_an_earlier_run_is_found_again(program: Program, campus: campuses.Campus) -> None:
    assert garage_demo.recall(program.house, campus) is None
    made = garage_demo.build(program.house, campus, ["京A12345"])
    found = garage_demo.recall(program.house, campus)
    assert found is not None
    assert (found.lot, found.entry, found.exit, found.coupon) == (made.lot, campus.lane, made.exit, "")
    signed = campuses.system(program.house, campus.tenant)
    assert [line.cars for line in permits.permits(program.house, signed)[0]] == [1]
    assert len(permits.coupons(program.house, signed, campus.site)) == 1


def test_in_six_hours_cars_came_paid_and_left_and_the_desk_was_called(
    program: Program, campus: campuses.Campus, clock: HandClock
) -> None:
    garage = garage_demo.build(program.house, campus, [])
    traffic = GarageTraffic(program.house, garage, seed=11)
    traffic.drive(Attendant(program.house, garage, traffic, random.Random(11)).works())
    traffic.opens()
    clock.at += timedelta(seconds=2)
    assert traffic.step() > 1
    signed = campuses.system(program.house, campus.tenant)
    assert [line.reason for line in queue(program.house, signed).lines] == [CallReason.NO_ENTRY]
    for _ in range(6 * 30):
        clock.at += timedelta(minutes=2)
        while traffic.step():
            pass
    record = lots.lot(program.house, signed, campus.site, garage.lot)
    with program.house.store.read(campus.tenant) as db:
        paid = parking.payments_paid(db, "simulated", clock.at - timedelta(days=1), clock.at)
        left = [row for one in paid for row in [parking.stay(db, one.stay)] if row and row.stay.state is StayState.CLOSED]
    assert record.line.inside > 3
    assert len(left) > 3
    reasons = [line.reason for line in queue(program.house, signed).lines]
    assert CallReason.NO_ENTRY in reasons
    assert len(reasons) <= MOST_WAITING + 2, "a colleague takes what is too much for one"


def test_a_colleague_takes_the_oldest_calls_and_leaves_as_many_as_one_looks_through(
    program: Program, campus: campuses.Campus, clock: HandClock
) -> None:
    garage = garage_demo.build(program.house, campus, [])
    signed = campuses.system(program.house, campus.tenant)
    traffic = GarageTraffic(program.house, garage, seed=11)
    colleague = Attendant(program.house, garage, traffic, random.Random(11))
    for _ in range(MOST_WAITING + 3):
        traffic.drive(traffic.stranger())
        traffic.step()
        clock.at += timedelta(minutes=1)
    calls = [line.call for line in colleague.waiting()]
    assert len(calls) == MOST_WAITING + 3
    colleague.relieve()
    assert [line.call for line in colleague.waiting()] == calls[3:]
    assert len(queue(program.house, signed).lines) == MOST_WAITING


def test_a_car_that_is_not_there_is_counted_out_and_makes_room_for_others(
    program: Program, campus: campuses.Campus, clock: HandClock
) -> None:
    garage = garage_demo.build(program.house, campus, [])
    signed = campuses.system(program.house, campus.tenant)
    traffic = GarageTraffic(program.house, garage, seed=11)
    stays = traffic.visit(traffic.car())
    next(stays)
    assert traffic.inside == 1
    with pytest.raises(Fault):
        stays.throw(Fault("the database is locked"))
    assert traffic.inside == 0
    colleague = Attendant(program.house, garage, traffic, random.Random(11))
    for hours, inside in ((5, 1), (2, 0)):
        clock.at += timedelta(hours=hours)
        colleague.count()
        assert lots.lot(program.house, signed, campus.site, garage.lot).line.inside == inside


def test_a_demo_that_is_started_again_sees_other_cars(program: Program, campus: campuses.Campus, clock: HandClock) -> None:
    garage = garage_demo.build(program.house, campus, [])
    first = GarageTraffic(program.house, garage).car().plate
    clock.at += timedelta(minutes=5)
    assert GarageTraffic(program.house, garage).car().plate != first


def test_after_the_demos_week_every_report_has_a_drawing_and_a_table(program: Program, campus: campuses.Campus) -> None:
    house = program.house
    assert live_a_week(house, garage_demo.build(house, campus, [])) > 10
    link = signin.first_link(house, campus.tenant)
    assert link is not None
    words = {"tenant": "Harbour Works", "login": "ada@example.org", "password": "rusty anchors sing at dusk"}
    signin.set_up(house, link, name="Ada Lin", login=words["login"], password=words["password"])
    with listening(program) as server, httpx.Client(base_url=server.address, follow_redirects=True, timeout=120) as browser:
        browser.headers.update({"Accept": "text/html", "Accept-Language": "en", "Sec-Fetch-Site": "same-origin"})
        browser.post("/sign-in", data={**words, "next": "/account"})
        for name in ("revenue", "occupancy", "lengths", "means", "forced", "misreads", "reconciliation"):
            page = browser.get(f"/s/{campus.site}/reports/{name}")
            assert page.status_code == 200, name
            assert 'id="drawn-h"' in page.text, f"{name} is drawn"
            assert "<tbody>" in page.text, f"{name} has rows"


def test_a_fast_clock_runs_so_many_times_faster_and_never_back() -> None:
    began, clock = monotonic(), FastClock(100)
    first, second = clock.now(), clock.now()
    assert first <= second
    assert abs(first - datetime.now(UTC)) < timedelta(seconds=100 * (monotonic() - began) + 1)
