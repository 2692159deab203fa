"""QR codes held before a camera: ours are read, from paper and askew; noise is nothing."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
import segno

from sealgate.ports import Pixels
from sealgate.vision.pictures import code_in, decode

TEXT = "SG1.b2xkIHNoaXBzIHNhaWw0"


def before_camera(angle: float = 0.0, size: int = 300) -> Pixels:
    """A code as a telephone shows it, in the middle of a grey room."""
    drawing = io.BytesIO()
    segno.make(TEXT, error="m", micro=False).save(drawing, kind="png", scale=8, border=3)
    code = cv2.resize(decode(drawing.getvalue()), (size, size), interpolation=cv2.INTER_AREA)
    room = np.full((720, 1280, 3), 96, np.uint8)
    room[200 : 200 + size, 500 : 500 + size] = code
    turn = cv2.getRotationMatrix2D((640, 360), angle, 1.0)
    return np.asarray(cv2.warpAffine(room, turn, (1280, 720), borderValue=(96, 96, 96)), np.uint8)


@pytest.mark.parametrize("angle", [0.0, 15.0, -30.0, 90.0])
def test_a_code_of_ours_is_read_askew_too(angle: float) -> None:
    assert code_in(before_camera(angle)) == TEXT


@pytest.mark.parametrize("shape", [(1, 1, 3), (48, 36, 3), (720, 1280, 3)])
def test_noise_is_no_code(shape: tuple[int, int, int]) -> None:
    assert code_in(np.random.default_rng(7).integers(0, 256, shape, np.uint8)) == ""
