"""What names a camera, and that no password in it is ever shown."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.devices.failures import BadSource, NoSuchCamera
from sealgate.devices.sources import SourceKind, parse_source

PASSWORD = "s3cret-of-Dora"


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        (f"rtsp://dora:{PASSWORD}@10.0.0.7:554/Streaming/101", SourceKind.RTSP, "rtsp://10.0.0.7:554"),
        (f"rtsp://10.0.0.7/user=dora_password={PASSWORD}_channel=1", SourceKind.RTSP, "rtsp://10.0.0.7"),
        (f"rtsps://cam.example/live?password={PASSWORD}", SourceKind.RTSP, "rtsps://cam.example"),
        (f"http://dora:{PASSWORD}@[fe80::1]:8080/video", SourceKind.HTTP, "http://[fe80::1]:8080"),
        ("usb:0", SourceKind.USB, "usb:0"),
        ("/dev/video12", SourceKind.USB, "usb:12"),
    ],
)
def test_a_camera_is_known_by_its_name_and_shown_without_secrets(text: str, kind: SourceKind, shown: str) -> None:
    source = parse_source(text)
    assert (source.kind, source.shown, source.live) == (kind, shown, True)
    assert PASSWORD not in repr(source)
    assert PASSWORD not in str(source)


def test_files_and_folders_take_options(tmp_path: Path) -> None:
    (tmp_path / "a.JPG").touch()
    (tmp_path / "v.mp4").touch()
    assert parse_source(str(tmp_path)).kind is SourceKind.FOLDER
    assert parse_source(f"{tmp_path}/a.JPG").kind is SourceKind.PICTURE
    looped = parse_source(f"{tmp_path}/v.mp4?loop")
    assert (looped.kind, looped.loop, looped.live) == (SourceKind.VIDEO, True, False)
    held = parse_source(f"{tmp_path}?loop&hold=2.5")
    assert (held.loop, held.hold.total_seconds()) == (True, 2.5)


def test_a_question_mark_may_be_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "who?.png").touch()
    assert parse_source(f"{tmp_path}/who?.png").address.endswith("who?.png")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rtsp://",
        "rtsp://[broken/x",
        f"rtsp://dora:{PASSWORD}@cam:notaport/x",
        f"ftp://dora:{PASSWORD}@cam/x",
        "file:///etc/passwd",
        "rtsp://cam/a b",
        "rtsp://cam/\r\nX: y",
        "rtsp://cam/" + "a" * 3000,
    ],
)
def test_what_is_no_camera_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(BadSource) as refusal:
        parse_source(text)
    assert refusal.value.code == "camera.bad-source"
    assert PASSWORD not in "".join((str(refusal.value), repr(refusal.value), str(refusal.value.__cause__)))


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "playlist.m3u8").write_text("#EXTM3U\nfile:///etc/passwd\n")
    with pytest.raises(BadSource):
        parse_source(f"{tmp_path}/playlist.m3u8")
    with pytest.raises(BadSource):
        parse_source(f"{tmp_path}?hold=99999999999999999999999")
    with pytest.raises(BadSource):
        parse_source(f"{tmp_path}?hold=1.2.3")


def test_a_file_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    for name in ("nobody.mp4", "n" * 300):
        with pytest.raises(NoSuchCamera) as failure:
            parse_source(f"{tmp_path}/{name}")
        assert failure.value.permanent


@given(st.text(max_size=80))
def test_any_text_is_a_source_or_one_named_error(text: str) -> None:
    try:
        shown = parse_source(text).shown
    except (BadSource, NoSuchCamera) as error:
        shown = error.code
    assert shown
