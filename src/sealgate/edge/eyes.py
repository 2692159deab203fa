"""Eyes: frames in, sightings out. One follows faces, one plates; the readers find, the trackers vote.

Somebody who was told about is not told about again while they stay. Yet who was not recognised may only have looked
away, so `again` lets an eye begin anew a few seconds later; that may tell others in the picture a second time as well.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sealgate.domain.cameras import CameraLook, Course, Overlooked
from sealgate.domain.ids import GateId
from sealgate.domain.sightings import FaceSighting, PlateSighting, Sighting
from sealgate.edge.gate import BEGIN_ANEW
from sealgate.edge.timings import Stage, Timings
from sealgate.flows.faces import MIN_FACE, MIN_QUALITY
from sealgate.ports import Box, FaceReader, FoundFace, FoundPlate, Frame, Pixels, PlateReader, Surroundings, Vector
from sealgate.vision.liveness import look_at
from sealgate.vision.tracker import FaceLook, FaceTracker, PlateLook, PlateTracker, TrackedFace, TrackedPlate

MOST_AT_ONCE = 3
"""Faces or plates followed in one frame, the largest or surest: each face costs an embedding."""

SURE = 0.9
"""Score of a plate from which a closer look is not worth its while."""

CLEARLY = 1.1
"""A plate that has become so much wider comes nearer; boxes tremble by 3 in a hundred."""

NEVER = 2.0
"""A score that no look has."""

CLOSER = (0, 0, 1, 0, 2)
"""How close one looks after so many looks in vain, and then again from the beginning: most things that move are no cars, and
who just comes is larger in a moment."""

Encode = Callable[[Pixels], bytes]


class FollowingEye(ABC):
    """What both eyes share: when to begin anew. The thread of the gate's loop owns it."""

    def __init__(self, gate: GateId, encode: Encode, timings: Timings) -> None:
        self._gate, self._encode, self._timings = gate, encode, timings
        self._anew_at: datetime | None = None
        self._course = Course.ANY
        self._overlooked: Counter[Overlooked] = Counter()
        self._forget()

    def see(self, frame: Frame) -> Sequence[Sighting]:
        if self._anew_at is not None and frame.at >= self._anew_at:
            self._anew_at = None
            self._forget()
        return self._look(frame)

    def again(self, at: datetime) -> None:
        self._anew_at = self._anew_at or at + BEGIN_ANEW

    def aim(self, look: CameraLook) -> None:
        """The camera is to look at something else, or in another way: what was followed so far is forgotten."""
        self._course = look.course
        self._forget()

    @property
    def overlooked(self) -> Mapping[str, int]:
        """What was seen and not told of, by why. Any thread may ask."""
        return {why.value: times for why, times in self._overlooked.copy().items() if times}

    @abstractmethod
    def rest(self, at: datetime) -> Sequence[Sighting]: ...

    @abstractmethod
    def _look(self, frame: Frame) -> Sequence[Sighting]: ...

    @abstractmethod
    def _forget(self) -> None: ...


class FaceEye(FollowingEye):
    """`turn` is the site's secret rotation: an unturned vector never leaves this file."""

    def __init__(
        self, gate: GateId, reader: FaceReader, turn: Callable[[Vector], Vector], encode: Encode, timings: Timings
    ) -> None:
        self._reader, self._turn = reader, turn
        super().__init__(gate, encode, timings)

    def rest(self, at: datetime) -> Sequence[Sighting]:
        return [self._sighting(at, face) for face in self._tracker.rest()]

    def _look(self, frame: Frame) -> Sequence[Sighting]:
        with self._timings.of(Stage.FIND):
            found = [face for face in self._reader.find(frame.pixels) if worth_following(face)]
        faces = [face for face in found if frame.around is None or not frame.around.fixed(face.box)]
        self._overlooked[Overlooked.POSTER] += len(found) - len(faces)
        self._overlooked[Overlooked.CROWD] += max(0, len(faces) - MOST_AT_ONCE)
        looks = [self._look_at(frame.pixels, face) for face in faces[:MOST_AT_ONCE]]
        with self._timings.of(Stage.TRACK):
            return [self._sighting(frame.at, face) for face in self._tracker.see(frame.at, looks)]

    def _look_at(self, pixels: Pixels, face: FoundFace) -> FaceLook:
        with self._timings.of(Stage.EMBED):
            vector = self._reader.embed(pixels, face)
        return FaceLook(face, vector, look_at(pixels, face), around(pixels, face.box, 0.5))

    def _sighting(self, at: datetime, face: TrackedFace) -> FaceSighting:
        vector = [float(v) for v in self._turn(face.vector)]
        picture = self._encode(face.picture)
        return FaceSighting(self._gate, at, vector, face.quality, face.live, face.frames, picture)

    def _forget(self) -> None:
        self._tracker = FaceTracker()


class PlateEye(FollowingEye):
    """`countries` as `ports.PlateReader.read` takes them. The first look is cheap; after an unsure one the next is closer."""

    def __init__(
        self, gate: GateId, reader: PlateReader, encode: Encode, timings: Timings, countries: Sequence[str] = ()
    ) -> None:
        self._reader, self._countries, self._expected = reader, countries, countries
        self._near: Box | None = None
        self._in_vain = 0
        super().__init__(gate, encode, timings)

    def rest(self, at: datetime) -> Sequence[Sighting]:
        return [self._sighting(at, plate) for plate in self._meant(self._tracker.rest())]

    def _look(self, frame: Frame) -> Sequence[Sighting]:
        with self._timings.of(Stage.FIND):
            seen = self._reader.glance(frame.pixels, self._countries, near=self._near, closer=self._closer())
        found = [plate for plate in seen if not on_a_person(plate.box, frame.around)]
        self._overlooked[Overlooked.ON_A_PERSON] += len(seen) - len(found)
        self._overlooked[Overlooked.CROWD] += max(0, len(found) - MOST_AT_ONCE)
        plates = found[:MOST_AT_ONCE]
        self._plan(plates)
        looks = [PlateLook(plate, around(frame.pixels, plate.box, 0.75)) for plate in plates]
        with self._timings.of(Stage.TRACK):
            return [self._sighting(frame.at, plate) for plate in self._meant(self._tracker.see(frame.at, looks))]

    def aim(self, look: CameraLook) -> None:
        self._countries = look.countries or self._expected
        super().aim(look)

    def _meant(self, plates: Sequence[TrackedPlate]) -> list[TrackedPlate]:
        """Without those that clearly go the other way: they grow where they should shrink, or shrink."""
        kept = [plate for plate in plates if goes(self._course, plate.growth)]
        self._overlooked[Overlooked.OTHER_WAY] += len(plates) - len(kept)
        return kept

    def _plan(self, plates: Sequence[FoundPlate]) -> None:
        """How to look at the next frame: near what could hardly be read, yet never twice without a look at all of it."""
        sure = bool(plates) and plates[0].score >= SURE
        self._in_vain = 0 if sure else self._in_vain + 1
        self._near = plates[0].box if plates and not sure and self._near is None else None

    def _closer(self) -> int:
        return 0 if self._near else CLOSER[self._in_vain % len(CLOSER)]

    def _sighting(self, at: datetime, plate: TrackedPlate) -> PlateSighting:
        picture = self._encode(plate.picture)
        return PlateSighting(self._gate, at, plate.text, plate.score, plate.kind, plate.frames, picture)

    def _forget(self) -> None:
        # Which way a plate goes is not told by one look, however sure.
        self._tracker = PlateTracker() if self._course is Course.ANY else PlateTracker(strong=NEVER)


def on_a_person(box: Box, around: Surroundings | None) -> bool:
    """Whether what carries the plate is upright and hardly wider than it: a plate is a third of a motorcycle's width with
    its rider, a quarter of a car's and less of a lorry's; on a shirt it is half of somebody's."""
    carrier = None if around is None else around.carrier(box)
    if carrier is None:
        return False
    width, height = carrier
    return width < 2.5 * box[2] and height >= 1.5 * width


def goes(course: Course, growth: float) -> bool:
    """Whether what has become so many times as wide may go the way that is meant. What stands may."""
    if course is Course.TOWARDS:
        return growth > 1 / CLEARLY
    return course is Course.ANY or growth < CLEARLY


def worth_following(face: FoundFace) -> bool:
    """Whether its template would be worth anything; smaller or blurred faces are waited for."""
    return min(face.box[2], face.box[3]) >= MIN_FACE and face.quality >= MIN_QUALITY


def around(pixels: Pixels, box: Box, margin: float) -> Pixels:
    """A copy of the box and so many of its widths on each side: a view would keep the whole frame in memory."""
    x, y, width, height = box
    more = round(width * margin)
    return pixels[max(0, y - more) : y + height + more, max(0, x - more) : x + width + more].copy()
