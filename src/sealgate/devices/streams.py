"""FFmpeg, through PyAV: an address becomes decoded pictures. The only file that imports it.

Three things would surprise. FFmpeg's errors quote the address with its password, so none of them leaves this file, not
even as the cause of ours. A file can ask FFmpeg to open other files and addresses (playlists do), so formats and
protocols are listed. And a blocked read cannot be interrupted from another thread: it ends by its own timeout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import Any

import av
import numpy as np
from av.error import FFmpegError

from sealgate.devices.failures import (
    CameraDenied,
    CameraLies,
    CameraStalled,
    CameraUnreachable,
    CameraUnreadable,
    NoSuchCamera,
)
from sealgate.devices.sources import Source, SourceKind
from sealgate.ports import Pixels, Unreachable

FILE_FORMATS = "mov,mp4,matroska,webm,avi,mpegts,mjpeg,h264"
PROTOCOLS = {
    SourceKind.RTSP: "rtsp,rtsps,tcp,udp,rtp,tls,crypto",
    SourceKind.HTTP: "http,https,tcp,tls",
    SourceKind.VIDEO: "file",
    SourceKind.USB: "file",
}
LUMA_FIRST = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "nv21", "nv16", "gray"})
"""Formats whose first plane is the brightness, a byte a pixel."""

MOST_BROKEN = 100
"""So many packets in a row that do not decode, and it is no video."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`max_side` in pixels: larger pictures are scaled down. `max_pixels`, `max_bytes`: larger ones are refused."""

    max_side: int = 1920
    max_pixels: int = 36_000_000
    min_side: int = 16
    max_bytes: int = 32 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded frame still in the codec's colours. `seconds` is its place in the stream, `took` what decoding cost."""

    frame: Any
    seconds: float | None
    took: float


@contextmanager
def opened(source: Source, limits: Limits, patience: float) -> Iterator[Any]:
    """The open container. Opening gives up after `patience` seconds, and so does each read. Raises `Unreachable`."""
    failure = None
    began = monotonic()
    try:
        container = av.open(
            source.address,
            format=_format(source),
            options=_options(source, limits, patience),
            timeout=(patience, patience),
        )
    except (FFmpegError, OSError, ValueError) as error:
        failure = _translated(error, source)
        if monotonic() - began >= patience:  # FFmpeg calls half an answer invalid data
            failure = CameraStalled(f"{source.shown}: it did not answer in {patience:g} seconds")
    if failure is not None:  # raised out here, so that FFmpeg's error with the address is not even its context
        raise failure
    try:
        yield container
    finally:
        container.close()


def pictures(
    container: Any,
    source: Source,
    limits: Limits,
    stall_after: float,
    wanted: Callable[[], bool] = lambda: True,
    left_out: Callable[[], None] = lambda: None,
) -> Iterator[Picture]:
    """Each decoded frame until the stream ends.

    Pictures that are not `wanted` are not decoded where that is possible: where every packet is a whole picture (MJPEG), and
    of H.264 those that no other is made from. `wanted` is asked before each, and
    `left_out` told of each that was not decoded.
    Raises `CameraStalled` when none came for `stall_after` seconds, `CameraLies` for an odd or changing size.
    """
    stream = _video_stream(container, source, limits)
    packets = container.demux()
    sized: tuple[int, int] | None = None
    broken, last = 0, monotonic()
    while True:
        packet = _next_packet(packets, source)
        if packet is None:
            return
        if monotonic() - last > stall_after:  # sound may go on while the picture has stopped
            raise CameraStalled(f"{source.shown}: no picture for {stall_after:g} seconds")
        if packet.stream_index != stream.index:
            continue
        spare = not wanted()
        if spare and stream.codec_context.codec.intra_only:
            left_out()
            continue
        stream.codec_context.skip_frame = "NONREF" if spare else "DEFAULT"
        decoded = _decoded(packet)
        if spare and decoded == []:
            left_out()
        broken = 0 if decoded else broken + (decoded is None)
        if broken > MOST_BROKEN:
            raise CameraUnreadable(f"{source.shown}: {broken} broken packets in a row")
        for picture in decoded or ():
            size = (picture.frame.width, picture.frame.height)
            sized = _checked(size, sized, source, limits)
            last = monotonic()
            yield picture


def pixels_of(frame: Any, limits: Limits) -> Pixels:
    """(height, width, 3) uint8 in blue, green, red; scaled down to `max_side`."""
    width, height = fitted(frame.width, frame.height, limits.max_side)
    pixels: Pixels = frame.to_ndarray(format="bgr24", width=width, height=height)
    return pixels


def grey_of(frame: Any) -> Pixels | None:
    """(height, width) uint8, a view of the codec's own plane, for nothing; None where it has none of eight bits."""
    if frame.format.name not in LUMA_FIRST:
        return None
    plane = frame.planes[0]
    grey: Pixels = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
    return grey


def equal(before: Any, now: Any) -> bool:
    """Whether two decoded frames are the same to the last pixel of their first plane."""
    a, b = (np.frombuffer(frame.planes[0], np.uint8) for frame in (before, now))
    if a.size != b.size or not np.array_equal(a[::97], b[::97]):  # noise in a few thousand places tells most apart
        return False
    first, second = grey_of(before), grey_of(now)
    return np.array_equal(a, b) if first is None or second is None else np.array_equal(first, second)


def scaled(pixels: Pixels, limits: Limits) -> Pixels:
    """A picture that something else decoded, no larger than `max_side`."""
    if max(pixels.shape[:2]) <= limits.max_side:
        return pixels
    return pixels_of(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="bgr24"), limits)


def fitted(width: int, height: int, max_side: int) -> tuple[int, int]:
    """The size in the same proportions whose longer side is at most `max_side`; no side under 1."""
    longer = max(width, height)
    if longer <= max_side:
        return width, height
    return max(1, width * max_side // longer), max(1, height * max_side // longer)


def check_size(width: int, height: int, shown: str, limits: Limits) -> None:
    """Raises `CameraLies` for a size that no camera has."""
    if min(width, height) < limits.min_side or width * height > limits.max_pixels:
        hint = f"From {limits.min_side} pixels a side to {limits.max_pixels} in all"
        raise CameraLies(f"{shown}: a picture of {width} by {height}", permanent=True, hint=hint)


def _checked(size: tuple[int, int], before: tuple[int, int] | None, source: Source, limits: Limits) -> tuple[int, int]:
    if before is not None and size != before:
        said = f"{before[0]} by {before[1]}, then {size[0]} by {size[1]}"
        raise CameraLies(f"{source.shown}: the size changed in the stream: {said}")
    check_size(*size, source.shown, limits)
    return size


def _video_stream(container: Any, source: Source, limits: Limits) -> Any:
    if not container.streams.video:
        raise CameraUnreadable(f"{source.shown}: there is no video in it", permanent=not source.live)
    stream = container.streams.video[0]
    context = stream.codec_context
    if context is None:
        raise CameraUnreadable(f"{source.shown}: a video codec that we do not have", permanent=True)
    check_size(context.width, context.height, source.shown, limits)
    context.thread_count = 1  # a camera has its own thread; frame threads would add frames of delay
    context.options = {"max_pixels": str(limits.max_pixels)}
    return stream


def _next_packet(packets: Iterator[Any], source: Source) -> Any:
    """None at the end of the stream."""
    try:
        return next(packets, None)
    except (FFmpegError, OSError, ValueError) as error:
        failure = _translated(error, source)
    raise failure


def _decoded(packet: Any) -> list[Picture] | None:
    """The frames that this packet completes, often none; None where it is broken."""
    began = perf_counter()
    try:
        frames = packet.decode()
    except (FFmpegError, ValueError):
        return None
    took = perf_counter() - began
    return [Picture(frame, frame.time, took) for frame in frames]


def _format(source: Source) -> str | None:
    return {SourceKind.USB: "video4linux2", SourceKind.HTTP: "mpjpeg", SourceKind.RTSP: "rtsp"}.get(source.kind)


def _options(source: Source, limits: Limits, patience: float) -> dict[str, str]:
    options = {"protocol_whitelist": PROTOCOLS[source.kind], "max_pixels": str(limits.max_pixels)}
    micros = str(int(patience * 2e6))  # the socket's own limit is a second net: ours comes first
    match source.kind:
        case SourceKind.RTSP:
            # TCP: a lost datagram would smear half a face. Two seconds of looking at most before the first picture.
            return options | {
                "rtsp_transport": "tcp",
                "allowed_media_types": "video",
                "timeout": micros,
                "fflags": "nobuffer",
                "analyzeduration": "2000000",
                "fpsprobesize": "0",
            }
        case SourceKind.HTTP:
            return options | {"timeout": micros, "rw_timeout": micros, "fflags": "nobuffer", "fpsprobesize": "0"}
        case SourceKind.USB:
            return options | {"video_size": "1280x720", "framerate": "30"}
    return options | {"format_whitelist": FILE_FORMATS}


def _translated(error: Exception, source: Source) -> Unreachable:
    """Our word for FFmpeg's error. Of its text only the reason is kept, never the address."""
    reason = f"{source.shown}: {getattr(error, 'strerror', None) or type(error).__name__}"
    match error:
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError() | PermissionError():
            return CameraDenied(reason, permanent=True, hint="Check the name and the password of the camera's account")
        case av.error.HTTPNotFoundError() | FileNotFoundError():
            return NoSuchCamera(reason, permanent=source.kind is not SourceKind.USB, hint="Check the path of the stream")
        case av.error.ExitError() | TimeoutError() | av.error.TimeoutError():
            return CameraStalled(f"{source.shown}: it did not answer in time")
        case av.error.InvalidDataError() | av.error.DemuxerNotFoundError() | av.error.HTTPClientError():
            return CameraUnreadable(reason, permanent=not source.live)
        case MemoryError():
            return CameraLies(f"{source.shown}: a picture too large for the memory", permanent=True)
    return CameraUnreachable(reason)
