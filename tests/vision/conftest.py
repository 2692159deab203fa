"""The readers, made once: a missing model fails every test that needs one, with the command that makes it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from sealgate.domain.plates import PlateText
from sealgate.ports import Box, FoundFace, FoundPlate, Pixels, Vector
from sealgate.vision.faces import Faces
from sealgate.vision.pictures import decode
from sealgate.vision.plates import Plates

Rows = Callable[[str, str, int], list[tuple[Pixels, str, str]]]
DrawPlate = Callable[[str], Pixels]


@pytest.fixture(scope="session")
def faces() -> Faces:
    return Faces()


@pytest.fixture(scope="session")
def plates() -> Plates:
    return Plates()


@pytest.fixture(scope="session")
def rows(shared_data: Path) -> Rows:
    """(picture, truth, country) of every n-th row of a set's truth.csv: rows("plates", "eu_frames", 4)."""

    def of(kind: str, name: str, every: int) -> list[tuple[Pixels, str, str]]:
        folder = shared_data / kind / name
        with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
            found = list(csv.DictReader(file))[::every]
        truth = "plate" if kind == "plates" else "person"
        return [(decode((folder / row["file"]).read_bytes()), row[truth], row.get("country", "")) for row in found]

    return of


@pytest.fixture(scope="session")
def alice(rows: Rows) -> Pixels:
    """A photograph with one face."""
    return rows("faces", "lfw", 1000)[0][0]


@pytest.fixture(scope="session")
def draw_plate() -> DrawPlate:
    """A dark text on a white plate, as a picture of 1280 by 720 with the plate in it."""

    def draw(text: str) -> Pixels:
        picture = np.full((720, 1280, 3), 90, np.uint8)
        cv2.rectangle(picture, (430, 400), (430 + 34 * len(text), 470), (245, 245, 245), -1)
        cv2.putText(picture, text, (445, 455), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (20, 20, 20), 4, cv2.LINE_AA)
        return picture

    return draw


@pytest.fixture
def a_face() -> Callable[..., FoundFace]:
    def make(quality: float = 0.5, box: Box = (10, 10, 60, 60), landmarks: Vector | None = None) -> FoundFace:
        marks = np.array([[25, 30], [55, 30], [40, 45], [28, 58], [52, 58]], np.float32) if landmarks is None else landmarks
        return FoundFace(box=box, score=0.9, landmarks=marks, quality=quality)

    return make


@pytest.fixture
def a_plate() -> Callable[..., FoundPlate]:
    def make(text: str = "京A12345", score: float = 0.8, box: Box = (100, 100, 120, 40)) -> FoundPlate:
        return FoundPlate(PlateText(text), score, (score,) * len(text), box, "cn-blue")

    return make
