"""Cameras that really send: videos made on the spot, and an RTSP server on loopback."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from select import select
from typing import IO

import av
import numpy as np
import pytest

from sealgate.ports import Pixels

SERVER = Path(__file__).with_name("rtsp_server.py")
DEBIAN_PYTHON = Path("/usr/bin/python3")

MakeVideo = Callable[..., Path]


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
def wall_clock() -> WallClock:
    return WallClock()


@dataclass
class RtspServer:
    """The server's process. `stop` kills it as a power cut would; `start` again uses the same port."""

    options: tuple[str, ...]
    port: int = 0
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/door"

    def start(self) -> None:
        if not DEBIAN_PYTHON.exists():
            pytest.fail("the RTSP tests need Debian's Python: apt-get install python3 python3-gi gir1.2-gst-rtsp-server-1.0")
        command = [str(DEBIAN_PYTHON), str(SERVER), "--port", str(self.port), *self.options]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        words = _line(self.process.stdout, seconds=20).split()
        if len(words) != 2 or words[0] != "ready":
            self.process.kill()
            pytest.fail(f"the RTSP server did not start: {self.process.communicate()[1].strip()}")
        self.port = int(words[1])

    def freeze(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def _line(stream: IO[str], seconds: float) -> str:
    ready, _, _ = select([stream], [], [], seconds)
    return stream.readline() if ready else ""


@pytest.fixture
def rtsp() -> Iterator[Callable[..., RtspServer]]:
    """Starts a server with the options of `rtsp_server.py`."""
    servers: list[RtspServer] = []

    def start(*options: str) -> RtspServer:
        server = RtspServer(options)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    """Writes a video in which frame number n has the grey level 40 + 4n (H.264 unless the name says otherwise)."""

    def make(name: str = "door.mp4", *, frames: int = 10, fps: int = 25, size: tuple[int, int] = (320, 240)) -> Path:
        path = tmp_path / name
        codec, colours = ("mjpeg", "yuvj420p") if path.suffix in {".avi", ".mjpeg"} else ("libx264", "yuv420p")
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=fps)
            stream.width, stream.height, stream.pix_fmt = *size, colours
            for n in range(frames):
                pixels: Pixels = np.full((size[1], size[0], 3), 40 + 4 * n % 200, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
            container.mux(stream.encode())
        return path

    return make
