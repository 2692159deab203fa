"""What every camera does, whatever is behind it: frames with an instant, newest first asked, and closed when told."""

import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from threading import Event, Thread

import av
import cv2
import numpy as np
import pytest

from sealgate.devices.cameras import CameraState, LiveCamera, PictureCamera, open_camera
from sealgate.domain.errors import Fault, Refused
from sealgate.vision.pictures import decode

RTSP_SERVER = Path(__file__).parents[1] / "devices" / "rtsp_server.py"
OpenedCamera = LiveCamera | PictureCamera


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
def rtsp_address() -> Iterator[str]:
    command = ["/usr/bin/python3", str(RTSP_SERVER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        words = server.stdout.readline().split()
        if not words:
            pytest.fail(server.communicate()[1])
        yield f"rtsp://127.0.0.1:{words[1]}/door"
        server.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures and a video of ten frames, all 64 by 48."""
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), np.full((48, 64, 3), 90, np.uint8))
    with av.open(str(tmp_path / "v.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="bgr24")))
        container.mux(stream.encode())
    return tmp_path


ENDLESS = ["?loop", "v.mp4?loop", "rtsp"]


@pytest.fixture
def source(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "rtsp":
        return str(request.getfixturevalue("rtsp_address"))
    return f"{folder}{'' if request.param.startswith('?') else '/'}{request.param}".rstrip("/")


@pytest.fixture
def camera(source: str) -> OpenedCamera:
    return open_camera(source, WallClock(), decode=decode, fps=50)


@pytest.mark.parametrize("source", ["a.png", "", "v.mp4", *ENDLESS], indirect=True)
def test_frames_are_colour_pictures_with_an_instant_that_only_grows(camera: OpenedCamera) -> None:
    began = datetime.now(UTC)
    with closing(camera.frames()) as frames:
        seen = list(islice(frames, 4))
    assert seen
    for frame in seen:
        assert frame.pixels.dtype == np.uint8
        assert frame.pixels.ndim == 3
        assert frame.pixels.shape[2] == 3
        assert frame.at.utcoffset() == timedelta(0)
        assert began <= frame.at <= datetime.now(UTC)
    assert all(earlier.at < later.at for earlier, later in pairwise(seen))
    assert camera.health().frames == len(seen)


@pytest.mark.parametrize("source", ["a.png", "", "v.mp4"], indirect=True)
def test_a_source_that_has_an_end_ends(camera: OpenedCamera) -> None:
    assert len(list(camera.frames())) >= 1
    assert camera.health().state is CameraState.ENDED


@pytest.mark.parametrize("source", ENDLESS, indirect=True)
def test_closing_from_another_thread_ends_the_frames_(camera: OpenedCamera) -> None:
    first, ended = Event(), Event()

    def watch() -> None:
        for _ in camera.frames():
            first.set()
        ended.set()

    watcher = Thread(target=watch)
    watcher.start()
    assert first.wait(60)
    camera.close()
    assert ended.wait(60)
    watcher.join()
    camera.close()  # twice is once


@pytest.mark.parametrize("source", ["a.png", *ENDLESS], indirect=True)
def test_a_camera_closed_before_it_was_looked_through_shows_nothing(camera: OpenedCamera) -> None:
    camera.close()
    assert list(camera.frames()) == []


@pytest.mark.parametrize("text", ["", "nobody.mp4", "rtsp://127.0.0.1:1/door", "http://127.0.0.1:1/", "usb:99", "gopher://x/"])
def test_what_is_no_camera_is_a_named_error_of_ours(text: str) -> None:
    with pytest.raises((Refused, Fault)) as failure:
        list(open_camera(text, WallClock(), decode=decode).frames())
    assert str(getattr(failure.value, "code", "")).startswith("camera.")
