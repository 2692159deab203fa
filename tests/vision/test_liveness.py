"""What the project draws of attackers is caught by the signs that are there for it, and the living are left alone.

The films are drawn too, of a drawn face: no photograph is needed, and nothing here says how good a real attack is.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from sealgate.cli import bench_vision
from sealgate.domain.head_turns import Turn, facing
from sealgate.ports import FoundFace, Pixels
from sealgate.vision.attacks import Film, Portrait, drawn, film, head
from sealgate.vision.faces import Faces
from sealgate.vision.liveness import Look, Sign, against, comes_round, head_pose, life, look_at, turns_flat


@pytest.fixture(scope="module")
def near() -> Faces:
    return Faces(long_side=320)


@pytest.fixture(scope="module")
def portrait(near: Faces) -> Portrait:
    face = drawn(1)
    return Portrait(face, near.find(face)[0].landmarks)


def looks(reader: Faces, kind: Film, portrait: Portrait, frames: int = 4) -> list[Look]:
    found: list[tuple[Pixels, FoundFace]] = []
    for pixels in film(kind, portrait, 5, frames):
        found += [(pixels, face) for face in reader.find(pixels)[:1]]
    assert len(found) == frames, "the face is found in every frame"
    return [look_at(pixels, face) for pixels, face in found]


@pytest.mark.parametrize(
    ("kind", "frames", "sign"),
    [
        (Film.LIVE_STILL, 4, None),
        (Film.LIVE_TURNS, 4, None),
        (Film.PRINT_RASTER, 4, Sign.RASTER),
        (Film.SCREEN_FILM, 4, Sign.RASTER),
        (Film.FED_FROZEN, 3, Sign.FROZEN),
        (Film.FED_LOOP, 6, Sign.LOOP),
        (Film.PRINT_PHOTO, 4, None),
        (Film.SCREEN_FINE, 4, None),
    ],
)
def test_each_attack_has_its_sign_and_a_good_picture_has_none(
    near: Faces, portrait: Portrait, kind: Film, frames: int, sign: Sign | None
) -> None:
    """The last two are the ones that only a turn of the head can tell: docs/models.md says so."""
    seen = looks(near, kind, portrait, frames)
    assert against(seen) is sign
    if sign is not None:
        assert life(seen) == 0.0


def test_a_raster_takes_several_looks(near: Faces, portrait: Portrait) -> None:
    assert against(looks(near, Film.SCREEN_PICTURE, portrait, 3)[:2]) is None


def test_a_head_turns_to_the_side_it_is_asked_for_and_a_picture_does_not(near: Faces, portrait: Portrait) -> None:
    ahead = head_pose(portrait.landmarks)
    sides = {yaw: near.find(head(portrait, yaw=yaw))[0] for yaw in (-28.0, 28.0)}
    assert facing(ahead, head_pose(sides[28.0].landmarks)) is Turn.LEFT
    assert facing(ahead, head_pose(sides[-28.0].landmarks)) is Turn.RIGHT
    for seen in looks(near, Film.PRINT_PHOTO, portrait):
        assert facing(ahead, head_pose(seen.landmarks)) not in {Turn.LEFT, Turn.RIGHT}


def look(landmarks: object, n: int) -> Look:
    thumb = np.random.default_rng(n).integers(0, 256, (24, 24, 3), np.uint8)
    return Look(np.asarray(landmarks, np.float32), thumb)


def test_a_plane_that_turns_is_told_from_a_head_that_does() -> None:
    flat = np.array([[25, 30], [55, 30], [40, 45], [28, 58], [52, 58]], np.float32)
    narrow = flat * [0.8, 1]
    nose = narrow.copy()
    nose[2, 0] += 5
    assert turns_flat([look(flat, 0), look(narrow, 1), look(narrow + 3, 2)])
    assert not turns_flat([look(flat, 0), look(narrow, 1)])
    assert not turns_flat([look(flat, 0), look(nose, 1), look(nose + 3, 2)])
    assert not turns_flat([look(flat, 0), look(flat * 1.4, 1), look(flat * 1.4 + 9, 2)]), "coming closer is no turning"


def test_one_frame_twice_is_no_loop() -> None:
    """A slow grabber may give an old frame once more; a film in a loop does so again and again."""
    face = np.zeros((5, 2))
    assert not comes_round([look(face, n) for n in (0, 1, 0, 2, 3, 4)])
    assert comes_round([look(face, n) for n in (0, 1, 2, 0, 1, 2)])


def test_a_face_at_the_rim_or_smaller_than_the_window_has_no_raster(near: Faces) -> None:
    tiny = drawn(2)[60:180, 80:200]
    face = FoundFace((0, 0, 100, 100), 0.9, np.zeros((5, 2), np.float32), 0.5)
    assert look_at(tiny, face).raster == 0.0


def test_the_bench_tells_both_rates_for_every_kind() -> None:
    app = typer.Typer()
    bench_vision.register(app)
    result = CliRunner().invoke(app, ["liveness", "--faces", "1", "--json"])
    told = json.loads(result.stdout)
    rows = {row["kind"]: row for row in told["kinds"]}
    assert set(rows) == {kind.value for kind in Film}
    assert told["from"] == "drawn"
    assert rows["live-still"]["bpcer_signs"] == 0
    assert rows["fed-frozen"]["apcer_signs"] == 0
    assert rows["fed-frozen"]["apcer_questions"] == 0
    assert rows["print-photo"]["apcer_signs"] == 1, "told as it is: no sign finds it"


def test_a_folder_without_faces_is_refused_by_name(tmp_path: object) -> None:
    app = typer.Typer()
    bench_vision.register(app)
    result = CliRunner().invoke(app, ["liveness", str(tmp_path), "--json"])
    assert getattr(result.exception, "code", "") == "bench.no-faces"
