"""The door bench measures what it says it does; here with simulated readers, so that it takes seconds."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from sealgate.cli.bench_door import DRAWN, StandIn, drawn_face, drawn_plate, first_picture, measure, rows, scene
from sealgate.devices.failures import NoSuchCamera
from sealgate.devices.simulated import SimulatedFaceReader, SimulatedPlateReader
from sealgate.domain.plates import PlateText

ALICE = np.eye(128, dtype=np.float32)[0]


def test_everybody_is_decided_about_and_let_in_and_each_stage_is_told() -> None:
    faces = SimulatedFaceReader({DRAWN: ALICE})
    plates = SimulatedPlateReader({(160, 60, 20): PlateText("A12345")})
    result = measure(faces, plates, face=drawn_face(), plate=drawn_plate(), people=3, idle_seconds=0.6)
    for kind in ("face", "plate"):
        course = result[kind]
        assert (course["decisions"], course["opened"]) == (3, 3)
        assert course["frame_to_decision"]["n"] == 3
        assert 0 < course["frame_to_decision"]["ms_p50"] <= course["frame_to_decision"]["ms_p95"]
        assert {"decode", "motion", "find", "track", "decide"} <= set(course)
    assert result["idle"]["share_of_core"] > 0
    assert result["memory_mb"] > 10
    assert [len(row) for row in rows(result)] == [3] * len(list(rows(result)))


def test_a_drawn_face_is_found_where_it_stands_whatever_the_reader_says() -> None:
    reader = StandIn(SimulatedFaceReader({(0, 255, 0): ALICE}))
    (face,) = reader.find(scene(drawn_face(), shift=16))
    assert abs(face.box[0] - (1280 - 432) // 2 - 16) <= 8
    assert abs(face.box[2] - 432) <= 16
    assert reader.find(scene(None)) == []


def test_the_first_picture_of_a_folder_comes(tmp_path: Path) -> None:
    with pytest.raises(NoSuchCamera):
        first_picture(tmp_path)
    for grey in (20, 10):
        cv2.imwrite(str(tmp_path / f"{grey}.png"), np.full((40, 40, 3), grey, np.uint8))
    assert int(first_picture(tmp_path)[0, 0, 0]) == 10
