"""Is a face alive? Thin and honest: one still tells nothing, and most of what a camera sees tells nothing either.

Several looks at one face are compared. What speaks against life: frames that are equal to the last pixel (every sensor has
noise, so that is a picture fed in), frames that come round again (a film fed in), a face that foreshortens as a plane does
while its nose stays where a plane has it, and a raster over the skin, as printers and screens have one, in most of the looks.
What speaks for it: a head that turns moves its nose against eyes and mouth as no flat picture does. A print without a raster,
a film on a good screen and a mask pass; there are no figures on real attacks (docs/models.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from sealgate.domain.head_turns import HeadPose
from sealgate.ports import FoundFace, Pixels, Vector

IDENTICAL = 3
"""So many equal frames in a row are a replay. A slow camera's grabber may deliver one frame twice, not three times."""

TURNED = 0.10
"""By how much of the distance of the eyes the nose leaves its place on the flat face, in two looks. A face that looks ahead
stays below 0.05 in the second furthest of eight looks; a picture at an angle comes to 0.08, for the detector expects a head."""

FLAT = 0.03
FORESHORTENED = 0.12
"""A plane that grows narrower by so much, while its nose stays within `FLAT` of its place, is no head: one that turns by 28
degrees grows narrower by 0.12 and moves its nose by 0.2. Rarely seen: of a picture at an angle the detector sees a head."""

RASTER = 40.0
"""Times as strong as its neighbourhood in the spectrum; skin, hair and stubble stay below 25 (docs/models.md)."""

SEVERAL = 3
"""Looks that it takes to say that a raster is there: cloth and a noisy frame may show one once."""

SIDE = 128


class Sign(StrEnum):
    """What speaks against life."""

    FROZEN = "frozen"
    LOOP = "loop"
    FLAT = "flat"
    RASTER = "raster"


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """`landmarks` are (5, 2), in pixels; `thumb`, the face at 24 x 24, tells frames apart; `raster` as `raster_in`."""

    landmarks: Vector
    thumb: Pixels
    raster: float = 0.0


def look_at(pixels: Pixels, face: FoundFace) -> Look:
    x, y, width, height = face.box
    cut = pixels[y : y + height, x : x + width]
    thumb = cast("Pixels", cv2.resize(cut, (24, 24), interpolation=cv2.INTER_AREA))
    return Look(face.landmarks, thumb, raster_in(pixels, face))


class Judge:
    """ports.LifeJudge. Holds nothing."""

    def look(self, pixels: Pixels, face: FoundFace) -> Look:
        return look_at(pixels, face)

    def is_spoof(self, looks: Sequence[Look]) -> bool:
        return against(looks) is not None

    def pose(self, face: FoundFace) -> HeadPose:
        return head_pose(face.landmarks)


def life(looks: Sequence[Look]) -> float | None:
    """0 where a sign speaks against it, above 0.5 where a head was seen to turn (1 is a clear turn), None where nothing can be
    told."""
    if against(looks) is not None:
        return 0.0
    shifts = sorted(nose_shift(looks[0].landmarks, look.landmarks) for look in looks[1:])
    turn = shifts[-2] if len(shifts) > 1 else 0.0
    return min(1.0, 0.5 * turn / TURNED) if turn >= TURNED else None


def against(looks: Sequence[Look]) -> Sign | None:
    """The first sign of a picture or film instead of a face."""
    looks = list(looks)
    if replayed(looks):
        return Sign.FROZEN
    if comes_round(looks):
        return Sign.LOOP
    if len(looks) >= SEVERAL and float(np.median([look.raster for look in looks])) >= RASTER:
        return Sign.RASTER
    if turns_flat(looks):
        return Sign.FLAT
    return None


def replayed(looks: Sequence[Look]) -> bool:
    """Whether so many looks in a row are equal to the last pixel."""
    run = 1
    for before, now in pairwise(looks):
        run = run + 1 if np.array_equal(before.thumb, now.thumb) else 1
        if run >= IDENTICAL:
            return True
    return False


def comes_round(looks: Sequence[Look]) -> bool:
    """Whether two frames were seen again, each after others: a short film in a loop."""
    seen: dict[bytes, int] = {}
    again = set()
    for number, look in enumerate(looks):
        key = look.thumb.tobytes()
        if key in seen and number - seen[key] > 1:
            again.add(key)
        seen[key] = number
    return len(again) >= 2


def turns_flat(looks: Sequence[Look]) -> bool:
    """Whether a look shows the first one's face foreshortened as a plane, twice over: one pair may be a slip of a landmark."""
    flat = [
        look
        for look in looks[1:]
        if foreshortening(looks[0].landmarks, look.landmarks) >= FORESHORTENED
        and nose_shift(looks[0].landmarks, look.landmarks) <= FLAT
    ]
    return len(flat) >= 2


def carried(before: Vector, now: Vector) -> NDArray[np.float64]:
    """(3, 2): the affine map that carries eyes and mouth corners `before` to those of `now`, as a flat picture's would be (as
    far as perspective is weak)."""
    corners = [0, 1, 3, 4]
    known = np.column_stack([before[corners], np.ones(4)])
    matrix, *_ = np.linalg.lstsq(known, now[corners].astype(np.float64), rcond=None)
    return np.asarray(matrix, np.float64)


def nose_shift(before: Vector, now: Vector) -> float:
    """How far the nose is from where a flat face would have it, in distances of the eyes."""
    expected = np.append(before[2], 1.0) @ carried(before, now)
    eyes = float(np.linalg.norm(now[1] - now[0]))
    return float(np.linalg.norm(now[2] - expected)) / max(eyes, 1.0)


def foreshortening(before: Vector, now: Vector) -> float:
    """0 for what was only moved, turned in its plane or came closer; 0.12 for a plane seen at 28 degrees."""
    strengths = np.linalg.svd(carried(before, now)[:2], compute_uv=False)
    return 1.0 - float(strengths[1] / max(float(strengths[0]), 1e-6))


def head_pose(landmarks: Vector) -> HeadPose:
    """Where the nose is between eyes and mouth. 0 where the landmarks lie on one point."""
    eyes, mouth = landmarks[:2].mean(0), landmarks[3:].mean(0)
    across, down = landmarks[1] - landmarks[0], mouth - eyes
    width, height = float(np.linalg.norm(across)), float(np.linalg.norm(down))
    if width < 1e-3 or height < 1e-3:
        return HeadPose(0.0)
    nose = landmarks[2] - (eyes + mouth) / 2
    # In units of the face's height: its width shrinks as it turns, and would make a turn look larger than it is.
    return HeadPose(float(nose @ across) / width / height)


# --- the raster of a print or a screen ---

_FREQUENCY = np.fft.fftfreq(SIDE)
_ACROSS, _DOWN = np.meshgrid(_FREQUENCY, _FREQUENCY)
_RADIUS = np.hypot(_ACROSS, _DOWN)
_RING = (_RADIUS * SIDE).astype(np.intp)
_SLACK = 1.5 / SIDE
_JPEG = np.logical_or.reduce(
    [
        (abs(abs(one) - k / 8) < _SLACK) & (abs(other) < 2 * _SLACK)
        for k in range(1, 5)
        for one, other in ((_ACROSS, _DOWN), (_DOWN, _ACROSS))
    ]
)
"""The edges of a JPEG's blocks of eight pixels are a raster too, and everybody's."""

_HEARD = (_RADIUS > 0.14) & (_RADIUS < 0.5) & ~_JPEG & (abs(_ACROSS) > _SLACK) & (abs(_DOWN) > _SLACK)
_WINDOW = np.outer(np.hanning(SIDE), np.hanning(SIDE)).astype(np.float32)
_RINGS = [np.flatnonzero((r == _RING).ravel() & _HEARD.ravel()) for r in range(int(_RING.max()) + 1)]


def raster_in(pixels: Pixels, face: FoundFace) -> float:
    """How far the strongest regular pattern on the face stands out of the spectrum around it; 1 is not at all.

    Looked for in the camera's own pixels, 128 x 128 about the middle of the face: making a picture smaller takes a raster away.
    """
    x, y, width, height = face.box
    left, top = max(0, x + width // 2 - SIDE // 2), max(0, y + height // 2 - SIDE // 2)
    cut = pixels[top : top + SIDE, left : left + SIDE].astype(np.float32)
    if cut.shape != (SIDE, SIDE, 3):
        return 0.0
    # Lightness alone: the colours of a JPEG are coarser than its lightness, and stand in blocks that look like a raster.
    plane = cut.mean(2)
    fine = (plane - cv2.GaussianBlur(plane, (0, 0), 3)) * _WINDOW
    power = cv2.blur(np.abs(np.fft.fft2(fine)) ** 2, (3, 3), borderType=cv2.BORDER_REPLICATE).ravel()
    usual = np.array([np.median(power[ring]) if len(ring) else np.inf for ring in _RINGS])
    return float((power / (usual[_RING.ravel()] + 20.0))[_HEARD.ravel()].max())
