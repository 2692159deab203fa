"""Simulated devices do what real ones do: they see what is painted, and refuse what no reader would send."""

from datetime import UTC, datetime, timedelta
from threading import Thread
from uuid import UUID

import numpy as np
import pytest

from sealgate.devices.simulated import (
    BadCodeRead,
    SimulatedCodeReader,
    SimulatedFaceReader,
    SimulatedLatch,
    SimulatedPlateReader,
)
from sealgate.domain.ids import GateId
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import Means
from sealgate.ports import FaceReader, Latch, Pixels, PlateReader, Unreachable

RED, GREEN = (0, 0, 220), (0, 220, 0)
NORTH = GateId(UUID(int=1))
ALICE = np.eye(128, dtype=np.float32)[0]
BOB = np.eye(128, dtype=np.float32)[1]


class Noon:
    def now(self) -> datetime:
        return datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def hall() -> Pixels:
    """Alice (red, 60 px) before Bob (green, 40 px)."""
    pixels = np.full((240, 320, 3), 110, np.uint8)
    pixels[50:110, 30:90] = RED
    pixels[100:140, 200:240] = GREEN
    return pixels


def test_painted_people_are_found_largest_first_and_told_apart(hall: Pixels) -> None:
    reader: FaceReader = SimulatedFaceReader({GREEN: BOB, RED: ALICE})
    alice, bob = reader.find(hall)
    assert (alice.box, bob.box) == ((30, 50, 60, 60), (200, 100, 40, 40))
    assert float(reader.embed(hall, alice) @ ALICE) == 1.0
    assert float(reader.embed(hall, bob) @ ALICE) == 0.0
    assert reader.find(np.full((240, 320, 3), 110, np.uint8)) == []


def test_painted_plates_are_read(hall: Pixels) -> None:
    reader: PlateReader = SimulatedPlateReader({RED: PlateText("京A12345")})
    (found,) = reader.read(hall, ["cn"])
    assert (found.text, found.box, len(found.scores)) == ("京A12345", (30, 50, 60, 60), 7)


def test_cards_come_out_in_the_order_they_were_shown_from_another_thread() -> None:
    reader = SimulatedCodeReader(NORTH, Noon())

    def show() -> None:
        for number in ("1", "2", "3"):
            reader.present(Means.CARD, number)
        reader.close()

    shower = Thread(target=show)
    shower.start()
    assert [(sighting.value, sighting.gate, sighting.at) for sighting in reader.sightings()] == [
        (number, NORTH, Noon().now()) for number in ("1", "2", "3")
    ]
    shower.join()


@pytest.mark.parametrize(("means", "value"), [(Means.FACE, "x"), (Means.CARD, ""), (Means.QR, "x" * 513)])
def test_what_no_reader_would_send_is_refused(means: Means, value: str) -> None:
    with pytest.raises(BadCodeRead):
        SimulatedCodeReader(NORTH, Noon()).present(means, value)


def test_a_cut_cable_raises_as_an_adapter_may() -> None:
    simulated = SimulatedLatch()
    simulated.cut_off = True
    latch: Latch = simulated
    with pytest.raises(Unreachable):
        latch.release(NORTH, timedelta(seconds=5))
    assert simulated.releases == ()
