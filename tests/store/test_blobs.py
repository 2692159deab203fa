"""Sealed pictures in a folder: found under their name, whole or not at all, and no name leads out of the folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealgate.ports import Sealed, Unreachable
from sealgate.store.blobs import MAX_BLOB, BadBlobName, BlobThere, BlobTooLarge, FolderBlobs, NoSuchBlob, new_name
from sealgate.store.faults import DiskFull, of_file


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs")


def test_what_is_put_is_got(blobs: FolderBlobs, tmp_path: Path) -> None:
    names = [new_name() for _ in range(20)]
    for name in names:
        blobs.put(name, Sealed(name.encode() * 100))
    again = FolderBlobs(tmp_path / "blobs")
    assert sorted(again.names()) == sorted(names)
    for name in names:
        assert again.get(name) == name.encode() * 100


def test_a_blob_that_is_not_there_is_named(blobs: FolderBlobs) -> None:
    with pytest.raises(NoSuchBlob):
        blobs.get(new_name())


def test_deleting_twice_is_once(blobs: FolderBlobs) -> None:
    name = new_name()
    blobs.put(name, Sealed(b"sealed"))
    blobs.delete(name)
    blobs.delete(name)
    assert list(blobs.names()) == []
    with pytest.raises(NoSuchBlob):
        blobs.get(name)


def test_a_name_is_used_once_and_the_first_stays(blobs: FolderBlobs) -> None:
    name = new_name()
    blobs.put(name, Sealed(b"first"))
    with pytest.raises(BlobThere):
        blobs.put(name, Sealed(b"second"))
    assert blobs.get(name) == b"first"


def test_a_blob_has_an_end(blobs: FolderBlobs) -> None:
    name = new_name()
    blobs.put(name, Sealed(bytes(MAX_BLOB)))
    assert len(blobs.get(name)) == MAX_BLOB
    with pytest.raises(BlobTooLarge):
        blobs.put(new_name(), Sealed(bytes(MAX_BLOB + 1)))


def test_what_a_crash_left_half_written_is_no_blob(blobs: FolderBlobs, tmp_path: Path) -> None:
    name = new_name()
    blobs.put(name, Sealed(b"whole"))
    (tmp_path / "blobs" / name[:2] / name[2:4] / f"{name}.12ab34cd.part").write_bytes(b"hal")
    assert list(blobs.names()) == [name]


def test_no_part_is_left_behind(blobs: FolderBlobs, tmp_path: Path) -> None:
    name = new_name()
    blobs.put(name, Sealed(b"whole"))
    assert [path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == [name]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=40) | st.from_regex(r"[0-9a-fA-F./]{0,40}") | st.just("../" * 10 + "etc/passwd") | st.just("a" * 32 + "\n")
)
def test_no_other_name_is_let_near_the_disk(blobs: FolderBlobs, name: str) -> None:
    if len(name) == 32 and set(name) <= set("0123456789abcdef"):
        return
    for use in (lambda: blobs.put(name, Sealed(b"x")), lambda: blobs.get(name), lambda: blobs.delete(name)):
        with pytest.raises(BadBlobName):
            use()


def test_the_folder_is_its_owners_alone(blobs: FolderBlobs, tmp_path: Path) -> None:
    blobs.put(new_name(), Sealed(b"sealed"))
    folders = [path for path in (tmp_path / "blobs").rglob("*") if path.is_dir()]
    assert {path.stat().st_mode & 0o777 for path in [tmp_path / "blobs", *folders]} == {0o700}


def test_a_folder_that_is_a_file_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unreachable):
        FolderBlobs(tmp_path / "file" / "blobs")


def test_a_full_disk_has_its_name() -> None:
    full = OSError(28, os.strerror(28))
    assert isinstance(of_file(full), DiskFull)
    with pytest.raises(OSError, match="No space") as told, Path("/dev/full").open("wb", buffering=0) as file:
        file.write(b"x")
    assert isinstance(of_file(told.value), DiskFull)
