"""Where one camera looks, and how: read anew every few seconds, so that what was drawn on its page holds at once.

What surprises: the gate's loop cuts every frame before any eye sees it, and the motion gate looks at no other part. What
lies outside is not read, not followed and not kept; the page of the camera alone shows the whole picture.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sealgate.devices.around import MotionAround
from sealgate.devices.motion import MotionGate
from sealgate.devices.region import cut_to
from sealgate.domain.cameras import ANYWHERE, CameraLook, box_in
from sealgate.domain.errors import Fault, Refused
from sealgate.ports import Frame

log = logging.getLogger(__name__)

ANEW = timedelta(seconds=5)


class Aim:
    """`read` says how the camera is to look now; `turned` hears when that is another way than before. The thread of the
    gate's loop owns it."""

    def __init__(
        self,
        read: Callable[[], CameraLook] = lambda: ANYWHERE,
        turned: Callable[[CameraLook], None] = lambda _look: None,
        motion: MotionGate | None = None,
    ) -> None:
        self._read, self._turned = read, turned
        self._look = ANYWHERE
        self._read_at: datetime | None = None
        self.motion = motion or MotionGate()

    def renew(self, at: datetime) -> None:
        """With the instant of each frame. While it cannot be read the last look holds."""
        if self._read_at is not None and abs(at - self._read_at) < ANEW:
            return
        self._read_at = at
        try:
            look = self._read()
        except (Refused, Fault) as trouble:
            log.warning("a camera's settings could not be read: %s", trouble.code)
            return
        if look != self._look:
            self._look = look
            self.motion = MotionGate.of(look.keenness, look.region)
            self._turned(look)

    def cut(self, frame: Frame) -> Frame:
        """The part that is meant, in the same moment, with what moves around it."""
        pixels = frame.pixels
        height, width = pixels.shape[:2]
        left, top, _, _ = box_in(self._look.region, width, height)
        around = MotionAround(self.motion.lasting, width, height, left, top, live=frame.live)
        return Frame(frame.at, cut_to(self._look.region, pixels), fresh=frame.fresh, live=frame.live, around=around)
