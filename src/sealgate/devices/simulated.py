"""Devices without wires: they do what a real one does, and remember it. For the demo, and for every test of a flow."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from queue import SimpleQueue
from threading import Lock

import numpy as np

from sealgate.domain.errors import Invalid
from sealgate.domain.ids import GateId
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.ports import Box, Clock, FoundFace, FoundPlate, LatchAnswer, Pixels, Unreachable, Vector

LONGEST_CODE = 512
REMEMBERED = 1000


class BadCodeRead(Invalid):
    code = "reader.invalid-code"


@dataclass(frozen=True, slots=True)
class Release:
    gate: GateId
    open_for: timedelta


class SimulatedLatch:
    """Remembers its last thousand releases, and answers as it was told to. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._releases: deque[Release] = deque(maxlen=REMEMBERED)
        self.answer = LatchAnswer.ACCEPTED
        self.cut_off = False
        """A cut cable: `release` raises `Unreachable`, as an adapter may, instead of answering so."""

    def release(self, gate: GateId, open_for: timedelta) -> LatchAnswer:
        if self.cut_off:
            raise Unreachable("the simulated cable is cut")
        with self._lock:
            if self.answer is LatchAnswer.ACCEPTED:
                self._releases.append(Release(gate, open_for))
            return self.answer

    @property
    def releases(self) -> tuple[Release, ...]:
        """Only those that were accepted, oldest first."""
        with self._lock:
            return tuple(self._releases)


class SimulatedCodeReader:
    """A card reader to which cards are shown by `present`, from any thread."""

    def __init__(self, gate: GateId, clock: Clock) -> None:
        self._gate, self._clock = gate, clock
        self._shown: SimpleQueue[CodeSighting | None] = SimpleQueue()

    def present(self, means: Means, value: str) -> None:
        """Raises `BadCodeRead` for what no reader would send."""
        if means not in {Means.CARD, Means.QR, Means.PIN} or not 1 <= len(value) <= LONGEST_CODE:
            raise BadCodeRead("a card, QR text or PIN of 1 to 512 characters", field="value")
        self._shown.put(CodeSighting(self._gate, self._clock.now(), means, value))

    def sightings(self) -> Iterator[CodeSighting]:
        """Until `close` is called."""
        while (sighting := self._shown.get()) is not None:
            yield sighting

    def close(self) -> None:
        self._shown.put(None)


Colour = tuple[int, int, int]
"""Blue, green, red."""


class SimulatedFaceReader:
    """Sees people as squares of one strong colour on a grey scene. `people` gives each colour's template.

    A black spot on a square is its nose: a head turns by where that lies. Colours must lie apart: a pixel belongs to a
    colour that differs by less than 40 in each channel.
    """

    pack = "simulated"
    min_similarity = 0.5
    min_lead = 0.05
    per_tenfold = 0.02

    def __init__(self, people: Mapping[Colour, Vector], *, quality: float = 0.9, live: float | None = None) -> None:
        self._people, self.quality, self.live = dict(people), quality, live

    def find(self, pixels: Pixels) -> list[FoundFace]:
        boxes = [box for colour in self._people if (box := box_of(pixels, colour)) is not None]
        faces = [FoundFace(box, 0.99, landmarks_in(box, pixels), self.quality, self.live) for box in boxes]
        return sorted(faces, key=lambda face: face.box[2] * face.box[3], reverse=True)

    def embed(self, pixels: Pixels, face: FoundFace) -> Vector:
        x, y, width, height = face.box
        seen = pixels[y + height // 8, x + width // 2].astype(int)
        nearest = min(self._people, key=lambda colour: int(np.abs(seen - colour).sum()))
        return self._people[nearest]


class SimulatedPlateReader:
    """Sees plates as squares of one strong colour on a grey scene. `plates` gives each colour's text."""

    def __init__(self, plates: Mapping[Colour, PlateText], *, score: float = 0.97) -> None:
        self._plates, self.score = dict(plates), score

    def read(self, pixels: Pixels, countries: Sequence[str] = ()) -> list[FoundPlate]:  # noqa: ARG002 - one grammar for all
        found = []
        for colour, text in self._plates.items():
            if (box := box_of(pixels, colour)) is not None:
                found.append(FoundPlate(text, self.score, (self.score,) * len(text), box, "plain"))
        return found

    def glance(
        self,
        pixels: Pixels,
        countries: Sequence[str] = (),
        *,
        near: Box | None = None,  # noqa: ARG002 - one look sees all
        closer: int = 0,  # noqa: ARG002
    ) -> list[FoundPlate]:
        return self.read(pixels, countries)


def box_of(pixels: Pixels, colour: Colour) -> Box | None:
    """What encloses all pixels of that colour; None where there are fewer than 64."""
    near = (np.abs(pixels.astype(np.int16) - colour) < 40).all(axis=2)
    ys, xs = np.nonzero(near)
    if len(xs) < 64:
        return None
    return int(xs.min()), int(ys.min()), int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1


def landmarks_in(box: Box, pixels: Pixels | None = None) -> Vector:
    """Where eyes, nose and mouth corners would be in a face of that box; the nose where `pixels` have a black spot in it."""
    x, y, width, height = box
    places = [(0.3, 0.35), (0.7, 0.35), (0.5, 0.55), (0.35, 0.8), (0.65, 0.8)]
    marks = np.array([(x + width * across, y + height * down) for across, down in places], np.float32)
    if pixels is not None and (nose := box_of(pixels[y : y + height, x : x + width], (0, 0, 0))) is not None:
        marks[2] = x + nose[0] + nose[2] / 2, y + nose[1] + nose[3] / 2
    return marks
