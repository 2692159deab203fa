"""Pictures in files, shown as a camera would show them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from pathlib import Path
from threading import Event
from time import monotonic, perf_counter

from sealgate.devices import streams
from sealgate.devices.failures import CameraLies, CameraUnreadable, NoSuchCamera
from sealgate.devices.health import CameraHealth, Manner
from sealgate.devices.sources import PICTURES, Source, SourceKind
from sealgate.domain.cameras import CameraState
from sealgate.domain.errors import Refused
from sealgate.ports import Clock, Frame, Pixels, Unreachable

log = logging.getLogger(__name__)


class PictureCamera:
    """A picture, or a folder of them in the order of their names. No thread: each is decoded when it is asked for."""

    def __init__(self, source: Source, clock: Clock, decode: Callable[[bytes], Pixels], manner: Manner) -> None:
        self._source, self._clock, self._decode, self._manner = source, clock, decode, manner
        self._closing = Event()
        self._due = monotonic() + source.after.total_seconds()
        self._state = CameraState.OPENING
        self._frames = self._dropped = 0
        self._last_frame_at: datetime | None = None
        self._trouble: str | None = None

    def __repr__(self) -> str:
        return f"PictureCamera({self._source.shown})"

    def frames(self) -> Generator[Frame, None, None]:
        """Each picture once, or round and round. One that is refused is left out; when all are, the last refusal is raised."""
        try:
            while not self._closing.is_set():
                before = self._frames
                for path in _files(self._source):
                    yield from self._shown(path)
                if self._frames == before and not self._closing.is_set():
                    raise CameraUnreadable(f"{self._source.shown}: no picture in it can be read", permanent=True)
                if not self._source.loop:
                    return
        except Unreachable as failure:
            self._state, self._trouble = CameraState.FAILED, failure.code
            raise
        finally:
            self.close()

    def close(self) -> None:
        self._closing.set()
        if self._state is not CameraState.FAILED:
            self._state = CameraState.ENDED

    def health(self) -> CameraHealth:
        return CameraHealth(self._frames, self._dropped, 0, self._last_frame_at, self._state, self._trouble)

    def _shown(self, path: Path) -> Iterator[Frame]:
        """The frames of one picture: one, or as many as fit into its `hold` at our pace."""
        pixels = self._read(path)
        if pixels is None:
            return
        times = round(self._source.hold.total_seconds() * (self._manner.fps or 0))
        for _ in range(max(1, times)):
            if self._closing.wait(max(0.0, self._due - monotonic())):
                return
            self._due = monotonic() + self._manner.interval
            self._frames += 1
            self._last_frame_at, self._state = self._clock.now(), CameraState.LIVE
            yield Frame(self._last_frame_at, pixels)

    def _read(self, path: Path) -> Pixels | None:
        began = perf_counter()
        try:
            pixels = streams.scaled(self._decode(_bytes(path, self._manner.limits.max_bytes)), self._manner.limits)
            streams.check_size(pixels.shape[1], pixels.shape[0], path.name, self._manner.limits)
        except (Refused, CameraLies, OSError) as refusal:
            self._dropped += 1
            self._trouble = getattr(refusal, "code", NoSuchCamera.code)
            log.warning("picture left out: %s (%s)", path.name, self._trouble)
            return None
        self._manner.timed(perf_counter() - began)
        return pixels


def _files(source: Source) -> list[Path]:
    path = Path(source.address)
    if source.kind is SourceKind.PICTURE:
        return [path]
    try:
        return sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURES and not p.name.startswith(".") and p.is_file())
    except OSError:
        raise NoSuchCamera(f"{source.shown}: the folder cannot be read", permanent=True) from None


def _bytes(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise CameraLies(f"{path.name}: more than {most} bytes", permanent=True)
    return data
