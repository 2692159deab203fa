"""Lines of text: where they are in a picture (PP-OCR det) and how each is read (PP-OCR rec).

The detector paints how likely each pixel is text; a line is a blob of that paint, made larger again because the
network was trained to paint lines thinner than they are (DB, Liao 2020).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from sealgate.domain.platepatterns import ALPHABET, LETTERS
from sealgate.ports import Pixels
from sealgate.vision.catalogue import TEXT_DETECTOR, TEXT_READER
from sealgate.vision.ctc import Steps
from sealgate.vision.runtime import network

Quad = NDArray[np.float32]
"""(4, 2): the corners x, y of a line, clockwise from the top left."""

MAX_LINES = 60


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    quad: Quad
    score: float

    @property
    def left(self) -> float:
        return float(self.quad[:, 0].min())

    @property
    def right(self) -> float:
        return float(self.quad[:, 0].max())

    @property
    def middle(self) -> float:
        return float(self.quad[:, 1].mean())

    @property
    def width(self) -> float:
        return float(np.linalg.norm(self.quad[1] - self.quad[0]))

    @property
    def height(self) -> float:
        return float(np.linalg.norm(self.quad[3] - self.quad[0]))


class LineDetector:
    """Safe to call from several threads."""

    def __init__(self, *, threads: int = 1, paint: float = 0.3, min_score: float = 0.5, widen: float = 1.6) -> None:
        self._network = network(TEXT_DETECTOR, threads=threads)
        self._paint, self._min_score, self._widen = paint, min_score, widen

    def __call__(self, picture: Pixels, long_side: int) -> list[Line]:
        """At most MAX_LINES lines, the largest first. The cost goes with `long_side`, not with the picture."""
        height, width = picture.shape[:2]
        scale = min(1.0, long_side / max(height, width))
        w, h = (max(32, round(side * scale / 32) * 32) for side in (width, height))
        small = cv2.resize(picture, (w, h), interpolation=cv2.INTER_LINEAR)
        batch = np.ascontiguousarray(small.transpose(2, 0, 1)[None], np.float32) / 127.5 - 1
        painted = self._network(batch)[0][0, 0]
        blobs = cv2.dilate((painted > self._paint).astype(np.uint8), np.ones((2, 2), np.uint8))
        outlines, _ = cv2.findContours(blobs, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        outlines = sorted(outlines, key=cv2.contourArea, reverse=True)[:MAX_LINES]
        back = np.array([width / w, height / h], np.float32)
        lines = (self._line(outline, painted) for outline in outlines if len(outline) >= 4)
        return [Line(upright(line.quad * back), line.score) for line in lines if line is not None]

    def _line(self, outline: NDArray[np.int32], painted: NDArray[np.float32]) -> Line | None:
        middle, (w, h), angle = cv2.minAreaRect(outline)
        if min(w, h) < 3:
            return None
        score = mean_inside(outline, painted)
        if score < self._min_score:
            return None
        more = w * h * self._widen / (w + h)
        return Line(cv2.boxPoints((middle, (w + more, h + more), angle)), score)


def mean_inside(outline: NDArray[np.int32], painted: NDArray[np.float32]) -> float:
    x, y, w, h = cv2.boundingRect(outline)
    mask = np.zeros((h, w), np.uint8)
    cv2.fillPoly(mask, [outline - [x, y]], 1)
    return float(cv2.mean(painted[y : y + h, x : x + w], mask)[0])


def upright(corners: Quad) -> Quad:
    """The corners, clockwise from the top left."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = (pair[np.argsort(pair[:, 1], kind="stable")] for pair in (by_x[:2], by_x[2:]))
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def cut(picture: Pixels, quad: Quad) -> Pixels | None:
    """The line, straightened; None if it is too small to read."""
    width = int(max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[3] - quad[2])))
    height = int(max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2])))
    if width < 8 or height < 4:
        return None
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad, target)
    size = (width, height)
    return cast("Pixels", cv2.warpPerspective(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC))


class LineReader:
    """Safe to call from several threads."""

    def __init__(self, *, threads: int = 1) -> None:
        self._network = network(TEXT_READER, threads=threads)
        known = self._network.metadata["character"].splitlines()
        self._columns = columns_of(known)

    def __call__(self, line: Pixels) -> Steps:
        height, width = line.shape[:2]
        w = min(640, math.ceil(48 * width / height))
        padded = np.zeros((48, min(640, max(160, math.ceil(w / 8) * 8)), 3), np.float32)
        padded[:, :w] = cv2.resize(line, (w, 48)).astype(np.float32) / 127.5 - 1
        said = self._network(np.ascontiguousarray(padded.transpose(2, 0, 1)[None]))[0][0].astype(np.float64)
        chars = np.stack([said[:, columns].sum(1) for columns in self._columns], 1)
        return np.concatenate([np.maximum(1 - chars.sum(1, keepdims=True), 0), chars], 1)


_ALSO = {**{char: char.lower() for char in LETTERS}, "L": "", "1": "l|"}
"""What else means a character: small letters are large ones, but a small l is a 1."""


def columns_of(known: list[str]) -> list[list[int]]:
    """For each character of ALPHABET the reader's columns that mean it. Column 0 is none."""
    place = {char: i + 1 for i, char in enumerate(known)}
    return [[place[c] for c in char + _ALSO.get(char, "") if c in place] for char in ALPHABET]
