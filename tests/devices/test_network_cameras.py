"""RTSP from a real server on loopback, MJPEG over HTTP from a few lines: they stall, die, come back, flood and lie."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from time import monotonic
from typing import Any

import av
import numpy as np
import pytest

from sealgate.devices.backoff import Backoff
from sealgate.devices.cameras import CameraState, Limits, LiveCamera, Waits, open_camera
from sealgate.devices.failures import CameraDenied, CameraLies, CameraStalled, CameraUnreachable, CameraUnreadable, NoSuchCamera
from sealgate.ports import Clock, Frame, Unreachable
from sealgate.vision.pictures import decode

PASSWORD = "s3cret-of-Dora"


def soon() -> Backoff:
    return Backoff(first=timedelta(seconds=0.2), longest=timedelta(seconds=0.4))


SOON = Waits(stall_after=1.0, patience=15.0, backoff=soon)
Serve = Callable[..., Any]
Look = Callable[..., LiveCamera]


@pytest.fixture
def look(wall_clock: Clock) -> Look:
    def opened(address: str, *, fps: float | None = None, waits: Waits = SOON, limits: Limits | None = None) -> LiveCamera:
        camera = open_camera(address, wall_clock, decode=decode, fps=fps, waits=waits, limits=limits)
        assert isinstance(camera, LiveCamera)
        return camera

    return opened


def failure_of(camera: LiveCamera) -> Unreachable:
    with pytest.raises(Unreachable) as failure:
        next(camera.frames())
    return failure.value


def told(error: BaseException) -> str:
    """All that a log would show of an error: itself and whatever it came from."""
    before = error.__cause__ or error.__context__
    return f"{error!r} {error} {getattr(error, 'hint', '')}" + (told(before) if before else "")


def test_frames_arrive_in_order_and_as_large_as_they_were_sent(rtsp: Serve, look: Look) -> None:
    camera = look(rtsp().address)
    with closing(camera.frames()) as frames:
        seen = [next(frames) for _ in range(5)]
    assert {frame.pixels.shape for frame in seen} == {(240, 320, 3)}
    assert all(earlier.at < later.at for earlier, later in pairwise(seen))
    assert camera.health().frames == 5
    assert camera.health().state is CameraState.ENDED


def test_a_camera_that_floods_is_dropped_down_to_our_pace(rtsp: Serve, look: Look) -> None:
    camera = look(rtsp("--fps", "60").address, fps=5)
    with closing(camera.frames()) as frames:
        began = monotonic()
        for _ in range(9):
            next(frames)
        took = monotonic() - began
        until_dropped(frames, camera, 30)
    assert took >= 1.6  # eight gaps of a fifth of a second


def test_a_large_camera_is_scaled_down(rtsp: Serve, look: Look) -> None:
    camera = look(rtsp().address, limits=Limits(max_side=160))
    with closing(camera.frames()) as frames:
        assert next(frames).pixels.shape == (120, 160, 3)


def test_a_camera_that_was_switched_off_is_found_again_when_it_comes_back(rtsp: Serve, look: Look) -> None:
    server = rtsp()
    camera = look(server.address)
    with closing(camera.frames()) as frames:
        next(frames)
        server.stop()
        wait_for_state(camera, CameraState.RECONNECTING)
        server.start()
        next_after_now(frames, camera)
    assert camera.health().reconnects >= 1
    assert camera.health().trouble == "camera.unreachable"


def test_a_camera_that_stalls_is_noticed_then_given_up(rtsp: Serve, look: Look) -> None:
    server = rtsp()
    camera = look(server.address, waits=Waits(stall_after=1.5, patience=3.0, backoff=soon))
    with closing(camera.frames()) as frames:
        next(frames)
        server.freeze()
        wait_for_state(camera, CameraState.STALLED, CameraState.RECONNECTING)
        with pytest.raises(CameraStalled):
            for _ in frames:
                pass
    assert camera.health().state is CameraState.FAILED
    assert camera.health().trouble == "camera.stalled"


def test_a_camera_that_never_answers_is_told_at_once(look: Look) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        failure = failure_of(look(f"rtsp://dora:{PASSWORD}@127.0.0.1:{silent.getsockname()[1]}/door"))
    assert isinstance(failure, CameraStalled)
    assert not failure.permanent
    assert PASSWORD not in told(failure)


def test_closing_does_not_wait_for_a_camera_that_hangs(rtsp: Serve, look: Look) -> None:
    server = rtsp()
    camera = look(server.address, waits=Waits(stall_after=1000))  # longer than a test may last
    frames = camera.frames()
    next(frames)
    server.freeze()
    camera.close()
    frames.close()
    assert next(frames, None) is None


def test_a_wrong_address_is_told_apart_from_a_wrong_path(rtsp: Serve, look: Look) -> None:
    server = rtsp()
    nowhere = failure_of(look(f"rtsp://dora:{PASSWORD}@127.0.0.1:{free_port()}/door"))
    assert isinstance(nowhere, CameraUnreachable)
    assert not nowhere.permanent
    path = failure_of(look(f"{server.address}/{PASSWORD}"))
    assert isinstance(path, NoSuchCamera)
    assert path.permanent
    assert PASSWORD not in told(nowhere) + told(path)


def test_a_wrong_password_is_denied_and_neither_word_is_ever_shown(
    rtsp: Serve,
    look: Look,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    server = rtsp("--password", "right-horse")
    host = f"127.0.0.1:{server.port}/door"
    denied = failure_of(look(f"rtsp://door:{PASSWORD}@{host}"))
    assert isinstance(denied, CameraDenied)
    assert denied.permanent
    camera = look(f"rtsp://door:right-horse@{host}")
    with closing(camera.frames()) as frames:
        next(frames)
        server.stop()
        wait_for_state(camera, CameraState.RECONNECTING)
    shown = told(denied) + caplog.text + "".join(capfd.readouterr()) + repr(camera) + repr(camera.health())
    assert "camera lost" in shown
    assert PASSWORD not in shown
    assert "right-horse" not in shown


def test_mjpeg_over_http_is_a_camera_too(look: Look) -> None:
    with mjpeg_server(lambda: [jpeg(320, 240)] * 1000) as address, closing(look(address, fps=50).frames()) as frames:
        assert [next(frames).pixels.shape for _ in range(3)] == [(240, 320, 3)] * 3


def test_a_flood_of_whole_pictures_is_not_even_decoded(look: Look) -> None:
    with mjpeg_server(lambda: [jpeg(320, 240)] * 20_000) as address:
        camera = look(address, fps=5)
        with closing(camera.frames()) as frames:
            until_dropped(frames, camera, 100)
        assert camera.health().dropped > 100


def test_a_camera_that_changes_its_size_lies(look: Look) -> None:
    with mjpeg_server(lambda: [jpeg(320, 240)] * 30 + [jpeg(640, 480)] * 300) as address:
        camera = look(address)
        with pytest.raises(CameraLies), closing(camera.frames()) as frames:
            for _ in frames:
                pass
    assert camera.health().trouble == "camera.lies"


@pytest.mark.parametrize("size", [(320, 240), (8, 8)])
def test_an_absurd_size_lies(look: Look, size: tuple[int, int]) -> None:
    with mjpeg_server(lambda: [jpeg(*size)] * 100) as address:
        failure = failure_of(look(address, limits=Limits(max_pixels=50_000)))
    assert isinstance(failure, CameraLies)


def test_a_web_page_is_no_camera(look: Look) -> None:
    with mjpeg_server(lambda: [b"<html>sign in, please</html>"] * 200) as address:
        failure = failure_of(look(address))
    assert isinstance(failure, CameraUnreadable | CameraLies)


def test_a_usb_camera_that_is_not_plugged_in(look: Look) -> None:
    failure = failure_of(look("usb:99"))
    assert isinstance(failure, NoSuchCamera)
    assert not failure.permanent  # it may be plugged in


def next_after_now(frames: Iterator[Frame], camera: LiveCamera) -> None:
    before = camera.health().last_frame_at
    assert before is not None
    for frame in frames:
        if frame.at > before:
            return
    pytest.fail("the camera ended")


def until_dropped(frames: Iterator[Frame], camera: LiveCamera, many: int) -> None:
    """A busy machine's camera sends more slowly: however long it takes, what comes too fast is dropped."""
    while camera.health().dropped <= many:
        next(frames)


def wait_for_state(camera: LiveCamera, *states: CameraState) -> None:
    """Health has no bell to wait for: it is looked at, as a console would."""
    until, pause = monotonic() + 60, threading.Event()
    while camera.health().state not in states:
        if monotonic() > until:
            pytest.fail(f"still {camera.health()}")
        pause.wait(0.02)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def jpeg(width: int, height: int, *, grey: int = 90) -> bytes:
    context = av.CodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt, context.time_base = width, height, "yuvj420p", Fraction(1, 25)
    picture = av.VideoFrame.from_ndarray(np.full((height, width, 3), grey, np.uint8), format="bgr24")
    return b"".join(bytes(packet) for packet in [*context.encode(picture), *context.encode(None)])


@contextmanager
def mjpeg_server(parts: Callable[[], list[bytes]]) -> Iterator[str]:
    """Sends the parts as fast as they are taken, then waits for the end of the test."""
    over = threading.Event()

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=part")
            self.end_headers()
            try:
                for part in parts():
                    self.wfile.write(
                        b"--part\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(part) + part + b"\r\n"
                    )
                over.wait(20)
            except OSError:  # the camera was closed
                pass

        def log_message(self, _format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/stream"
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_same_picture_for_ever_is_stale_frozen_and_opens_nothing(look: Look) -> None:
    """A still that somebody feeds in: also its first picture waits for one that differs."""
    waits = Waits(stall_after=15.0, patience=30.0, frozen_after=0.3, backoff=soon)
    with mjpeg_server(lambda: [jpeg(320, 240)] * 3000) as address:
        camera = look(address, fps=50, waits=waits)
        with closing(camera.frames()) as frames:
            seen = [next(frames) for _ in range(10)]
            while camera.health().state is not CameraState.FROZEN:
                seen.append(next(frames))
    assert not any(frame.fresh for frame in seen)
    health = camera.health()
    assert (health.stale, health.frames) == (len(seen), len(seen))


def test_a_stream_that_moves_is_fresh_after_its_first_picture(look: Look) -> None:
    moving = [jpeg(320, 240, grey=40 + n) for n in range(150)]
    with mjpeg_server(lambda: moving * 40) as address, closing(look(address, fps=20).frames()) as frames:
        first = next(frames)
        later = next(frame for frame in frames if frame.fresh)
    assert (first.fresh, first.live, later.live) == (False, True, True)


def test_cut_off_and_hostile_pictures_between_good_ones_do_no_harm(look: Look) -> None:
    """Half a JPEG, noise, a JPEG that claims 65,500 by 65,500 pixels, an empty part, a web page: then the camera goes on."""
    good = jpeg(320, 240)
    giant = bytearray(good)
    at = good.index(b"\xff\xc0")
    giant[at + 5 : at + 9] = (65_500).to_bytes(2, "big") * 2
    noise = np.random.default_rng(5).integers(0, 256, 4000, np.uint8).tobytes()
    hostile = [good[: len(good) // 2], good[:20], noise, bytes(giant), b"", b"\xff\xd8" + noise, b"<html>no</html>"]
    with mjpeg_server(lambda: [good] * 5 + hostile * 3 + [jpeg(320, 240, grey=200)] * 2000) as address:
        camera = look(address, fps=50)
        outcome = ""
        try:
            with closing(camera.frames()) as frames:
                for frame in frames:
                    if frame.pixels.mean() > 190:
                        outcome = "went on"
                        break
        except Unreachable as failure:
            outcome = failure.code
    assert outcome in {"went on", "camera.lies", "camera.unreadable"}
    assert camera.health().frames > 0
