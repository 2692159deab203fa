"""How good a picture of a face is, 0..1: the weakest of five things that each can spoil it.

The weakest and not a mean, because one is enough: a sharp, well lit face in profile is not recognised.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import cv2
import numpy as np

from sealgate.ports import Box, Pixels, Vector


@dataclass(frozen=True, slots=True)
class Quality:
    """Each 0..1, 1 is as good as it needs to be."""

    size: float
    sharpness: float
    pose: float
    light: float
    certainty: float

    @property
    def overall(self) -> float:
        return min(self.size, self.sharpness, self.pose, self.light, self.certainty)

    @property
    def worst(self) -> str:
        """What to tell the person: come closer, hold still, look here, more light."""
        return min((f.name for f in fields(self)), key=lambda name: float(getattr(self, name)))


def face_quality(picture: Pixels, box: Box, landmarks: Vector, score: float) -> Quality:
    x, y, width, height = box
    gray = cv2.cvtColor(picture[y : y + height, x : x + width], cv2.COLOR_BGR2GRAY)
    return Quality(
        size=ramp(eye_distance(landmarks), 10, 40),
        sharpness=sharpness(gray),
        pose=pose(landmarks),
        light=light(gray),
        certainty=ramp(score, 0.4, 0.8),
    )


def ramp(value: float, none: float, full: float) -> float:
    """0 at `none` and below, 1 at `full` and above, a straight line between."""
    return float(np.clip((value - none) / (full - none), 0.0, 1.0))


def eye_distance(landmarks: Vector) -> float:
    return float(np.linalg.norm(landmarks[1] - landmarks[0]))


def sharpness(gray: Pixels) -> float:
    """Edges at the scale of a face 96 px wide, against the face's own contrast: a dim face is not a blurred one."""
    side = cv2.resize(gray, (96, 96), interpolation=cv2.INTER_AREA if gray.shape[1] > 96 else cv2.INTER_LINEAR)
    edges = float(cv2.Laplacian(side, cv2.CV_32F).std())
    return ramp(edges / (float(side.std()) + 1.0), 0.05, 0.25)


def pose(landmarks: Vector) -> float:
    """1 for a face that looks into the camera, 0 in profile: is the nose midway, do the eyes keep their distance?"""
    eyes, mouth = landmarks[:2].mean(0), landmarks[3:].mean(0)
    across = landmarks[1] - landmarks[0]
    width = float(np.linalg.norm(across))
    down = float(np.linalg.norm(mouth - eyes))
    if width < 1e-3 or down < 1e-3:
        return 0.0
    aside = abs(float((landmarks[2] - (eyes + mouth) / 2) @ (across / width))) / width
    # A face that is turned away is also narrower: the eyes come closer to each other, the mouth does not come closer to them.
    return min(1.0 - ramp(aside, 0.12, 0.5), ramp(width / down, 0.35, 0.75))


def light(gray: Pixels) -> float:
    """Neither dark nor burnt out, and with some contrast."""
    burnt = float(np.mean(gray > 250))
    return min(ramp(float(gray.mean()), 20, 60), 1.0 - ramp(burnt, 0.1, 0.5), ramp(float(gray.std()), 6, 20))
