"""Others beside ours, without a network: what cannot be installed is told as such, and of what they say nothing is believed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from tests.cli.conftest import Result

from sealgate.cli.bench_peers import HEADS, Contest, Wanted, away, measure, rows
from sealgate.cli.bench_sets import BadSet
from sealgate.cli.peers import contest, runner
from sealgate.cli.peers.contest import Asking, FaceSet, SaidFace, SaidLines, SaidNearest, face_set, picked, told_apart
from sealgate.cli.peers.environment import FACES, MARK, MATCH, PLATES, Environment, NoEnvironment, Peer, inner, outer
from sealgate.cli.peers.outside import PeerFailed, lines, reason

OURSELVES = Environment(Path(sys.prefix))
"""Our own environment as that of the peers: faiss lies there, the others do not. Nothing is installed into it."""
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_DRY_RUN": "1"}


def unheard(what: str, done: int, whole: int) -> None:
    assert what
    assert 0 < done <= whole


def test_without_a_network_ours_is_measured_and_the_others_are_told_as_not_installed(sealgate: Any, tmp_path: Path) -> None:
    told: Result = sealgate(
        "bench", "peers", "--size", "60", "--queries", "4", "--folder", tmp_path / "kept", "--json", env=OFFLINE
    )
    assert told.status == 1
    ours, *others = json.loads(told.out)["rows"]
    assert (ours["who"], ours["n"], ours["templates"], ours["nearest"]) == ("sealgate", 4, 60, 1.0)
    assert [row["who"] for row in others] == ["faiss, 32 bits", "faiss, 16 bits", "usearch"]
    assert {row["error"]["code"] for row in others} == {"bench.peer-not-installed"}
    assert all("==" in row["error"]["message"] and "pip" in row["error"]["hint"] for row in others)
    assert told.err.count("bench.peer-not-installed") == 3
    assert (tmp_path / "kept" / MARK).is_file()  # and is used again: a second time nobody makes it


def test_faiss_runs_beside_ours_and_who_breaks_off_stops_nobody(tmp_path: Path) -> None:
    wanted = Wanted(size=300, queries=20)
    one = Contest(Asking(OURSELVES, tmp_path), unheard)
    ours, whole, half, usearch = one.rows(wanted.rounds(tmp_path))
    assert ours["nearest"] == ours["nearest_known"] == whole["nearest"] == whole["nearest_two"] == 1.0
    assert half["nearest"] >= 0.95
    assert set(whole["versions"]) == {"faiss-cpu"}
    assert (usearch["error"]["code"], usearch["error"]["message"]) == (
        "bench.peer-failed",
        "ModuleNotFoundError: No module named 'usearch'",
    )


def test_our_readers_are_asked_as_the_others_are(tmp_path: Path, shared_data: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8no picture")
    lfw, crops = (shared_data / "faces" / "lfw", shared_data / "plates" / "cn_crops")
    people = tmp_path / "people.csv"
    people.write_text(f"file,person\n{lfw / '0000.png'},A\n{lfw / '0001.png'},A\n{lfw / '0060.png'},B\nbroken.jpg,B\n")
    asking = Asking(OURSELVES, tmp_path)
    found = contest.faces(asking, FACES[0], face_set(people, 0), lambda: None)
    # of two pairs of one person one has a face that was not found: half of them are missed
    assert (found["n"], found["not_found"], found["fnmr_at_fmr_1e-3"]) == (4, 1, 0.5)
    cars = tmp_path / "cars.csv"
    cars.write_text(f"file,plate,country\n{crops / '0000.png'},沪AMS087,cn\nbroken.jpg,沪C21F13,cn\n", encoding="utf-8")
    read = contest.plates(asking, PLATES[0], contest.plate_set(cars, 0), lambda: None)
    assert (read["n"], read["exact"], read["folded"]) == (2, 0.5, 0.5)
    assert read["cpu_ms_p50"] > 0


def test_faces_are_told_apart_by_their_distance_and_who_was_not_found_is_like_nobody() -> None:
    far, near = [1.0] + [0.0] * 127, [0.9, 0.1] + [0.0] * 126
    other = [0.0] * 127 + [1.0]
    of = FaceSet("three", ("a", "b", "c"), np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([True, False, False]))
    assert told_apart([far, near, other], of) == {"not_found": 0, "eer": 0.0, "fnmr_at_fmr_1e-3": 0.0}
    assert told_apart([far, None, other], of) == {"not_found": 1, "eer": 0.75, "fnmr_at_fmr_1e-3": 1.0}


def test_pairs_that_are_given_are_taken_and_of_many_plates_some_of_everywhere(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("file_a,file_b,same\na.png,b.png,1\na.png,c.png,no\n")
    of = face_set(pairs, 0)
    assert [Path(file).name for file in of.files] == ["a.png", "b.png", "c.png"]
    assert (of.first.tolist(), of.second.tolist(), of.same.tolist()) == ([0, 0], [1, 2], [True, False])
    cars = tmp_path / "cars.csv"
    cars.write_text("file,plate,country\n" + "".join(f"{n}.png,A{n},cn\n" for n in range(10)))
    assert contest.plate_set(cars, 3).texts == ("A0", "A3", "A6")


@pytest.mark.parametrize(
    ("found", "country", "plate"),
    [
        ([("GOL", 0.99), ("MSI", 0.99), ("AZJ·6991", 0.9)], "br", "AZJ6991"),
        ([("沪A", 0.9), ("F71017", 0.8), ("总李谈车", 0.99)], "cn", "沪AF71017"),
        ([("TAXI", 0.99), ("XQ12", 0.5)], "cn", "XQ12"),
        ([("?", 0.9), ("x" * 80, 0.9)], "cn", ""),
        ([], "eu", ""),
    ],
)
def test_of_all_lines_the_one_that_looks_like_a_plate_is_picked(
    found: list[tuple[str, float]], country: str, plate: str
) -> None:
    assert picked(found, country) == plate


class Keeping:
    """Keeps what one call was told for the next, as rapidocr does; finds lines in large pictures only."""

    def __init__(self) -> None:
        self.steps = {"use_det": True, "use_cls": True, "use_rec": True}

    def __call__(self, pixels: int, **steps: bool) -> Any:
        self.steps |= steps
        lines = ("GOL", "AZJ·6991") if pixels > 100 else ()
        found = lines if self.steps["use_det"] else ("whole",)
        return SimpleNamespace(txts=found, scores=[0.9] * len(found))


def test_a_small_picture_is_read_whole_and_the_next_is_searched_again() -> None:
    engine = Keeping()
    read = [runner.lines_of(engine, pixels) for pixels in (200, 50, 200)]
    assert [[text for text, _ in lines] for lines in read] == [["GOL", "AZJ·6991"], ["whole"], ["GOL", "AZJ·6991"]]


# --- what others say ---


def python(*source: str) -> list[str]:
    return [sys.executable, "-c", "\n".join(source)]


SLEEP = ("import time", "time.sleep(3600)")


@pytest.mark.parametrize(
    ("command", "bounds", "why"),
    [
        (python("import sys", "sys.exit('ERROR: from http://a.b/c: \\x1b[31mno wheel')"), {}, "from (address) no wheel"),
        (python("print('one')", "raise SystemExit(3)"), {}, "it ended with status 3"),
        (python("print('x' * 5000)"), {}, "a line of more than 1000 bytes"),
        (python("import sys", "while True: sys.stdout.write('x')"), {}, "a line of more than 1000 bytes"),
        (python(*SLEEP), {"silent": 0.2}, "it took too long"),
        (python("import sys", "while True: print('x', file=sys.stderr)"), {"whole": 0.5}, "it took too long"),
        (python("import os", "os.close(1)", "os.close(2)", *SLEEP), {"ending": 0.2}, "it closed its output and did not end"),
        (["/nowhere/python"], {}, "it cannot be started: No such file or directory"),
    ],
)
def test_a_program_that_goes_beyond_a_bound_is_ended_and_told_as_failed(
    command: list[str], bounds: dict[str, float], why: str
) -> None:
    with pytest.raises(PeerFailed) as refusal:
        list(lines(command, outer(), longest=1000, **bounds))
    assert str(refusal.value) == why
    assert refusal.value.hint


def test_the_reason_is_short_and_can_be_printed() -> None:
    assert reason(b"") == ""
    assert len(reason(b"x" * 4000)) == 300
    assert reason(b"\xff\x07bad\n\n") == "\ufffdbad"


VECTOR = [0.0] * 128


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (SaidFace, {"vector": VECTOR[1:], "ms": 1, "cpu_ms": 1}),
        (SaidFace, {"vector": [*VECTOR[1:], 1e9], "ms": 1, "cpu_ms": 1}),
        (SaidFace, {"vector": None, "ms": -1, "cpu_ms": 1}),
        (SaidFace, {"vector": None, "ms": 1, "cpu_ms": 1, "more": 1}),
        (SaidLines, {"lines": [["x" * 501, 1.0]], "ms": 1, "cpu_ms": 1}),
        (SaidLines, {"lines": [["x", 1.0]] * 501, "ms": 1, "cpu_ms": 1}),
        (SaidNearest, {"nearest": [1], "ms": 1, "cpu_ms": 1}),
    ],
)
def test_an_answer_of_another_form_is_none(kind: type[contest.Said], answer: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate_json(json.dumps(answer))


def test_not_a_number_is_no_answer() -> None:
    with pytest.raises(ValidationError):
        SaidLines.model_validate_json('{"lines": [["x", NaN]], "ms": 1, "cpu_ms": 1}')


HELLO, ANSWER = '{"versions": {"it": "1"}}', '{"nearest": [0, 1], "ms": 1, "cpu_ms": 1}'


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([], "it answered what is no answer: StopIteration"),
        (["hello"], "it answered what is no answer: ValidationError"),
        ([HELLO, "null"], "it answered what is no answer: ValidationError"),
        ([HELLO, ANSWER], "it was asked 2 things and answered 1"),
        ([HELLO, *[ANSWER] * 1000], "it was asked 2 things and answered 3"),
    ],
)
def test_a_peer_that_answers_too_little_too_much_or_nonsense_has_failed(tmp_path: Path, said: list[str], why: str) -> None:
    hostile = tmp_path / "bin" / "python"
    hostile.parent.mkdir()
    hostile.write_text("#!/bin/sh\n" + "".join(f"echo '{line}'\n" for line in said))
    hostile.chmod(0o700)
    with pytest.raises(PeerFailed) as refusal:
        Asking(Environment(tmp_path), tmp_path).ask(MATCH[1], {}, 2, SaidNearest, lambda: None)
    assert str(refusal.value) == why


def test_a_peer_is_told_nothing_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEALGATE_PASSPHRASE", "secret")
    monkeypatch.setenv("CLOUD_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "ours")
    assert "secret" not in inner(MATCH[1], tmp_path).values()
    assert "PYTHONPATH" not in inner(MATCH[1], tmp_path)
    assert inner(MATCH[0], tmp_path)["PYTHONPATH"] == "ours"
    assert "SEALGATE_PASSPHRASE" not in outer()


# --- refusals, and the table ---


def test_somebody_elses_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    for folder in (tmp_path, tmp_path / "letter.txt"):
        with pytest.raises(NoEnvironment):
            measure(Wanted(size=10, queries=1), folder, unheard)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_set_that_cannot_be_read_is_refused_before_anything_is_installed(tmp_path: Path) -> None:
    one = tmp_path / "one.csv"
    one.write_text("file,person\na.png,A\n")
    for wanted in (Wanted(size=0), Wanted(size=1), Wanted(faces=[one]), Wanted(plates=[one])):
        with pytest.raises(BadSet):
            measure(wanted, tmp_path / "never", unheard)
    assert not (tmp_path / "never").exists()


def test_every_peer_is_pinned_and_the_table_has_a_row_for_each() -> None:
    peers: list[Peer] = [*FACES, *PLATES, *MATCH]
    assert all("==" in package for peer in peers for package in (*peer.packages, *peer.bare))
    error = {"code": "bench.peer-not-installed", "message": "no wheel", "hint": "look"}
    took = {"cpu_ms_p50": 1.5, "ms_p50": 2.0, "ms_p95": 3.0}
    face = {"kind": "faces", "set": "lfw", "who": "sealgate", "n": 3, "not_found": 0, "eer": 0.01, "fnmr_at_fmr_1e-3": None}
    away_twice = [{"kind": "plates", "set": name, "who": "rapidocr", "error": error} for name in ("a", "b")]
    result = {"rows": [{**face, **took, "versions": {"sealgate": "1", "more": "2"}}, *away_twice]}
    table = rows(result)
    assert table[0] == ("faces lfw", "sealgate 1", "3", "0.0100", "-", "1.5", "2.0")
    assert table[1] == ("plates a", "rapidocr", "-", "not installed", "", "", "")
    assert {len(row) for row in table} == {len(HEADS)}
    assert away(result) == ["rapidocr: no wheel (bench.peer-not-installed)\n  look"]
