"""What a camera would read in one picture, how sure, and why not: the way an installer finds out where it has to hang.

One picture tells less than a gate's loop, which lets many frames vote. And nobody is recognised here: a face is measured
and not compared with anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

from sealgate.domain.access import GatePolicy
from sealgate.domain.cameras import WHOLE, CameraLook, Verdict, box_in, holds
from sealgate.domain.platepatterns import countries_of, pattern_of
from sealgate.domain.sightings import Means
from sealgate.flows.faces import MIN_FACE, MIN_QUALITY
from sealgate.flows.kit import House
from sealgate.ports import Box, FaceReader, FoundFace, FoundPlate, Pixels, PlateReader

MOST = 12
"""So many plates and so many faces are listed, the surest or largest."""


@dataclass(frozen=True, slots=True)
class TriedPlate:
    """`score` 0..1 for the whole text, `scores` one a character; `box` in the whole picture's pixels."""

    text: str
    kind: str
    score: float
    scores: tuple[float, ...]
    box: Box
    verdict: Verdict

    @property
    def doubts(self) -> tuple[int, ...]:
        """The places of the characters that are less sure than 0.8."""
        return tuple(place for place, score in enumerate(self.scores) if score < 0.8)


@dataclass(frozen=True, slots=True)
class TriedFace:
    """`quality` 0..1; `box` in the whole picture's pixels."""

    quality: float
    box: Box
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """`seconds` is what reading took. `plates` is None where the gate takes none or there is no reader; so is `faces`.

    `pixels` are the whole picture, to be shown once.
    """

    pixels: Pixels
    plates: tuple[TriedPlate, ...] | None
    faces: tuple[TriedFace, ...] | None
    least_score: float
    seconds: float


def try_pixels(house: House, policy: GatePolicy, look: CameraLook, pixels: Pixels) -> Trial:
    """Read the picture as the camera would, and once more outside of its region to tell what that leaves out."""
    began = perf_counter()
    plates = faces = None
    if Means.PLATE in policy.means and house.plates is not None:
        plates = tuple(_plates(house, house.plates, policy, look, pixels))[:MOST]
    if Means.FACE in policy.means and house.faces is not None:
        faces = tuple(_faces(house, house.faces, look, pixels))[:MOST]
    return Trial(pixels, plates, faces, policy.min_plate_score, perf_counter() - began)


def _plates(house: House, reader: PlateReader, policy: GatePolicy, look: CameraLook, pixels: Pixels) -> Iterator[TriedPlate]:
    countries = look.countries or countries_of(policy.tz.key)
    left, top, _, _ = box_in(look.region, pixels.shape[1], pixels.shape[0])
    for found in reader.read(house.cut(look.region, pixels), countries):
        yield _plate(found, _moved(found.box, left, top), _of_plate(found, policy.min_plate_score, countries))
    if look.region:
        for found in reader.read(pixels, countries):
            if not _inside(look, found.box, pixels):
                yield _plate(found, found.box, Verdict.OUTSIDE)


def _of_plate(found: FoundPlate, least: float, countries: tuple[str, ...]) -> Verdict:
    if found.score < least:
        return Verdict.WEAK
    pattern = pattern_of(found.text, countries)
    return Verdict.GOOD if pattern is not None and pattern.usual else Verdict.NO_SERIES


def _plate(found: FoundPlate, box: Box, verdict: Verdict) -> TriedPlate:
    return TriedPlate(str(found.text), found.kind, found.score, found.scores, box, verdict)


def _faces(house: House, reader: FaceReader, look: CameraLook, pixels: Pixels) -> Iterator[TriedFace]:
    left, top, _, _ = box_in(look.region, pixels.shape[1], pixels.shape[0])
    for found in reader.find(house.cut(look.region, pixels)):
        yield TriedFace(found.quality, _moved(found.box, left, top), _of_face(found))
    if look.region:
        for found in reader.find(pixels):
            if not _inside(look, found.box, pixels):
                yield TriedFace(found.quality, found.box, Verdict.OUTSIDE)


def _of_face(found: FoundFace) -> Verdict:
    if min(found.box[2], found.box[3]) < MIN_FACE:
        return Verdict.SMALL
    return Verdict.BLURRED if found.quality < MIN_QUALITY else Verdict.GOOD


def _moved(box: Box, left: int, top: int) -> Box:
    return box[0] + left, box[1] + top, box[2], box[3]


def _inside(look: CameraLook, box: Box, pixels: Pixels) -> bool:
    """By the middle of the box."""
    height, width = pixels.shape[:2]
    return holds(look.region, (box[0] + box[2] / 2) * WHOLE / width, (box[1] + box[3] / 2) * WHOLE / height)
