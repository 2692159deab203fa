"""`sealgate read`, `compare` and `bench` as a machine sees them: JSON on each line, errors among it, status 1 at the end."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from sealgate.cli import bench_vision, read
from sealgate.cli.bench_plates import acceptance, bench_plates
from sealgate.cli.bench_sets import BadSet, rows_of
from sealgate.cli.bench_vision import bench_faces, bench_match, fmr_by_group
from sealgate.cli.read import FaceNotFound, compare_faces
from sealgate.domain.errors import Refused
from sealgate.ports import Pixels
from sealgate.vision.faces import Faces
from sealgate.vision.pictures import encode_jpeg
from sealgate.vision.plates import Plates


@pytest.fixture
def command() -> typer.Typer:
    app = typer.Typer()
    read.register(app)
    benches = typer.Typer()
    bench_vision.register(benches)
    app.add_typer(benches, name="bench")
    return app


def answers(command: typer.Typer, *words: str) -> tuple[int, list[Any]]:
    result = CliRunner().invoke(command, [*words, "--json"])
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def pictures(tmp_path: Path, alice: Pixels) -> Path:
    (tmp_path / "alice.jpg").write_bytes(encode_jpeg(alice))
    (tmp_path / "wall.jpg").write_bytes(encode_jpeg(np.full((200, 300, 3), 128, np.uint8)))
    (tmp_path / "broken.jpg").write_bytes(encode_jpeg(alice)[:-100])
    (tmp_path / "empty.jpg").write_bytes(b"")
    return tmp_path


def test_a_face_is_one_line(command: typer.Typer, pictures: Path) -> None:
    status, lines = answers(command, "read", "face", str(pictures / "alice.jpg"))
    assert status == 0
    assert lines[0]["file"] == str(pictures / "alice.jpg")
    assert set(lines[0]["faces"][0]) == {"box", "quality", "live"}
    assert len(lines[0]["faces"][0]["box"]) == 4
    assert lines[0]["ms"] > 0


def test_a_broken_picture_has_its_error_and_the_others_are_read(command: typer.Typer, pictures: Path) -> None:
    files = [str(pictures / name) for name in ("broken.jpg", "empty.jpg", "nowhere.jpg", "wall.jpg")]
    status, lines = answers(command, "read", "face", *files)
    assert status == 1
    assert [line["file"] for line in lines] == files
    assert [line["error"]["code"] for line in lines[:3]] == ["picture.broken", "picture.empty", "picture.unreadable"]
    assert lines[3]["faces"] == []


def test_a_plate_is_one_line(command: typer.Typer, shared_data: Path) -> None:
    picture = shared_data / "plates" / "cn_kinds" / "0003.jpg"
    status, lines = answers(command, "read", "plate", str(picture), "--country", "CN")
    plate = lines[0]["plates"][0]
    assert status == 0
    assert set(plate) == {"text", "score", "box", "kind"}
    assert (plate["text"], plate["kind"]) == ("沪AF71017", "cn-green")


def test_without_json_there_are_words(command: typer.Typer, pictures: Path) -> None:
    result = CliRunner().invoke(command, ["read", "face", str(pictures / "alice.jpg"), str(pictures / "empty.jpg")])
    assert "face of quality" in result.stdout
    assert "picture.empty" in result.stdout
    assert result.exit_code == 1


def test_two_pictures_of_alice_are_one_person(command: typer.Typer, pictures: Path) -> None:
    alice = str(pictures / "alice.jpg")
    status, lines = answers(command, "compare", alice, alice)
    assert status == 0
    assert lines[0]["same"] is True
    assert lines[0]["similarity"] == pytest.approx(1, abs=1e-3)
    assert lines[0]["threshold"] == Faces().min_similarity


def test_strangers_are_not_one_person(faces: Faces, shared_data: Path) -> None:
    folder = shared_data / "faces" / "lfw"
    assert compare_faces(faces, folder / "0000.png", folder / "0060.png")["same"] is False


def test_a_wall_cannot_be_compared(faces: Faces, pictures: Path) -> None:
    with pytest.raises(FaceNotFound):
        compare_faces(faces, pictures / "alice.jpg", pictures / "wall.jpg")


# --- sets ---


def a_set(folder: Path, heading: str, *rows: str) -> Path:
    path = folder / "set.csv"
    path.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    return path


def part_of(folder: Path, source: Path, every: int) -> Path:
    """Every n-th row of a set, its files named by where they are."""
    with (source / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[::every]
    path = folder / "part.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "file": str(source / row["file"])} for row in rows)
    return path


def test_a_set_of_plates_is_measured(command: typer.Typer, tmp_path: Path, shared_data: Path) -> None:
    status, lines = answers(command, "bench", "plates", str(part_of(tmp_path, shared_data / "plates" / "cn_crops", 60)))
    assert status == 0
    assert set(lines[0]) == {"n", "exact", "folded", "characters", "ms_p50", "ms_p95"} | ACCEPTANCE
    assert lines[0]["n"] == 9
    assert 0.8 <= lines[0]["exact"] <= lines[0]["folded"] <= 1
    assert 0 < lines[0]["ms_p50"] <= lines[0]["ms_p95"]


ACCEPTANCE = {"wrong_of_surest", "accepted", "wrong_of_accepted"}


def test_the_second_reader_is_measured_alone(command: typer.Typer, tmp_path: Path, shared_data: Path) -> None:
    part = part_of(tmp_path, shared_data / "plates" / "cn_crops", 10)
    status, lines = answers(command, "bench", "plates", str(part), "--second")
    assert status == 0
    assert lines[0]["exact"] >= 0.7


def test_of_what_is_accepted_the_misread_are_counted() -> None:
    judged = [(0.99, False)] * 8 + [(0.85, True), (0.3, True)]
    assert acceptance(judged) == {"wrong_of_surest": 0.1111, "accepted": 0.9, "wrong_of_accepted": 0.1111}
    assert acceptance([(0.1, True)])["wrong_of_accepted"] == 0


def test_pictures_without_a_plate_are_counted_by_what_is_seen_there(command: typer.Typer, tmp_path: Path) -> None:
    for n, shade in enumerate((40, 128, 220)):
        cv2.imwrite(str(tmp_path / f"{n}.png"), np.full((120, 300, 3), shade, np.uint8))
    status, lines = answers(command, "bench", "plates", "--none", str(tmp_path), "--country", "cn")
    assert status == 0
    assert (lines[0]["n"], lines[0]["seen"], lines[0]["accepted"], lines[0]["highest"]) == (3, 0, 0, 0.0)


def test_without_a_set_or_with_an_empty_folder_nothing_is_measured(command: typer.Typer, tmp_path: Path) -> None:
    assert answers(command, "bench", "plates")[0] != 0
    assert answers(command, "bench", "plates", "--none", str(tmp_path))[0] != 0


def test_a_plate_picture_that_cannot_be_read_counts_as_misread(plates: Plates, pictures: Path) -> None:
    truth = a_set(pictures, "file,plate,country,more", "broken.jpg,AB1234,hk,x", "nowhere.jpg,AB1234,hk,x")
    assert bench_plates(plates, truth)["exact"] == 0


def test_a_set_of_people_is_measured_by_all_pairs(command: typer.Typer, tmp_path: Path, shared_data: Path) -> None:
    status, lines = answers(command, "bench", "faces", str(part_of(tmp_path, shared_data / "faces" / "lfw", 5)))
    wanted = {
        "n",
        "not_found",
        "eer",
        "fnmr_at_fmr_1e-2",
        "fnmr_at_fmr_1e-3",
        "fmr_at_threshold",
        "threshold",
        "rank1",
        "fnmr_at_threshold",
    }
    assert status == 0
    assert set(lines[0]) == wanted | {"ms_p50", "ms_p95"}
    assert (lines[0]["n"], lines[0]["not_found"]) == (20, 0)
    assert lines[0]["eer"] <= 0.05
    assert lines[0]["rank1"] >= 0.9


def test_pairs_that_are_given_are_measured(faces: Faces, shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "faces" / "lfw"
    pairs = a_set(tmp_path, "file_a,file_b,same", *(f"{folder}/{a:04}.png,{folder}/{b:04}.png,{s}" for a, b, s in PAIRS))
    figures = bench_faces(faces, pairs)
    assert figures["n"] == 4
    assert figures["eer"] == 0
    assert figures["rank1"] is None


PAIRS = [(0, 1, 1), (20, 21, "true"), (0, 20, 0), (1, 21, "false")]


def test_a_face_that_is_not_found_is_a_miss_and_no_false_match(faces: Faces, pictures: Path) -> None:
    truth = a_set(pictures, "file,person", "alice.jpg,Alice", "wall.jpg,Alice", "broken.jpg,Bob")
    figures = bench_faces(faces, truth)
    assert figures["not_found"] == 2
    assert figures["fnmr_at_fmr_1e-2"] in (0.0, 1.0)
    assert figures["fmr_at_threshold"] == 0


def test_several_pictures_make_one_template_against_which_later_ones_are_held(
    faces: Faces, tmp_path: Path, shared_data: Path
) -> None:
    truth = part_of(tmp_path, shared_data / "faces" / "lfw", 3)
    figures = bench_faces(faces, truth, enrol=2)
    assert figures["pictures_each"] == 2
    assert 0 < figures["asked"] < figures["n"]
    assert figures["fnmr_at_fmr_1e-2"] <= 0.1
    with pytest.raises(BadSet):
        bench_faces(faces, truth, enrol=8)


def test_a_set_without_names_gives_false_matches_by_group(faces: Faces, tmp_path: Path, shared_data: Path) -> None:
    figures = bench_faces(faces, part_of(tmp_path, shared_data / "faces" / "south_asian_unlabelled", 8))
    assert figures["eer"] is None
    assert figures["fmr_at_threshold"] <= 0.02
    assert {"male", "female"} <= set(figures["fmr_by_group"])


def test_groups_are_counted_by_region_and_by_sex() -> None:
    similar = np.array([[1, 0.9, 0.1], [0.9, 1, 0.2], [0.1, 0.2, 1]])
    assert fmr_by_group(similar, ["1/f", "1/f", "2/f"], 0.5) == {"1/f": 1.0, "f": pytest.approx(1 / 3, abs=1e-5)}


@pytest.mark.parametrize("content", ["", "file,name\na,b\n", "file,person\n", "\0\0"])
def test_a_file_that_is_no_set_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "set.csv").write_text(content)
    with pytest.raises(BadSet) as refusal:
        rows_of(tmp_path / "set.csv", {"file", "person"})
    assert isinstance(refusal.value, Refused)


def test_a_set_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSet):
        rows_of(tmp_path / "nowhere.csv", {"file"})


def test_the_search_is_measured_for_each_size(command: typer.Typer) -> None:
    figures = bench_match([10, 200], queries=5)["sizes"]
    assert [row["templates"] for row in figures] == [10, 200]
    assert all(row["ms_p50"] <= row["ms_p95"] for row in figures)
    result = CliRunner().invoke(command, ["bench", "match", "--size", "10", "--queries", "2"])
    assert "ms_p95" in result.stdout
