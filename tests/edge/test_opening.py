"""From a folder of pictures to a row in the store and an open latch: the whole way, with simulated readers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from sealgate.app import Program, initialise, running
from sealgate.devices.failures import BadSource
from sealgate.devices.simulated import SimulatedFaceReader, SimulatedLatch, SimulatedPlateReader
from sealgate.domain.access import Reason
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import TenantId
from sealgate.domain.places import GateKind
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import Means
from sealgate.edge.agent import Agent
from sealgate.edge.opening import NothingToLookFor, open_gate
from sealgate.edge.timings import Stage, Timings
from sealgate.flows import campus as campuses
from sealgate.flows import looking, rules
from sealgate.flows.at_gate import Answer
from sealgate.flows.campus import Campus
from sealgate.settings import load

RED, GREEN, BLUE = (0, 0, 220), (0, 220, 0), (220, 0, 0)
ALICE = np.eye(128, dtype=np.float32)[0]
CHARLIE = np.eye(128, dtype=np.float32)[1]
PLATE = PlateText("京A12345")


@pytest.fixture
def latch() -> SimulatedLatch:
    return SimulatedLatch()


@pytest.fixture
def program(tmp_path: Path, latch: SimulatedLatch) -> Iterator[Program]:
    settings = load(data=tmp_path / "data", keys=tmp_path / "keys")
    initialise(settings, "Acme")
    faces = SimulatedFaceReader({RED: ALICE, GREEN: CHARLIE})
    with running(settings, faces=faces, plates=SimulatedPlateReader({BLUE: PLATE}), latch=latch) as opened:
        yield opened


@pytest.fixture
def campus(program: Program, paint: Any) -> Campus:
    """The first person of the campus, Zhao, has Alice's face; the first driver the plate. Charlie is a stranger."""
    tenant = program.house.store.tenants()[0].tenant
    made = campuses.build(program.house, tenant, "Asia/Shanghai", [PLATE])
    assert campuses.enrol_faces(program.house, made, "test", [[_png(paint(RED))]]) == 1
    return made


@pytest.fixture
def walk(tmp_path: Path, paint: Any) -> Any:
    """A folder in which somebody of that colour walks by, four pictures long."""

    def made(colour: tuple[int, int, int]) -> str:
        folder = tmp_path / f"walk-{colour}"
        folder.mkdir()
        for n in range(4):
            (folder / f"{n}.png").write_bytes(_png(paint(colour, x=100 + 10 * n)))
        return str(folder)

    return made


def _png(pixels: Any) -> bytes:
    done, data = cv2.imencode(".png", pixels)
    assert done
    return bytes(data)


def test_a_known_face_opens_a_stranger_does_not_and_both_are_written_down(
    program: Program, campus: Campus, latch: SimulatedLatch, walk: Any
) -> None:
    told: list[Answer] = []
    timings = Timings()
    for colour in (GREEN, RED):
        source = walk(colour)
        open_gate(program.house, campus.tenant, campus.lobby, source, fps=None, timings=timings, told=told.append).run()
    assert [(a.decision.reason, a.first_name is not None) for a in told] == [(Reason.UNKNOWN, False), (Reason.ALLOWED, True)]
    assert [release.gate for release in latch.releases] == [campus.lobby]
    signed = campuses.system(program.house, campus.tenant)
    lines = looking.watch(program.house, signed, campus.site).lines
    assert [line.passage for line in lines] == [told[1].passage, told[0].passage]
    assert timings.count(Stage.DECIDE) == timings.count(Stage.TOTAL) == 2
    assert timings.count(Stage.DECODE) == 8


def test_a_plate_opens_the_barrier_while_a_site_program_runs_both_gates(
    program: Program, campus: Campus, latch: SimulatedLatch, walk: Any
) -> None:
    house, tenant = program.house, campus.tenant
    door, lane = walk(RED), walk(BLUE)
    gates = {
        campus.lobby: lambda: open_gate(house, tenant, campus.lobby, door),
        campus.lane: lambda: open_gate(house, tenant, campus.lane, lane),
    }
    with Agent(gates) as agent:
        assert agent.wait(timedelta(seconds=20))
        health = agent.health()
    assert {release.gate for release in latch.releases} == {campus.lobby, campus.lane}
    lane_health, lobby_health = health[campus.lane].gate, health[campus.lobby].gate
    assert lane_health is not None
    assert lobby_health is not None
    assert (lane_health.opened, lobby_health.opened) == (1, 1)


def test_a_gate_that_takes_neither_faces_nor_plates_has_nothing_to_look_for(
    program: Program, campus: Campus, walk: Any
) -> None:
    signed = campuses.system(program.house, campus.tenant)
    zones = [zone.zone for zone in rules.zones(program.house, signed, campus.site)]
    new = rules.NewGate("Back door", GateKind.DOOR, zones[0], zones[1], frozenset({Means.CARD}))
    back_door = rules.add_gate(program.house, signed, campus.site, new)
    with pytest.raises(NothingToLookFor):
        open_gate(program.house, campus.tenant, back_door, walk(RED))


def test_a_wrong_source_and_another_tenants_gate_are_refused(program: Program, campus: Campus, walk: Any) -> None:
    with pytest.raises(BadSource):
        open_gate(program.house, campus.tenant, campus.lobby, "gopher://cam/")
    umbra = rules.found(program.house, "Umbra")
    with pytest.raises(NotFound):
        open_gate(program.house, TenantId(umbra), campus.lobby, walk(RED))
