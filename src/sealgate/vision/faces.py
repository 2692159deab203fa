"""Faces: CenterFace finds them, five landmarks straighten them, dlib's network turns each into 128 numbers.

Surprising: dlib's vectors are compared by distance and have no common length; facespace.py makes unit vectors of them,
whose dot products tell people apart as well. The thresholds below belong to those and to nothing else.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from sealgate.ports import FoundFace, Pixels, Vector
from sealgate.vision.catalogue import FACE_DETECTOR, FACE_EMBEDDER
from sealgate.vision.facespace import unit
from sealgate.vision.pictures import as_colour, inside
from sealgate.vision.quality import face_quality
from sealgate.vision.runtime import network

PACK = "dlib-v1"
SAME_PERSON = 0.882
"""0.07 % of the pairs of strangers in the hardest set are above it, and 1 in 25,000 of the mixed ones (docs/models.md)."""

PER_TENFOLD = 0.021
"""With every 0.01 above it a third as many pairs of strangers remain, so ten times as many people need so much more."""

MIN_LEAD = 0.03

CHIP = 150
TEMPLATE = np.array([[47.984, 47.266], [102.483, 46.773], [75.051, 78.016], [51.670, 102.970], [97.231, 102.325]])
"""Where eyes, nose and mouth corners (x, y) lie in the chip, as in dlib's own five-point chips (standard deviation 4 px)."""

LOOKS = (1.0, 1.07)

Matrix = NDArray[np.float64]


class Faces:
    """ports.FaceReader. Safe to call from several threads.

    `long_side` is the size at which faces are looked for: at 640 they are found from about 20 px, at 320 from 48 px,
    at a quarter of the cost. Smaller pictures are not enlarged above 160.
    """

    def __init__(self, *, long_side: int = 640, min_score: float = 0.5, threads: int = 1) -> None:
        self._detector = network(FACE_DETECTOR, threads=threads)
        self._embedder = network(FACE_EMBEDDER, threads=threads)
        self._long_side = long_side
        self._min_score = min_score

    @property
    def pack(self) -> str:
        return PACK

    @property
    def min_similarity(self) -> float:
        return SAME_PERSON

    @property
    def per_tenfold(self) -> float:
        return PER_TENFOLD

    @property
    def min_lead(self) -> float:
        return MIN_LEAD

    def find(self, pixels: Pixels) -> list[FoundFace]:
        picture = as_colour(pixels)
        if picture is None:
            return []
        height, width = picture.shape[:2]
        found = []
        for corners, score, landmarks in self._detect(picture):
            box = inside(corners, width, height)
            if box is not None:
                found.append(FoundFace(box, score, landmarks, face_quality(picture, box, landmarks, score).overall))
        return sorted(found, key=lambda face: face.box[2] * face.box[3], reverse=True)

    def embed(self, pixels: Pixels, face: FoundFace) -> Vector:
        """The mean of two looks, one a little closer than the other: the landmarks' jitter tells less."""
        picture = as_colour(pixels)
        assert picture is not None, "a face was found in these pixels"
        looks = np.stack([chip(picture, face.landmarks, closeness=c) for c in LOOKS])
        rgb = np.ascontiguousarray(looks[:, :, :, ::-1].transpose(0, 3, 1, 2), np.float32)
        return unit(self._embedder(rgb)[0].mean(0))

    def _detect(self, picture: Pixels) -> list[tuple[NDArray[np.float32], float, Vector]]:
        """(x1 y1 x2 y2, score, landmarks) of each face, in pixels of the picture."""
        height, width = picture.shape[:2]
        long = max(height, width)
        scale = max(160, min(long, self._long_side)) / long
        w, h = (max(32, round(side * scale / 32) * 32) for side in (width, height))
        small = cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        batch = np.ascontiguousarray(small[:, :, ::-1].transpose(2, 0, 1)[None], np.float32)
        heat, size, offset, marks = (out[0] for out in self._detector(batch))
        ys, xs = np.nonzero(heat[0] > self._min_score)
        shape = np.exp(np.clip(size[:, ys, xs], -10, 10)) * 4
        top = np.clip((ys + offset[0, ys, xs] + 0.5) * 4 - shape[0] / 2, 0, h)
        left = np.clip((xs + offset[1, ys, xs] + 0.5) * 4 - shape[1] / 2, 0, w)
        corners = np.stack([left, top, np.minimum(left + shape[1], w), np.minimum(top + shape[0], h)], 1)
        scores = heat[0, ys, xs]
        points = marks[:, ys, xs].reshape(5, 2, -1).transpose(2, 0, 1)[:, :, ::-1]
        points = points * shape.T[:, None, ::-1] + np.stack([left, top], 1)[:, None]
        back = np.array([width / w, height / h])
        return [
            (corners[i] * np.tile(back, 2), float(scores[i]), (points[i] * back).astype(np.float32))
            for i in apart(corners, scores)
        ]


def apart(corners: NDArray[np.float32], scores: NDArray[np.float32], overlap: float = 0.3) -> list[int]:
    """Indices of the boxes to keep, best first: of those that share more than `overlap` of their joint area only the best."""
    order = np.argsort(-scores, kind="stable")
    kept = []
    areas = np.prod(corners[:, 2:] - corners[:, :2], axis=1)
    while len(order):
        best, order = order[0], order[1:]
        kept.append(int(best))
        shared = np.minimum(corners[best, 2:], corners[order, 2:]) - np.maximum(corners[best, :2], corners[order, :2])
        joint = np.prod(np.clip(shared, 0, None), axis=1)
        order = order[joint <= overlap * (areas[best] + areas[order] - joint)]
    return kept


def chip(picture: Pixels, landmarks: Vector, *, closeness: float = 1.0) -> Pixels:
    """(150, 150, 3): the face turned upright and scaled as the embedder knows faces, or enlarged by `closeness`."""
    target = (TEMPLATE - CHIP / 2) * closeness + CHIP / 2
    points = np.asarray(landmarks, np.float64)
    points, picture = _cut(picture, points)
    matrix = similarity_transform(points, target)
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if scale < 0.5:
        # warpAffine looks at four pixels only: a large face is made smaller first, or it comes out grainy.
        share = max(1.5 * scale, 1 / min(picture.shape[:2]))
        picture = cast("Pixels", cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA))
        matrix = similarity_transform(points * share, target)
    return cast("Pixels", cv2.warpAffine(picture, matrix, (CHIP, CHIP), flags=cv2.INTER_LINEAR))


def _cut(picture: Pixels, points: Matrix) -> tuple[Matrix, Pixels]:
    """The surroundings of a face: OpenCV does not warp pictures of more than 32,767 pixels a side."""
    low, high = points.min(0), points.max(0)
    reach = 3 * max(float((high - low).max()), 1.0)
    height, width = picture.shape[:2]
    left, top = (int(np.clip(v, 0, side - 1)) for v, side in zip(low - reach, (width, height), strict=True))
    right, bottom = (int(np.clip(v, 1, side)) for v, side in zip(high + reach, (width, height), strict=True))
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    return points - [left, top], picture[top:bottom, left:right]


def similarity_transform(source: Matrix, target: Matrix) -> Matrix:
    """(2, 3): the turn, scale and shift that bring `source` points closest to `target` (Umeyama 1991)."""
    middle_s, middle_t = source.mean(0), target.mean(0)
    a, b = source - middle_s, target - middle_t
    u, strengths, v = np.linalg.svd(b.T @ a / len(source))
    sign = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(v)) or 1.0])
    turn = u @ np.diag(sign) @ v
    spread = max(float((a**2).sum()) / len(source), 1e-9)
    scale = float(strengths @ sign) / spread
    return np.hstack([scale * turn, (middle_t - scale * turn @ middle_s)[:, None]])
