"""A real centre, killed as by a power cut while cars leave at an edge, and started again: it hears of each car once."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sealgate.app import initialise, join_centre, running
from sealgate.domain.ids import GateId, StayId, TenantId
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import PlateSighting
from sealgate.domain.stays import Cause, StayState
from sealgate.edge import link as links
from sealgate.edge.link import Link
from sealgate.flows import campus as campuses
from sealgate.flows import edges, garage_demo
from sealgate.flows.at_gate import admit_at
from sealgate.flows.garage_demo import Garage
from sealgate.flows.kit import House
from sealgate.flows.parking import Arrival
from sealgate.ports import Unreachable
from sealgate.settings import Settings, load
from sealgate.store import outbox, parking

CARS = [PlateText(f"沪{pair}{number}688") for number, pair in enumerate(("AQ", "BT", "CM", "DV", "EK", "FW"), 1)]


def settings(home: Path) -> Settings:
    return load(data=home / "data", keys=home / "keys")


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Box:
    house: House
    tenant: TenantId
    link: Link

    def sees(self, gate: GateId, text: PlateText) -> Arrival:
        seen = PlateSighting(gate, self.house.clock.now(), text, 0.99, "cn-blue")
        found = admit_at(self.house, self.tenant, seen, cut_off=self.link.away)
        assert isinstance(found, Arrival)
        return found


@contextmanager
def a_box(home: Path) -> Iterator[Box]:
    with running(settings(home), faces=None, plates=None, publishes=False) as program:
        kept = links.kept(program.house)
        with closing(Link(program.house, kept)) as link:
            yield Box(program.house, kept.tenant, link)


@pytest.fixture
def garage(tmp_path: Path) -> Garage:
    """At the centre, with an edge whose code lies beside it."""
    initialise(settings(tmp_path / "centre"), "Acme")
    with running(settings(tmp_path / "centre"), faces=None, plates=None) as program:
        house, tenant = program.house, program.house.store.tenants()[0].tenant
        campus = campuses.build(house, tenant, "Asia/Shanghai", [])
        made = garage_demo.build(house, campus, [])
        (tmp_path / "code").write_text(edges.add_edge(house, campuses.system(house, tenant), campus.site, "Garage box"))
    return made


def test_the_centre_is_killed_twice_while_cars_leave_and_each_stay_ends_once(
    tmp_path: Path, garage: Garage, port: int, serving: Callable[..., Any]
) -> None:
    centre, home = tmp_path / "centre", tmp_path / "box"
    with serving(centre, port) as program:
        address = program.wait_for(r"Console: (http\S+?)/?$", 300)[1]
        join_centre(settings(home), address, (tmp_path / "code").read_text())
        with a_box(home) as box:
            box.link.ask()
            stays = {car: box.sees(garage.entry, car).stay for car in CARS}
            box.link.ask()
            program.process.kill()
            program.process.wait()
    with a_box(home) as box:
        leave(box, garage, CARS[:3])
    with serving(centre, port) as program:
        program.wait_for(r"Console: ", 300)
        with a_box(home) as box:
            box.link.ask()
            program.process.kill()
            program.process.wait()
            leave(box, garage, CARS[3:])
    with serving(centre, port) as program, a_box(home) as box:
        program.wait_for(r"Console: ", 300)
        box.link.ask()
        box.link.ask()
        with box.house.store.read(box.tenant) as db:
            assert outbox.waiting(db) == []
    check(centre, garage, [stay for stay in stays.values() if stay is not None])


def leave(box: Box, garage: Garage, cars: list[PlateText]) -> None:
    with pytest.raises(Unreachable):
        box.link.ask()
    assert [box.sees(garage.exit, car).opens for car in cars] == [True] * len(cars)


def check(centre: Path, garage: Garage, stays: list[StayId]) -> None:
    assert len(stays) == len(CARS)
    with running(settings(centre), faces=None, plates=None) as program:
        tenant = program.house.store.tenants()[0].tenant
        with program.house.store.read(tenant) as db:
            rows = [parking.stay(db, stay) for stay in stays]
            assert [(row.stay.state, row.stay.cause) for row in rows if row] == [(StayState.CLOSED, Cause.LEFT)] * len(CARS)
            assert parking.live_stays(db, garage.lot) == []
            assert parking.open_calls(db) == []
            assert sum(parking.taken(db, garage.lot).values()) == 0
