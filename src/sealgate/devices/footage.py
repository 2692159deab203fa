"""Writes the film that a simulated camera plays: H.264, as most cameras send it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av

from sealgate.ports import Pixels


def write_video(path: Path, frames: Iterable[Pixels], *, fps: int = 5, bit_rate: int = 512_000) -> Path:
    """All frames of one size, both sides even; a key frame every two seconds and none that refers to a later one.

    `bit_rate` in bits a second; half a megabit is what the second stream of a camera is customarily set to.
    """
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx264", rate=fps, options={"preset": "veryfast", "bf": "0", "g": str(2 * fps), "sc_threshold": "0"}
        )
        stream.pix_fmt, stream.bit_rate = "yuv420p", bit_rate
        for pixels in frames:
            if not stream.codec_context.is_open:
                stream.height, stream.width = pixels.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        container.mux(stream.encode())
    return path
