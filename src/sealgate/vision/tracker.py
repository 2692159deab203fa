"""From frames to sightings: what is one face, or one plate, over many frames is told once, by their vote.

A track is told when it has been seen in `enough` frames, or at once on a look that is `strong`; and then never again
until it has been gone for `gone_after`. Instants come in as values; nothing here knows a clock, and one thread owns a
tracker. Memory is bounded: at most MOST_TRACKS tracks, each with its last MOST_LOOKS looks and one picture.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import numpy as np

from sealgate.domain.plates import PlateText
from sealgate.ports import Box, FoundFace, FoundPlate, Pixels, Vector
from sealgate.vision.liveness import Look, life
from sealgate.vision.votes import Ballot, elect, near

MOST_TRACKS = 32
MOST_LOOKS = 12
GONE_AFTER = timedelta(seconds=2)

SAME_FACE = 0.82
"""Cosine of two looks at one face within seconds, alike in light and pose, where 0.9 is usual; less than at a gate."""

T = TypeVar("T")


@dataclass(slots=True)
class Track(Generic[T]):
    """One face or plate. `best` is the look with the highest worth."""

    looks: deque[T]
    best: T
    worth: float
    seen_at: datetime
    frames: int = 1
    told: bool = False

    def add(self, look: T, worth: float, at: datetime) -> None:
        self.looks.append(look)
        self.frames += 1
        self.seen_at = at
        if worth > self.worth:
            self.best, self.worth = look, worth


@dataclass(slots=True)
class Tracks(Generic[T]):
    """The bookkeeping that faces and plates share. `same` says how well a look continues a track; 0 is not at all."""

    same: Callable[[Track[T], T], float]
    worth: Callable[[T], float]
    enough: int
    strong: float
    gone_after: timedelta
    alive: list[Track[T]] = field(default_factory=list)

    def see(self, at: datetime, looks: Sequence[T]) -> list[Track[T]]:
        """The tracks to tell now, each marked as told."""
        self._forget(at)
        unclaimed = list(self.alive)
        for look in looks:
            track = max(unclaimed, key=lambda t, look=look: self.same(t, look), default=None)  # type: ignore[misc]
            if track is not None and self.same(track, look) > 0:
                unclaimed.remove(track)
                track.add(look, self.worth(look), at)
            else:
                self.alive.append(Track(deque([look], MOST_LOOKS), look, self.worth(look), at))
        self.alive = sorted(self.alive, key=lambda t: t.seen_at)[-MOST_TRACKS:]
        return self._tell([t for t in self.alive if t.frames >= self.enough or t.worth >= self.strong])

    def rest(self) -> list[Track[T]]:
        """The source has ended: what was seen too seldom to be told so far."""
        return self._tell(self.alive)

    def _tell(self, due: Sequence[Track[T]]) -> list[Track[T]]:
        due = [track for track in due if not track.told]
        for track in due:
            track.told = True
        return list(due)

    def _forget(self, at: datetime) -> None:
        # abs: after a clock was set back, what was seen in its future is as far away as what is long past.
        self.alive = [track for track in self.alive if abs(at - track.seen_at) <= self.gone_after]


@dataclass(frozen=True, slots=True, eq=False)
class FaceLook:
    """One face in one frame. `vector` is of length 1; `picture` is the cut-out to keep, `look` what liveness compares."""

    face: FoundFace
    vector: Vector
    look: Look
    picture: Pixels


@dataclass(frozen=True, slots=True, eq=False)
class TrackedFace:
    """`vector` is the mean by quality, of length 1; `live` 0..1 or None: cannot tell; `picture` the best look's."""

    vector: Vector
    quality: float
    live: float | None
    frames: int
    box: Box
    picture: Pixels


class FaceTracker:
    """Makes one `TrackedFace` of several looks at a face. `strong` is a quality, 0..1."""

    def __init__(self, *, enough: int = 3, strong: float = 0.8, gone_after: timedelta = GONE_AFTER) -> None:
        self._tracks = Tracks[FaceLook](_same_face, lambda look: look.face.quality, enough, strong, gone_after)

    def see(self, at: datetime, looks: Sequence[FaceLook]) -> list[TrackedFace]:
        return [_tracked_face(track) for track in self._tracks.see(at, looks)]

    def rest(self) -> list[TrackedFace]:
        return [_tracked_face(track) for track in self._tracks.rest()]


def _same_face(track: Track[FaceLook], look: FaceLook) -> float:
    """The likeness to the last look and to the best: place alone is not enough, for people change places at a door."""
    likeness = max(float(look.vector @ track.looks[-1].vector), float(look.vector @ track.best.vector))
    return likeness if likeness >= SAME_FACE else 0.0


def _tracked_face(track: Track[FaceLook]) -> TrackedFace:
    weights = np.array([max(look.face.quality, 0.01) for look in track.looks], np.float32)
    mean = weights @ np.stack([look.vector for look in track.looks])
    vector = np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), np.float32)
    live = life([look.look for look in track.looks])
    return TrackedFace(vector, track.worth, live, track.frames, track.best.face.box, track.best.picture)


@dataclass(frozen=True, slots=True, eq=False)
class PlateLook:
    """One plate in one frame; `picture` is what to keep of the frame."""

    plate: FoundPlate
    picture: Pixels


@dataclass(frozen=True, slots=True, eq=False)
class TrackedPlate:
    """`text` and `score` are voted; the rest is the best look's. `growth`: so many times as wide as at the first look."""

    text: PlateText
    score: float
    kind: str
    frames: int
    box: Box
    picture: Pixels
    growth: float = 1.0


class PlateTracker:
    """Makes one `TrackedPlate` of several readings of a plate. `strong` is a score, 0..1."""

    def __init__(self, *, enough: int = 3, strong: float = 0.95, gone_after: timedelta = GONE_AFTER) -> None:
        self._tracks = Tracks[PlateLook](_same_plate, lambda look: look.plate.score, enough, strong, gone_after)

    def see(self, at: datetime, looks: Sequence[PlateLook]) -> list[TrackedPlate]:
        return [_tracked_plate(track) for track in self._tracks.see(at, looks)]

    def rest(self) -> list[TrackedPlate]:
        return [_tracked_plate(track) for track in self._tracks.rest()]


def _same_plate(track: Track[PlateLook], look: PlateLook) -> float:
    """By its text, a misreading or two allowed where it has moved little, one elsewhere."""
    last = track.looks[-1].plate
    closeness = overlap(last.box, look.plate.box)
    if near(track.best.plate.text, look.plate.text, 1) or near(last.text, look.plate.text, 1):
        return 1.0 + closeness
    return closeness if closeness > 0.3 and near(last.text, look.plate.text, 3) else 0.0


def _tracked_plate(track: Track[PlateLook]) -> TrackedPlate:
    text, score = elect([Ballot(look.plate.text, look.plate.score, look.plate.scores) for look in track.looks])
    best = track.best.plate
    growth = track.looks[-1].plate.box[2] / max(track.looks[0].plate.box[2], 1)
    return TrackedPlate(text, score, best.kind, track.frames, best.box, track.best.picture, growth)


def overlap(a: Box, b: Box) -> float:
    """The shared part of two boxes, as a share of their joint area."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    return shared / max(a[2] * a[3] + b[2] * b[3] - shared, 1)
