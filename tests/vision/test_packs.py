"""A pack is taken when its licence was accepted and its bytes are the known ones, from an address or a file; or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from sealgate.cli import packs as commands
from sealgate.vision import packs
from sealgate.vision.packs import (
    PACKS,
    LicenceNotAccepted,
    NoSuchPack,
    Pack,
    PackFile,
    PackUnreachable,
    add,
    is_there,
    over_https,
)
from sealgate.vision.runtime import WrongHash

CONTENT = {"finder": b"finds faces" * 9, "teller": b"tells them apart" * 7}


def made(name: str) -> PackFile:
    content = CONTENT[name]
    address = f"https://models.example/{name}.onnx"
    return PackFile(f"{name}.onnx", address, hashlib.sha256(content).hexdigest(), len(content), name, "MIT", "Nobody")


PACK = Pack("example", "for tests", (made("finder"), made("teller")))


def fetch(file: PackFile) -> Iterator[bytes]:
    content = CONTENT[file.role]
    yield from (content[at : at + 10] for at in range(0, len(content), 10))


def never(file: PackFile) -> Iterator[bytes]:
    raise AssertionError(f"{file.address} was asked")


def test_nothing_is_taken_before_the_licence_is_accepted(tmp_path: Path) -> None:
    with pytest.raises(LicenceNotAccepted) as refusal:
        add(PACK, tmp_path, accepted=False, fetch=never)
    assert refusal.value.code == "models.licence-not-accepted"
    assert list(tmp_path.iterdir()) == []


def test_a_pack_is_taken_once_and_what_was_damaged_again(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    assert add(PACK, folder, accepted=True, fetch=fetch) == list(PACK.files)
    assert sorted(path.name for path in folder.iterdir()) == ["finder.onnx", "teller.onnx"]
    assert add(PACK, folder, accepted=False, fetch=never) == []
    (folder / "teller.onnx").write_bytes(b"damaged")
    assert add(PACK, folder, accepted=True, fetch=fetch) == [PACK.files[1]]


def test_files_that_were_brought_along_need_no_network_and_may_have_any_name(tmp_path: Path) -> None:
    for name, content in CONTENT.items():
        (tmp_path / f"{name}-copy").write_bytes(content)
    brought = [tmp_path / "teller-copy", tmp_path / "finder-copy"]
    add(PACK, tmp_path / "models", accepted=True, brought=brought, fetch=never)
    assert all(is_there(file, tmp_path / "models") for file in PACK.files)


def test_a_brought_file_that_is_another_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "finder").write_bytes(CONTENT["finder"] + b"!")
    with pytest.raises(WrongHash):
        add(PACK, tmp_path / "models", accepted=True, brought=[tmp_path / "finder"], fetch=fetch)
    with pytest.raises(PackUnreachable):
        add(PACK, tmp_path / "models", accepted=True, brought=[tmp_path / "nowhere"], fetch=fetch)
    assert not (tmp_path / "models").exists()


def test_one_wrong_file_keeps_the_whole_pack_out(tmp_path: Path) -> None:
    other = replace(PACK.files[1], sha256="0" * 64)
    with pytest.raises(WrongHash):
        add(replace(PACK, files=(PACK.files[0], other)), tmp_path / "models", accepted=True, fetch=fetch)
    assert not (tmp_path / "models").exists()


def test_no_more_is_read_than_the_file_has(tmp_path: Path) -> None:
    asked = []

    def endless(_file: PackFile) -> Iterator[bytes]:
        while True:
            asked.append(1)
            yield b"x" * 50

    with pytest.raises(WrongHash, match="larger"):
        add(PACK, tmp_path, accepted=True, fetch=endless)
    assert len(asked) == 2


def test_only_https_is_asked() -> None:
    with pytest.raises(PackUnreachable):
        list(over_https(replace(PACK.files[0], address="http://models.example/a")))


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_every_pack_has_hashes_and_licences_we_may_use(pack: Pack) -> None:
    assert all(len(file.sha256) == 64 and file.size > 0 for file in pack.files)
    assert {file.licence for file in pack.files} <= {"MIT", "Apache-2.0", "CC0-1.0"}
    assert all(file.address.startswith("https://") for file in pack.files)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setattr(commands, "folder", lambda: tmp_path / "data" / "models")
    monkeypatch.setattr(packs, "PACKS", (PACK,))
    monkeypatch.setattr(packs, "over_https", fetch)
    app = typer.Typer()
    commands.register(app)
    return app


def test_the_command_shows_what_is_accepted_then_takes_it(command: typer.Typer, tmp_path: Path) -> None:
    refused = CliRunner().invoke(command, ["add", "example"])
    assert isinstance(refused.exception, LicenceNotAccepted)
    for shown in ("licence MIT", "https://models.example/finder.onnx", PACK.files[1].sha256):
        assert shown in refused.stdout
    taken = CliRunner().invoke(command, ["add", "example", "--accept", "--json"])
    assert json.loads(taken.stdout)["taken"] == ["finder.onnx", "teller.onnx"]
    listed = json.loads(CliRunner().invoke(command, ["packs", "--json"]).stdout)["packs"]
    assert [file["there"] for file in listed[0]["files"]] == [True, True]
    assert isinstance(CliRunner().invoke(command, ["add", "other", "--accept"]).exception, NoSuchPack)
