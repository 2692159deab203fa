"""A site's program: loops that die come back, one gate's trouble is no other's, and all stop when told to."""

import logging
from collections.abc import Callable
from datetime import timedelta
from threading import Event
from time import monotonic
from typing import Any
from uuid import UUID

import pytest

from sealgate.devices.backoff import Backoff
from sealgate.devices.cameras import open_camera
from sealgate.devices.failures import CameraDenied, CameraUnreachable
from sealgate.devices.health import Waits
from sealgate.domain.ids import GateId
from sealgate.edge.agent import Agent, LoopState
from sealgate.edge.gate import GateLoop
from sealgate.vision.pictures import decode

PATIENT = 60
"""Seconds after which we say that something never comes."""

NORTH, SOUTH = GateId(UUID(int=1)), GateId(UUID(int=2))


def hasty() -> Backoff:
    return Backoff(first=timedelta(milliseconds=10), longest=timedelta(milliseconds=50))


Builds = Callable[[], GateLoop]


@pytest.fixture
def builds(paint: Any, reel: Any, guard: Any) -> Callable[..., tuple[Builds, Event]]:
    """A way to build a loop: it fails with each of the failures in turn, and then runs; the event tells that it does."""

    def made(*failures: Exception) -> tuple[Builds, Event]:
        left, running = list(failures), Event()

        def build() -> GateLoop:
            if left:
                return GateLoop(NORTH, reel([paint()], failure=left.pop(0)), [], guard)
            running.set()
            return GateLoop(NORTH, reel([paint()], stays=True), [], guard)

        return build, running

    return made


def test_a_loop_that_dies_comes_back(builds: Any, caplog: pytest.LogCaptureFixture) -> None:
    build, running = builds(CameraUnreachable("cable"), ZeroDivisionError("bug"))
    with caplog.at_level(logging.WARNING), Agent({NORTH: build}, backoff=hasty) as agent:
        assert running.wait(PATIENT)
        health = agent.health()[NORTH]
        assert (health.restarts, health.trouble) == (2, "fault")
    assert "camera.unreachable" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert agent.health()[NORTH].state is LoopState.ENDED


def test_a_wrong_password_is_tried_again_at_the_slowest_pace(builds: Any) -> None:
    build, running = builds(CameraDenied("401", permanent=True))
    longest = timedelta(seconds=0.4)
    with Agent({NORTH: build}, backoff=lambda: Backoff(first=timedelta(microseconds=1), longest=longest)):
        began = monotonic()
        assert running.wait(PATIENT)
        assert monotonic() - began > 0.35


def test_a_gate_that_cannot_even_be_built_is_watched_too() -> None:
    tried = Event()

    def build() -> GateLoop:
        tried.set()
        raise CameraUnreachable("nobody there")

    with Agent({NORTH: build}) as agent:
        assert tried.wait(PATIENT)
    watched = agent.health()[NORTH]
    assert watched.gate is None
    assert watched.trouble in {None, "camera.unreachable"}  # it may have been stopped before it was counted


def test_one_gates_trouble_is_no_others(builds: Any) -> None:
    north, _ = builds(*[CameraUnreachable("cable")] * 1000)
    south, running = builds()
    with Agent({NORTH: north, SOUTH: south}, backoff=hasty) as agent:
        assert running.wait(PATIENT)
        assert agent.health()[SOUTH].restarts == 0


def test_the_loop_of_a_file_ends_by_itself(paint: Any, reel: Any, guard: Any) -> None:
    with Agent({NORTH: lambda: GateLoop(NORTH, reel([paint()] * 3), [], guard)}) as agent:
        assert agent.wait(timedelta(seconds=PATIENT))
        watched = agent.health()[NORTH]
    assert (watched.state, watched.restarts) == (LoopState.ENDED, 0)
    assert watched.gate is not None
    assert watched.gate.frames == 3


def test_many_gates_stop_even_when_cameras_hang(wall_clock: Any, silent_port: int, guard: Any) -> None:
    """Cameras that accept the call and never say a word: the worst that a read can hang on, and longer than we wait here."""
    opened = [Event() for _ in range(8)]

    def build(n: int) -> Builds:
        def building() -> GateLoop:
            opened[n].set()
            camera = open_camera(
                f"rtsp://127.0.0.1:{silent_port}/door", wall_clock, decode=decode, waits=Waits(stall_after=600)
            )
            return GateLoop(NORTH, camera, [], guard)

        return building

    agent = Agent({GateId(UUID(int=n + 1)): build(n) for n in range(8)})
    agent.start()
    assert all(event.wait(PATIENT) for event in opened)
    assert agent.stop(within=timedelta(seconds=PATIENT))
    assert {watched.state for watched in agent.health().values()} == {LoopState.ENDED}


def test_stopping_before_starting_and_twice_is_no_error(builds: Any) -> None:
    build, _ = builds()
    agent = Agent({NORTH: build})
    assert agent.stop()
    assert agent.stop()
