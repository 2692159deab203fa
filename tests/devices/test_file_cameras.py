"""Pictures, folders and video files as cameras: in order, at a camera's pace, and hostile ones refused by name."""

from collections.abc import Callable
from contextlib import closing
from itertools import islice
from pathlib import Path
from time import monotonic

import av
import cv2
import numpy as np
import pytest

from sealgate.devices import streams
from sealgate.devices.cameras import CameraState, Limits, open_camera
from sealgate.devices.failures import CameraLies, CameraUnreadable
from sealgate.devices.sources import parse_source
from sealgate.ports import Clock, Pixels, Unreachable
from sealgate.vision.pictures import decode

MakeVideo = Callable[..., Path]


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Three pictures, 64 by 48: grey 10, 20 and 30."""
    folder = tmp_path / "album"
    folder.mkdir()
    for grey in (30, 10, 20):
        cv2.imwrite(str(folder / f"{grey}.png"), np.full((48, 64, 3), grey, np.uint8))
    return folder


def greys(source: Path | str, clock: Clock, most: int = 100, *, fps: float | None = None) -> list[int]:
    with closing(open_camera(str(source), clock, decode=decode, fps=fps).frames()) as frames:
        return [int(frame.pixels[0, 0, 0]) for frame in islice(frames, most)]


def grey_levels(pixels: Pixels) -> int:
    return round(float(pixels.mean()))


def test_a_folder_is_shown_in_the_order_of_its_names_each_once(album: Path, wall_clock: Clock) -> None:
    assert greys(album, wall_clock) == [10, 20, 30]


def test_a_folder_goes_round_when_asked(album: Path, wall_clock: Clock) -> None:
    assert greys(f"{album}?loop", wall_clock, 7) == [10, 20, 30, 10, 20, 30, 10]


def test_a_picture_is_held_so_that_a_gate_sees_it_several_times(album: Path, wall_clock: Clock) -> None:
    assert greys(f"{album}?hold=0.2", wall_clock, fps=20) == [10] * 4 + [20] * 4 + [30] * 4


def test_one_picture_is_a_camera_of_one_frame(album: Path, wall_clock: Clock) -> None:
    camera = open_camera(str(album / "20.png"), wall_clock, decode=decode)
    assert [frame.pixels.shape for frame in camera.frames()] == [(48, 64, 3)]
    assert (camera.health().frames, camera.health().state) == (1, CameraState.ENDED)


def test_a_broken_picture_among_good_ones_is_left_out(album: Path, wall_clock: Clock) -> None:
    (album / "15.jpg").write_bytes(b"no picture at all")
    (album / "16.png").write_bytes((album / "10.png").read_bytes()[:40])
    (album / "17.png").touch()
    camera = open_camera(str(album), wall_clock, decode=decode, fps=None)
    assert [int(frame.pixels[0, 0, 0]) for frame in camera.frames()] == [10, 20, 30]
    assert (camera.health().dropped, camera.health().trouble) == (3, "picture.empty")


def test_nothing_but_broken_pictures_ends_and_does_not_go_round_for_ever(tmp_path: Path, wall_clock: Clock) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no picture at all")
    camera = open_camera(f"{tmp_path}?loop", wall_clock, decode=decode)
    with pytest.raises(CameraUnreadable):
        next(camera.frames())
    assert camera.health().state is CameraState.FAILED


def test_a_large_picture_is_scaled_and_an_absurd_one_refused(tmp_path: Path, wall_clock: Clock) -> None:
    path = tmp_path / "wide.png"
    cv2.imwrite(str(path), np.full((100, 3000, 3), 77, np.uint8))
    assert next(open_camera(str(path), wall_clock, decode=decode).frames()).pixels.shape == (64, 1920, 3)
    cv2.imwrite(str(path), np.full((4, 4, 3), 77, np.uint8))
    with pytest.raises(CameraUnreadable):
        next(open_camera(str(path), wall_clock, decode=decode).frames())
    with pytest.raises(CameraUnreadable):
        next(open_camera(str(path), wall_clock, decode=decode, limits=Limits(max_bytes=10)).frames())


@pytest.mark.parametrize("name", ["door.mp4", "door.avi"])
def test_a_video_is_played_at_its_own_pace(make_video: MakeVideo, wall_clock: Clock, name: str) -> None:
    video = str(make_video(name, frames=11, fps=20))
    began = monotonic()
    camera = open_camera(video, wall_clock, decode=decode, fps=None)
    seen = [grey_levels(frame.pixels) for frame in camera.frames()]
    assert monotonic() - began >= 0.45  # ten gaps of a twentieth of a second
    assert seen == sorted(seen)
    assert abs(seen[-1] - 80) < 4  # the last frame is never the one that is dropped
    assert camera.health().state is CameraState.ENDED


def test_a_video_goes_round_when_asked(make_video: MakeVideo, wall_clock: Clock) -> None:
    path = make_video(frames=3, fps=25)
    with closing(open_camera(f"{path}?loop", wall_clock, decode=decode, fps=None).frames()) as frames:
        assert len(list(islice(frames, 8))) == 8


def test_a_slow_onlooker_gets_the_newest_frame(make_video: MakeVideo, wall_clock: Clock) -> None:
    camera = open_camera(str(make_video(frames=20, fps=40)), wall_clock, decode=decode, fps=4)
    seen = [grey_levels(frame.pixels) for frame in camera.frames()]
    assert 2 <= len(seen) <= 4
    assert camera.health().dropped == 20 - len(seen)


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "playlist"])
def test_a_broken_video_is_one_named_error(make_video: MakeVideo, wall_clock: Clock, tmp_path: Path, damage: str) -> None:
    whole = make_video("whole.mp4").read_bytes()
    bytes_of = {
        "empty": b"",
        "cut": whole[: len(whole) // 2],
        "text": b"this is a letter to Dora\n" * 100,
        "playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nwhole.mp4\n#EXT-X-ENDLIST\n",
    }
    path = tmp_path / "broken.mp4"
    path.write_bytes(bytes_of[damage])
    with pytest.raises(Unreachable) as failure:
        list(open_camera(str(path), wall_clock, decode=decode, fps=None).frames())
    assert failure.value.code == "camera.unreadable"
    assert failure.value.permanent


def test_a_video_that_changes_its_size_lies(make_video: MakeVideo, wall_clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "two.h264"
    path.write_bytes(make_video("a.h264").read_bytes() + make_video("b.h264", size=(640, 480)).read_bytes())
    with pytest.raises(CameraLies) as failure:
        list(open_camera(str(path), wall_clock, decode=decode, fps=None).frames())
    assert "320 by 240, then 640 by 480" in str(failure.value)


def test_a_video_of_absurd_size_is_refused_before_it_is_decoded(make_video: MakeVideo, wall_clock: Clock) -> None:
    camera = open_camera(str(make_video()), wall_clock, decode=decode, limits=Limits(max_pixels=10_000))
    with pytest.raises(CameraLies) as failure:
        next(camera.frames())
    assert failure.value.permanent


def test_decoding_is_timed(make_video: MakeVideo, wall_clock: Clock) -> None:
    took: list[float] = []
    camera = open_camera(str(make_video(frames=3)), wall_clock, decode=decode, fps=None, timed=took.append)
    assert len(list(camera.frames())) == len(took)
    assert all(seconds > 0 for seconds in took)


def test_a_pace_of_nothing_is_no_pace(album: Path, wall_clock: Clock) -> None:
    with pytest.raises(ValueError, match="fps"):
        open_camera(str(album), wall_clock, decode=decode, fps=0)


def test_of_a_film_nobody_wants_only_what_others_are_made_from_is_decoded(tmp_path: Path) -> None:
    """Two of three frames of this film are made from others, and none from them."""
    path = tmp_path / "b.mp4"
    dice = np.random.default_rng(3)
    with av.open(str(path), "w") as container:
        options = {"bf": "2", "b_strategy": "0", "b-pyramid": "none", "sc_threshold": "0"}
        stream = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        wall = dice.integers(0, 255, (240, 320, 3), np.uint8)
        for n in range(60):
            pixels = np.roll(wall, 2 * n, axis=1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        container.mux(stream.encode())
    source, limits = parse_source(str(path)), Limits()

    def decoded(*, wanted: bool) -> int:
        with streams.opened(source, limits, 5.0) as film:
            return len(list(streams.pictures(film, source, limits, 60.0, lambda: wanted)))

    assert decoded(wanted=True) == 60
    assert 15 <= decoded(wanted=False) <= 30
