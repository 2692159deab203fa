"""A camera, whatever is behind it (docs/cameras.md).

What surprises: nothing is queued. Only the newest picture waits for whoever asks, at most `fps` times a second; and
nothing is opened, not even looked for on the network, before the first frame is asked for.
"""

from __future__ import annotations

from collections.abc import Callable

from sealgate.devices.health import CameraHealth, Manner, Waits, untimed
from sealgate.devices.live import LiveCamera
from sealgate.devices.pictures import PictureCamera
from sealgate.devices.sources import SourceKind, parse_source
from sealgate.devices.streams import Limits
from sealgate.domain.cameras import CameraState
from sealgate.ports import Clock, Pixels

__all__ = ["CameraHealth", "CameraState", "Limits", "LiveCamera", "PictureCamera", "Waits", "open_camera"]


def open_camera(
    source: str,
    clock: Clock,
    *,
    decode: Callable[[bytes], Pixels],
    fps: float | None = 5.0,
    limits: Limits | None = None,
    waits: Waits | None = None,
    timed: Callable[[float], None] = untimed,
) -> LiveCamera | PictureCamera:
    """A `ports.Camera` with a `health`.

    `decode` makes pixels of the bytes of a picture file and refuses what is none. `fps` bounds how often frames are
    handed out; None: as they come. `timed` is told the seconds that each handed-out frame took to decode.
    Raises `BadSource`, and `NoSuchCamera` for a file that is not there.
    """
    parsed = parse_source(source)
    manner = Manner(fps, limits or Limits(), waits or Waits(), timed)
    if parsed.kind in {SourceKind.PICTURE, SourceKind.FOLDER}:
        return PictureCamera(parsed, clock, decode, manner)
    return LiveCamera(parsed, clock, manner)
