"""Cameras, readers and galleries. Pixels are numpy arrays (height, width, 3), uint8, blue-green-red."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from sealgate.domain.access import Candidate
from sealgate.domain.head_turns import HeadPose
from sealgate.domain.ids import CredentialId, PersonId, SiteId, TenantId
from sealgate.domain.plates import PlateText

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Vector = NDArray[np.float32]
else:
    Pixels = Vector = Any


Box = tuple[int, int, int, int]
"""x, y, width, height in pixels of the frame; inside it."""


class Surroundings(Protocol):
    """What the motion gate knows of a place in the frame."""

    def fixed(self, box: Box) -> bool:
        """Whether nothing in it has changed for as long as the camera remembers: a poster, not a person."""
        ...

    def carrier(self, box: Box) -> tuple[int, int] | None:
        """Width and height of the moving thing that the box is a part of, in pixels; None where nothing moves there, or it
        reaches the picture's edge and nobody knows how large it is."""
        ...


class Frame:
    """`pixels` may be given as what makes them: most frames show nothing new, and their colours are never asked for.

    `grey`, (height, width) uint8 of the same picture, is there where the source has it for nothing. `fresh` is False where
    the picture is equal to the one before to the last pixel, as a hung camera's are; `live` where it shows now, and is no
    file. `around` tells of what moves in it, once the gate's loop has looked. Any thread may ask for the pixels.
    """

    __slots__ = ("_lock", "_made", "around", "at", "fresh", "grey", "live")

    def __init__(
        self,
        at: datetime,
        pixels: Pixels | Callable[[], Pixels],
        *,
        grey: Pixels | None = None,
        fresh: bool = True,
        live: bool = False,
        around: Surroundings | None = None,
    ) -> None:
        self.at, self.grey, self.fresh, self.live, self.around = at, grey, fresh, live, around
        self._made = pixels
        self._lock = Lock()

    @property
    def pixels(self) -> Pixels:
        with self._lock:
            if callable(self._made):
                self._made = self._made()
            made: Pixels = self._made
        return made


class Camera(Protocol):
    """A source of frames. Only the newest frame is kept: late rather than wrong."""

    def frames(self) -> Iterator[Frame]:
        """Frames until the source ends (a file) or `close` is called. Raises `Unreachable`."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class FoundFace:
    """`landmarks` is (5, 2) float32: eyes, nose, mouth corners; `score`, `quality` 0..1; `live` 0..1 or None: cannot tell."""

    box: Box
    score: float
    landmarks: Vector
    quality: float
    live: float | None = None


@dataclass(frozen=True, slots=True)
class FoundPlate:
    """`score` 0..1 for the whole text, `scores` one for each character; `kind` as `.plate data-kind` (cn-blue, eu...)."""

    text: PlateText
    score: float
    scores: tuple[float, ...]
    box: Box
    kind: str


class FaceReader(Protocol):
    @property
    def pack(self) -> str:
        """Names the models; templates of two packs never meet."""
        ...

    @property
    def min_similarity(self) -> float:
        """The cosine from which two looks are one person: the pack's default for a gate (docs/models.md)."""
        ...

    @property
    def per_tenfold(self) -> float:
        """How much more likeness ten times as many people ask for; see `domain.access.likeness_among`."""
        ...

    @property
    def min_lead(self) -> float:
        """How much better than the second best person the best has to be."""
        ...

    def find(self, pixels: Pixels) -> list[FoundFace]:
        """Largest first. Never raises on odd pixels: a frame without a face is an empty list."""
        ...

    def embed(self, pixels: Pixels, face: FoundFace) -> Vector:
        """(128,) float32 of length 1 for the default pack; similarity is the dot product."""
        ...


class LifeJudge(Protocol):
    """Says whether looks at one face, one after another, are of a picture. A look is the judge's own affair."""

    def look(self, pixels: Pixels, face: FoundFace) -> object: ...

    def is_spoof(self, looks: Sequence[Any]) -> bool:
        """Whether something speaks against life; that nothing does says little."""
        ...

    def pose(self, face: FoundFace) -> HeadPose: ...


class PlateReader(Protocol):
    def read(self, pixels: Pixels, countries: Sequence[str] = ()) -> list[FoundPlate]:
        """Most certain first. `countries` are lower-case ISO 3166 codes whose grammars are tried; empty tries all."""
        ...

    def glance(
        self, pixels: Pixels, countries: Sequence[str] = (), *, near: Box | None = None, closer: int = 0
    ) -> list[FoundPlate]:
        """One look, for a frame of a video: at all of it, or `near` a box in full resolution, which costs the same.

        `closer`, 0 to 2, looks for smaller plates, and costs more each time.
        """
        ...


class Gallery(Protocol):
    """The templates of one site's people, in memory. Exact search."""

    def put(self, person: PersonId, credential: CredentialId, vector: Vector) -> None: ...
    def remove(self, credential: CredentialId) -> None: ...
    def nearest(self, vector: Sequence[float], k: int) -> list[Candidate]: ...
    def __len__(self) -> int: ...


class Galleries(Protocol):
    def of(self, tenant: TenantId, site: SiteId) -> Gallery:
        """That site's gallery; an empty one at first."""
        ...


class Turner(Protocol):
    """Turns a vector by the matrix that a seed of 32 bytes gives, and back; every similarity stays as it is."""

    def __call__(self, seed: bytes, vector: Vector) -> Vector: ...
    def back(self, seed: bytes, vector: Vector) -> Vector: ...
