"""The loop of one gate: it looks when something moves, decides what is seen, and outlives what goes wrong."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest

from sealgate.devices.simulated import SimulatedCodeReader, SimulatedPlateReader
from sealgate.domain.errors import Fault
from sealgate.domain.ids import GateId
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import Means, PlateSighting, Sighting
from sealgate.edge.gate import CodeLoop, GateLoop
from sealgate.edge.timings import Stage, Timings
from sealgate.ports import Frame

RED, GREEN = (0, 0, 220), (0, 220, 0)
ALICE, BOB = PlateText("京A12345"), PlateText("沪B66888")


class StoreLocked(Fault):
    code = "store.locked"


class EveryFrame:
    """An eye that makes a sighting of each frame in which there is a plate."""

    def __init__(self, gate: GateId) -> None:
        self.gate, self.reader, self.looked = gate, SimulatedPlateReader({RED: ALICE}), 0
        self.left: list[PlateText] = []
        self.overlooked: dict[str, int] = {}
        self.asked_again: list[datetime] = []

    def see(self, frame: Frame) -> Sequence[Sighting]:
        self.looked += 1
        return [PlateSighting(self.gate, frame.at, found.text, found.score) for found in self.reader.read(frame.pixels)]

    def rest(self, at: datetime) -> Sequence[Sighting]:
        return [PlateSighting(self.gate, at, text, 0.9) for text in self.left]

    def again(self, at: datetime) -> None:
        self.asked_again.append(at)


@pytest.fixture
def eye(north: GateId) -> EveryFrame:
    return EveryFrame(north)


def test_who_comes_is_decided_about(paint: Any, reel: Any, guard: Any, north: GateId, eye: EveryFrame) -> None:
    loop = GateLoop(north, reel([paint(), paint(RED)]), [eye], guard)
    loop.run()
    assert [sighting.text for sighting in guard.sightings] == [ALICE]
    health = loop.health()
    assert (health.frames, health.looked, health.opened, health.refused) == (2, 2, 1, 0)
    assert health.decided_at == guard.sightings[0].at


def test_what_the_camera_saw_last_is_kept_for_the_desk(
    paint: Any, reel: Any, guard: Any, north: GateId, eye: EveryFrame
) -> None:
    loop = GateLoop(north, reel([paint(RED), paint()]), [eye], guard)
    assert loop.newest() is None
    loop.run()
    newest = loop.newest()
    assert newest is not None
    assert (newest.pixels == paint()).all()


def test_a_refusal_is_counted_as_one(paint: Any, reel: Any, guard: Any, north: GateId, eye: EveryFrame) -> None:
    guard.opens = False
    loop = GateLoop(north, reel([paint(RED)]), [eye], guard)
    loop.run()
    assert (loop.health().opened, loop.health().refused) == (0, 1)
    assert len(eye.asked_again) == 1  # unknown may only have looked away


def test_who_was_let_in_is_not_asked_again(paint: Any, reel: Any, guard: Any, north: GateId, eye: EveryFrame) -> None:
    GateLoop(north, reel([paint(RED)]), [eye], guard).run()
    assert eye.asked_again == []


def test_who_was_seen_too_seldom_is_decided_about_when_the_film_ends(
    paint: Any, reel: Any, guard: Any, north: GateId, eye: EveryFrame
) -> None:
    eye.left = [BOB]
    GateLoop(north, reel([paint()]), [eye], guard).run()
    assert [sighting.text for sighting in guard.sightings] == [BOB]


def test_a_gate_that_is_stopped_lets_nobody_in_any_more(
    paint: Any, reel: Any, guard: Any, north: GateId, eye: EveryFrame
) -> None:
    eye.left = [BOB]
    loop = GateLoop(north, reel([paint()]), [eye], guard)
    loop.stop()
    loop.run()
    assert guard.sightings == []


def test_an_empty_hall_is_not_looked_at_after_two_seconds(
    paint: Any, reel: Any, guard: Any, north: GateId, eye: EveryFrame
) -> None:
    loop = GateLoop(north, reel([paint()] * 50), [eye], guard)  # ten seconds
    loop.run()
    assert loop.health().frames == 50
    assert eye.looked == 11  # the first, which counts as motion, and two seconds more


def test_who_stands_still_is_looked_at_for_two_seconds_more(
    paint: Any, reel: Any, guard: Any, north: GateId, eye: EveryFrame
) -> None:
    GateLoop(north, reel([paint()] * 30 + [paint(RED)]), [eye], guard).run()
    assert len(guard.sightings) == 1


def test_a_clock_that_was_set_back_does_not_keep_the_gate_looking(
    paint: Any, reel: Any, guard: Any, north: GateId, eye: EveryFrame
) -> None:
    loop = GateLoop(north, reel([]), [eye], guard)
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    loop.look(Frame(noon, paint()))
    loop.look(Frame(noon - timedelta(hours=1), paint()))
    assert eye.looked == 1


def test_a_locked_database_is_told_and_the_next_sighting_decided(
    paint: Any, reel: Any, guard: Any, north: GateId, eye: EveryFrame, caplog: pytest.LogCaptureFixture
) -> None:
    guard.failures = [StoreLocked()]
    loop = GateLoop(north, reel([paint(RED)]), [eye], guard)
    with caplog.at_level(logging.ERROR):
        loop.run()
    assert (loop.health().undecided, loop.health().trouble, loop.health().opened) == (1, "store.locked", 0)
    assert len(eye.asked_again) == 1
    assert "store.locked" in caplog.text
    loop.look(Frame(datetime(2026, 3, 2, 9, tzinfo=UTC), paint(GREEN)))
    loop.look(Frame(datetime(2026, 3, 2, 9, tzinfo=UTC), paint(RED)))
    assert (loop.health().trouble, loop.health().opened) == (None, 1)


def test_a_bug_ends_the_loop_and_closes_the_camera(paint: Any, reel: Any, guard: Any, north: GateId, eye: EveryFrame) -> None:
    guard.failures = [ZeroDivisionError()]
    camera = reel([paint(RED), paint(RED)])
    with pytest.raises(ZeroDivisionError):
        GateLoop(north, camera, [eye], guard).run()
    assert camera.shown == 1
    assert camera.health().state == "ended"


def test_stages_are_timed(paint: Any, reel: Any, guard: Any, north: GateId, eye: EveryFrame) -> None:
    timings = Timings()
    GateLoop(north, reel([paint()] * 20 + [paint(RED)]), [eye], guard, timings=timings).run()
    assert (timings.count(Stage.MOTION), timings.count(Stage.DECIDE), timings.count(Stage.TOTAL)) == (21, 1, 1)


def test_a_silent_camera_is_left_when_told_to_stop(paint: Any, reel: Any, guard: Any, north: GateId, eye: EveryFrame) -> None:
    seen = Event()

    def admit(sighting: Sighting) -> Any:
        seen.set()
        return guard(sighting)

    loop = GateLoop(north, reel([paint(RED)], stays=True), [eye], admit)
    thread = Thread(target=loop.run)
    thread.start()
    assert seen.wait(60)
    loop.stop()
    thread.join(60)
    assert not thread.is_alive()


def test_cards_are_decided_in_the_order_they_were_shown(guard: Any, north: GateId) -> None:
    class Noon:
        def now(self) -> datetime:
            return datetime(2026, 3, 2, 12, tzinfo=UTC)

    reader = SimulatedCodeReader(north, Noon())
    for number in ("1001", "1002"):
        reader.present(Means.CARD, number)
    reader.close()
    loop = CodeLoop(north, reader, guard)
    loop.run()
    assert [sighting.value for sighting in guard.sightings] == ["1001", "1002"]
    assert loop.health().opened == 2
