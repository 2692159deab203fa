"""The garage of the demo, with a clock that runs fast: cars stand in it, money came, and the desk has something to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import httpx
import pytest

from sealgate.app import Program, initialise, running
from sealgate.cli.demo_attendant import MOST_WAITING
from sealgate.cli.demo_garage import FastClock, GarageTraffic
from sealgate.cli.demo_past import live_a_week
from sealgate.cli.listening import listening
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
    traffic.opens()
    clock.at += timedelta(seconds=2)
    assert traffic.step() > 1
    signed = campuses.system(program.house, campus.tenant)
    assert [line.reason for line in queue(program.house, signed).lines] == [CallReason.NO_ENTRY]
    for _ in range(6 * 60):
        clock.at += timedelta(minutes=1)
        while traffic.step():
            pass
    record = lots.lot(program.house, signed, campus.site, garage.lot)
    with program.house.store.read(campus.tenant) as db:
        paid = parking.payments_paid(db, "simulated", clock.at - timedelta(days=1), clock.at)
        left = [row for one in paid for row in [parking.stay(db, one.stay)] if row and row.stay.state is StayState.CLOSED]
    assert record.line.inside > 3
    assert len(left) > 3
    reasons = {line.reason for line in queue(program.house, signed).lines}
    assert CallReason.NO_ENTRY in reasons


def test_nine_hours_later_nothing_has_piled_up(program: Program, campus: campuses.Campus, clock: HandClock) -> None:
    """Nobody sat at the desk: a colleague took what was too much for one, and cars still come and go."""
    garage = garage_demo.build(program.house, campus, [])
    traffic = GarageTraffic(program.house, garage, seed=11)
    traffic.opens()
    signed = campuses.system(program.house, campus.tenant)
    for _ in range(9 * 60):
        clock.at += timedelta(minutes=1)
        while traffic.step():
            pass
    record = lots.lot(program.house, signed, campus.site, garage.lot)
    with program.house.store.read(campus.tenant) as db:
        came = parking.live_stays(db, garage.lot, since=clock.at - timedelta(hours=1))
        paid = parking.payments_paid(db, "simulated", clock.at - timedelta(hours=2), clock.at)
    assert len(came) > 3
    assert len(paid) > 3
    assert 0 < len(queue(program.house, signed).lines) <= MOST_WAITING + 2
    assert record.line.inside < 60


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
